"""Every value that was kept is shown: in the grid, the sentence under the curve and the note (I1, A16)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from ketacare.clinic.dosing.queries import flowsheet, schedule
from ketacare.clinic.dosing.queries import note as notes
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.views.chair import sentence, trend_rows
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.tests.factories import a_device
from ketacare.clinic.people.tests.factories import browser
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
    told = str(notes.readings_part(flowsheet.as_kept(running_day.session)))
    assert all(words in told for words in ("190/110", "118/76", "116/74"))


def test_i9_two_moments_of_one_minute_are_not_called_alike(running_day):
    """Asked for at T+10: a cuff then, and a set typed two minutes later that answers more of it."""
    a_cuff(running_day, 150, 90, 20)
    f.vitals(running_day, "120/80", hr=70, rr=14, moaas=5, distress=0, at=f.later(22))
    heads = [one.t for one in flowsheet.filled(running_day.session, f.later(23))]
    assert len(set(heads)) == len(heads)


def stands(columns, words, key="bp"):
    """Where a value stands, and when the page says that it was taken."""
    (column,) = [one for one in columns if one.cells.get(key, {}).get("value") == words]
    return column.t, column.taken or column.cells[key]["taken"]


def test_i9_a_set_typed_together_stays_together_and_says_when_it_was_taken(running_day):
    """The dose began at minute 10. Pressure and sedation are asked for at T+15, pulse and saturation by no moment."""
    f.vitals(running_day, "127/77", hr=71, spo2=97, moaas=5, at=f.later(29))
    columns = flowsheet.filled(running_day.session, f.later(30))
    typed = (("bp", "127/77"), ("hr", "71"), ("spo2", "97"), ("moaas", "5"))
    assert {stands(columns, words, key) for key, words in typed} == {("T+20", "T+19")}
    running_day.session.left_at = f.later(30)
    (line,) = [row for row in notes.readings_part(flowsheet.as_kept(running_day.session)) if "127/77" in row]
    assert line[:4] == ["T+20 (taken T+19)", "127/77", "71", "97"]


def test_i9_what_was_taken_before_the_dose_stays_one_set_beside_what_the_monitor_sent_last(running_day):
    f.vitals(running_day, "124/78", hr=61, spo2=96, at=f.later(2))
    f.vitals(running_day, "130/80", hr=66, spo2=99, at=f.later(-11))
    columns = flowsheet.filled(running_day.session, f.later(12))
    whole = {stands(columns, words, key) for key, words in (("bp", "124/78"), ("hr", "61"), ("spo2", "96"))}
    assert whole == {("Before", "T−8")}
    assert {stands(columns, words, key) for key, words in (("bp", "130/80"), ("hr", "66"))} == {("T−21", "")}


@pytest.mark.parametrize(("seconds", "place"), [(121, ("T+5", "T+2")), (119, ("T+1", "")), (64, ("T+1", ""))])
def test_t5_a_cuff_stands_where_the_watch_takes_it_as_the_answer_and_says_when(running_day, seconds, place):
    """Asked for at T+5. The watch takes what comes up to three minutes early; what is earlier is owed on, to both."""
    assert schedule.early(running_day.session) == timedelta(minutes=3)
    a_cuff(running_day, 168, 101, 10 + seconds / 60)
    columns = flowsheet.filled(running_day.session, f.later(14))
    assert stands(columns, "168/101") == place
    is_owed = "bp@5" in {ask.key for ask in watch.asks_owed(running_day.visit)}
    assert ("bp" in next(one for one in columns if one.t == "T+5").missing) is is_owed is (place[0] != "T+5")


def test_t5_what_was_taken_for_a_moment_is_not_missing_there_where_another_set_stands_at_it(running_day):
    """Pulse and sedation at T+14, pulse and breaths at T+16: neither is torn, and nothing is asked for again."""
    f.vitals(running_day, hr=71, moaas=5, at=f.later(24))
    f.vitals(running_day, hr=72, rr=13, at=f.later(26))
    columns = flowsheet.filled(running_day.session, f.later(27))
    assert stands(columns, "71", "hr") == stands(columns, "5", "moaas") == ("T+15", "T+14")
    assert stands(columns, "72", "hr") == stands(columns, "13", "rr") == ("T+16", "")
    (planned,) = [one for one in columns if one.id == "15"]
    assert {"rr", "moaas"} <= planned.wanted
    assert not {"rr", "moaas"} & set(planned.missing)


def test_t2_of_a_lost_signal_tile_and_alarm_bar_say_the_last_value_with_its_time(running_day, monkeypatch):
    device, _ = a_device(running_day.clinic, "BED/9")
    at = f.later(12)
    monitoring.pair_device(device=device, visit=running_day.visit, by=running_day.nurse, at=at)
    one = Value(Channel.SPO2, Decimal(97), at, at, device=str(device.pk))
    arrival = monitoring.Arrival(device.pk, 1, at, at, (one,))
    monitoring.record_readings([arrival], clinic_id=running_day.clinic.pk, at=at)
    for second in (10, 20, 30):
        monitoring.tick(clinic=running_day.clinic, at=at + timedelta(seconds=second))
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(12.5))
    page = browser(running_day.nurse).get(f"/sessions/{running_day.visit.pk}/").content.decode()
    clock = f"{at.astimezone(ZoneInfo(running_day.clinic.zone)):%H:%M:%S}"
    assert f'data-last-words=" last 97 % at {clock}"' in page
    assert f"SpO2 signal lost - last 97 % at {clock}" in page


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


def test_a16_a_pressure_can_be_typed_at_any_time_though_the_open_moment_has_one(recovering_day, monkeypatch):
    """The page asked for the pressure again, and had no field for it until every scale of that moment was given."""
    day, sheet = recovering_day, lambda: flowsheet.filled(recovering_day.session, f.later(72))
    f.vitals(day, "131/77", at=f.later(71))
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(72))
    (opened,) = [one for one in sheet() if one.state in ("due_now", "late")]
    assert opened.cells["bp"]["value"] == "131/77"
    assert opened.missing, "a scale is still to be asked"
    client, here = browser(day.nurse), f"/sessions/{day.visit.pk}/"
    page = client.get(here).content.decode()
    assert '<input class="cell__input cell__input--again" name="bp" aria-label="Blood pressure again, mmHg"' in page
    answer = client.post(f"{here}grid/", {"once": str(uuid4()), "bp": "125/75", "whose": ""})
    assert answer.status_code == 302
    assert [one.cells["bp"]["value"] for one in sheet() if "bp" in one.cells][-2:] == ["131/77", "125/75"]
