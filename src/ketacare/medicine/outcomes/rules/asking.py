"""When to ask: what is due after a dose, what rests, and what the next dose closes."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from ketacare.medicine.outcomes.terms import Ask, AskRule


def due_asks(
    dose_at: datetime,
    cadence: Iterable[AskRule],
    *,
    again_after_days: Mapping[str, int] | None = None,
    answered_on: Mapping[str, datetime] | None = None,
    next_dose_at: datetime | None = None,
) -> tuple[Ask, ...]:
    """What to ask after one dose. `answered_on` is when each instrument was last answered, `again_after_days` how long
    it then rests: one asked sooner would ask about the same days again, and is left out. The next dose closes what is
    still open, unless the sheet says that the ask goes on past it.
    """
    last, rest = dict(answered_on or {}), again_after_days or {}
    asks = []
    for rule in sorted(cadence, key=lambda rule: (rule.due_h, rule.key)):
        due_at = dose_at + timedelta(hours=rule.due_h)
        ask = _ask(rule, dose_at, _resting(rule.instruments, due_at, last, rest), next_dose_at)
        if ask is not None:
            asks.append(ask)
            last |= dict.fromkeys(ask.instruments, due_at)
    return tuple(asks)


def _resting(
    instruments: tuple[str, ...], due_at: datetime, last: Mapping[str, datetime], rest: Mapping[str, int]
) -> tuple[str, ...]:
    return tuple(
        name for name in instruments if name in last and abs(due_at - last[name]) < timedelta(days=rest.get(name, 0))
    )


def _ask(rule: AskRule, dose_at: datetime, left_out: tuple[str, ...], next_dose_at: datetime | None) -> Ask | None:
    opens_at, closes_at = dose_at + timedelta(hours=rule.opens_h), dose_at + timedelta(hours=rule.closes_h)
    if next_dose_at is not None and not rule.past_next_dose:
        closes_at = min(closes_at, next_dose_at)
    instruments = tuple(name for name in rule.instruments if name not in left_out)
    if not instruments or rule.only_with in left_out or opens_at >= closes_at:
        return None
    due_at = min(dose_at + timedelta(hours=rule.due_h), closes_at)
    return Ask(rule.key, rule.title, instruments, opens_at, due_at, closes_at, left_out)
