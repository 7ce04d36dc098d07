"""A18: the note tells what alarmed, for how long and how far, who saw it, and by which lines; nobody types it."""

from __future__ import annotations

import re

import pytest

from ketacare.clinic.dosing.actions import helping, supervising, timeline
from ketacare.clinic.dosing.models import Kind, SignedNote
from ketacare.clinic.dosing.queries import chairside, note, signed_notes
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.tests.test_beside_the_signs import stream
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
    assert pain[2] == f"seen {f.later(60):%H:%M} Ann Vale, seen {f.later(61):%H:%M} Ann Vale"
    assert pain[3] == f"over {f.later(70):%H:%M}"
    assert pressure[1] == "High: Systolic pressure too high, highest 205 mmHg, limit 200"
    assert pressure[2:] == [f"seen {f.later(75):%H:%M} Ann Vale", f"over {f.later(74):%H:%M}"]


def test_a18_whose_reading_ended_an_alarm_has_not_seen_it_by_that(day):
    f.vitals(day, "185/95", at=f.later(80))
    f.vitals(day, "128/80", at=f.later(82))
    (rise,) = [row for row in note.content(day.session, "UTC")["alarms"] if "highest 185" in row[1]]
    assert rise[1].startswith("Medium: Systolic pressure too high")
    assert rise[2] == "seen by nobody"


def test_a18_a_sign_is_seen_by_whoever_tells_it_and_by_whoever_says_that_it_is_over(day):
    monitoring.observe_sign(visit=day.visit, sign="headache", by=day.nurse, at=f.later(80))
    monitoring.observe_sign(visit=day.visit, sign="headache", by=day.second, at=f.later(82), present=False)
    helping.call_help(session=day.session, place="room", by=day.nurse, at=f.later(84))
    told = {row[1]: row[2] for row in note.content(day.session, "UTC")["alarms"]}
    assert told["High: Headache"] == f"seen {f.later(80):%H:%M} Ann Vale, seen {f.later(82):%H:%M} Ben Moss"
    assert told["High: Help button"] == "seen by nobody", "who pressed it called for help"


def test_a18_ex_2_an_alarm_that_rises_and_falls_by_steps_has_the_times_and_the_line_of_its_gravest():
    """166, 172, 184, 186, 176, 170: high by 180 from its second reading on, and let go by the acknowledgement (A5)."""
    day = f.a_day()
    f.to_running(day)
    for minute, systolic in ((25, 166), (30, 172), (40, 184), (45, 186), (55, 176), (57, 170)):
        f.vitals(day, f"{systolic}/80", at=f.later(minute))
    (going_on,) = note.content(day.session, "UTC")["alarms"]
    steps = f"medium from {f.later(30):%H:%M}, over {f.later(57):%H:%M}, medium"
    assert going_on[2:] == ["seen by nobody", f"{steps} goes on"]
    monitoring.acknowledge_alarm(visit=day.visit, condition="NIBP_SYS.high", by=day.nurse, at=f.later(58))
    f.vitals(day, "150/80", at=f.later(65))
    (told,) = note.content(day.session, "UTC")["alarms"]
    assert told[0].startswith(f"{f.later(45):%H:%M} ")
    assert told[1] == "High: Systolic pressure too high, highest 186 mmHg, limit 180"
    assert told[2:] == [f"seen {f.later(58):%H:%M} Ann Vale", f"{steps} until {f.later(65):%H:%M}"]


def test_a18_i3_a_second_desaturation_while_nobody_has_seen_the_first_stands_for_itself(running_day):
    """Half a minute twice, with more than a good minute between: the note told one of two and a half minutes."""
    low = {*range(0, 29, 4), *range(120, 149, 4)}
    stream(running_day, {second: 82 if second in low else 97 for second in range(0, 217, 4)})
    told = [row for row in note.content(running_day.session, "UTC")["alarms"] if "SpO2" in row[1]]
    assert [row[1] for row in told] == ["High: SpO2 too low, lowest 82 %, limit 85"] * 2
    assert [row[3] for row in told] == [f"over {f.later(30.5):%H:%M}", f"over {f.later(32):%H:%M}"]
    assert [row[2] for row in told] == ["seen by nobody"] * 2


def test_a18_the_lines_in_force_stand_in_the_note_and_on_paper(day):
    content = note.content(day.session, "UTC")
    (spo2,) = [line for line in content["limits"] if line.startswith("SpO2")]
    assert "low 85 high" in spo2
    assert "low 90 medium" in spo2
    (systolic,) = [line for line in content["limits"] if line.startswith("Systolic")]
    assert all(words in systolic for words in ("high at one reading", "high when confirmed", "medium when repeated"))
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


def test_t3_where_half_of_a_typed_pressure_is_struck_out_the_one_before_stands_and_no_signal_is_called_bad(day):
    place = {"visit": day.visit, "organisation_id": day.visit.organisation_id, "clinic_id": day.clinic.pk}
    newer = Reading(**place, channel="NIBP_DIA", value=60, taken_at=f.later(90), source="hand")
    whole = watch.latest(day.visit)[Channel.NIBP_SYS]
    tile = chairside.pressure({Channel.NIBP_DIA: newer, Channel.NIBP_SYS: whole}, f.later(91))
    assert (tile["value"], tile["state"], tile["age_seconds"]) == ("128/80", "intermittent", 17 * 60)


def test_a_note_signed_before_alarms_stood_in_it_stays_what_was_signed(day):
    content = note.content(day.session, "UTC")
    older = {name: part for name, part in content.items() if name not in ("alarms", "limits", "happened")}
    assert signed_notes.digest(older, "Calm.") == signed_notes.digest(content, "Calm.")


def test_i3_a_note_signed_in_other_words_or_before_the_reasons_of_closing_is_not_amended_and_a_value_amends_it(day):
    f.vitals(day, "125/80", at=f.later(9.5))
    content = note.content(day.session, "UTC")
    older = {**content, "trend": {name: re.sub(", saved.*", "", words) for name, words in content["trend"].items()}}
    older["readings"] = [
        [row[0].replace("T−1", "T−0"), *row[1:-1], re.sub(r" \(.*\):", ":", row[-1])] for row in content["readings"]
    ]
    row = SignedNote(content=older, words="Calm.", digest=signed_notes.digest(older, "Calm."))
    assert older != content
    assert signed_notes.is_as_signed(content, row)
    gap = next(line for line in content["readings"] if line[-1].endswith("no reason given"))
    said = {**content, "readings": [[*line[:-1], line[-1].replace("no reason given", "Asleep")] if line is gap else line
                                    for line in content["readings"]]}  # fmt: skip
    assert signed_notes.is_as_signed(said, row)
    taken = next(line for line in content["readings"] if line[1] != "–")
    taken[1] = "99/60"
    assert not signed_notes.is_as_signed(content, row)
