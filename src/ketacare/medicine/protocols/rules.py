"""When readings, doses and follow-ups are due under a protocol."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from ketacare.medicine.evidence.terms import Figure
from ketacare.medicine.protocols.terms import DueReading, FollowUp, Phase, Protocol

WEEKDAYS = frozenset(range(5))
_SHIFTS = (0, 1, -1, 2, -2, 3)


class NoRoomForDose(ValueError):
    """No open day near enough to the ideal one."""


def schedule(protocol: Protocol) -> tuple[DueReading, ...]:
    """Every reading owed, by minute from T0; those owed before leaving come last."""
    return protocol.readings


def course_dates(
    protocol: Protocol,
    first_on: date,
    *,
    open_weekdays: Collection[int] = WEEKDAYS,
    closed_on: Collection[date] = (),
) -> tuple[date, ...]:
    """Proposed dose dates: spread evenly, never on consecutive days, on open days only (Monday is 0)."""
    days: list[date] = []
    for number in range(protocol.sessions):
        week, place = divmod(number, protocol.per_week)
        ideal = first_on + timedelta(days=7 * week + 7 * place // protocol.per_week)
        earliest = days[-1] + timedelta(days=protocol.min_days_between) if days else first_on
        days.append(_open_day(ideal, earliest, open_weekdays, closed_on))
    return tuple(days)


def _open_day(ideal: date, earliest: date, open_weekdays: Collection[int], closed_on: Collection[date]) -> date:
    for shift in _SHIFTS:
        day = ideal + timedelta(days=shift)
        if day >= earliest and day.weekday() in open_weekdays and day not in closed_on:
            return day
    raise NoRoomForDose(f"Dose date: no open day within 3 days of {ideal:%d-%b-%Y}. Choose another first day.")


def follow_up_times(follow_up: FollowUp, started_at: datetime) -> tuple[datetime, datetime, datetime]:
    """When it opens, is due, and goes to a person because nobody answered."""
    hours = (follow_up.opens_h, follow_up.due_h, follow_up.escalate_h)
    opens_at, due_at, escalate_at = (started_at + timedelta(hours=hour) for hour in hours)
    return opens_at, due_at, escalate_at


def induction_doses(protocol: Protocol, phases: Sequence[Phase] = ()) -> int:
    """The doses that a course begins with, in its first rhythm: those that the protocol orders where its sheet says
    what follows them; where it does not, as many as may be ordered of it. `phases`: of the regimen as published."""
    has_later = bool(protocol.later) or bool(later_phases(phases, protocol))
    return protocol.sessions if has_later else max(protocol.sessions, protocol.most_sessions)


def later_phases(phases: Sequence[Phase], protocol: Protocol) -> Sequence[Phase]:
    """What follows the phase whose doses are the protocol's own; nothing where the sheet counts them in none."""
    own = [place for place, one in enumerate(phases) if whole(one, "sessions") == protocol.sessions]
    return phases[own[0] + 1 :] if own else ()


def whole(phase: Phase, name: str) -> int | None:
    figure = phase.figures.get(name)
    return figure.integer if isinstance(figure, Figure) else None
