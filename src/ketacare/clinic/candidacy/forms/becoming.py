"""What the answers of one screen become: facts, antidepressants, the list of medicines, allergies, contact wishes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.actions.taking_over import Becoming, Fact
from ketacare.clinic.candidacy.forms.days import last_day
from ketacare.clinic.candidacy.forms.listed import CLOSED, as_medicine, as_trial
from ketacare.clinic.candidacy.forms.screens import WHY_NOT, Ask, Screen
from ketacare.clinic.candidacy.models import Answer, ListState, Response, TherapyKind, TrialSource
from ketacare.clinic.people.models import AllergyState
from ketacare.medicine.candidacy.rules.intake import units_from
from ketacare.medicine.candidacy.terms.intake import IntakeLines

PERMISSIONS = ("may_text", "may_email", "voicemail_is_safe")
# Ketamine itself is not among them: the question does not say which kind it was.
COURSES = {
    "had_ect": TherapyKind.ECT,
    "had_tms": TherapyKind.RTMS,
    "had_therapy": TherapyKind.PSYCHOTHERAPY,
}
HELPED = {"did_not": Response.NOT, "helped": Response.UNKNOWN}
LINES = ("telephone", "email", "shown_as", "quiet", "other_person")
FACT_OF = {"allergic_to_ketamine": queries.ALLERGIC}
KETAMINE = {"substance": "ketamine", "reaction": "told in the intake"}


def becoming(screen: Screen, values: Any, today: date, lines: IntakeLines) -> Becoming:
    """By the kind of the screen, counted by this version of the sheet."""
    if screen.kind == "trials":
        told = {entry["key"]: as_trial(entry, lines, today) for entry in values["entries"]}
        return Becoming(trials=told, nothing_tried=values["closed"] == "none")
    if screen.kind == "medicines":
        return Becoming(medicines=medicines(values))
    return Becoming(
        facts=facts(screen, values, today, lines),
        allergies=allergies(values) if "allergic" in values else None,
        courses=courses(values),
        contact=contact(values) if screen.part == "contact" else None,
    )


def facts(screen: Screen, values: Mapping[str, Mapping[str, Any]], today: date, lines: IntakeLines) -> dict[str, Fact]:
    """Every answer that is a fact of the vocabulary and is not read from elsewhere."""
    named = [(ask, FACT_OF.get(ask.name, ask.name if ask.fact else "")) for ask in screen.asks if ask.name in values]
    return {
        name: as_fact(ask, values[ask.name], today, lines)
        for ask, name in named
        if name and name not in queries.ELSEWHERE
    }


def as_fact(ask: Ask, value: Mapping[str, Any], today: date, lines: IntakeLines) -> Fact:
    if "number" in value:
        units = units_from(Decimal(value["number"]), lines)
        return Fact(queries.plain(units), typed=f"{value['typed']} drinks a week")
    if ask.shape == "date" and value["answer"] == "yes":
        return dated(value, today)
    return Fact(value["answer"])


def dated(value: Mapping[str, Any], today: date) -> Fact:
    """As late as it may have been, which is the careful reading; without any date it is not known, and says so."""
    if "year" not in value:
        return Fact(Answer.UNABLE, words="Yes; when is not known")
    year, month = value["year"], value.get("month")
    if month is None:
        return Fact(min(date(year, 12, 31), today).isoformat(), str(year), True, "Only the year is known")
    return Fact(last_day(year, month, today).on.isoformat(), f"{month}/{year}", True)


def medicines(values: Mapping[str, Any]) -> tuple[ListState, list[dict[str, Any]]] | None:
    """Only once the patient has called the list whole: half a list would read as if the rest were not taken."""
    if not values["closed"]:
        return None
    state = CLOSED[values["closed"]]
    return state, [as_medicine(entry) for entry in values["entries"]] if state == ListState.LISTED else []


def courses(values: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Other treatments that were had. That one helped does not say by half: that is still to be asked."""
    said = {name: values[name].get("answer") for name in COURSES if name in values}
    return {
        name: {"kind": COURSES[name], "response": HELPED[answer], "source": TrialSource.RECALL}
        for name, answer in said.items()
        if answer in HELPED
    }


def allergies(values: Mapping[str, Mapping[str, Any]]) -> tuple[AllergyState, list[dict[str, str]]]:
    named = []
    if "words" in values.get("allergic_to", {}):
        named.append({"substance": values["allergic_to"]["words"], "reaction": ""})
    if values["allergic_to_ketamine"].get("answer") == "yes":
        named.append(KETAMINE)
    answers = {values[name].get("answer") for name in ("allergic", "allergic_to_ketamine")}
    if named:
        return AllergyState.LISTED, named
    return AllergyState.NONE_KNOWN if answers == {"no"} else AllergyState.NOT_ASKED, []


def contact(values: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    """What this screen says of contact; a permission that is not given is not a permission."""
    told: dict[str, Any] = {name: values[name]["words"] for name in LINES if "words" in values.get(name, {})}
    for name in PERMISSIONS:
        if name in values:
            told[name] = {"yes": True, "no": False}.get(values[name]["answer"])
    language = values.get("language", {}).get("answer")
    if language and language not in WHY_NOT:
        told["language"] = language
    return told or None
