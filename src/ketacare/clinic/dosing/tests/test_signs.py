"""A sign seen at the chair alarms (A17), and has a way out: over by somebody's word, or struck from the timeline."""

from __future__ import annotations

import pytest

from ketacare.clinic.dosing.actions import effects, helping, timeline
from ketacare.clinic.dosing.actions import signs as acts
from ketacare.clinic.dosing.models import Kind, TimelineEntry
from ketacare.clinic.dosing.queries import effects as found
from ketacare.clinic.dosing.queries import signs, timeline_words
from ketacare.clinic.dosing.queries import timeline as lines
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser, once, someone
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db
PAIN = "chest pain"


@pytest.fixture
def day(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(20))
    day = f.a_day()
    f.to_running(day)
    return day


def see(day, at=20, sign=PAIN):
    return acts.seen(session=day.session, sign=sign, by=day.nurse, at=f.later(at))


def end(day, at, sign=PAIN, by=None):
    return acts.over(session=day.session, sign=sign, by=by or day.nurse, at=f.later(at))


def present(day, at=30) -> set[str]:
    return {one.key for one in watch.standing(day.visit, at=f.later(at)).conditions if one.present}


def test_a17_a_sign_is_over_by_one_press_with_who_and_when_on_the_timeline(day):
    client = browser(day.nurse)
    page = f"/sessions/{day.visit.pk}/"
    assert "It is over" not in client.get(page).content.decode()
    assert client.post(f"{page}event/", once(kind=PAIN)).status_code == 302
    shown = client.get(page).content.decode()
    assert "<b>Chest pain</b>" in shown
    assert "It is over" in shown
    assert client.post(f"{page}event/", once(over=PAIN)).status_code == 302
    assert f"sign.{PAIN}" not in present(day)
    entry = TimelineEntry.objects.get(visit=day.visit, name=signs.OVER)
    assert (timeline_words.words_of(entry), entry.recorded_by.name) == ("Chest pain over", "Ann Vale")
    latched = [one.key for one in watch.standing(day.visit, at=f.later(20)).conditions if one.latched]
    assert latched == [f"sign.{PAIN}"], "a high one stays latched until somebody has seen it (A6)"
    assert "It is over" not in client.get(page).content.decode()
    assert client.post(f"{page}event/", once(over=PAIN)).status_code == 422, "it does not stand any more"


def test_a17_over_is_said_by_whoever_may_answer_alarms(day):
    see(day)
    end(day, 21, by=day.prescriber)
    see(day, 22)
    with pytest.raises(NotAllowed):
        end(day, 23, by=someone(day.clinic, Role.FD))
    with pytest.raises(Refused, match="does not stand"):
        end(day, 23, sign="seizure")


def test_a17_a_slip_taken_back_ends_its_alarm_when_none_stands(day):
    first, second = see(day), see(day, 20.1)
    timeline.undo(session=day.session, entry=second, by=day.nurse, at=f.later(20.2))
    assert f"sign.{PAIN}" in present(day), "the first tap still stands"
    timeline.amend(
        session=day.session, entry=first, reason="Wrong patient", in_error=True, by=day.nurse, at=f.later(22)
    )
    assert f"sign.{PAIN}" not in present(day)


def test_a17_words_corrected_leave_the_alarm_and_an_over_in_error_brings_it_back(day):
    entry = see(day)
    timeline.amend(
        session=day.session, entry=entry, words="left arm too", reason="Wrong value", by=day.nurse, at=f.later(21)
    )
    assert f"sign.{PAIN}" in present(day)
    over = end(day, 22)
    timeline.amend(session=day.session, entry=over, reason="Wrong patient", in_error=True, by=day.nurse, at=f.later(23))
    assert f"sign.{PAIN}" in present(day), "nobody says any more that it is over"


def test_a17_a_vomit_that_was_none_takes_its_airway_along(day):
    slip = effects.chart(session=day.session, name="vomit", by=day.nurse, at=f.later(20))
    timeline.undo(session=day.session, entry=slip, by=day.nurse, at=f.later(20.1))
    assert "sign.vomiting" not in present(day)
    assert found.open_emergency(day.session, found.AIRWAY) is None
    struck = [row.entry for row in lines.told(day.visit) if row.entry.kind == Kind.AIRWAY]
    assert [row.in_error for row in struck] == [True], "readable, struck through"
    real = effects.chart(session=day.session, name="vomit", by=day.nurse, at=f.later(21))
    again = effects.chart(session=day.session, name="vomit", by=day.nurse, at=f.later(22))
    timeline.undo(session=day.session, entry=again, by=day.nurse, at=f.later(22.1))
    assert "sign.vomiting" in present(day)
    assert found.open_emergency(day.session, found.AIRWAY) is not None
    effects.close_emergency(
        session=day.session, name=found.AIRWAY, airway_signs=False, words="", by=day.nurse, at=f.later(23)
    )
    timeline.amend(session=day.session, entry=real, reason="Wrong patient", in_error=True, by=day.nurse, at=f.later(24))
    assert "sign.vomiting" not in present(day)


def test_a17_help_called_by_a_slip_is_taken_back_and_a_look_that_was_none_calls_again(day):
    slip = helping.call_help(session=day.session, place="chair", by=day.nurse, at=f.later(20))
    timeline.undo(session=day.session, entry=slip, by=day.nurse, at=f.later(20.1))
    assert "sign.help button" not in present(day)
    helping.call_help(session=day.session, place="chair", by=day.nurse, at=f.later(21))
    look = helping.be_present(session=day.session, by=day.nurse, at=f.later(22))
    assert "sign.help button" not in present(day)
    timeline.undo(session=day.session, entry=look, by=day.nurse, at=f.later(22.1))
    assert "sign.help button" in present(day)


def test_a17_after_the_patient_has_left_a_line_is_still_struck(day):
    entry = see(day)
    end(day, 21)
    f.giving.stop(session=day.session, reason="", complete=True, by=day.nurse, at=f.later(50))
    f.make_well(day)
    f.release.let_go(session=day.session, by=day.nurse, at=f.later(105))
    row = timeline.amend(
        session=day.session, entry=entry, reason="Wrong patient", in_error=True, by=day.nurse, at=f.later(110)
    )
    assert row.in_error
