"""What to do with one drug as it is taken, and how far that holds the dose back.

A drug may have several uses (by form, as needed or daily, by dose, by pressure). Every use that could apply is judged.
Where they agree that is the answer; where they differ it is unknown, and what tells them apart is asked for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from ketacare.medicine.candidacy.terms import Case, Stage
from ketacare.medicine.candidacy.terms.case import TakenMedicine
from ketacare.medicine.candidacy.terms.medicines import Action, InteractionRow, InteractionSheet, Taken, Use
from ketacare.medicine.evidence.rules import current, evaluate, in_order
from ketacare.medicine.evidence.terms import Effect, FactUsed, Figure, Reason, Result, Source, weakest
from ketacare.medicine.quantities.terms import plain

SOURCE = "medicine list"
_ORDER = (
    (Result.MET, Effect.STOP),
    (Result.UNKNOWN, Effect.STOP),
    (Result.UNKNOWN, Effect.CLEAR),
    (Result.MET, Effect.CLEAR),
    (Result.MET, Effect.CAUTION),
    (Result.UNKNOWN, Effect.CAUTION),
    (Result.MET, Effect.NOTE),
)
_WEIGHT = (Effect.STOP, Effect.CLEAR, Effect.CAUTION, Effect.NOTE)


@dataclass(frozen=True, slots=True)
class Answer:
    """One part of what follows from a use: how it stands, in words, and what would settle it."""

    result: Result
    effect: Effect
    words: str
    override: str = "none"
    missing: tuple[str, ...] = ()
    facts: tuple[FactUsed, ...] = ()


# --- which uses could apply ------------------------------------------------------------------------------------------


def possible(taken: Taken, case: Case, sheet: InteractionSheet) -> tuple[tuple[Use, ...], tuple[str, ...]]:
    """The uses that what is known does not rule out, and the facts that would tell them apart."""
    found: list[Use] = []
    open_names: list[str] = []
    for use in taken.drug.uses:
        conditions = _conditions(use, taken, case, sheet)
        if not any(holds is False for _, holds in conditions):
            found.append(use)
            open_names += [name for name, holds in conditions if holds is None]
    return tuple(found), in_order(open_names) if len(found) > 1 else ()


def _conditions(use: Use, taken: Taken, case: Case, sheet: InteractionSheet) -> list[tuple[str, bool | None]]:
    """Each condition of a use: does it hold, or is that not known?"""
    name, medicine = taken.medicine.name, taken.medicine
    told: list[tuple[str, bool | None]] = []
    if use.form:
        known = taken.form in {other.form for other in taken.drug.uses}
        told.append((f"{name}: form", taken.form == use.form if known else None))
    if use.as_needed is not None:
        same = None if medicine.as_needed is None else medicine.as_needed is use.as_needed
        told.append((f"{name}: as needed or daily", same))
    dose = medicine.daily_dose_mg
    if use.over is not None:
        told.append((f"{name}: daily dose", None if dose is None else dose > use.over.value))
    if use.up_to is not None:
        told.append((f"{name}: daily dose", None if dose is None else dose <= use.up_to.value))
    if use.pressure:
        told += [(fact, holds) for fact, holds in _pressure(use.pressure, case, sheet)]
    return told


def _pressure(wanted: str, case: Case, sheet: InteractionSheet) -> list[tuple[str, bool | None]]:
    """Is today's pressure normal (or raised), as far as it was taken?"""
    over: dict[str, bool | None] = {}
    for fact, line in (("gate_sbp", "normal_sbp"), ("gate_dbp", "normal_dbp")):
        try:
            value = current(case.facts, fact, 0, case.at).value
        except LookupError:
            over[fact] = None
        else:
            over[fact] = isinstance(value, Decimal) and value > sheet.lines[line].value
    if True in over.values():
        return [("gate_sbp", wanted == "raised")]
    unknown = [fact for fact, is_over in over.items() if is_over is None]
    return [(fact, None) for fact in unknown] or [("gate_sbp", wanted == "normal")]


# --- what follows from a use -----------------------------------------------------------------------------------------


def answer_of(taken: Taken, use: Use, case: Case, sheet: InteractionSheet) -> Answer:
    """Everything that follows from one use, as one answer: the severest part stands, all of its words are told."""
    row = sheet.rows[use.row]
    parts = [
        part
        for part in (
            _hold(taken, use, row, case, sheet),
            _consult(taken, use, row),
            _caution(taken, use, row, case),
            _watch(taken, row, case, sheet),
            _missed(taken, row, case, sheet),
        )
        if part is not None
    ]
    if not parts:
        return Answer(Result.MET, Effect.NOTE, f"{_label(taken, use)}: {use.action}. {row.mechanism}")
    first = min(parts, key=lambda part: _ORDER.index((part.result, part.effect)))
    return Answer(
        result=first.result,
        effect=first.effect,
        words="; ".join(in_order(part.words for part in parts)),
        override=_stronger(part.override for part in parts),
        missing=in_order(name for part in parts for name in part.missing),
        facts=in_order(fact for part in parts for fact in part.facts),
    )


