"""G27, H21: sessions that are under way when clocks change, in every zone of the United States, on Lord Howe, in UTC.

What a session owes, what its minutes are and when it alarms is told by elapsed time alone: each is held against the
same session in UTC, where no clock ever changes. The control arms count by the clock on the wall, as one would by
forgetting that a local time is no moment.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from bench import years

from ketacare.clinic.dosing.actions import giving
from ketacare.clinic.dosing.queries import flowsheet, numbers, schedule
from ketacare.clinic.people.models import User
from ketacare.clinic.people.tests.factories import a_clinic, someone
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.exchange.hl7v2 import send, translate
from ketacare.medicine.monitoring import reader, rules
from ketacare.medicine.monitoring.terms import Arrived, Ask, Channel, Given, Pair, Reading, Schedule, Signal, Tick

ZONES = (
    "America/New_York", "America/Detroit", "America/Kentucky/Louisville", "America/Indiana/Indianapolis",
    "America/Indiana/Tell_City", "America/Chicago", "America/Menominee", "America/North_Dakota/Center",
    "America/Denver", "America/Boise", "America/Phoenix", "America/Los_Angeles", "America/Anchorage", "America/Juneau",
    "America/Sitka", "America/Metlakatla", "America/Nome", "America/Yakutat", "America/Adak", "Pacific/Honolulu",
    "America/Puerto_Rico", "Pacific/Guam", "Pacific/Pago_Pago", "Australia/Lord_Howe", "UTC",
)  # fmt: skip
NEVER = {"America/Phoenix", "Pacific/Honolulu", "America/Puerto_Rico", "Pacific/Guam", "Pacific/Pago_Pago", "UTC"}
LORD_HOWE = "Australia/Lord_Howe"
QUIET = datetime(2026, 7, 14, 12, tzinfo=UTC)
LASTS_S = 120  # a minute to each side of the change
FALL_S = (50, 90)  # a saturation of 80 over the change


@cache
def changes(name: str) -> tuple[datetime, ...]:
    """The moments of 2026 at which this zone's clocks are changed; they are changed on the half hour at the finest."""
    zone, year = ZoneInfo(name), datetime(2026, 1, 1, tzinfo=UTC)
    days = [year + timedelta(days=day) for day in range(366)]
    found = []
    for one, other in pairwise(days):
        if offset(one, zone) != offset(other, zone):
            halves = (one + place * timedelta(minutes=30) for place in range(49))
            found.append(next(moment for moment in halves if offset(moment, zone) == offset(other, zone)))
    return tuple(found)


def offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def cases() -> Iterator[tuple[str, datetime]]:
    for name in ZONES:
        for moment in changes(name) or (QUIET,):
            yield name, moment


CASES = list(cases())


def wall(moment: datetime, zone: ZoneInfo) -> bytes:
    """As most monitors say it: by the clock on the wall, without a word of the offset."""
    return f"{moment.astimezone(zone):%Y%m%d%H%M%S}".encode()


