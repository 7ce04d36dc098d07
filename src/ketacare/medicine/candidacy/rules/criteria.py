"""Rows of criteria judged: of a row's outcomes the severest that is met counts, and one reason tells the row.

A row is unknown while an outcome severer than those that are met still may be. A test that is owed only under a
condition (RUL-02) and was not done holds nothing back while that condition is not met, and leaves the row unknown while
it is unknown; a test that was done counts, whatever the condition, and two records that disagree are no missing test.
While the route is open, rows of every route are judged, and the words say by which.
"""

from collections.abc import Iterable, Sequence
from itertools import product
from math import prod

from msgspec.structs import replace

from ketacare.medicine.candidacy.rules import words
from ketacare.medicine.candidacy.terms import WORKED_OUT, Case, Knowledge, Route, Row
from ketacare.medicine.evidence.rules import in_order
from ketacare.medicine.evidence.rules.conditions import Answer, Reading, answered, answering
from ketacare.medicine.evidence.rules.facts import AsOf, as_of
from ketacare.medicine.evidence.terms import Criterion, FactUsed, Reason, Result

_MET, _NOT_MET, _UNKNOWN = Result.MET, Result.NOT_MET, Result.UNKNOWN


def reasons(case: Case, knowledge: Knowledge) -> tuple[Reason, ...]:
    """The contraindications: one reason for each row."""
    return reasons_of(knowledge.contraindications.rows(case.stage, case.route), case)


def reasons_of(rows: Iterable[Row], case: Case) -> tuple[Reason, ...]:
    known, route = as_of(case.facts, case.at), case.route
    return tuple([judged(row, known, route) for row in rows])


def judged(row: Row, known: AsOf, route: Route | None) -> Reason:
    """One row: its severest outcome that is met, or unknown while a severer one may be, or not met."""
    _, asks, not_met = _ready.get(id(row)) or _made_ready(row)
    if len(asks) == 1:  # most rows have one outcome, and most of them come out not met
        answer = asks[0](known)
        return replace(not_met, facts=answer[1]) if answer[0] is _NOT_MET else _weighed(row, [answer], known, route)
    answers = [ask(known) for ask in asks]
    for answer in answers:
        if answer[0] is not _NOT_MET:
            return _weighed(row, answers, known, route)
    return replace(not_met, facts=_facts(answers))


def _weighed(row: Row, answers: Sequence[Answer], known: AsOf, route: Route | None) -> Reason:
    """A row of which something is met or unknown."""
    outcomes, results = row.outcomes, [answer[0] for answer in answers]
    met = results.index(_MET) if _MET in results else len(outcomes)
    milder = outcomes[met].effect if met < len(outcomes) else None
    asked = [place for place in range(met) if results[place] is _UNKNOWN and outcomes[place].effect is not milder]
    return _open(row, answers, asked, known) if asked else _met(row, answers, met, known, route)


_MOST_ROWS = 8192
_ready: dict[int, tuple[Row, tuple[Reading, ...], Reason]] = {}


def _made_ready(row: Row) -> tuple[Row, tuple[Reading, ...], Reason]:
    """The outcomes of this very row as functions, and what is said where none is met, but for the facts; kept with the
    row, so that no other may take its place."""
    if len(_ready) >= _MOST_ROWS:
        _ready.clear()
    asks, first = tuple(_asking(criterion) for criterion in row.outcomes), row.outcomes[0]
    kept = _ready[id(row)] = (row, asks, _reason(first, _NOT_MET, (), words.not_met(first)))
    return kept


def _asking(criterion: Criterion) -> Reading:
    """RUL-02: what the row comes to, given whether its test is owed."""
    ask = answering(criterion.condition)
    if criterion.only_if is None:
        return ask
    is_owed = answering(criterion.only_if)

    def read(known: AsOf) -> Answer:
        answer = ask(known)
        if answer[0] is not _UNKNOWN:
            return answer
        owed = is_owed(known)
        if owed[0] is _NOT_MET:
            disputed = _disputed(ask, answer, known)
            return (_UNKNOWN, answer[1], disputed, answer[3]) if disputed else (_NOT_MET, owed[1], (), ())
        return _UNKNOWN, (*owed[1], *answer[1]), (*owed[2], *answer[2]), (*owed[3], *answer[3])

    return read


_MOST_RECORDS = 64


def _disputed(ask: Reading, answer: Answer, known: AsOf) -> tuple[str, ...]:
    """The facts of which several records stand and one meets the row: no missing test, owed or not. Of too many to try
    one by one nobody says that none does."""
    names = tuple(name for name in answer[2] if len(known.looked_up[name].facts) > 1)
    told = [known.looked_up[name].facts for name in names]
    if not names or prod(map(len, told)) > _MOST_RECORDS:
        return names
    return names if any(ask(known.with_only(chosen))[0] is _MET for chosen in product(*told)) else ()


def _open(row: Row, answers: Sequence[Answer], still_open: Sequence[int], known: AsOf) -> Reason:
    """What a milder outcome lacks is not asked for while a severer one is open that holds the whole back."""
    severest = row.outcomes[still_open[0]]
    asked = [place for place in still_open if row.outcomes[place].holds_back or not severest.holds_back]
    lacking = in_order(_lacking(row, row.outcomes[place], answers[place], known) for place in asked)
    missing = in_order(WORKED_OUT.get(name, name) for answer in lacking for name in answer[2])
    why = in_order(words.asked(told) for answer in lacking for told in answer[3])
    reason = _reason(severest, _UNKNOWN, _facts(lacking), words.unknown(severest, why), missing)
    if all(row.outcomes[place].only_if is None for place in asked):
        return reason
    tests = (_test(row, row.outcomes[place], answers[place], known) for place in asked)
    return replace(reason, enough=in_order(WORKED_OUT.get(name, name) for answer in tests for name in answer[2]))


def _test(row: Row, criterion: Criterion, answer: Answer, known: AsOf) -> Answer:
    """RUL-02: a test that was done counts whether it is owed or not, so that alone settles it."""
    only_if = criterion.only_if is not None
    return answered(criterion.condition, known) if only_if else _lacking(row, criterion, answer, known)


def _lacking(row: Row, criterion: Criterion, answer: Answer, known: AsOf) -> Answer:
    """Outcomes of one effect are settled together: what settles one of them may settle all."""
    together = row.together.get(criterion.effect)
    return answer if together is None or criterion.only_if is not None else answered(together, known)


def _met(row: Row, answers: Sequence[Answer], met: int, known: AsOf, route: Route | None) -> Reason:
    criterion = row.outcomes[met]
    if route is not None or not criterion.routes:
        return _reason(criterion, _MET, answers[met][1], words.met(criterion, answers[met][1], known.at))
    pairs = zip(row.outcomes[met:], answers[met:], strict=True)
    told = words.by_route([(part, answer[1]) for part, answer in pairs if answer[0] is _MET], known.at)
    return _reason(criterion, _MET, answers[met][1], told)


def _facts(answers: Sequence[Answer]) -> tuple[FactUsed, ...]:
    return tuple({id(fact): fact for answer in answers for fact in answer[1]}.values())


def _reason(
    criterion: Criterion, result: Result, facts: tuple[FactUsed, ...], told: str, missing: tuple[str, ...] = ()
) -> Reason:
    return Reason(
        criterion.id,
        criterion.title,
        result,
        criterion.effect,
        told,
        facts,
        missing,
        criterion.sources,
        criterion.grade,
        criterion.override,
        False,
        criterion.alternative,
        criterion.label_or_house,
        criterion.routes,
        criterion.valid_days,
    )
