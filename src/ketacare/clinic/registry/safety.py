"""What happened in sessions over time: the table by month, and a run chart of each measure. Small cells are hidden."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import dropwhile
from uuid import UUID
from zoneinfo import ZoneInfo

from ketacare.clinic.dosing.queries.numbers import KINDS, Month, by_month
from ketacare.clinic.registry.figures import many, row_of
from ketacare.medicine.registry import rules
from ketacare.medicine.registry.terms import Measures, PerSession, Published, Rate, Runs

PREFIX, PER_QUARTER = "safety-", 3
TOPS = (5, 10, 20, 40, 60, 80, 100)


@dataclass(frozen=True)
class Spot:
    """A month or a quarter as it may stand: without a rate it is hidden, with none there was no session."""

    name: str
    rate: Rate


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


def whole_months(clinics: Sequence[UUID], *, at: datetime, zone: str, measures: Measures) -> list[Month]:
    """As many as the charts may need, without the one that runs."""
    back = max(measures.run_months, PER_QUARTER * (measures.run_quarters + 1))
    found = by_month(clinics, at=at, zone=zone, months=back)
    running = f"{at.astimezone(ZoneInfo(zone)):%Y-%m}"
    return [month for month in found if month.first != running]


# -- run charts --------------------------------------------------------------------------------------------------------


def run_charts(months: Sequence[Month], published: Published, measures: Measures) -> tuple[RunChart, ...]:
    """`months`: whole ones, the newest first."""
    return tuple(run_chart(kind, months, published, measures) for kind in KINDS)


def run_chart(kind: str, months: Sequence[Month], published: Published, measures: Measures) -> RunChart:
    word, spots = "month", since_shown(monthly(kind, months[: measures.run_months], measures))
    if any(spot.rate.hidden for spot in spots) or 0 < len(spots) < min(len(months), measures.run_least_points):
        word, spots = "quarter", since_shown(quarterly(kind, months, measures))
    seen = [spot for spot in spots if not spot.rate.hidden]
    values = [100 * (spot.rate.share or 0.0) for spot in seen]
    hidden = len(spots) - len(seen)
    found = None if hidden else rules.runs(values, measures)
    return RunChart(
        id=PREFIX + kind.replace("_", "-"),
        title=KINDS[kind],
        sentence=sentence(word, len(spots), hidden, values, found, measures),
        how=how(word, measures),
        spots=spots,
        middle=None if found is None else found.middle,
        top=next(top for top in TOPS if top >= max(values, default=0)),
        shifted=found is not None and (found.long or found.few),
        beside=tuple(words(one) for one in published.sessions if one.kind == kind),
        heads=(word.capitalize(), "In a hundred sessions"),
        rows=tuple((spot.name, per_hundred(spot.rate, measures)) for spot in spots),
        counted=tuple(row_of(spot.name, spot.rate) for spot in spots),
    )


def since_shown(spots: tuple[Spot, ...]) -> tuple[Spot, ...]:
    """Without the small months with which a clinic begins; all of them, where none can be shown."""
    return tuple(dropwhile(lambda spot: spot.rate.hidden, spots)) or spots


def monthly(kind: str, months: Sequence[Month], measures: Measures) -> tuple[Spot, ...]:
    return tuple(
        Spot(month.first, rules.rate(month.counts[kind], month.sessions, measures)) for month in reversed(months)
    )


def quarterly(kind: str, months: Sequence[Month], measures: Measures) -> tuple[Spot, ...]:
    """Calendar quarters that are over, each from the months in which anybody had a dose."""
    whole = [group for group in grouped(months) if group != quarter_that_runs(months)]
    told = [(name, [month for month in months if quarter_of(month) == name]) for name in whole[: measures.run_quarters]]
    return tuple(
        Spot(name, rules.rate(sum(one.counts[kind] for one in of), sum(one.sessions for one in of), measures))
        for name, of in reversed(told)
    )


def quarter_that_runs(months: Sequence[Month]) -> str:
    """The one that the newest whole month lies in, unless it ends it."""
    newest = months[0] if months else None
    return "" if newest is None or int(newest.first[5:]) % PER_QUARTER == 0 else quarter_of(newest)


def quarter_of(month: Month) -> str:
    return f"{month.first[:4]} Q{(int(month.first[5:]) + PER_QUARTER - 1) // PER_QUARTER}"


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
    return f"No sign of a change around {found.middle:.1f} in a hundred sessions."


def times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def how(word: str, measures: Measures) -> str:
    return (
        f"Sessions that had it, of all in that {word}, from their records; whole {word}s only. The middle is the "
        "median. A change is seen in a run on one side of it longer than "
        f"log2(n) + {measures.run_longest}, rounded, or in fewer crossings than the lowest "
        f"{measures.run_crossings:.0%} of n - 1 tosses of a coin, n being the points that are not on it (Anhøj and "
        "Olesen 2014, PLoS ONE 9:e113825). By quarter where a month would be small; without the small months with "
        "which a clinic began."
    )


def words(one: PerSession) -> str:
    source = "; ".join(source.citation for source in one.share.sources)
    return f"{one.study}: {one.share.value} % {one.words} ({one.design}; {one.caveat}; {source})"


def per_hundred(rate: Rate, measures: Measures) -> str:
    if rate.hidden:
        return "not shown"
    return f"{100 * (rate.share or 0):.1f} ({100 * rate.low:.1f} to {100 * rate.high:.1f}) of {many(rate.of, measures)}"


# -- the table by month ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    name: str
    sessions: str
    cells: tuple[str, ...]


def table(months: Sequence[Month], measures: Measures) -> list[Row]:
    """Each month and all of them together. Nothing hidden can be found from a quarter's or the year's total."""
    quarters = [[place for place, month in enumerate(months) if quarter_of(month) == name] for name in grouped(months)]
    groups = [*quarters, range(len(months))]
    of = [month.sessions for month in months]
    dark = [rules.column([month.counts[kind] for month in months], of, groups, measures) for kind in KINDS]
    rows = [
        Row(
            month.first,
            many(month.sessions, measures),
            tuple(cells(month, [column[place] for column in dark], measures)),
        )
        for place, month in enumerate(months)
    ]
    if len(months) > 1:
        whole = Month("All", sum(of), {kind: sum(month.counts[kind] for month in months) for kind in KINDS})
        alone = [rules.hidden(whole.counts[kind], whole.sessions, measures) for kind in KINDS]
        rows.append(row(whole, alone, measures))
    return rows


def row(month: Month, dark: Iterable[bool], measures: Measures) -> Row:
    return Row(month.first, many(month.sessions, measures), tuple(cells(month, dark, measures)))


def cells(month: Month, dark: Iterable[bool], measures: Measures) -> Iterable[str]:
    for kind, is_dark in zip(KINDS, dark, strict=True):
        if is_dark:
            yield "not shown"
        elif not month.counts[kind]:
            yield "none"
        else:
            yield f"{many(month.counts[kind], measures)}, {month.per_hundred(kind):.0f} in 100"