def _stronger(overrides: Iterable[str]) -> str:
    found = set(overrides)
    return next((override for override in ("P+MD", "P") if override in found), "none")


def named(taken: Taken) -> str:
    label = taken.label
    return label[:1].upper() + label[1:]


def _label(taken: Taken, use: Use) -> str:
    """The medicine, and in which case this use would hold while that is not known."""
    medicine = taken.medicine
    when = [
        use.form if use.form != taken.form else "",
        _AS_NEEDED[use.as_needed] if medicine.as_needed is None else "",
        f"if up to {plain(use.up_to.value)} mg a day" if use.up_to and medicine.daily_dose_mg is None else "",
        f"if above {plain(use.over.value)} mg a day" if use.over and medicine.daily_dose_mg is None else "",
        f"if pressure is {use.pressure}" if use.pressure else "",
    ]
    told = ", ".join(part for part in when if part)
    return f"{named(taken)} {told}" if told else named(taken)


_AS_NEEDED = {True: "if as needed", False: "if daily", None: ""}


def _matters(use: Use, case: Case) -> bool:
    """A use limited to routes is judged as if it could be any while none is chosen."""
    return case.route is None or case.route in use.routes


def _hold(taken: Taken, use: Use, row: InteractionRow, case: Case, sheet: InteractionSheet) -> Answer | None:
    """Hours to hold: an instruction at the evaluation; on the day a note when met, else the row's effect."""
    if use.hold is None or use.action not in (Action.HOLD, Action.STOP):
        return None
    hold, since = use.hold.value, taken.medicine.hours_since_last
    label = _label(taken, use)
    if not _matters(use, case):
        return Answer(Result.MET, Effect.NOTE, f"{label}: no hold by this route")
    if case.stage is Stage.EVALUATION:
        return Answer(Result.MET, Effect.NOTE, f"{label}: {_instruction(taken, use, sheet)}")
    if since is None:
        missing = (f"{taken.medicine.name}: hours since last",)
        words = f"{label}: not known when last taken; {hours(hold)} hold{_gently(taken, sheet)}"
        return Answer(Result.UNKNOWN, row.unmet, words, "P", missing)
    facts = (FactUsed(f"{taken.medicine.name}: hours since last", since, "h", None, SOURCE),)
    if since >= hold:
        met = f"{label}: {hours(hold)} hold met, last taken {hours(since)} ago{closer(row, sheet)}"
        return Answer(Result.MET, Effect.NOTE, met, facts=facts)
    words = f"{label}: {hours(hold)} hold not met, last taken {hours(since)} ago, {hours(hold - since)} to wait"
    return Answer(Result.MET, row.unmet, words + closer(row, sheet) + _gently(taken, sheet), "P", facts=facts)


def closer(row: InteractionRow, sheet: InteractionSheet) -> str:
    """Closer pressure readings belong to the class, met hold or not."""
    if row.id not in sheet.extra_pressure_rows:
        return ""
    every, lasting = sheet.extra_pressure["every"], sheet.extra_pressure["for"]
    return f". Pressure every {plain(every.value)} min for {plain(lasting.value)} min"


def _instruction(taken: Taken, use: Use, sheet: InteractionSheet) -> str:
    assert use.hold is not None  # asked only of holds
    verb = "none for" if use.action is Action.STOP else "hold"
    return f"{verb} {hours(use.hold.value)} before each dose{_gently(taken, sheet)}"


def _gently(taken: Taken, sheet: InteractionSheet) -> str:
    """A hold never overrides a taper: what is taken daily is never stopped abruptly, and this says so each time."""
    if not taken.drug.never_abrupt or taken.medicine.as_needed is True:
        return ""
    return f". {sheet.never_abrupt.replace('{name}', taken.drug.name)}"


def _consult(taken: Taken, use: Use, row: InteractionRow) -> Answer | None:
    if not use.consult:
        return None
    who = "prescriber and medical director decide" if use.consult == "P+MD" else "the prescriber decides"
    more = f", and talks about a hold of {hours(use.hold.value)}" if use.hold and use.action is Action.ASK else ""
    keep = "continues; " if use.action is Action.CONTINUE else ""
    said_there = row.advice.casefold().startswith(who)
    advice = f"{row.advice[0].lower()}{row.advice[1:]}{more}" if said_there else f"{who}{more}. {row.advice}"
    words = f"{_label(taken, use)}: {keep}{advice}"
    return Answer(Result.MET, Effect.CLEAR, words, use.consult)


