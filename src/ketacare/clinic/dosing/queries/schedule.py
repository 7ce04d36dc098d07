"""What is owed when: the protocol's readings on this session's clock, and the values they start from."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import QuerySet

from ketacare.clinic.dosing.models import Session, SessionState
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.models import Reading
from ketacare.clinic.protocols import queries as protocols
from ketacare.clinic.scheduling.models import Visit
from ketacare.medicine.monitoring.terms import Ask, Channel
from ketacare.medicine.protocols.rules import schedule
from ketacare.medicine.protocols.terms import DueReading, Need, Protocol
from ketacare.medicine.supervision.reader import watching

CHANNELS: dict[str, tuple[Channel, ...]] = {
    "bp": (Channel.NIBP_SYS, Channel.NIBP_DIA),
    "hr": (Channel.HR,),
    "spo2": (Channel.SPO2,),
    "rr": (Channel.RR,),
    "moaas": (Channel.MOAAS,),
    "distress": (Channel.DISTRESS,),
}
LABELS = {
    "bp": "Blood pressure",
    "hr": "Heart rate",
    "spo2": "SpO2",
    "rr": "Breaths",
    "moaas": "Sedation MOAA/S",
    "distress": "Distress",
    "nausea": "Nausea",
    "dissociation": "Dissociation",
}


def state_words(session: Session) -> str:
    """In the words of the state; what is given without a pump is not infused."""
    if session.state == SessionState.RUNNING and not protocol_of(session).bags:
        return "Giving"
    return SessionState(session.state).label


def protocol_of(session: Session) -> Protocol:
    """The version this session began with, whatever has been adopted since (H19)."""
    versions = session.sheets or {session.protocol_id: session.protocol_version}
    return protocols.protocol_under(session.clinic_id, session.protocol_id, versions)


def serial_each(session: Session) -> bool:
    """Does every piece carry a serial of its own, to be read from it when it is given (H37)?"""
    return any(piece.serial_each for piece in protocol_of(session).pieces)


def owed(session: Session) -> list[DueReading]:
    """Readings a person owes at a minute after T0; continuous ones are the monitor's."""
    wanted = (Need.REQUIRED, Need.SPOT)
    return [due for due in schedule(protocol_of(session)) if due.need in wanted and (due.minute or 0) >= 0]


def later(session: Session, upto: int = 0) -> list[DueReading]:
    """Once the schedule is through and the patient is still here: pressure and sedation go on being owed until they
    leave (H7). Those of the longest ordinary stay, or of a longer one up to this minute."""
    figures = protocol_of(session).release.figures
    every, most = figures.get("later_checks"), figures.get("not_ready_most")
    if every is None or most is None:  # a clinic's own older copy of the sheet does not say
        return []
    return [
        DueReading(parameter, minute, Need.REQUIRED)
        for minute in range(last_minute(session) + every.integer, max(most.integer, upto) + 1, every.integer)
        for parameter in ("bp", "moaas")
    ]


def minute_of(session: Session, at: datetime | None) -> int:
    """Whole minutes after T0."""
    return 0 if at is None or session.started_at is None else int((at - session.started_at) / timedelta(minutes=1))


def later_by(session: Session, at: datetime) -> list[DueReading]:
    """Of these, those due by now and the next: a sheet need not show four hours that nobody may spend here."""
    start, first = session.started_at, later(session)[:1]
    if start is None or not first:
        return []
    every = (first[0].minute or 0) - last_minute(session)
    by_now = session.left_at or at + timedelta(minutes=every)
    found = later(session, minute_of(session, by_now))
    return [due for due in found if start + timedelta(minutes=due.minute or 0) <= by_now]


def last_minute(session: Session) -> int:
    """The last that the schedule asks of a person."""
    asked = [due.minute for due in owed(session) if due.minute is not None and due.need is Need.REQUIRED]
    return max(asked, default=0)


def asks(session: Session, upto: datetime | None = None) -> list[Ask]:
    """The same as duties with a due time, for the watch (T5, T6); of a stay that is longer than any should be, those
    up to a moment."""
    started_at = session.started_at
    assert started_at is not None
    return [
        Ask(
            key=ask_key(due),
            label=f"{LABELS.get(due.parameter, due.parameter)} at T+{due.minute}",
            due_at=started_at + timedelta(minutes=due.minute),
            channels=CHANNELS.get(due.parameter, ()),
        )
        for due in (*owed(session), *later(session, minute_of(session, upto)))
        if due.minute is not None and due.minute > 0 and due.need is Need.REQUIRED
    ] + looks(session, upto)


