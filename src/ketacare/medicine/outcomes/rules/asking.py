"""When to ask: what is due after a dose, before the next and as the course goes on; what rests; what moves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ketacare.medicine.outcomes.terms import Anchor, Ask, AskRule, Cadence, Treated

SAFETY_LAST = "safety-items"


def tailored(cadence: Cadence, treated: Treated) -> tuple[AskRule, ...]:
    """The rules as they are for this person: each with what comes to it by what is treated, by protocol, by dose."""
    return tuple(_with(rule, cadence, treated) for rule in cadence.rules)


def _with(rule: AskRule, cadence: Cadence, treated: Treated) -> AskRule:
    for more in cadence.additions:
        if more.to == rule.key and more.is_for(treated):
            new = tuple(name for name in more.instruments if name not in rule.instruments)
            end = rule.instruments[-1:] if rule.instruments[-1:] == (SAFETY_LAST,) else ()
            rule = replace(
                rule,
                instruments=(*rule.instruments[: len(rule.instruments) - len(end)], *new, *end),
                staff=(*rule.staff, *(name for name in more.staff if name not in rule.staff)),
                checks=(*rule.checks, *more.checks),
                unless=(*rule.unless, *more.unless),
            )
    return rule


def due_asks(
    dose_at: datetime,
    cadence: Iterable[AskRule],
    *,
    again_after_days: Mapping[str, int] | None = None,
    answered_on: Mapping[str, datetime] | None = None,
    recall_days: Mapping[str, int] | None = None,
    next_dose_at: datetime | None = None,
    begins_at: datetime | None = None,
) -> tuple[Ask, ...]:
    """What to ask after one dose. `answered_on` is when each instrument was last answered, `again_after_days` how long
    it then rests: one asked sooner would ask about the same days again, and is left out; of what staff rate, what looks
    back (`recall_days`) on days already rated. What is asked before the next dose (`next_dose_at`) closes what is still
    open, unless the sheet says that the ask goes on past it, or until that dose `begins_at`.
    """
    last, rest = dict(answered_on or {}), again_after_days or {}
    asks = []
    for rule in sorted(cadence, key=lambda rule: (rule.due_h, rule.key)):
        due_at = dose_at + timedelta(hours=rule.due_h)
        left_out = _left_out(rule, due_at, last, rest)
        ends_at = _ends_at(rule, next_dose_at, begins_at)
        ask = _ask(rule, rule.key, dose_at, left_out, ends_at, _resting(rule.staff, due_at, last, recall_days or {}))
        if ask is not None:
            asks.append(ask)
            last |= dict.fromkeys((*ask.instruments, *ask.staff), due_at)
    return tuple(asks)


def early_asks(
    next_dose_at: datetime,
    cadence: Iterable[AskRule],
    *,
    again_after_days: Mapping[str, int] | None = None,
    answered_on: Mapping[str, datetime] | None = None,
    recall_days: Mapping[str, int] | None = None,
    beside: Iterable[Ask] = (),
) -> tuple[Ask, ...]:
    """What to ask before a dose that is planned. What is asked `beside` it, of the dose before, ends first where there
    is time; where there is none it keeps its own questions. Safety is asked in both: before each dose anew."""
    rules, there = {rule.key: rule for rule in cadence}, tuple(beside)
    asks = due_asks(
        next_dose_at,
        rules.values(),
        again_after_days=again_after_days,
        answered_on=answered_on,
        recall_days=recall_days,
    )
    return tuple(
        _without_twice(replace(ask, opens_at=opened_beside(ask, rules[ask.key], there)), there) for ask in asks
    )


def opened_beside(ask: Ask, rule: AskRule, beside: Iterable[Ask]) -> datetime:
    """Not before what is asked of the dose before is over, as long as there is room after it."""
    latest = ask.closes_at - timedelta(hours=rule.room_h)
    return max([ask.opens_at, *(one.closes_at for one in beside if one.closes_at <= latest)])


def _without_twice(ask: Ask, beside: Iterable[Ask]) -> Ask:
    open_then = [one for one in beside if one.opens_at < ask.closes_at and ask.opens_at < one.closes_at]
    twice = {name for one in open_then for name in one.instruments} - {SAFETY_LAST}
    kept = tuple(name for name in ask.instruments if name not in twice)
    return replace(ask, instruments=kept) if kept else ask


def course_asks(
    first_dose_at: datetime,
    now: datetime,
    cadence: Iterable[AskRule],
    *,
    again_after_days: Mapping[str, int] | None = None,
    answered_on: Mapping[str, datetime] | None = None,
    recall_days: Mapping[str, int] | None = None,
    beside: Iterable[Ask] = (),
    taken: Iterable[Ask] = (),
) -> tuple[Ask, ...]:
    """What the course asks for now, numbered from its first dose. The rarer stands in for the one it replaces. A time
    that has gone by is not caught up with: the next one comes. It waits for what is open already of those `beside` it,
    and asks too what those asked that it has `taken` in: due, and followed by a call, no later than they were.
    """
    last, rest, there = dict(answered_on or {}), again_after_days or {}, tuple(beside)
    asks = []
    for rule, count, anchor in _running(first_dose_at, now, cadence):
        opens_at = anchor + timedelta(hours=rule.opens_h)
        if any(one.opens_at < opens_at and now < one.closes_at for one in there):
            continue
        with_it = [one for one in taken if one.key == rule.takes_in]
        whole = _joined(rule, with_it)
        due_at = min([anchor + timedelta(hours=rule.due_h), *(one.due_at for one in with_it)])
        left_out, unrated = _left_out(whole, due_at, last, rest), _resting(whole.staff, due_at, last, recall_days or {})
        ask = _ask(whole, f"{rule.key}-{count}", anchor, left_out, None, unrated)
        if ask is not None:
            closes_at = min([ask.closes_at, *(one.closes_at for one in with_it)])
            asks.append(replace(ask, due_at=due_at, closes_at=closes_at))
    return tuple(asks)


def taken_in(
    first_dose_at: datetime, now: datetime, cadence: Iterable[AskRule], waiting: Iterable[Ask]
) -> tuple[Ask, ...]:
    """Which of those that wait are asked with what the course asks now: they would open before that is due."""
    running, there = _running(first_dose_at, now, cadence), tuple(waiting)
    return tuple(
        one
        for rule, _, anchor in running
        for one in there
        if one.key == rule.takes_in
        and anchor + timedelta(hours=rule.opens_h) <= one.opens_at <= anchor + timedelta(hours=rule.due_h)
    )


def _running(first_dose_at: datetime, now: datetime, cadence: Iterable[AskRule]) -> list[tuple[AskRule, int, datetime]]:
    """The rules of a course whose window is open: each with its number and what its hours are counted from."""
    found = []
    for rule in cadence:
        since = now - first_dose_at - timedelta(hours=rule.opens_h)
        count = since // timedelta(days=rule.every_days)
        anchor = first_dose_at + timedelta(days=rule.every_days * count)
        if count > 0 and now < anchor + timedelta(hours=rule.closes_h):
            found.append((rule, count, anchor))
    replaced = {rule.in_place_of for rule, _, _ in found}
    return [one for one in found if one[0].key not in replaced]


def _joined(rule: AskRule, asks: Iterable[Ask]) -> AskRule:
    """With what those asks ask that it does not; safety last."""
    for one in asks:
        known = {*rule.instruments, *rule.staff}
        forms = (*rule.instruments, *(name for name in one.instruments if name not in known))
        staff = (*rule.staff, *(name for name in one.staff if name not in known))
        checks = (*rule.checks, *(words for words in one.checks if words not in rule.checks))
        rule = replace(rule, instruments=tuple(sorted(forms, key=SAFETY_LAST.__eq__)), staff=staff, checks=checks)
    return rule


def moved(
    ask: Ask,
    rule: AskRule,
    anchor_at: datetime | None,
    next_dose_at: datetime | None,
    begins_at: datetime | None = None,
) -> Ask | None:
    """The same ask where its dose or the next one has moved: its times as they are now, or None where it is asked no
    longer. What it asks stays as it was."""
    if anchor_at is None:
        return None
    now = _ask(rule, ask.key, anchor_at, (), _ends_at(rule, next_dose_at, begins_at))
    if now is None:
        return None
    return Ask(ask.key, ask.title, ask.instruments, now.opens_at, now.due_at, now.closes_at, ask.left_out)


def _resting(
    instruments: tuple[str, ...], due_at: datetime, last: Mapping[str, datetime], rest: Mapping[str, int]
) -> tuple[str, ...]:
    return tuple(
        name for name in instruments if name in last and abs(due_at - last[name]) < timedelta(days=rest.get(name, 0))
    )


def _left_out(
    rule: AskRule, due_at: datetime, last: Mapping[str, datetime], rest: Mapping[str, int]
) -> tuple[str, ...]:
    """What rests, and what stands in for another form that does not."""
    resting = _resting(rule.instruments, due_at, last, rest)
    stands_in = (name for name, other in rule.unless if other not in resting and name not in resting)
    return (*resting, *stands_in)


def _ends_at(rule: AskRule, next_dose_at: datetime | None, begins_at: datetime | None) -> datetime | None:
    """What the next dose makes of an ask of this one: its questions end it, or it itself, or nothing."""
    if rule.anchor is not Anchor.DOSE or rule.past_next_dose:
        return None
    return begins_at if rule.until_next_dose and begins_at is not None else next_dose_at


def _ask(
    rule: AskRule,
    key: str,
    anchor_at: datetime,
    left_out: tuple[str, ...],
    ends_at: datetime | None,
    unrated: tuple[str, ...] = (),
) -> Ask | None:
    opens_at, closes_at = anchor_at + timedelta(hours=rule.opens_h), anchor_at + timedelta(hours=rule.closes_h)
    if ends_at is not None:
        closes_at = min(closes_at, ends_at)
    instruments = tuple(name for name in rule.instruments if name not in left_out)
    if not instruments or rule.only_with in left_out or opens_at >= closes_at:
        return None
    due_at = min(anchor_at + timedelta(hours=rule.due_h), closes_at)
    staff = tuple(name for name in rule.staff if name not in unrated)
    return Ask(key, rule.title, instruments, opens_at, due_at, closes_at, left_out, staff, rule.checks)
