"""Medicines that are worse together: benzodiazepine with opioid, either with alcohol, and the pairs of the sheet."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from ketacare.medicine.candidacy.rules.diazepam import benzodiazepines
from ketacare.medicine.candidacy.rules.uses import SOURCE
from ketacare.medicine.candidacy.terms import Case, Stage
from ketacare.medicine.candidacy.terms.medicines import InteractionSheet, Taken
from ketacare.medicine.evidence.rules import in_order
from ketacare.medicine.evidence.rules.facts import as_of
from ketacare.medicine.evidence.terms import Effect, FactUsed, Reason, Result

OPIOIDS = frozenset({"INT-03", "INT-04"})
AT_ONCE, EVERY_DAY = "COM-01", "COM-02"
ALCOHOL, ALCOHOL_FACT = "alcohol", "hours_since_alcohol"
Known = bool | None  # None: nobody can say


def opioids(taken: Sequence[Taken]) -> tuple[Taken, ...]:
    return tuple(one for one in taken if OPIOIDS & set(one.drug.rows))


def together_reasons(taken: Sequence[Taken], case: Case, sheet: InteractionSheet) -> list[Reason]:
    """COM-01 on the day, COM-02 at any time, and the pairs."""
    found = [_every_day(taken, sheet), *_pairs(taken, sheet)]
    return [_at_once(taken, case, sheet), *found] if case.stage is Stage.DOSE else found


# --- three values ----------------------------------------------------------------------------------------------------


def _all(parts: Iterable[Known]) -> Known:
    known = list(parts)
    return False if False in known else None if None in known else True


def _some(parts: Iterable[Known]) -> Known:
    known = list(parts)
    return True if True in known else None if None in known else False


def _not(part: Known) -> Known:
    return None if part is None else not part


# --- COM-01 ----------------------------------------------------------------------------------------------------------


def _at_once(taken: Sequence[Taken], case: Case, sheet: InteractionSheet) -> Reason:
    """Both taken within the window and not both stable daily; or either and alcohol within a day."""
    row = sheet.together[AT_ONCE]
    window, day = row.figures["window"].value, row.figures["alcohol"].value
    benzos, opiates = benzodiazepines(taken), opioids(taken)
    pairs = [(b, o, _pair_at_once(b, o, window)) for b in benzos for o in opiates]
    drunk = _alcohol(case, taken, day)
    with_alcohol = [(one, _all([_within(one, day), drunk])) for one in (*benzos, *opiates)]
    holds = _some([*(known for *_, known in pairs), *(known for _, known in with_alcohol)])
    missing = [name for b, o, known in pairs if known is None for name in (*_asked(b, o), *_asked(o, b))]
    for one, known in with_alcohol:
        if known is None:
            missing += [*_hours_asked(one), *([ALCOHOL_FACT] if drunk is None else [])]
    return _reason(AT_ONCE, holds, Effect.STOP, sheet, (*benzos, *opiates), in_order(missing))


def _pair_at_once(benzo: Taken, opioid: Taken, window: Decimal) -> Known:
    both_stable = _all([_stable(benzo), _stable(opioid)])
    return _all([_within(benzo, window), _within(opioid, window), _not(both_stable)])


def _asked(one: Taken, other: Taken) -> tuple[str, ...]:
    """What could still settle whether these two met: when, and unless one is surely not stable, how it is taken."""
    name, medicine = one.medicine.name, one.medicine
    if False in (_stable(one), _stable(other)):
        return _hours_asked(one)
    if medicine.as_needed is None:
        return (*_hours_asked(one), f"{name}: as needed or daily")
    return (*_hours_asked(one), *([f"{name}: days at this dose"] if medicine.stable_days is None else []))


def _hours_asked(one: Taken) -> tuple[str, ...]:
    return () if one.medicine.hours_since_last is not None else (f"{one.medicine.name}: hours since last",)


def _within(taken: Taken, hours: Decimal) -> Known:
    since = taken.medicine.hours_since_last
    return None if since is None else since < hours


def _stable(taken: Taken) -> Known:
    """Taken every day at a dose that was not changed today."""
    daily, days = _not(taken.medicine.as_needed), taken.medicine.stable_days
    return _all([daily, None if days is None else days > 0])


def _alcohol(case: Case, taken: Sequence[Taken], hours: Decimal) -> Known:
    """By what was asked today, by the breath if it was measured, and by the list if somebody wrote it there."""
    listed = [_within(one, hours) for one in taken if one.drug.name == ALCOHOL]
    asked = _fact(case, ALCOHOL_FACT)
    asked_known: Known = asked if asked is None else (asked is not False and asked < hours)
    breath = _fact(case, "breath_alcohol_percent")
    return _some([*listed, asked_known, bool(breath)])


def _fact(case: Case, name: str) -> Decimal | bool | None:
    fact = as_of(case.facts, case.at).told(name, 0)
    return fact.value if fact is not None and isinstance(fact.value, (Decimal, bool)) else None


# --- COM-02 and pairs ------------------------------------------------------------------------------------------------


def _every_day(taken: Sequence[Taken], sheet: InteractionSheet) -> Reason:
    benzos, opiates = benzodiazepines(taken), opioids(taken)
    daily = _all(_some(_not(one.medicine.as_needed) for one in group) for group in (benzos, opiates))
    missing = tuple(
        f"{o.medicine.name}: as needed or daily" for o in (*benzos, *opiates) if o.medicine.as_needed is None
    )
    return _reason(EVERY_DAY, daily, Effect.CLEAR, sheet, (*benzos, *opiates), missing)


_RESULTS = {True: Result.MET, False: Result.NOT_MET, None: Result.UNKNOWN}


def _reason(
    id_: str,
    holds: Known,
    effect: Effect,
    sheet: InteractionSheet,
    taken: Sequence[Taken],
    missing: tuple[str, ...],
) -> Reason:
    row, result = sheet.together[id_], _RESULTS[holds]
    names = ", ".join(sorted(one.label for one in taken))
    words = f"{row.words} ({names})" if result is Result.MET else f"{row.title}: {_WORDS[result]}"
    return Reason(
        criterion=row.id,
        title=row.title,
        result=result,
        effect=effect,
        words=words,
        facts=_facts(taken),
        missing=missing if result is Result.UNKNOWN else (),
        sources=row.sources,
        grade=row.grade,
        override=row.override,
    )


_WORDS = {Result.NOT_MET: "not taken together", Result.UNKNOWN: "cannot tell"}


def _facts(taken: Sequence[Taken]) -> tuple[FactUsed, ...]:
    return tuple(
        FactUsed(f"{one.medicine.name}: hours since last", one.medicine.hours_since_last, "h", None, SOURCE)
        for one in taken
        if one.medicine.hours_since_last is not None
    )


def _pairs(taken: Sequence[Taken], sheet: InteractionSheet) -> list[Reason]:
    found = []
    for pair in sheet.pairs:
        here = [one for one in taken if pair.row in one.drug.rows]
        beside = [one for one in taken if pair.others & set(one.drug.rows)]
        if here and beside:
            row = sheet.rows[pair.row]
            names = ", ".join(sorted(one.label for one in (*here, *beside)))
            found.append(
                Reason(
                    criterion=row.id,
                    title=row.title,
                    result=Result.MET,
                    effect=Effect.CLEAR,
                    words=f"{pair.words} ({names})",
                    sources=row.sources,
                    grade=row.grade,
                    override=pair.consult,
                )
            )
    return found
