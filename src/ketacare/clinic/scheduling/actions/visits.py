"""Booking a visit, placing it in a chair, and moving it along its states."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling.actions.assigning import take_back
from ketacare.clinic.scheduling.actions.keeping import held_once, one_at_a_time
from ketacare.clinic.scheduling.actions.leaving import let_go
from ketacare.clinic.scheduling.actions.wording import NAME, fitting
from ketacare.clinic.scheduling.models import GIVEN_UP, Chair, Visit, VisitKind, VisitState
from ketacare.clinic.tenancy.refusals import Refusal, Refused

S = VisitState
ALLOWED: dict[VisitState, frozenset[VisitState]] = {
    S.BOOKED: frozenset({S.CHECKED_IN, S.CANCELLED, S.NO_SHOW}),
    S.CHECKED_IN: frozenset({S.RUNNING, S.DISCHARGED, S.CLOSED, S.CANCELLED}),
    S.RUNNING: frozenset({S.RECOVERY}),
    S.RECOVERY: frozenset({S.DISCHARGED}),
    S.DISCHARGED: frozenset({S.CLOSED}),
    S.CLOSED: frozenset(),
    S.CANCELLED: frozenset(),
    S.NO_SHOW: frozenset(),
}
BUSY = (S.CHECKED_IN, S.RUNNING, S.RECOVERY)


@transaction.atomic
def add_chair(*, name: str, by: Actor, at: datetime) -> Chair:
    access.require(by, "resources", "C")
    name = chair_name(name)
    with named_once():
        chair = Chair.objects.create(
            organisation_id=by.organisation_id, clinic_id=by.clinic_id, created_at=at, name=name
        )
    audit.note(by=by, at=at, verb="chair.add", on=chair)
    return chair


def chair_name(text: str) -> str:
    name = fitting(text, NAME, "name")
    if not name:
        raise Refused(Refusal("name", "is empty.", "Give it the name that stands on it or on its door."))
    return name


@contextmanager
def named_once() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as fault:
        if "chair_named_once" not in str(fault):
            raise
        rule = "There is, or was, already a chair of this name."
        raise Refused(Refusal("name", rule, "Choose another name.")) from fault


@transaction.atomic
def rename_chair(*, chair: Chair, name: str, by: Actor, at: datetime) -> Chair:
    """Its visits, past and to come, show the new name. Its help link stays."""
    access.require(by, "resources", "U")
    name = chair_name(name)
    with named_once():
        Chair.objects.filter(pk=chair.pk).update(name=name)
    chair.name = name
    audit.note(by=by, at=at, verb="chair.rename", on=chair)
    return chair


@transaction.atomic
def retire_chair(*, chair: Chair, by: Actor, at: datetime) -> Chair:
    """It is planned for no more; the visits that had it stay readable. Not while somebody sits in it or is booked."""
    access.require(by, "resources", "U")
    one_at_a_time(by)
    if Visit.objects.filter(chair=chair, state__in=BUSY).exists():
        raise Refused(Refusal("thing", "Somebody sits in this chair.", "Wait until they have left.", "policy"))
    ahead = Visit.objects.filter(chair=chair, state=VisitState.BOOKED, ends_at__gt=at).count()
    if ahead:
        rule = f"{ahead} visit{'s are' if ahead > 1 else ' is'} booked in this chair."
        raise Refused(Refusal("thing", rule, "Put it out of order and plan anew; then retire it.", "policy"))
    Chair.objects.filter(pk=chair.pk, retired_at=None).update(retired_at=at)
    chair.refresh_from_db(fields=["retired_at"])
    audit.note(by=by, at=at, verb="chair.retire", on=chair)
    return chair


@transaction.atomic
def renew_help_link(*, chair: Chair, by: Actor, at: datetime) -> Chair:
    """A new version of the chair makes the help page of its room another one; the old link calls nobody."""
    access.require(by, "appointments", "U")
    chair.version += 1
    chair.save(update_fields=["version"])
    audit.note(by=by, at=at, verb="chair.help_link", on=chair)
    return chair


@transaction.atomic
def book_visit(
    *,
    patient: Patient,
    kind: VisitKind,
    starts_at: datetime,
    ends_at: datetime,
    by: Actor,
    at: datetime,
    chair: Chair | None = None,
    number_in_course: int | None = None,
) -> Visit:
    """A visit is planned. The same patient twice at one time is a slip, so it is refused."""
    access.require(by, "appointments", "C", patient=patient)
    if ends_at <= starts_at:
        raise Refused(Refusal("ends_at", "is not after the beginning.", "Give the earlier time first."))
    overlap = Visit.objects.filter(patient=patient, starts_at__lt=ends_at, ends_at__gt=starts_at)
    if overlap.exclude(state__in=[S.CANCELLED, S.NO_SHOW]).exists():
        raise Refused(
            Refusal("starts_at", "This person has another visit at that time.", "Move one of the two.", "policy")
        )
    with held_once():
        visit = Visit.objects.create(
            organisation_id=by.organisation_id,
            clinic_id=by.clinic_id,
            created_at=at,
            patient=patient,
            kind=kind,
            starts_at=starts_at,
            ends_at=ends_at,
            chair=chair,
            number_in_course=number_in_course,
        )
    audit.note(by=by, at=at, verb="visit.book", on=visit, patient=patient)
    return visit


@transaction.atomic
def seat(*, visit: Visit, chair: Chair, by: Actor, at: datetime) -> None:
    """Give the visit a chair that nobody sits in."""
    access.require(by, "appointments", "U", patient=visit.patient)
    taken = Visit.objects.select_for_update().filter(chair=chair, state__in=BUSY).exclude(pk=visit.pk)
    if taken.exists():
        raise Refused(Refusal("chair", f"{chair.name} is taken.", "Choose another chair.", "policy"))
    with held_once():
        Visit.objects.filter(pk=visit.pk).update(chair=chair)
    visit.chair = chair
    audit.note(by=by, at=at, verb="visit.seat", on=visit, patient=visit.patient)


@transaction.atomic
def move_visit(*, visit: Visit, to: VisitState, by: Actor, at: datetime, began_at: datetime | None = None) -> None:
    """Along an allowed step. Two at once: the second waits for the first and is then refused (I7). `began_at`: of a
    dose that was begun before it could be charted."""
    access.require(by, "appointments", "U", patient=visit.patient)
    sources = [state for state, reachable in ALLOWED.items() if to in reachable]
    began = {"dose_began_at": began_at or at} if to == VisitState.RUNNING and visit.kind == VisitKind.DOSE else {}
    moved = Visit.objects.filter(pk=visit.pk, state__in=sources).update(state=to, version=F("version") + 1, **began)
    if not moved:
        now = Visit.objects.get(pk=visit.pk)
        raise Refused(
            Refusal("Visit", f"is {now.get_state_display().lower()}, not to become {to.label.lower()}.", "Look again.")
        )
    visit.refresh_from_db(fields=["state", "version"])
    if to in GIVEN_UP:
        let_go(visit, by=by, at=at)
        take_back([visit], by=by, at=at)
    audit.note(by=by, at=at, verb=f"visit.{to}", on=visit, patient=visit.patient)


@transaction.atomic
def begin_put_right(*, visit: Visit, began_at: datetime, by: Actor, at: datetime) -> None:
    """The dose was begun at another time than was charted; why stands in the timeline of its session."""
    access.require(by, "appointments", "U", patient=visit.patient)
    Visit.objects.filter(pk=visit.pk).update(dose_began_at=began_at, version=F("version") + 1)
    visit.refresh_from_db(fields=["dose_began_at", "version"])
    audit.note(by=by, at=at, verb="visit.begin_put_right", on=visit, patient=visit.patient)
