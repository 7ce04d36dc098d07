"""One entry of a list of the intake, a medicine or an antidepressant, as it was told, and what it becomes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.forms.said import Reader
from ketacare.clinic.candidacy.forms.screens import WHY_NOT
from ketacare.clinic.candidacy.forms.spans import as_days, ends_in
from ketacare.clinic.candidacy.forms.trials import same_molecule, unlikely_dose
from ketacare.clinic.candidacy.models import Adherence, Effect, ListState, StoppedBecause, TrialSource
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.candidacy.rules.intake import days_from, effect_from
from ketacare.medicine.candidacy.terms.intake import IntakeLines

NAME_MOST, DOSE_MOST = 80, 40
LEAST_MG, MOST_MG, MOST_YEARS = Decimal("0.01"), Decimal(9999), 80
FOR_THE_CLINIC = {
    "once": "once a day",
    "twice": "twice a day",
    "more": "three times a day or more",
    "needed": "only when needed",
    "other": "neither daily nor when needed",
}
OFTEN = tuple(FOR_THE_CLINIC)
TAKEN = ("good", "doubtful", "poor")
HELPED = ("worse", "none", "little", "lot", "well")
STOPPED = ("no_help", "side_effects", "wore_off", "well", "other", "not")
UNITS = ("weeks", "months", "years")
AMOUNT = ("dose", "long", "unit")
BECAUSE = {
    "no_help": StoppedBecause.NO_EFFECT,
    "wore_off": StoppedBecause.NO_EFFECT,
    "side_effects": StoppedBecause.SIDE_EFFECTS,
    "well": StoppedBecause.OTHER,
    "other": StoppedBecause.OTHER,
    "not": StoppedBecause.ONGOING,
}
# What each list asks by pressing: the name of the question, and its answers besides "I don't know".
PRESSED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "medicines": {"often": OFTEN},
    "trials": {"taken": TAKEN, "helped": HELPED, "stopped": STOPPED, "episode": ("yes", "no")},
}
# How the whole list is closed; none of these is a list of things.
CLOSED = {
    "all": ListState.LISTED,
    "none": ListState.NONE,
    "unable": ListState.NOT_ASKED,
    "refused": ListState.NOT_ASKED,
}
Entry = dict[str, Any]


def entry(kind: str, post: Any, reader: Reader, others: Iterable[Entry] = ()) -> Entry:
    """What was told of one medicine; every fault at once. `others`: what stands on the list besides."""
    faults: list[Refusal] = []
    found: Entry = {"name": " ".join(post.get("name", "").split())}
    if not found["name"]:
        faults += reader.fault("name", "fault_name").refusals
    faults += too_long("name", found["name"], NAME_MOST, reader)
    for name, answers in PRESSED[kind].items():
        found[name] = post.get(name, "")
        if found[name] not in (*answers, *WHY_NOT):
            faults += reader.fault(name, "fault_choose").refusals
    read = amounts if kind == "trials" else strength
    try:
        found |= read(post, reader)
    except Refused as refused:
        faults += refused.refusals
    if not faults and kind == "trials":
        try:
            found |= ends_in(found, post, reader)
        except Refused as refused:
            faults += refused.refusals
    if not faults and kind == "trials":
        faults += unlikely(found, post, reader, others)
    if faults:
        raise Refused(faults)
    return found


def unlikely(found: Entry, post: Any, reader: Reader, others: Iterable[Entry]) -> list[Refusal]:
    """A dose that is more often a slip, and the same told twice: each asked about once."""
    medicine, questions = queries.listed(found["name"]), list[Refusal]()
    what = unlikely_dose(Decimal(found["dose"]), medicine) if medicine and found["dose"] else ""
    twice = next((one["name"] for one in others if is_same(one, found)), "")
    asked = [("dose", f"ask_{what}", what, ("dose", "name")), ("name", "ask_twice", twice, ("name", *AMOUNT))]
    for field, key, is_asked, about in asked:
        if is_asked:
            try:
                reader.ask(field, post, key, about=about, listed=twice)
            except Refused as refused:
                questions += refused.refusals
    return questions


def is_same(one: Entry, other: Entry) -> bool:
    """One molecule, as much, for as long."""
    return same_molecule(one["name"], other["name"]) and all(one[name] == other[name] for name in (*AMOUNT, "episode"))


def strength(post: Any, reader: Reader) -> Entry:
    """How much at a time, in the words of the box."""
    dose = " ".join(post.get("dose", "").split())
    if faults := too_long("dose", dose, DOSE_MOST, reader):
        raise Refused(faults)
    return {"dose": dose}


def too_long(name: str, text: str, most: int, reader: Reader) -> list[Refusal]:
    """Refused and not cut: what was cut would have been read by nobody."""
    over = len(text) - most
    return reader.fault(name, "fault_long", over=over).refusals if over > 0 else []


def amounts(post: Any, reader: Reader) -> Entry:
    """Highest dose and how long, exact or not known."""
    dose, long = post.get("dose", "").strip(), post.get("long", "").strip()
    unit = post.get("unit", "") if post.get("unit") in UNITS else ""
    if long and not unit:
        raise reader.fault("long", "fault_unit")
    faults: list[Refusal] = []
    limits = (("dose", dose, LEAST_MG, MOST_MG), ("long", long, *shortest_and_longest(unit or UNITS[0])))
    for name, typed, least, most in limits:
        try:
            refuse_number(name, typed, least, most, reader)
        except Refused as refused:
            faults += refused.refusals
    if faults:
        raise Refused(faults)
    return {"dose": dose.replace(",", "."), "long": long.replace(",", "."), "unit": unit}


def shortest_and_longest(unit: str) -> tuple[Decimal, Decimal]:
    """From a day to longer than anybody has taken anything, in this unit."""
    day = 1 / Decimal(days_from(Decimal(1), unit))
    return day, MOST_YEARS * 365 * day


def refuse_number(name: str, typed: str, least: Decimal, most: Decimal, reader: Reader) -> None:
    """Empty is not known; anything else is a number in its range."""
    if not typed:
        return
    try:
        number = Decimal(typed.replace(",", "."))
    except InvalidOperation:
        raise reader.fault(name, "fault_number_empty", typed=typed)
    if not number.is_finite() or not least <= number <= most:
        raise reader.fault(name, "fault_range_empty")


# -- as facts ----------------------------------------------------------------------------------------------------------


def as_trial(found: Mapping[str, Any], lines: IntakeLines, today: date) -> dict[str, Any]:
    """An antidepressant as the evaluation keeps it, in the patient's memory; what is not known stays empty."""
    return {
        "medicine": found["name"],
        "dose_mg": Decimal(found["dose"]).quantize(LEAST_MG) if found["dose"] else None,
        "days": days_from(Decimal(found["long"]), found["unit"]) if found["long"] else None,
        "adherence": found["taken"] if found["taken"] in Adherence.values else Adherence.UNKNOWN,
        "effect": Effect(effect_from(found["helped"], found["stopped"], lines)),
        "in_current_episode": {"yes": True, "no": False}.get(found["episode"]),
        "stopped_because": BECAUSE.get(found["stopped"], StoppedBecause.UNKNOWN),
        "source": TrialSource.RECALL,
        **as_days(found, today),
    }


def as_medicine(found: Mapping[str, Any]) -> dict[str, Any]:
    """A medicine as the list keeps it: its name and, in words for the clinic, how much and how often."""
    often = FOR_THE_CLINIC.get(found["often"], "how often not known")
    as_needed = {"once": False, "twice": False, "more": False, "needed": True}.get(found["often"])
    return {
        "name": found["name"],
        "dose": ", ".join(part for part in (found["dose"], often) if part),
        "amount": found["dose"],
        "as_needed": as_needed,
    }
