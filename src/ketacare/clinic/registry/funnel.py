"""How far people come, as a picture and a table: all sites together, and each by itself where there are enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ketacare.clinic.registry.queries import STEPS, Way
from ketacare.medicine.registry import rules
from ketacare.medicine.registry.terms import Caveat, Measures

HOW = (
    "To the nearest five. “hidden”: fewer than {smallest}, or what would give such a count away; empty in a file. "
    "Referrals, then people as far as accepted, by the day of each step; from the first dose on courses, by their "
    "first dose, and only from there on is a step a share of the one before it. Of the other steps nothing is "
    "published."
)


MEASURED = [key for key, _ in STEPS].index("measured")


@dataclass(frozen=True)
class Row:
    """One site; None where a count is hidden, or where nobody was measured of whom it could be said."""

    site: str
    counts: tuple[int | None, ...]

    @property
    def cells(self) -> tuple[str, ...]:
        nobody = self.counts[MEASURED] == 0
        return tuple(
            f"{count:,}" if count is not None else "not measured" if nobody and step > MEASURED else "hidden"
            for step, count in enumerate(self.counts)
        )

    @property
    def numbers(self) -> tuple[object, ...]:
        return tuple("" if count is None else count for count in self.counts)


@dataclass(frozen=True)
class Funnel:
    id: str
    title: str
    how: str
    steps: tuple[str, ...]
    rows: tuple[Row, ...]
    beside: tuple[str, ...] = ()

    @property
    def most(self) -> int:
        return max((count or 0 for row in self.rows for count in row.counts), default=0) or 1


def funnel(ways: Sequence[Way], measures: Measures, caveats: Sequence[Caveat] = ()) -> Funnel:
    steps = dict(STEPS)
    how = HOW.format(smallest=measures.smallest_cell)
    beside = tuple(f"{steps[one.step]}, elsewhere: {one.words} ({one.source})." for one in caveats if one.step)
    title = "The way through the programme"
    return Funnel("funnel", title, how, tuple(steps.values()), tuple(rows(ways, measures)), beside)


def rows(ways: Sequence[Way], measures: Measures) -> list[Row]:
    totals = [sum(way.counts[step] for way in ways) for step in range(len(STEPS))]
    name = "All sites" if len(ways) > 1 else ways[0].site
    found = [row(name, totals, [0 < count < measures.smallest_cell for count in totals], measures)]
    if len(ways) < measures.least_sites:
        return found
    hidden = [rules.complementary([way.counts[step] for way in ways], measures) for step in range(len(STEPS))]
    return found + [
        row(way.site, way.counts, [of_step[place] for of_step in hidden], measures) for place, way in enumerate(ways)
    ]


def row(site: str, counts: Sequence[int], hidden: Sequence[bool], measures: Measures) -> Row:
    said = len(STEPS) if counts[MEASURED] else MEASURED + 1
    told = [shown(count, few, measures) for count, few in zip(counts, hidden, strict=True)]
    return Row(site, tuple(count if step < said else None for step, count in enumerate(told)))


def shown(count: int, is_hidden: bool, measures: Measures) -> int | None:
    return None if is_hidden else rules.rounded(count, measures)