def _caution(taken: Taken, use: Use, row: InteractionRow, case: Case) -> Answer | None:
    if not use.caution:
        return None
    if not _matters(use, case):
        return Answer(Result.MET, Effect.NOTE, f"{named(taken)}: noted by this route")
    routes = "/".join(sorted(use.routes))
    by = f" by {routes}" if case.route is None else ""
    return Answer(Result.MET, Effect.CAUTION, f"{named(taken)}: {use.caution}{by}. {row.advice}", "P")


def _watch(taken: Taken, row: InteractionRow, case: Case, sheet: InteractionSheet) -> Answer | None:
    """A fact that turns the row into a caution: TSH beside thyroid hormone, QTc beside an antiemetic."""
    if row.watch is None:
        return None
    verdict = evaluate(row.watch, case.facts, case.at)
    if verdict.result is Result.NOT_MET:
        words = f"{named(taken)}: continue{closer(row, sheet)}"
        return Answer(Result.MET, Effect.NOTE, words, facts=verdict.facts)
    if verdict.result is Result.UNKNOWN:
        return Answer(Result.UNKNOWN, Effect.CAUTION, f"{named(taken)}: {'; '.join(verdict.why)}", "P", verdict.missing)
    return Answer(Result.MET, Effect.CAUTION, f"{named(taken)}: {row.watched}", "P", facts=verdict.facts)


def _missed(taken: Taken, row: InteractionRow, case: Case, sheet: InteractionSheet) -> Answer | None:
    """A usual dose that was not taken today."""
    if not row.missed or case.stage is Stage.EVALUATION or taken.medicine.as_needed is True:
        return None
    since = taken.medicine.hours_since_last
    if since is None:
        missing = (f"{taken.medicine.name}: hours since last",)
        return Answer(Result.UNKNOWN, Effect.CAUTION, f"{named(taken)}: not known whether taken today", "P", missing)
    facts = (FactUsed(f"{taken.medicine.name}: hours since last", since, "h", None, SOURCE),)
    if since <= sheet.lines["missed_after"].value:
        return Answer(Result.MET, Effect.NOTE, f"{named(taken)}: usual dose taken {hours(since)} ago", facts=facts)
    words = f"{named(taken)}: usual dose missed, last taken {hours(since)} ago"
    return Answer(Result.MET, Effect.CAUTION, words, "P", facts=facts)


def hours(value: Decimal) -> str:
    """In hours as people say them; below one hour in minutes."""
    if value < 1:
        return f"{(value * 60).quantize(Decimal(1))} min"
    return f"{plain(value.quantize(Decimal('0.1')))} h"


# --- one reason ------------------------------------------------------------------------------------------------------


def use_reason(taken: Taken, case: Case, sheet: InteractionSheet) -> Reason | None:
    """The uses that could apply, judged together."""
    uses, telling = possible(taken, case, sheet)
    if not uses:
        return None
    answers = [answer_of(taken, use, case, sheet) for use in uses]
    worst = min(range(len(uses)), key=lambda n: _ORDER.index((answers[n].result, answers[n].effect)))
    agree = len({(answer.result, answer.effect, answer.override) for answer in answers}) == 1
    row, first = sheet.rows[uses[worst].row], answers[worst]
    result, effect, missing = first.result, first.effect, in_order(n for a in answers for n in a.missing)
    if not agree:
        result, missing = Result.UNKNOWN, in_order([*telling, *missing])
        effect = min((answer.effect for answer in answers), key=_WEIGHT.index)
    return Reason(
        criterion=row.id,
        title=row.title,
        result=result,
        effect=effect,
        words="; or ".join(in_order(answer.words for answer in answers)),
        facts=in_order([told_fact(taken.medicine), *(fact for answer in answers for fact in answer.facts)]),
        missing=missing if result is Result.UNKNOWN else (),
        sources=in_order(source for use in uses for source in (*row.sources, *_sources(use.hold))),
        grade=weakest([row.grade, *(use.hold.grade for use in uses if use.hold is not None)]),
        override=_stronger(answer.override for answer in answers),
    )


def told_fact(medicine: TakenMedicine) -> FactUsed:
    """The medicine as told: its dose in a day, or that it is taken."""
    if medicine.daily_dose_mg is None:
        return FactUsed(medicine.name, True, None, None, SOURCE)
    return FactUsed(medicine.name, medicine.daily_dose_mg, "mg/d", None, SOURCE)


def _sources(figure: Figure | None) -> tuple[Source, ...]:
    return () if figure is None else figure.sources
