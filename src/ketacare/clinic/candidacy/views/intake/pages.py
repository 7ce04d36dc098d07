"""The intake as the patient sees it: one topic to a screen, saved as it goes, back and forth, then handed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.candidacy.actions import answering, asking
from ketacare.clinic.candidacy.forms.again import lines, span_said
from ketacare.clinic.candidacy.forms.becoming import becoming
from ketacare.clinic.candidacy.forms.said import DRINKS, said
from ketacare.clinic.candidacy.forms.screens import SCALES, WHY_NOT, Place, in_language, parts_of
from ketacare.clinic.candidacy.models import IntakeState, Said
from ketacare.clinic.candidacy.queries import intake as intakes
from ketacare.clinic.candidacy.queries import told
from ketacare.clinic.candidacy.queries.told_line import line_of
from ketacare.clinic.candidacy.views.intake.door import (
    COOKIE,
    IntakeVisit,
    arrives,
    arrives_without_year,
    heed,
    held,
)
from ketacare.clinic.links.fresh import fresh_page
from ketacare.clinic.links.pages import calls_for_help, crisis_page, crisis_words, see_other
from ketacare.clinic.links.strangers import not_mine_page
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.outcomes.fresh import became
from ketacare.clinic.people.access import NotHere
from ketacare.clinic.tenancy.help import crisis_line
from ketacare.clinic.tenancy.refusals import Refusal, Refused

# Where a switch of language or letters was pressed: on the page of help, or on the help after an answer.
HELP, OF_A_SCREEN = "help", ".help"
IN_PERSON = {"asked": {"answer": "in person"}}


@dataclass(frozen=True)
class Answered:
    """What this intake holds so far, read once for a page."""

    screens: dict[str, Said]
    items: dict[str, dict[str, int | None]]

    def has(self, place: Place) -> bool:
        if place.item is not None:
            return place.item.id in self.items[place.screen.kind]
        row = self.screens.get(place.screen.id)
        return row is not None and bool(row.values.get("closed", True))

    def values(self, place: Place) -> dict[str, Any]:
        row = self.screens.get(place.screen.id)
        return dict(row.values) if row else {}


def answered(visit: IntakeVisit) -> Answered:
    kinds = {place.screen.kind for place in visit.places if place.item is not None}
    items = {kind: intakes.items_said(visit.intake, kind) for kind in kinds}
    return Answered(intakes.screens_said(visit.intake), items)


def place_of(visit: IntakeVisit, slug: str) -> Place:
    """A place of this intake; one that it does not have is not here."""
    found = next((place for place in visit.places if place.slug == slug), None)
    if found is None:
        raise NotHere
    return found


def beside(visit: IntakeVisit, place: Place) -> tuple[str, str]:
    """Where back leads, and what comes next."""
    at = visit.places.index(place)
    before = visit.url("intake-screen", visit.places[at - 1].slug) if at else ""
    last = at + 1 == len(visit.places)
    return before, visit.url("intake-review") if last else visit.url("intake-screen", visit.places[at + 1].slug)


@require_http_methods(["GET", "POST"])
@arrives
def intake(visit: IntakeVisit) -> HttpResponseBase:
    """Where the patient left off."""
    so_far = answered(visit)
    first = next((place for place in visit.places if not so_far.has(place)), None)
    return HttpResponseRedirect(visit.url("intake-screen", first.slug) if first else visit.url("intake-review"))


@require_http_methods(["GET", "POST"])
@arrives
def screen(visit: IntakeVisit, screen: str) -> HttpResponseBase:
    """One screen; answered, it is kept at once, and the next one comes."""
    try:
        place = place_of(visit, screen)
    except NotHere:
        return HttpResponseRedirect(visit.url("intake"))
    if visit.request.method == "GET":
        return show(visit, place)
    return keep_item(visit, place) if place.item is not None else keep_screen(visit, place)


def keep_screen(visit: IntakeVisit, place: Place) -> HttpResponseBase:
    post = visit.request.POST
    try:
        if place.screen.kind == "asks":
            values: dict[str, Any] = said(place.screen, post, visit.reader)
        elif place.screen.kind in SCALES:
            values = IN_PERSON
        else:
            values = closed_list(visit, place)
        save(visit, place, values)
    except Refused as refused:
        return show(visit, place, refusals=refused.refusals, status=refused.status)
    return help_first(visit, place) or see_other(beside(visit, place)[1])


def help_first(visit: IntakeVisit, place: Place) -> HttpResponseBase | None:
    """Help comes before anything else if what was just said raised a concern (H13)."""
    new = [concern for concern in intakes.concerns_of(visit.intake) if concern.raised_at == visit.at]
    if any(map(calls_for_help, new)) or is_first_unsaid(visit, place):
        return see_other(visit.url("intake-crisis", place.slug))
    return None


def is_first_unsaid(visit: IntakeVisit, place: Place) -> bool:
    """This safety question has no answer, and all others asked so far have: where help is, is told once."""
    open_ones = [
        (kind, item)
        for kind in (told.FIRST, told.SCALE)
        for item, code in intakes.items_said(visit.intake, kind).items()
        if code is None and item in told.grave_items(kind)
    ]
    return place.item is not None and open_ones == [(place.screen.kind, place.item.id)]


def urgent_help(visit: IntakeVisit) -> dict[str, Any] | None:
    """Danger beside a fault is heard before the fault is mended (H13)."""
    raised = heed(visit)
    return crisis_words(visit, raised) if any(map(calls_for_help, raised)) else None


def closed_list(visit: IntakeVisit, place: Place) -> dict[str, Any]:
    """The patient says that the list is whole, that there is nothing on it, or why it stays open."""
    entries = answered(visit).values(place).get("entries", [])
    closed = visit.request.POST.get("closed", "")
    if closed not in ("all" if entries else "none", *WHY_NOT):
        raise visit.reader.fault("closed", "fault_choose")
    return {"entries": entries, "closed": closed}


def save(visit: IntakeVisit, place: Place, values: dict[str, Any]) -> None:
    answering.keep_screen(
        intake=visit.intake,
        screen=place.screen.id,
        values=values,
        becoming=becoming(place.screen, values, visit.today, visit.reader.lines),
        by=visit.actor,
        at=visit.at,
    )


def keep_item(visit: IntakeVisit, place: Place) -> HttpResponseBase:
    """One question of a sheet."""
    assert place.item is not None  # the caller has asked
    typed, skip = visit.request.POST.get("answer", ""), visit.request.POST.get("skip", "")
    is_code = typed.isascii() and typed.isdecimal() and place.item.allows(int(typed))
    if not is_code and skip not in WHY_NOT:
        fault = Refusal("answer", visit.say("fault_choose"), "")
        return show(visit, place, refusals=[fault], status=422)
    code = int(typed) if is_code else None
    answering.keep_item(
        intake=visit.intake,
        instrument=place.screen.kind,
        item=place.item.id,
        code=code,
        why=skip,
        by=visit.actor,
        at=visit.at,
    )
    return help_first(visit, place) or see_other(beside(visit, place)[1])


def show(visit: IntakeVisit, place: Place, *, refusals: list[Refusal] | None = None, status: int = 200) -> HttpResponse:
    so_far = answered(visit)
    before, after = beside(visit, place)
    urgent = urgent_help(visit) if refusals else None
    return visit.page(
        f"candidacy/intake/{template_for(place)}.jinja",
        # An answer of 4xx would take the concern back with everything else.
        200 if urgent else status,
        urgent_help=urgent,
        place=place,
        screen=place.screen,
        title=in_language(place.screen.title, visit.intake.language),
        lead=in_language(place.screen.lead, visit.intake.language),
        part=visit.say(f"part_{place.screen.part}"),
        progress=visit.progress(place),
        values=so_far.values(place),
        chosen=so_far.items.get(place.screen.kind, {}),
        typed=visit.request.POST if refusals else {},
        refusals=refusals or [],
        questions={ask.name: in_language(ask.words, visit.intake.language) for ask in place.screen.asks},
        errors={refusal.field: refusal.rule for refusal in refusals or []},
        asked_once=asked_once(refusals),
        in_words=lambda words: in_language(words, visit.intake.language),
        language=visit.intake.language,
        years=(visit.reader.born_on.year, visit.today.year),
        drinks=(DRINKS, visit.reader.lines.which_drink(visit.intake.language)),
        action=visit.url("intake-screen", place.slug),
        line=line_of(so_far.values(place).get("entries", []), visit.today) if is_timeline(place) else None,
        span_of=lambda one: span_said(one, visit.intake.language),
        entry_url=lambda key: visit.url("intake-entry", place.slug, key),
        back=before,
        after=after,
    )


def is_timeline(place: Place) -> bool:
    return place.screen.kind == "trials"


def asked_once(refusals: list[Refusal] | None) -> dict[str, str]:
    """What was only asked about, as it was typed: sent again just so, it stands."""
    return {one.field: one.asked for one in refusals or [] if one.kind == "unlikely"}


def template_for(place: Place) -> str:
    if place.item is not None:
        return "item"
    return {"asks": "screen", **dict.fromkeys(SCALES, "in_person")}.get(place.screen.kind, "listing")


# -- the end -----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@arrives
def review(visit: IntakeVisit) -> HttpResponseBase:
    """Everything that was said, what is open, and handing it in."""
    if visit.request.method == "POST":
        answering.hand_in(intake=visit.intake, by=visit.actor, at=visit.at)
        return see_other(visit.url("intake-end"))
    so_far, language = answered(visit), visit.intake.language
    parts = [
        (
            visit.say(f"part_{part}"),
            [(place, so_far.has(place)) for place in heads(visit, so_far, part)],
            [
                line
                for place in visit.places
                if place.screen.part == part
                for line in lines(place, so_far.values(place), so_far.items.get(place.screen.kind, {}), language)
            ],
        )
        for part in parts_of(visit.places)
    ]
    return visit.page(
        "candidacy/intake/review.jinja",
        parts=parts,
        state=whole(visit, so_far),
        in_words=lambda words: in_language(words, visit.intake.language),
        place_url=lambda place: visit.url("intake-screen", place.slug),
        action=visit.url("intake-review"),
        back=visit.url("intake-screen", visit.places[-1].slug),
    )


def whole(visit: IntakeVisit, so_far: Answered) -> str:
    """open | through, where something was left out on purpose | whole."""
    if not all(so_far.has(place) for place in visit.places):
        return "open"
    codes = [code for kind in so_far.items.values() for code in kind.values()]
    values = [so_far.values(place) for place in visit.places]
    given = [one.get("answer") for screen in values for one in screen.values() if isinstance(one, dict)]
    closed = [screen.get("closed") for screen in values]
    return "through" if None in codes or {*WHY_NOT} & {*given, *closed} else "whole"


def heads(visit: IntakeVisit, so_far: Answered, part: str) -> list[Place]:
    """Each screen of a part once: the first of its questions that is open, or the first."""
    found: dict[str, Place] = {}
    for place in visit.places:
        if place.screen.part == part:
            known = found.get(place.screen.id)
            if known is None or (so_far.has(known) and not so_far.has(place)):
                found[place.screen.id] = place
    return list(found.values())


@require_GET
@arrives_without_year
def end(visit: IntakeVisit) -> HttpResponseBase:
    """Thanks; the link is used. Nothing of what was said stays on this device."""
    if visit.intake.state != IntakeState.HANDED_IN:
        return held(visit) or HttpResponseRedirect(visit.url("intake"))
    urgent = any(calls_for_help(concern) for concern in intakes.concerns_of(visit.intake))
    unsaid = bool(told.safety_unsaid(visit.intake))
    response = visit.page("candidacy/intake/end.jinja", urgent=urgent, unsaid=unsaid)
    response.delete_cookie(COOKIE, path="/i/")
    return response


# -- help, language, letters -------------------------------------------------------------------------------------------


@require_GET
@arrives_without_year
def help_page(visit: IntakeVisit) -> HttpResponse:
    """Always in the same corner; open even when the form is not."""
    return help_for(visit)


def help_for(visit: IntakeVisit) -> HttpResponse:
    back = visit.url("intake") if visit.intake.is_open else ""
    return crisis_page(visit, intakes.concerns_of(visit.intake), back=back, go_on="", here=HELP)


@require_GET
@arrives_without_year
def crisis(visit: IntakeVisit, screen: str) -> HttpResponse:
    """After an answer that a person must hear: calm, two buttons, and when somebody will answer."""
    place = next((place for place in visit.places if place.slug == screen), None)
    if place is None:
        return help_for(visit)
    concerns = intakes.concerns_of(visit.intake)
    ways: dict[str, Any] = {
        "back": visit.url("intake-screen", place.slug),
        "go_on": beside(visit, place)[1],
        "here": f"{place.slug}{OF_A_SCREEN}",
    }
    if is_first_unsaid(visit, place) and not any(map(calls_for_help, concerns)):
        return visit.page("links/crisis.jinja", **unsaid_words(visit), **ways)
    return crisis_page(visit, concerns, **ways)


def unsaid_words(visit: IntakeVisit) -> dict[str, Any]:
    """After a safety question that was not answered: nobody is pressed, and where help is."""
    line = crisis_line(visit.intake.clinic, visit.language)
    emergency = line.emergency if line else visit.say("emergency_unknown")
    return crisis_words(visit, []) | {
        "title": visit.say("unsaid_title"),
        "words": visit.say("unsaid_words", emergency=emergency),
    }


@require_http_methods(["GET", "POST"])
@arrives_without_year
def fresh(visit: IntakeVisit) -> HttpResponse:
    """A link whose day is over: what was answered is kept, and a new link opens it again."""
    return fresh_page(
        visit,
        is_stale=visit.is_stale,
        send=lambda: asking.send_fresh(intake=visit.intake, by=visit.actor, at=visit.at),
        became=lambda: became(visit.intake, visit.at),
    )


@require_http_methods(["GET", "POST"])
@arrives_without_year
def not_mine(visit: IntakeVisit) -> HttpResponse:
    """It reached somebody else. Not where the year was given: that is the patient's own device."""
    if visit.seen is not None:
        return see_other(visit.url("intake"))
    return not_mine_page(visit, lambda: outcomes.not_theirs(visit.intake, by=visit.actor, at=visit.at))


@require_POST
@arrives_without_year
def language(visit: IntakeVisit) -> HttpResponse:
    """The other language, kept for this form; on this device it counts for more than what the device asks for."""
    other = "en" if visit.language.startswith("es") else "es"
    answering.choose(intake=visit.intake, language=other, by=visit.actor, at=visit.at)
    return visit.switched(see_other(came_from(visit)))


@require_POST
@arrives_without_year
def large_print(visit: IntakeVisit) -> HttpResponse:
    """Larger letters, or the usual ones again, kept for this form."""
    answering.choose(intake=visit.intake, large_print=not visit.intake.large_print, by=visit.actor, at=visit.at)
    return see_other(came_from(visit))


def came_from(visit: IntakeVisit) -> str:
    """The page of this form on which the switch was pressed."""
    here = visit.request.POST.get("here", "")
    if here == HELP:
        return visit.url("intake-help")
    slug = here.removesuffix(OF_A_SCREEN)
    if all(place.slug != slug for place in visit.places):
        return visit.url("intake")
    return visit.url("intake-crisis" if here != slug else "intake-screen", slug)
