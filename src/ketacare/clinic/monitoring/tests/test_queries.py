"""The quick reads say what the slow ones would."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

import pytest

from ketacare.clinic.monitoring import actions, queries
from ketacare.clinic.monitoring.tests.factories import Bedside
from ketacare.clinic.people.tests.factories import AT
from ketacare.medicine.monitoring.terms import Channel

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
STREAM = (Channel.HR, Channel.SPO2)


@pytest.fixture
def bedside():
    """Ten minutes of a monitor with gaps, from a seed."""
    chance, here = random.Random(20260714), Bedside()
    for second in sorted(chance.sample(range(600), 60)):
        here.send(AT + second * SECOND, message=second, HR=60 + second % 40, SPO2=95 + second % 5)
    return here


def slow_nearest(rows, moment, within):
    near = [row for row in rows if abs(row.taken_at - moment) <= within]
    return min((abs(row.taken_at - moment) for row in near), default=None)


def test_nearest_is_the_nearest_of_each_channel_and_no_farther_than_asked(bedside):
    moments, within = [AT + minute * 37 * SECOND for minute in range(20)], 12 * SECOND
    found = queries.nearest(bedside.visit, STREAM, moments, within)
    for channel in STREAM:
        rows = [row for row in queries.readings(bedside.visit) if row.channel == channel]
        apart = [slow_nearest(rows, moment, within) for moment in moments]
        ours = [at for name, at, _ in found if name == channel]
        assert len(ours) == sum(gap is not None for gap in apart)
        expected = [gap for gap in apart if gap is not None]
        assert [min(abs(at - moment) for at in ours) for moment, gap in zip(moments, apart, strict=True) if gap] == [
            gap for gap in expected if gap
        ]


def test_nearest_leaves_out_what_people_typed(bedside):
    typed_at = AT + 700 * SECOND
    actions.record_by_hand(
        visit=bedside.visit, values={Channel.HR: Decimal(71)}, taken_at=typed_at, by=bedside.nurse, at=typed_at
    )
    assert queries.nearest(bedside.visit, [Channel.HR], [typed_at], 5 * SECOND) == []


def test_the_latest_value_is_the_corrected_one_and_never_the_one_in_error(bedside):
    first_at, second_at = AT + 700 * SECOND, AT + 701 * SECOND
    enter = {"visit": bedside.visit, "by": bedside.nurse, "at": second_at}
    (first,) = actions.record_by_hand(values={Channel.TEMP: Decimal("36.6")}, taken_at=first_at, **enter)
    actions.amend_reading(reading=first, value=Decimal("37.6"), reason="misread", by=bedside.nurse, at=second_at)
    (wrong,) = actions.record_by_hand(values={Channel.HR: Decimal(71)}, taken_at=second_at, **enter)
    actions.amend_reading(
        reading=wrong, value=None, reason="wrong patient", by=bedside.nurse, at=second_at, in_error=True
    )
    latest = queries.latest(bedside.visit)
    assert latest[Channel.TEMP].value == Decimal("37.6")
    assert latest[Channel.HR].source == "device"
    newest = queries.readings(bedside.visit).filter(channel="HR", quality="good").order_by("-taken_at").first()
    assert latest[Channel.HR].pk == newest.pk


def test_t4_a_thinned_trend_holds_the_first_value_of_each_stretch_and_makes_none_up(bedside):
    whole = queries.trend(bedside.visit, channels=STREAM)
    thinned = queries.trend(bedside.visit, channels=STREAM, one_in=5 * SECOND)
    for channel in STREAM:
        first: dict[int, queries.Point] = {}
        for point in whole[channel]:
            first.setdefault(int(point.taken_at.timestamp()) // 5, point)
        assert thinned[channel] == list(first.values())
