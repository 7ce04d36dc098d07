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
) -> tuple[Ask, ...]:
    """What to ask after one dose. `answered_on` is when each instrument was last answered, `again_after_days` how long
    it then rests: one asked sooner would ask about the same days again, and is left out; of what staff rate, what looks
    back (`recall_days`) on days already rated. The next dose, or what is asked before it, closes what is still open,
    unless the sheet says that the ask goes on past it.
    """
    last, rest = dict(answered_on or {}), again_after_days or {}
    asks = []
    for rule in sorted(cadence, key=lambda rule: (rule.due_h, rule.key)):
        due_at = dose_at + timedelta(hours=rule.due_h)
        left_out = _left_out(rule, due_at, last, rest)
        ask = _ask(
            rule, rule.key, dose_at, left_out, next_dose_at, _resting(rule.staff, due_at, last, recall_days or {})
        )
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
) -> tuple[Ask, ...]:
    """What to ask before a dose that is planned."""
    return due_asks(
        next_dose_at, cadence, again_after_days=again_after_days, answered_on=answered_on, recall_days=recall_days
    )


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


def moved(ask: Ask, rule: AskRule, anchor_at: datetime | None, next_dose_at: datetime | None) -> Ask | None:
    """The same ask where its dose or the next one has moved: its times as they are now, or None where it is asked no
    longer. What it asks stays as it was."""
    if anchor_at is None:
        return None
    now = _ask(rule, ask.key, anchor_at, (), next_dose_at)
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


def _ask(
    rule: AskRule,
    key: str,
    anchor_at: datetime,
    left_out: tuple[str, ...],
    next_dose_at: datetime | None,
    unrated: tuple[str, ...] = (),
) -> Ask | None:
    opens_at, closes_at = anchor_at + timedelta(hours=rule.opens_h), anchor_at + timedelta(hours=rule.closes_h)
    if next_dose_at is not None and rule.anchor is Anchor.DOSE and not rule.past_next_dose:
        closes_at = min(closes_at, next_dose_at)
    instruments = tuple(name for name in rule.instruments if name not in left_out)
    if not instruments or rule.only_with in left_out or opens_at >= closes_at:
        return None
    due_at = min(anchor_at + timedelta(hours=rule.due_h), closes_at)
    staff = tuple(name for name in rule.staff if name not in unrated)
    return Ask(key, rule.title, instruments, opens_at, due_at, closes_at, left_out, staff, rule.checks)
