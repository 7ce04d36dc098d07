"""What of our own processes says nothing any more (D9, G13), and whether the server's clock has leapt (I11).

Of each kind one that lives is enough: another takes over what one did. What was stopped on purpose says so, as does a
person of what is used no more; what was last heard a day ago, and nobody sends to, is used no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import F

from ketacare.clinic.monitoring.actions.ticking import beat
from ketacare.clinic.monitoring.models import Beat, DeviceClock, DeviceLease, Pairing, Way

USED_NO_MORE = timedelta(hours=24)
SENT_TO = timedelta(days=30)  # a weekend or a holiday without a dose is no other way of sending
STOPPED = datetime(1970, 1, 1, tzinfo=UTC)
CLOCK, CLOCK_OFF, GATEWAY, MQTT = "clock", "clock off by", "gateway ", "mqtt "
# Who calls about concerns: a gateway that hangs for one call, or for several, is no process that hangs.
CALLER_OF_CONCERNS, CALLER_MOST = "caller of concerns", timedelta(seconds=30)
SENDER, SENDER_MOST, SENDER_INTERVALS = "sender", timedelta(seconds=10), timedelta(seconds=2.5)  # T2
SENDER_REMEDY = "Go by the bedside monitor. Look at its cable, the agent beside it, and its network."
OFF_TOLD_FOR = timedelta(seconds=30)  # said anew each second
LEAP_TOLD_FOR = timedelta(hours=1)
LEAP_LEAST_S, LEAP_GRAVE_S = 1.0, 5.0  # I11


@dataclass(frozen=True, slots=True)
class Kind:
    """Processes by the beginning of their name, what people miss of them, and how long they may say nothing."""

    begins: str
    words: str
    remedy: str
    most: timedelta
    brings_readings: bool = True


KINDS = (
    Kind(
        GATEWAY,
        "No reading of a monitor by HL7 is taken in",
        "Go by the bedside monitor; chart by hand; tell whoever runs the system.",
        timedelta(seconds=10),
    ),
    Kind(
        MQTT,
        "No reading of a monitor by MQTT is taken in",
        "Go by the bedside monitor; chart by hand; tell whoever runs the system.",
        timedelta(seconds=10),
    ),
    Kind(
        "worker",
        "Reminders, papers and exports wait: background work has stopped",
        "Call by hand whom a reminder would reach; tell whoever runs the system.",
        timedelta(minutes=3),  # an hourly round may take a while
        brings_readings=False,
    ),
)


@dataclass(frozen=True, slots=True)
class Silent:
    kind: str
    words: str
    since: datetime
    remedy: str
    brings_readings: bool


def silent_to(clinic_id: UUID, at: datetime) -> list[Silent]:
    """Of what takes readings in, that by which a monitor that is in use sent last, within the last month: a listener
    that nobody here sends to is missed by nobody here, nor is one that was tried before another way was taken. Gateways
    hold a lease of the monitors they listen to; of what nobody noted the way, that tells HL7 from all others."""
    here = {"device__clinic_id": clinic_id, "device__retired_at": None}
    leased = DeviceLease.objects.filter(until__gt=at - SENT_TO, **here)
    by_gateway = leased.exclude(
        device__clock__way__in=(Way.JSON, Way.MQTT), device__clock__last_received_at__gte=F("until")
    )
    heard = DeviceClock.objects.filter(last_received_at__gt=at - SENT_TO, **here)
    unsaid = heard.filter(way="").exclude(device__lease__until__gte=F("last_received_at"))
    by_mqtt = heard.filter(way=Way.MQTT)
    used = {GATEWAY: by_gateway.exists(), MQTT: by_mqtt.exists() or unsaid.exists()}
    return [one for one in silent(at, used_within=SENT_TO) if one.brings_readings and used[one.kind]]


def senders_silent(clinic_id: UUID, at: datetime) -> list[Silent]:
    """Monitors that are on somebody and of which nothing comes any more, by whichever way: an agent at the bedside, a
    device with a key of its own. The chair says that the signal is lost (T2); here it is the sender that has no life,
    and not a probe that came off."""
    paired = Pairing.objects.filter(clinic_id=clinic_id, ended_at__isnull=True, until__gt=at)
    found: list[Silent] = []
    for one in paired.select_related("device__clock", "visit__chair").order_by("device__name"):
        clock = getattr(one.device, "clock", None)
        heard_at = clock.last_received_at if clock is not None else None
        since = max(one.paired_at, heard_at) if heard_at is not None else one.paired_at
        if at - since > max(SENDER_MOST, one.device.promises_every_s * SENDER_INTERVALS):
            chair = one.visit.chair.name if one.visit.chair else "no chair"
            words = f"Nothing comes from {one.device.name}, {chair}"
            found.append(Silent(SENDER, words, since, SENDER_REMEDY, brings_readings=True))
    return found


@dataclass(frozen=True, slots=True)
class Leap:
    """The server's clock went on by so much more, or less, than time did."""

    at: datetime
    seconds: float

    @property
    def grave(self) -> bool:
        return self.seconds > LEAP_GRAVE_S


def stopped(process: str) -> None:
    """On purpose: nobody is to miss it."""
    beat(process=process, at=STOPPED)


def silent(at: datetime, *, used_within: timedelta = USED_NO_MORE) -> list[Silent]:
    beats = list(Beat.objects.filter(at__gt=at - used_within).values_list("process", "at"))
    found: list[Silent] = []
    for kind in KINDS:
        newest = max((then for name, then in beats if name.startswith(kind.begins)), default=None)
        if newest is not None and at - newest > kind.most:
            found.append(Silent(kind.begins, kind.words, newest, kind.remedy, kind.brings_readings))
    return found


def nobody_is_called(at: datetime) -> datetime | str | None:
    """Since when no text and no call about a concern goes out (D9, H13); nothing while they do."""
    newest = Beat.objects.filter(process=CALLER_OF_CONCERNS).values_list("at", flat=True).first()
    if newest is None:
        return "it was started"
    return newest if at - newest > CALLER_MOST else None


def leapt(leap: Leap) -> None:
    """The gravest of the last hour is told: for its hour, where only a small one came after it, as a time service makes
    it, since that does not make the times before and after fit; for an hour from the last grave one, as no time before
    that fits. Gone back over, it is told from now on, and not until its own time comes."""
    known = last_leap(leap.at)
    if known is not None and known.seconds > leap.seconds:
        leap = Leap(leap.at if leap.grave else min(known.at, leap.at), known.seconds)
    beat(process=CLOCK, at=leap.at, late_s=leap.seconds)


def clock_off(seconds: float, at: datetime) -> None:
    """As the time service of the machine says it (I11)."""
    beat(process=CLOCK_OFF, at=at, late_s=seconds)


def off_by(at: datetime) -> float | None:
    """For how many seconds the server's clock is off, where that is more than may be (I11)."""
    row = Beat.objects.filter(process=CLOCK_OFF, at__gt=at - OFF_TOLD_FOR).values_list("late_ms", flat=True).first()
    return None if row is None or row / 1000 <= LEAP_LEAST_S else row / 1000


def last_leap(at: datetime) -> Leap | None:
    """That of the last hour. One noted for a moment to come was noted before the clock went back again."""
    row = Beat.objects.filter(process=CLOCK, at__gt=at - LEAP_TOLD_FOR).values_list("at", "late_ms").first()
    return None if row is None else Leap(row[0], row[1] / 1000)
