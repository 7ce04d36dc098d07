"""What a list, a measure, a scale or a trial tells after an acceptance is found since, as an answer is (H14)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from ketacare.clinic.candidacy import actions, queries
from ketacare.clinic.candidacy.models import Ability, Choice, TrialEntry
from ketacare.clinic.candidacy.queries.since import told_since
from ketacare.clinic.candidacy.tests.factories import PHQ9, a_course, a_trial, all_but_trials, an_acceptance
from ketacare.clinic.candidacy.tests.test_planned_as_judged import of_the_prescriber, refused
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.above import telling_once
from ketacare.clinic.people.models import AllergyState, BodyMeasure
from ketacare.clinic.people.tests.factories import AT
from ketacare.clinic.protocols.tests.factories import an_adoption
from ketacare.medicine.evidence.terms import Result

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(minutes=45)


def allergic_to(patient, by, substance):
    entries = [{"substance": substance, "reaction": "Hives"}]
    people.record_allergies(patient=patient, state=AllergyState.LISTED, entries=entries, by=by, at=LATER)


def scored(patient, by, at=LATER, **but):
    answers = dict(PHQ9) | {name.removeprefix("item_"): value for name, value in but.items()}
    given = {"source": "clinician", "happened_at": at, "by": by, "at": at}
    return outcomes.record_answers(patient=patient, instrument="phq-9", answers=answers, **given)


def test_h14_an_allergy_found_after_the_acceptance_is_the_prescribers(clinic, patient, prescriber, nurse):
    an_adoption(clinic)
    an_acceptance(patient, prescriber)
    allergic_to(patient, nurse, "Ketamine")
    ((role, why, _),) = of_the_prescriber(patient)
    assert role == "RX"
    assert "CI-04" in why
    assert "Found since" in str(refused(patient, prescriber))


def test_h14_a_list_that_cannot_tell_opens_the_question_again(patient, prescriber, nurse):
    row = an_acceptance(patient, prescriber)
    allergic_to(patient, nurse, "an anaesthetic, name not known")
    found = queries.found_since_decided(row, at=LATER, zone=nurse.zone)
    assert [(one.criterion, str(one.result)) for one in found] == [("CI-04", "unknown")]
    assert "CI-04" in of_the_prescriber(patient)[0][1]


def test_h14_a_score_told_after_the_acceptance_is_the_prescribers(patient, prescriber, nurse):
    an_acceptance(patient, prescriber)
    scored(patient, nurse)
    assert of_the_prescriber(patient) == [], "the same answers say nothing new"
    scored(patient, nurse, at=LATER + timedelta(days=1), item_9=3)
    assert [role for role, _, _ in of_the_prescriber(patient)] == ["RX"]


def test_h13_what_cannot_be_judged_anew_loses_no_answer_and_is_somebodys(patient, prescriber, nurse, monkeypatch):
    an_acceptance(patient, prescriber)
    monkeypatch.setattr(queries, "found_since_decided", lambda *_, **__: 1 / 0)
    kept = scored(patient, nurse, item_9=3)
    assert type(kept).objects.filter(pk=kept.pk).exists()
    ((role, why, _),) = of_the_prescriber(patient)
    assert (role, why) == ("RX", "Something was told since that could not be judged: look at the evaluation")


def test_something_more_found_puts_nothing_off(patient, prescriber, nurse):
    an_acceptance(patient, prescriber)
    scored(patient, nurse, at=LATER + timedelta(days=1), item_9=3)
    ((_, _, first),) = of_the_prescriber(patient)
    day_after = LATER + timedelta(days=2)
    people.record_allergies(
        patient=patient, state=AllergyState.LISTED, entries=[{"substance": "Ketamine", "reaction": "Hives"}],
        by=nurse, at=day_after,
    )  # fmt: skip
    ((_, why, due_at),) = of_the_prescriber(patient)
    assert "CI-04" in why
    assert due_at == first


def no_height(patient, by):
    row = BodyMeasure.objects.get(patient=patient)
    told = {"amends": row, "amend_reason": "Another person's"}
    people.record_measure(patient=patient, weight_kg=Decimal(78), by=by, at=LATER, **told)


def capacity_in_doubt(patient, by):
    abilities = dict.fromkeys(actions.ABILITIES, Ability.UNSURE)
    actions.assess_capacity(patient=patient, abilities=abilities, words="Sleepy", by=by, at=LATER)


def a_dose_forgotten(patient, by):
    row = TrialEntry.objects.get(patient=patient, medicine="venlafaxine")
    a_trial(patient, by, "venlafaxine", at=LATER, dose_mg=None, amends=row, amend_reason="She does not know")


def a_ruling_taken_back(patient, by):
    row = TrialEntry.objects.get(patient=patient, medicine="fluoxetine")
    actions.rule_trial(patient=patient, trial=row, stands="computed", reason="No letter came", by=by, at=LATER)


def an_allergy_list_in_doubt(patient, by):
    allergic_to(patient, by, "an anaesthetic, name not known")


def a_course_half_known(patient, by):
    a_course(patient, by, "ketamine", at=LATER, response="unknown", sessions=None)


@pytest.mark.parametrize(
    "told",
    [
        *(an_allergy_list_in_doubt, no_height, capacity_in_doubt),
        *(a_dose_forgotten, a_ruling_taken_back, a_course_half_known),
    ],
)
def test_h14_what_is_struck_out_or_amended_and_so_unknown_is_found_since(patient, prescriber, director, told):
    """Each kind of record that a criterion reads from, told through its own act."""
    all_but_trials(patient, prescriber)
    for name in ("fluoxetine", "venlafaxine"):
        trial = a_trial(patient, prescriber, name, dose_mg=None if told is a_ruling_taken_back else Decimal(225))
        if told is a_ruling_taken_back:
            actions.rule_trial(patient=patient, trial=trial, stands="counts", reason="Seen", by=prescriber, at=AT)
    row = actions.decide(
        patient=patient, choice=Choice.ACCEPT, reason="Seen", by=prescriber, at=AT + timedelta(minutes=30)
    )
    assert row.in_force
    assert of_the_prescriber(patient) == []
    told(patient, prescriber)
    found = queries.found_since_decided(row, at=LATER, zone=prescriber.zone)
    assert [one.result for one in found if one.result is Result.UNKNOWN]
    assert len(of_the_prescriber(patient)) == 1


def test_h14_vital_signs_and_scores_are_known_to_have_been_told_since(patient, prescriber, nurse):
    """Vital signs are judged at a dose alone; a clinic's own sheet may read them before."""
    row = an_acceptance(patient, prescriber)
    read = {"pulse_per_min", "spo2_percent", "phq_9", "phq_9_item_9"}
    assert not read & told_since(row).kept
    actions.record_vitals(patient=patient, systolic_mmhg=124, diastolic_mmhg=78, by=nurse, at=LATER)
    scored(patient, nurse)
    assert read <= told_since(row).kept


