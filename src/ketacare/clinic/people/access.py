"""Who may do what, and the guarded door to a patient.

Rights are role and clinic and relation, read from `permissions.toml`; anything not granted there is refused. A right
in one's own clinic that is missing answers 403 and says nothing of the patient; another clinic's record answers 404
exactly like one that does not exist (P1, P2).
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, wraps
from pathlib import Path
from typing import Any
from uuid import UUID

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.audit.queries import has_opened
from ketacare.clinic.people.models import CareRelation, Patient, Role
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.looks import looked_up
from ketacare.clinic.tenancy.models import Clinic

ACTS = frozenset("CRUSWAX")
RELATIONS = frozenset({"clinic", "a", "o", "s", "d"})
# Opened in an emergency: as if assigned, but to read only, and what was said in therapy stays shut (P5).
EMERGENCY = "e"
SHUT_IN_AN_EMERGENCY = frozenset({"therapy", "therapy_notes", "preparation", "prepared", "journal"})


class NotAllowed(Exception):
    """Known here, but not this person's to see or do. Carries names of rights, never of patients. `ended` is the last
    day on which it was theirs, where they had the record by an assignment; `assigned` that one would open it."""

    def __init__(self, object_name: str, act: str, ended: date | None = None, *, assigned: bool = False) -> None:
        self.object_name = object_name
        self.act = act
        self.ended = ended
        self.assigned = assigned
        super().__init__(f"{act} on {object_name} is not granted")


class NotHere(Exception):
    """Absent, or another clinic's: the two must look alike."""


@dataclass(frozen=True)
class Actor:
    """Who acts, in which role, from where, in whose clock."""

    user_id: UUID | None
    name: str
    role: str
    clinic_id: UUID
    organisation_id: UUID
    zone: str
    request_id: UUID | None = None
    address: str = ""
    patient_id: UUID | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)
    # Patients whose record this person has open in an emergency, as this request found it (P5): the next finds it anew.
    emergencies: frozenset[UUID] = field(default_factory=frozenset)
    # The clinic's own day as this request found it. Without one, a relation that ends on a date opens nothing.
    today: date | None = None

    @property
    def person_id(self) -> UUID:
        """The account behind the act. A device or a signed link has none, and nothing that needs a person is theirs."""
        if self.user_id is None:
            raise NotAllowed("users", "R")
        return self.user_id


def system(clinic: Clinic) -> Actor:
    """Ketacare itself, for what happens because time passed. It holds no role, so it can pass no door of a person."""
    return Actor(
        user_id=None,
        name="Ketacare",
        role="",
        clinic_id=clinic.pk,
        organisation_id=clinic.organisation_id,
        zone=clinic.zone,
    )


@dataclass(frozen=True)
class Grant:
    acts: frozenset[str]
    relation: str


@cache
def permissions() -> dict[str, dict[str, tuple[Grant, ...]]]:
    """object → role → grants, checked while reading: an unknown role, act or relation does not load."""
    sheet = tomllib.loads((Path(__file__).parent / "permissions.toml").read_text())
    return {
        name: {role: grants_of(cell) for role, cell in row.items() if role != "title"} for name, row in sheet.items()
    }


def grants_of(cell: str) -> tuple[Grant, ...]:
    grants = []
    for word in cell.split():
        acts, _, relation = word.partition(":")
        grant = Grant(frozenset(acts), relation or "clinic")
        if not grant.acts <= ACTS or grant.relation not in RELATIONS:
            raise ValueError(f"permissions.toml: {word!r} is not ACTS or ACTS:relation")
        grants.append(grant)
    return tuple(grants)


def granted(role: str, object_name: str, act: str, relations: frozenset[str]) -> bool:
    """Pure: does a role with these relations to the record hold this right? Unknown object or act: no."""
    grants = permissions().get(object_name, {}).get(role, ())
    if EMERGENCY in relations and act == "R" and object_name not in SHUT_IN_AN_EMERGENCY:
        relations |= {"a"}
    return any(act in grant.acts and grant.relation in relations for grant in grants)


def may(actor: Actor, object_name: str, act: str) -> bool:
    """Could this role ever do this (to some record)? For menus and the first check of a route."""
    return granted(actor.role, object_name, act, RELATIONS)


