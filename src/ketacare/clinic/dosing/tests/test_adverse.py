"""Adverse events: whose they are, what only a prescriber says of them, and when nobody waits for them any more."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from ketacare.clinic.dosing import tasks
from ketacare.clinic.dosing.actions import adverse, effects, emergency, leaving
from ketacare.clinic.dosing.actions import timeline as write
from ketacare.clinic.dosing.actions.signs import seen
from ketacare.clinic.dosing.models import AdverseEvent, Kind, Outcome, Relatedness
from ketacare.clinic.dosing.queries import closing, rems, signs
from ketacare.clinic.dosing.queries import effects as queries
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence, Duty, DutyState
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def day(running_day):
    return running_day


def judged(effect="anxiety", grade=3, **more):
    return adverse.Judged(effect, grade, f.later(20), **more)


def record(day, one, by=None, at=30):
    return adverse.record(patient=day.patient, session=day.session, judged=one, by=by or day.nurse, at=f.later(at))


def look(event, one, by, at=70):
    return adverse.look_again(event=event, judged=one, reason="seen again", by=by, at=f.later(at))


def owed():
    return list(Duty.objects.filter(kind=adverse.FOLLOW_UP, state=DutyState.OPEN))


def refused(act):
    with pytest.raises(Refused) as found:
        act()
    return {one.field for one in found.value.refusals}


OVER = {"outcome": Outcome.RESOLVED, "resolved_at": f.later(60)}
NONE = {"outcome": Outcome.SET_ASIDE, "words": "nothing"}


# --- what only a prescriber says --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "then", "fields"),
    [
        ({"grade": 4}, {"grade": 2, **NONE}, {"outcome", "grade"}),
        ({"grade": 2, "serious": ("hospital",)}, {"grade": 2, **NONE}, {"outcome", "serious"}),
        ({"grade": 2, "relatedness": Relatedness.PROBABLE}, {"grade": 2, **NONE}, {"outcome"}),
        ({"grade": 3}, {"grade": 2}, {"grade"}),
        ({"grade": 4, "serious": ("hospital", "important")}, {"grade": 4, "serious": ("important",)}, {"serious"}),
    ],
)
def test_what_is_grave_is_made_less_by_a_prescriber_alone(day, first, then, fields):
    event = record(day, judged(**first), by=day.prescriber)
    assert refused(lambda: look(event, judged(**then), day.nurse)) == fields
    assert adverse.open_duty_of(event) is not None
    look(event, judged(**then), day.prescriber)


def test_a_nurse_lowers_and_sets_aside_what_is_not_grave(day):
    event = look(record(day, judged(grade=2)), judged(grade=1), day.nurse)
    look(event, judged(grade=1, **NONE), day.nurse, at=71)
    assert owed() == []


def test_what_the_record_shows_to_be_grave_is_not_set_aside_as_mild_at_once(day):
    f.vitals(day, moaas=1, at=f.later(25))
    assert refused(lambda: record(day, judged("sedation", 1, **NONE))) == {"outcome", "grade"}
    record(day, judged("sedation", 1, **NONE), by=day.prescriber)
    assert queries.to_judge(day.session) == []


def test_a_nurses_look_leaves_the_cause_as_the_prescriber_judged_it(day):
    event = record(day, judged(relatedness=Relatedness.PROBABLE, action="Dose stopped"), by=day.prescriber)
    later = look(event, judged(**OVER), day.nurse)
    assert (later.relatedness, later.action, owed()) == (Relatedness.PROBABLE, "Dose stopped", [])
    assert refused(lambda: look(later, judged(**OVER, relatedness=Relatedness.UNRELATED), day.nurse)) == {"relatedness"}
    again = look(later, judged(**OVER), day.prescriber, at=71)  # a prescriber may leave it open again
    assert again.relatedness == Relatedness.NOT_JUDGED


def test_what_the_record_leaves_to_judge_is_the_prescribers_and_no_nurse_sets_it_aside_in_two_steps(day):
    seen(session=day.session, sign="syncope", by=day.nurse, at=f.later(20))
    event = record(day, judged("syncope", 1))
    (duty,) = owed()
    assert (duty.owner_role, duty.consequence) == (Role.RX, Consequence.SAFETY)
    assert refused(lambda: look(event, judged("syncope", 1, **NONE), day.nurse)) == {"outcome"}
    assert owed() == [duty]
    look(event, judged("syncope", 1, **NONE), day.prescriber)
    assert owed() == []


@pytest.mark.parametrize(
    ("said", "fields"), [({"grade": 2}, {"grade"}), ({"grade": 2, **NONE}, {"outcome", "grade"}), ({"grade": 4}, set())]
)
def test_a_nurse_says_no_less_than_the_record_shows_since(day, said, fields):
    f.vitals(day, moaas=3, at=f.later(20))
    event = record(day, judged("sedation", 2), at=21)
    f.vitals(day, moaas=1, at=f.later(40))
    if fields:
        assert refused(lambda: look(event, judged("sedation", **said), day.nurse)) == fields
        assert [one.effect for one in queries.to_judge(day.session)] == ["sedation"]
    look(event, judged("sedation", **said), day.prescriber if fields else day.nurse)
    assert queries.to_judge(day.session) == []


# --- whose it is ------------------------------------------------------------------------------------------------------


def test_what_becomes_grave_becomes_the_prescribers_and_serious_is_reported_in_its_time(day):
    event = record(day, judged(grade=2))
    (slow,) = owed()
    assert (slow.owner_role, slow.consequence) == (Role.RN, Consequence.CARE)
    event = look(event, judged(grade=4), day.nurse)
    (duty,) = owed()
    assert (duty.owner_role, duty.consequence, duty.due_at) == (Role.RX, Consequence.SAFETY, f.later(70 + 24 * 60))
    event = look(event, judged(grade=4, serious=("hospital",)), day.nurse, at=80)
    (duty,) = owed()
    assert (duty.title, duty.due_at) == ("Serious adverse event: judge and report", f.later(80 + 24 * 60))
    look(event, judged(grade=4, serious=("hospital",)), day.nurse, at=90)
    assert owed() == [duty]  # no graver: the time it has stands


def test_what_is_graver_than_when_it_was_judged_is_asked_again_and_looked_at_where_it_stands(day):
    f.vitals(day, moaas=3, at=f.later(20))
    event = record(day, judged("sedation", 2), at=21)
    assert queries.to_judge(day.session) == []
    f.vitals(day, moaas=1, at=f.later(40))
    assert [(one.effect, one.grade) for one in queries.to_judge(day.session)] == [("sedation", 4)]
    assert any("sedation" in words for words in closing.missing(day.session))
    assert refused(lambda: record(day, judged("sedation", 4), at=41)) == {"effect"}
    look(event, judged("sedation", 3), day.prescriber, at=42)  # lower than shown, by a person who saw it
    assert queries.to_judge(day.session) == []


def test_a_second_one_of_its_kind_is_another_event_once_the_first_is_settled(day):
    first = judged(relatedness=Relatedness.UNLIKELY, serious=("important",), **OVER)
    one = record(day, first, by=day.prescriber, at=61)
    look(one, judged(relatedness=Relatedness.UNLIKELY, serious=("important",), **OVER, reported_at=f.later(62),
                     reported_how="MedWatch 1"), day.prescriber, at=63)  # fmt: skip
    effects.chart(session=day.session, name="anxiety", by=day.nurse, at=f.later(64))
    adverse.record(
        patient=day.patient, session=day.session, judged=adverse.Judged("anxiety", 2, f.later(64)), by=day.nurse,
        at=f.later(65),
    )  # fmt: skip
    assert [bool(event.serious) for event in queries.said_of(day.session)] == [True, False]


def test_a_nurse_records_a_mild_second_one_after_a_grave_first_that_is_settled(day, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(75))
    f.vitals(day, moaas=1, at=f.later(20))
    record(day, judged("sedation", 4, relatedness=Relatedness.PROBABLE, **OVER), by=day.prescriber, at=61)
    nurse, address = browser(day.nurse), f"/sessions/{day.visit.pk}/effects/"
    assert re.search(r'name="effect".*?value="sedation"', nurse.get(address).content.decode(), re.DOTALL)
    said = {"act": "another", "effect": "sedation", "grade": "1", "onset": "-5", "outcome": "ongoing"}
    assert nurse.post(address, once(**said)).status_code == 302
    assert [event.grade for event in queries.said_of(day.session)] == [4, 1]
    assert queries.to_judge(day.session) == []


def test_a_second_one_that_the_record_shows_graver_than_the_settled_first_is_recorded_from_the_page(day, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(75))
    f.vitals(day, moaas=3, at=f.later(20))
    record(day, judged("sedation", 2, relatedness=Relatedness.PROBABLE, **OVER), by=day.prescriber, at=61)
    f.vitals(day, moaas=1, at=f.later(70))
    nurse, address = browser(day.nurse), f"/sessions/{day.visit.pk}/effects/"
    part = nurse.get(address).content.decode().split('id="judge"')[1].split('id="chart"')[0]
    assert "Look at it again" in part
    assert 'name="effect" value="sedation"' in part
    said = {"act": "judge", "effect": "sedation", "onset": "-5", "outcome": "ongoing"}
    assert nurse.post(address, once(**said, grade="1")).status_code == 422
    assert nurse.post(address, once(**said, grade="4")).status_code == 302
    assert [event.grade for event in queries.said_of(day.session)] == [2, 4]
    assert queries.to_judge(day.session) == []


# --- the report -------------------------------------------------------------------------------------------------------


def test_judge_and_report_is_not_done_without_the_report(day):
    told = judged(serious=("hospital",), relatedness=Relatedness.POSSIBLE, **OVER)
    event = look(record(day, judged(serious=("hospital",))), told, day.prescriber)
    assert not adverse.settled(event)
    assert owed()
    half = judged(serious=("hospital",), relatedness=Relatedness.POSSIBLE, **OVER, reported_how="MedWatch")
    assert refused(lambda: look(event, half, day.prescriber)) == {"reported_how"}
    ahead = adverse.Judged(
        "anxiety", 3, f.later(20), serious=("hospital",), reported_at=f.later(99), reported_how="MedWatch"
    )
    assert refused(lambda: look(event, ahead, day.prescriber)) == {"reported_at"}
    whole = judged(
        serious=("hospital",), relatedness=Relatedness.POSSIBLE, **OVER, reported_at=f.later(68), reported_how="REMS 12"
    )
    event = look(event, whole, day.prescriber, at=71)
    assert (adverse.settled(event), owed()) == (True, [])
    assert look(event, told, day.prescriber, at=72).reported_how == "REMS 12"  # a later look says nothing of it


def test_a_serious_one_that_nobody_waits_for_and_that_was_never_reported_is_followed_again(day):
    """As those were kept that counted as settled before the report was asked for."""
    told = judged(serious=("hospital",), relatedness=Relatedness.POSSIBLE, **OVER)
    event = record(day, told, by=day.prescriber, at=61)
    assert tasks.follow_adverse_events(f.later(62)) == 0
    duties.close_duty(owed()[0], evidence=event, by=day.prescriber, at=f.later(63))
    assert tasks.follow_adverse_events(f.later(64)) == 1
    assert [duty.owner_role for duty in owed()] == [Role.RX]
    assert tasks.follow_adverse_events(f.later(65)) == 0


def test_the_page_asks_for_the_report_and_leads_to_what_became_graver(day, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(70))
    f.vitals(day, moaas=3, at=f.later(20))
    event = record(day, judged("sedation", 2, serious=("hospital",)), at=21)
    f.vitals(day, moaas=1, at=f.later(40))
    prescriber = browser(day.prescriber)
    address = f"/adverse-events/{event.case}/"
    assert f'href="{address}"' in prescriber.get(f"/sessions/{day.visit.pk}/effects/").content.decode()
    look = {"effect": "sedation", "grade": "4", "outcome": "resolved", "resolved_at": "-5", "relatedness": "probable"}
    look |= {"serious": "hospital", "reason": "asleep", "reported_at": "-1", "reported_how": "MedWatch 4711"}
    assert prescriber.post(address, once(**look)).status_code == 302
    assert "MedWatch 4711" in prescriber.get(address).content.decode()
    assert owed() == []


def test_a_look_two_days_later_leaves_the_end_as_it_was_and_takes_the_days_of_what_is_new(day, monkeypatch):
    event = record(day, judged(serious=("hospital",), **OVER), by=day.prescriber, at=61)
    two_days = f.AT.date() + timedelta(days=2)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(2 * 24 * 60))
    prescriber, address = browser(day.prescriber), f"/adverse-events/{event.case}/"
    page = prescriber.get(address).content.decode()
    assert re.search(r'name="resolved_on"[^>]*type="date"|type="date"[^>]*name="resolved_on"', page)
    said = {"effect": "anxiety", "grade": "3", "outcome": "resolved", "relatedness": "probable", "serious": "hospital"}
    told = {"reported_on": f"{two_days - timedelta(days=1)}", "reported_at": "1130", "reported_how": "MedWatch 4711"}
    ahead = {"reported_on": f"{two_days + timedelta(days=1)}"}
    before = prescriber.post(address, once(**said | told | ahead, reason="reported"))
    assert before.status_code == 422
    assert f'value="{two_days + timedelta(days=1)}"' in before.content.decode()  # what was typed is still there
    assert prescriber.post(address, once(**said | told | {"reported_at": "-5"}, reason="reported")).status_code == 422
    assert prescriber.post(address, once(**said, **told, reason="reported")).status_code == 302
    later, zone = AdverseEvent.objects.current().get(case=event.case), ZoneInfo(day.clinic.zone)
    assert later.resolved_at == f.later(60)
    assert f"{later.reported_at.astimezone(zone):%Y-%m-%d %H%M}" == f"{told['reported_on']} 1130"
    again = said | {"resolved_on": told["reported_on"], "resolved_at": "0915", "reason": "it came back that night"}
    assert prescriber.post(address, once(**again)).status_code == 302
    later = AdverseEvent.objects.current().get(case=event.case)
    assert f"{later.resolved_at.astimezone(zone):%Y-%m-%d %H%M}" == f"{told['reported_on']} 0915"


# --- what no rule worked out ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", sorted(signs.EFFECTS))
def test_a_sign_that_alarmed_is_judged_before_the_session_closes(day, sign):
    seen(session=day.session, sign=sign, by=day.nurse, at=f.later(20))
    (one,) = queries.to_judge(day.session)
    assert (one.effect, one.grade) == (signs.EFFECTS[sign], 0)
    assert refused(lambda: record(day, judged(one.effect, 1, **NONE))) == {"outcome"}
    record(day, judged(one.effect, 2), at=31)
    assert queries.to_judge(day.session) == []


def test_a_sign_that_is_seen_again_is_judged_again_and_a_nurses_look_leaves_its_cause_to_the_prescriber(day):
    seen(session=day.session, sign="seizure", by=day.nurse, at=f.later(20))
    event = record(day, judged("seizure", 2, **OVER, relatedness=Relatedness.POSSIBLE), by=day.prescriber, at=61)
    assert (queries.to_judge(day.session), owed()) == ([], [])
    seen(session=day.session, sign="seizure", by=day.nurse, at=f.later(62))
    assert [one.effect for one in queries.to_judge(day.session)] == ["seizure"]
    later = look(event, judged("seizure", 2, **OVER), day.nurse)
    (duty,) = owed()
    assert (later.relatedness, duty.owner_role) == (Relatedness.NOT_JUDGED, Role.RX)
    assert queries.to_judge(day.session) == []


def test_a_grade_that_was_charted_of_a_sign_is_no_nurses_to_make_less(day):
    effects.chart(session=day.session, name="seizure", grade=4, by=day.nurse, at=f.later(20))
    assert [(one.effect, one.grade) for one in queries.to_judge(day.session)] == [("seizure", 4)]
    assert refused(lambda: record(day, judged("seizure", 1))) == {"grade"}


def test_a_second_emergency_is_judged_as_well(day):
    emergency.begin(session=day.session, by=day.nurse, at=f.later(20))
    record(day, judged("grave_course", 2, words="fainted"), by=day.prescriber)
    assert queries.to_judge(day.session) == []
    emergency.end(session=day.session, words="settled", by=day.nurse, at=f.later(32))
    emergency.begin(session=day.session, by=day.nurse, at=f.later(40))
    assert [one.effect for one in queries.to_judge(day.session)] == ["grave_course"]


def test_an_emergency_and_a_way_to_hospital_are_judged_unless_something_explains_them(day):
    emergency.begin(session=day.session, by=day.nurse, at=f.later(20))
    (one,) = queries.to_judge(day.session)
    assert (one.effect, one.why) == ("grave_course", "an emergency was opened")
    assert any("emergency or hospital" in words for words in closing.missing(day.session))
    assert refused(lambda: record(day, judged("grave_course", 3))) == {"words"}
    record(day, judged("other", 1, words="itching at the arm"))  # answers for itself, and for nothing else
    assert queries.to_judge(day.session) == [one]
    assert not rems.form(day.session).serious_known
    seen(session=day.session, sign="seizure", by=day.nurse, at=f.later(21))
    assert [one.effect for one in queries.to_judge(day.session)] == ["seizure"]
    assert queries.grave_course(day.session) == ["an emergency was opened"]


def test_seizure_and_hospital_ask_for_a_serious_event_and_the_programme_is_told(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(95))
    day = f.a_day()
    f.to_recovery(day)
    said = dict.fromkeys(leaving.NEEDS["transfer"], "said")
    leaving.leave_otherwise(
        session=day.session, leaving=leaving.Leaving("transfer", said), by=day.nurse, at=f.later(90)
    )
    page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/effects/").content.decode()
    assert "taken to hospital" in page
    assert re.search(r'value="hospital"[^>]*checked', page)
    look = {"act": "another", "effect": "seizure", "grade": "3", "onset": "t+20", "outcome": "ongoing"}
    assert browser(day.nurse).post(
        f"/sessions/{day.visit.pk}/effects/", once(**look, serious="hospital")
    ).status_code == 302  # fmt: skip
    assert [event.term for event in rems.form(day.session).serious] == ["Seizure"]


def test_charted_under_the_name_of_the_effect_a_sign_alarms_and_a_vomit_opens_the_airway(day):
    effects.chart(session=day.session, name="chest_pain", grade=2, by=day.nurse, at=f.later(20))
    effects.chart(session=day.session, name="vomiting", by=day.nurse, at=f.later(21))
    present = {one.key for one in watch.standing(day.visit, at=f.later(22)).conditions if one.present}
    assert {"sign.chest pain", "sign.vomiting"} <= present
    assert queries.open_emergency(day.session, queries.AIRWAY) is not None
    assert [one.effect for one in queries.to_judge(day.session)] == ["chest_pain"]


def test_what_was_there_before_the_dose_is_no_effect_of_it(day):
    before = {"session": day.session, "by": day.nurse, "at": f.later(20)}
    write.record(**before, kind=Kind.EVENT, name="chest pain", happened_at=f.later(-5))
    write.record(**before, kind=Kind.SCALE, name="nausea", body={"value": "8"}, happened_at=f.later(-5))
    assert queries.found(day.session) == ()


@pytest.mark.parametrize(
    ("said", "graver"),
    [
        ({"reason": "Blood pressure"}, True),
        ({"reason": "Blood pressure", "reason_words": "186/112 twice"}, True),
        ({"reason_words": "186/112 twice"}, True),
        ({"reason": "Nausea", "reason_words": "wants no more"}, False),
    ],
)
def test_a_stop_for_a_confirmed_pressure_is_an_event_however_its_reason_was_given(day, monkeypatch, said, graver):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(32))
    for minute in (20, 25, 30):
        f.vitals(day, "186/112", at=f.later(minute))
    nurse = browser(day.nurse)
    stopped = once(step="stop", pump_ml="30", pump_ml_asked="30", confirm="pump_ml", **said)
    assert nurse.post(f"/sessions/{day.visit.pk}/dose/", stopped)
    day.session.refresh_from_db()
    grades = {one.effect: one.grade for one in queries.found(day.session)}
    assert (grades["hypertension"], day.session.state) == (3 if graver else 2, "recovery")


def test_a_pressure_of_before_the_dose_is_no_effect_of_it():
    day = f.a_day()
    f.to_running(day)
    f.vitals(day, "186/112", at=f.later(20))
    f.vitals(day, "186/112", at=f.later(25))
    day.session.started_at = f.later(26)
    assert [one.effect for one in queries.found(day.session)] == []
