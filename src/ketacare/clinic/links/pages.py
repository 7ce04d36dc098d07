"""The frame of every page that a link opens: one clinic, one language, one answer to each POST, help in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from functools import wraps
from typing import Any, ClassVar, Generic, TypeVar
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from ketacare.clinic.links import access
from ketacare.clinic.links.access import Link
from ketacare.clinic.links.models import Form
from ketacare.clinic.links.words import SHARED_PHRASES, Phrases, day_in
from ketacare.clinic.people.access import NotHere, moment_of
from ketacare.clinic.protocols import queries as protocols
from ketacare.clinic.safety import queries as safety
from ketacare.clinic.safety.models import Concern, ConcernState, Tier
from ketacare.clinic.safety.reasons import is_of_silence, is_of_suicide
from ketacare.clinic.tenancy.help import crisis_line, lines_here
from ketacare.clinic.tenancy.once import answer_once
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.safety import reader as safety_reader
from ketacare.medicine.safety.terms import CrisisLine

OWN_PAGES = "links/"
FormOf = TypeVar("FormOf", bound=Form)
View = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class Arrival(Generic[FormOf]):
    """A request that came by a good link. `routes` begins the names of the form's routes."""

    routes: ClassVar[str]
    phrases: ClassVar[Phrases] = SHARED_PHRASES
    # What these pages ask and tell by, as it ships. A page of help or of a closed form tells no review date.
    sheets: ClassVar[tuple[str, ...]] = ()

    request: HttpRequest
    token: str
    form: FormOf

    @property
    def at(self) -> datetime:
        return moment_of(self.request)

    @property
    def actor(self) -> Link:
        return access.link_actor(
            self.form,
            request_id=self.request.request_id,  # type: ignore[attr-defined]
            address=self.request.META.get("REMOTE_ADDR", ""),
        )

    def url(self, name: str, *more: Any) -> str:
        return reverse(name, args=[self.token, *more])

    @property
    def language(self) -> str:
        language: str = self.form.language
        return language

    def say(self, key: str, **values: object) -> str:
        return self.phrases.say(self.language, key, **values)

    @property
    def zone(self) -> str:
        """By whose clock moments are told: the clinic's, where no other is known."""
        zone: str = self.form.clinic.zone
        return zone

    @property
    def is_elsewhere(self) -> bool:
        """Their clock is known, and shows another hour than the clinic's."""
        theirs, clinics = (self.at.astimezone(ZoneInfo(zone)) for zone in (self.zone, self.form.clinic.zone))
        return theirs.utcoffset() != clinics.utcoffset()

    def clock(self, at: datetime) -> str:
        """With the name of the zone where that is not the clinic's: nobody waits by the wrong clock."""
        return f"{at.astimezone(ZoneInfo(self.zone)):{'%H:%M %Z' if self.is_elsewhere else '%H:%M'}}"

    def clinics_clock(self, hour: time) -> str:
        """An hour of the clinic's day, which is the clinic's wherever it is read."""
        named = self.at.astimezone(ZoneInfo(self.form.clinic.zone))
        return f"{hour:%H:%M}" + (f" {named:%Z}" if self.is_elsewhere else "")

    def day(self, at: datetime) -> str:
        return day_in(at.astimezone(ZoneInfo(self.zone)).date(), self.language)

    def frame(self) -> dict[str, Any]:
        """What the frame of each page says."""
        return {
            "lang": self.language,
            "say": self.say,
            "help": self.url(f"{self.routes}-help"),
            "clinic_telephone": self.form.clinic.telephone,
            "language_url": self.url(f"{self.routes}-language"),
        }

    def page(self, template: str, status: int = 200, **context: Any) -> HttpResponse:
        sheets = () if template.startswith(OWN_PAGES) else self.sheets
        day = self.at.astimezone(ZoneInfo(self.form.clinic.zone)).date()
        overdue = {"overdue": protocols.past_review(sheets, day)}
        return render(self.request, template, overdue | self.frame() | context, status=status)

    def closed(self, why: str, status: int = 410, **context: Any) -> HttpResponse:
        """The form does not open: what it is and what to do."""
        line = crisis_line(self.form.clinic, self.language)
        here = [self.say(help_key(line), **line_words(line))] if line else []
        return self.page("links/closed.jinja", status, why=why, help_here=here, **context)


ArrivalOf = TypeVar("ArrivalOf", bound=Arrival[Any])


