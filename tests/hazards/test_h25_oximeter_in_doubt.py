"""H25: the oximeter says that its signal is poor (cold, motion, varnish): what it counts then never looks normal."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.template.loader import get_template

from ketacare.clinic.dosing.queries import chairside
from ketacare.clinic.monitoring import actions, queries
from ketacare.clinic.monitoring.tests.factories import Bedside
from ketacare.clinic.people.tests.factories import AT
from ketacare.medicine.monitoring.terms import Channel, Quality
from ketacare.medicine.monitoring.terms import Reading as Value

pytestmark = pytest.mark.django_db
TOLD_WITHIN_S, GOOD_UNTIL_S = 10, 5


def at(second: float) -> datetime:
    return AT + timedelta(seconds=second)


def measured(bedside: Bedside, second: int, value: int, quality: Quality = Quality.BAD) -> None:
    """A value that reads like health; the monitor itself says whether it believes it."""
    reading = Value(
        Channel.SPO2, Decimal(value), at(second), at(second), quality, "low perfusion", device=str(bedside.device.pk)
    )
    arrival = actions.Arrival(bedside.device.pk, second, at(second), at(second), (reading,))
    actions.record_readings([arrival], clinic_id=bedside.clinic.pk, at=at(second))
    actions.tick(clinic=bedside.clinic, at=at(second))


def tile(bedside: Bedside, second: int) -> tuple[dict, str]:
    """What the chair knows of the saturation, and what its tile says."""
    standing = queries.standing(bedside.visit, at=at(second))
    value = chairside.vitals(standing, queries.latest(bedside.visit), at(second))[1]
    ui = get_template("components.jinja", using="jinja").template.module
    return value, str(ui.vital(value))


@pytest.mark.parametrize("quality", [Quality.BAD, Quality.NONE])
def test_h25_a_poor_signal_is_said_at_once_is_an_alarm_within_ten_seconds_and_never_looks_normal(quality):
    bedside = Bedside()
    for second in range(GOOD_UNTIL_S + 1):
        measured(bedside, second, 97, Quality.GOOD)
    assert tile(bedside, GOOD_UNTIL_S)[0]["state"] == "live"
    told = None
    for second in range(GOOD_UNTIL_S + 1, GOOD_UNTIL_S + 40):
        measured(bedside, second, 99, quality)
        value, drawn = tile(bedside, second)
        assert value["state"] in ("bad quality", "lost"), second
        assert value["value"] == "---", "99 was never believed, and 97 is of before"
        assert "bad signal" in drawn or "signal lost" in drawn
        assert "99" not in drawn
        assert value["reason"] == "low perfusion"
        lost = [one for one in queries.standing(bedside.visit, at=at(second)).conditions if one.key == "SPO2.lost"]
        if lost and lost[0].present and told is None:
            told = second
    assert told is not None
    assert told - GOOD_UNTIL_S <= TOLD_WITHIN_S


def test_h25_what_a_poor_signal_counts_neither_raises_nor_ends_an_alarm():
    bedside = Bedside()
    for second in range(8):
        measured(bedside, second, 82, Quality.GOOD)
    for second in range(8, 40):
        measured(bedside, second, 99)
    present = {one.key for one in queries.standing(bedside.visit, at=at(40)).conditions if one.present}
    assert {"SPO2.low", "SPO2.lost"} <= present, "99 of a poor signal ended nothing"
    other = Bedside(bedside.clinic, "another")
    for second in range(8):
        measured(other, second, 60)
    assert "SPO2.low" not in {one.key for one in queries.standing(other.visit, at=at(8)).conditions}


def test_h25_control_the_same_values_of_a_good_signal_are_live_and_raise_nothing():
    bedside = Bedside()
    for second in range(40):
        measured(bedside, second, 99, Quality.GOOD)
    value, drawn = tile(bedside, 39)
    assert (value["state"], value["value"]) == ("live", "99")
    assert "bad signal" not in drawn
