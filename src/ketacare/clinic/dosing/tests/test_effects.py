"""Effects charted, medicines as needed, adverse events, the ways home, and what is counted afterwards."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from ketacare.clinic.dosing.actions import adverse, as_needed, effects, leaving, programme, release
from ketacare.clinic.dosing.models import AdverseEvent, Kind, Outcome, Relatedness, SessionState
from ketacare.clinic.dosing.queries import as_needed as needed
from ketacare.clinic.dosing.queries import closing, going_home, note, numbers, rems, timeline
from ketacare.clinic.dosing.queries import effects as queries
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.outcomes.models import MessageOut
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser, once, someone
from ketacare.clinic.protocols import actions as protocols
from ketacare.clinic.protocols import queries as adoption
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def day(running_day):
    return running_day


def adopt(day):
    newest = adoption.on_shelf("prn-1").newest
    seen = adoption.review(day.clinic.pk, newest).digest
    director = someone(day.clinic, Role.MD, "Dr Ray")
    protocols.adopt(sheet_id="prn-1", version=newest.header.version, seen=seen, read=True, by=director, at=f.AT)
    return director


def give(day, at, drug="ondansetron", route="ODT", amount="4", why="nausea", none_apply=True, by=None, unit="mg"):
    wanted = as_needed.Wanted(drug, route, Decimal(amount), why, unit)
    return as_needed.give(session=day.session, wanted=wanted, none_apply=none_apply, by=by or day.nurse, at=f.later(at))


def chart(day, name, at, **more):
    return effects.chart(session=day.session, name=name, by=day.nurse, at=f.later(at), **more)


def refused(day, act, *words):
    with pytest.raises(Refused) as found:
        act()
    said = " ".join(f"{one.field} {one.rule}" for one in found.value.refusals)
    for word in words:
        assert word in said
    return found.value.refusals


# --- effects and the airway -------------------------------------------------------------------------------------------


def test_an_effect_is_one_tap_with_the_grade_a_person_gives(day):
    entry = chart(day, "dizziness", 20, grade=2)
    assert (entry.name, entry.body) == ("dizziness", {"grade": 2})
    assert {one.effect: (one.grade, one.is_event) for one in queries.found(day.session)} == {"dizziness": (2, False)}
    refused(day, lambda: chart(day, "dizziness", 21, grade=4), "grade 4")
    with pytest.raises(NotAllowed):
        effects.chart(session=day.session, name="dizziness", by=day.desk, at=f.later(21))


def test_a17_a_vomit_alarms_and_opens_the_airway_until_somebody_has_listened(day):
    chart(day, "vomit", 20)
    chart(day, "vomit", 21)
    assert len(timeline.standing(day.visit, Kind.AIRWAY)) == 1
    present = {one.key for one in watch.standing(day.visit, at=f.later(21)).conditions if one.present}
    assert "sign.vomiting" in present

    def over(signs, at=30):
        effects.close_emergency(
            session=day.session, name="EM-07", airway_signs=signs, words="", by=day.nurse, at=f.later(at)
        )

    refused(day, lambda: over(None), "nobody said")
    over(False)
    assert queries.open_emergency(day.session, "EM-07") is None
    refused(day, lambda: over(False, 31), "is not open")
    assert queries.release_facts(day.session, f.later(40)) == []


@pytest.mark.parametrize(("signs", "spo2", "watched"), [(True, 98, True), (False, 93, True), (False, 94, False)])
def test_the_watch_of_two_hours_follows_signs_or_a_fall_of_oxygen(day, signs, spo2, watched):
    chart(day, "vomit", 20)
    f.vitals(day, spo2=spo2, at=f.later(22))
    effects.close_emergency(
        session=day.session, name="EM-07", airway_signs=signs, words="", by=day.nurse, at=f.later(30)
    )
    names = [fact.name for fact in queries.release_facts(day.session, f.later(40))]
    assert names == (["airway_event_at"] if watched else [])


# --- medicines as needed ----------------------------------------------------------------------------------------------


def test_nothing_is_given_by_an_order_set_that_no_director_adopted(day):
    refused(day, lambda: give(day, 20), "has not adopted")
    director = adopt(day)
    entry = give(day, 20)
    assert (entry.body["signed_by"], entry.body["order_set"]) == ("Dr Ray", "1.1.0")
    protocols.withdraw(sheet_id="prn-1", words="Reviewed", by=director, at=f.later(21))
    refused(day, lambda: give(day, 600), "has not adopted")


def test_what_the_order_set_does_not_cover_is_refused_with_every_reason(day):
    adopt(day)
    refused(day, lambda: give(day, 20, amount="9", none_apply=False), "order set has", "none applies")
    refused(day, lambda: give(day, 20, drug="propofol"), "not in the order set")
    with pytest.raises(NotAllowed):
        give(day, 20, by=day.desk)
    give(day, 20)
    refused(day, lambda: give(day, 30), "again not before 480 min")


def test_t5_a_second_look_is_owed_and_done_once_it_is_charted(day):
    adopt(day)
    entry = give(day, 20)
    (waits,) = needed.looked_at(day.session)
    assert (waits.recheck_at, waits.found) == (f.later(50), None)
    owed = {ask.key for ask in watch.asks_owed(day.visit)}
    assert as_needed.recheck_key(entry) in owed
    assert len(owed) > 1  # what was owed before still is
    look = {"session": day.session, "entry": entry, "by": day.nurse, "at": f.later(45)}
    refused(day, lambda: as_needed.record_effect(**look, words=" "), "What did it do?")
    as_needed.record_effect(**look, words="nausea 2")
    assert as_needed.recheck_key(entry) not in {ask.key for ask in watch.asks_owed(day.visit)}
    assert needed.looked_at(day.session)[0].found.words == "Ondansetron: nausea 2"


@pytest.mark.parametrize(
    ("medicine", "fact"),
    [
        (("lorazepam", "SL", "1", "anxiety"), "rescue_po_at"),
        (("midazolam", "IV", "1", "anxiety"), "rescue_iv_at"),
        (("flumazenil", "IV", "0.2", "sedation"), "reversal_at"),
        (("ondansetron", "IV", "4", "nausea"), None),
    ],
)
def test_release_waits_for_a_rescue_and_a_reversal_and_for_nothing_else(day, medicine, fact):
    adopt(day)
    drug, route, amount, why = medicine
    give(day, 20, drug, route, amount, why)
    assert [found.name for found in needed.release_facts(day.session)] == ([fact] if fact else [])


# --- adverse events ---------------------------------------------------------------------------------------------------


def judged(effect="anxiety", grade=3, **more):
    return adverse.Judged(effect, grade, f.later(20), **more)


def record(day, one, by=None, at=30):
    return adverse.record(patient=day.patient, session=day.session, judged=one, by=by or day.nurse, at=f.later(at))


def duties_open():
    return list(Duty.objects.filter(kind=adverse.FOLLOW_UP, state=DutyState.OPEN))


def test_an_event_is_followed_until_it_is_over_and_its_cause_is_judged(day):
    event = record(day, judged())
    (duty,) = duties_open()
    assert (duty.owner_role, duty.due_at - f.later(30)) == (Role.RX, timedelta(hours=24))
    over = {"outcome": Outcome.RESOLVED, "resolved_at": f.later(60)}
    look = {"reason": "calm again", "at": f.later(70)}
    no_reason = {"event": event, "judged": judged(**over), "reason": " ", "by": day.nurse, "at": f.later(70)}
    refused(day, lambda: adverse.look_again(**no_reason), "reason")
    event = adverse.look_again(event=event, judged=judged(**over), by=day.nurse, **look)
    assert duties_open()  # nobody has judged the cause
    event = adverse.look_again(
        event=event, judged=judged(**over, relatedness=Relatedness.PROBABLE), by=day.prescriber, **look
    )
    assert duties_open() == []
    assert AdverseEvent.objects.filter(case=event.case).count() == 3
    old = AdverseEvent.objects.filter(case=event.case).earliest("recorded_at")
    refused(day, lambda: adverse.look_again(event=old, judged=judged(), by=day.nurse, **look), "meanwhile")
    reopened = adverse.look_again(event=event, judged=judged(), by=day.nurse, **look)
    assert adverse.open_duty_of(reopened) is not None


def test_a_moderate_event_is_the_nurses_and_a_serious_one_the_prescribers(day):
    record(day, judged("nausea", 2))
    record(day, judged("dizziness", 2, serious=("hospital",)))
    assert {(duty.owner_role, duty.title.split(":")[0]) for duty in duties_open()} == {
        (Role.RN, "Follow up an adverse event"),
        (Role.RX, "Serious adverse event"),
    }


def test_only_a_prescriber_judges_the_cause_and_sets_a_grave_one_aside(day):
    refused(day, lambda: record(day, judged(relatedness=Relatedness.POSSIBLE)), "Only a prescriber judges")
    aside = judged(outcome=Outcome.SET_ASIDE, words="Said in jest")
    refused(day, lambda: record(day, aside), "sets a grave one aside")
    record(day, aside, by=day.prescriber)
    assert duties_open() == []
    record(day, judged("nausea", 2, outcome=Outcome.SET_ASIDE, words="Had it before the dose"))
    assert duties_open() == []


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"effect": "rash"}, "not in the list"),
        ({"grade": 0}, "grade from 1 to 5"),
        ({"outcome": Outcome.RESOLVED}, "When was it over?"),
        ({"resolved_at": f.later(10)}, "do not follow"),
        ({"serious": ("bad",)}, "not one of the list"),
        ({"outcome": Outcome.SET_ASIDE, "grade": 2}, "Why is it no adverse event?"),
    ],
)
def test_what_cannot_be_is_refused(day, more, words):
    refused(day, lambda: record(day, judged(**more)), words)


def test_a_session_does_not_close_before_somebody_has_said_what_it_was():
    day = f.a_day()
    f.to_recovery(day)
    chart(day, "headache", 55, grade=3)
    f.make_well(day)
    release.let_go(session=day.session, by=day.nurse, at=f.later(105))
    assert any("adverse event: headache" in words for words in closing.missing(day.session))
    record(day, judged("headache", 3), at=110)
    assert not any("adverse event" in words for words in closing.missing(day.session))


# --- the way home -----------------------------------------------------------------------------------------------------

CAPABLE = dict.fromkeys(leaving.ABILITIES, True)
SAID = {name: "said" for name in leaving.ASKED if name not in leaving.ABILITIES} | {
    "drove": "no",
    "adult_phone": "555 0142",
}


def leave(day, way, by=None, at=60, said=SAID, abilities=CAPABLE):
    form = leaving.Leaving(way, dict(said), dict(abilities))
    return leaving.leave_otherwise(session=day.session, leaving=form, by=by or day.nurse, at=f.later(at))


def in_recovery():
    day = f.a_day()
    f.to_recovery(day)
    return day


@pytest.mark.parametrize("way", leaving.WAYS)
def test_each_way_out_is_refused_until_its_form_is_whole(way):
    day = in_recovery()
    empty = refused(day, lambda: leave(day, way, by=day.prescriber, said={}, abilities={}))
    assert {one.field for one in empty} == set(leaving.NEEDS[way])
    if way == leaving.SUPERVISED:  # goes home like everybody else, but for the escort
        refused(day, lambda: leave(day, way, by=day.prescriber), "Blood pressure Not taken since the dose ended")
        f.measured_at_the_door(day, 58)
    leave(day, way, by=day.prescriber)
    assert day.session.state == SessionState.LEFT
    entry = timeline.latest(day.visit, Kind.RELEASE)
    assert (entry.body["way"], day.session.ready_at) == (way, None)
    kinds = set(Duty.objects.filter(visit_id=day.visit.pk, kind__startswith="leaving").values_list("kind", flat=True))
    assert (
        kinds
        == {
            leaving.EARLY: {"leaving.call"},
            leaving.SUPERVISED: {"leaving.call"},
            leaving.AGAINST: {"leaving.call", "leaving.review"},
            leaving.TRANSFER: {"leaving.review"},
            leaving.GONE: {"leaving.call", "leaving.review"},
        }[way]
    )


@pytest.mark.parametrize("ability", leaving.ABILITIES)
def test_h12_without_capacity_nobody_leaves_against_advice(ability):
    day = in_recovery()
    refused(day, lambda: leave(day, leaving.AGAINST, abilities={**CAPABLE, ability: False}), "Without capacity")
    assert day.session.state == SessionState.RECOVERY


def test_h12_a_nurse_agrees_to_no_early_way_alone():
    day = in_recovery()
    refused(day, lambda: leave(day, leaving.EARLY), "Only a prescriber agrees")
    refused(day, lambda: leave(day, leaving.SUPERVISED), "Only a prescriber agrees")
    with pytest.raises(NotAllowed):
        leave(day, leaving.TRANSFER, by=day.desk)
    refused(day, lambda: leave(day, "window"), "No way was chosen")


def test_a_call_says_whom_and_what_they_said():
    day = in_recovery()
    act = {"session": day.session, "by": day.nurse, "at": f.later(60)}
    refused(day, lambda: leaving.call(**act, who=" ", reached=False, arrives="", words=""), "Who was called?")
    refused(day, lambda: leaving.call(**act, who="sister", reached=True, arrives="", words=""), "When do they come")
    leaving.call(**act, who="sister", reached=True, arrives="12:40", words="")
    assert [row.body["arrives"] for row in going_home.calls(day.session)] == ["12:40"]


def test_the_escort_is_handed_over_to_by_name_relation_and_telephone_typed_once():
    day = f.a_day()
    f.to_recovery(day)
    f.make_well(day)
    facts = {"escort_relation": f.known("sister"), "escort_phone": f.known("555 0142")}
    release.record_criteria(session=day.session, facts=facts, words="", by=day.nurse, at=f.later(101))
    release.let_go(session=day.session, by=day.nurse, at=f.later(105))
    told = timeline.latest(day.visit, Kind.RELEASE).body["escort"]
    assert told == {"name": "Kim Reed", "relation": "sister", "phone": "555 0142"}


def test_the_word_that_driving_is_allowed_goes_out_a_day_after_the_dose_and_once():
    day = f.a_day()
    f.to_left(day)
    message = MessageOut.objects.get(code="driving")
    assert message.send_after == day.session.dose_ended_at + timedelta(hours=24) == going_home.drive_from(day.session)
    assert any("not before" in words for words in note.content(day.session, "UTC")["next"])


# --- afterwards -------------------------------------------------------------------------------------------------------


def test_the_programmes_form_is_owed_the_next_day_and_done_when_it_was_sent():
    day = f.a_day(sheet="p-esk-trd")
    f.two_devices(day)
    refused(day, lambda: programme.form_sent(session=day.session, words="x", by=day.nurse, at=f.later(20)), "waited")
    f.giving.give_piece(session=day.session, serial="D2", early="", by=day.nurse, at=f.later(15))
    refused(day, lambda: leave(day, leaving.EARLY, by=day.prescriber), "The label asks for 120 min")
    leave(day, leaving.AGAINST, by=day.prescriber)
    duty = rems.open_duty(day.session)
    assert (duty.due_at, duty.late_at) == (f.later(60) + timedelta(days=1), f.later(60) + timedelta(days=4))
    form = rems.form(day.session)
    assert (form.minutes, form.ready_minutes, form.dose_mg, form.sedation) == (50, None, 56, None)
    refused(day, lambda: programme.form_sent(session=day.session, words=" ", by=day.nurse, at=f.later(90)), "How")
    programme.form_sent(session=day.session, words="Portal, 4711", by=day.nurse, at=f.later(90))
    assert rems.open_duty(day.session) is None


def test_rems_when_they_would_have_been_ready_is_asked_without_the_two_hours():
    """Who was well at T+90 was told to the programme as ready after 120 min."""
    day = f.a_day(sheet="p-esk-trd")
    f.two_devices(day)
    f.giving.give_piece(session=day.session, serial="D2", early="", by=day.nurse, at=f.later(15))
    f.make_well(day)
    release.record_criteria(session=day.session, facts=f.WELL, words="", by=day.nurse, at=f.later(116))
    f.measured_at_the_door(day, 128)
    release.let_go(session=day.session, by=day.nurse, at=f.later(132))
    day.session.refresh_from_db()
    assert day.session.ready_at == f.later(130)
    form = rems.form(day.session)
    assert (form.minutes, form.ready_minutes) == (122, 90)


def test_minutes_and_numbers_come_from_the_record(day):
    adopt(day)
    chart(day, "vomit", 20)
    give(day, 21, "lorazepam", "SL", "1", "anxiety")
    f.vitals(day, spo2=88, distress=8, at=f.later(22))
    f.vitals(day, "170/90", at=f.later(23))
    f.vitals(day, "172/90", at=f.later(28))
    (month,) = numbers.by_month([day.clinic.pk], at=f.later(60), zone="UTC")
    counts = {"pressure": 1, "oxygen": 1, "rescue": 1, "panic": 1, "vomiting": 1}
    assert (month.sessions, {kind: count for kind, count in month.counts.items() if count}) == (1, counts)
    assert numbers.minutes(day.session) == numbers.Minutes(10, None, None, None)


def test_every_page_of_it_opens_and_each_act_is_done(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(70))
    day = f.a_day()
    adopt(day)
    f.to_recovery(day)
    chart(day, "vomit", 55)
    chart(day, "headache", 56, grade=3)
    nurse, prescriber = browser(day.nurse), browser(day.prescriber)
    address = f"/sessions/{day.visit.pk}/"
    page = nurse.get(f"{address}effects/").content.decode()
    for words in ("look at the airway", "Headache", "Ondansetron", "signed by Dr Ray"):
        assert words in page or words == "look at the airway"
    acts = [
        {"act": "over", "name": "EM-07", "airway_signs": "no"},
        {"act": "chart", "effect": "dizziness", "grade": "1"},
        {
            "act": "give",
            "drug": "ondansetron",
            "route": "ODT",
            "amount": "4",
            "unit": "mg",
            "why": "vomiting",
            "none_apply": "on",
        },
        {"act": "judge", "effect": "headache", "grade": "3", "outcome": "ongoing"},
    ]
    for act in acts:
        assert nurse.post(f"{address}effects/", once(**act)).status_code == 302, act
    (given,) = needed.given(day.session)
    assert nurse.post(f"{address}effects/", once(act="looked", entry=given.pk, words="gone")).status_code == 302
    assert nurse.post(f"{address}effects/", once(act="looked", entry="x", words="gone")).status_code == 422
    assert nurse.post(f"{address}effects/", once()).status_code == 422
    event = AdverseEvent.objects.get(effect="headache")
    assert "Headache" in nurse.get("/adverse-events/").content.decode()
    look = {"effect": "headache", "grade": "3", "outcome": "resolved", "resolved_at": "-1", "reason": "Gone"}
    assert nurse.post(f"/adverse-events/{event.case}/", once(**look, relatedness="possible")).status_code == 422
    assert prescriber.post(f"/adverse-events/{event.case}/", once(**look, relatedness="possible")).status_code == 302
    assert "Every look at it" in nurse.get(f"/adverse-events/{event.case}/").content.decode()
    call = {"act": "call", "who": "sister", "reached": "no"}
    assert nurse.post(f"{address}way-home/", once(**call)).status_code == 302
    assert nurse.post(f"{address}way-home/", once(act="leave", way="transfer")).status_code == 422
    assert "Lowest SpO2" in nurse.get(f"{address}transfer/").content.decode()
    assert nurse.get(f"{address}rems/").status_code == 404
    said = dict.fromkeys(leaving.NEEDS["transfer"], "said")
    wrong = nurse.post(f"{address}way-home/", once(act="leave", way="transfer", **said | {"handed_to": "."}))
    assert wrong.status_code == 422, "E7: a time is a time, and a dot is nobody"
    page = wrong.content.decode()
    assert 'href="#f-called_at"' in page
    assert 'href="#f-handed_to"' in page
    said["called_at"] = "-5"
    assert nurse.post(f"{address}way-home/", once(act="leave", way="transfer", **said)).status_code == 302
    assert "Goes to hospital" in nurse.get(f"{address}release/").content.decode()
    assert "Taken to hospital" in nurse.get("/safety-numbers/").content.decode()
    assert "Medicines as needed" in nurse.get(f"{address}note/").content.decode()


def test_what_the_record_knows_stands_against_a_medicine_and_what_is_unlikely_is_asked_once(day, monkeypatch):
    """Treatment 4.2: metoprolol not under a heart rate of 60; labetalol is for above 180/110."""
    adopt(day)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(21))
    f.vitals(day, "124/78", hr=45, at=f.later(19))
    refused(
        day, lambda: give(day, 20, "metoprolol", "PO", "25", "tachycardia"), "Heart rate under 60: Heart rate is 45"
    )
    f.vitals(day, "124/78", hr=80, at=f.later(20))
    nurse, url = browser(day.nurse), f"/sessions/{day.visit.pk}/effects/"
    typed = {"act": "give", "drug": "labetalol", "route": "IV", "amount": "20", "unit": "mg", "why": "hypertension"}
    asked = nurse.post(url, once(**typed, none_apply="on"))
    assert asked.status_code == 422
    assert "is meant for confirmed above 180/110" in asked.content.decode()
    assert "is 124, " in asked.content.decode()
    sure = {**typed, "none_apply": "on", "confirm": "why", "why_asked": "hypertension"}
    assert nurse.post(url, once(**sure)).status_code == 302
