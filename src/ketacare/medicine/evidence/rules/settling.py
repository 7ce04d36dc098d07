"""The smallest set of facts that would settle a row that is open.

A row is open while Kleene's logic leaves it unknown. A set of facts *settles* it when the row comes out met or not
met whatever their values turn out to be, the other facts staying as they are. `fewest_missing` finds a smallest such
set; of several equally small the one whose names come first in the alphabet, so that the order of a sheet never
matters.

- A value is only as fine as the row looks at it: the comparisons on one fact cut its values into classes, and two lines
  on one number are one fact with three classes. A choice may also be one the row does not name.
- A fact is open where any of its readings is unknown. One that is too old for one line and not for another counts as it
  is until it is given; once given it is fresh for both.
- A row that reads each fact once needs every open fact that Kleene's logic leaves in play, so nothing is searched.
- Above `MOST_FACTS` open facts, or `MOST_CASES` ways to answer them, the answer is all of them that are still in
  play: that still settles the row, and is no longer promised to be the smallest.

Shapes are kept by the identity of their condition, and answers by shape and what is known, so that thousands of cases
judged by one sheet pay for a search once.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import combinations, pairwise, product
from math import prod

from ketacare.medicine.evidence.rules.comparing import holds
from ketacare.medicine.evidence.rules.facts import in_order
from ketacare.medicine.evidence.terms import Compare, Condition, Every, FactValue, Not, Result, Within

MOST_FACTS = 6
MOST_CASES = 4096
_MOST_SHAPES = 4096

Leaf = Compare | Within
SIGN = {Result.MET: 1, Result.UNKNOWN: 0, Result.NOT_MET: -1}


@dataclass(frozen=True, eq=False)
class Shape:
    """A condition laid flat: its readings, the fact behind each, and the classes of answers a fact may give."""

    condition: Condition
    leaves: tuple[Leaf, ...]
    reads: Mapping[str, tuple[int, ...]]
    classes: Mapping[str, tuple[tuple[int, ...], ...]]
    reads_each_fact_once: bool

    def result(self, signs: list[int]) -> int:
        return _sign(self.condition, iter(signs))


_shapes: dict[int, Shape] = {}


def shape_of(condition: Condition) -> Shape:
    """The shape of this very condition; it is kept, so hand in conditions that live as long as their sheet."""
    shape = _shapes.get(id(condition))
    if shape is None:
        if len(_shapes) >= _MOST_SHAPES:
            _shapes.clear()
        shape = _shapes[id(condition)] = _laid_flat(condition)
    return shape


def _laid_flat(condition: Condition) -> Shape:
    read = tuple(leaves(condition))
    reads: dict[str, tuple[int, ...]] = {}
    for place, leaf in enumerate(read):
        reads[leaf.fact] = (*reads.get(leaf.fact, ()), place)
    classes = {fact: classes_of([read[place] for place in places]) for fact, places in reads.items()}
    once = max(Counter(leaf.fact for leaf in read).values(), default=1) == 1
    return Shape(condition, read, reads, classes, once)


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Every reading of a fact in a condition, in order."""
    if isinstance(condition, (Compare, Within)):
        yield condition
    elif isinstance(condition, Not):
        yield from leaves(condition.part)
    else:
        for part in condition.parts:
            yield from leaves(part)


def _sign(condition: Condition, signs: Iterator[int]) -> int:
    """Kleene's logic on met 1, unknown 0, not met -1; every reading is taken, in the order of `leaves`."""
    if isinstance(condition, (Compare, Within)):
        return next(signs)
    if isinstance(condition, Not):
        return -_sign(condition.part, signs)
    parts = [_sign(part, signs) for part in condition.parts]
    return min(parts, default=1) if isinstance(condition, Every) else max(parts, default=-1)


# --- the values a fact may take -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Event:
    """An event so many days ago."""

    days: int


_ANOTHER = "\0"  # a choice that the row does not name


