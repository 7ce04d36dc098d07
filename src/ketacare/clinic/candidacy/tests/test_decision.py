"""Decisions: whose word lifts what, what waits for a second person, and what goes out about it."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from django.urls import reverse

from ketacare.clinic.candidacy import actions, queries
from ketacare.clinic.candidacy.actions import decision
from ketacare.clinic.candidacy.actions.decision import gone_against
from ketacare.clinic.candidacy.models import (
    Choice,
    InformationGiven,
    Judgement,
    PatientWords,
    ReferrerLetter,
)
from ketacare.clinic.candidacy.queries import intake as intakes
from ketacare.clinic.candidacy.queries.letters import KEPT_BACK, STILL_ASKED, next_steps, reason, reasons
from ketacare.clinic.candidacy.queries.plain_words import LANGUAGES, Deciding, drafts, families, family_of, sheet
from ketacare.clinic.candidacy.tasks import tell_ends
from ketacare.clinic.candidacy.tests.factories import (
    a_clearance,
    a_screener,
    an_answer,
    everything_known,
    some_medicines,
)
from ketacare.clinic.candidacy.tests.readability import english_grade, spanish_ease
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.enrolment.models import Source as Asked
from ketacare.clinic.enrolment.tests.factories import a_referral, an_enrolment
from ketacare.clinic.people import actions as people
from ketacare.clinic.people import queries as people_known
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Contact, User
from ketacare.clinic.people.tests.factories import AT, a_patient, browser, once, someone
from ketacare.clinic.protocols.tests.factories import IV, an_adoption, an_own_copy, signed
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import Visit, VisitKind, VisitState
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.candidacy import reader
from ketacare.medicine.candidacy.reader.consent import consent
from ketacare.medicine.evidence.terms import Effect, Reason, Result
from ketacare.medicine.protocols.reader import protocol

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(minutes=5)
PSYCHOTIC = {"active_psychosis": "yes", "diagnosis": "psychotic depression", "inpatient": "yes"}
PSYCHOSIS = {"CI-30": "Psychotic depression; medicines and ECT did not help"}


def known(patient, by, **but):
    everything_known(patient, by, **but)


def decide(patient, by, choice=Choice.ACCEPT, reason="", **more):
    return actions.decide(patient=patient, choice=choice, reason=reason, by=by, at=more.pop("at", LATER), **more)


def open_kinds(patient):
    return {duty.kind for duty in owed.open_about(patient)}


@pytest.fixture
def today(monkeypatch):
    """The page is read on the day on which everything was told."""
    monkeypatch.setattr("ketacare.web.clock.now", lambda: LATER)


# -- signatures -----------------------------------------------------------------------------------------------------


def test_a_decision_that_two_must_sign_waits_and_nothing_follows(patient, prescriber, director):
    known(patient, prescriber, **PSYCHOTIC)
    row = decide(patient, prescriber, against=PSYCHOSIS)
    assert row.waits
    assert not row.in_force
    assert queries.acceptance(patient) is None
    assert open_kinds(patient) == {"countersign"}
    assert owed.open_for(patient, "countersign").get().owner_role == "MD"
    assert not ReferrerLetter.objects.exists()

    actions.sign_second(judgement=row, agrees=True, words="", by=director, at=LATER)
    assert queries.acceptance(patient) == row
    assert open_kinds(patient) == {"enrol", "tell_patient", "acceptance_ends"}


def test_nobody_agrees_to_a_decision_that_did_not_know_what_was_found_since(patient, prescriber, director, monkeypatch):
    known(patient, prescriber, **PSYCHOTIC)
    row, then = decide(patient, prescriber, against=PSYCHOSIS), LATER + timedelta(minutes=1)
    an_answer(patient, prescriber, name="pulmonary_hypertension", answer="yes", at=then)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: then)
    page = browser(director).get(reverse("evaluation-second", args=[patient.pk])).content.decode()
    assert "Found since it was decided" in page
    with pytest.raises(Refused, match=r"Since it was decided: .*ulmonary hypertension"):
        actions.sign_second(judgement=row, agrees=True, words="", by=director, at=then)
    actions.sign_second(judgement=row, agrees=False, words="Pulmonary hypertension", by=director, at=then)
    assert open_kinds(patient) == {"decide_anew"}


def test_a_row_that_nobody_may_override_any_more_is_agreed_to_by_nobody(patient, prescriber, director):
    known(patient, prescriber, dementia="yes")
    row = decide(patient, prescriber, against={"CI-34": "Mild; the family and she want it"})
    an_answer(patient, prescriber, name="delirium", answer="yes", source="clinician", at=LATER + timedelta(minutes=1))
    with pytest.raises(Refused, match="CI-34"):
        actions.sign_second(judgement=row, agrees=True, words="", by=director, at=LATER + timedelta(minutes=2))


@pytest.mark.parametrize("what", ["an unmatched medicine", "a second inhibitor", "a clearance taken back"])
def test_what_is_known_otherwise_than_when_it_was_decided_is_found_since(patient, prescriber, director, what):
    """By other facts, or lifted no longer: nobody agrees to what was signed for less (H14, H15)."""
    then = LATER + timedelta(minutes=1)
    known(patient, prescriber, **PSYCHOTIC)
    if what == "a second inhibitor":
        some_medicines(patient, prescriber, "tranylcypromine", at=AT)
        row = decide(patient, prescriber, against=PSYCHOSIS | {"INT-10": "Nothing else helped; wards watch her"})
        some_medicines(patient, prescriber, "tranylcypromine", "phenelzine", at=then)
    elif what == "a clearance taken back":
        letter = a_clearance(patient, prescriber, at=AT + timedelta(minutes=1))
        row = decide(patient, prescriber, against=PSYCHOSIS)
        actions.withdraw_clearance(letter, reason="Another patient's", by=prescriber, at=then)
    else:
        row = decide(patient, prescriber, against=PSYCHOSIS)
        some_medicines(patient, prescriber, "Zorblax", at=then)
    with pytest.raises(Refused, match="Since it was decided"):
        actions.sign_second(judgement=row, agrees=True, words="", by=director, at=then + timedelta(minutes=1))


def test_what_has_only_grown_older_keeps_nobody_from_signing_second(patient, prescriber, director):
    """The screener of yesterday is asked anew on the day of a dose."""
    known(patient, prescriber, **PSYCHOTIC)
    row = decide(patient, prescriber, against=PSYCHOSIS)
    actions.sign_second(judgement=row, agrees=True, words="", by=director, at=LATER + timedelta(hours=20))
    assert queries.acceptance(patient) == row


def test_not_now_leaves_other_visits_and_asks_which_doses_stay(patient, prescriber):
    known(patient, prescriber)
    desk = someone(patient.clinic, "FD")
    for kind, days in ((VisitKind.EVALUATION, 1), (VisitKind.DOSE, 3)):
        starts = LATER + timedelta(days=days)
        scheduling.book_visit(
            patient=patient, kind=kind, starts_at=starts, ends_at=starts + timedelta(hours=2), by=desk, at=LATER
        )
    decide(patient, prescriber, Choice.NOT_NOW, "The heart first", at=LATER + timedelta(minutes=1))
    duty = owed.open_for(patient, "candidacy.booked_after_no").get()
    assert duty.title == "It was decided to wait, and doses are booked: ask the prescriber which stay"


def test_after_a_no_nobody_is_asked_to_enrol_and_what_is_booked_and_promised_is_somebodys(patient, prescriber):
    known(patient, prescriber)
    decide(patient, prescriber, reason="Meets all")
    assert "enrol" in open_kinds(patient)
    first = LATER + timedelta(days=1)
    scheduling.book_visit(
        patient=patient, kind=VisitKind.PREPARATION, starts_at=first, ends_at=first + timedelta(hours=1),
        by=someone(patient.clinic, "FD"), at=LATER,
    )  # fmt: skip
    decide(patient, prescriber, Choice.NO, "Wants no more of it", at=LATER + timedelta(minutes=1))
    assert open_kinds(patient) >= {"candidacy.booked_after_no", "candidacy.handed_on", "tell_patient"}
    assert "enrol" not in open_kinds(patient)
    booked = owed.open_for(patient, "candidacy.booked_after_no").get()
    assert (booked.owner_role, booked.due_at <= first) == ("FD", True)


def test_words_of_a_decline_name_no_medicine_for_low_mood_to_who_is_manic_or_psychotic(patient, prescriber):
    known(patient, prescriber, active_psychosis="yes")
    row = decide(patient, prescriber, Choice.NO, "Psychosis first")
    words = drafts(row, patient.clinic)["en"]
    assert "medicines for low mood" not in words
    assert "Keep taking your medicines" not in words
    assert "For what was found our sheets name: antipsychotic, ECT." in next_steps(row)[-1]
    assert "who sent you" not in words, "nobody did"


def test_the_second_signature_is_another_person_in_the_other_role(clinic, patient, prescriber, director):
    known(patient, prescriber, **PSYCHOTIC)
    row = decide(patient, prescriber, against=PSYCHOSIS)
    sign = {"judgement": row, "agrees": True, "words": "", "at": LATER}
    with pytest.raises(Refused, match="another person's"):
        actions.sign_second(**sign, by=prescriber)
    with pytest.raises(Refused, match="waits for the medical director"):
        actions.sign_second(**sign, by=someone(clinic, "RX"))
    with pytest.raises(NotAllowed):
        actions.sign_second(**sign, by=someone(clinic, "RN"))
    actions.sign_second(**sign, by=director)
    with pytest.raises(Refused, match="does not wait"):
        actions.sign_second(**sign, by=director)


def test_a_director_who_decides_is_countersigned_by_a_prescriber(patient, prescriber, director):
    known(patient, prescriber, **PSYCHOTIC)
    actions.begin_evaluation(patient=patient, by=prescriber, at=AT)
    row = decide(patient, director, against=PSYCHOSIS)
    assert owed.open_for(patient, "countersign").get().owner_role == "RX"
    actions.sign_second(judgement=row, agrees=True, words="", by=prescriber, at=LATER)
    assert queries.judgement(patient).in_force


def test_a_second_no_says_why_and_asks_to_decide_anew(patient, prescriber, director):
    known(patient, prescriber, **PSYCHOTIC)
    row = decide(patient, prescriber, against=PSYCHOSIS)
    with pytest.raises(Refused, match="no words say why"):
        actions.sign_second(judgement=row, agrees=False, words=" ", by=director, at=LATER)
    actions.sign_second(judgement=row, agrees=False, words="ECT first", by=director, at=LATER)
    assert queries.acceptance(patient) is None
    assert open_kinds(patient) == {"decide_anew"}
    anew = decide(patient, prescriber, Choice.NOT_NOW, "ECT first", at=LATER + timedelta(minutes=1))
    assert queries.judgement(patient) == anew
    assert open_kinds(patient) == {"re_evaluate", "tell_patient"}


def test_every_criterion_gone_against_needs_its_own_reason(patient, prescriber):
    known(patient, prescriber, **PSYCHOTIC)
    with pytest.raises(Refused) as refused:
        decide(patient, prescriber, reason="it is fine", against={"CI-05": "another"})
    assert [fault.field for fault in refused.value.refusals] == ["against-CI-30"]
    assert not Judgement.objects.exists()
    said = decide(patient, prescriber, against={"CI-30": "seen with the director"})
    assert (said.reason, said.own_reason) == ("CI-30: seen with the director", "")
    more = decide(patient, prescriber, reason="It helped before", against={"CI-30": "seen with the director"})
    assert more.own_reason == "It helped before"


def test_nobody_is_accepted_as_a_first_resort_or_untold_without_a_reason(patient, prescriber, monkeypatch):
    monkeypatch.setattr("ketacare.clinic.candidacy.tests.factories.thought_through", lambda *_: None)
    known(patient, prescriber)
    actions.note_information(patient=patient, elements=["benefit"], words="", by=prescriber, at=AT)
    words = "no other treatment was considered, and what is told before deciding is not told in full"
    with pytest.raises(Refused, match=words) as refused:
        decide(patient, prescriber)
    assert [fault.field for fault in refused.value.refusals] == ["lacking_reason"]
    assert "not told in full" in browser(prescriber).get(reverse("evaluation", args=[patient.pk])).content.decode()
    decide(patient, prescriber, Choice.NOT_NOW, "later")
    accepted = decide(patient, prescriber, reason="ECT was offered by the ward", at=LATER + timedelta(minutes=1))
    assert accepted.reason == "ECT was offered by the ward"
    assert (accepted.lacking, accepted.lacking_reason) == (words.split(", and "), "ECT was offered by the ward")


def test_how_a_caution_is_met_is_no_reason_for_what_is_lacking(patient, prescriber, monkeypatch):
    monkeypatch.setattr("ketacare.clinic.candidacy.tests.factories.thought_through", lambda *_: None)
    known(patient, prescriber, ketamine_cystitis="no", bladder_symptoms="treated infection")
    assert queries.cautions(queries.answer_so_far(patient, at=LATER, zone="UTC").decision)
    with pytest.raises(Refused) as refused:
        decide(patient, prescriber, reason="Urine again in a week")
    assert [fault.field for fault in refused.value.refusals] == ["lacking_reason"]
    page = browser(prescriber).get(reverse("evaluation", args=[patient.pk])).content.decode()
    assert "Why all the same" in page
    why = "All was tried and told elsewhere; the letter comes"
    accepted = decide(patient, prescriber, reason="Urine again in a week", lacking_reason=why)
    assert (accepted.reason, accepted.lacking_reason) == ("Urine again in a week", why)
    shown = browser(prescriber).get(reverse("evaluation", args=[patient.pk])).content.decode()
    assert f"is not told in full: {why}" in shown
    thorough = decide(patient, prescriber, Choice.NOT_NOW, "later", lacking_reason=why)
    assert (thorough.lacking, thorough.lacking_reason) == ([], "")


def test_the_patient_signs_after_a_day_to_think_by_the_list_in_its_version_and_never_under_a_dose(
    clinic, patient, prescriber
):
    known(patient, prescriber)
    sign = {"patient": patient, "by": prescriber}
    with pytest.raises(Refused, match="not 24 h to think"):
        actions.give_consent(**sign, reason="", at=AT + timedelta(hours=23, minutes=59))
    row = actions.give_consent(**sign, reason="", at=AT + timedelta(hours=24))
    assert (row.kind, row.given, row.text_version) == ("treatment", True, f"consent-1 {consent().ref.version}")
    told = f"racemic ketamine into a vein; told by the list of {AT:%d-%b-%Y}"
    assert row.words == told
    soon = actions.give_consent(**sign, reason="A crisis", at=AT + timedelta(hours=1))
    assert soon.words == f"{told}; A crisis"
    visit = scheduling.book_visit(
        patient=patient, kind=VisitKind.DOSE, starts_at=LATER, ends_at=LATER + timedelta(hours=3),
        by=someone(clinic, "FD"), at=AT, number_in_course=1,
    )  # fmt: skip
    Visit.objects.filter(pk=visit.pk).update(state=VisitState.DISCHARGED)
    under = LATER + timedelta(hours=4, minutes=59)
    with pytest.raises(Refused, match="less than 2 h ago"):
        actions.give_consent(**sign, reason="A crisis", at=under)
    actions.give_consent(**sign, reason="A crisis", at=under + timedelta(minutes=1))
    with pytest.raises(NotAllowed):
        actions.give_consent(patient=patient, reason="", by=someone(clinic, "FD"), at=under)


def told(patient, by, at, left_out="", version=""):
    sheet = consent()
    InformationGiven.objects.create(
        **about(patient, by, at), sheet_id=sheet.ref.id, sheet_version=version or sheet.ref.version,
        elements=[element.id for element in sheet.elements if element.id != left_out],
    )  # fmt: skip


def test_d9_the_day_to_think_is_that_of_the_list_that_is_signed(patient, prescriber):
    """An older version, or a list that something was taken back from, lends its day to no other."""
    an_answer(patient, prescriber, name=queries.PRODUCT.name, answer=queries.PRODUCT.choices[0])
    sign = {"patient": patient, "by": prescriber, "reason": ""}
    told(patient, prescriber, AT - timedelta(days=3), version="1.0.0")
    with pytest.raises(Refused, match="Not all has been told"):
        actions.give_consent(**sign, at=AT)
    told(patient, prescriber, AT - timedelta(days=2))
    told(patient, prescriber, AT - timedelta(days=1, hours=1), left_out="benefit")
    with pytest.raises(Refused, match="Not all has been told"):
        actions.give_consent(**sign, at=AT)
    told(patient, prescriber, AT - timedelta(hours=2))
    with pytest.raises(Refused, match="not 24 h to think"):
        actions.give_consent(**sign, at=AT)
    told(patient, prescriber, AT)  # the same again: the day stays
    row = actions.give_consent(**sign, at=AT + timedelta(hours=22))
    assert row.words.endswith(f"told by the list of {AT - timedelta(hours=2):%d-%b-%Y}")


def test_h14_what_two_accepted_by_name_is_told_some_days_before_it_ends(patient, prescriber, director):
    """CI-30 counts 90 days: a week before, the prescriber is asked, and not on the morning of a dose."""
    known(patient, prescriber, **PSYCHOTIC)
    row = decide(patient, prescriber, against={"CI-30": "seen with the director"})
    assert not owed.open_for(patient, "acceptance_ends").exists(), "it waits for the second signature"
    actions.sign_second(judgement=row, agrees=True, words="", by=director, at=LATER + timedelta(minutes=5))
    (until,) = [date.fromisoformat(item["until"]) for item in row.against if item["criterion"] == "CI-30"]
    assert until == LATER.date() + timedelta(days=90)
    duty = owed.open_for(patient, "acceptance_ends").get()
    assert duty.due_at.date() == until - timedelta(days=7)
    assert "CI-30 was accepted until" in duty.why
    decide(patient, prescriber, Choice.NOT_NOW, "later", at=LATER + timedelta(minutes=9))
    assert not owed.open_for(patient, "acceptance_ends").exists()


def test_h14_a_new_course_under_the_same_decision_is_told_as_well(clinic, patient, prescriber, director):
    """With the course before it ended the duty to look again; the last day did not."""
    an_adoption(clinic)
    known(patient, prescriber, **PSYCHOTIC)
    row = decide(patient, prescriber, against={"CI-30": "seen with the director"})
    actions.sign_second(judgement=row, agrees=True, words="", by=director, at=LATER + timedelta(minutes=5))
    told = owed.open_for(patient, queries.ACCEPTANCE_ENDS).get()
    actions.no_longer_accepted_for(patient, evidence=row, by=prescriber, at=LATER + timedelta(days=20))
    course = {"protocol": protocol(IV), "first_on": LATER.date() + timedelta(days=31), "starts": time(9), "chair": None}
    again = {"patient": patient, "proposal": actions.propose(**course), "by": prescriber}
    actions.begin_programme(**again, at=LATER + timedelta(days=30))
    duty = owed.open_for(patient, queries.ACCEPTANCE_ENDS).get()
    assert (duty.due_at, duty.why) == (told.due_at, told.why)
    assert duty.pk != told.pk


def test_h14_who_was_accepted_before_the_last_day_was_kept_is_told_as_well(
    clinic, patient, prescriber, director, monkeypatch
):
    monkeypatch.setattr(decision, "gone_against", lambda *told: gone_against(*told[:-1], at_each_dose=False))
    known(patient, prescriber, **PSYCHOTIC)
    row = decide(patient, prescriber, against={"CI-30": "seen with the director"})
    actions.sign_second(judgement=row, agrees=True, words="", by=director, at=LATER)
    assert queries.acceptances_untold(LATER) == [], "nobody is in a course, no dose waits"
    an_enrolment(patient, clinic)
    (end,) = queries.acceptances_untold(LATER)
    assert (end.until, end.criterion) == (LATER.date() + timedelta(days=90), "CI-30")
    tell_ends(LATER + timedelta(hours=1))
    assert owed.open_for(patient, queries.ACCEPTANCE_ENDS).count() == 1
    assert queries.acceptances_untold(LATER + timedelta(hours=2)) == []
    actions.no_longer_accepted_for(patient, evidence=row, by=prescriber, at=LATER + timedelta(hours=3))
    assert not owed.open_for(patient, queries.ACCEPTANCE_ENDS).exists()


def test_h14_a_last_day_stands_only_with_what_is_looked_at_before_each_dose():
    row = Reason("WK-07", "", Result.MET, Effect.CLEAR, "", override="P", valid_days=90)
    assert "until" not in gone_against(row, "seen", LATER.date(), at_each_dose=False)
    assert "until" in gone_against(row, "seen", LATER.date(), at_each_dose=True)


def test_h19_times_and_elements_are_read_as_the_clinic_adopted_them(clinic, patient, director, settings, tmp_path):
    settings.VIGNETTES = tmp_path  # what the stored cases would be judged by is not asked here
    own = an_own_copy(clinic, "following-1", "decision.look_again_after", "45", "d")
    signed(clinic, "following-1", own.sheet_version)
    assert queries.following(patient).look_again_after.integer == 45
    link = an_own_copy(clinic, "intake-1", "link.lasts", "21", "d")
    signed(clinic, "intake-1", link.sheet_version)
    assert intakes.intake_lines(patient).lasts.integer == 21
    assert queries.consent_sheet(patient).ref == consent().ref


def test_nobody_signs_before_all_was_told_and_a_product_is_proposed(patient, prescriber):
    page = reverse("evaluation-information", args=[patient.pk])
    told = {"elements": ["benefit"], "consent": "given"}
    client = browser(prescriber)
    assert "No product is proposed yet" in client.post(page, once(**told)).content.decode()
    an_answer(patient, prescriber, name=queries.PRODUCT.name, answer=queries.PRODUCT.choices[0])
    assert "Not all has been told" in client.post(page, once(**told)).content.decode()
    assert people_known.consent(patient, "treatment") is None


def test_a_specialist_is_asked_and_not_signed_over(patient, prescriber):
    known(patient, prescriber, aneurysmal_vascular_disease="yes", aneurysm_repaired="yes")
    with pytest.raises(Refused, match="only by a specialist's written opinion"):
        decide(patient, prescriber, against={"CI-01": "small and old"})
    decide(patient, prescriber, Choice.CLEARANCE, "Vascular opinion on the aneurysm")
    assert "clearance" in open_kinds(patient)


def seventeen(clinic, prescriber, **but):
    child = a_patient(someone(clinic, "FD"), born_on=date(2009, 1, 20))
    known(child, prescriber, **but)
    return child


def test_h14_a_row_that_asks_for_guardian_and_specialist_is_lifted_by_no_reason(clinic, prescriber):
    child = seventeen(clinic, prescriber, guardian_consent="yes")
    with pytest.raises(Refused, match=r"lifted only by the guardian's consent, a specialist's written opinion"):
        decide(child, prescriber, against={"CI-66": "The parents want it"})
    assert not Judgement.objects.exists()
    page = browser(prescriber).get(reverse("evaluation", args=[child.pk])).content.decode()
    assert 'name="against-CI-66"' not in page
    assert "Lifted only by the guardian" in page


@pytest.mark.parametrize(("override", "second"), [("P", False), ("P+MD", True), ("P+MD+guardian+spec", True)])
def test_whatever_the_director_lifts_together_with_others_waits_for_the_director(override, second):
    assert Judgement(against=[{"criterion": "CI-66", "override": override}]).needs_second is second


# -- what follows ---------------------------------------------------------------------------------------------------


def test_not_now_is_looked_at_again_on_the_day_that_was_named(patient, prescriber):
    known(patient, prescriber)
    with pytest.raises(Refused, match="not in the future"):
        decide(patient, prescriber, Choice.NOT_NOW, "later", re_evaluate_on=AT.date())
    with pytest.raises(Refused, match="belongs to"):
        decide(patient, prescriber, Choice.NO, "never", re_evaluate_on=date(2026, 9, 1))
    row = decide(patient, prescriber, Choice.NOT_NOW, "Recent heart attack", re_evaluate_on=date(2026, 9, 1))
    duty = owed.open_for(patient, "re_evaluate").get()
    assert duty.due_at.isoformat() == "2026-09-01T13:00:00+00:00", "09:00 in the clinic's zone"
    assert "1 September 2026" in drafts(row, patient.clinic)["en"]
    assert "1 de septiembre de 2026" in drafts(row, patient.clinic)["es"]


def test_without_a_day_it_is_looked_at_again_in_three_months(patient, prescriber):
    known(patient, prescriber)
    decide(patient, prescriber, Choice.NOT_NOW, "later")
    assert owed.open_for(patient, "re_evaluate").get().due_at == LATER + timedelta(days=90)


def test_when_what_holds_back_ends_by_itself_the_day_is_proposed(patient, prescriber):
    known(patient, prescriber, cardiovascular_event_on="2026-06-14", cardiac_history="yes")
    so_far = queries.answer_so_far(patient, at=LATER, zone="America/New_York")
    assert queries.ends_on(so_far) == date(2026, 7, 27)
    (card,) = [card for card in queries.shown(so_far).cards["stops"] if card.id == "CI-05"]
    assert card.until == date(2026, 7, 27)


def test_a_later_decision_ends_what_the_earlier_one_asked_for(patient, prescriber):
    known(patient, prescriber)
    decide(patient, prescriber, Choice.CLEARANCE, "Heart letter")
    decide(patient, prescriber, Choice.ACCEPT, at=LATER + timedelta(minutes=1))
    assert open_kinds(patient) == {"enrol", "tell_patient"}


# -- words for the patient ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("choice", [Choice.NOT_NOW, Choice.NO])
def test_h13_a_decline_begins_with_the_way_out_of_a_crisis(patient, prescriber, choice):
    known(patient, prescriber, aneurysmal_vascular_disease="yes")
    row = decide(patient, prescriber, choice, "Aneurysm")
    for language, words in drafts(row, patient.clinic).items():
        assert "988" in words.split("\n\n")[0], language
        assert "911" in words.split("\n\n")[0], language
    assert "What else can help" in drafts(row, patient.clinic)["en"]
    assert "blood vessels" in drafts(row, patient.clinic)["en"]


@pytest.mark.parametrize("choice", [Choice.NOT_NOW, Choice.NO])
def test_h13_whom_nobody_asked_about_suicide_is_called_before_the_no_stands_alone(patient, prescriber, choice):
    decide(patient, prescriber, choice, "No depression")
    duty = owed.open_for(patient, "risk.not_asked").get()
    assert (duty.owner_role, duty.consequence) == ("RX", Consequence.SAFETY)
    assert duty.due_at <= LATER + timedelta(days=4)
    a_screener(patient, prescriber, at=LATER + timedelta(minutes=1))
    assert not owed.open_for(patient, "risk.not_asked")


def test_who_was_asked_about_suicide_is_owed_no_such_call(patient, prescriber):
    known(patient, prescriber)
    decide(patient, prescriber, Choice.NO, "x")
    assert not owed.open_for(patient, "risk.not_asked")


def test_a_no_gives_nothing_unknown_as_its_reason_and_promises_no_test(patient, prescriber):
    no = drafts(decide(patient, prescriber, Choice.NO, "No depression"), patient.clinic)["en"]
    assert "not know yet" not in no
    assert "plan a test" not in no
    later = decide(patient, prescriber, Choice.NOT_NOW, "Tests first", at=LATER + timedelta(minutes=1))
    assert "not know yet" in drafts(later, patient.clinic)["en"]


def test_what_is_not_known_is_found_out_and_cleared_by_nobody(patient, prescriber):
    with pytest.raises(Refused) as refused:
        decide(patient, prescriber, Choice.ACCEPT)
    told = [refusal for refusal in refused.value.refusals if "nobody clears what is not known" in refusal.rule]
    assert told
    assert {refusal.remedy for refusal in told} == {"Find it out: ask, or order the test."}


def test_h14_a_stop_that_is_not_known_is_accepted_with_no_reason(patient, prescriber, today):
    """RUL-01: stop, then unknown. The command says the same: a clearance cannot lift what is not known."""
    known(patient, prescriber, ketamine_misuse_on="refused")
    with pytest.raises(Refused) as refused:
        decide(patient, prescriber, against={"CI-36": "He says he never did"})
    (told,) = refused.value.refusals
    assert told.rule == "Ketamine or PCP misuse (CI-36) is not known, and nobody clears what is not known."
    page = browser(prescriber).get(reverse("evaluation", args=[patient.pk])).content.decode()
    assert "one criterion is not known" in page
    assert 'name="against-CI-36"' not in page
    assert not Judgement.objects.exists()


def test_the_decision_is_drawn_anew_with_every_part_that_is_saved(patient, prescriber, today):
    known(patient, prescriber, inpatient="yes")
    client = browser(prescriber)
    assert 'name="against-CI-30"' not in client.get(reverse("evaluation", args=[patient.pk])).content.decode()
    answer = {"source": "clinician", "active_psychosis": "yes", "diagnosis": "psychotic depression"}
    path = reverse("evaluation-history", args=[patient.pk])
    text = client.post(path, once(**answer), headers={"HX-Request": "true"}).content.decode()
    assert text.count('id="decision" hx-swap-oob="true"') == 1
    assert 'name="against-CI-30"' in text.partition('id="decision"')[2]
    path = reverse("evaluation-decide", args=[patient.pk])
    refused = client.post(path, once(choice=""), headers={"HX-Request": "true"}).content.decode()
    assert refused.count('id="decision"') == 1
    assert 'id="decision" hx-swap-oob' not in refused


def test_what_somebody_declined_is_not_offered_again(patient, prescriber):
    known(patient, prescriber)
    stands = {"ect": ("declined", "Afraid"), "tms": ("not_suitable", "Implant"), "therapy": ("offered", "")}
    actions.consider_alternatives(patient=patient, stands=stands, by=prescriber, at=AT)
    words = drafts(decide(patient, prescriber, Choice.NO, "Wants none"), patient.clinic)["en"]
    assert "ECT" not in words
    assert "TMS" not in words
    assert "Talk therapy" in words


def test_a_country_without_a_known_line_gets_the_clinics_own_number(patient, prescriber):
    known(patient, prescriber)
    row = decide(patient, prescriber, Choice.NO, "x")
    patient.clinic.country, patient.clinic.telephone = "XX", "+00 1 234"
    assert "+00 1 234" in drafts(row, patient.clinic)["en"].split("\n\n")[0]


def test_every_phrase_reads_at_eleven_or_twelve(patient, prescriber):
    """Whole letters, over every choice and every family of criteria, in both languages."""
    known(patient, prescriber)
    row = decide(patient, prescriber, Choice.NO, "x")
    for family in families():
        for choice in Choice:
            row.choice = choice
            effect = "caution" if choice == Choice.ACCEPT else "stop"
            criterion, _, named_effect = (family.criteria[0] or "ZZ-9").partition(" ")
            effect = named_effect or effect
            row.answer = {"reasons": [{"criterion": criterion, "result": "met", "effect": effect}]}
            row.re_evaluate_on = date(2026, 9, 1) if choice == Choice.NOT_NOW else None
            for result in ("met", "unknown"):
                row.answer["reasons"][0]["result"] = result if effect != "caution" else "met"
                words = drafts(row, patient.clinic)
                assert english_grade(words["en"]) <= 6.5, (family.name, choice, words["en"])
                assert spanish_ease(words["es"]) >= 70, (family.name, choice, words["es"])


def answered(row, *told):
    row.answer = {"reasons": [{"criterion": name, "result": how, "effect": effect} for name, how, effect in told]}
    return row


def test_what_nobody_knows_yet_is_not_told_as_a_finding(patient, prescriber):
    known(patient, prescriber)
    row = decide(patient, prescriber, Choice.CLEARANCE, "Tests")
    answered(row, ("CI-55", "unknown", "needs clearance"), ("CI-04", "unknown", "stop"))
    words = drafts(row, patient.clinic)
    assert "do not know yet about your liver and your allergy" in words["en"]
    assert "todavía no sabemos sobre su hígado y su alergia" in words["es"]
    assert "not well" not in words["en"]
    assert "bad reaction" not in words["en"]
    assert "treatment without ketamine" not in words["en"], "what to do about a finding is not said without one"
    assert reasons(row) == [
        "Not yet known: liver tests raised",
        "Not yet known: allergy to ketamine, esketamine or an excipient",
    ]


def test_two_kinds_of_medicine_are_told_once(patient, prescriber):
    """COM-01 and INT-10 are of two families, the letter naming only one, and are said in the same words."""
    known(patient, prescriber)
    row = decide(patient, prescriber, Choice.NO, "Medicines")
    answered(row, ("COM-01", "met", "stop"), ("INT-10", "met", "stop"))
    words = drafts(row, patient.clinic)
    assert words["en"].count("may not go well together") == 1
    assert words["es"].count("No deje ninguna medicina") == 1
    answered(row, ("COM-01", "unknown", "stop"), ("INT-10", "unknown", "stop"))
    assert drafts(row, patient.clinic)["en"].count("your other medicines") == 0  # a no gives nothing unknown as reason
    row.choice = Choice.NOT_NOW
    assert drafts(row, patient.clinic)["en"].count("your other medicines") == 1


def test_a_finding_is_told_though_something_else_of_its_kind_is_not_known(patient, prescriber):
    known(patient, prescriber)
    row = decide(patient, prescriber, Choice.NOT_NOW, "Heart")
    answered(row, ("CI-07", "unknown", "stop"), ("CI-10", "met", "needs clearance"))
    assert "heart work harder" in drafts(row, patient.clinic)["en"]
    assert "do not know yet" not in drafts(row, patient.clinic)["en"]


def test_the_ruler_itself():
    """Flesch-Kincaid of a plain and of a hard sentence, and syllables that are easily miscounted."""
    assert english_grade("The cat sat on the mat. It was a big cat.") < 1
    assert english_grade("Notwithstanding contraindications, deliberation necessitates circumspection.") > 15
    assert spanish_ease("El gato duerme en la casa. Es un gato.") > 90
    assert spanish_ease("La contraindicación interdisciplinaria imposibilita determinadas administraciones.") < 40


def test_every_phrase_is_in_both_languages():
    for key, row in sheet().items():
        if key != "families":
            assert set(row) == set(LANGUAGES), key
    for family in families():
        assert all(set(told) == set(LANGUAGES) for told in family.phrases.values()), family.name


@pytest.mark.parametrize(
    ("criterion", "name"),
    [("CI-05", "heart"), ("CI-37b", "substances"), ("INT-10", "medicines"), ("INT-05", "substances"),
     ("WK-05", "pregnancy"), ("WK-99", "tests"), ("IND-03", "tries"), ("IND-11", "illness"),
     ("SUI-01", "risk_asked"), ("SUI-09", "risk_dose"), ("EXC-01", "risk"), ("EXC-03", "paths"),
     ("ADQ-05", "earlier_ketamine"),
     ("CI-22", "lung_vessels"), ("CI-17b", "pressure_past"), ("BP-5", "pressure_low"), ("BP-8", "pressure"),
     ("CI-31", "mind_before"), ("CI-58", "porphyria"), ("CI-60", "kidneys"), ("CI-65", "weight"), ("CI-67", "older"),
     ("CI-71", "nose"), ("CI-70", "way_home"), ("WK-06", "drug_test"), ("WK-09", "blood_test"), ("WK-15", "scan"),
     ("WK-20", "level"), ("WK-22", "nose_spray_program"), ("SEV-01", "severity"), ("CI-99", "other")],
)  # fmt: skip
def test_a_criterion_is_said_in_the_words_of_its_family(criterion, name):
    assert family_of(criterion).name == name


def test_an_attempt_of_years_ago_is_not_told_as_a_life_that_is_too_hard_now(patient, prescriber):
    """CI-40 at T2 waits for a talk; at T3 and T4 it stops."""
    known(patient, prescriber)
    row = decide(patient, prescriber, Choice.CLEARANCE, "Assessment")
    waits = drafts(answered(row, ("CI-40", "met", "needs clearance")), patient.clinic)
    stops = drafts(answered(row, ("CI-40", "met", "stop")), patient.clinic)
    assert "more help and care than a visit here can give" in stops["en"]
    assert "more help and care" not in waits["en"]
    assert "now or in the past" in waits["en"]
    assert "de ahora o de antes" in waits["es"]


def test_every_row_that_can_decide_has_words_of_its_own_kind():
    """General words are for what a clinic wrote itself; words for what is missing, never for a finding."""
    sheets = reader.shipped()
    of_the_day = {"CI-68", "CI-69", "CI-72", "CI-73", "CI-74", "CI-75"}  # of a dose, which no decision is about
    rows = (*sheets.contraindications.criteria, *sheets.workup.findings, *sheets.pressure.criteria)
    weighs = {(row.id, str(row.effect)) for row in rows if row.effect is not Effect.NOTE and row.id not in of_the_day}
    families_of = {name: family_of(name, effect).name for name, effect in weighs}
    assert not {name for name, family in families_of.items() if family in ("other", "tests")}


def test_words_are_released_by_the_prescriber_and_read_by_the_patient(clinic, patient, prescriber):
    person = someone(clinic, "PT")
    patient.user = User.objects.get(pk=person.user_id)
    patient.save()
    known(patient, prescriber)
    row = decide(patient, prescriber)
    page, own = reverse("patient-words", args=[patient.pk]), reverse("evaluation", args=[patient.pk])
    client = browser(prescriber)
    assert "We can offer you ketamine treatment" in client.get(page).content.decode()
    assert "We can offer you" not in browser(person).get(own).content.decode()
    seen = {"judgement": str(row.pk)}
    assert client.post(page, once(english="Good news.", spanish=" ", **seen)).status_code == 422
    client.post(page, once(english="Good news.\n\nCall us.", spanish="Buenas noticias.", **seen))
    told = browser(person).get(own).content.decode()
    assert "Good news." in told
    assert "Leer en español" in told
    assert not owed.open_for(patient, "tell_patient").exists()
    assert "Good news." in browser(person).get("/me/").content.decode()
    client.post(page, once(english="Better news.", spanish="Mejores noticias.", **seen))
    assert PatientWords.objects.current().get().english == "Better news."
    assert PatientWords.objects.count() == 2


def test_spanish_readers_read_spanish_first(clinic, patient, prescriber):
    person = someone(clinic, "PT")
    patient.user = User.objects.get(pk=person.user_id)
    patient.save()
    Contact.objects.create(**about(patient, someone(clinic, "FD"), LATER), language="es")
    known(patient, prescriber)
    row = decide(patient, prescriber)
    actions.release_words(judgement=row, english="Yes.", spanish="Sí, podemos.", by=prescriber, at=LATER)
    page = browser(person).get(reverse("evaluation", args=[patient.pk])).content.decode()
    assert page.index("Sí, podemos.") < page.index("Read it in English")


def test_nothing_is_released_before_the_second_signature(clinic, patient, prescriber):
    known(patient, prescriber, **PSYCHOTIC)
    row = decide(patient, prescriber, against=PSYCHOSIS)
    with pytest.raises(Refused, match="second signature"):
        actions.release_words(judgement=row, english="a", spanish="b", by=prescriber, at=LATER)
    with pytest.raises(NotAllowed):
        actions.release_words(judgement=row, english="a", spanish="b", by=someone(clinic, "RN"), at=LATER)


# -- the letter -----------------------------------------------------------------------------------------------------


def test_the_letter_says_the_decision_and_no_more_than_it_needs(clinic, patient, prescriber):
    a_referral(someone(clinic, "FD"), is_known=patient)
    known(patient, prescriber, ketamine_misuse_on="2026-06-01", aneurysmal_vascular_disease="yes")
    decide(patient, prescriber, Choice.NO, "Aneurysm, and misuse of ketamine")
    body = ReferrerLetter.objects.get().body
    assert body["decision"] == "We cannot offer this treatment."
    assert "Aneurysmal vascular disease" in body["reasons"]
    assert "misuse" not in str(body)
    assert "988" in body["crisis"]
    assert body["replaces"] == ""


def test_h13_the_letter_about_somebody_at_risk_hands_over_by_voice_and_lets_nothing_stay_as_it_is(
    clinic, patient, prescriber
):
    a_referral(someone(clinic, "FD"), is_known=patient)
    known(patient, prescriber)
    calm = decide(patient, prescriber, Choice.NO, "They want to wait")
    assert next_steps(calm)[-1] == "We have changed nothing of your treatment."
    at_risk = answered(calm, ("CI-40", "met", "stop"))
    assert next_steps(at_risk)[-1].startswith("There is a risk of suicide: we hand over by telephone too.")
    assert next_steps(answered(calm, ("CI-40", "unknown", "stop")))[-1] == next_steps(calm)[-1], "nothing was found"


def test_the_letter_names_a_clinics_own_row_by_its_title():
    assert reason(Deciding("CI-90", True), {"CI-90": "Sleep apnoea not treated"}) == "Sleep apnoea not treated"
    assert reason(Deciding("CI-90", False), {}) == "Not yet known: a finding that we explain on request"


@pytest.mark.parametrize("criterion", ["IND-08", "INT-03", "INT-19", "INT-27", "INT-28", "COM-01", "CI-37", "CI-50"])
def test_the_letter_keeps_back_substances_and_what_tells_of_them(patient, prescriber, criterion):
    known(patient, prescriber)
    row = decide(patient, prescriber, Choice.NO, "x")
    assert reasons(answered(row, (criterion, "met", "stop"))) == [KEPT_BACK]
    assert reasons(answered(row, (criterion, "unknown", "stop"))) == [STILL_ASKED], "not asked was not talked over"


def test_the_letter_names_every_criterion_by_its_title_and_none_by_its_code(patient, prescriber):
    known(patient, prescriber)
    row = decide(patient, prescriber, Choice.NO, "x")
    for criterion in (*reader.shipped().titles, "ZZ-99"):
        (told,) = reasons(answered(row, (criterion, "met", "stop")))
        assert told != criterion
    assert reasons(answered(row, ("WK-13", "unknown", "needs clearance"))) == [
        "Not yet known: blood pressure log at home or ambulatory, 7 days"
    ]


def test_a_letter_of_a_later_decision_replaces_the_first(clinic, patient, prescriber):
    a_referral(someone(clinic, "FD"), is_known=patient)
    known(patient, prescriber)
    decide(patient, prescriber, Choice.CLEARANCE, "Heart letter")
    decide(patient, prescriber, Choice.CLEARANCE, "The heart first", at=LATER + timedelta(minutes=30))
    assert ReferrerLetter.objects.current().get().body["replaces"] == "", "nobody had read the one before"
    assert browser(prescriber).get(reverse("referrer-letter", args=[patient.pk])).status_code == 200
    decide(patient, prescriber, Choice.ACCEPT, at=LATER + timedelta(hours=1))
    letter = ReferrerLetter.objects.current().get()
    assert letter.body["replaces"] == "14-Jul-2026"
    assert letter.amends.body["decision"] == "We need a clearance before we can decide."
    for hours in (2, 3):
        decide(patient, prescriber, Choice.CLEARANCE, "The heart after all", at=LATER + timedelta(hours=hours))
        body = ReferrerLetter.objects.current().get().body
        assert body["replaces"] == "14-Jul-2026", "the referrer holds the first, whoever reads those between"


def test_h39_a_training_clinic_shows_the_letter_whole_and_prints_nothing(clinic, patient, prescriber, monkeypatch):
    a_referral(someone(clinic, "FD"), is_known=patient)
    known(patient, prescriber)
    decide(patient, prescriber, Choice.CLEARANCE, "Heart letter")
    monkeypatch.setattr(type(patient.clinic), "is_training", property(lambda _: True, lambda *_: None))
    client, path = browser(prescriber), reverse("referrer-letter", args=[patient.pk])
    assert path in client.get(reverse("evaluation", args=[patient.pk])).content.decode()
    answer = client.get(path)
    assert answer["Content-Type"].startswith("text/html")
    page, body = answer.content.decode(), ReferrerLetter.objects.current().get().body
    for words in ("TRAINING", body["decision"], *body["to"], *body["next"], body["by"]):
        assert words in page
    decide(patient, prescriber, Choice.NOT_NOW, "The heart first", at=LATER + timedelta(hours=1))
    assert ReferrerLetter.objects.current().get().body["replaces"] == "14-Jul-2026", "the first was read"


def test_who_came_by_themselves_has_nobody_to_write_to(clinic, patient, prescriber):
    a_referral(someone(clinic, "FD"), is_known=patient, source=Asked.SELF)
    known(patient, prescriber)
    decide(patient, prescriber)
    assert not ReferrerLetter.objects.exists()
    assert browser(prescriber).get(reverse("referrer-letter", args=[patient.pk])).status_code == 404


def test_the_letter_is_a_pdf_for_whoever_may_read_the_referral(clinic, patient, prescriber):
    a_referral(someone(clinic, "FD"), is_known=patient)
    known(patient, prescriber)
    decide(patient, prescriber)
    path = reverse("referrer-letter", args=[patient.pk])
    for role in ("RX", "FD"):
        answer = browser(someone(clinic, role)).get(path)
        assert answer.content.startswith(b"%PDF-1"), role
    stranger = someone(clinic, "RC")
    assert browser(stranger).get(path).status_code == 403
    people.relate(
        patient=patient, user=User.objects.get(pk=stranger.user_id), kind="referrer", by=someone(clinic, "RN"), at=AT
    )
    assert "Read the letter" in browser(stranger).get(reverse("evaluation", args=[patient.pk])).content.decode()
    assert browser(stranger).get(path).status_code == 200


# -- the pages ------------------------------------------------------------------------------------------------------


def test_while_much_is_open_the_reasons_for_accepting_are_folded(patient, prescriber):
    page = browser(prescriber).get(reverse("evaluation", args=[patient.pk])).content.decode()
    assert "<summary>Once these are known, accepting goes against" in page
    assert "and nobody clears what is not known" in page
    assert "Go through what is missing" in page.partition('id="decision"')[2]


def test_the_form_names_what_accepting_goes_against(clinic, patient, prescriber, director, today):
    known(patient, prescriber, **PSYCHOTIC)
    client = browser(prescriber)
    path = reverse("evaluation-decide", args=[patient.pk])
    assert client.post(path, once(choice="")).status_code == 422
    assert client.post(path, once(choice="not_now", reason="x", re_evaluate_on="soon")).status_code == 422
    page = client.get(reverse("evaluation", args=[patient.pk])).content.decode()
    assert 'name="against-CI-30"' in page
    assert "to be signed by the medical director as well" in page


def test_the_second_signature_has_its_page(patient, prescriber, director, today):
    known(patient, prescriber, **PSYCHOTIC)
    seen = {"judgement": str(decide(patient, prescriber, against=PSYCHOSIS).pk)}
    path = reverse("evaluation-second", args=[patient.pk])
    own = browser(prescriber).get(path).content.decode()
    assert "This waits for another person" in own
    client = browser(director)
    assert "medicines and ECT did not help" in client.get(path).content.decode()
    assert client.post(path, once(agrees="", **seen)).status_code == 422
    assert client.post(path, once(agrees="no", words="", **seen)).status_code == 422
    answer = client.post(path, once(agrees="yes", **seen))
    assert answer["Location"].endswith("/evaluation/#decision")
    assert "Agreed by" in client.get(path).content.decode()


def test_h20_no_signature_falls_on_a_decision_that_was_not_read(patient, prescriber, director, today):
    known(patient, prescriber, **PSYCHOTIC)
    read = decide(patient, prescriber, against=PSYCHOSIS)
    anew = decide(patient, prescriber, against={"CI-30": "Another reason"}, at=LATER + timedelta(minutes=1))
    path, client = reverse("evaluation-second", args=[patient.pk]), browser(director)
    for judgement in (str(read.pk), ""):
        page = client.post(path, once(agrees="yes", judgement=judgement))
        assert page.status_code == 422
        assert "it was decided anew" in page.content.decode()
        assert "Another reason" in page.content.decode()
        assert " checked" not in page.content.decode(), "the word about the other decision is not kept"
    assert queries.judgement(patient).waits
    client.post(path, once(agrees="yes", judgement=str(anew.pk)))
    assert queries.judgement(patient).in_force
    words = reverse("patient-words", args=[patient.pk])
    stale = {"english": "No.", "spanish": "No.", "judgement": str(read.pk)}
    assert browser(prescriber).post(words, once(**stale)).status_code == 422
    assert not PatientWords.objects.exists()


def test_there_is_nothing_to_sign_or_release_before_a_decision(patient, prescriber):
    for name in ("evaluation-second", "patient-words"):
        assert browser(prescriber).get(reverse(name, args=[patient.pk])).status_code == 404
