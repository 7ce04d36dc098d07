"""G28: monitors with wrong clocks.

How far off a charted time may be has its ground in how a clock is judged (`medicine/monitoring/rules/clocks.py`): a
difference up to SAME is taken for time on the way; a larger one that stays the same is believed after SETTLES_IN, while
a clock that drifts drifts on; and times are corrected by whole seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bench.devices.chairs import Chair, Proof, furnished, message, taken
from ketacare.medicine.monitoring.rules.clocks import NOT_TRUSTED, SAME, SECOND, SETTLES_IN

BEGAN = datetime(2026, 7, 14, 12, tzinfo=UTC)
ON_THE_WAY = timedelta(milliseconds=200)
LASTS_S = 600
MINUTE = timedelta(minutes=1)
Came = tuple[bytes, datetime, timedelta]


@dataclass(frozen=True)
class Wrong:
    """A clock, by how many seconds it is ahead at each second of the session."""

    words: str
    ahead: Callable[[float], float]
    drift_a_minute: timedelta = timedelta()

    @property
    def off_most(self) -> timedelta:
        return SAME + SECOND + ON_THE_WAY + self.drift_a_minute * (SETTLES_IN / MINUTE)


CLOCKS = (
    Wrong("right", lambda s: 0.0),
    Wrong("24 h ahead", lambda s: 86_400.0),
    Wrong("24 h behind", lambda s: -86_400.0),
    Wrong("25 s behind", lambda s: -25.4),
    Wrong("drifts 1 s a minute ahead", lambda s: s / 60, SECOND),
    Wrong("drifts 1 s a minute behind", lambda s: -s / 60, SECOND),
    Wrong("drifts 1.9 s a minute behind", lambda s: -1.9 * s / 60, 1.9 * SECOND),
    Wrong("jumps an hour ahead at 300 s", lambda s: 3600.0 if s >= 300 else 0.0),
    Wrong("1970", lambda s: -1_784_030_400.0 + s),
)
SET_BACK = (
    Wrong("an hour", lambda s: -3600.0 if s >= 300 else 0.0),
    Wrong("40 s", lambda s: -40.0 if s >= 300 else 0.0),
)
TOO_FAST = (Wrong("drifts 5 s a minute behind", lambda s: -s / 12, 5 * SECOND),)


def g28() -> list[Proof]:
    followed = "as far as a clock is followed"
    beyond = f"a clock that loses more than {SAME.seconds} s a minute, and is taken for ever later messages"
    return [wrong_clocks(CLOCKS, followed), set_back(), wrong_clocks(TOO_FAST, beyond), *waited_both()]


def waited_both() -> list[Proof]:
    return [waited_in_the_monitor(among_live=False), waited_in_the_monitor(among_live=True)]


def wrong_clocks(clocks: Sequence[Wrong], which: str) -> Proof:
    from ketacare.web.gateway.writer import Writer

    proof = Proof("G28", f"{LASTS_S} s by a wrong clock, a value a second: {which}")
    proof.found.append(
        f"the bound: {SAME.seconds} s that may be time on the way, {SECOND.seconds} s for whole seconds, "
        f"{ON_THE_WAY.total_seconds():.1f} s on the way here, and what the clock drifts in the {SETTLES_IN.seconds} s "
        "until a difference is believed"
    )
    for clock in clocks:
        [chair] = furnished(1, BEGAN - timedelta(seconds=5))
        taken(Writer(lambda: BEGAN), [live(chair, second, clock.ahead(second)) for second in range(LASTS_S)])
        off = offs(chair)
        worst, beyond = max(off), sum(one > clock.off_most.total_seconds() for one in off)
        bound = f"{clock.off_most.total_seconds():.1f} s"
        words = f"{clock.words}: {len(off)} charted, the worst {worst:.1f} s off, {beyond} by more than {bound}"
        proof.must(len(off) == LASTS_S and beyond == 0, words)
    taken_as_sent = {clock.words: max(abs(clock.ahead(second)) for second in range(LASTS_S)) for clock in clocks}
    taken_as_sent.pop("right", None)
    listed = ", ".join(f"{words} {most:,.0f} s off" for words, most in taken_as_sent.items())
    proof.control = f"device times taken as they are: {listed}"
    bounds = {clock.words: clock.off_most.total_seconds() for clock in clocks}
    proof.control_failed = all(most > bounds[words] for words, most in taken_as_sent.items())
    return proof


def set_back() -> Proof:
    """It looks like a network that holds everything back; which of the two it is, only a minute tells."""
    from ketacare.clinic.tenancy import actions as tenancy
    from ketacare.exchange.mailroom.models import Message
    from ketacare.web.gateway.writer import Writer

    most = SETTLES_IN // SECOND + 1
    proof = Proof(
        "G28", f"a clock set back at 300 s: for {SETTLES_IN.seconds} s taken for late messages, then believed"
    )
    for clock in SET_BACK:
        [chair] = furnished(1, BEGAN - timedelta(seconds=5))
        taken(Writer(lambda: BEGAN), [live(chair, second, clock.ahead(second)) for second in range(LASTS_S)])
        times, off = charted(chair)[0], offs(chair)
        with tenancy.tenant(chair.clinic.organisation_id):
            kept = Message.objects.filter(clinic=chair.clinic).count()
        apart, late = LASTS_S - len(times), sum(one > clock.off_most.total_seconds() for one in off)
        words = f"{clock.words}: {kept} messages kept; {apart} in no chart, {late} charted as {max(off):.1f} s old"
        proof.must(kept == LASTS_S and apart + late <= most, f"{words}, of at most {most}; the rest right")
    proof.found.append(
        "by the bound of the other clocks this does not hold; "
        "it is the price of never taking what is late for current (H5)"
    )
    proof.control = "device times taken as they are: 300 of 600 would be off, by an hour or 40 s"
    proof.control_failed = True  # by arithmetic: half of the times carry the error
    return proof


def live(chair: Chair, second: int, ahead_s: float = 0.0, came_s: float | None = None) -> Came:
    happened = BEGAN + timedelta(seconds=second)
    raw = message(chair, happened + timedelta(seconds=ahead_s), str(second), 90 + second % 9)
    came = happened if came_s is None else BEGAN + timedelta(seconds=came_s)
    return raw, came + ON_THE_WAY, timedelta()


def waited_in_the_monitor(*, among_live: bool) -> Proof:
    """A right clock; what the monitor could not send from 100 to 200 s comes before what is new, or mixed with it."""
    from ketacare.web.gateway.writer import Writer

    how = "one by one among live values" if among_live else "in order before the live ones"
    proof = Proof("G28", f"a right clock, what waited 100 s in the monitor comes {how}")
    [chair] = furnished(1, BEGAN - timedelta(seconds=5))
    start = 300 if among_live else 200
    waited = [live(chair, 100 + place, came_s=start + (place + 0.5 if among_live else 0.0)) for place in range(100)]
    prompt = [live(chair, second) for second in range(LASTS_S) if not 100 <= second < 200]
    taken(Writer(lambda: BEGAN), sorted([*waited, *prompt], key=lambda one: one[1]))
    times, doubted = charted(chair)
    expected = {BEGAN + timedelta(seconds=second) for second in range(LASTS_S)}
    missing = len(expected - set(times))
    proof.must(
        len(times) == LASTS_S and missing == 0,
        f"{len(times)} charted, {LASTS_S - missing} at the second they were taken, {doubted} say '{NOT_TRUSTED}'",
    )
    late = sum(came - (BEGAN + timedelta(seconds=100 + place)) > SAME for place, (_, came, _) in enumerate(waited))
    proof.control = f"charted when it came, {late} of the 100 that waited would be off by more than {SAME.seconds} s"
    proof.control_failed = late > 0
    return proof


def offs(chair: Chair) -> list[float]:
    """How many seconds each charted time is from when it came, which is when it happened, but for the way."""
    from ketacare.clinic.monitoring.models import Reading
    from ketacare.clinic.tenancy import actions as tenancy

    with tenancy.tenant(chair.clinic.organisation_id):
        rows = list(Reading.objects.filter(visit=chair.visit))
    return [abs((row.taken_at - row.received_at).total_seconds()) for row in rows]


def charted(chair: Chair) -> tuple[list[datetime], int]:
    from ketacare.clinic.monitoring.models import Reading
    from ketacare.clinic.tenancy import actions as tenancy

    with tenancy.tenant(chair.clinic.organisation_id):
        rows = list(Reading.objects.filter(visit=chair.visit))
    return [row.taken_at for row in rows], sum(NOT_TRUSTED in row.reason for row in rows)
