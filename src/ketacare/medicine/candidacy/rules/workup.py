"""What must be known: a fact that is owed and absent or too old leaves its check unknown, and is named.

What somebody has recorded as not done is known not to be: the check is met, and waits for the prescriber.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from ketacare.medicine.candidacy.rules.criteria import judged
from ketacare.medicine.candidacy.terms import Case, Check, Knowledge, Need, Route, Row, Stage
from ketacare.medicine.evidence.rules import day_of, in_order
from ketacare.medicine.evidence.rules.conditions import answered
from ketacare.medicine.evidence.rules.facts import AsOf, as_of
from ketacare.medicine.evidence.terms import Effect, FactUsed, Reason, Result


class _Gap(NamedTuple):
    """What one need still lacks: names, why each does not count, and what was seen instead."""

    missing: tuple[str, ...]
    why: tuple[str, ...]
    seen: tuple[FactUsed, ...]
    override: str
    not_done: bool
    enough: tuple[str, ...]
    days: int | None = None
    one_of: tuple[str, ...] = ()
    ahead: bool = False


def reasons(case: Case, knowledge: Knowledge) -> tuple[Reason, ...]:
    """One reason for each check that owes something to this question."""
    sheet, known = knowledge.workup, as_of(case.facts, case.at)
    entry = known.told(sheet.admission)
    again = entry is not None and entry.value is False
    most = None if again or sheet.entry_days is None else sheet.entry_days.integer
    asked = sheet.asked(case.stage, case.route, again)
    by_none = case.stage is Stage.DOSE and case.route is None
    return tuple(
        [
            _checked(
                check, findings, known, case.route, again, _NO_ROUTE if by_none and check.id == READY else (), most
            )
            for check, findings in asked
        ]
    )


READY = "RDY-01"
# 6.2: without the identity of the product the day is not ready, and nobody may override that.
_NO_ROUTE = (_Gap(("route",), ("route: not chosen, so nobody knows which product",), (), "none", False, ("route",)),)


def _checked(
    check: Check,
    findings: Row | None,
    known: AsOf,
    route: Route | None,
    again: bool,
    more: tuple[_Gap, ...],
    most: int | None,
) -> Reason:
    """A finding that stops comes first, then what is missing, then any other finding."""
    found = None if findings is None else judged(findings, known, route)
    told = found if found is not None and found.result is Result.MET else None
    if told is not None and told.effect is Effect.STOP:
        return told
    gaps = [*more, *(gap for need in check.needs if (gap := _gap(need, known, again)) is not None)]
    if gaps:
        return _lacking(check, [gap for gap in gaps if not gap.ahead] or gaps, most)
    return told or _in_date(check, known)


def _lacking(check: Check, gaps: list[_Gap], most: int | None) -> Reason:
    """Met where all that lacks is known not to be done; unknown while anything is not known. What lifts it counts as
    long as what is owed would: for the day where it is owed each day; `most` days where a series is entered."""
    days = [limit for limit in (most, *(gap.days for gap in gaps)) if limit is not None]
    not_done = all(gap.not_done for gap in gaps)
    why = in_order(words for gap in gaps for words in gap.why)
    strict, ahead = any(gap.override == "none" for gap in gaps), all(gap.ahead for gap in gaps)
    return Reason(
        criterion=check.id,
        title=check.title,
        result=Result.MET if not_done else Result.UNKNOWN,
        effect=Effect.CAUTION if ahead else Effect.STOP if strict else Effect.CLEAR,
        words=f"{check.title}: {'owed before the first dose' if ahead else 'still owed'} ({'; '.join(why)})",
        facts=_each_once(fact for gap in gaps for fact in gap.seen),
        missing=() if not_done else in_order(name for gap in gaps for name in gap.missing),
        enough=() if not_done else in_order(name for gap in gaps for name in gap.enough),
        one_of=() if not_done else in_order(gap.one_of for gap in gaps if gap.one_of),
        sources=check.sources,
        grade=check.grade,
        override="none" if strict else check.override,
        valid_days=min(days, default=None),
    )


def _in_date(check: Check, known: AsOf) -> Reason:
    return Reason(
        criterion=check.id,
        title=check.title,
        result=Result.NOT_MET,
        effect=Effect.CLEAR,
        words=f"{check.title}: in date, or not owed",
        facts=tuple([fact for name in check.names for fact in known.looked_up[name].used]),
        sources=check.sources,
        grade=check.grade,
        override=check.override,
    )


def _each_once(facts: Iterable[FactUsed]) -> tuple[FactUsed, ...]:
    return tuple({id(fact): fact for fact in facts}.values())


# --- one need -------------------------------------------------------------------------------------------------------


def _gap(need: Need, known: AsOf, again: bool) -> _Gap | None:
    """RUL-02: nothing is owed while the condition is not met; while that is unknown, it is asked for too."""
    limit = need.again_days if again else need.valid_days
    lacking = {name: why for name in need.names if (why := _why_not(need, name, limit, known))}
    if not lacking or (need.any_of and len(lacking) < len(need.any_of)):
        return None
    asked = tuple(lacking)[: 1 if need.any_of else None]  # of alternatives one would do
    seen = tuple(fact for name in asked for fact in known.standing(name).used)
    not_done = need.done and all(fact.value is False for fact in seen) and len(seen) == len(asked)
    one_of = tuple(lacking) if need.any_of else ()
    told = tuple(lacking[name] for name in asked)
    gap = _Gap(asked, told, seen, need.override, not_done, asked, limit, one_of, need.ahead)
    if need.only_if is None:
        return gap
    owed, facts, missing, told = answered(need.only_if, known)
    if owed is Result.NOT_MET:
        return None
    # What is known not to be done settles nothing while it may be owed: then it is asked whether it is.
    enough = asked if not not_done else missing
    not_done = not_done and not missing
    seen, told = (*facts, *seen), (*told, *gap.why)
    one_of = one_of if enough == asked else ()
    return _Gap((*missing, *asked), told, seen, need.override, not_done, enough, limit, one_of, need.ahead)


def _why_not(need: Need, name: str, limit: int | None, known: AsOf) -> str:
    """Why the fact does not count, in words; empty where it does."""
    stands = known.looked_up[name]
    if not need.done and stands.alone is not None and stands.in_days(limit, None):
        return ""
    fact = stands.current(limit, None, known.at)
    if isinstance(fact, LookupError):
        return str(fact)
    if not need.done:
        return ""
    if fact.value is False:
        return f"{name}: not done"
    if not isinstance(fact.value, date) or limit is None:
        return ""
    days = (known.today - day_of(fact.value, known.at)).days
    return f"{name}: {days} days ago, counts for {limit} days" if days > limit else ""
