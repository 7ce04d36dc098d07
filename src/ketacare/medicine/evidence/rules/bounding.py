"""Is a clinic's own figure possible, and is it likely? Held against the shipped one, which has a source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from ketacare.medicine.evidence.rules.contents import Entry, amount
from ketacare.medicine.evidence.terms import Bounds, Comparison, Figure, Series

_UP = (str(Comparison.OVER), str(Comparison.AT_LEAST))
_DOWN = (str(Comparison.UNDER), str(Comparison.AT_MOST))
_TIMES = frozenset({"d", "wk", "mo", "a", "1/wk"})


@dataclass(frozen=True, slots=True)
class Fault:
    """Refused, or for a question asked once; `words` name the rule and the remedy."""

    place: str
    words: str
    is_question: bool = False

    def __str__(self) -> str:
        return f"{self.place}: {self.words}"


def of_figure(entry: Entry, shipped: Figure | Series, numbers: Sequence[Decimal], bounds: Bounds) -> Iterator[Fault]:
    """What stands against these numbers in the place of the shipped ones."""
    old = shipped.values if isinstance(shipped, Series) else (shipped.value,)
    counted = _is_count(entry, old, shipped.unit, bounds)
    if counted:
        for number in numbers:
            if number != number.to_integral_value():
                yield Fault(entry.place, f"{number:f} is not a whole number, and this is counted. Write a whole one.")
    ships = amount(shipped)
    wrong = list(dict.fromkeys(filter(None, (_wrong(number, old, shipped.unit, bounds) for number in numbers))))
    yield from (Fault(entry.place, f"{rule}; {ships} ships. Write another figure.") for rule in wrong)
    if isinstance(shipped, Series) and _ascends(old) and not _ascends(numbers):
        yield Fault(entry.place, "The numbers do not rise one after the other. Put them in order.")
    if wrong:
        return
    low, high = _likely(old, shipped.unit, bounds)
    if any(_is_far(number, old, low, high, counted=counted and shipped.unit not in _TIMES) for number in numbers):
        yield Fault(entry.place, f"Far from what ships, {ships}. Say that it is meant, or correct it.", True)
    elif len(numbers) < len(old):
        yield Fault(entry.place, f"Fewer than ship, {ships}. Say that it is meant, or correct it.", True)


def of_order(figures: Mapping[str, Entry], changed: set[str], bounds: Bounds) -> Iterator[Fault]:
    """Pairs that must be in order, where one of the two was changed."""
    for least, most in (*bounds.ordered, *_strictness(figures)):
        if not {least, most} & changed or least not in figures or most not in figures:
            continue
        low, high = figures[least].value, figures[most].value
        if isinstance(low, Figure) and isinstance(high, Figure) and low.value > high.value:
            here, there = (least, figures[most]) if least in changed else (most, figures[least])
            side = "over" if least in changed else "under"
            assert isinstance(there.value, Figure)
            yield Fault(here, f"It is {side} {amount(there.value)}, {there.words}. Put the two in order.")


def _strictness(figures: Mapping[str, Entry]) -> Iterator[tuple[str, str]]:
    """What is a no-go is no milder than what the prescriber decides: the same measure, the same side."""
    lines: dict[tuple[object, ...], list[str]] = {}
    for place, entry in figures.items():
        for kind in ("no_go", "prescriber"):
            if kind in entry.steps and str(entry.steps[-1]) in (*_UP, *_DOWN):
                row = entry.steps[: entry.steps.index(kind)]
                lines.setdefault((*row, kind, entry.name[-2], _side(entry)), []).append(place)
    for key, milder in lines.items():
        if key[-3] == "prescriber":
            for hard in lines.get((*key[:-3], "no_go", *key[-2:]), ()):
                yield from ((soft, hard) if key[-1] == "up" else (hard, soft) for soft in milder)


def _side(entry: Entry) -> str:
    return "up" if str(entry.steps[-1]) in _UP else "down"


def _is_count(entry: Entry, old: Sequence[Decimal], unit: str, bounds: Bounds) -> bool:
    named = ".".join(map(str, entry.steps)).replace("_", ".").split(".")
    is_whole = all(number == number.to_integral_value() for number in old)
    return is_whole and unit in bounds.whole_units and not set(named) & set(bounds.not_counts)


def _wrong(number: Decimal, old: Sequence[Decimal], unit: str, bounds: Bounds) -> str:
    """Why it cannot be, or nothing. A decimal point moved by one place is a factor of ten, which is refused itself."""
    ends, factor, low, high = bounds.units.get(unit), bounds.impossible, min(old), max(old)
    told = f"{number:f}" if unit == "1" else f"{number:f} {unit}"
    if ends and ends.least <= low and high <= ends.most and not ends.least <= number <= ends.most:
        return f"{told} cannot be: a figure here lies between {ends.least:f} and {ends.most:f}"
    if high > 0 and number >= high * factor:
        return f"{told} cannot be: a figure here is under {high * factor:f}"
    if low > 0 and number <= low / factor:
        return f"{told} cannot be: a figure here is over {low / factor:f}"
    if low <= 0 and number < low * factor:
        return f"{told} cannot be: a figure here is at least {low * factor:f}"
    return ""


def _likely(old: Sequence[Decimal], unit: str, bounds: Bounds) -> tuple[Decimal, Decimal]:
    known = bounds.units.get(unit)
    factor = (known.unlikely if known else None) or bounds.unlikely
    low, high = min(old), max(old)
    return (low * factor if low < 0 else low / factor), (high * factor if high > 0 else high / factor)


def _is_far(number: Decimal, old: Sequence[Decimal], low: Decimal, high: Decimal, *, counted: bool) -> bool:
    """Of things that are counted, half of them or twice as many is far: one trial for two is another indication."""
    if counted:
        return number not in old and not low < number < high
    return not low <= number <= high


def _ascends(numbers: Sequence[Decimal]) -> bool:
    return all(one < other for one, other in pairwise(numbers))
