"""One small act a day: given by the therapist, ticked by the patient with a link in well under a minute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.links.access import device_known
from ketacare.clinic.links.fresh import fresh_page, stale_page
from ketacare.clinic.links.pages import Arrival, View, arriving, crisis_page, see_other
from ketacare.clinic.links.strangers import not_mine_page
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.outcomes.fresh import became
from ketacare.clinic.outcomes.strangers import went_elsewhere
from ketacare.clinic.people.access import Actor, actor_of, by_link, guarded, patient_of
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling.models import Visit, VisitKind
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.clinic.therapy import access, actions, queries
from ketacare.clinic.therapy.models import Homework
from ketacare.clinic.therapy.views.page import PHRASES, acted, now, own_page, page
from ketacare.medicine.therapy import reader

ANSWERS = ("done", "not")
COOKIE, SALT = "homework", "ketacare.homework.seen"
LINK = by_link("a patient ticks one small act a day by a signed link")


@require_http_methods(["GET", "POST"])
@guarded("therapy", "R")
def patient_homework(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """What was given, day by day; and the form of the next."""
    actor, at = actor_of(request), now(request)
    patient = patient_of(actor, patient_id, "therapy", "C" if request.method == "POST" else "R", at=at)
    if request.method == "POST":
        return acted(request, lambda: act(request, patient, actor), lambda refusals: form(request, patient, refusals))
    return form(request, patient)


def act(request: HttpRequest, patient: Patient, actor: Actor) -> object:
    at = now(request)
    said = {name: str(value) for name, value in request.POST.items()}
    if said.get("do") == "end":
        homework = access.of_patient(said.get("homework", ""), patient, Homework)
        assert isinstance(homework, Homework)
        return actions.end_homework(homework=homework, by=actor, at=at)
    last = Visit.objects.filter(patient=patient, kind=VisitKind.DOSE, starts_at__lte=at).order_by("starts_at").last()
    return actions.give_homework(patient=patient, said=said, visit=last, by=actor, at=at)


def form(request: HttpRequest, patient: Patient, refusals: list[dict[str, str]] | None = None) -> HttpResponse:
    at, practice = now(request), reader.practice()
    given = list(queries.homework_of(patient)[:6])
    return page(
        request,
        "homework",
        patient,
        refusals,
        given=[(row, queries.so_far(row, at)) for row in given],
        practice=practice,
        skills=[(skill.id, skill.title) for skill in practice.skills],
        today=local_day(at, actor_of(request).zone).isoformat(),
        titles={skill.id: skill.title for skill in practice.skills},
    )


@require_GET
@guarded("small_acts", "R", is_own=True)
def my_homework(request: HttpRequest) -> HttpResponse:
    """The patient's own: what is to be ticked now, each with the page of its link."""
    at = now(request)
    patient = access.own_record(actor_of(request), "small_acts", at=at)
    given = [
        (row, queries.so_far(row, at), reverse("homework", args=[access.token_for(row, at)]))
        for row in queries.open_homework(patient, at)
    ]
    return own_page(request, "therapy/my_acts.jinja", patient, given=given)


# -- by link -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ticking(Arrival[Homework]):
    """A request that came by the link of a small act."""

    routes = "homework"
    phrases = PHRASES
    sheets = ("practice", "goals")

    def frame(self) -> dict[str, Any]:
        return super().frame() | {"not_mine": self.url("homework-not-mine")}

    @property
    def is_over(self) -> bool:
        return self.form.ended_at is not None or self.at >= self.form.link_until

    @property
    def is_living(self) -> bool:
        return self.at < access.link_ends(self.form, self.token)

    @property
    def is_stale(self) -> bool:
        """The day of the link is over (K1). Who had the act before them while it lived goes on in the same browser."""
        return not (self.is_over or self.is_living or self.is_known)

    @property
    def is_known(self) -> bool:
        try:
            proof = signing.loads(self.request.COOKIES.get(COOKIE, ""), salt=SALT)
            seen, named = datetime.fromisoformat(proof["at"]), proof["act"]
        except (signing.BadSignature, KeyError, TypeError, ValueError):
            return False
        return bool(named == self.named) and self.at - seen <= device_known()

    @property
    def named(self) -> list[Any]:
        return [str(self.form.pk), self.form.link_serial]

    def remember(self, response: HttpResponseBase) -> HttpResponseBase:
        """While the link lives. The cookie names the act and no person."""
        if self.is_living:
            proof = {"act": self.named, "at": self.at.isoformat()}
            response.set_cookie(
                COOKIE, signing.dumps(proof, salt=SALT), path="/h/", httponly=True, samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE, max_age=device_known(),
            )  # fmt: skip
        return response


