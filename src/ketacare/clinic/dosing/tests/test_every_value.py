"""Every value that was kept is shown: in the grid, the sentence under the curve and the note (I1, A16)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from ketacare.clinic.dosing.queries import flowsheet
from ketacare.clinic.dosing.queries import note as notes
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.views.chair import sentence, trend_rows
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring.tests.factories import a_device
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.monitoring.terms import Reading as Value

pytestmark = pytest.mark.django_db


def a_cuff(day, systolic: int, diastolic: int, minute: float) -> None:
    device, _ = a_device(day.clinic, "BED/3")
    monitoring.pair_device(device=device, visit=day.visit, by=day.nurse, at=f.later(minute))
    at = f.later(minute)
    values = (Channel.NIBP_SYS, systolic), (Channel.NIBP_DIA, diastolic)
    readings = tuple(Value(channel, Decimal(value), at, at, device=str(device.pk)) for channel, value in values)
    monitoring.record_readings([monitoring.Arrival(device.pk, 1, at, at, readings)], clinic_id=day.clinic.pk, at=at)


def test_a16_a_high_pressure_and_its_repeats_all_stand_in_the_record(running_day):
    """The dose began at minute 10: 190/110 at T+1, repeated at T+5 and T+6, all near one planned moment."""
    a_cuff(running_day, 190, 110, 11)
    f.vitals(running_day, "118/76", hr=74, at=f.later(15))
    f.vitals(running_day, "116/74", hr=73, at=f.later(16.5))
    columns = flowsheet.filled(running_day.session, f.later(20))
    taken = [(one.t, one.cells["bp"]["value"]) for one in columns if "bp" in one.cells and one.id != "before"]
    assert taken == [("T+1", "190/110"), ("T+5", "118/76"), ("T+6", "116/74")]
    assert [one.cells["hr"]["value"] for one in columns if one.t == "T+6"] == ["73"], "a set stands in one column"
    assert sentence(columns).endswith("highest 190/110, last 116/74 mmHg.")
    assert [row[1] for row in trend_rows(flowsheet.grid(columns))][-3:] == ["190/110", "118/76", "116/74"]
    running_day.session.left_at = f.later(20)
    told = str(notes.readings_part(running_day.session))
    assert all(words in told for words in ("190/110", "118/76", "116/74"))


def test_i1_two_pressures_in_one_minute_and_one_before_the_dose_have_their_own_columns(running_day):
    for second, words in ((0, "150/90"), (20, "148/90"), (40, "146/90")):
        f.vitals(running_day, words, at=f.later(15) + timedelta(seconds=second))
    f.vitals(running_day, "128/80", at=f.later(9.5))
    f.vitals(running_day, "129/81", at=f.later(9.25))
    f.vitals(running_day, "170/95", at=f.later(7))
    columns = flowsheet.filled(running_day.session, f.later(20))
    (before,) = [one for one in columns if one.id == "before"]
    assert before.cells["bp"]["value"] == "128/80", "the last one counts"
    assert [one.t for one in columns if one.cells.get("bp", {}).get("value") == "170/95"] == ["T−3"]
    in_the_last_minute = [one.t for one in columns if one.cells.get("bp", {}).get("value") == "129/81"]
    assert in_the_last_minute == ["T−1"], "before the dose, not at its start"
    assert {"150/90", "148/90", "146/90"} <= {one.cells["bp"]["value"] for one in columns if "bp" in one.cells}
    assert len({one.id for one in columns}) == len(columns)
