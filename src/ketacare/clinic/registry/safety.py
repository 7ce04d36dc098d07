"""What happened in sessions over time: the table by month, and a run chart of each measure. Small cells are hidden."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import dropwhile
from statistics import median
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from ketacare.clinic.dosing.queries.numbers import KINDS, YEAR, Month, by_month
from ketacare.clinic.registry.figures import many, row_of
from ketacare.medicine.registry import rules
from ketacare.medicine.registry.terms import Measures, PerSession, Published, Rate, Runs

Place = TypeVar("Place")
PREFIX, PER_QUARTER = "safety-", 3
TOPS = (5, 10, 20, 40, 60, 80, 100)


@dataclass(frozen=True)
class Spot:
    """A month or a quarter: what was counted, hidden or not, and the same in the steps in which it may be told."""

    name: str
    rate: Rate
    told: Rate


@dataclass(frozen=True)
class RunChart:
    """`top`: where its axis of sessions in a hundred ends. `shifted`: a rule says that this is not chance alone."""

    id: str
    title: str
    sentence: str
    how: str
    spots: tuple[Spot, ...]
    middle: float | None
    top: int
    shifted: bool
    beside: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    counted: tuple[tuple[object, ...], ...]

    @property
    def is_drawn(self) -> bool:
        return any(spot.rate.met for spot in self.spots if not spot.rate.hidden)


def charted(clinics: Sequence[Place], measures: Measures) -> Sequence[Place]:
    """Of a few sites the first alone: who sees one of two, and both together, has the months of the other."""
    return clinics if len(clinics) >= measures.least_sites else clinics[:1]


def run_charts_of(
    clinics: Sequence[UUID], *, at: datetime, zone: str, published: Published, measures: Measures
) -> tuple[RunChart, ...]:
    """From as many whole months as they may need."""
    back = max(measures.run_months, PER_QUARTER * (measures.run_quarters + 1))
    found = by_month(charted(clinics, measures), at=at, zone=zone, months=back)
    running = [month for month in found if month.first == f"{at.astimezone(ZoneInfo(zone)):%Y-%m}"]
    months = [month for month in found if month not in running]
    return tuple(run_chart(kind, months, published, measures, running) for kind in KINDS)


# -- run charts --------------------------------------------------------------------------------------------------------


def run_chart(
    kind: str, months: Sequence[Month], published: Published, measures: Measures, running: Sequence[Month] = ()
) -> RunChart:
    """`months`: whole ones, the newest first. The one that is `running` is not drawn, but the table by month has it."""
    hidden_ones = dark(kind, [*running, *months], measures)[len(running) :]
    spots = since_shown(monthly(kind, months[: measures.run_months], hidden_ones, measures))
    word = "month"
    if any(spot.rate.hidden for spot in spots) or 0 < len(spots) < min(len(months), measures.run_least_points):
        word, spots = "quarter", since_shown(quarterly(kind, months, measures))
    seen = [spot for spot in spots if not spot.rate.hidden]
    values = [100 * (spot.rate.share or 0.0) for spot in seen]
    shown = [100 * (spot.told.share or 0.0) for spot in seen]
    hidden = len(spots) - len(seen)
    found = None if hidden else rules.runs(values, measures)
    return RunChart(
        id=PREFIX + kind.replace("_", "-"),
        title=KINDS[kind],
        sentence=sentence(word, len(spots), hidden, shown, found, measures),
        how=how(word, measures),
        spots=spots,
        middle=None if found is None else median(shown),
        top=next(top for top in TOPS if top >= max(shown, default=0)),
        shifted=found is not None and (found.long or found.few),
        beside=tuple(words(one) for one in published.sessions if one.kind == kind),
        heads=(word.capitalize(), "In a hundred sessions"),
        rows=tuple((spot.name, per_hundred(spot, measures)) for spot in spots),
        counted=tuple(row_of(spot.name, spot.rate) for spot in spots),
    )


def since_shown(spots: tuple[Spot, ...]) -> tuple[Spot, ...]:
    """Without the small months with which a clinic begins; all of them, where none can be shown."""
    return tuple(dropwhile(lambda spot: spot.rate.hidden, spots)) or spots


def monthly(kind: str, months: Sequence[Month], hidden: Sequence[bool], measures: Measures) -> tuple[Spot, ...]:
    """Whole months, the oldest first. What the table by month keeps back is kept back here."""
    return tuple(
        spot(month.first, month.counts[kind], month.sessions, is_dark, measures)
        for month, is_dark in reversed(list(zip(months, hidden, strict=False)))
    )


def quarterly(kind: str, months: Sequence[Month], measures: Measures) -> tuple[Spot, ...]:
    """Calendar quarters that are over, each from the months in which anybody had a dose."""
    whole = [group for group in grouped(months) if group != quarter_that_runs(months)]
    told = [(name, [month for month in months if quarter_of(month) == name]) for name in whole[: measures.run_quarters]]
    return tuple(
        spot(name, sum(one.counts[kind] for one in of), sum(one.sessions for one in of), False, measures)
        for name, of in reversed(told)
    )


def spot(name: str, met: int, of: int, is_dark: bool, measures: Measures) -> Spot:
    found = rules.rate(met, of, measures)
    found = replace(found, hidden=found.hidden or is_dark)
    return Spot(name, found, rules.stepped(found, measures))


def dark(kind: str, months: Sequence[Month], measures: Measures) -> tuple[bool, ...]:
    """Which months are hidden: none can be found from its quarter's total, from the year's or from that of all."""
    quarters = [[place for place, month in enumerate(months) if quarter_of(month) == name] for name in grouped(months)]
    year = [place for place, month in enumerate(months) if number_of(months[0]) - number_of(month) <= YEAR]
    groups = [*quarters, year, range(len(months))]
    return rules.column(
        [month.counts[kind] for month in months], [month.sessions for month in months], groups, measures
    )


def quarter_that_runs(months: Sequence[Month]) -> str:
    """The one that the newest whole month lies in, unless it ends it."""
    newest = months[0] if months else None
    return "" if newest is None or int(newest.first[5:]) % PER_QUARTER == 0 else quarter_of(newest)


def quarter_of(month: Month) -> str:
    return f"{month.first[:4]} Q{(int(month.first[5:]) + PER_QUARTER - 1) // PER_QUARTER}"


def number_of(month: Month) -> int:
    return YEAR * int(month.first[:4]) + int(month.first[5:])


def grouped(months: Sequence[Month]) -> list[str]:
    return list(dict.fromkeys(quarter_of(month) for month in months))


def sentence(
    word: str, count: int, hidden: int, values: Sequence[float], found: Runs | None, measures: Measures
) -> str:
    if not count:
        return f"No whole {word} with a session yet."
    if hidden == count:
        return "Not shown: a small group could be recognised by it."
    if hidden:
        return (
            f"Of {count} {word}s {hidden} are not shown: a small group could be recognised by them. "
            "No rule is applied to the others alone."
        )
    if not any(values):
        return f"None in any of {count} {word}s."
    if found is None:
        return f"No rule is applied: it needs {measures.run_least_points} {word}s that are not on the middle."
    told = []
    if found.long:
        told.append(
            f"{found.longest} {word}s in a row on one side of the middle, where chance makes at most "
            f"{found.longest_by_chance}"
        )
    if found.few:
        told.append(
            f"the middle is crossed {times(found.crossings)}, where chance makes at least {found.crossings_by_chance}"
        )
    if told:
        return f"Changed: {', and '.join(told)}. Look for the reason."
    return f"No sign of a change around {whole(median(values))} in a hundred sessions."


def times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def how(word: str, measures: Measures) -> str:
    return (
        f"Sessions that had it, of all in that {word}, from their records; whole {word}s only. What is shown "
        f"comes from counts to the nearest {measures.export_step}, so that none can be worked out; the rules look at "
        "the counts themselves. The middle is the median. A change is seen in a run on one side of it longer than "
        f"log2(n) + {measures.run_longest}, rounded, or in fewer crossings than the lowest "
        f"{measures.run_crossings:.0%} of n - 1 tosses of a coin, n being the points that are not on it (Anhøj and "
        "Olesen 2014, PLoS ONE 9:e113825). By quarter where a month would be small; without the small months with "
        "which a clinic began."
    )


def words(one: PerSession) -> str:
    source = "; ".join(source.citation for source in one.share.sources)
    return f"{one.study}: {one.share.value} % {one.words} ({one.design}; {one.caveat}; {source})"


def per_hundred(spot: Spot, measures: Measures) -> str:
    told = spot.told
    if told.hidden:
        return "not shown"
    share, low, high = (whole(100 * value) for value in (told.share or 0, told.low, told.high))
    return f"{share} ({low} to {high}) of {many(told.of, measures)}"


def whole(value: float) -> str:
    return "under 1" if 0 < value < 0.5 else f"{value:.0f}"


# -- the table by month ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    name: str
    sessions: str
    cells: tuple[str, ...]


def table(months: Sequence[Month], measures: Measures) -> list[Row]:
    """Each month and all of them together. Nothing hidden can be found from a quarter's or the year's total."""
    of = [month.sessions for month in months]
    columns = [dark(kind, months, measures) for kind in KINDS]
    rows = [
        Row(
            month.first,
            many(month.sessions, measures),
            tuple(cells(month, [column[place] for column in columns], measures)),
        )
        for place, month in enumerate(months)
    ]
    if len(months) > 1:
        whole = Month("All", sum(of), {kind: sum(month.counts[kind] for month in months) for kind in KINDS})
        alone = [rules.hidden(whole.counts[kind], whole.sessions, measures) for kind in KINDS]
        rows.append(row(whole, alone, measures))
    return rows


def row(month: Month, hidden: Iterable[bool], measures: Measures) -> Row:
    return Row(month.first, many(month.sessions, measures), tuple(cells(month, hidden, measures)))


def cells(month: Month, hidden: Iterable[bool], measures: Measures) -> Iterable[str]:
    for kind, is_dark in zip(KINDS, hidden, strict=True):
        if is_dark:
            yield "not shown"
        elif not month.counts[kind]:
            yield "none"
        else:
            told = rules.stepped(rules.rate(month.counts[kind], month.sessions, measures), measures)
            yield f"{many(told.met, measures)}, {whole(100 * (told.share or 0))} in 100"
