"""Daily benzodiazepines as diazepam, by both published tables; the larger equivalent is held against the line.

The tables differ up to twofold, and where one gives a range both ends are kept: whatever is uncertain is shown.
"""

from collections.abc import Sequence
from decimal import Decimal

from ketacare.medicine.candidacy.rules.uses import SOURCE
from ketacare.medicine.candidacy.terms.medicines import Equivalent, InteractionSheet, Taken
from ketacare.medicine.evidence.rules import in_order
from ketacare.medicine.evidence.terms import Effect, FactUsed, Figure, Reason, Result, weakest
from ketacare.medicine.quantities.terms import plain

ROW = "INT-01"
_CENT = Decimal("0.01")


def benzodiazepines(taken: Sequence[Taken]) -> tuple[Taken, ...]:
    return tuple(one for one in taken if ROW in one.drug.rows)


def equivalents(taken: Taken, sheet: InteractionSheet) -> tuple[Equivalent, ...]:
    """A daily dose as diazepam by each table; none where the dose is not known or no table lists the drug."""
    dose, tables = taken.medicine.daily_dose_mg, sheet.equivalents.get(taken.drug.name)
    if dose is None or tables is None:
        return ()
    of = sheet.equal_to.value
    return tuple(
        Equivalent(sheet.tables[table], of * dose / max(ends), of * dose / min(ends)) for table, ends in tables.items()
    )


def total(taken: Sequence[Taken], sheet: InteractionSheet) -> tuple[tuple[Equivalent, ...], tuple[str, ...]]:
    """All benzodiazepines together, as far as known, and what would complete the sum."""
    known = [equivalents(one, sheet) for one in benzodiazepines(taken)]
    sums = tuple(
        Equivalent(
            table,
            sum((e.least_mg for one in known for e in one if e.table == table), Decimal(0)),
            sum((e.most_mg for one in known for e in one if e.table == table), Decimal(0)),
        )
        for table in sheet.tables.values()
    )
    missing = [_missing(one, sheet) for one in benzodiazepines(taken) if not equivalents(one, sheet)]
    return (sums if any(known) else ()), in_order(missing)


def _missing(taken: Taken, sheet: InteractionSheet) -> str:
    listed = taken.drug.name in sheet.equivalents
    return f"{taken.medicine.name}: {'daily dose' if listed else 'diazepam equivalent'}"


def blunting_reason(taken: Sequence[Taken], sheet: InteractionSheet) -> Reason | None:
    """RUL-09: a caution only above the line, by either table; what is not known leaves it open unless already above."""
    if not benzodiazepines(taken):
        return None
    row, (sums, missing) = sheet.rows[ROW], total(taken, sheet)
    line = row.figures["blunts_over"]
    assert isinstance(line, Figure)  # one number, its test holds
    most = max((e.most_mg for e in sums), default=Decimal(0))
    result = Result.MET if most > line.value else Result.UNKNOWN if missing else Result.NOT_MET
    return Reason(
        criterion=ROW,
        title="Benzodiazepine dose that blunts the response",
        result=result,
        effect=Effect.CAUTION,
        words=_words(result, sums, missing, line),
        facts=tuple(
            FactUsed(f"diazepam equivalent by {e.table}", _cents(e.most_mg), "mg/d", None, SOURCE) for e in sums
        ),
        missing=missing if result is Result.UNKNOWN else (),
        sources=in_order([*row.sources, *sheet.equivalents_sources]),
        grade=weakest([line.grade, sheet.equal_to.grade]),
        override="P",
    )


def _words(result: Result, sums: Sequence[Equivalent], missing: Sequence[str], line: Figure) -> str:
    total_words = f"{told(sums)} diazepam equivalent a day" if sums else "Diazepam equivalent not known"
    limit = f"{plain(line.value)} mg"
    if result is Result.UNKNOWN:
        return f"{total_words}; cannot tell whether it is above {limit} ({', '.join(missing)})"
    if result is Result.NOT_MET:
        return f"{total_words}, not above {limit}"
    which = "both" if all(e.most_mg > line.value for e in sums) else "the larger is"
    more = f"; not all counted ({', '.join(missing)})" if missing else ""
    return f"{total_words}, {which} above {limit}: blunts the response. Lower slowly, never abruptly{more}"


def told(sums: Sequence[Equivalent]) -> str:
    """20 mg (VA/DoD 2021) or 40 mg (Ashton 2002)."""
    return " or ".join(f"{_range(e)} mg ({e.table})" for e in sums)


def _range(e: Equivalent) -> str:
    least, most = plain(_cents(e.least_mg)), plain(_cents(e.most_mg))
    return least if least == most else f"{least} to {most}"


def _cents(value: Decimal) -> Decimal:
    """To the hundredth, written plainly: 20, never 2E+1."""
    exact = value.quantize(_CENT)
    whole = exact.to_integral_value()
    return whole if exact == whole else exact