@looked_up
def relations_to(actor: Actor, patient: Patient) -> frozenset[str]:
    """How this person stands to this patient; nobody is both staff of the clinic and a stranger to it."""
    if actor.role == Role.PT:
        return frozenset({"o"}) if patient.user_id is not None and patient.user_id == actor.user_id else frozenset()
    relations = {"clinic"}
    theirs = CareRelation.objects.filter(stands(actor), patient=patient)
    if actor.user_id is not None and theirs.filter(user_id=actor.user_id).exists():
        relations.add("a")
    if patient.pk in actor.emergencies:
        relations.add(EMERGENCY)
    if actor.role == Role.IC and patient.clinic_id == actor.clinic_id:
        relations.add("s")
    return frozenset(relations)


def stands(actor: Actor, prefix: str = "") -> Q:
    """Of a relation: not ended, and its last day not over. `prefix` leads to it from another record."""
    undated, dated = Q(**{f"{prefix}until__isnull": True}), Q(**{f"{prefix}until__gte": actor.today})
    return Q(**{f"{prefix}ended_at__isnull": True}) & (undated if actor.today is None else undated | dated)


def assigned_to(actor: Actor) -> Q:
    """A filter for the patients of whom this person is therapist or referrer today."""
    return Q(relations__user_id=actor.user_id) & stands(actor, "relations__")


def require(actor: Actor, object_name: str, act: str, *, patient: Patient | None = None) -> None:
    """Raise unless the right is granted; a patient of another clinic is not here at all."""
    if patient is None:
        if not may(actor, object_name, act):
            raise NotAllowed(object_name, act)
        return
    if patient.clinic_id != actor.clinic_id:
        raise NotHere
    relations = relations_to(actor, patient)
    if not granted(actor.role, object_name, act, relations):
        would = granted(actor.role, object_name, act, relations | {"a"})
        raise NotAllowed(object_name, act, last_day_of(actor, patient) if would else None, assigned=would)


def last_day_of(actor: Actor, patient: Patient) -> date | None:
    """On which this person's assignment to a patient ended, by its last day or by hand."""
    if actor.user_id is None:
        return None
    theirs = CareRelation.objects.filter(user_id=actor.user_id, patient=patient).exclude(stands(actor))
    days = [local_day(row.ended_at, actor.zone) if row.ended_at else row.until for row in theirs]
    return max((day for day in days if day is not None), default=None)


def patient_of(
    actor: Actor,
    patient_id: UUID,
    object_name: str = "demographics",
    act: str = "R",
    *,
    at: datetime,
    purpose: str = "care",
) -> Patient:
    """The only way to a patient: checked, and every opening leaves an audit line."""
    patient = Patient.objects.filter(pk=patient_id, clinic_id=actor.clinic_id).select_related("clinic").first()
    if patient is None:
        raise NotHere
    require(actor, object_name, act, patient=patient)
    opened(actor, patient, object_name, at=at, purpose=purpose)
    return patient


def opened(actor: Actor, patient: Patient, object_name: str, *, at: datetime, purpose: str = "care") -> None:
    """The audit line of a chart view, for doors of other rooms that lead to a patient's record."""
    purpose = "emergency" if patient.pk in actor.emergencies else purpose
    if UNATTENDED.get() and has_opened(actor.user_id, patient.pk, object_name, purpose, at - SIGNED_IN_MOST):
        return  # nobody opens anything: the page that this person opened asks for its own parts again
    audit.note(by=actor, at=at, verb="chart.open", patient=patient, kind=object_name, purpose=purpose)
    openings = OPENINGS.get()
    if openings is not None:
        openings.append(lambda: opened(actor, patient, object_name, at=at, purpose=purpose))


# What this request has opened: a form that is refused takes back its lines, and yet its page has shown the patient.
OPENINGS: ContextVar[list[Callable[[], None]] | None] = ContextVar("openings", default=None)


# Whether a page that lies open is asking by itself.
UNATTENDED: ContextVar[bool] = ContextVar("unattended", default=False)
# No sign-in lasts longer, so an opening before that was in another.
SIGNED_IN_MOST = timedelta(seconds=settings.SESSION_COOKIE_AGE)


def remember_openings(*, unattended: bool = False) -> list[Callable[[], None]]:
    """From now on; each entry writes its audit line once more."""
    openings: list[Callable[[], None]] = []
    OPENINGS.set(openings)
    UNATTENDED.set(unattended)
    return openings


def patients_visible_to(actor: Actor, object_name: str = "demographics", act: str = "R") -> Q:
    """A filter for lists, search and counts: the same door as for one."""
    if granted(actor.role, object_name, act, frozenset({"clinic"})):
        return Q(clinic_id=actor.clinic_id)
    if granted(actor.role, object_name, act, frozenset({"a"})):
        theirs = assigned_to(actor)
        if granted(actor.role, object_name, act, frozenset({EMERGENCY})):
            theirs |= Q(pk__in=actor.emergencies)
        return theirs & Q(clinic_id=actor.clinic_id)
    if granted(actor.role, object_name, act, frozenset({"o"})):
        return Q(clinic_id=actor.clinic_id, user_id=actor.user_id)
    return Q(pk__in=[])


