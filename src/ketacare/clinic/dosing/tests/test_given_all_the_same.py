"""More of a dose, told afterwards: it is held to when it was given, and what spoke against it then is charted with it,
with a reason and a name, for the prescriber to look at (H8, H17, H41)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ketacare.clinic.dosing.actions import (
    against,
    checking,
    emergency,
    giving,
    read_aloud,
    release,
    second_step,
    sessions,
)
from ketacare.clinic.dosing.models import Session, SessionState
from ketacare.clinic.dosing.queries import dose, going_home, schedule, timeline_words
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.tests.test_effects import refused
from ketacare.clinic.dosing.tests.test_giving import second_order
from ketacare.clinic.dosing.tests.test_in_force import weigh
from ketacare.clinic.dosing.tests.test_two_steps import day as two_steps  # noqa: F401
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence, Duty
from ketacare.clinic.monitoring import then
from ketacare.clinic.outcomes.models import MessageOut
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.pharmacy.models import Container
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.quantities.terms import Concentration, Mass, Volume

pytestmark = pytest.mark.django_db
WHY = "Given before anybody could chart it"


@pytest.fixture
def ready():
    """The second injection may be given from minute 25 to 30; no pressure has been taken yet."""
    day = f.a_day(sheet="p-im-kap")
    f.one_injection(day)
    second_order(day)
    f.draw(day, [Container.objects.get(serial="S1")], 21)
    found = f.read_by(day, f.DRUG, Mass.of(20), concentration=Concentration.of(50), volume=Volume.of("0.4"), route="IM")
    assert checking.check_blind(session=day.session, found=found, by=day.second, at=f.later(22)) == ()
    checking.time_out(session=day.session, said=f.SAID, **f.said_by(day), by=day.nurse, at=f.later(24))
    return day


def told(day, at, given_at, why=""):
    return giving.give_second(
        session=day.session, by=day.nurse, at=f.later(at), done_at=f.later(given_at), all_the_same=why
    )


def charted(day):
    return dose.steps_of(day.session)[-1]


def looked_at():
    return [(one.owner_role, one.consequence) for one in Duty.objects.filter(kind=against.LOOK, state="open")]


def test_h8_h17_a_pressure_taken_after_it_is_none_before_it(ready):
    refused(ready, lambda: giving.give_second(session=ready.session, by=ready.nurse, at=f.later(26)), "blood pressure")
    f.vitals(ready, "118/70", at=f.later(28.5))
    refused(ready, lambda: told(ready, 29, 26), "needs a blood pressure", "Why it was given all the same is empty")
    told(ready, 29, 28)  # typed in whole minutes: of the same minute
    read = [read_aloud.time_out_before(ready.session, f.later(one)).recorded_at for one in (22.9, 23.5)]
    assert [one == f.later(24) for one in read] == [False, True]
    assert "against" not in charted(ready).body
    assert looked_at() == []


def test_h8_h17_an_alarm_that_has_ended_speaks_against_it_and_the_prescriber_looks(ready):
    f.vitals(ready, "130/80", at=f.later(25))
    f.vitals(ready, "78/40", at=f.later(26))
    refused(ready, lambda: giving.give_second(session=ready.session, by=ready.nurse, at=f.later(27)), "alarms")
    f.vitals(ready, "120/78", at=f.later(28))
    assert [then.alarmed(ready.visit, f.later(one)) for one in (25.5, 26, 27.9, 28.5)] == [False, True, True, False]
    refused(ready, lambda: told(ready, 29, 26.5), "while a sign of the patient alarms", "all the same is empty")
    told(ready, 29, 26.5, WHY)
    words = timeline_words.words_of(charted(ready))
    assert words.endswith(
        "; against: Second dose does not start while a sign of the patient alarms; given all the same: " + WHY
    )
    assert charted(ready).recorded_by_id == ready.nurse.user_id
    assert looked_at() == [("RX", Consequence.SAFETY)]
    assert WHY not in Duty.objects.get(kind=against.LOOK).why


def test_h41_h17_an_emergency_and_a_pause_that_are_over_speak_against_it(ready, monkeypatch):
    f.vitals(ready, "130/80", at=f.later(25))
    emergency.begin(session=ready.session, by=ready.nurse, at=f.later(26))
    emergency.end(session=ready.session, words="well", by=ready.nurse, at=f.later(28))
    monkeypatch.setattr("ketacare.clinic.enrolment.pausing.stood_still", lambda _, when: when == f.later(27))
    refused(ready, lambda: told(ready, 29, 27), "an emergency is under way", "Course is paused")
    told(ready, 29, 27, WHY)
    assert len(charted(ready).body["against"]) == 2


def test_h41_a20_while_an_emergency_lasts_no_reason_gives_more_of_a_dose(ready):
    f.vitals(ready, "130/80", at=f.later(25))
    emergency.begin(session=ready.session, by=ready.nurse, at=f.later(26))
    refused(ready, lambda: told(ready, 28, 27, WHY), "an emergency is under way")
    told(ready, 28, 25.5)  # before it


def test_h17_a_dose_that_was_given_before_it_was_checked_says_so(ready):
    refused(ready, lambda: told(ready, 29, 21), "was checked only after it was given")


def test_h17_of_the_minute_that_is_typed_what_spoke_against_it_counts(ready):
    """Typed as minute 26, it may have been given before or after what happened at 26:20; somebody says which."""
    f.vitals(ready, "130/80", at=f.later(25))
    f.vitals(ready, "78/40", at=f.later(26 + 20 / 60))
    emergency.begin(session=ready.session, by=ready.nurse, at=f.later(26 + 40 / 60))
    refused(ready, lambda: told(ready, 29, 26), "a sign of the patient alarms", "an emergency is under way")
    told(ready, 29, 26, "In the same minute, before it")
    assert len(charted(ready).body["against"]) == 2


def test_d9_h17_alarms_that_nobody_judged_then_speak_against_it(ready):
    f.vitals(ready, "130/80", at=f.later(25))
    duties.open_duty(
        kind="watch.failed", title="Watch by eye", patient=ready.patient, owner_role="RN", due_at=f.later(26),
        why="Alarms cannot be judged", link="/", visit_id=ready.visit.pk, consequence=Consequence.LIFE,
        by=ready.nurse, at=f.later(26),
    )  # fmt: skip
    refused(ready, lambda: told(ready, 29, 26.5), "cannot be judged")
    Duty.objects.filter(kind="watch.failed").update(state="closed", closed_at=f.later(28))
    refused(ready, lambda: told(ready, 29, 26.5), "cannot be judged")
    told(ready, 29, 25.5)
    assert "against" not in charted(ready).body


def test_h17_l6_what_has_changed_since_keeps_nobody_from_charting_what_was_given(ready, monkeypatch):
    """The course is paused, the weight put right, the patient in hospital: it was given all the same."""
    f.vitals(ready, "130/80", at=f.later(25))
    monkeypatch.setattr("ketacare.clinic.enrolment.pausing.paused_since", lambda _: f.later(28))
    weigh(ready, 60, 28)
    act = {"session": ready.session, "by": ready.nurse, "at": f.later(29)}
    with pytest.raises(Refused, match="Course: is paused"):
        giving.give_second(**act)
    Session.objects.filter(pk=ready.session.pk).update(state=SessionState.LEFT, left_at=f.later(28))
    refused(ready, lambda: giving.give_second(**act), "is not checked and ready")
    refused(ready, lambda: told(ready, 45, 29), "is after the patient had left")
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(45))
    nurse, url = browser(ready.nurse), f"/sessions/{ready.visit.pk}/"
    assert "is neither given nor wasted" in nurse.get(url).content.decode()
    page = nurse.get(f"{url}second/").content.decode()
    assert 'name="done_at"' in page
    assert "Given, and not charted yet" in page
    assert 'name="said"' not in page, "nobody reads a time-out aloud any more"
    assert nurse.post(f"{url}start/", once(done_at="t+16")).status_code == 302
    assert "against" not in charted(ready).body
    assert charted(ready).happened_at == f.later(26)


def test_h12_told_only_after_they_had_left_it_puts_off_driving_and_the_prescriber_looks(ready):
    f.vitals(ready, "130/80", at=f.later(25))
    f.make_well(ready)
    release.let_go(session=ready.session, by=ready.nurse, at=f.later(105))
    told(ready, 110, 28)
    free_at = going_home.drive_from(ready.session)
    assert free_at is not None
    [message] = MessageOut.objects.filter(patient=ready.patient, code="driving")
    assert message.send_after == free_at == f.later(28) + timedelta(hours=24)
    assert "against" not in charted(ready).body
    assert looked_at() == [("RX", Consequence.SAFETY)]
    assert "did not know of it" in Duty.objects.get(kind=against.LOOK).why


@pytest.mark.parametrize("again", [80, 61])
def test_h3_h17_a_weight_that_spoke_against_it_still_does_when_somebody_has_weighed_again_since(ready, again):
    f.vitals(ready, "130/80", at=f.later(25))
    weigh(ready, 60, 25.5)
    weigh(ready, again, 27.5)
    refused(ready, lambda: told(ready, 29, 26), "differs by 25 % from 60 kg", "all the same is empty")
    told(ready, 29, 26, WHY)
    assert "60 kg" in charted(ready).body["against"][0]
    assert looked_at() == [("RX", Consequence.SAFETY)]


def test_h41_h8_the_second_step_is_held_to_when_it_was_started(two_steps, monkeypatch):  # noqa: F811
    day, act = two_steps, {"session": two_steps.session, "stable": True, "by": two_steps.nurse}
    late = {"at": f.later(40), "done_at": f.later(36)}
    emergency.begin(session=day.session, by=day.nurse, at=f.later(33))
    refused(day, lambda: second_step.start_second_step(**act, **late, all_the_same=WHY), "an emergency is under way")
    emergency.end(session=day.session, words="well", by=day.nurse, at=f.later(38))
    f.vitals(day, "134/82", hr=76, spo2=98, at=f.later(38))
    refused(day, lambda: second_step.start_second_step(**act, **late), "an emergency is under way", "blood pressure")
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(40))
    nurse, url = browser(day.nurse), f"/sessions/{day.visit.pk}/dose/"
    typed = {"step": "second_step", "stable": "yes", "second_at": "-4"}
    page = nurse.post(url, once(**typed)).content.decode()
    assert page.count('name="all_the_same"') == 1
    assert nurse.post(url, once(**typed, all_the_same=WHY)).status_code == 302
    assert "given all the same" in timeline_words.words_of(charted(day))
    steps = schedule.protocol_of(day.session).steps
    second_step.refuse_early(day.session, steps, f.later(30))
    with pytest.raises(Refused, match="after the first at the earliest"):
        second_step.refuse_early(day.session, steps, f.later(29.9))


def test_h41_h17_what_went_on_in_an_emergency_that_is_over_is_charted_with_why():
    day = f.a_day()
    f.to_running(day)
    sessions.pause(session=day.session, reason="BP", by=day.nurse, at=f.later(20))
    emergency.begin(session=day.session, by=day.nurse, at=f.later(21))
    act = {"session": day.session, "reason": "BP", "by": day.nurse, "at": f.later(25), "done_at": f.later(22)}
    refused(day, lambda: sessions.resume(**act, all_the_same=WHY), "an emergency is under way")
    emergency.end(session=day.session, words="well", by=day.nurse, at=f.later(23))
    refused(day, lambda: sessions.resume(**act), "an emergency is under way", "all the same")
    sessions.resume(**act, all_the_same=WHY)
    assert charted(day).body["all_the_same"] == WHY
    assert looked_at() == [("RX", Consequence.SAFETY)]


def test_h41_h37_a_device_given_in_an_emergency_that_is_over_is_charted_with_why():
    day = f.a_day(sheet="p-esk-trd")
    f.two_devices(day)
    emergency.begin(session=day.session, by=day.nurse, at=f.later(16))
    act = {"session": day.session, "serial": "D2", "early": "", "by": day.nurse, "at": f.later(20)}
    refused(day, lambda: giving.give_piece(**act, done_at=f.later(17), all_the_same=WHY), "an emergency is under way")
    emergency.end(session=day.session, words="well", by=day.nurse, at=f.later(18))
    refused(day, lambda: giving.give_piece(**act, done_at=f.later(17)), "an emergency is under way")
    giving.give_piece(**act, done_at=f.later(17), all_the_same=WHY)
    assert charted(day).body["against"] == ["The next device waits: an emergency is under way"]


def test_h07_h37_no_further_device_over_a_sign_that_alarms_and_one_that_was_given_says_why():
    """Treatment 4.1, 4.3: MOAA/S 1 and SpO2 82 % stop the dose."""
    day = f.a_day(sheet="p-esk-trd")
    f.two_devices(day)
    f.vitals(day, spo2=82, moaas=1, at=f.later(13))
    act = {"session": day.session, "serial": "D2", "early": ""}
    for by in (day.nurse, day.prescriber):
        refused(
            day,
            lambda by=by: giving.give_piece(**act, by=by, at=f.later(16), all_the_same=WHY),
            "does not start while a sign of the patient alarms",
        )
    late = {"by": day.nurse, "at": f.later(17), "done_at": f.later(16)}
    refused(day, lambda: giving.give_piece(**act, **late), "a sign of the patient alarms", "all the same is empty")
    assert looked_at() == []
    giving.give_piece(**act, **late, all_the_same=WHY)
    assert charted(day).body["all_the_same"] == WHY
    assert looked_at() == [("RX", Consequence.SAFETY)]