def arriving(
    find: Callable[[HttpRequest, str], ArrivalOf],
    guard: Callable[[View], View],
    *,
    held: Callable[[ArrivalOf], HttpResponseBase | None] | None = None,
) -> Callable[[View], View]:
    """Open the link, enter its tenant, answer each POST once. `held` answers instead when the form does not open."""

    def wrap(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                arrival = find(request, token)
            except NotHere:
                return unknown(request)
            request.link_clinic = arrival.form.clinic  # type: ignore[attr-defined]

            def respond() -> HttpResponseBase:
                instead = held(arrival) if held is not None else None
                return view(arrival, *args, **kwargs) if instead is None else instead

            # What was sent before the form closed has its answer still: a reply may be lost on the way (I5).
            return once(arrival, respond) if request.method == "POST" else respond()

        return guard(inner)

    return wrap


def once(arrival: Arrival[Any], respond: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    try:
        return answer_once(
            arrival.request,
            organisation_id=arrival.form.organisation_id,
            actor_id=arrival.form.pk,
            at=arrival.at,
            respond=respond,
        )
    except Refused as refused:
        return arrival.closed("retry", refused.status)


def speaks_spanish(request: HttpRequest) -> bool:
    """Is Spanish the first language that the phone asks for?"""
    return request.headers.get("Accept-Language", "").strip().lower().startswith("es")


def unknown(request: HttpRequest) -> HttpResponse:
    """A forged, cut or withdrawn link: nothing of anybody, and where to find help."""
    language = "es" if speaks_spanish(request) else "en"

    def say(key: str, **values: object) -> str:
        return SHARED_PHRASES.say(language, key, **values)

    lines = lines_here(language)
    context = {
        "lang": language,
        "say": say,
        "why": "unknown",
        "help": f"tel:{lines[0].dial}" if len(lines) == 1 else "#help",
        "help_here": [say(help_key(line), **line_words(line)) for line in lines],
        "clinic_telephone": "",
    }
    return render(request, "links/closed.jinja", context, status=404)


class SeeOther(HttpResponseRedirect):
    """What was sent is kept; the browser asks for the next page, so that reloading it sends nothing again."""

    status_code = 303


def help_key(line: CrisisLine) -> str:
    if not line.where:
        return "unknown_line_own"
    return "unknown_line_text" if line.text == line.call else "unknown_line"


def line_words(line: CrisisLine) -> dict[str, str]:
    return {"where": line.where, "name": line.name, "call": line.call, "hours": line.hours}


def see_other(url: str) -> HttpResponse:
    return SeeOther(url)


# -- help --------------------------------------------------------------------------------------------------------------


def calls_for_help(concern: Concern) -> bool:
    """Whoever needs a person today, and whoever has thought of ending their life at all; nobody is thanked for telling
    who was only silent."""
    if is_of_silence(concern.reason_code):
        return False
    return concern.tier < Tier.BEFORE_NEXT_DOSE or is_of_suicide(concern.reason_code)


def is_bodily(concern: Concern) -> bool:
    """A sign of the body, told among the side effects: an ambulance, and no line for people in a crisis."""
    return safety_reader.side_effects_asked().item(concern.reason_code.split(".")[0]) is not None


def crisis_page(
    arrival: Arrival[Any], concerns: list[Concern], *, back: str, go_on: str, here: str = ""
) -> HttpResponse:
    """Calm, two buttons, and when somebody will answer. `here`: how its switches name this page, to come back to it."""
    return arrival.page("links/crisis.jinja", back=back, go_on=go_on, here=here, **crisis_words(arrival, concerns))


def crisis_words(arrival: Arrival[Any], concerns: list[Concern]) -> dict[str, Any]:
    line = crisis_line(arrival.form.clinic, arrival.language)
    graves = [concern for concern in concerns if calls_for_help(concern)]
    grave = graves[0] if graves else None
    bodily = bool(graves) and all(is_bodily(concern) for concern in graves)
    kind = "bodily" if bodily else "crisis" if grave else "help"
    needs_ambulance = any(is_bodily(one) or one.reason_code == "s3.2" for one in graves)
    return {
        "title": arrival.say(f"{kind}_title"),
        "words": arrival.say(f"{kind}_words", emergency=line.emergency if line else arrival.say("emergency_unknown")),
        "line": None if bodily else line,
        "emergency": line.emergency if line and needs_ambulance else "",
        "dial_emergency": line.dial_emergency if line and needs_ambulance else "",
        "promise": promise(arrival, [one for one in graves if one.state != ConcernState.CLOSED]),
    }


def promise(arrival: Arrival[Any], concerns: list[Concern]) -> str:
    """Only what will be true: of several, what was promised and not kept weighs most."""
    clinic = arrival.form.clinic
    if not concerns:
        hours = {"opens": arrival.clinics_clock(clinic.opens_at), "closes": arrival.clinics_clock(clinic.closes_at)}
        return arrival.say("help_hours", **hours)
    all_given = [safety.promise(clinic, concern, arrival.at) for concern in concerns]
    if any(given.is_late for given in all_given):
        return arrival.say("late_reads")
    waiting = [given for given in all_given if not given.is_read]
    if not waiting:
        return arrival.say("was_read")
    by = [given.by for given in waiting if given.by is not None]
    if by:
        return arrival.say("someone_reads", by=when(arrival, min(by)))
    opens, closes = waiting[0].opens, waiting[0].closes
    if closes is not None:
        return arrival.say("nobody_reads_open", closes=arrival.clock(closes))
    assert opens is not None  # nobody hears of it
    return arrival.say("nobody_reads", day=arrival.day(opens), clock=arrival.clock(opens))


def when(arrival: Arrival[Any], moment: datetime) -> str:
    """By the clock, and with its day unless it is today's."""
    if arrival.day(moment) == arrival.day(arrival.at):
        return arrival.clock(moment)
    return arrival.say("clock_on_day", day=arrival.day(moment), clock=arrival.clock(moment))
