"""The door of the intake: a good link, then the birth year on each device (K1). A forwarded link shows nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property, wraps
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from ketacare.clinic.candidacy import access
from ketacare.clinic.candidacy.actions import answering
from ketacare.clinic.candidacy.forms.said import Reader
from ketacare.clinic.candidacy.forms.screens import PHRASES, Place, parts_of, places
from ketacare.clinic.candidacy.models import Intake, IntakeState
from ketacare.clinic.candidacy.queries import intake as intakes
from ketacare.clinic.links.access import device_known
from ketacare.clinic.links.fresh import stale_page
from ketacare.clinic.links.pages import (
    Arrival,
    View,
    arriving,
    calls_for_help,
    crisis_page,
    crisis_words,
    see_other,
    speaks_spanish,
)
from ketacare.clinic.outcomes.strangers import went_elsewhere
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import by_link
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.help import crisis_line

LINK = by_link("a patient answers one intake by a signed link and their birth year")
COOKIE, SWITCHED = "intake", "intake_language"
SALT = "ketacare.intake.proof"
YEAR = "birth_year"
NOT_TYPED = ("once", "csrfmiddlewaretoken", YEAR)


@dataclass(frozen=True)
class IntakeVisit(Arrival[Intake]):
    """A request that came by the link of an intake."""

    routes = "intake"
    phrases = PHRASES
    sheets = ("intake-1", "facts-1", "formulary-1", "trials-1", "allergens-1")

    @property
    def intake(self) -> Intake:
        return self.form

    @property
    def language(self) -> str:
        """The form's own. Before it was ever opened a phone that asks for Spanish is answered in it, unless it was
        switched: many are asked before anybody at the clinic heard which language they read. Once it was
        opened they have seen theirs, and no second device sets another for all."""
        never_opened = self.seen is None and self.intake.opened_at is None
        before = never_opened and SWITCHED not in self.request.COOKIES
        return "es" if before and speaks_spanish(self.request) else super().language

    @property
    def today(self) -> date:
        return local_day(self.at, self.intake.clinic.zone)

    @cached_property
    def reader(self) -> Reader:
        patient = self.intake.patient
        born_on = people.demographics(patient).born_on
        return Reader(self.intake.language, self.today, born_on, intakes.intake_lines(patient))

    @cached_property
    def places(self) -> list[Place]:
        return places(language=self.intake.language)

    def progress(self, place: Place) -> str:
        parts = parts_of(self.places)
        return self.say("part_of", part=parts.index(place.screen.part) + 1, parts=len(parts))

    def frame(self) -> dict[str, Any]:
        large = self.intake.large_print
        return super().frame() | {
            "large": large,
            "print_url": self.url("intake-print"),
            "print_words": self.say("usual_print" if large else "large_print"),
            "back": "",
            "crisis_line": crisis_line(self.intake.clinic, self.language),
            "not_mine": "" if self.seen else self.url("intake-not-mine"),
        }

    @property
    def is_proven(self) -> bool:
        """Has this device given the birth year within the last minutes?"""
        idle = timedelta(minutes=intakes.intake_lines(self.intake.patient).idle.integer)
        return self.seen is not None and self.at - self.seen <= idle

    @property
    def seen(self) -> datetime | None:
        """When this device saw a page of the form last, the year given. The cookie names the form and no person."""
        try:
            proof = signing.loads(self.request.COOKIES.get(COOKIE, ""), salt=SALT)
            seen = datetime.fromisoformat(proof["at"])
            is_of_this = proof["form"] == [str(self.intake.pk), self.intake.link_serial]
        except (signing.BadSignature, KeyError, TypeError, ValueError):
            return None
        return seen if is_of_this else None

    @property
    def is_stale(self) -> bool:
        """The day of the link is over (K1). A device that gave the year not long ago goes on, and gives it again."""
        ends = access.link_ends(self.intake, self.token)
        if self.at < ends or not intakes.intake_standing(self.intake, self.at).opens:
            return False
        return self.seen is None or self.at - self.seen > device_known()

    def switched(self, response: HttpResponse) -> HttpResponse:
        """The language was chosen on this device: that much is kept on it, and nothing of whom."""
        response.set_cookie(
            SWITCHED,
            "yes",
            path="/i/",
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
            max_age=device_known(),
        )
        return response

    def prove(self, response: HttpResponseBase) -> HttpResponseBase:
        """From now on for some minutes; each page of the form renews it."""
        proof = {"form": [str(self.intake.pk), self.intake.link_serial], "at": self.at.isoformat()}
        response.set_cookie(
            COOKIE,
            signing.dumps(proof, salt=SALT),
            path="/i/",
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
            max_age=device_known(),
        )
        return response


def find(request: HttpRequest, token: str) -> IntakeVisit:
    return IntakeVisit(request, token, access.intake_by_link(token))


def held(visit: IntakeVisit) -> HttpResponse | None:
    """What is shown instead when the form does not open."""
    standing = intakes.intake_standing(visit.intake, visit.at)
    went = visit.seen is None and went_elsewhere(visit.intake.patient, access.handed_out(visit.intake, visit.token))
    if standing.opens and not went and not visit.is_stale:
        return None
    raised = heed(visit)
    if raised:
        # Not the closed page itself: an answer of 4xx would take the concern back with everything else.
        return crisis_page(visit, raised, back="", go_on="")
    if standing.opens and not went:
        return stale_page(visit)
    return visit.closed("elsewhere" if standing.opens else standing.why)


def heed(visit: IntakeVisit) -> list[Concern]:
    """Danger in what was sent, before anything else is asked and whether or not it can be kept (H13)."""
    match, post = visit.request.resolver_match, visit.request.POST
    if visit.request.method != "POST" or match is None:
        return []
    slug = match.kwargs.get("screen", "")
    item = next((place.item for place in visit.places if place.slug == slug and place.item is not None), None)
    kind = next((place.screen.kind for place in visit.places if place.slug == slug), "")
    typed = post.get("answer", "")
    is_code = item is not None and typed.isascii() and typed.isdecimal() and len(typed) < 3 and item.allows(int(typed))
    return answering.heed_unkept(
        intake=visit.intake,
        instrument=kind,
        answers={item.id: int(typed)} if item is not None and is_code else {},
        texts=[value for name, values in post.lists() if name not in NOT_TYPED for value in values],
        by=visit.actor,
        at=visit.at,
    )


def arrives(view: View) -> View:
    """By the link, then through the door of the birth year. A page that was shown keeps the door open a while."""

    @wraps(view)
    def inner(visit: IntakeVisit, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return visit.prove(view(visit, *args, **kwargs)) if visit.is_proven else door(visit, view, *args, **kwargs)

    return names_the_next(arriving(find, LINK, held=held)(inner))


def names_the_next(view: View) -> View:
    """A script that asks is told where the next page is and not led to it: what was saved is known to be, whatever
    becomes of the way there."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer = view(request, *args, **kwargs)
        if "X-Names-Next" in request.headers and answer.status_code in (302, 303):
            answer.status_code, answer["X-Next"] = 204, answer["Location"]
            del answer["Location"]
        return answer

    return inner


