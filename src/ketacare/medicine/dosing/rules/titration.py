"""What the protocol's titration rules say of the next dose, after the doses so far. It explains; a prescriber decides.

Nothing is suggested while something that the rules read is not known: what is missing is named instead. A reason to go
down needs no further fact, so it stands even then.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import takewhile
from math import ceil

from ketacare.medicine.dosing.rules.choices import device
from ketacare.medicine.dosing.rules.descriptors import days_of, figure, rules_by_id
from ketacare.medicine.evidence.terms import Series
from ketacare.medicine.pharmacology.terms import Drug
from ketacare.medicine.protocols.terms import DosingRule, Protocol
from ketacare.medicine.quantities.terms import Mass, MassPerWeight, plain

SHEET = "titration-1"
_HUNDRED = Decimal(100)


class Direction(StrEnum):
    UP = "up"
    STAY = "stay"
    DOWN = "down"
    REVIEW = "review"  # the rules hand it to people: stop, change, begin again
    NONE = "none"  # nothing can be suggested


@dataclass(frozen=True, slots=True)
class Earlier:
    """One session so far. None is not known, never none; `ungraded` are events whose grade nobody gave.

    `worst_grade` is of the gravest event, 0 where none was; `worst_related` of those that the dose may have done.
    """

    at: datetime
    drug: Drug | None
    route: str
    dose: MassPerWeight | Mass
    minutes: Decimal | None = None
    stopped_early: bool = False
    peak_systolic: Decimal | None = None
    peak_diastolic: Decimal | None = None
    distress: Decimal | None = None
    moaas: Decimal | None = None
    vomited: int = 0
    worst_grade: int = 0
    worst_related: int = 0
    ungraded: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suggestion:
    """Where the rules point, in words; `rules` are those that were read."""

    direction: Direction
    words: str
    reasons: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    rules: tuple[DosingRule, ...] = ()


Rules = Mapping[str, DosingRule]


def explained(drug: Drug, route: str, age: int | None, rules: Rules | None = None) -> tuple[DosingRule, ...]:
    """The rules of titration and adjustment that are about this drug, route and age, in the order of the sheet: of the
    version in force, as `rules`, or as it ships."""
    rules = rules or rules_by_id(SHEET)
    about = {"all", _APPLIES[drug], f"{_APPLIES[drug]} {route.upper()}"}
    if route.upper() in ("PO", "SL"):
        about.add("oral, sublingual")
    elderly = figure(rules["AD-1"], "age").value
    young = age is not None and age < elderly
    return tuple(rule for rule in rules.values() if rule.applies in about and not (rule.id == "AD-1" and young))


_APPLIES = {Drug.KETAMINE: "racemic", Drug.ESKETAMINE: "esketamine", Drug.ARKETAMINE: "arketamine"}


def suggestion(
    drug: Drug,
    route: str,
    before: Sequence[Earlier],
    improvement: Decimal | None,
    at: datetime,
    *,
    due: datetime | None = None,
    sheet: Protocol | None = None,
    rules: Rules | None = None,
) -> Suggestion:
    """The next dose by the rules, and inside those of the protocol; `before` from the first session on, `improvement`
    in percent since the baseline, `due` when this dose was to be: unknown, the days count from the last one. `rules`
    are of the version in force; without them the sheet is read as it ships."""
    rules = rules or rules_by_id(SHEET)
    step = rules[_STEPS[drug, route.upper()]] if (drug, route.upper()) in _STEPS else None
    if not before:
        return Suggestion(Direction.NONE, "No suggestion: there is no earlier dose. The first is the protocol's.")
    last = before[-1]
    if not _same_way(last, drug, route):
        words = f"The last dose, {last.dose} {last.route.upper()} of {last.at:%d-%b-%Y}, was of another drug or route:"
        return Suggestion(Direction.REVIEW, f"{words} no step leads from it to this one. The prescriber decides.")
    grave = tuple(_grave(last, rules["ST-3"]))
    down = tuple(_reasons_down(last, rules["TI-4"]))
    late = _late(drug, last, at, due or last.at, rules)
    if late is not None and late.direction is Direction.REVIEW:
        return replace(late, reasons=(*late.reasons, *grave, *down))
    is_over = sheet is not None and len(before) >= sheet.most_sessions
    no_step = sheet is not None and sheet.most_sessions <= figure(rules["TI-3"], "sessions").value
    if sheet is not None and no_step and (is_over or not (down or grave)):
        words = (
            f"This sheet has {sheet.most_sessions} dose{'' if sheet.most_sessions == 1 else 's'} in all and no step."
        )
        return Suggestion(Direction.REVIEW, f"{words} What follows is the prescriber's.", (*grave, *down))
    if down:
        read = tuple(one for one in (rules["TI-4"], step, rules["ST-3"] if grave else None) if one is not None)
        return Suggestion(Direction.DOWN, _down(last, step, rules["TI-4"], sheet), (*grave, *down), (), read)
    if grave:
        words = "Whether the course goes on is judged before another dose."
        return Suggestion(Direction.REVIEW, words, grave, (), (rules["ST-3"],))
    if step is None:
        return Suggestion(Direction.NONE, "No suggestion: the sheets have no step size for this route.")
    missing = (*_missing_for_down(last), *_missing_for_up(before, improvement))
    if missing or improvement is None:
        return Suggestion(Direction.NONE, "No suggestion: something the rules read is not known.", (), missing)
    if late is not None:
        return late
    return _by_effect(drug, before, improvement, step, rules, sheet)


_STEPS = {(Drug.KETAMINE, "IV"): "TI-1", (Drug.ESKETAMINE, "IN"): "TI-2"}


def _same_way(one: Earlier, drug: Drug | None, route: str) -> bool:
    return (one.drug, one.route.upper()) == (drug, route.upper())


def _grave(last: Earlier, rule: DosingRule) -> Iterator[str]:
    """An event that may end the course: it stands before every step, and beside one down (ST-3)."""
    line = figure(rule, "related_from").value
    if last.worst_related >= line:
        yield f"An event of grade {last.worst_related} in the last session: {plain(line)} or above may end the course."


# --- down -------------------------------------------------------------------------------------------------------------


def _reasons_down(last: Earlier, rule: DosingRule) -> Iterator[str]:
    lines = {name: figure(rule, name).value for name in rule.figures}
    if last.distress is not None and last.distress >= lines["distress_from"]:
        yield f"Distress {plain(last.distress)} of 10: {plain(lines['distress_from'])} or more."
    if last.vomited >= lines["vomiting_times"]:
        yield f"Vomited {last.vomited} times: {plain(lines['vomiting_times'])} or more."
    if last.peak_systolic is not None and last.peak_systolic > lines["systolic_over"]:
        yield f"Systolic peak {plain(last.peak_systolic)} mmHg: over {plain(lines['systolic_over'])}."
    if last.peak_diastolic is not None and last.peak_diastolic > lines["diastolic_over"]:
        yield f"Diastolic peak {plain(last.peak_diastolic)} mmHg: over {plain(lines['diastolic_over'])}."
    if last.moaas is not None and last.moaas <= lines["moaas_up_to"]:
        yield f"Sedation MOAA/S {plain(last.moaas)}: {plain(lines['moaas_up_to'])} or deeper."


def _missing_for_down(last: Earlier) -> Iterator[str]:
    asked = {
        "peak blood pressure": last.peak_systolic is None or last.peak_diastolic is None,
        "distress": last.distress is None,
        "sedation (MOAA/S)": last.moaas is None,
    }
    return (f"{name} of the last session" for name, absent in asked.items() if absent)


def _down(last: Earlier, step: DosingRule | None, rule: DosingRule, sheet: Protocol | None) -> str:
    """The smaller dose or the slower infusion that the rule names, never under the floor of a route that has one."""
    if isinstance(last.dose, Mass) and last.drug is Drug.ESKETAMINE:
        less = device()
        if last.dose <= less:
            return f"{less.written()} is the least there is: whether to go on is the prescriber's."
        if sheet is not None and last.dose - less not in sheet.listed:
            return f"{last.dose.written()} is the least of this sheet: whether to go on is the prescriber's."
        return f"One device less: {(last.dose - less).written()}."
    share = (_HUNDRED - figure(rule, "less").value) / _HUNDRED
    if isinstance(last.dose, Mass):
        return (
            f"{plain(figure(rule, 'less').value)} % less: {last.dose.times(share).rounded()}, or the nearest below it."
        )
    smaller, floor = last.dose.amount * share, Decimal(0) if step is None else figure(step, "floor").value
    slower = "" if last.minutes is None else _slower(last.minutes, figure(rule, "slower").value)
    if smaller < floor:
        return f"{plain(figure(rule, 'less').value)} % less would be under the floor of {plain(floor)} mg/kg.{slower}"
    return f"{plain(figure(rule, 'less').value)} % less: {MassPerWeight(smaller).rounded()}.{slower}"


def _slower(minutes: Decimal, times: Decimal) -> str:
    return f" Or the same dose {plain(times)} times slower: over {plain((minutes * times).quantize(Decimal(1)))} min."


# --- a long gap -------------------------------------------------------------------------------------------------------


def due_by(
    last: datetime, number: int, sheet: Protocol, booked: datetime | None, rules: Rules | None = None
) -> datetime:
    """When the dose after the last one was to be. While the course's first doses run, at the sheet's rhythm; afterwards
    when it was booked, but never later than the widest rhythm of the taper, monthly (TP-1)."""
    if number <= sheet.sessions:
        return last + timedelta(days=ceil(_WEEK / sheet.per_week))
    widest = last + days_of((rules or rules_by_id(SHEET))["TP-1"], "monthly")
    return widest if booked is None else min(booked, widest)


_WEEK = 7


def _late(drug: Drug, last: Earlier, at: datetime, due: datetime, rules: Mapping[str, DosingRule]) -> Suggestion | None:
    days = (at - last.at).days
    gap = figure(rules["MS-4"], "gap_over").value
    if days > gap:
        return Suggestion(Direction.REVIEW, f"{rules['MS-4'].words}.", (_days(days, gap),), (), (rules["MS-4"],))
    if drug is not Drug.KETAMINE:
        return None
    rule, days = rules["MS-3"], (at - due).days
    told = _days if due == last.at else _days_late
    same, again = figure(rule, "check_again_up_to").value, figure(rule, "go_on_up_to").value
    if days > same:
        words = "Screened again, and the dose started again at the protocol's first."
        return Suggestion(Direction.REVIEW, words, (told(days, same),), (), (rule,))
    if days > again:
        words = f"The same dose, {last.dose}, and the facts checked again."
        return Suggestion(Direction.STAY, words, (told(days, again),), (), (rule,))
    return None


def _days(days: int, line: Decimal) -> str:
    return f"The last dose was {days} days ago: more than {plain(line)}."


def _days_late(days: int, line: Decimal) -> str:
    return f"This dose is {days} days late: more than {plain(line)}."


# --- by its effect ----------------------------------------------------------------------------------------------------


def _missing_for_up(before: Sequence[Earlier], improvement: Decimal | None) -> Iterator[str]:
    if improvement is None:
        yield "improvement since the baseline (a score before the first dose, and a recent one after it)"
    for one in at_this_dose(before):
        if one is not before[-1] and (one.peak_systolic is None or one.peak_diastolic is None):
            yield f"peak blood pressure on {one.at:%d-%b-%Y}"
        if one.ungraded:
            yield f"grade of what happened on {one.at:%d-%b-%Y}: {', '.join(one.ungraded)}"


def at_this_dose(before: Sequence[Earlier]) -> list[Earlier]:
    """The sessions in a row up to the last that were at its dose, of its drug by its route."""
    last = before[-1]
    return list(
        takewhile(lambda one: one.dose == last.dose and _same_way(one, last.drug, last.route), reversed(before))
    )


def _by_effect(
    drug: Drug,
    before: Sequence[Earlier],
    improvement: Decimal,
    step: DosingRule,
    rules: Mapping[str, DosingRule],
    sheet: Protocol | None,
) -> Suggestion:
    last, up = before[-1], rules["TI-3"]
    told = f"Improvement since the baseline: {plain(improvement.quantize(Decimal('0.1')))} %."
    alike = sum(_same_way(one, last.drug, last.route) for one in before)
    review = _to_review(drug, alike, improvement, rules["ST-2"])
    if review:
        return Suggestion(Direction.REVIEW, review, (told,), (), (rules["ST-2"],))
    low, high = _pair(up, "improvement_under")
    if improvement >= high:
        words = f"The same dose, {last.dose}: it helps."
        if sheet is not None and sheet.afterwards and _at_ceiling(last.dose, step):
            words = f"It helps. {sheet.afterwards}."
        return Suggestion(Direction.STAY, words, (told, f"{plain(high)} % or more."), (), (up,))
    if improvement >= low:
        words = "The sheet leaves this to the prescriber."
        return Suggestion(Direction.REVIEW, words, (told, f"Between {plain(low)} and {plain(high)} %."), (), (up,))
    against = tuple(_reasons_against(before, up))
    if against:
        return Suggestion(Direction.STAY, f"The same dose, {last.dose}.", (told, *against), (), (up,))
    return _up(last, told, step, up, sheet)


def _to_review(drug: Drug, sessions: int, improvement: Decimal, rule: DosingRule) -> str:
    if drug is not Drug.KETAMINE:
        return ""
    (fourth, sixth), (little, half) = _pair(rule, "after_sessions"), _pair(rule, "improvement_under")
    if sessions >= sixth and improvement < half:
        return f"Under {plain(half)} % after {plain(sixth)} sessions: team review."
    if sessions >= fourth and improvement < little:
        return f"Under {plain(little)} % after {plain(fourth)} sessions: stop or change."
    return ""


def _pair(rule: DosingRule, name: str) -> tuple[Decimal, Decimal]:
    found = rule.figures[name]
    assert isinstance(found, Series)  # as the sheet writes it
    low, high = found.values
    return low, high


def _reasons_against(before: Sequence[Earlier], rule: DosingRule) -> Iterator[str]:
    """Why not up although it helps little: too few whole sessions at the dose, an event, or pressure near the lines."""
    same, needed = at_this_dose(before), figure(rule, "sessions").value
    whole = [one for one in same if not one.stopped_early]
    if len(whole) < needed:
        yield f"{len(whole)} of {plain(needed)} sessions at this dose ran to their end."
    if before[-1].stopped_early:
        yield "The last session was stopped early."
    event, worst = figure(rule, "event_from").value, max(one.worst_grade for one in same)
    if worst >= event:
        yield f"An event of grade {worst}: {plain(event)} or above."
    for name, words in (("systolic", "Systolic"), ("diastolic", "Diastolic")):
        line = figure(rule, f"peak_{name}_under").value
        peak = max(getattr(one, f"peak_{name}") for one in same)
        if peak >= line:
            yield f"{words} peak {plain(peak)} mmHg: not under {plain(line)}."


def _at_ceiling(dose: MassPerWeight | Mass, step: DosingRule) -> bool:
    return isinstance(dose, MassPerWeight) and dose.amount >= figure(step, "ceiling").value


def _up(last: Earlier, told: str, step: DosingRule, rule: DosingRule, sheet: Protocol | None) -> Suggestion:
    reasons = (told, "Little improvement, no event, pressure under both lines.")
    if isinstance(last.dose, Mass):
        words, at_most = _one_device_more(last.dose, step, sheet)
    elif sheet is not None and len(sheet.listed) > 1:
        words, at_most = _next_of_sheet(last.dose, sheet)
    else:
        words, at_most = _step_up(last.dose, step)
    direction = Direction.STAY if at_most else Direction.UP
    return Suggestion(direction, words, reasons, (), (rule, step))


def _next_of_sheet(dose: MassPerWeight, sheet: Protocol) -> tuple[str, bool]:
    """Where the sheet itself names its steps, there are no others."""
    above = [one for one in sheet.listed if isinstance(one, MassPerWeight) and one > dose]
    if not above:
        return f"The same dose: {dose} is the most of this sheet.", True
    return f"Up one step of this sheet: {above[0]}.", False


def _one_device_more(dose: Mass, step: DosingRule, sheet: Protocol | None) -> tuple[str, bool]:
    most = Mass(figure(step, "most").value)
    if dose >= most:
        return f"The same dose: {most.written()} is the most.", True
    if sheet is not None and dose == sheet.reduced_to:
        return f"The same dose: once reduced to {dose.written()}, this sheet has no step up.", True
    return f"One device more: {(dose + device()).written()}.", False


def _step_up(dose: MassPerWeight, step: DosingRule) -> tuple[str, bool]:
    (least, largest), ceiling = _pair(step, "step"), figure(step, "ceiling").value
    if dose.amount > ceiling:
        return f"No more than the ceiling, {plain(ceiling)} mg/kg: the last dose was above it.", True
    if dose.amount == ceiling:
        return f"The same dose: {plain(ceiling)} mg/kg is the ceiling.", True
    low, high = min(dose.amount + least, ceiling), min(dose.amount + largest, ceiling)
    between = plain(low) if low == high else f"{plain(low)} to {plain(high)}"
    return f"Up one step: {between} mg/kg.", False
