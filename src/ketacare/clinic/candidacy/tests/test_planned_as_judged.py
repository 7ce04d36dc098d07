"""Nothing is signed that the judgement of that protocol, as of today, would stop (RUL-01, RUL-06, H14)."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from django.urls import reverse

from ketacare.clinic.candidacy import actions, queries
from ketacare.clinic.candidacy.models import Choice, Verdict
from ketacare.clinic.candidacy.tests.factories import a_clearance, an_acceptance, an_answer, everything_known
from ketacare.clinic.candidacy.tests.test_exception_records import a_crisis, opened
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.people.tests.factories import AT, browser, just_confirmed
from ketacare.clinic.protocols.tests.factories import an_adoption
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.protocols.reader import protocol

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=1)
VEIN, NOSE, HOME, WARD = "p-iv-05-2w", "p-esk-trd", "p-sl-home", "p-si-2"


def begin(patient, by, sheet_id=VEIN, at=LATER, **more):
    course = {"first_on": AT.date() + timedelta(days=1), "starts": time(9), "chair": None}
    proposal = actions.propose(protocol=protocol(sheet_id), **course)
    return actions.begin_programme(patient=patient, proposal=proposal, by=by, at=at, **more)


def refused(patient, by, *told, **more):
    with pytest.raises(Refused) as fault:
        begin(patient, by, *told, **more)
    assert enrolled.current_enrolment(patient) is None
    assert not Visit.objects.filter(patient=patient).exists()
    return [(one.field, one.rule, one.remedy) for one in fault.value.refusals]


def proposed(patient, by, product="racemic ketamine into a vein", at=AT):
    an_answer(patient, by, name=queries.PRODUCT.name, answer=product, at=at)


def test_rul_01_no_plan_is_signed_over_a_stop_that_was_found_after_the_acceptance(clinic, patient, prescriber, nurse):
    an_adoption(clinic)
    an_acceptance(patient, prescriber)
    an_answer(patient, nurse, name="active_psychosis", answer="yes", at=AT + timedelta(minutes=45), source="clinician")
    ((field, words, remedy),) = refused(patient, prescriber)
    assert field == "protocol"
    assert "CI-30" in words
    assert "Found since" in words
    assert "decide anew" in remedy.lower()


def test_h14_what_needs_a_clearance_and_was_found_since_asks_for_a_new_decision(clinic, patient, prescriber, nurse):
    an_adoption(clinic)
    an_acceptance(patient, prescriber)
    an_answer(patient, nurse, name="coronary_disease", answer="stable", at=AT + timedelta(minutes=45))
    assert "CI-07" in str(refused(patient, prescriber))


def test_rul_01_the_answer_is_to_the_product_that_was_proposed(clinic, patient, prescriber):
    """A vein, accepted; a nose has rows of its own, and what they stop no plan is signed over."""
    an_adoption(clinic, NOSE)
    everything_known(patient, prescriber, aneurysmal_vascular_disease="yes", aneurysm_repaired="yes")
    proposed(patient, prescriber)
    a_clearance(
        patient,
        prescriber,
        criterion="CI-01",
        said=actions.Opinion(Verdict.CLEARED, words="Repaired and firm", until=AT.date() + timedelta(days=90)),
        given_by="Dr Lee",
    )
    given = {"criterion": "CI-07", "given_by": "Dr Lee"}
    a_clearance(patient, prescriber, **given)
    row = actions.decide(
        patient=patient, choice=Choice.ACCEPT, reason="Seen", by=prescriber, at=AT + timedelta(hours=1)
    )
    assert row.in_force
    told = refused(patient, prescriber, NOSE, other_product="The pump is broken", at=AT + timedelta(hours=2))
    assert [field for field, *_ in told] == ["protocol"]
    assert "For esketamine nasal spray: Aneurysmal vascular disease (CI-01)" in told[0][1]
    assert "Propose it in the evaluation" in told[0][2]


def test_another_product_than_was_accepted_is_asked_about_and_kept_with_the_plan(clinic, patient, prescriber):
    an_adoption(clinic, "p-im-05")
    everything_known(patient, prescriber)
    proposed(patient, prescriber)
    actions.decide(patient=patient, choice=Choice.ACCEPT, reason="", by=prescriber, at=AT + timedelta(minutes=30))
    ((field, words, _),) = refused(patient, prescriber, "p-im-05")
    assert field == "other_product"
    assert "Accepted was racemic ketamine into a vein; this plan is racemic ketamine into a muscle" in words
    plan = begin(patient, prescriber, "p-im-05", other_product="No vein was found; told, and agreed")
    assert plan.other_product == "No vein was found; told, and agreed"


def in_crisis(patient, nurse, prescriber, director):
    a_crisis(patient, nurse, prescriber)
    proposed(patient, prescriber)
    opening = opened(patient, prescriber)
    at = AT + timedelta(minutes=20)
    actions.review_exception(opening, agrees=True, words="Seen her on the ward", by=director, at=at)
    row = actions.decide(
        patient=patient, choice=Choice.ACCEPT, reason="A crisis plan", by=prescriber, at=at + timedelta(minutes=5)
    )
    assert row.in_force


def test_rul_06_a_crisis_path_never_ends_at_home(clinic, patient, nurse, prescriber, director):
    an_adoption(clinic, HOME)
    in_crisis(patient, nurse, prescriber, director)
    told = refused(patient, prescriber, HOME, other_product="Lives far away", setting="Her brother is there")
    assert any("EXC-01" in words and "is given at home" in words for _, words, _ in told)


def test_rul_06_a_crisis_path_asks_where_it_is_carried_out(clinic, patient, nurse, prescriber, director):
    an_adoption(clinic)
    in_crisis(patient, nurse, prescriber, director)
    ((field, words, _),) = refused(patient, prescriber)
    assert field == "setting"
    assert "EXC-01" in words
    assert "cover around the clock" in words
    plan = begin(patient, prescriber, setting="Ward 4 of the county hospital; its psychiatrist on call")
    assert plan.setting.startswith("Ward 4")


def test_rul_06_a_protocol_of_a_hospital_says_its_setting_itself(clinic, patient, nurse, prescriber, director):
    an_adoption(clinic, WARD)
    in_crisis(patient, nurse, prescriber, director)
    assert begin(patient, prescriber, WARD).setting == ""


def of_the_prescriber(patient):
    return [
        (duty.owner_role, duty.why, Consequence(duty.consequence).name)
        for duty in owed.open_for(patient, queries.FOUND_SINCE)
    ]


def test_h14_what_was_found_after_the_acceptance_is_the_prescribers_until_it_is_decided_anew(
    clinic, patient, prescriber, nurse
):
    an_adoption(clinic)
    an_acceptance(patient, prescriber)
    assert of_the_prescriber(patient) == []
    at = AT + timedelta(minutes=45)
    found = an_answer(patient, nurse, name="active_psychosis", answer="yes", at=at, source="clinician")
    ((role, why, consequence),) = of_the_prescriber(patient)
    assert (role, consequence) == ("RX", "SAFETY")
    assert "CI-30" in why
    an_answer(patient, nurse, name="coronary_disease", answer="stable", at=at + timedelta(minutes=1))
    ((_, why, _),) = of_the_prescriber(patient)
    assert "CI-07" in why, "one duty, and it names what came"
    right = {"amends": found, "amend_reason": "Another person's chart", "source": "clinician"}
    an_answer(patient, nurse, name="active_psychosis", answer="no", at=at + timedelta(minutes=2), **right)
    ((_, why, _),) = of_the_prescriber(patient)
    assert "CI-30" not in why
    actions.decide(patient=patient, choice=Choice.NOT_NOW, reason="The heart first", by=prescriber, at=LATER)
    assert of_the_prescriber(patient) == []


def test_h14_what_is_found_while_doses_are_to_come_is_the_prescribers_as_well(clinic, patient, prescriber, nurse):
    an_adoption(clinic)
    an_acceptance(patient, prescriber)
    begin(patient, prescriber)
    an_answer(patient, nurse, name="active_psychosis", answer="yes", at=LATER + timedelta(days=2), source="clinician")
    assert "CI-30" in of_the_prescriber(patient)[0][1]
    over = AT + timedelta(days=90)
    an_answer(patient, nurse, name="pulmonary_hypertension", answer="yes", at=over, source="clinician")
    assert "CI-30" in of_the_prescriber(patient)[0][1], "no dose is to come: nothing new is asked for"


def test_rul_01_the_pages_say_what_was_found_since_and_offer_no_signature(clinic, patient, prescriber):
    an_adoption(clinic)
    an_acceptance(patient, prescriber)
    client = browser(prescriber)
    chart, evaluation = reverse("patient", args=[patient.pk]), reverse("evaluation", args=[patient.pk])
    assert "Found since" not in client.get(evaluation).content.decode()
    an_answer(patient, prescriber, name="active_psychosis", answer="yes", at=AT + timedelta(minutes=45))
    page = client.get(evaluation).content.decode()
    assert "Found since the decision" in page
    assert "Enrol and sign the plan" not in page
    page = client.get(chart).content.decode()
    assert "Found since the acceptance: " in page
    page = just_confirmed(client).get(reverse("enrolment", args=[patient.pk])).content.decode()
    assert "This plan cannot be signed" in page
    assert "Sign the plan and book" not in page


def test_rul_01_the_patient_is_not_told_of_an_offer_that_was_outrun(patient, prescriber):
    row = an_acceptance(patient, prescriber)
    an_answer(patient, prescriber, name="active_psychosis", answer="yes", at=AT + timedelta(minutes=45))
    said = {"judgement": row, "english": "We can offer you this.", "spanish": "Podemos ofrecerle esto."}
    with pytest.raises(Refused, match=r"Found since it was accepted: .*CI-30"):
        actions.release_words(**said, by=prescriber, at=LATER)
