"""Answers in, a score out. Missing is never zero."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from ketacare.medicine.outcomes.rules import findings, items, ranges, skipping
from ketacare.medicine.outcomes.terms import (
    Answers,
    AnswersRefused,
    Instrument,
    Score,
    Subscale,
    Take,
    TotalOf,
)

TENTH, WHOLE = Decimal("0.1"), Decimal(1)
Beside = dict[str, Decimal | bool | None]


@dataclass(frozen=True, slots=True)
class Worked:
    """What the answers come to before they are told: the value of each item, and which of those needed are missing."""

    values: Mapping[str, Decimal | None]
    missing: tuple[str, ...]
    total: Decimal | None
    sum_answered: Decimal
    subscales: Mapping[str, Decimal | None]


def score(instrument: Instrument, answers: Answers) -> Score:
    """The score of these answers, or AnswersRefused naming the item that cannot be."""
    items.check(instrument, answers)
    left_out = skipping.skipped(instrument, answers)
    answers = skipping.filled(instrument, answers)
    worked, known = work_out(instrument, answers), ranges.known(instrument, answers)
    judged = findings.judged(instrument, known, has_total=worked.total is not None)
    return Score(
        instrument=instrument.id,
        version=instrument.version,
        total=worked.total,
        sum_answered=worked.sum_answered,
        complete=not worked.missing and not _open_beside(instrument, answers),
        missing=worked.missing,
        band=band(instrument, worked.total) or findings.level(instrument, judged.found),
        subscales=_beside(instrument, worked, known) | _skipped(left_out) | judged.shown,
        flags=judged.flags,
        sources=instrument.sources,
    )


TOTAL = "total"


def score_as_given(instrument: Instrument, answers: Answers) -> Score:
    """The score of answers by item, or of a total under the name "total" with what must be seen beside it."""
    if TOTAL not in answers:
        return score(instrument, answers)
    total = answers[TOTAL]
    if total is None or isinstance(total, bool) or not isinstance(total, int):
        raise AnswersRefused("Total: is not a whole number. Read it again on the form.")
    return of_total(instrument, Decimal(total), {item: code for item, code in answers.items() if item != TOTAL})


def of_total(instrument: Instrument, total: Decimal, answers: Answers) -> Score:
    """A total that was added up elsewhere, with those answers that a person must see by themselves."""
    if instrument.disabled or instrument.total_of is TotalOf.NOTHING:
        raise AnswersRefused(f"Total: {instrument.name} has none. Give the answers by number.")
    low, high = bounds(instrument)
    if not low <= total <= high or total != total.to_integral_value():
        raise AnswersRefused(f"Total: {total} is not a whole number from {low} to {high}. Read it again on the form.")
    items.check(instrument, answers)
    for item_id in answers.keys() - {item.id for item in instrument.risk_items}:
        raise AnswersRefused(f"Item {item_id}: beside a total it is not kept. Leave it out, or give every answer.")
    if (rule := apart(instrument, total, answers)) is not None:
        raise AnswersRefused(f"Total: {rule} Read both again on the form.")
    judged = findings.judged(instrument, ranges.of_total(instrument, total, answers), has_total=True)
    told = {name: is_met for name, is_met in judged.shown.items() if is_met is not None}
    return Score(
        instrument=instrument.id,
        version=instrument.version,
        total=total,
        sum_answered=total,
        complete=True,
        missing=(),
        band=band(instrument, total),
        subscales=_derived(instrument, total) | told,
        flags=judged.flags,
        sources=instrument.sources,
    )


def apart(instrument: Instrument, total: Decimal, answers: Answers) -> str | None:
    """Why this total cannot stand beside these answers; None where it can."""
    beside = {item: code for item, code in answers.items() if item != TOTAL and code is not None}
    low, high = ranges.total_range(instrument, beside)
    if not beside or low <= total <= high:
        return None
    told = " and ".join(f"item {item} at {code}" for item, code in beside.items())
    return f"{total} cannot be with {told}: the total is then from {low} to {high}."


def beside_total(instrument: Instrument, total: int, answers: Answers, item: str) -> tuple[Decimal, Decimal]:
    """The least and the most that this item can be on a form of this total."""
    given = {name: code for name, code in answers.items() if name != TOTAL}
    return ranges.of_total(instrument, Decimal(total), given).ranges[f"item {item}"]


def bounds(instrument: Instrument) -> tuple[Decimal, Decimal]:
    """The least and the most that a complete form can come to."""
    return ranges.known(instrument, {}).ranges["total"]


# --- the total ---


def work_out(instrument: Instrument, answers: Answers) -> Worked:
    values = {item.id: items.value(item, answers.get(item.id)) for item in instrument.scored_items}
    missing = _missing(instrument, answers, values)
    parts = {part.id: _part(instrument, part, values, set(missing)) for part in instrument.subscales}
    answered = _sum(parts.values() if instrument.total_of is TotalOf.SUBSCALES else values.values())
    is_open = bool(missing) or instrument.total_of is TotalOf.NOTHING
    return Worked(values, missing, None if is_open else answered, answered, parts)


def _missing(instrument: Instrument, answers: Answers, values: Mapping[str, Decimal | None]) -> tuple[str, ...]:
    """The items without which there is no score. Of a part that takes the highest, one answer is enough."""
    spared = {
        item
        for part in instrument.subscales
        if part.take is Take.HIGHEST and any(values[name] is not None for name in part.items)
        for item in part.items
    }
    lacking = [item for item in instrument.scored_items if values[item.id] is None and item.id not in spared]
    return tuple(item.id for item in lacking if items.is_asked(item, answers))


def _open_beside(instrument: Instrument, answers: Answers) -> bool:
    """Is an item open that is not summed and still must be answered?"""
    needed = [item for item in instrument.items if item.needed and items.is_asked(item, answers)]
    return any(answers.get(item.id) is None for item in needed)


def _part(
    instrument: Instrument, part: Subscale, values: Mapping[str, Decimal | None], missing: set[str]
) -> Decimal | None:
    given = [values[item] for item in part.items]
    if part.take is Take.HIGHEST:
        return max((number for number in given if number is not None), default=None)
    if missing & set(part.items):
        return None
    if part.take is Take.PLACE:
        return ranges.last_place(given)
    return ranges.as_part(instrument, part, _sum(given))


def _sum(numbers: Iterable[Decimal | None]) -> Decimal:
    return sum((number for number in numbers if number is not None), Decimal(0))


# --- what is told beside it ---


def _beside(instrument: Instrument, worked: Worked, known: ranges.Known) -> Beside:
    """Subscales and counts; of a form left unfinished also what was answered of it, which is not a score."""
    told: Beside = {}
    for part in instrument.subscales:
        number = worked.subscales[part.id]
        told[part.id] = None if number is None else shown(number)
        if number is None and part.take is Take.SUM:
            told[f"{part.id}_answered"] = _sum(worked.values[item] for item in part.items)
    told |= {count.id: known.ranges[count.id][0] for count in instrument.counts}
    if worked.total is not None:
        return told | _derived(instrument, worked.total)
    return told | _unfinished(instrument, worked)


def _skipped(left_out: tuple[str, ...]) -> Beside:
    return {"items_skipped": Decimal(len(left_out))} if left_out else {}


def _unfinished(instrument: Instrument, worked: Worked) -> Beside:
    if instrument.total_of is TotalOf.NOTHING:
        return {}
    told: Beside = {"sum_answered": worked.sum_answered}
    if instrument.derived is not None:
        told[instrument.derived.id] = None
    made_up = prorated(instrument, worked)
    return told if made_up is None else told | {"total_prorated": made_up}


def _derived(instrument: Instrument, total: Decimal) -> Beside:
    measure = instrument.derived
    return {measure.id: shown(measure.of(total))} if measure else {}


def shown(number: Decimal) -> Decimal:
    return number if number == number.to_integral_value() else number.quantize(TENTH, ROUND_HALF_UP)


def prorated(instrument: Instrument, worked: Worked) -> Decimal | None:
    """What the total would be if the items left out were as the others: only where the instrument's users do so."""
    rule, missing = instrument.prorate, set(worked.missing)
    if rule is None or len(missing) > rule.most_missing.integer or missing & rule.never:
        return None
    every = len(instrument.scored_items)
    return (worked.sum_answered * every / (every - len(missing))).quantize(WHOLE, ROUND_HALF_UP)


# --- bands ---


def measured(instrument: Instrument, total: Decimal) -> Decimal:
    """The total in the measure in which it is read: an index, a percentage, a T score; mostly the total itself."""
    return instrument.derived.of(total) if instrument.derived else total


def band(instrument: Instrument, total: Decimal | None) -> str | None:
    if total is None:
        return None
    number = measured(instrument, total)
    return next((one.name for one in instrument.bands if one.low <= number <= one.high), None)
