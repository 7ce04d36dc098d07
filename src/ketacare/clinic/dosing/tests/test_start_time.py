"""When a dose was begun is put right with a reason, and all that counts from it follows (I2, I3, I10, H17)."""

from __future__ import annotations

import pytest

from ketacare.clinic.dosing.actions import notes, sessions, timeline
from ketacare.clinic.dosing.models import Session, TimelineEntry
from ketacare.clinic.dosing.queries import dose, flowsheet, going_home, note, numbers, ordered, signed_notes
from ketacare.clinic.dosing.queries import timeline as lines
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.tests.test_effects import refused
from ketacare.clinic.duties import queries as waiting
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.actions.watching import state_now
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.quantities.terms import Mass

pytestmark = pytest.mark.django_db


@pytest.fixture
def day(running_day):
    """The time-out was read at minute 9, and the start pressed at minute 10."""
    return running_day


def put_right(day, minute, *, at, by=None, **more):
    first = dose.steps_of(day.session)[0]
    to = None if minute is None else f.later(minute)
    act = {"session": day.session, "entry": first, "happened_at": to, "reason": "Wrong time"}
    return timeline.amend(**act, by=by or day.nurse, at=f.later(at), **more)


def due(day):
    return {ask.key: ask.due_at for ask in watch.asks_owed(day.visit)}


def test_i2_a_start_put_right_moves_all_that_counts_from_it_and_stays_readable_as_it_was(day):
    """Pressed six minutes before the pump ran: 1 mg a minute."""
    first = dose.steps_of(day.session)[0]
    f.vitals(day, "142/88", at=f.later(13))
    assert due(day)["bp@10"] == f.later(20)
    assert "bp@5" not in due(day)
    put_right(day, 16, at=20)
    session = Session.objects.get()
    assert session.started_at == day.session.started_at == session.visit.dose_began_at == f.later(16)
    assert dose.so_far(session, ordered.order_of(day.visit), f.later(20)).given == Mass.of(4)
    assert {one.t: one.at for one in flowsheet.filled(session, f.later(20))}["T+15"] == f.later(31)
    assert due(day)["bp@10"] == f.later(26)
    assert due(day)["bp@5"] == f.later(21), "what was taken before it answers nothing of after it"
    assert state_now(day.visit).baseline[Channel.NIBP_SYS] == 142, "before the dose, as it now is"
    told = note.content(session, "UTC")
    assert told["dose"][0][0] == f"{f.later(16):%H:%M} (T+0)"
    assert f"mL/h, {f.later(10).astimezone(note.ZoneInfo(day.clinic.zone)):%H:%M} → " in told["corrections"][0]
    first.refresh_from_db()
    assert (first.happened_at, TimelineEntry.objects.get(amends=first).amend_reason) == (f.later(10), "Wrong time")


def test_i10_a_start_is_not_ahead_not_before_its_time_out_and_not_after_a_later_step(day):
    sessions.pause(session=day.session, reason="Nausea", by=day.nurse, at=f.later(18))
    refused(day, lambda: put_right(day, 31, at=30), "future")
    refused(day, lambda: put_right(day, 8, at=30), "is before the time-out")
    refused(day, lambda: put_right(day, 18, at=30), "is after a later step of the dose")
    refused(day, lambda: put_right(day, None, at=30, in_error=True), "it is not struck out")
    put_right(day, 17, at=30)
    first = dose.steps_of(day.session)[0]
    refused(day, lambda: timeline.undo(session=day.session, entry=first, by=day.nurse, at=f.later(30)), "undone")


def test_a_start_is_put_right_by_whoever_began_it_or_by_a_prescriber(day):
    refused(day, lambda: put_right(day, 12, at=30, by=day.second), "by whoever began it, or by a prescriber")
    put_right(day, 12, at=30, by=day.prescriber)
    put_right(day, 13, at=31)
    assert day.session.started_at == f.later(13)


def test_what_is_given_at_once_ended_when_it_was_given():
    day = f.a_day(sheet="p-im-kap")
    f.one_injection(day)
    put_right(day, 13, at=20)
    assert day.session.started_at == day.session.dose_ended_at == f.later(13)


def test_i3_once_they_have_left_the_note_is_amended_the_times_follow_and_the_prescriber_looks():
    day = f.a_day()
    f.to_left(day)
    notes.sign(session=day.session, words="Calm.", zone="UTC", by=day.nurse, at=f.later(106))
    row = signed_notes.signed(day.visit)
    assert signed_notes.mark_of(day.session, note.content(day.session, "UTC"), row) == ""
    assert numbers.minutes(day.session).watched == 95
    assert going_home.earliest(day.session, f.later(105)) == f.later(10 + 75)
    refused(day, lambda: put_right(day, 15, at=110), "The ledger has 40 mg, by rate and time; it would be 35 mg")
    assert day.session.started_at == f.later(10)
    put_right(day, 9, at=110)
    assert numbers.minutes(day.session).watched == 96
    assert going_home.earliest(day.session, f.later(105)) == f.later(9 + 75)
    assert signed_notes.mark_of(day.session, note.content(day.session, "UTC"), row) == "AMENDED"
    (duty,) = waiting.open_for(day.patient, "dose.against")
    assert duty.title == "Look at a dose whose start was put right after they had left"


def test_the_page_offers_the_start_for_its_time_alone(day, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(20))
    address = f"/sessions/{day.visit.pk}/"
    amend = f"{address}timeline/{dose.steps_of(day.session)[0].pk}/amend/"
    nurse = browser(day.nurse)
    assert f'href="{amend}"' in nurse.get(address).content.decode()
    page = nurse.get(amend).content.decode()
    assert 'name="happened_at"' in page
    assert 'name="in_error"' not in page
    assert nurse.post(amend, once(reason="Wrong time", happened_at="")).status_code == 422
    assert nurse.post(amend, once(reason="Wrong time", happened_at="-5")).status_code == 302
    assert lines.latest(day.visit, "dose", "start").happened_at == f.later(15)
    shown = nurse.get(address).content.decode()
    assert "<del>Infusion started at 150 mL/h," in shown