def find(request: HttpRequest, token: str) -> Ticking:
    return Ticking(request, token, access.homework_by_link(token))


def held(visit: Ticking) -> HttpResponse | None:
    if visit.is_over:
        return visit.closed("expired")
    if went_elsewhere(visit.form.patient, access.handed_out(visit.form, visit.token)):
        return visit.closed("elsewhere")
    return stale_page(visit) if visit.is_stale else None


def arrives(view: Callable[[Ticking], HttpResponseBase]) -> View:
    @wraps(view)
    def inner(visit: Ticking) -> HttpResponseBase:
        return visit.remember(view(visit))

    return arriving(find, LINK, held=held)(inner)


arrives_though_closed = arriving(find, LINK)


@require_http_methods(["GET", "POST"])
@arrives
def homework(visit: Ticking) -> HttpResponseBase:
    """One act, two buttons, a mood if one likes: under 20 seconds."""
    if visit.request.method == "GET":
        return ticking_page(visit)
    posted = visit.request.POST
    mood = posted.get("mood", "").strip()
    if posted.get("answer") not in ANSWERS:  # no answer is none, never "not done" (I14)
        return ticking_page(visit, visit.say("answer_wrong"), mood)
    try:
        day = date.fromisoformat(posted.get("day", ""))  # the day of the page, not of the moment it is sent
    except ValueError:
        return ticking_page(visit, visit.say("day_wrong"), mood)
    try:
        actions.tick(
            homework=visit.form,
            day=day,
            done=posted.get("answer") == "done",
            mood=mood,
            by=visit.actor,
            at=visit.at,
        )
    except Refused as refused:
        said = visit.say("mood_wrong" if refused.refusals[0].field == "mood" else "day_wrong")
        return ticking_page(visit, said, mood)
    return see_other(visit.url("homework"))


def ticking_page(visit: Ticking, error: str = "", mood: str = "") -> HttpResponse:
    days = queries.so_far(visit.form, visit.at)
    begun = [one for one in days if one.has_begun]
    skill = reader.practice().skill(visit.form.skill) if visit.form.skill else None
    return visit.page(
        "therapy/tick.jinja",
        422 if error else 200,
        homework=visit.form,
        days=days,
        today=next((one for one in begun if one.is_today), None),
        missing=[one for one in begun if one.tick is None and not one.is_today],
        skill=skill.in_language(visit.form.language) if skill else None,
        opens=visit.form.first_on,
        action=visit.url("homework"),
        error=error,
        mood=mood,
    )


@require_GET
@arrives_though_closed
def homework_help(visit: Ticking) -> HttpResponse:
    return crisis_page(visit, [], back=visit.url("homework"), go_on="")


@require_http_methods(["GET", "POST"])
@arrives_though_closed
def homework_fresh(visit: Ticking) -> HttpResponse:
    """A link whose day is over, while there are days to tick."""
    return fresh_page(
        visit,
        is_stale=visit.is_stale,
        send=lambda: actions.send_fresh(homework=visit.form, by=visit.actor, at=visit.at),
        became=lambda: became(visit.form, visit.at),
    )


@require_http_methods(["GET", "POST"])
@arrives_though_closed
def homework_not_mine(visit: Ticking) -> HttpResponse:
    return not_mine_page(visit, lambda: outcomes.not_theirs(visit.form, by=visit.actor, at=visit.at))


@require_POST
@arrives_though_closed
def homework_language(visit: Ticking) -> HttpResponse:
    actions.other_language(homework=visit.form, by=visit.actor, at=visit.at)
    return see_other(visit.url("homework"))
