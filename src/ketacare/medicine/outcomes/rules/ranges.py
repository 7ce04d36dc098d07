"""Between what each measure of a form must lie, whatever the items left open turn out to be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from ketacare.medicine.outcomes.rules import items
from ketacare.medicine.outcomes.terms import Answers, Count, Derived, Instrument, Item, Subscale, Take, TotalOf

Range = tuple[Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class Known:
    """The range of every measure by its name, and the items that were asked and not answered."""

    ranges: dict[str, Range]
    unanswered: frozenset[str]


def known(instrument: Instrument, answers: Answers) -> Known:
    """What is known of a form, finished or not."""
    asked = {item.id: items.is_asked(item, answers) for item in instrument.items}
    counted = {item.id: _counted(item, answers, asked[item.id]) for item in instrument.items}
    found = {f"item {item.id}": _coded(item, answers, asked[item.id]) for item in instrument.items}
    parts = {part.id: _part(instrument, part, answers, counted) for part in instrument.subscales}
    found |= parts | {count.id: _count(count, found) for count in instrument.counts}
    if instrument.total_of is not TotalOf.NOTHING:
        of_items = [counted[item.id] for item in instrument.scored_items]
        total = _added(parts.values() if instrument.total_of is TotalOf.SUBSCALES else of_items)
        found |= measures_of(instrument.derived, total)
    unanswered = {item.id for item in instrument.items if asked[item.id] and answers.get(item.id) is None}
    return Known(found, frozenset(unanswered))


def of_total(instrument: Instrument, total: Decimal, answers: Answers) -> Known:
    """What is known where a total came with no more than some of its items: what it leaves open of those that a person
    must see. A total that cannot be without one of them says so."""
    found = {f"item {item.id}": _coded(item, answers, True) for item in instrument.items}
    for item in instrument.risk_items:
        if answers.get(item.id) is None and (left := _left_open(instrument, item, total, answers)):
            found[f"item {item.id}"] = Decimal(min(left)), Decimal(max(left))
    unanswered = {item.id for item in instrument.items if answers.get(item.id) is None}
    return Known(found | measures_of(instrument.derived, (total, total)), frozenset(unanswered))


def _left_open(instrument: Instrument, item: Item, total: Decimal, answers: Answers) -> list[int]:
    """The answers of this item with which the total can be."""
    codes = items.counting_codes(item)
    return [code for code in codes if within(total, total_range(instrument, {**answers, item.id: code}))]


def total_range(instrument: Instrument, answers: Answers) -> Range:
    """Between what the total lies when these items are answered so."""
    return known(instrument, answers).ranges["total"]


def within(total: Decimal, span: Range) -> bool:
    return span[0] <= total <= span[1]


def measures_of(derived: Derived | None, total: Range) -> dict[str, Range]:
    low, high = total
    return {"total": total} | ({derived.id: (derived.of(low), derived.of(high))} if derived else {})


def _coded(item: Item, answers: Answers, is_asked: bool) -> Range:
    """By the code as it is answered, before any reversal. What was answered counts, even where it need not be asked."""
    code = answers.get(item.id)
    if code is None and not is_asked:
        return items.least(item), items.least(item)
    if code is None or code in item.not_assessed:
        return items.least(item), items.most(item)
    return Decimal(code), Decimal(code)


def _counted(item: Item, answers: Answers, is_asked: bool) -> Range:
    code = answers.get(item.id)
    number = items.value(item, code) if is_asked or code is not None else items.least(item)
    return (items.least(item), items.most(item)) if number is None else (number, number)


def _part(instrument: Instrument, part: Subscale, answers: Answers, counted: dict[str, Range]) -> Range:
    if part.take is Take.HIGHEST:
        given = [counted[item] for item in part.items if answers.get(item) is not None]
        ends = given or [counted[item] for item in part.items]
        return max(low for low, _ in ends), max(high for _, high in ends)
    if part.take is Take.PLACE:
        return last_place(counted[item][0] for item in part.items), last_place(counted[item][1] for item in part.items)
    low, high = _added(counted[item] for item in part.items)
    return as_part(instrument, part, low), as_part(instrument, part, high)


def last_place(numbers: Iterable[Decimal | None]) -> Decimal:
    return Decimal(max((place for place, number in enumerate(numbers, start=1) if number), default=0))


def as_part(instrument: Instrument, part: Subscale, added: Decimal) -> Decimal:
    """The sum of a part as it is told: itself, or a percentage of its most."""
    if part.take is not Take.PERCENT:
        return added
    return 100 * added / sum((items.most(item) for item in instrument.items if item.id in part.items), Decimal(0))


def _count(count: Count, found: dict[str, Range]) -> Range:
    """One that is not answered does not reach its line yet, and still may."""
    spans = [(found[f"item {item}"], line) for item, line in count.least.items()]
    return Decimal(sum(low >= line for (low, _), line in spans)), Decimal(
        sum(high >= line for (_, high), line in spans)
    )


def _added(ranges: Iterable[Range]) -> Range:
    spans = tuple(ranges)
    return sum((low for low, _ in spans), Decimal(0)), sum((high for _, high in spans), Decimal(0))
