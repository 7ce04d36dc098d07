"""H8: a surge of pressure during the dose, or a cuff that does not cycle."""

from __future__ import annotations

import pytest

from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring import actions, queries
from ketacare.clinic.monitoring.models import Watch

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    day = f.a_day()
    f.to_running(day)
    return day


def present(day, minutes):
    actions.tick(clinic=day.clinic, at=f.later(minutes))
    standing = queries.standing(day.visit, at=f.later(minutes))
    return {one.key: one.priority.word for one in standing.conditions if one.present and one.priority}


def test_h08_a_cuff_that_stops_is_told_though_its_last_value_was_good(day):
    f.vitals(day, "128/80", at=f.later(15))
    assert "due.bp@10" not in present(day, 19)
    assert present(day, 22)["due.bp@10"] == "low"
    assert present(day, 25)["due.bp@10"] == "medium"
    assert present(day, 30)["due.bp@10"] == "high"


def test_h08_two_readings_over_the_line_five_minutes_apart_are_high_and_one_asks_for_the_other(day):
    f.vitals(day, "184/100", at=f.later(20))
    assert present(day, 20)["NIBP_SYS.high"] == "medium"
    owed = queries.state_of(Watch.objects.get(visit=day.visit)).asks
    assert [ask.due_at for ask in owed if ask.key.startswith("repeat")] == [f.later(25)]
    f.vitals(day, "186/100", at=f.later(25))
    assert present(day, 25)["NIBP_SYS.high"] == "high"