def told(name: str, change: datetime, *, knows_when: bool = True) -> list[tuple[float, str, str, str]]:
    """Every signal of a session over the change, by its second, from a monitor that sends local times."""
    zone, began = ZoneInfo(name), change - timedelta(seconds=LASTS_S // 2)
    state = rules.begin(reader.limits(), began)
    asks = (Ask("bp@1", "Blood pressure", began + timedelta(minutes=1), (Channel.NIBP_SYS,)),)
    given: list[Given] = [Pair(began, "M", (Channel.SPO2,), 1), Schedule(began, asks)]
    for second in range(LASTS_S):
        at = began + timedelta(seconds=second)
        value = 80 if FALL_S[0] <= second < FALL_S[1] else 97
        raw = send.results([(Channel.SPO2, Decimal(value))], station="S", bed="1", number=str(second), at=at)
        raw, said = re.subn(rb"\d{14}\.\d{4}\+0000", wall(at, zone), raw)
        assert said, "the message says no time that could be made local"
        found = translate.read(raw, zone=zone, heard_at=at if knows_when else None)
        readings = (Reading(Channel.SPO2, one.value, one.taken_at or at, at, device="M") for one in found.observations)
        given += [Arrived(at, tuple(readings)), Tick(at)]
    signals: list[Signal] = []
    for one in given:
        state, more = rules.step(state, one)
        signals += more
    return [((one.at - began).total_seconds(), one.condition, str(one.presence), str(one.priority)) for one in signals]


def test_g27_every_zone_that_changes_its_clocks_does_so_twice_a_year() -> None:
    assert {name for name in ZONES if not changes(name)} == NEVER
    assert all(len(changes(name)) == 2 for name in ZONES if name not in NEVER)


def test_g27_alarms_over_every_clock_change_are_those_of_a_day_without_one() -> None:
    expected = told("UTC", QUIET)
    assert any(condition == "SPO2.low" and "present" in presence for _, condition, presence, _ in expected)
    assert any(condition.startswith("due.") for _, condition, _, _ in expected)
    assert [case for case in CASES if told(*case) != expected] == []


def test_g27_the_control_arm_takes_the_hour_that_comes_twice_for_the_first_and_alarms_otherwise() -> None:
    """Where nobody asks when it was heard, each value after clocks go back is an hour old, or half an hour."""
    expected = told("UTC", QUIET)
    back = [(name, moment) for name, moment in CASES if name not in NEVER and goes_back(name, moment)]
    assert len(back) == len(ZONES) - len(NEVER)
    assert all(told(*case, knows_when=False) != expected for case in (back[0], back[-1]))


def goes_back(name: str, moment: datetime) -> bool:
    zone = ZoneInfo(name)
    return offset(moment + timedelta(hours=2), zone) < offset(moment - timedelta(hours=2), zone)


# -- a whole session ---------------------------------------------------------------------------------------------------


def owed(name: str, change: datetime) -> tuple[dict[str, float], dict[str, float], dict[str, str], int | None]:
    """Asks and columns of the flowsheet by their minute, their states at the end, and the minutes of the infusion."""
    clinic = a_clinic(name, zone=name)
    desk, nurse, second = (someone(clinic, role, who) for role, who in (("FD", "D"), ("RN", "A"), ("RN", "B")))
    staff = (desk, nurse, second, someone(clinic, "RX", "Dr Cho"), someone(clinic, "AD"))
    teller = years.Teller(clinic, *staff, User.objects.get(pk=str(second.user_id)), random.Random(1))
    at = change - timedelta(minutes=30)  # T0 is ten minutes later, and the change comes at T+20
    chair = scheduling.add_chair(name="Chair 1", by=desk, at=at)
    patient = years.a_known_patient(teller, "Clock", at - timedelta(days=5))
    session = years.begun(teller, patient, chair, 1, at)
    start = session.started_at
    for minute in (10, 20, 30, 40):
        years.typed(teller, session.visit, start + timedelta(minutes=minute), NIBP_SYS=126, NIBP_DIA=78)
    giving.stop(session=session, reason="", complete=True, by=nurse, at=start + timedelta(minutes=40))
    session.refresh_from_db()
    asks = {ask.key: (ask.due_at - start).total_seconds() / 60 for ask in schedule.asks(session)}
    columns = flowsheet.filled(session, start + timedelta(minutes=45))
    due = {column.t: (column.at - start).total_seconds() / 60 for column in columns}
    return asks, due, {column.t: column.state for column in columns}, numbers.minutes(session).infused


@pytest.mark.django_db
def test_g27_what_a_session_owes_and_its_minutes_are_the_same_over_a_clock_change() -> None:
    quiet = owed("UTC", QUIET)
    assert quiet[3] == 40
    assert all(ask == float(key.rpartition("@")[2]) for key, ask in quiet[0].items())
    spring, autumn = changes("America/New_York")
    for name, change in (
        ("America/New_York", spring), ("America/New_York", autumn), (LORD_HOWE, changes(LORD_HOWE)[0]),
    ):  # fmt: skip
        assert owed(name, change) == quiet, (name, change)
        assert by_the_wall(name, change, 40) != 40, "counted by the clock on the wall it would be another time"


def by_the_wall(name: str, change: datetime, minutes: int) -> float:
    """The control: two local times taken from each other."""
    zone, start = ZoneInfo(name), change - timedelta(minutes=20)
    begun, ended = (one.astimezone(zone).replace(tzinfo=None) for one in (start, start + timedelta(minutes=minutes)))
    return (ended - begun).total_seconds() / 60
