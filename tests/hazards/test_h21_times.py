"""H21: zones, clock changes, devices that believe in another year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from ketacare.clinic.monitoring import actions, queries
from ketacare.clinic.monitoring.models import Reading
from ketacare.clinic.monitoring.tests.factories import Bedside
from ketacare.clinic.people.tests.factories import AT
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.monitoring.terms import Channel

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("believed", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)])
def test_h21_a_monitor_in_another_year_still_alarms_now(believed: datetime):
    bedside = Bedside()
    for second in range(1, 40):
        moment = AT + timedelta(seconds=second)
        bedside.send(moment, message=second, sent_at=believed + timedelta(seconds=second), SPO2=80)
    at = AT + timedelta(seconds=40)
    standing = queries.standing(bedside.visit, at=at)
    assert standing is not None
    assert standing.loudest is not None
    assert standing.loudest.channel is Channel.SPO2
    reading = Reading.objects.filter(channel="SPO2").latest("id")
    assert abs(reading.taken_at - reading.received_at) < timedelta(seconds=31)
    assert reading.device_at is not None


@pytest.mark.parametrize("change", [datetime(2026, 11, 1, 1, 30), datetime(2026, 3, 8, 1, 30)])
def test_h21_over_a_clock_change_a_limit_is_crossed_by_elapsed_seconds(change: datetime):
    """01:30 comes twice in autumn and 02:30 never in spring; a delay of seconds does not notice."""
    began = change.replace(tzinfo=ZoneInfo("America/New_York")).astimezone(UTC) + timedelta(minutes=29, seconds=45)
    bedside = Bedside(at=began)
    for second in range(1, 30):
        bedside.send(began + timedelta(seconds=second), message=second, SPO2=80)
    standing = queries.standing(bedside.visit, at=began + timedelta(seconds=30))
    assert standing is not None
    assert standing.loudest is not None
    assert standing.loudest.raised_at - began < timedelta(seconds=15)


def test_h21_a_reading_typed_for_the_future_is_refused():
    bedside = Bedside()
    with pytest.raises(Refused, match="future"):
        actions.record_by_hand(
            visit=bedside.visit,
            values={Channel.SPO2: Decimal(97)},
            taken_at=AT + timedelta(minutes=1),
            by=bedside.nurse,
            at=AT,
        )


def test_h21_a_reading_typed_for_a_time_long_before_the_visit_is_refused():
    bedside = Bedside()
    with pytest.raises(Refused, match="before this visit"):
        actions.record_by_hand(
            visit=bedside.visit,
            values={Channel.SPO2: Decimal(97)},
            taken_at=datetime(1970, 1, 1, tzinfo=UTC),
            by=bedside.nurse,
            at=AT,
        )
