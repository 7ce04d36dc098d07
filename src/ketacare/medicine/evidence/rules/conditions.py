"""Conditions in three values over facts that may be absent, stale or in dispute.

Kleene's strong logic. `Every` is not met as soon as one part is not met, whatever else is unknown; `Some` is met as
soon as one part is met. So a missing fact matters only where it could still change the answer. Which facts those are
is the question of `settling`; it is asked only where a row stays open and reads a fact in more than one place.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import partial

from ketacare.medicine.evidence.rules.comparing import NUMERIC, NotANumber, test_of
from ketacare.medicine.evidence.rules.facts import AsOf, FactsDisagree, Standing, as_of, day_of, in_order
from ketacare.medicine.evidence.rules.settling import Shape, fewest_missing, shape_of
from ketacare.medicine.evidence.terms import (
    Compare,
    Comparison,
    Condition,
    Every,
    Fact,
    Facts,
    FactUsed,
    Not,
    Result,
    Verdict,
    Within,
)


class UnitMismatch(TypeError):
    """A fact is in another unit than the rule: comparing them would be wrong by a factor nobody sees."""


_MET, _NOT_MET, _UNKNOWN = Result.MET, Result.NOT_MET, Result.UNKNOWN

# A verdict on its way: result, facts, missing, why. Plain, because a case asks for hundreds.
Answer = tuple[Result, tuple[FactUsed, ...], tuple[str, ...], tuple[str, ...]]
Reading = Callable[[AsOf], Answer]
Gathering = Callable[[list[Answer]], tuple[FactUsed, ...]]


def evaluate(condition: Condition, facts: Facts, at: datetime | date) -> Verdict:
    """Met, not met or unknown, with the facts that decided or the fewest that would settle it."""
    return Verdict(*answered(condition, as_of(facts, at)))


def answered(condition: Condition, known: AsOf) -> Answer:
    return answering(condition)(known)


def _asking_least(answer: Answer, shape: Shape, known: AsOf) -> Answer:
    """The same answer, asking only for what could still change it."""
    readings = [reading_of(leaf)(known) for leaf in shape.leaves]
    missing = fewest_missing(shape, tuple([result for result, *_ in readings]))
    why = in_order(words for _, _, lacks, told in readings if set(lacks) <= set(missing) for words in told)
    return _UNKNOWN, answer[1], missing, why


# --- a condition made ready to be asked -----------------------------------------------------------------------------

_MOST_READINGS = 16384
_readings: dict[int, tuple[Condition, Reading]] = {}
_answering: dict[int, tuple[Condition, Reading]] = {}


def answering(condition: Condition) -> Reading:
    """This very condition as one function that asks for the least where it stays open; kept as a reading is."""
    kept = _answering.get(id(condition))
    if kept is None:
        if len(_answering) >= _MOST_READINGS:
            _answering.clear()
        kept = _answering[id(condition)] = (condition, _asked_for_least(reading_of(condition), shape_of(condition)))
    return kept[1]


def _asked_for_least(reading: Reading, shape: Shape) -> Reading:
    if shape.reads_each_fact_once:
        return reading

    def read(known: AsOf) -> Answer:
        answer = reading(known)
        return answer if answer[0] is not _UNKNOWN else _asking_least(answer, shape, known)

    return read


def reading_of(condition: Condition) -> Reading:
    """This very condition as one function, so that a thousand cases decide once which kind of line it holds.

    It is kept by the identity of the condition, with the condition, so that no other may take its place.
    """
    kept = _readings.get(id(condition))
    if kept is None:
        if len(_readings) >= _MOST_READINGS:
            _readings.clear()
        kept = _readings[id(condition)] = (condition, _made_ready(condition))
    return kept[1]


def _made_ready(condition: Condition) -> Reading:
    if isinstance(condition, Compare):
        is_plain = isinstance(condition.value, bool) and condition.comparison in (Comparison.IS, Comparison.IS_NOT)
        return _yes_or_no(condition) if is_plain else _leaf(condition, _line(condition))
    if isinstance(condition, Within):
        return _leaf(condition, partial(_happened, condition))
    if isinstance(condition, Not):
        return _opposite(reading_of(condition.part))
    decisive, otherwise = (_NOT_MET, _MET) if isinstance(condition, Every) else (_MET, _NOT_MET)
    together = _in_turn if shape_of(condition).reads_each_fact_once else _each_once
    return _joined(tuple(reading_of(part) for part in condition.parts), decisive, otherwise, together)


def _opposite(part: Reading) -> Reading:
    def read(known: AsOf) -> Answer:
        answer = part(known)
        if answer[0] is _UNKNOWN:
            return answer
        return (_NOT_MET if answer[0] is _MET else _MET), answer[1], (), ()

    return read


def _joined(parts: tuple[Reading, ...], decisive: Result, otherwise: Result, together: Gathering) -> Reading:
    """One decisive part settles it; else one unknown part leaves it open; else all agree the other way."""

    def read(known: AsOf) -> Answer:
        deciding, undecided, agreeing = [], [], []
        for part in parts:
            answer = part(known)
            result = answer[0]
            if result is decisive:
                deciding.append(answer)
            elif result is _UNKNOWN:
                undecided.append(answer)
            else:
                agreeing.append(answer)
        if deciding:
            return deciding[0] if len(deciding) == 1 else (decisive, together(deciding), (), ())
        if undecided:
            return undecided[0] if len(undecided) == 1 else _open(undecided)
        return agreeing[0] if len(agreeing) == 1 else (otherwise, together(agreeing), (), ())

    return read


def _open(answers: list[Answer]) -> Answer:
    missing = in_order(name for answer in answers for name in answer[2])
    return _UNKNOWN, _each_once(answers), missing, in_order(words for answer in answers for words in answer[3])


def _in_turn(answers: list[Answer]) -> tuple[FactUsed, ...]:
    """Where no fact can come twice."""
    return tuple([fact for answer in answers for fact in answer[1]])


def _each_once(answers: list[Answer]) -> tuple[FactUsed, ...]:
    """There is one object to a fact, so its identity tells it."""
    facts = {}
    for answer in answers:
        for fact in answer[1]:
            facts[id(fact)] = fact
    return tuple(facts.values())


def _leaf(condition: Compare | Within, holds: Callable[[Fact, datetime | date], bool | LookupError]) -> Reading:
    name, days, disputed = condition.fact, condition.valid_days, condition.disputed_days or 0
    is_hourly, is_disputable = condition.valid_hours is not None, condition.disputed_days is not None
    looked_for = _looked_for(condition)

    def read(known: AsOf) -> Answer:
        stands = known.looked_up[name]
        fact, age = stands.alone, stands.age_days
        # The common case, told apart before anything is called: one fact, and its days count.
        if fact is None or is_hourly or (days is not None and (age is None or age > days)):
            found = looked_for(stands, known)
            if isinstance(found, tuple):
                return found
            fact = found
        held = holds(fact, known.at)
        if held is False and is_disputable and stands.alone is None:
            held = _undisputed(stands, [(one, holds(one, known.at)) for one in stands.within(disputed)])
        if held is True or held is False:
            return (_MET if held else _NOT_MET), stands.used if stands.alone else stands.as_used(fact), (), ()
        return _UNKNOWN, stands.used, (name,), (str(held),)

    return read


def _yes_or_no(condition: Compare) -> Reading:
    """Most lines ask for a yes or a no: one fact is told by its identity, for no is not 0, nor yes 1."""
    name, days, line = condition.fact, condition.valid_days, condition.value
    disputed, is_disputable = condition.disputed_days or 0, condition.disputed_days is not None
    is_hourly = condition.valid_hours is not None
    if_same, if_other = (_MET, _NOT_MET) if condition.comparison is Comparison.IS else (_NOT_MET, _MET)
    looked_for = _looked_for(condition)

    def read(known: AsOf) -> Answer:
        stands = known.looked_up[name]
        fact, age = stands.alone, stands.age_days
        if fact is not None and not is_hourly and (days is None or (age is not None and age <= days)):
            return (if_same if fact.value is line else if_other), stands.used, (), ()
        found = looked_for(stands, known)
        if isinstance(found, tuple):
            return found
        result = if_same if found.value is line else if_other
        if result is _NOT_MET and is_disputable:
            said = [(one, (if_same if one.value is line else if_other) is _MET) for one in stands.within(disputed)]
            held = _undisputed(stands, said)
            if held is not False:
                return _UNKNOWN, stands.used, (name,), (str(held),)
        return result, stands.as_used(found), (), ()

    return read


def _undisputed(stands: Standing, said: Iterable[tuple[Fact, bool | LookupError]]) -> bool | LookupError:
    """Not so by today's word, and by nobody else's: one answer of today does not undo what another source has found."""
    told = list(said)
    if all(held is False for _, held in told):
        return False
    sources = ", ".join(in_order(fact.source for fact, _ in told))
    return FactsDisagree(f"{stands.name}: records disagree ({sources})")


def _looked_for(condition: Compare | Within) -> Callable[[Standing, AsOf], Fact | Answer]:
    """The fact that counts among several, or to the hour; or what to answer where there is none."""
    days, hours, lacking = condition.valid_days, condition.valid_hours, (condition.fact,)

    def look(stands: Standing, known: AsOf) -> Fact | Answer:
        found = stands.current(days, hours, known.at)
        return (_UNKNOWN, stands.used, lacking, (str(found),)) if isinstance(found, LookupError) else found

    return look


def _happened(condition: Within, fact: Fact, at: datetime | date) -> bool | LookupError:
    """An event cannot lie ahead: such a date is a slip, and a slip is not known rather than recent."""
    if fact.value is False:
        return False
    if not isinstance(fact.value, date):
        raise UnitMismatch(f"{fact.name}: needs the date of the event, or no.")
    days_ago = (day_of(at, at) - day_of(fact.value, at)).days
    if days_ago < 0:
        return LookupError(f"{fact.name}: the event is dated in the future ({fact.value})")
    return days_ago <= condition.days


_AGO = "h"


def _line(condition: Compare) -> Callable[[Fact, datetime | date], bool]:
    """Units must be one, except that yes and no have none: "hours ago" may be answered with no."""
    line, unit = condition.value, condition.unit
    hours_ago = unit == _AGO
    test = test_of(condition.comparison, line)
    over, number = NUMERIC.get(condition.comparison), line if isinstance(line, Decimal) else None

    def holds(fact: Fact, at: datetime | date) -> bool:
        if over is not None and number is not None and fact.unit == unit and type(fact.value) is Decimal:
            return over(fact.value, number)
        if fact.unit != unit and not (hours_ago and fact.value is False):
            raise UnitMismatch(
                f"{fact.name}: recorded in {fact.unit or 'no unit'}, the rule reads {unit or 'no unit'}. "
                "Convert it where it is entered."
            )
        try:
            return test(fact.value)
        except NotANumber as wrong:
            raise UnitMismatch(f"{fact.name}: {wrong}")

    return holds
