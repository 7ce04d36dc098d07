"""How far people come, as a picture and a table: all sites together, and each by itself where there are enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ketacare.clinic.registry.queries import STEPS, Way
from ketacare.medicine.registry import rules
from ketacare.medicine.registry.terms import Measures

HOW = (
    "To the nearest five. “few”: fewer than {smallest}, or what would give them away; empty in a file. Referrals, then "
    "people as far as accepted, by the day of each step; from the first dose on courses, by their first dose."
)


@dataclass(frozen=True)
class Row:
    """One site; None where a count is hidden."""

    site: str
    counts: tuple[int | None, ...]

    @property
    def cells(self) -> tuple[str, ...]:
        return tuple("few" if count is None else str(count) for count in self.counts)

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

    @property
    def most(self) -> int:
        return max((count or 0 for row in self.rows for count in row.counts), default=0) or 1


def funnel(ways: Sequence[Way], measures: Measures) -> Funnel:
    steps = tuple(title for _, title in STEPS)
    how = HOW.format(smallest=measures.smallest_cell)
    return Funnel("funnel", "The way through the programme", how, steps, tuple(rows(ways, measures)))


def rows(ways: Sequence[Way], measures: Measures) -> list[Row]:
    totals = [sum(way.counts[step] for way in ways) for step in range(len(STEPS))]
    name = "All sites" if len(ways) > 1 else ways[0].site
    found = [Row(name, tuple(shown(count, 0 < count < measures.smallest_cell, measures) for count in totals))]
    if len(ways) < measures.least_sites:
        return found
    hidden = [rules.complementary([way.counts[step] for way in ways], measures) for step in range(len(STEPS))]
    return found + [
        Row(way.site, tuple(shown(count, hidden[step][place], measures) for step, count in enumerate(way.counts)))
        for place, way in enumerate(ways)
    ]


def shown(count: int, is_hidden: bool, measures: Measures) -> int | None:
    return None if is_hidden else rules.rounded(count, measures)
