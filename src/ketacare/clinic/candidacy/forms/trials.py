"""Trials as they are typed: read back as values; what cannot be is refused, what is unlikely asked once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.forms.typed import LONGEST_DAYS, YES_NO, Typed, day, days_in, dose_in, in_field
from ketacare.clinic.candidacy.models import (
    Adherence,
    AdherenceEvidence,
    Effect,
    LevelUnit,
    StoppedBecause,
    TrialEntry,
    TrialSource,
)
from ketacare.medicine.candidacy.rules.duration import in_mg
from ketacare.medicine.candidacy.terms import Medicine

STEPS = 4
EPISODE = [("yes", "Yes"), ("no", "No"), ("", "Not known")]
# What completes one missing fact of a trial: the fields that "Ask" opens, by the word behind the colon.
ONLY: dict[str, tuple[str, ...]] = {
    "which medicine": ("medicine", "form"),
    "dose": ("dose_mg", "weeks"),
    "duration": ("dose_mg", "weeks", "began", "ended", "stopped"),
    "adherence": ("adherence", "adherence_percent", "adherence_evidence"),
    "outcome": ("effect", "better_percent"),
    "in the current episode": ("episode",),
    "why it ended": ("stopped",),
    "level": ("level", "level_unit"),
    "days since the gap": ("gap_days", "days_since_gap"),
}


# --- a trial ---------------------------------------------------------------------------------------------------------
MUCH, LITTLE = "much", "little"


def trial_told(post: Any, today: date, listed: Iterable[TrialEntry] = ()) -> dict[str, Any]:
    """A trial as it was told; only its medicine must be given."""
    typed = Typed(post, today, [])
    medicine = queries.listed(typed.text("medicine"))
    told = named(typed) | dosed(typed, medicine) | dated(typed) | helped(typed) | taken(typed) | more(typed, medicine)
    told["source"] = typed.chosen("source", "Known from", TrialSource, TrialSource.RECALL)
    check_duration(typed, told)
    if told["medicine"] and not typed.faults:
        ask_if_listed(typed, told, listed)
    typed.done()
    return told


def named(typed: Typed) -> dict[str, Any]:
    name = typed.text("medicine")[:80]
    if not name:
        typed.fault("medicine", "Antidepressant: the name is empty.", "Choose it from the list, or write it as told.")
    return {"medicine": name, "form": typed.text("form").upper()[:10]}


def dosed(typed: Typed, medicine: Medicine | None) -> dict[str, Any]:
    """Doses in the order taken. One dose stands in the columns; several, or a gap, as steps besides."""
    steps: list[dict[str, Any]] = []
    doses, lengths = typed.post.getlist("dose_mg"), typed.post.getlist("weeks")
    for dose_text, length_text in zip(doses, lengths + [""] * len(doses), strict=False):
        dose, length = dose_text.strip().casefold(), length_text.strip().casefold()
        if dose or length:
            mg, days = dose_in(typed, dose), days_in(typed, length)
            gap = dose in ("0", "0 mg", "none", "no")
            steps.append({"taken": False, "days": days} if gap else {"dose_mg": mg, "days": days})
    taken_at = [step for step in steps if "dose_mg" in step]
    if steps and not taken_at:
        typed.fault("dose_mg", "Daily dose: only days without it are given.", "Give the dose that was taken.")
    highest = max((step["dose_mg"] for step in taken_at if step["dose_mg"] is not None), default=None)
    if highest is not None:
        ask_if_unlikely(typed, highest, medicine)
    at_highest = [step["days"] for step in taken_at if step["dose_mg"] == highest]
    days = None if None in at_highest or not at_highest else sum(at_highest)
    several = [as_json(step) for step in steps] if len(steps) > 1 else []
    return {"dose_mg": highest, "days": days, "steps": several}


def as_json(step: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in step.items() if value is not None}
    return kept | ({"dose_mg": queries.plain(kept["dose_mg"])} if "dose_mg" in kept else {})


def largest(medicine: Medicine, form: str) -> Decimal | None:
    """The largest daily dose of any label, in mg."""
    of_form = medicine.forms.get(form.upper())
    mosts = (of_form and of_form.most, medicine.most, medicine.most_inpatient)
    return max((in_mg(figure) for figure in mosts if figure), default=None)


def unlikely_dose(dose: Decimal, medicine: Medicine, form: str = "") -> str:
    """Far above the largest, far below the smallest, or neither."""
    lines, most = queries.sheet().trials, largest(medicine, form)
    if most is not None and dose > most * lines.value("unlikely_times_most"):
        return MUCH
    return LITTLE if dose < in_mg(medicine.least) * lines.value("unlikely_part_of_least") else ""


def ask_if_unlikely(typed: Typed, dose: Decimal, medicine: Medicine | None) -> None:
    """Twice the largest dose, or a hundredth of the smallest, is more often a wrong unit than a dose."""
    if medicine is None:
        return
    most = largest(medicine, typed.text("form"))
    unlikely = unlikely_dose(dose, medicine, typed.text("form"))
    if most is not None and unlikely == MUCH:
        words = f"{medicine.name}: {queries.plain(dose)} mg a day is more than twice the largest dose"
        rule = f"{words} ({queries.plain(most)} mg)."
        typed.ask("dose_mg", rule, "Is it the daily dose, and in milligrams?", beside=("medicine", "form"))
    if unlikely == LITTLE:
        rule = f"{medicine.name}: {queries.plain(dose)} mg a day is hardly anything."
        typed.ask("dose_mg", rule, "Is it in milligrams?", beside=("medicine", "form"))


def dated(typed: Typed) -> dict[str, Any]:
    began, ended = day(typed, "began", "Began"), day(typed, "ended", "Ended")
    stopped = typed.chosen("stopped", "Why it ended", StoppedBecause, StoppedBecause.UNKNOWN)
    first = None if began is None else began.on
    # A month alone is read with care: begun on its last day, ended on its first.
    last = None if ended is None else ended.on.replace(day=1) if ended.to_month else ended.on
    if first and last and ended and last < first <= ended.on:
        last = first
    return {
        "began_on": first,
        "began_to_month": bool(began and began.to_month),
        "ended_on": last,
        "ended_to_month": bool(ended and ended.to_month),
        "stopped_because": stopped,
    }


def check_duration(typed: Typed, told: dict[str, Any]) -> None:
    """Weeks that do not fit between two days are refused; where they are not given, the days give them if enough."""
    began, ended = told["began_on"], told["ended_on"]
    if began is None or ended is None or ended < began:
        return
    month = timedelta(days=31)
    longest = ended - began + timedelta(days=1) + month * (told["began_to_month"] + told["ended_to_month"])
    steps = told["steps"] or [{"days": told["days"]}]
    total = sum(step.get("days") or 0 for step in steps)
    if total > longest.days:
        words = f"Weeks: {total} days do not fit between {began:%d-%b-%Y} and {ended:%d-%b-%Y}."
        typed.fault("weeks", words, "Correct the weeks or one of the dates.")
    between = (ended - began).days + 1
    exact = not told["began_to_month"] and not told["ended_to_month"]
    if not told["steps"] and told["days"] is None and (exact or between >= queries.sheet().trials.value("days")):
        told["days"] = between


def ask_if_listed(typed: Typed, told: dict[str, Any], listed: Iterable[TrialEntry]) -> None:
    """One molecule twice at the same time is more often one trial told twice."""
    for row in listed:
        if same_molecule(row.medicine, told["medicine"]) and overlaps(row, told):
            rule = f"{row.medicine} is on the list already at the same time; one molecule is one trial."
            remedy = "Amend that entry, or confirm that this is another."
            typed.ask("medicine", rule, remedy, beside=("dose_mg", "weeks", "began", "ended", "episode"))
            return


def same_molecule(one: str, other: str) -> bool:
    found = [queries.listed(name) for name in (one, other)]
    named = [m.molecule if m else name.casefold() for m, name in zip(found, (one, other), strict=True)]
    return named[0] == named[1]


def overlaps(row: TrialEntry, told: dict[str, Any]) -> bool:
    """At the same time by their dates; without dates, at the same dose for as long."""
    if row.began_on and told["began_on"]:
        ends = [row.ended_on or date.max, told["ended_on"] or date.max]
        return row.began_on <= ends[1] and told["began_on"] <= ends[0]
    return (row.dose_mg, row.days) == (told["dose_mg"], told["days"]) and row.in_current_episode == told[
        "in_current_episode"
    ]


def helped(typed: Typed) -> dict[str, Any]:
    """The class of improvement and, if it was measured, the percentage; they must not contradict each other."""
    effect = typed.chosen("effect", "What it did", Effect, Effect.UNKNOWN)
    percent = typed.number("better_percent", "Better by", -100, 100)
    no_share(typed, "better_percent", "Better by", percent)
    if percent is not None:
        lines = queries.sheet().trials
        by_percent = Effect.RESPONSE
        if percent < lines.value("response"):
            by_percent = Effect.NONE if percent <= lines.value("strict_failure") else Effect.PARTIAL
        if effect not in (Effect.UNKNOWN, Effect.RELAPSE, by_percent):
            words = f"What it did: {Effect(effect).label.lower()}, but {queries.plain(percent)} % better."
            typed.fault("effect", words, "Keep the one that is right.")
        effect = effect if effect == Effect.RELAPSE else by_percent
    return {
        "effect": effect,
        "better_percent": percent,
        "in_current_episode": YES_NO.get(typed.text("episode")),
    }


def no_share(typed: Typed, field: str, title: str, percent: Decimal | None) -> None:
    """0.6 is meant as 60 %, and read as hardly any."""
    if percent is not None and 0 < abs(percent) < 1:
        typed.fault(field, f"{title}: {queries.plain(percent)} % is a share of one.", "Enter it in per cent.")


def taken(typed: Typed) -> dict[str, Any]:
    adherence = typed.chosen("adherence", "Taken on", Adherence, Adherence.UNKNOWN)
    percent = typed.number("adherence_percent", "Taken on", 0, 100)
    no_share(typed, "adherence_percent", "Taken on", percent)
    if percent is not None:
        lines = queries.sheet().trials
        by_percent = Adherence.GOOD if percent >= lines.value("adherence") else Adherence.DOUBTFUL
        by_percent = Adherence.POOR if percent < lines.value("adherence_doubtful") else by_percent
        if adherence not in (Adherence.UNKNOWN, by_percent):
            words = f"Taken on: {Adherence(adherence).label.lower()}, but {queries.plain(percent)} %."
            typed.fault("adherence", words, "Keep the one that is right.")
        adherence = by_percent
    evidence = typed.chosen("adherence_evidence", "Known by", AdherenceEvidence)
    return {"adherence": adherence, "adherence_percent": percent, "adherence_evidence": evidence}


def more(typed: Typed, medicine: Medicine | None) -> dict[str, Any]:
    """What few trials need: a combination, gaps, a level, a lower ceiling."""
    gap = typed.whole("gap_days", "Days missed", LONGEST_DAYS) or 0
    since = typed.whole("days_since_gap", "Days since the last gap", LONGEST_DAYS)
    partners = [name.strip() for name in typed.text("started_with").split(",") if name.strip()]
    if any(same_molecule(name, typed.text("medicine")) for name in partners):
        typed.fault("started_with", "Started together with: names the medicine itself.", "Name the other medicine.")
    alone = in_field(typed, "weeks_alone", "Weeks alone", days_in)
    ceiling = in_field(typed, "reduced_ceiling", "Reduced ceiling", dose_in)
    if ceiling is not None and not typed.text("reduced_for"):
        typed.fault("reduced_for", "Lower ceiling: its reason is missing.", "Write age, liver, kidney or genotype.")
    return {
        "gap_days": gap,
        "days_since_gap": since,
        "started_with": partners,
        "days_alone": alone,
        "reduced_for": typed.text("reduced_for")[:60],
        "reduced_ceiling_mg": ceiling,
        **level_in(typed, medicine),
    }


def level_in(typed: Typed, medicine: Medicine | None) -> dict[str, Any]:
    level = typed.number("level", "Drug level", 0, 9999)
    unit = typed.chosen("level_unit", "Unit of the level", LevelUnit)
    if level is not None and not unit:
        typed.fault("level_unit", "Drug level: the unit is missing.", "Choose the laboratory's unit.")
    line = medicine.level_least if medicine else None
    if level is not None and unit and line is not None and line.unit != unit:
        words = f"Drug level: {medicine.name if medicine else ''} is measured in {line.unit}, not {unit}."
        typed.fault("level_unit", words, "Convert it, or choose the other unit.")
    return {"level": level, "level_unit": unit if level is not None else ""}


# --- as it was written down --------------------------------------------------------------------------------------


def trial_as_typed(row: TrialEntry) -> dict[str, list[str]]:
    """The same trial as a form would send it, so that one field can be completed and the rest stay."""
    steps = row.steps or [{"dose_mg": None if row.dose_mg is None else queries.plain(row.dose_mg), "days": row.days}]
    doses = ["0" if step.get("taken") is False else step.get("dose_mg") or "" for step in steps]
    known = {
        "medicine": row.medicine,
        "form": row.form,
        "began": day_typed(row.began_on, row.began_to_month),
        "ended": day_typed(row.ended_on, row.ended_to_month),
        "stopped": row.stopped_because,
        "gap_days": str(row.gap_days or ""),
        "days_since_gap": "" if row.days_since_gap is None else str(row.days_since_gap),
        "adherence": row.adherence,
        "adherence_percent": number_typed(row.adherence_percent),
        "adherence_evidence": row.adherence_evidence,
        "effect": row.effect,
        "better_percent": number_typed(row.better_percent),
        "episode": {True: "yes", False: "no", None: ""}[row.in_current_episode],
        "started_with": ", ".join(row.started_with),
        "weeks_alone": length_typed(row.days_alone),
        "level": number_typed(row.level),
        "level_unit": row.level_unit,
        "reduced_for": row.reduced_for,
        "reduced_ceiling": number_typed(row.reduced_ceiling_mg),
        "source": row.source,
    }
    if row.stopped_for_side_effects and row.stopped_because == StoppedBecause.UNKNOWN:
        known["stopped"] = StoppedBecause.SIDE_EFFECTS
    return {name: [value] for name, value in known.items()} | {
        "dose_mg": doses,
        "weeks": [length_typed(step.get("days")) for step in steps],
    }


def number_typed(number: Decimal | None) -> str:
    return "" if number is None else queries.plain(number)


def length_typed(days: int | None) -> str:
    """Whole weeks as weeks, anything else as days, so that nothing is lost by amending."""
    if days is None:
        return ""
    return f"{days // 7}" if days % 7 == 0 else f"{days} days"


def day_typed(on: date | None, to_month: bool) -> str:
    return "" if on is None else f"{on:%Y-%m}" if to_month else on.isoformat()
