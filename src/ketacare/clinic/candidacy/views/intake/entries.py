"""One medicine or one antidepressant of a list: put on it, changed, taken off."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.forms.listed import PRESSED, UNITS, Entry, entry
from ketacare.clinic.candidacy.forms.screens import Place
from ketacare.clinic.candidacy.views.intake.door import IntakeVisit, arrives
from ketacare.clinic.candidacy.views.intake.pages import answered, asked_once, help_first, place_of, save, urgent_help
from ketacare.clinic.links.pages import see_other
from ketacare.clinic.people.access import NotHere
from ketacare.clinic.tenancy.refusals import Refusal, Refused

NEW = "new"
# The words before each answer's code, and the question they answer.
WORDS = {
    "often": ("often", "often"),
    "taken": ("trial_taken", "taken"),
    "helped": ("trial_helped", "helped"),
    "stopped": ("trial_stopped", "stopped"),
    "episode": ("trial_episode", ""),
}


@require_http_methods(["GET", "POST"])
@arrives
def one_entry(visit: IntakeVisit, screen: str, key: str) -> HttpResponseBase:
    """A new entry or one that is on the list."""
    try:
        place = place_of(visit, screen)
        listed = answered(visit).values(place).get("entries", [])
        known = entry_of(place, listed, key)
    except NotHere:
        return HttpResponseRedirect(visit.url("intake"))
    if visit.request.method == "GET":
        return show(visit, place, key, known)
    if "take_away" in visit.request.POST:
        keep(visit, place, [one for one in listed if one["key"] != key])
        return see_other(visit.url("intake-screen", place.slug))
    try:
        found = entry(place.screen.kind, visit.request.POST, visit.reader, [one for one in listed if one["key"] != key])
    except Refused as refused:
        return show(visit, place, key, known, refused.refusals)
    found["key"] = str(uuid4()) if key == NEW else key
    keep(visit, place, [*listed, found] if key == NEW else [found if one["key"] == key else one for one in listed])
    return help_first(visit, place) or see_other(visit.url("intake-screen", place.slug))


def entry_of(place: Place, listed: list[Entry], key: str) -> Entry:
    """The entry of this key, or an empty one; one of another list is not here."""
    if place.screen.kind not in PRESSED:
        raise NotHere
    found = {} if key == NEW else next((one for one in listed if one["key"] == key), None)
    if found is None:
        raise NotHere
    return found


def keep(visit: IntakeVisit, place: Place, entries: list[Entry]) -> None:
    """The list as it is now; changed, it is open again until the patient calls it whole."""
    save(visit, place, {"entries": entries, "closed": ""})


def show(
    visit: IntakeVisit, place: Place, key: str, known: Entry, refusals: list[Refusal] | None = None
) -> HttpResponse:
    urgent = urgent_help(visit) if refusals else None
    given: Any = visit.request.POST if refusals else known
    return visit.page(
        "candidacy/intake/entry.jinja",
        422 if refusals and not urgent else 200,
        urgent_help=urgent,
        place=place,
        kind=place.screen.kind,
        is_new=key == NEW,
        given=given,
        pressed=[(name, *asked(visit, name, answers)) for name, answers in PRESSED[place.screen.kind].items()],
        months=visit.say("months").split("|"),
        units=[(unit, visit.say(f"unit_{unit}")) for unit in UNITS],
        questions={name: visit.say(WORDS[name][0]) for name in PRESSED[place.screen.kind]},
        names=names_for(place),
        refusals=refusals or [],
        errors={refusal.field: refusal.rule for refusal in refusals or []},
        asked_once=asked_once(refusals),
        progress=visit.progress(place),
        part=visit.say(f"part_{place.screen.part}"),
        action=visit.url("intake-entry", place.slug, key),
        back=visit.url("intake-screen", place.slug),
    )


def names_for(place: Place) -> list[str]:
    """What is suggested while typing: antidepressants, or every name of the formulary."""
    if place.screen.kind == "trials":
        return queries.medicine_names()
    return [name for name, _ in queries.formulary_names()]


def asked(visit: IntakeVisit, name: str, answers: tuple[str, ...]) -> tuple[str, list[tuple[str, str]]]:
    """A question in the patient's words, with its answers."""
    question, before = WORDS[name]
    return visit.say(question), [(code, visit.say(f"{before}_{code}" if before else code)) for code in answers]
