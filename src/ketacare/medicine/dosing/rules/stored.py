"""Stored visits answered by two versions of a sheet: who would be alarmed, dosed, let begin or let go otherwise?

A visit is judged by the rules of a real one, put together from the versions that it is handed. Of those it reads only
some, by what it is about (`read_by`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from ketacare.medicine.dosing.rules.choices import drug_of
from ketacare.medicine.dosing.rules.order import DoesNotFit, work_out
from ketacare.medicine.dosing.rules.readiness import readiness
from ketacare.medicine.dosing.rules.release import release
from ketacare.medicine.dosing.rules.titration import SHEET, Direction, Earlier, suggestion
from ketacare.medicine.dosing.terms import HoldKind, Order
from ketacare.medicine.evidence.terms import Facts, Outcome, Result, Sheet
from ketacare.medicine.monitoring.reader import limits_of
from ketacare.medicine.monitoring.rules import replay
from ketacare.medicine.monitoring.rules.recording import Row
from ketacare.medicine.monitoring.terms import Kind as Told
from ketacare.medicine.monitoring.terms import Presence, Priority, Signal
from ketacare.medicine.protocols.reader import protocol_from, rules_in
from ketacare.medicine.protocols.rules import NoRoomForDose, course_dates
from ketacare.medicine.protocols.terms import DosingRule, Protocol
from ketacare.medicine.quantities.terms import Concentration, Duration, Mass, MassPerWeight, Weight

Find = Callable[[str], Sheet]


class Kind(StrEnum):
    """What a stored visit asks: which alarms, may it begin, may one go home, how much, what next, when."""

    ALARMS = "alarms"
    READINESS = "readiness"
    RELEASE = "release"
    DOSE = "dose"
    NEXT_DOSE = "next-dose"
    COURSE = "course"


class Weighs(StrEnum):
    """How an answer weighs, from what stops to what lets go on."""

    STOP = "stop"
    UNKNOWN = "unknown"
    ACT = "act"
    DONE = "done"


@dataclass(frozen=True)
class StoredVisit:
    """One visit written down once. `at` is when it is judged, its day where it only asks when.

    `facts` are those of readiness and release, `rows` what was measured, `weight` with `dose` (the protocol's own where
    None), `minutes` and `vial` an order, `before` and `improvement` the sessions so far. `expected` is the answer that
    its author wrote beside it.
    """

    name: str
    title: str
    kind: Kind
    protocol: str
    at: datetime
    expected: str
    facts: Facts = field(default_factory=Facts)
    rows: tuple[Row, ...] = ()
    weight: Weight | None = None
    dose: MassPerWeight | Mass | None = None
    minutes: Duration | None = None
    vial: Concentration | None = None
    given_this_week: int = 0
    before: tuple[Earlier, ...] = ()
    improvement: Decimal | None = None


@dataclass(frozen=True)
class Answer:
    """What a visit is answered in few words, how that weighs, and the lines behind it by their names."""

    words: str
    weighs: Weighs
    lines: Mapping[str, str]


@dataclass(frozen=True)
class Revisited:
    """A stored visit that two versions answer differently; `lines` are those that differ, old beside new."""

    visit: StoredVisit
    old: Answer
    new: Answer
    lines: tuple[tuple[str, str, str], ...]

    @property
    def outcome_changes(self) -> bool:
        """Would somebody be treated otherwise, and not only told so in other lines?"""
        return (self.old.words, self.old.weighs) != (self.new.words, self.new.weighs)


@dataclass(frozen=True)
class _Versions:
    """The sheets of one side, each read once."""

    find: Find
    read: dict[str, Protocol] = field(default_factory=dict)

    def protocol(self, sheet_id: str) -> Protocol:
        if sheet_id not in self.read:
            self.read[sheet_id] = protocol_from(self.find(sheet_id), self.find)
        return self.read[sheet_id]

    def rules(self) -> dict[str, DosingRule]:
        return rules_in(self.find(SHEET))


def judged_by(sheet_id: str, visits: Iterable[StoredVisit], find: Find) -> tuple[StoredVisit, ...]:
    """The visits whose answer this sheet could change."""
    versions = _Versions(find)
    return tuple(visit for visit in visits if sheet_id in read_by(visit, versions.protocol(visit.protocol)))


def read_by(visit: StoredVisit, protocol: Protocol) -> frozenset[str]:
    """The sheets whose versions this visit is judged by."""
    limits, let_go, ready = protocol.limits.header.id, protocol.release.header.id, protocol.readiness.header.id
    named = {Kind.ALARMS: {limits}, Kind.READINESS: {protocol.id, ready}, Kind.RELEASE: {protocol.id, let_go}}
    if visit.kind in named:
        return frozenset(named[visit.kind])
    if visit.kind is Kind.NEXT_DOSE:
        return frozenset({SHEET, protocol.id})
    # As a protocol is put together: its own sheet, those of the amounts, then these five.
    *amounts, monitoring, follow_up, _, _, _ = (header.id for header in protocol.headers)
    return frozenset({protocol.id, monitoring, follow_up} if visit.kind is Kind.COURSE else amounts)


def revisited(visits: Iterable[StoredVisit], old: Find, new: Find) -> tuple[Revisited, ...]:
    """The visits answered differently, those answered otherwise in what is done first; in their own order otherwise."""
    sides = _Versions(old), _Versions(new)
    compared = [_compared(visit, *(answer(visit, side) for side in sides)) for visit in visits]
    different = [one for one in compared if one.lines or one.outcome_changes]
    return tuple(sorted(different, key=lambda one: not one.outcome_changes))


def _compared(visit: StoredVisit, old: Answer, new: Answer) -> Revisited:
    names = [name for name in {**old.lines, **new.lines} if old.lines.get(name) != new.lines.get(name)]
    lines = tuple((name, old.lines.get(name, ""), new.lines.get(name, "")) for name in names)
    return Revisited(visit, old, new, lines)


def answered(visit: StoredVisit, find: Find) -> Answer:
    """What this visit is answered by these versions."""
    return answer(visit, _Versions(find))


def answer(visit: StoredVisit, versions: _Versions) -> Answer:
    return _JUDGES[visit.kind](visit, versions.protocol(visit.protocol), versions)


# --- alarms -----------------------------------------------------------------------------------------------------------

_LOUD = {Priority.HIGH: Weighs.STOP, Priority.MEDIUM: Weighs.ACT, Priority.LOW: Weighs.ACT}


def _alarms(visit: StoredVisit, protocol: Protocol, versions: _Versions) -> Answer:
    """Every condition of the patient that was told, at the highest priority that it reached."""
    told: dict[str, Signal] = {}
    for signal in replay(visit.rows, limits_of(protocol.limits)):
        if signal.kind is not Told.PHYSIOLOGICAL or signal.presence is not Presence.PRESENT:
            continue
        before = told.get(signal.condition)
        if before is None or (signal.priority or 0) > (before.priority or 0):
            told[signal.condition] = signal
    lines = {_name(signal): _alarm_words(signal, visit.rows[0].at) for signal in told.values()}
    loudest = max((signal.priority for signal in told.values() if signal.priority is not None), default=None)
    if loudest is None:
        return Answer("No alarm", Weighs.DONE, lines)
    names = ", ".join(_name(signal) for signal in told.values() if signal.priority is loudest)
    return Answer(f"{loudest.word.capitalize()} alarm: {names}", _LOUD[loudest], lines)


def _name(signal: Signal) -> str:
    channel = signal.channel.label if signal.channel else signal.label
    return f"{channel} {signal.condition.rpartition('.')[2]}"


def _alarm_words(signal: Signal, began: datetime) -> str:
    seconds = int((signal.at - began).total_seconds())
    word = signal.priority.word if signal.priority else "none"
    return f"{word} after {seconds // 60}:{seconds % 60:02}, value {signal.value}, limit {signal.limit}"


# --- before, during, after --------------------------------------------------------------------------------------------


def _ready(visit: StoredVisit, protocol: Protocol, versions: _Versions) -> Answer:
    decision = readiness(visit.facts, protocol, visit.at)
    told = [reason for reason in decision.reasons if reason.result is not Result.NOT_MET]
    lines = {f"{reason.criterion} {reason.title}": reason.words for reason in told}
    if decision.outcome in _HELD:
        words, weighs = _HELD[decision.outcome]
        return Answer(words, weighs, lines)
    if decision.needs_clearance:
        return Answer("Prescriber decides", Weighs.ACT, lines)
    return Answer("Go", Weighs.DONE, lines)


_HELD = {Outcome.STOP: ("No-go", Weighs.STOP), Outcome.UNKNOWN: ("Not known: no go", Weighs.UNKNOWN)}


def _home(visit: StoredVisit, protocol: Protocol, versions: _Versions) -> Answer:
    found = release(visit.facts, protocol, visit.at)
    lines = {f"{criterion.id} {criterion.title}": criterion.words for criterion in found.unmet}
    if found.earliest_at is not None:
        lines["Not before"] = f"{found.earliest_at:%H:%M}"
    if found.ready_at is not None:
        lines["Ready since"] = f"{found.ready_at:%H:%M}"
    words, weighs = _LEAVES[found.ready]
    return Answer(words, weighs, lines)


_LEAVES = {
    True: ("May go home", Weighs.DONE),
    False: ("May not go home", Weighs.STOP),
    None: ("Not known: may not go home", Weighs.UNKNOWN),
}


def _dose(visit: StoredVisit, protocol: Protocol, versions: _Versions) -> Answer:
    """What is drawn or counted, every step of the working, and every hold that stands."""
    try:
        working = work_out(_ordered(visit, protocol))
    except DoesNotFit as fault:
        return Answer("Cannot be drawn", Weighs.STOP, {"Working": str(fault)})
    lines = {step.name.capitalize(): step.words for step in working.steps}
    lines |= {f"{hold.rule} {hold.field}": hold.words for hold in working.open_holds}
    kinds = {hold.kind for hold in working.open_holds}
    if HoldKind.REFUSED in kinds:
        return Answer(f"{working.dose} refused", Weighs.STOP, lines)
    if kinds:
        return Answer(f"{working.drawn} held", Weighs.ACT, lines)
    return Answer(f"{working.drawn}", Weighs.DONE, lines)


def _ordered(visit: StoredVisit, protocol: Protocol) -> Order:
    """As it is ordered when nothing is changed: the first vial, bag, piece and site of the sheet."""
    assert visit.weight is not None  # an order rests on one
    return Order(
        protocol=protocol,
        dose=visit.dose or protocol.dose,
        weight=visit.weight,
        weighed_at=visit.at - timedelta(days=1),
        at=visit.at,
        vial=visit.vial or (protocol.vials[0].concentration if protocol.vials else None),
        minutes=visit.minutes or protocol.minutes,
        bag=protocol.bag,
        piece=protocol.pieces[0].mass if protocol.pieces else None,
        site=next(iter(protocol.sites), ""),
        given_this_week=visit.given_this_week,
    )


def _next(visit: StoredVisit, protocol: Protocol, versions: _Versions) -> Answer:
    drug = drug_of(protocol.drug)
    assert drug is not None  # a visit is written for a drug that the rules between sessions know
    found = suggestion(
        drug, protocol.route, visit.before, visit.improvement, visit.at, sheet=protocol, rules=versions.rules()
    )
    lines = {f"Because {place}": words for place, words in enumerate(found.reasons, start=1)}
    lines |= {f"Missing {place}": words for place, words in enumerate(found.missing, start=1)}
    return Answer(found.words.rstrip("."), _POINTS[found.direction], lines)


_POINTS = {
    Direction.UP: Weighs.DONE,
    Direction.STAY: Weighs.DONE,
    Direction.DOWN: Weighs.ACT,
    Direction.REVIEW: Weighs.ACT,
    Direction.NONE: Weighs.UNKNOWN,
}


# --- when -------------------------------------------------------------------------------------------------------------


def _course(visit: StoredVisit, protocol: Protocol, versions: _Versions) -> Answer:
    """The days of the doses, what is measured after how many minutes, and what follows after how many hours."""
    lines = _readings(protocol) | {
        f"After the dose: {one.title}": f"opens {one.opens_h} h, due {one.due_h} h, to a person {one.escalate_h} h"
        for one in protocol.follow_ups
    }
    try:
        days = course_dates(protocol, visit.at.date())
    except NoRoomForDose as fault:
        return Answer("No room for the doses", Weighs.STOP, lines | {"Doses": str(fault)})
    doses = f"{len(days)} dose{'' if len(days) == 1 else 's'} up to {_day(days[-1])}, {len(protocol.readings)} readings"
    return Answer(doses, Weighs.DONE, lines | {"Doses": ", ".join(map(_day, days))})


def _readings(protocol: Protocol) -> dict[str, str]:
    due: dict[str, list[str]] = {}
    for reading in protocol.readings:
        minute = "before leaving" if reading.minute is None else f"{reading.minute}"
        due.setdefault(f"Measured: {reading.parameter}, {reading.need}", []).append(minute)
    return {name: ", ".join(minutes) for name, minutes in due.items()}


def _day(day: date) -> str:
    return f"{day:%d-%b}"


_JUDGES: Mapping[Kind, Callable[[StoredVisit, Protocol, _Versions], Answer]] = {
    Kind.ALARMS: _alarms,
    Kind.READINESS: _ready,
    Kind.RELEASE: _home,
    Kind.DOSE: _dose,
    Kind.NEXT_DOSE: _next,
    Kind.COURSE: _course,
}