# -- classification of routes ------------------------------------------------------------------------------------------

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class Guard:
    """How a route is guarded. The harness refuses a route without one."""

    kind: str  # guarded | signed_in | by_link | public | device
    object_name: str = ""
    act: str = ""
    why: str = ""
    reads_only: bool = False
    beats: bool = False
    helps: bool = False
    gives_way: bool = False
    is_own: bool = False


def guarded(
    object_name: str,
    act: str,
    *,
    reads_only: bool = False,
    beats: bool = False,
    helps: bool = False,
    gives_way: bool = False,
    is_own: bool = False,
) -> Callable[[View], View]:
    """Only for a person whose role could hold this right; the room's door decides about the record. `reads_only` is
    for a search that is posted to keep names out of addresses: it changes nothing, so it needs no one-time key.
    `beats` is for a page's own sign of life: nobody's touch, the same however often it comes, so neither a key nor the
    idle lock is about it. `helps` is for where somebody calls for help: it waits for no password (H11), and the view
    shows nothing of the record while `request.left_alone` says that nobody has touched the screen for long. `gives_way`
    is for an export or a report: it is refused while alarms are late (G20). `is_own`: a patient may come too, who reads
    and tells on pages of their own; every other page is staff's, whatever right to the own record stands behind it."""
    if object_name not in permissions() or act not in ACTS:
        raise ValueError(f"{act} on {object_name} is not in permissions.toml")

    def wrap(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            admit(actor_of(request), guard)
            return view(request, *args, **kwargs)

        guard = Guard("guarded", object_name, act, "", reads_only, beats, helps, gives_way, is_own)
        inner.guard = guard  # type: ignore[attr-defined]
        return inner

    return wrap


def admit(actor: Actor, guard: Guard) -> None:
    """To a guarded route, before its record is known."""
    if actor.role == Role.PT and not guard.is_own:
        raise NotAllowed(guard.object_name, guard.act)
    require(actor, guard.object_name, guard.act)


class SignInFirst(Exception):
    """Nobody is signed in: go to the sign-in page and come back."""


def actor_of(request: HttpRequest) -> Actor:
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None:
        raise SignInFirst
    return actor


def moment_of(request: HttpRequest) -> datetime:
    """When this request came: the one clock reading that all it does is dated by."""
    at: datetime = request.at  # type: ignore[attr-defined]
    return at


class ConfirmFirst(SignInFirst):
    """Signed in, but the act asks for proof within the last minutes of who sits there (K6)."""


def confirm(request: HttpRequest) -> None:
    """For signatures and grave acts, called after the record's door so that a refusal comes first. The page with the
    form asks too: nothing typed is lost, and a form sent after the minutes are over is not acted on."""
    if not did_recently_reauthenticate(request):
        raise ConfirmFirst


def signed_in(view: View) -> View:
    """Anybody with an account; shows nothing of a patient by itself."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor_of(request)
        return view(request, *args, **kwargs)

    inner.guard = Guard("signed_in")  # type: ignore[attr-defined]
    return inner


def touched(view: View) -> View:
    """Anybody with an account, whose page says that they are writing: it keeps them signed in as opening a page does
    and changes nothing else, so it needs no one-time key. Come too late, it is asked first who sits there."""
    inner = signed_in(view)
    inner.guard = Guard("signed_in", reads_only=True)  # type: ignore[attr-defined]
    return inner


def by_link(why: str) -> Callable[[View], View]:
    """No account: a signed, single-use link opens one form and no chart (K1)."""

    def wrap(view: View) -> View:
        view.guard = Guard("by_link", why=why)  # type: ignore[attr-defined]
        return view

    return wrap


def by_device(why: str) -> Callable[[View], View]:
    """A machine with its own credential."""

    def wrap(view: View) -> View:
        view.guard = Guard("device", why=why)  # type: ignore[attr-defined]
        return view

    return wrap


def public(why: str) -> Callable[[View], View]:
    """For everybody; holds no patient data."""

    def wrap(view: View) -> View:
        view.guard = Guard("public", why=why)  # type: ignore[attr-defined]
        return view

    return wrap


def guard_of(view: Callable[..., Any]) -> Guard | None:
    return getattr(view, "guard", None)