def test_h14_a_weight_measured_again_is_nothing_new(patient, prescriber, nurse):
    row = an_acceptance(patient, prescriber)
    at = LATER + timedelta(days=1)
    people.record_measure(patient=patient, weight_kg=Decimal(81), by=nurse, at=at)
    assert queries.found_since_decided(row, at=at, zone=nurse.zone) == []
    assert of_the_prescriber(patient) == []


def test_h14_a_trial_amended_after_the_acceptance_is_the_prescribers(patient, prescriber, nurse):
    an_acceptance(patient, prescriber)
    told = TrialEntry.objects.filter(patient=patient, medicine="venlafaxine").get()
    helped = {"effect": "response", "dose_mg": Decimal(225), "amends": told, "amend_reason": "It had helped"}
    a_trial(patient, nurse, "venlafaxine", at=LATER, **helped)
    assert "trial" in of_the_prescriber(patient)[0][1].lower()


def test_h14_what_one_act_writes_down_is_judged_once_when_all_of_it_stands(patient, prescriber, nurse, monkeypatch):
    an_acceptance(patient, prescriber)
    judged, judge = [], queries.found_since_decided
    monkeypatch.setattr(queries, "found_since_decided", lambda row, **told: judged.append(row) or judge(row, **told))
    with telling_once():
        scored(patient, nurse)
        with telling_once():
            allergic_to(patient, nurse, "Ketamine")
        assert judged == []
    assert len(judged) == 1
    assert "CI-04" in of_the_prescriber(patient)[0][1]


def test_what_was_undone_is_told_to_nobody(patient, prescriber, nurse):
    an_acceptance(patient, prescriber)

    @telling_once()
    def undone():
        allergic_to(patient, nurse, "Ketamine")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()
    assert of_the_prescriber(patient) == []
    scored(patient, nurse, at=LATER + timedelta(days=1), item_9=3)
    assert len(of_the_prescriber(patient)) == 1, "nothing is kept back any more"
