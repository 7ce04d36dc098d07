"""A18: the note tells what alarmed, for how long and how far, who saw it, and by which lines; nobody types it."""

from __future__ import annotations

import pytest

from ketacare.clinic.dosing.actions import supervising, timeline
from ketacare.clinic.dosing.models import Kind
from ketacare.clinic.dosing.queries import chairside, note, signed_notes
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.tests.test_views import pdf_words
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.models import Reading
from ketacare.clinic.people.tests.factories import browser
from ketacare.medicine.monitoring.terms import Channel

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    """A pressure over 200 in recovery, seen when it was over; and a pain that somebody saw and that ended."""
    day = f.a_day()
    f.to_recovery(day)
    monitoring.observe_sign(visit=day.visit, sign="chest pain", by=day.nurse, at=f.later(60))
    monitoring.acknowledge_alarm(visit=day.visit, condition="sign.chest pain", by=day.nurse, at=f.later(61))
    monitoring.observe_sign(visit=day.visit, sign="chest pain", by=day.nurse, at=f.later(70), present=False)
    f.vitals(day, "205/100", at=f.later(72))
    f.vitals(day, "128/80", at=f.later(74))
    monitoring.acknowledge_alarm(visit=day.visit, condition="NIBP_SYS.high", by=day.nurse, at=f.later(75))
    return day


def test_a18_each_alarm_stands_in_the_note_with_its_times_its_extreme_its_line_and_who_saw_it(day):
    told = {row[1].split(",")[0]: row for row in note.content(day.session, "UTC")["alarms"]}
    pain, pressure = told["High: Chest pain"], told["High: Systolic pressure too high"]
    assert pain[0].endswith("(T+50)")
    assert pain[2:] == [f"seen {f.later(61):%H:%M} Ann Vale", f"over {f.later(70):%H:%M}"]
    assert pressure[1] == "High: Systolic pressure too high, highest 205 mmHg, limit 200"
    assert pressure[2:] == [f"seen {f.later(75):%H:%M} Ann Vale", f"over {f.later(74):%H:%M}"]


def test_a18_whose_reading_ended_an_alarm_has_not_seen_it_by_that(day):
    f.vitals(day, "185/95", at=f.later(80))
    f.vitals(day, "128/80", at=f.later(82))
    (rise,) = [row for row in note.content(day.session, "UTC")["alarms"] if "highest 185" in row[1]]
    assert rise[1].startswith("Medium: Systolic pressure too high")
    assert rise[2] == "seen by nobody"


def test_a18_the_lines_in_force_stand_in_the_note_and_on_paper(day):
    content = note.content(day.session, "UTC")
    (spo2,) = [line for line in content["limits"] if line.startswith("SpO2")]
    assert "low 85 high" in spo2
    assert "low 90 medium" in spo2
    words = pdf_words(browser(day.prescriber).get(f"/sessions/{day.visit.pk}/note.pdf").content)
    assert "highest 205 mmHg" in words
    assert "Limits at the start" in words


def test_what_happened_stands_in_the_order_of_its_times_advice_among_it(day):
    said = {"session": day.session, "words": "Sit up, repeat in 5 min"}
    supervising.advise(**said, by=day.prescriber, at=f.later(55))
    timeline.record(session=day.session, kind=Kind.EVENT, name="headache", by=day.nurse, at=f.later(60))
    told = [words for _, words in note.content(day.session, "UTC")["happened"]]
    advice = next(at for at, words in enumerate(told) if "Sit up, repeat in 5 min" in words)
    assert 0 < advice < next(at for at, words in enumerate(told) if "eadache" in words)


def test_t2_t3_of_half_a_pressure_the_last_whole_one_stands_below_with_its_time(day):
    """The monitor sends a systolic value alone: the tile does not forget what is still in alarm."""
    place = {"visit": day.visit, "organisation_id": day.visit.organisation_id, "clinic_id": day.clinic.pk}
    newer = Reading(**place, channel="NIBP_SYS", value=150, taken_at=f.later(90))
    whole = watch.latest(day.visit)[Channel.NIBP_DIA]
    tile = chairside.pressure({Channel.NIBP_SYS: newer, Channel.NIBP_DIA: whole}, f.later(91))
    assert (tile["value"], tile["state"], tile["last"]) == ("---", "bad quality", "128/80")
    assert tile["last_at"] == f.later(74)


def test_a_note_signed_before_alarms_stood_in_it_stays_what_was_signed(day):
    content = note.content(day.session, "UTC")
    older = {name: part for name, part in content.items() if name not in ("alarms", "limits", "happened")}
    assert signed_notes.digest(older, "Calm.") == signed_notes.digest(content, "Calm.")
