"""One request: one clock reading, one actor, one transaction with its tenant, one answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve, reverse

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import (
    EMERGENCY,
    RELATIONS,
    Actor,
    ConfirmFirst,
    Guard,
    NotAllowed,
    NotHere,
    SignInFirst,
    admit,
    granted,
    guard_of,
    remember_openings,
)
from ketacare.clinic.people.models import Role, Staff, User
from ketacare.clinic.people.passwords import remember_failures
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.once import answer_once
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.web import account, clock, errors, lateness
from ketacare.web.jinja import idle_minutes

GetResponse = Callable[[HttpRequest], HttpResponseBase]
ACCOUNT = "/account/"
SHOWS_ALL_THE_SAME = (400, 409, 422)


class Asked(HttpRequest):
    """A request with what is known of it before any view: when it came, who asks, and what was refused of it."""

    at: datetime
    request_id: uuid.UUID
    actor: Actor | None
    guard: Guard | None
    refused: str | None
    left_alone: bool
    makes_a_report: bool
    clinic: Clinic


class TheClinic:
    """Wraps every request; see the module's first line."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        account.listen()

    def __call__(self, request: Asked) -> HttpResponseBase:
        request.at = clock.now()
        request.request_id = uuid.uuid4()
        request.actor = None
        request.refused = None
        request.guard = None
        request.left_alone = False
        request.makes_a_report = False
        openings = remember_openings(unattended=is_unattended(request))
        failed = remember_failures(lambda typed: account.is_locked(request, typed), account.unlock)
        try:
            with transaction.atomic():
                response = self.within(request)
                if response.status_code >= 400 and not is_kept(request, response):
                    transaction.set_rollback(True)
        finally:
            if request.makes_a_report:
                lateness.end_what_can_wait()
        self.note_refusal(request)
        account.count_failures(request, failed)
        if response.status_code in SHOWS_ALL_THE_SAME:
            self.note_openings(request, openings)
        if request.actor is not None or came_by_link(request):
            response["Cache-Control"] = "no-store"
        response["X-Request-Id"] = str(request.request_id)
        return response

    def within(self, request: Asked) -> HttpResponseBase:
        request.actor = actor_for(request)
        return held_back(request) or self.get_response(request)

    def process_view(
        self, request: Asked, view: Callable[..., HttpResponseBase], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """A POST by somebody signed in is answered once; link and device routes do the same in their own tenant."""
        guard = request.guard = guard_of(view)
        actor = request.actor
        if actor is not None and guard is not None and guard.gives_way:
            gives_way = make_a_report(request)
            if gives_way is not None:
                return gives_way
        if request.method != "POST" or actor is None or guard is None or guard.kind not in ("guarded", "signed_in"):
            return None
        if guard.reads_only or guard.beats:
            return None
        return answer_or_refuse(request, actor, guard, lambda: view(request, *args, **kwargs))

    def process_exception(self, request: Asked, exception: Exception) -> HttpResponseBase | None:
        return known_error(request, exception)

    def note_refusal(self, request: Asked) -> None:
        """A refusal is audited in a transaction of its own: the one it happened in is gone."""
        refused, actor = request.refused, request.actor
        if refused is None or actor is None:
            return
        with tenancy.tenant(actor.organisation_id, actor.user_id):
            audit.note(by=actor, at=request.at, verb="refused", kind=refused, outcome="refused")

    def note_openings(self, request: Asked, openings: list[Callable[[], None]]) -> None:
        """A refused form comes back on a page that shows the patient: that was a chart view, whatever was not saved."""
        actor = request.actor
        if actor is None or not openings:
            return
        with tenancy.tenant(actor.organisation_id, actor.user_id):
            for note_again in tuple(openings):
                note_again()


def came_by_link(request: Asked) -> bool:
    guard = request.guard
    return guard is not None and guard.kind == "by_link"


def is_kept(request: Asked, response: HttpResponseBase) -> bool:
    """What a refusal must not take back: a message that was refused (I15), and the count that locks an account (K3)."""
    return bool(getattr(response, "keeps", False) or getattr(request, "axes_locked_out", False))


def answer_or_refuse(
    request: Asked, actor: Actor, guard: Guard, respond: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """process_view runs outside Django's exception middleware, so the known errors are answered here."""
    try:
        if guard.kind == "guarded":  # an answer given before is repeated only to who may still have it (P6)
            admit(actor, guard)
        return answer_once(
            request,
            organisation_id=actor.organisation_id,
            actor_id=actor.user_id or uuid.UUID(int=0),
            at=request.at,
            respond=respond,
        )
    except (NotAllowed, NotHere, SignInFirst, Refused) as exception:
        answer = known_error(request, exception)
        assert answer is not None
        return answer


def make_a_report(request: Asked) -> HttpResponseBase | None:
    """Only while alarms are not late, and one at a time; else why not."""
    try:
        lateness.begin_what_can_wait(request.at)
    except Refused as refused:
        return known_error(request, refused)
    request.makes_a_report = True
    return None


def known_error(request: Asked, exception: Exception) -> HttpResponseBase | None:
    """The expected errors become pages; anything else wakes an engineer. The page is made before the transaction is
    given up: its frame still reads the clinic's name."""
    answer = page_for(request, exception)
    if answer is not None:
        transaction.set_rollback(True)
    return answer


def page_for(request: Asked, exception: Exception) -> HttpResponseBase | None:
    match exception:
        case NotAllowed():
            request.refused = exception.object_name
            door = emergency_door(request, exception)
            return errors.not_allowed(request, emergency=door, ended=exception.ended, assigned=exception.assigned)
        case NotHere():
            return errors.not_here(request)
        case ConfirmFirst():
            return ask_who(request)
        case SignInFirst():
            return errors.sign_in_first(request)
        case Refused():
            return errors.refused(request, exception)
    return None


def emergency_door(request: Asked, refused: NotAllowed) -> str:
    """Where this very record can be opened in an emergency, if an emergency would open it to this role (P5)."""
    actor = request.actor
    patient_id = request.resolver_match.kwargs.get("patient_id") if request.resolver_match else None
    if actor is None or patient_id is None or request.method != "GET" or not may_open_in_an_emergency(actor.role):
        return ""
    opens = granted(actor.role, refused.object_name, refused.act, frozenset({EMERGENCY}))
    return reverse("emergency-open", args=[patient_id]) if opens else ""


def actor_for(request: Asked) -> Actor | None:
    """The person signed in, in the role they chose; rights are read anew on every request (P6)."""
    user = request.user
    if not isinstance(user, User):
        return None
    tenancy.enter(user_id=user.pk)
    posts = people.posts_of(user)
    if not posts:
        return None
    chosen = request.session.get("post")
    post = next((post for post in posts if str(post.pk) == chosen), posts[0])
    tenancy.enter(organisation_id=post.organisation_id, user_id=user.pk)
    request.clinic = post.clinic
    return actor_in(post, user, post.clinic, request)


def actor_in(post: Staff, user: User, clinic: Clinic, request: Asked) -> Actor:
    patient = getattr(user, "patient", None) if post.role == Role.PT else None
    return Actor(
        user_id=user.pk,
        name=user.name,
        role=post.role,
        clinic_id=clinic.pk,
        organisation_id=clinic.organisation_id,
        zone=clinic.zone,
        request_id=request.request_id,
        address=request.META.get("REMOTE_ADDR", ""),
        patient_id=patient.pk if patient else None,
        today=local_day(request.at, clinic.zone),
        emergencies=people.emergencies_of(post, request.at) if may_open_in_an_emergency(post.role) else frozenset(),
    )


def may_open_in_an_emergency(role: str) -> bool:
    """Only whoever needs an assignment to read can have a record open without one: nobody else pays for the look."""
    return granted(role, "emergency", "C", RELATIONS) and not granted(role, "demographics", "R", frozenset({"clinic"}))


def held_back(request: Asked) -> HttpResponseBase | None:
    """A password of one's own and a second factor first; and after idle minutes, the password again. A link or a device
    brings its own proof: what a patient's check-in or crisis page shows never waits for whoever else is signed in on
    that browser (H13)."""
    actor = request.actor
    if actor is None or request.path.startswith(ACCOUNT) or not asks_for_an_account(request):
        return None
    if owed_first(request) or is_idle(request, actor):
        request.left_alone = True
        return None if calls_for_help(request) else ask_who(request)
    return None


def owed_first(request: Asked) -> str:
    """The page on which somebody makes the account their own, as long as it is not."""
    if isinstance(request.user, User) and request.user.temporary_until is not None:
        return "account_set_password"
    return "" if is_mfa_enabled(request.user) else "mfa_index"


def ask_who(request: Asked) -> HttpResponseBase:
    owed = owed_first(request) if isinstance(request.user, User) else ""
    return errors.elsewhere(request, reverse(owed)) if owed else errors.confirm_first(request)


def calls_for_help(request: Asked) -> bool:
    """Nobody in whom a dose works is asked for a password before somebody comes (H11)."""
    try:
        guard = guard_of(resolve(request.path_info).func)
    except Resolver404:
        return False
    return guard is not None and guard.helps


def asks_for_an_account(request: Asked) -> bool:
    try:
        guard = guard_of(resolve(request.path_info).func)
    except Resolver404:
        return True
    return guard is None or guard.kind in ("guarded", "signed_in")


def is_unattended(request: Asked) -> bool:
    """A page that is being watched asks for its own parts again. That is nobody's touch: it keeps no one signed in,
    and a lock never takes the numbers off a screen (K5, H32). Nor is its own sign of life anybody's touch (D4)."""
    if request.method == "POST":
        return is_beat(request)
    return request.method == "GET" and request.headers.get("X-Unattended") == "yes"


def is_beat(request: Asked) -> bool:
    try:
        guard = guard_of(resolve(request.path_info).func)
    except Resolver404:
        return False
    return guard is not None and guard.beats


def is_idle(request: Asked, actor: Actor) -> bool:
    """Idle too long and not re-authenticated since. Seen is written at most once a minute."""
    if is_unattended(request):
        return False
    at = request.at
    seen = request.session.get("seen")
    limit = timedelta(minutes=idle_minutes(actor))
    if seen is not None and at - datetime.fromisoformat(seen) > limit and not confirmed_since(request, seen):
        return True
    if seen is None or at - datetime.fromisoformat(seen) > timedelta(minutes=1):
        request.session["seen"] = at.isoformat()
    return False


def confirmed_since(request: Asked, seen: str) -> bool:
    methods = request.session.get("account_authentication_methods", [])
    return any(method.get("at", 0) > datetime.fromisoformat(seen).timestamp() for method in methods)
