"""H15: a list not gone through today, or a check that could not run, never looks like "nothing found" and blocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from ketacare.clinic.candidacy import actions as candidacy
from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.models import Ability, Countersignature, ListState, MedicineList
from ketacare.clinic.candidacy.tests.factories import (
    a_clearance,
    a_screener,
    accepted_before,
    an_answer,
    no_medicines,
    some_medicines,
)
from ketacare.clinic.dosing.actions import preparing
from ketacare.clinic.dosing.actions import reconciling as acts
from ketacare.clinic.dosing.models import Kind, TimelineEntry
from ketacare.clinic.dosing.queries import readiness, reconciling, schedule, since_last
from ketacare.clinic.dosing.tests.factories import a_day, make_ready
from ketacare.clinic.dosing.views.reconciling import SUBSTANCES
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.tests.factories import AT, browser, once, someone
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.candidacy.rules import medicines as judging
from ketacare.medicine.candidacy.terms import Signatures
from ketacare.medicine.evidence.terms import Effect, Reason, Result

pytestmark = pytest.mark.django_db
ZONE = "America/New_York"
NONE_LATELY = dict.fromkeys(SUBSTANCES, "no")


@pytest.fixture
def day():
    return a_day()


def rd_13(day, at=AT):
    decision = readiness.decision(day.session, at=at, zone=ZONE)
    return next(reason for reason in decision.reasons if reason.criterion == "RD-13")


def gone_through(day, last=None, at=AT, by=None, answers=NONE_LATELY):
    return acts.reconcile(
        session=day.session, last_taken=last or {}, answers=answers, words="", by=by or day.nurse, at=at
    )


def test_h15_nobody_asked_is_not_reconciled_and_blocks(day):
    assert (rd_13(day).result, rd_13(day).holds_back) == (Result.UNKNOWN, True)
    candidacy.record_medicines(
        patient=day.patient, state=ListState.NOT_ASKED, entries=[], by=day.nurse, at=AT + timedelta(seconds=1)
    )
    with pytest.raises(Refused, match="Nobody has asked"):
        gone_through(day)


def test_h15_signed_by_the_nurse_today_and_worked_out_anew_as_hours_pass(day):
    (entry,) = some_medicines(
        day.patient, day.nurse, {"name": "zolpidem", "dose": "10 mg", "as_needed": True}
    ).medicines
    signed = gone_through(day, {entry.key: AT - timedelta(hours=11)})
    assert signed.recorded_by_id == day.nurse.user_id
    assert signed.body["meaning"] == acts.MEANING
    held = reconciling.checked(day.session, AT, ZONE).holding
    assert any(reason.criterion == "INT-02" for reason in held)
    assert rd_13(day).holds_back
    later = AT + timedelta(hours=1, minutes=1)
    assert not any(r.criterion == "INT-02" for r in reconciling.checked(day.session, later, ZONE).holding)


def test_h15_a_medicine_nobody_knows_is_told_as_that_and_not_as_a_harmful_one(day, monkeypatch):
    """RUL-13: unknown is its own answer. The page names it and says that it is not known."""
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    (entry,) = some_medicines(day.patient, day.nurse, "Zorbaxin").medicines
    gone_through(day, {entry.key: AT - timedelta(hours=2)})
    assert rd_13(day).holds_back
    page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode()
    assert "Zorbaxin: not checked, no drug of the formulary bears this name" in page
    assert "A benzodiazepine within 12 h" not in page, "nothing that is not so"


def test_h14_what_is_not_known_of_the_day_is_named_where_the_prescriber_signs(day):
    """Nothing but sertraline is taken; when alcohol was last taken nobody asked."""
    (entry,) = some_medicines(day.patient, day.nurse, {"name": "sertraline", "dose": "100 mg"}).medicines
    gone_through(day, {entry.key: AT - timedelta(hours=2)}, answers={})
    row = rd_13(day)
    assert row.holds_back
    assert "Not known when alcohol was last taken" in row.words
    assert "benzodiazepine" not in row.words


def test_h15_a_list_changed_after_it_was_signed_is_not_reconciled(day):
    no_medicines(day.patient, day.nurse)
    gone_through(day)
    assert rd_13(day).result is not Result.UNKNOWN
    some_medicines(day.patient, day.nurse, "lorazepam", at=AT + timedelta(minutes=5))
    assert (rd_13(day).result, rd_13(day).holds_back) == (Result.UNKNOWN, True)


def test_h15_a_check_that_fails_is_shown_as_failed_blocks_and_is_not_signed(day, monkeypatch):
    no_medicines(day.patient, day.nurse)
    gone_through(day)
    assert rd_13(day).result is not Result.UNKNOWN

    def broken(*_):
        raise RuntimeError("the formulary could not be read")

    monkeypatch.setattr(judging, "reasons", broken)
    check = reconciling.checked(day.session, AT, ZONE)
    assert (check.failed, check.reasons) == (reconciling.FAILED, ())
    assert (rd_13(day).result, rd_13(day).holds_back) == (Result.UNKNOWN, True)
    page = browser(day.nurse).get(reverse("session-medicines", args=[day.visit.pk])).content.decode()
    assert "Check failed." in page
    assert "notice--stop" in page
    assert "none holds a dose back" not in page
    lists, lines = MedicineList.objects.count(), TimelineEntry.objects.filter(kind=Kind.FACT).count()
    with pytest.raises(Refused, match="not the same as nothing"):
        gone_through(day, at=AT + timedelta(minutes=1))
    assert (MedicineList.objects.count(), TimelineEntry.objects.filter(kind=Kind.FACT).count()) == (lists, lines)


BENZODIAZEPINE = {"name": "lorazepam", "dose": "1 mg", "as_needed": True}
OPIOID = {"name": "oxycodone", "dose": "5 mg", "as_needed": True}


def go(day, by, minutes, **lift):
    at = AT + timedelta(minutes=minutes)
    return preparing.decide(session=day.session, go=True, overrides=lift, words="", by=by, at=at)


def through(day, *told, minutes):
    at = AT + timedelta(minutes=minutes)
    rows = some_medicines(day.patient, day.nurse, *told, at=at).medicines
    gone_through(day, {row.key: AT - timedelta(hours=3) for row in rows}, at=at + timedelta(seconds=1))


def test_h15_rul_12_a_benzodiazepine_with_an_opioid_is_lifted_by_no_click_of_one(day):
    """COM-01 is a stop that prescriber and director lift together; what was lifted before it says nothing of it."""
    make_ready(day)
    through(day, BENZODIAZEPINE, minutes=1)
    go(day, day.prescriber, 2, **{"RD-13": "Half the dose, SpO2 throughout"})
    through(day, BENZODIAZEPINE, OPIOID, minutes=3)
    at = AT + timedelta(minutes=4)
    assert "COM-01" in {reason.criterion for reason in reconciling.checked(day.session, at, ZONE).beyond_prescriber}
    with pytest.raises(Refused, match="more than the prescriber's word") as refused:
        go(day, day.prescriber, 4, **{"RD-13": "Half the dose"})
    assert "page of clearances" in refused.value.refusals[0].remedy
    row = candidacy.record_clearance(
        patient=day.patient, criterion="COM-01", said=candidacy.Opinion("cleared", words="Tolerant", until=AT.date()),
        signatures=Signatures.WITH_DIRECTOR, by=day.prescriber, at=at,
    )  # fmt: skip
    with pytest.raises(Refused, match="more than the prescriber's word"):
        go(day, day.prescriber, 5, **{"RD-13": "Half the dose"})
    candidacy.countersign(row, words="", by=someone(day.clinic, "MD"), at=at)
    with pytest.raises(Refused, match="prescriber decides"):
        go(day, day.prescriber, 6)
    assert go(day, day.prescriber, 6, **{"RD-13": "Half the dose"}).name == "go"


def test_h15_a_medicine_added_later_is_decided_anew(day):
    make_ready(day)
    through(day, BENZODIAZEPINE, minutes=1)
    go(day, day.prescriber, 2, **{"RD-13": "Half the dose, SpO2 throughout"})
    assert preparing.given_before(day.session, at=AT + timedelta(minutes=2)) == {
        "RD-13": "Half the dose, SpO2 throughout"
    }
    through(day, BENZODIAZEPINE, {"name": "zolpidem", "dose": "10 mg", "as_needed": True}, minutes=3)
    with pytest.raises(Refused, match="prescriber decides"):
        go(day, day.nurse, 4)


def test_h15_int_10_an_irreversible_mao_inhibitor_needs_two_on_the_day_as_well(day):
    make_ready(day)
    through(day, {"name": "tranylcypromine", "dose": "40 mg", "as_needed": False}, minutes=1)
    with pytest.raises(Refused, match="more than the prescriber's word"):
        go(day, day.prescriber, 2, **{"RD-13": "Pressure every 5 min"})


def test_h15_rul_12_what_both_accepted_by_name_counts_at_the_chair_until_something_is_added(day):
    """As a clearance by both does; of a medicine added since, they have decided nothing."""
    make_ready(day)
    mao = {"name": "tranylcypromine", "dose": "40 mg", "as_needed": False}
    at = AT + timedelta(seconds=1)
    some_medicines(day.patient, day.nurse, mao, at=at)
    decided = {"criterion": "INT-10", "title": "", "override": "P+MD", "reason": "Lowest dose"}
    accepted = accepted_before(day.patient, day.prescriber, at=at, against=[decided])
    through(day, mao, minutes=1)
    with pytest.raises(Refused, match="more than the prescriber's word"):
        go(day, day.prescriber, 2, **{"RD-13": "Pressure every 5 min"})
    Countersignature.objects.create(
        **about(day.patient, someone(day.clinic, "MD"), at), judgement=accepted, agrees=True
    )
    assert reconciling.checked(day.session, AT + timedelta(minutes=2), ZONE).beyond_prescriber == ()
    through(day, mao, {"name": "phenelzine", "dose": "45 mg", "as_needed": False}, minutes=3)
    with pytest.raises(Refused, match="more than the prescriber's word"):
        go(day, day.prescriber, 4, **{"RD-13": "Pressure every 5 min"})


def test_h19_a_clinics_own_list_from_before_holds_what_two_must_sign_too(day, monkeypatch):
    """It asks only whether something interacts: never a go, and no click of one lifts it."""
    make_ready(day)
    now = schedule.protocol_of(day.session)
    (mine,) = [check for check in now.readiness.checks if check.id == "RD-13"]
    before = replace(now, readiness=replace(now.readiness, checks=(replace(mine, no_go=None),)))
    monkeypatch.setattr(schedule, "protocol_of", lambda session: before)
    through(day, BENZODIAZEPINE, minutes=1)
    at = AT + timedelta(minutes=2)
    assert readiness.decision(day.session, at=at, zone=ZONE, given={"RD-13"}).permits, (
        "what is the prescriber's to lift"
    )
    through(day, {"name": "tranylcypromine", "dose": "40 mg", "as_needed": False}, minutes=3)
    at = AT + timedelta(minutes=4)
    told = {fact.name: fact.value for fact in reconciling.facts_now(day.session, at, ZONE)}
    assert told == {"medicines_reconciled": True, "interacting_medicine_taken": True, "medicine_not_lifted": True}
    for given in ((), {"RD-13"}):
        decision = readiness.decision(day.session, at=at, zone=ZONE, given=given)
        assert (decision.needs_clearance, decision.permits) == (True, False)
    with pytest.raises(Refused) as refused:
        go(day, day.prescriber, 4, **{"RD-13": "Pressure every 5 min"})
    assert "cleared on the page of clearances" in refused.value.refusals[0].remedy
    page = browser(day.prescriber).get(reverse("session", args=[day.visit.pk])).content.decode()
    assert "lift-RD-13" not in page


def test_h15_rul_13_what_nobody_lifts_because_it_is_not_known_is_to_be_found_out(day):
    assert preparing.remedy_for(held("RD-13"), ("hours since alcohol",)) == (
        "Find out and go through them again: hours since alcohol."
    )
    assert "page of clearances" in preparing.remedy_for(held("RD-13"))
    assert preparing.remedy_for(held("RD-02")).startswith("Nobody lifts this today")


def held(check):
    return Reason(check, "", Result.MET, Effect.STOP, "")


def test_h15_only_who_may_prepare_a_session_signs(day):
    no_medicines(day.patient, day.nurse)
    for nobody in (someone(day.clinic, "FD"), someone(day.clinic, "AU")):
        with pytest.raises(NotAllowed):
            gone_through(day, by=nobody)


def test_h15_one_screen_tells_what_changed_and_keeps_what_was_typed(day):
    (entry,) = some_medicines(
        day.patient, day.nurse, {"name": "lorazepam", "dose": "1 mg", "as_needed": True}
    ).medicines
    nurse, where = browser(day.nurse), reverse("session-medicines", args=[day.visit.pk])
    page = nurse.get(where).content.decode()
    for words in (
        "Since the last visit",
        "Medicines",
        "Allergies",
        "Pregnancy",
        "Mind",
        "Bladder",
        "Capacity",
        "Weight",
        "PHQ-9",
        "lorazepam",
    ):
        assert words in page
    seen = str(MedicineList.objects.latest("recorded_at").pk)
    wrong = nurse.post(where, once(seen=seen, words="as told", **{f"last_day-{entry.key}": "0"}, **NONE_LATELY))
    assert wrong.status_code == 422
    assert "at what time is missing" in wrong.content.decode()
    assert "as told" in wrong.content.decode()
    right = {f"last_day-{entry.key}": "1", f"last_clock-{entry.key}": "2200"}
    assert nurse.post(where, once(seen=seen, **right, **NONE_LATELY)).status_code == 302
    assert "list" in TimelineEntry.objects.filter(kind=Kind.FACT).latest("recorded_at").body
    stale = nurse.post(where, once(seen=seen, **right, **NONE_LATELY))
    assert "Somebody changed this list meanwhile" in stale.content.decode()


def test_h15_capacity_that_is_in_doubt_since_the_last_visit_is_among_what_changed(day):
    abilities = dict.fromkeys(("understands", "appreciates", "reasons", "chooses"), Ability.YES)
    for doubt, minutes in ("", -60), ("Lost the thread twice", 1):
        said = abilities | ({"reasons": Ability.UNSURE} if doubt else {})
        at = AT + timedelta(minutes=minutes)
        candidacy.assess_capacity(patient=day.patient, abilities=said, words=doubt, by=day.prescriber, at=at)
    since, now = AT - timedelta(minutes=30), AT + timedelta(hours=1)
    told = {change.title: change for change in since_last.changes(day.visit, since, now)}
    assert (told["Capacity"].before, told["Capacity"].now) == ("has it", "not settled: Lost the thread twice")
    assert told["Capacity"].changed
    assert since_last.capacity_words(day.patient, AT - timedelta(days=3650)) == "not asked"


def told_since(day, minutes=60):
    since, now = AT - timedelta(minutes=30), AT + timedelta(minutes=minutes)
    return {change.title: change for change in since_last.changes(day.visit, since, now)}


def test_h15_every_question_of_the_vocabulary_stands_in_one_area_of_what_changed():
    told = [name for area in since_last.areas() for name in area.names]
    owed = {name for name, kind in queries.kinds().items()
            if kind.group != "day" and name not in queries.ELSEWHERE and not kind.to_the_day}  # fmt: skip
    assert sorted(told) == sorted(owed)
    (events,) = [area for area in since_last.areas() if area.title == "Events"]
    assert "stroke_or_tia_on" in events.names
    assert "full_history_on" not in events.names, "a day on which a form was filled in is no event"


def test_h15_a_half_asked_area_never_reads_nothing(day):
    for name in ("bladder_symptoms", "haematuria"):
        an_answer(day.patient, day.nurse, name=name, answer="none" if name == "bladder_symptoms" else "no")
    bladder = told_since(day)["Bladder"]
    assert (bladder.now, bladder.open) == ("nothing in what was asked", "2 not asked")
    an_answer(day.patient, day.nurse, name="ketamine_cystitis", answer="no")
    an_answer(day.patient, day.nurse, name="urinalysis", answer="normal")
    assert told_since(day)["Bladder"].open == ""
    assert told_since(day)["Heart, vessels and brain"].now == "not asked"


def test_h15_a_new_finding_of_any_area_and_a_clearance_are_among_what_changed(day):
    an_answer(day.patient, day.prescriber, name="glaucoma", answer="chronic", at=AT)
    a_clearance(day.patient, day.prescriber)
    a_screener(day.patient, day.nurse, "1", at=AT + timedelta(minutes=2))
    told = told_since(day)
    assert "Glaucoma" in told["Heart, vessels and brain"].now
    assert told["Heart, vessels and brain"].open.endswith("not asked")
    assert told["Clearances"].now.startswith("CI-07 cleared until ")
    assert (told["Risk of suicide"].before, told["Risk of suicide"].now) == ("not asked", "screener T1")
    assert all(told[title].changed for title in ("Heart, vessels and brain", "Clearances", "Risk of suicide"))