def classes_of(leaves: list[Leaf]) -> tuple[tuple[int, ...], ...]:
    """Every way in which these readings of one fact can come out together."""
    return in_order(tuple(1 if _holds(leaf, value) else -1 for leaf in leaves) for value in _values(leaves))


def _holds(leaf: Leaf, value: FactValue | _Event) -> bool:
    if isinstance(leaf, Within):
        return isinstance(value, _Event) and value.days <= leaf.days
    return not isinstance(value, _Event) and holds(leaf.comparison, value, leaf.value)


def _values(leaves: list[Leaf]) -> list[FactValue | _Event]:
    """One value of each class, and perhaps several."""
    spans = {leaf.days for leaf in leaves if isinstance(leaf, Within)}
    lines = [leaf.value for leaf in leaves if isinstance(leaf, Compare)]
    named = {choice for line in lines for choice in (line if isinstance(line, tuple) else (line,))}
    values: list[FactValue | _Event] = [_Event(days) for span in sorted(spans) for days in (span, span + 1)]
    values += _around(sorted(line for line in named if isinstance(line, Decimal)))
    if any(isinstance(line, (str, date)) for line in named):
        values += [*sorted((line for line in named if isinstance(line, (str, date))), key=str), _ANOTHER]
    if spans or any(isinstance(line, bool) for line in named):
        values.append(False)
    return values if values not in ([], [False]) else [True, False]


def _around(lines: list[Decimal]) -> list[Decimal]:
    """Below, at, between and above."""
    if not lines:
        return []
    return [lines[0] - 1, *lines, *((low + high) / 2 for low, high in pairwise(lines)), lines[-1] + 1]


# --- the search -----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=16384)
def fewest_missing(shape: Shape, results: tuple[Result, ...]) -> tuple[str, ...]:
    """The facts to ask for, in the order the row reads them; `results` are its readings as they stand."""
    signs = [SIGN[result] for result in results]
    still_open = _in_play(shape, signs)
    if len(still_open) > MOST_FACTS or prod(len(shape.classes[fact]) for fact in still_open) > MOST_CASES:
        return tuple(still_open)
    for size in range(len(still_open)):
        for few in combinations(sorted(still_open), size):
            if _settled_by(few, shape, signs):
                return tuple(fact for fact in still_open if fact in few)
    return tuple(still_open)


def _in_play(shape: Shape, signs: list[int]) -> list[str]:
    """The open facts of parts that are open themselves.

    Where a fact is known to one reading and open to another, giving it may open again what its old value had closed:
    then every open fact of the row may come into play.
    """
    still_open = {fact: places for fact, places in shape.reads.items() if any(signs[place] == 0 for place in places)}
    if any(signs[place] for places in still_open.values() for place in places):
        return list(still_open)
    _, reached = _reached(shape.condition, iter(signs), iter(range(len(signs))))
    return [fact for fact, places in still_open.items() if reached.intersection(places)]


def _reached(condition: Condition, signs: Iterator[int], places: Iterator[int]) -> tuple[int, frozenset[int]]:
    """The sign of a part, and the open readings that still count in it."""
    if isinstance(condition, (Compare, Within)):
        place, sign = next(places), next(signs)
        return sign, frozenset() if sign else frozenset({place})
    if isinstance(condition, Not):
        sign, reached = _reached(condition.part, signs, places)
        return -sign, reached
    parts = [_reached(part, signs, places) for part in condition.parts]
    own = [sign for sign, _ in parts]
    whole = min(own, default=1) if isinstance(condition, Every) else max(own, default=-1)
    return whole, frozenset() if whole else frozenset().union(*(reached for _, reached in parts))


def _settled_by(few: tuple[str, ...], shape: Shape, signs: list[int]) -> bool:
    for answers in product(*(shape.classes[fact] for fact in few)):
        given = signs.copy()
        for fact, answer in zip(few, answers, strict=True):
            for place, sign in zip(shape.reads[fact], answer, strict=True):
                given[place] = sign
        if shape.result(given) == 0:
            return False
    return True