# -- somebody looks in -------------------------------------------------------------------------------------------------

LOOK = "presence"


def early(session: Session) -> timedelta:
    """The one figure for what comes before it is due: by this the watch takes an answer, so by this an answer is also
    looked for, offered and asked for again (T5, T6)."""
    return watch.check_early(session.visit)


def look_minutes(session: Session, upto: int = 0) -> list[int]:
    """Minutes after T0 at which somebody is to be with the patient, as long as they stay (T6)."""
    every = int(watching().presence_every.total_seconds() // 60)
    longest = protocol_of(session).release.figures.get("not_ready_most")
    last = max((due.minute for due in owed(session) if due.minute is not None), default=0)
    if longest is not None:
        last = max(last, longest.integer, upto)
    return list(range(every, last + 1, every))


def looks(session: Session, upto: datetime | None = None) -> list[Ask]:
    """Owed like a reading. Whoever scores sedation is with the patient: that answers one too."""
    start = session.started_at
    assert start is not None
    return [
        Ask(
            key=f"{LOOK}@{minute}",
            label=f"With the patient at T+{minute}",
            due_at=start + timedelta(minutes=minute),
            channels=(Channel.MOAAS,),
        )
        for minute in look_minutes(session, minute_of(session, upto))
    ]


def looks_owed_by(session: Session, at: datetime) -> list[str]:
    """The looks that somebody's being there now answers: all that were due, and the one that nearly is."""
    if session.started_at is None:
        return []
    by = at + early(session)
    return [look.key for look in looks(session, by) if look.due_at <= by]


def next_look(session: Session, at: datetime) -> datetime | None:
    if session.started_at is None:
        return None
    upto = at + watching().presence_every
    return next((look.due_at for look in looks(session, upto) if look.due_at > at), None)


def asks_of_column(session: Session, minute: str) -> list[str]:
    """The keys of what is owed at one minute: a reason given for the column answers them all."""
    asked = (*owed(session), *later(session, int(minute) if minute.isdigit() else 0))
    return [ask_key(due) for due in asked if str(due.minute) == minute and due.need is Need.REQUIRED]


def is_to_come(session: Session, minute: str, at: datetime) -> bool:
    """A column that nobody could have taken yet."""
    start = session.started_at
    return start is not None and minute.isdigit() and start + timedelta(minutes=int(minute)) - early(session) > at


def asks_before(session: Session, parameter: str, at: datetime) -> list[str]:
    """The requests for this parameter that a value taken now answers: all that were due, and the one that nearly is."""
    start = session.started_at
    assert start is not None
    due = [d for d in owed(session) if d.parameter == parameter and d.minute is not None and d.need is Need.REQUIRED]
    by = at + early(session)
    return [ask_key(d) for d in due if start + timedelta(minutes=d.minute or 0) <= by]


def ask_key(due: DueReading) -> str:
    return f"{due.parameter}@{due.minute}"


def readings_before(visit: Visit, channels: tuple[Channel, ...], at: datetime) -> list[Reading]:
    """Good readings of these channels up to a moment, that still stand, oldest first."""
    return list(good_before(visit, channels, at).order_by("taken_at", "id"))


def good_before(visit: Visit, channels: tuple[Channel, ...], at: datetime) -> QuerySet[Reading]:
    return Reading.objects.filter(
        visit=visit, channel__in=channels, taken_at__lte=at, quality="good", in_error=False, amended_by__isnull=True
    )


def baseline(visit: Visit, at: datetime) -> dict[Channel, Decimal]:
    """The patient's own last values before the dose, from which relative limits are measured."""
    channels = (Channel.NIBP_SYS, Channel.NIBP_DIA, Channel.HR, Channel.SPO2, Channel.RR)
    rows = good_before(visit, channels, at).order_by("channel", "-taken_at", "-id").distinct("channel")
    found = {Channel(channel): value for channel, value in rows.values_list("channel", "value")}
    return {channel: value for channel, value in found.items() if value is not None}
