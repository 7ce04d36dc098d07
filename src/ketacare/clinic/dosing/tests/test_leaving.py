"""New intent before the door, and every way out of it: who is told, what is refused, what goes along."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from ketacare.clinic.dosing.actions import effects, emergency, leaving, release, signs
from ketacare.clinic.dosing.actions.timeline import write
from ketacare.clinic.dosing.models import Kind, SessionState
from ketacare.clinic.dosing.queries import emergencies, going_home, numbers, timeline
from ketacare.clinic.dosing.queries.facts import known
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.tests.test_effects import SAID, adopt, give, leave, refused
from ketacare.clinic.duties import queries as waiting
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring.models import Watch
from ketacare.clinic.outcomes.models import Ask, MessageOut
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety.models import Concern, Tier
from ketacare.medicine.monitoring.terms import Channel

pytestmark = pytest.mark.django_db
INTENT = "new suicidal intent"


@pytest.fixture
def day(recovering_day):
    return recovering_day


def found(day, at, **facts):
    release.record_criteria(session=day.session, facts=facts, words="", by=day.nurse, at=f.later(at))


def asked(day, at, answer):
    found(day, at, new_suicidal_or_violent_intent=known(answer))


def raised():
    return list(Concern.objects.order_by("raised_at").values_list("reason_code", "tier", "state"))


# --- new intent -------------------------------------------------------------------------------------------------------


def test_h13_a_sign_of_intent_tapped_is_a_concern_in_the_same_act_and_once(day):
    signs.seen(session=day.session, sign=INTENT, by=day.nurse, at=f.later(55))
    asked(day, 56, True)
    assert raised() == [("session.intent", Tier.NOW, "open")]


def test_h13_the_question_answered_yes_is_a_concern_and_no_is_none(day):
    asked(day, 55, False)
    assert raised() == []
    asked(day, 56, True)
    assert raised() == [("session.intent", Tier.NOW, "open")]


def test_h13_a_no_corrected_to_yes_is_a_concern(day):
    asked(day, 55, False)
    (entry,) = timeline.standing(day.visit, f.Kind.CRITERION)
    facts = {"new_suicidal_or_violent_intent": known(True)}
    f.timeline.amend(
        session=day.session, entry=entry, reason="Wrong value", body={"facts": facts}, by=day.nurse, at=f.later(56)
    )
    assert [row[0] for row in raised()] == ["session.intent"]


def test_h13_em11_nobody_leaves_over_intent_that_no_clinician_has_decided_but_to_hospital(day):
    f.make_well(day)
    asked(day, 100.5, True)
    asked(day, 101, False)
    assert going_home.release(day.session, at=f.later(105), zone="UTC").ready is True
    for way in (leaving.EARLY, leaving.SUPERVISED, leaving.AGAINST):
        refused(day, lambda way=way: leave(day, way, by=day.prescriber, at=105), "no clinician has decided")
    act = {"session": day.session, "by": day.prescriber, "at": f.later(105)}
    refused(day, lambda: release.let_go(**act), "no clinician has decided")
    safety.decide(
        Concern.objects.get(),
        finding="Said in distress",
        action="Plan gone through",
        by=day.prescriber,
        at=f.later(106),
    )
    release.let_go(session=day.session, by=day.nurse, at=f.later(107))


def test_em11_hospital_is_open_over_new_intent(day):
    asked(day, 55, True)
    leave(day, leaving.TRANSFER)
    assert day.session.state == SessionState.LEFT


def test_h12_a_prescribers_word_opens_no_door_over_new_intent_or_a_high_alarm(day):
    asked(day, 55, True)
    safety.decide(Concern.objects.get(), finding="Plan", action="Stays", by=day.prescriber, at=f.later(56))
    refused(day, lambda: leave(day, leaving.EARLY, by=day.prescriber), "No new suicidal or violent intent")
    asked(day, 57, False)
    found(day, 57.5, safety_plan_held=known(True))
    signs.seen(session=day.session, sign="chest pain", by=day.nurse, at=f.later(58))
    refused(day, lambda: leave(day, leaving.EARLY, by=day.prescriber), "A high alarm stands")
    signs.over(session=day.session, sign="chest pain", by=day.nurse, at=f.later(59))
    monitoring.acknowledge_alarm(visit=day.visit, condition="sign.chest pain", by=day.nurse, at=f.later(59.5))
    leave(day, leaving.EARLY, by=day.prescriber)


# --- the ways out -----------------------------------------------------------------------------------------------------


def test_who_has_gone_without_a_word_is_written_down_watched_no_more_and_looked_for_at_once(day):
    leave(day, leaving.GONE)
    assert day.session.state == SessionState.LEFT
    assert raised() == [("leaving.gone", Tier.NOW, "open")]
    (call,) = waiting.open_for(day.patient, "leaving.call")
    assert (call.title, call.due_at) == ("Call: has gone", f.later(60))
    page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/release/").content.decode()
    assert "Has gone without telling, or without capacity" in page


def test_i10_who_has_gone_was_watched_until_they_went_and_not_until_it_was_charted(day, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(111))
    nurse, url = browser(day.nurse), f"/sessions/{day.visit.pk}/"
    typed = {"act": "leave", "way": leaving.GONE, **SAID, "drove": "no"}
    assert "When they left is empty" in nurse.post(f"{url}way-home/", once(**typed)).content.decode()
    before = nurse.post(f"{url}way-home/", once(**typed, left_at="t+30")).content.decode()
    assert "When they left is before what the record has of the patient here" in before
    assert nurse.post(f"{url}way-home/", once(**typed, left_at="t+70")).status_code == 302
    day.session.refresh_from_db()
    assert day.session.left_at == f.later(80)
    assert numbers.minutes(day.session).watched == 70


@pytest.mark.parametrize(
    ("way", "field", "typed"),
    [
        (leaving.SUPERVISED, "adult_phone", "banana"),
        (leaving.AGAINST, "risks_told", "."),
        (leaving.AGAINST, "keys", "-"),
    ],
)
def test_e7_a_telephone_is_one_and_what_was_told_is_words(day, way, field, typed):
    words = "that is no telephone number" if field == "adult_phone" else "that says nothing"
    refused(day, lambda: leave(day, way, by=day.prescriber, said=SAID | {field: typed}), words)


def test_chest_pain_before_the_dose_goes_to_hospital_with_its_form_its_review_and_its_sheet():
    day = f.a_day()
    f.to_go(day)
    client, address = browser(day.nurse), f"/sessions/{day.visit.pk}/"
    assert "Taken to hospital before the dose" in client.get(address).content.decode()
    assert "To hospital before the dose" in client.get(address + "release/").content.decode()
    refused(day, lambda: leave(day, leaving.AGAINST, at=5), "has not ended here")
    leave(day, leaving.TRANSFER, at=5)
    assert day.session.state == SessionState.CALLED_OFF
    (review,) = waiting.open_for(day.patient, "leaving.review")
    assert review.title == "Review: taken to hospital"
    assert "Goes to hospital" in client.get(address + "release/").content.decode()
    sheet = client.get(address + "transfer/")
    assert sheet.status_code == 200
    assert "Nothing besides the dose." in sheet.content.decode()


def test_h41_an_emergency_before_the_dose_ends_with_the_way_to_hospital_and_what_was_done_is_told_after():
    day = f.a_day()
    f.to_go(day)
    signs.seen(session=day.session, sign="chest pain", by=day.nurse, at=f.later(2))
    act = {"session": day.session, "by": day.nurse}
    refused(day, lambda: release.call_off(**act, reason="No escort", at=f.later(2.5)), "chest pain")
    emergency.begin(**act, at=f.later(3))
    leave(day, leaving.TRANSFER, at=5)
    assert emergencies.event_begun(day.session) is None
    emergency.act(**act, what="handed_over", done_at=f.later(8), at=f.later(20))
    assert [name for _, _, name in emergencies.event_lines(day.session)]
    refused(day, lambda: emergency.act(**act, what="oxygen", at=f.later(60 * 14)), "is closed")


def test_over_a_high_alarm_that_nobody_can_measure_again_a_prescriber_calls_off_with_the_reason(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(4))
    day = f.a_day()
    f.to_go(day)
    values = {Channel.NIBP_SYS: Decimal(206), Channel.NIBP_DIA: Decimal(124)}
    monitoring.record_by_hand(visit=day.visit, values=values, taken_at=f.later(2), by=day.nurse, at=f.later(2))
    high = going_home.high_words(day.session, f.later(3))
    assert "high" in high
    act = {"session": day.session, "reason": "Refuses hospital", "at": f.later(3)}
    (told,) = refused(day, lambda: release.call_off(**act, by=day.nurse, over=high), high)
    assert "ask the prescriber" in told.remedy
    refused(day, lambda: release.call_off(**act, by=day.prescriber), high)
    refused(day, lambda: release.call_off(**act, by=day.prescriber, over="chest pain"), high)
    address = f"/sessions/{day.visit.pk}/"
    assert "Over it only a prescriber" in browser(day.nurse).get(address).content.decode()
    prescriber = browser(day.prescriber)
    assert "Called off over a high alarm: " in prescriber.get(address).content.decode()
    form = once() | {"reason": "Refuses hospital, to the GP with the escort", "over": high}
    assert prescriber.post(address + "call-off/", form).status_code == 302
    day.session.refresh_from_db()
    assert day.session.state == SessionState.CALLED_OFF
    words = timeline.latest(day.visit, f.Kind.CLOSE).words
    assert words == f"Refuses hospital, to the GP with the escort (over a high alarm: {high})"
    assert not Watch.objects.filter(visit=day.visit, ended_at__isnull=True).exists()
    owed = [waiting.open_for(day.patient, kind).get() for kind in ("leaving.call", "leaving.review")]
    assert [(duty.owner_role, duty.due_at, high in duty.why) for duty in owed] == [
        ("RX", f.later(4 + 120), True), ("RX", f.later(4 + 24 * 60), True),
    ]  # fmt: skip
    assert prescriber.get(address + "release/").status_code == 200


def test_h41_the_emergency_before_the_dose_has_its_buttons_and_what_is_told_afterwards_its_page(monkeypatch):
    day = f.a_day()
    f.to_go(day)
    address = f"/sessions/{day.visit.pk}/"

    def sent(minute, **form):
        monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(minute))
        return browser(day.nurse).post(address + "emergency/", once() | form)

    def shown(minute):
        monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(minute))
        return browser(day.nurse).get(address).content.decode()

    assert "Emergency: start the clock" in shown(2)
    assert sent(3, what="begin").status_code == 302
    assert "The emergency is over" in shown(3.5)
    empty = sent(4, what="drug", words="")
    assert (empty.status_code, "Drug, amount, route" in empty.content.decode()) == (422, True)
    assert "field--error" not in empty.content.decode()  # nothing is wrong with why there is no dose today
    early = sent(4, what="drug", words="adrenaline 0.5 mg IM", done_at="99:99")
    drug = early.content.decode().partition('id="em-drug"')[2].partition(">")[0]
    assert (early.status_code, "adrenaline 0.5 mg IM" in drug) == (422, True)
    typed = {"end": {"ended": "settled", "ended_at": "99"}, "drug": {"words": "aspirin", "done_at": "98"}}
    for what, told in typed.items():
        again = sent(4.5, what=what, **told)
        assert again.status_code == 422
        assert all(f'value="{words}"' in again.content.decode() for words in told.values()), what
    leave(day, leaving.TRANSFER, at=5)
    told = shown(20)
    assert "told here, with its time" in told
    assert "Emergency: start the clock" not in told
    assert sent(20, what="handed_over").status_code == 422
    assert sent(20, what="handed_over", done_at="-12").status_code == 302
    assert sent(21, what="drug", words="aspirin 300 mg by mouth", done_at="-15").status_code == 302
    assert "aspirin 300 mg by mouth" in shown(22)
    assert sent(60 * 14, what="oxygen").status_code == 422
    assert "told here" not in shown(60 * 14)


def test_h41_no_dose_begins_in_an_emergency_and_only_hospital_calls_off_in_one():
    day = f.a_day()
    f.to_checked(day)
    f.checking.time_out(session=day.session, said=f.SAID, **f.said_by(day), by=day.nurse, at=f.later(9))
    emergency.begin(session=day.session, by=day.nurse, at=f.later(9.2))
    refused(day, lambda: f.giving.start(session=day.session, by=day.nurse, at=f.later(10)), "emergency is under way")
    emergency.end(session=day.session, words="Fainted, well again", by=day.nurse, at=f.later(10.5))
    f.giving.start(session=day.session, by=day.nurse, at=f.later(11))
    other = f.a_day(chair="Chair 4", clinic=day.clinic, family="Stone")
    emergency.begin(session=other.session, by=other.nurse, at=f.later(2))
    act = {"session": other.session, "by": other.nurse}
    refused(other, lambda: release.call_off(**act, reason="Fainted", at=f.later(3)), "An emergency is under way")
    emergency.act(**act, what="oxygen", at=f.later(3.5))
    emergency.end(**act, words="Well again", at=f.later(4))
    release.call_off(**act, reason="Fainted", at=f.later(5))
    told = act | {"what": "airway"}
    refused(other, lambda: emergency.act(**told, at=f.later(6)), "When was it done?")
    refused(other, lambda: emergency.act(**told, done_at=f.later(5), at=f.later(6)), "No emergency lasted")
    emergency.act(**told, done_at=f.later(3), at=f.later(6))
    refused(other, lambda: emergency.act(**told, done_at=f.later(3), at=f.later(60 * 14)), "is closed")


def test_a_drawn_syringe_holds_nobody_back_from_hospital_and_its_waste_is_owed_until_a_witness_signs(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(20))
    day = f.a_day()
    f.to_drawn(day)
    act = {"session": day.session, "by": day.nurse}
    refused(day, lambda: release.call_off(**act, reason="No escort", at=f.later(4)), "still has drug in a syringe")
    leave(day, leaving.TRANSFER, at=5)
    assert day.session.state == SessionState.CALLED_OFF
    assert waiting.open_for(day.patient, "leaving.review").count() == 1
    (owed,) = waiting.open_for(day.patient, release.WASTE_OWED)
    assert (owed.owner_role, owed.due_at) == ("RN", f.later(5))
    client, address = browser(day.nurse), f"/sessions/{day.visit.pk}/release/"
    assert "Wasted and witnessed" in client.get(address).content.decode()
    release.waste_rest(**act, vial_too=False, method="Sharps", witness=day.user(day.second), at=f.later(15))
    assert not waiting.open_for(day.patient, release.WASTE_OWED).exists()
    assert ledger.amounts_of(day.visit).open_mg == 0
    assert "Wasted and witnessed" not in client.get(address).content.decode()
    late = {"vial_too": True, "method": "Sharps", "witness": None, "at": f.later(16)}
    refused(day, lambda: release.waste_rest(**act, **late), "follows the end")


def test_whether_they_drove_is_one_of_its_answers(day):
    refused(day, lambda: leave(day, leaving.GONE, said=SAID | {"drove": "perhaps"}), "Drove off")


@pytest.mark.parametrize("way", [leaving.TRANSFER, leaving.GONE])
def test_the_word_that_driving_is_allowed_goes_to_nobody_in_hospital_or_gone(day, way):
    leave(day, way)
    assert not MessageOut.objects.filter(code="driving").exists()
    (review,) = waiting.open_for(day.patient, "leaving.review")
    assert "say from when" in review.why


def test_a_call_that_falls_into_the_night_is_whoever_is_on_calls_and_they_hear_of_it_now(day, monkeypatch):
    """Left at closing time: two hours later nobody is in the house."""
    day.clinic.closes_at = f.later(60).time()
    monkeypatch.setattr(
        "ketacare.clinic.safety.queries.staffed", lambda clinic, at: at + timedelta(hours=9) if at > f.later(90) else at
    )
    leave(day, leaving.AGAINST)
    assert raised() == [("leaving.call", Tier.SAME_DAY, "open")]
    (call,) = waiting.open_for(day.patient, "leaving.call")
    assert call.due_at == f.later(180)


@pytest.mark.parametrize(("measured", "asked"), [(None, True), (7.5, False)])
def test_h13_left_is_pressed_late_and_the_evening_is_asked_unless_they_were_seen_here(day, measured, asked):
    f.make_well(day)
    if measured:
        f.vitals(day, "127/79", hr=70, spo2=98, rr=14, moaas=5, distress=0, at=f.later(60 * measured + 10))
    leave(day, leaving.GONE, at=60 * 8)
    assert Ask.objects.filter(visit=day.visit, key="same_evening").exists() is asked


@pytest.mark.parametrize(
    ("late", "asked"),
    [
        (lambda act: signs.over(**act, sign="chest pain"), True),
        (lambda act: effects.close_emergency(**act, name="EM-07", airway_signs=False, words="Clear"), True),
        (lambda act: signs.seen(**act, sign="leaving"), True),
        (lambda act: signs.seen(**act, sign="syncope"), False),
    ],
)
def test_h13_that_a_sign_is_over_may_be_typed_when_they_have_long_gone_and_leaves_no_evening_unasked(day, late, asked):
    f.make_well(day)
    signs.seen(session=day.session, sign="chest pain", by=day.nurse, at=f.later(58))
    effects.chart(session=day.session, name="vomit", by=day.nurse, at=f.later(59))
    late({"session": day.session, "by": day.nurse, "at": f.later(60 * 8 + 5)})
    leave(day, leaving.GONE, at=60 * 8 + 10)
    assert Ask.objects.filter(visit=day.visit, key="same_evening").exists() is asked


# --- what goes along --------------------------------------------------------------------------------------------------


def test_after_leaving_against_advice_the_page_shows_the_criteria_as_they_were_at_the_door(day, monkeypatch):
    judged = going_home.release(day.session, at=f.later(101), zone="UTC")
    gone = next(one for one in judged.criteria if str(one.result) != "met")
    write(
        visit=day.visit, kind=Kind.RELEASE, step="release", by=day.nurse, at=f.later(101),
        body={"ready_at": None, "escort": {}, "way": "against_advice", "form": {},
              "criteria": [{"id": gone.id, "words": f"{gone.title}: too early", "result": "not met"}]},
    )  # fmt: skip
    day.session.left_at = f.later(101)
    day.session.save()
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(400))
    page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/release/").content.decode()
    assert f"{gone.title}: too early" in page
    assert page.count('<li class="criterion ') == 1


def test_h41_what_was_given_besides_the_dose_stands_on_the_card_and_on_the_sheet_for_the_hospital():
    day = f.a_day()
    adopt(day)
    f.to_running(day)
    give(day, 20, "midazolam", "IV", "1", "anxiety")
    act = {"session": day.session, "by": day.nurse}
    emergency.begin(**act, at=f.later(21))
    emergency.act(**act, what="drug", words="Naloxone 0.4 mg IV", at=f.later(22))
    client, address = browser(day.nurse), f"/sessions/{day.visit.pk}/"
    for part in ("card/", "transfer/"):
        page = client.get(address + part).content.decode()
        assert "Midazolam 1 mg IV" in page, part
        assert "Naloxone 0.4 mg IV" in page, part
    assert "Emergency</h2>" in page
    assert "own medicines" in page


# --- the escort -------------------------------------------------------------------------------------------------------


def test_h12_relation_and_telephone_belong_to_the_name_they_were_given_with(day):
    f.make_well(day)
    found(day, 101, escort_name=known("Sam Hill"))
    judged = going_home.release(day.session, at=f.later(102), zone="UTC")
    assert (judged.ready, judged.missing) == (None, ("escort_relation", "escort_phone"))
    assert going_home.escort(day.session) == {"name": "Sam Hill", "relation": "", "phone": ""}
    found(day, 103, escort_relation=known("neighbour"), escort_phone=known("555 0199"))
    assert going_home.release(day.session, at=f.later(104), zone="UTC").ready is True
    release.let_go(session=day.session, by=day.nurse, at=f.later(105))
    told = timeline.latest(day.visit, f.Kind.RELEASE).body["escort"]
    assert told == {"name": "Sam Hill", "relation": "neighbour", "phone": "555 0199"}


def test_the_form_fills_in_no_telephone_beside_a_name_that_may_change(day):
    f.make_well(day)
    page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/release/").content.decode()
    assert 'value="Kim Reed"' in page
    assert 'value="555 0142"' not in page
    assert "Kim Reed: 555 0142. Empty keeps it." in page