# Help and the end open without the year: neither shows what was answered.
arrives_without_year = arriving(find, LINK)


def door(visit: IntakeVisit, view: Callable[..., HttpResponseBase], *args: Any, **kwargs: Any) -> HttpResponseBase:
    """Ask for the year. What was typed on a page whose minutes ran out is carried along and saved once it is right."""
    carried = {name: values for name, values in visit.request.POST.lists() if name not in NOT_TYPED}
    typed = visit.request.POST.get(YEAR)
    raised = heed(visit) if typed is None else []
    if raised:
        return ask_year(visit, carried, **(crisis_words(visit, raised) if any(map(calls_for_help, raised)) else {}))
    if typed is None:
        return ask_year(visit, carried, status=200 if visit.request.method == "GET" else 422)
    if not (typed.strip().isascii() and typed.strip().isdecimal() and len(typed.strip()) == len("1985")):
        return ask_year(visit, carried, error=visit.say("door_unread"), typed=typed, status=422)
    if not answering.try_year(intake=visit.intake, year=int(typed), by=visit.actor, at=visit.at):
        visit.intake.refresh_from_db()
        # Not the closed page itself: an answer of 4xx would take the lock back with everything else.
        return see_other(visit.url("intake")) if held(visit) else ask_year(visit, carried, error=wrong(visit))
    if visit.language != visit.intake.language:
        answering.choose(intake=visit.intake, language=visit.language, by=visit.actor, at=visit.at)
        visit = replace(visit, form=Intake.objects.get(pk=visit.intake.pk))
    response = view(visit, *args, **kwargs) if carried else see_other(visit.request.path)
    return visit.prove(response)


def wrong(visit: IntakeVisit) -> str:
    left = intakes.tries_left(visit.intake)
    return visit.say("door_wrong_once") if left == 1 else visit.say("door_wrong", left=left)


def ask_year(
    visit: IntakeVisit, carried: dict[str, Any], *, error: str = "", typed: str = "", status: int = 200, **more: Any
) -> HttpResponse:
    return visit.page(
        "candidacy/intake/door.jinja",
        status,
        action=visit.request.path,
        carried=[(name, value) for name, values in carried.items() for value in values],
        is_back=visit.intake.state != IntakeState.SENT,
        error=error,
        typed=typed,
        **more,
    )
