"""Of what an unknown answer lacks, the facts that no way of answering the others leaves in need.

What each open row needs is gathered for each row by itself. A fact may still be of no use to the whole: whether there
are symptoms of a pressure need not be known where the pressure will stop anyway. Such a fact is left out where, however
the others that its rows read turn out, a stop is met or its rows are settled without it. More facts never unsettle a
row, so what cannot be left out alone cannot be left out with others; of those that can, as many as go together are.

Looked at are rows of criteria whose conditions are all that they say; what a test under a condition, a medicine, a
trial or the screener asks for stays. Above `MOST_FACTS` such facts, or `MOST_CASES` ways to answer the others, a fact
stays too: the set still settles the answer, and is no longer promised to be the smallest.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product
from math import prod

from ketacare.medicine.candidacy.terms import WORKED_OUT, Case, Knowledge, Row
from ketacare.medicine.evidence.rules.conditions import reading_of
from ketacare.medicine.evidence.rules.facts import AsOf, as_of
from ketacare.medicine.evidence.rules.settling import MOST_CASES, MOST_FACTS, SIGN, Shape, classes_of, shape_of
from ketacare.medicine.evidence.terms import Decision, Effect, Outcome, Reason, Result


@dataclass(frozen=True, eq=False)
class _Laid:
    """A row laid flat: the shape of each of its outcomes, the severest first."""

    row: Row
    shapes: tuple[Shape, ...]
    reads: frozenset[str]


Signs = tuple[tuple[int, ...], ...]
_Standing = tuple[_Laid, Signs]

_MOST_LAID = 4096
_laid: dict[int, _Laid] = {}


def smallest(decision: Decision, case: Case, knowledge: Knowledge) -> tuple[str, ...]:
    """What is missing, without what the whole does not need."""
    missing = decision.missing
    if decision.outcome is not Outcome.UNKNOWN or len(missing) < 2:
        return missing
    open_rows = [reason for reason in decision.deciding if reason.result is Result.UNKNOWN]
    asking = {reason.criterion: reason for reason in open_rows}
    cleared = {clearance.criterion for clearance in case.clearances}
    rows = {name: row for name, row in _rows(case, knowledge) if name in asking}
    stops = [row for name, row in rows.items() if asking[name].effect is Effect.STOP and name not in cleared]
    may_go = set(missing).difference(*(_names(asking[name]) for name in asking if name not in rows))
    if not stops or not may_go:
        return missing
    known = as_of(case.facts, case.at)
    whole = _Whole(missing, {name: (asking[name], row) for name, row in rows.items()}, stops, known)
    left_out = whole.left_out([name for name in missing if name in may_go])
    return tuple(name for name in missing if name not in left_out)


def _names(reason: Reason) -> tuple[str, ...]:
    return reason.enough or reason.missing


def _rows(case: Case, knowledge: Knowledge) -> Iterator[tuple[str, _Laid]]:
    for sheet in (knowledge.contraindications, knowledge.indications, knowledge.pressure):
        for row in sheet.rows(case.stage, case.route):
            laid = _laid.get(id(row)) or _laid_flat(row)
            if laid.shapes:
                yield row.id, laid


def _laid_flat(row: Row) -> _Laid:
    """Kept with the row, so that no other may take its place; without shapes where it says more than its conditions."""
    if len(_laid) >= _MOST_LAID:
        _laid.clear()
    shapes = tuple(shape_of(part.condition) for part in row.outcomes)
    reads = frozenset(leaf.fact for shape in shapes for leaf in shape.leaves)
    more = any(part.only_if is not None for part in row.outcomes) or not reads.isdisjoint(WORKED_OUT)
    laid = _laid[id(row)] = _Laid(row, () if more else shapes, reads)
    return laid


class _Whole:
    """The open rows of criteria, and which of the facts that they ask for the whole can do without."""

    def __init__(
        self,
        missing: Sequence[str],
        rows: dict[str, tuple[Reason, _Laid]],
        stops: Sequence[_Laid],
        known: AsOf,
    ) -> None:
        self.missing, self.rows, self.stops, self.known = missing, rows, stops, known

    def left_out(self, names: Sequence[str]) -> frozenset[str]:
        alone = [name for name in names if self._is_idle(frozenset({name}))]
        if len(alone) > MOST_FACTS:
            return frozenset()
        sets = (frozenset(few) for size in range(len(alone), 0, -1) for few in combinations(alone, size))
        return next((few for few in sets if len(few) == 1 or self._is_idle(few)), frozenset())

    def _is_idle(self, names: frozenset[str]) -> bool:
        """Do the others settle every row that reads one of these, or stop the whole?"""
        reading = [row for reason, row in self.rows.values() if not names.isdisjoint(_names(reason))]
        others = frozenset(self.missing).intersection(*[frozenset().union(*(row.reads for row in reading))]) - names
        beside = [row for row in self.stops if not row.reads.isdisjoint(others)]
        if not others or not beside:
            return False
        told = tuple(sorted(others))
        return _settled(told, self._stand(reading), self._stand(beside))

    def _stand(self, rows: Iterable[_Laid]) -> tuple[_Standing, ...]:
        """Each row with how its readings stand now."""
        found = []
        for row in rows:
            leaves = [shape.leaves for shape in row.shapes]
            found.append((row, tuple(tuple(SIGN[reading_of(one)(self.known)[0]] for one in of) for of in leaves)))
        return tuple(found)


@lru_cache(maxsize=4096)
def _settled(told: tuple[str, ...], asking: tuple[_Standing, ...], stops: tuple[_Standing, ...]) -> bool:
    """However these facts turn out, is a stop met, or is each of the rows settled?"""
    rows = dict((*asking, *stops))
    signs = {row: [list(of) for of in rows[row]] for row in rows}
    read = {name: list(_readings(name, rows)) for name in told}
    classes = [classes_of([row.shapes[part].leaves[at] for row, part, at in read[name]]) for name in told]
    if prod(map(len, classes)) > MOST_CASES:
        return False
    for answers in product(*classes):
        for name, answer in zip(told, answers, strict=True):
            for (row, part, at), sign in zip(read[name], answer, strict=True):
                signs[row][part][at] = sign
        if not any(_stops(row, signs[row]) for row, _ in stops) and any(_is_open(row, signs[row]) for row, _ in asking):
            return False
    return True


def _readings(name: str, rows: Iterable[_Laid]) -> Iterator[tuple[_Laid, int, int]]:
    for row in rows:
        for part, shape in enumerate(row.shapes):
            yield from ((row, part, at) for at in shape.reads.get(name, ()))


def _stops(row: _Laid, signs: list[list[int]]) -> bool:
    results = _results(row, signs)
    return 1 in results and row.row.outcomes[results.index(1)].effect is Effect.STOP and not _is_open(row, signs)


def _is_open(row: _Laid, signs: list[list[int]]) -> bool:
    """Does it hold the whole back as unknown: may an outcome be met that is severer than what is met?"""
    results, outcomes = _results(row, signs), row.row.outcomes
    met = results.index(1) if 1 in results else len(outcomes)
    milder = outcomes[met].effect if met < len(outcomes) else None
    may_be = (outcomes[at] for at in range(met) if results[at] == 0 and outcomes[at].effect is not milder)
    return next((one.holds_back for one in may_be), False)


def _results(row: _Laid, signs: list[list[int]]) -> list[int]:
    return [shape.result(of) for shape, of in zip(row.shapes, signs, strict=True)]
