"""Facts as they are known, unknown that stays unknown, and decisions that say why."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from ketacare.clinic.candidacy import actions, queries
from ketacare.clinic.candidacy.models import Choice, EvaluationState, Source
from ketacare.clinic.candidacy.tests.factories import (
    ANEURYSM,
    a_trial,
    an_acceptance,
    an_answer,
    everything_known,
    no_allergies,
    some_vitals,
)
from ketacare.clinic.duties import queries as duties
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.enrolment.tests.factories import a_referral, an_enrolment
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import AllergyState
from ketacare.clinic.people.tests.factories import AT, a_patient, someone
from ketacare.clinic.protocols.tests.factories import IV, an_adoption
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import AbsenceKind, Visit, VisitChange, VisitKind, VisitState
from ketacare.clinic.scheduling.queries import closed_days
from ketacare.clinic.tenancy.refusals import Conflict, Refused
from ketacare.medicine.evidence.terms import Outcome, Result
from ketacare.medicine.protocols import reader

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(minutes=5)


def allergic(patient, by, to="Esketamine", at=LATER, why=""):
    listed = [{"substance": one, "reaction": "rash"} for one in to.split("; ")]
    told = {"patient": patient, "state": AllergyState.LISTED, "entries": listed, "amend_reason": why}
    people.record_allergies(**told, by=by, at=at)


def told_of_ketamine(patient):
    later = LATER + timedelta(hours=1)
    facts = queries.answer_so_far(patient, at=later, zone="America/New_York").facts
    return [fact.value for fact in facts.all(queries.ALLERGIC)]


def outcome(patient, at=LATER):
    return queries.answer_so_far(patient, at=at, zone="America/New_York").decision.outcome


def test_e7_nothing_known_is_unknown_and_names_what_to_ask(patient):
    decision = queries.answer_so_far(patient, at=AT, zone="America/New_York").decision
    assert decision.outcome is Outcome.UNKNOWN
    assert ANEURYSM in decision.missing
    assert queries.sentence(decision).startswith("Not yet: ")


def test_two_adequate_trials_and_five_noes_permit(patient, nurse):
    everything_known(patient, nurse)
    assert outcome(patient) is Outcome.PERMIT


@pytest.mark.parametrize("answer", ["refused", "unable", "not_asked"])
def test_i14_no_answer_is_never_a_no(patient, nurse, answer):
    everything_known(patient, nurse)
    an_answer(patient, nurse, name="active_psychosis", answer="yes", source=Source.CLINICIAN, at=LATER)
    assert outcome(patient) is Outcome.STOP
    other = a_patient(someone(patient.clinic, "FD"), family="Moss")
    everything_known(other, nurse)
    row = next(row for row in queries.history(other) if row.name == "active_psychosis")
    actions.record_history(
        patient=other, name=row.name, answer=answer, source=Source.CLINICIAN, by=nurse, at=LATER,
        amends=row, amend_reason="ticked the wrong row",
    )  # fmt: skip
    assert outcome(other) is Outcome.UNKNOWN


def test_sources_that_disagree_are_unknown_until_a_prescriber_rules(patient, nurse, prescriber):
    everything_known(patient, nurse)
    an_answer(patient, nurse, answer="yes", source=Source.RECORD, at=LATER)
    assert outcome(patient) is Outcome.UNKNOWN
    with pytest.raises(NotAllowed):
        an_answer(patient, nurse, answer="no", source=Source.CLINICIAN, settles=True, at=LATER)
    later = LATER + timedelta(minutes=1)
    an_answer(patient, prescriber, answer="no", source=Source.CLINICIAN, settles=True, at=later)
    assert outcome(patient, later) is Outcome.PERMIT


def test_an_old_answer_is_unknown_again(patient, nurse):
    everything_known(patient, nurse)
    assert outcome(patient, AT + timedelta(days=120)) is Outcome.UNKNOWN


def test_ci04_a_list_tells_of_ketamine_by_any_of_its_names_and_what_looks_alike_says_both(patient, nurse):
    for to, told in (("Esketamine", [True]), ("Ketalar", [True]), ("ketmine", [True, False]), ("latex", [False])):
        allergic(patient, nurse, to, why="Another person's list")
        assert told_of_ketamine(patient) == told, to


def test_ci04_a_list_of_other_allergies_is_no_answer_for_somebody_who_could_not_say(patient, nurse):
    an_answer(patient, nurse, name=queries.ALLERGIC, answer="unable", at=LATER)
    allergic(patient, nurse, "penicillin", at=LATER)
    assert told_of_ketamine(patient) == []
    with pytest.raises(Refused, match="This takes back: penicillin"):
        no_allergies(patient, nurse, LATER + timedelta(minutes=1))
    people.record_allergies(
        patient=patient, state=AllergyState.NONE_KNOWN, entries=[], amend_reason="Tested, and asked about ketamine",
        by=nurse, at=LATER + timedelta(minutes=1),
    )  # fmt: skip
    assert told_of_ketamine(patient) == [False]


def test_ci04_what_list_and_answer_say_differently_is_unknown_until_a_prescriber_rules(patient, nurse, prescriber):
    everything_known(patient, nurse)
    allergic(patient, nurse, "ketmine")
    assert outcome(patient) is Outcome.UNKNOWN
    later = LATER + timedelta(minutes=1)
    an_answer(patient, prescriber, name=queries.ALLERGIC, answer="yes", settles=True, at=later)
    assert outcome(patient, later) is Outcome.STOP
    later += timedelta(minutes=1)
    an_answer(patient, prescriber, name=queries.ALLERGIC, answer="no", settles=True, at=later)
    assert outcome(patient, later) is Outcome.PERMIT


def test_an_unknown_dose_never_counts(patient, nurse):
    everything_known(patient, nurse)
    other = a_patient(someone(patient.clinic, "FD"), family="Moss")
    a_trial(other, nurse)
    a_trial(other, nurse, medicine="duloxetine", dose_mg=None)
    count = queries.answer_so_far(other, at=LATER, zone="America/New_York").trials
    assert (count.certain, count.possible) == (1, 2)


def test_free_text_is_not_checked(patient, nurse):
    a_trial(patient, nurse, medicine="the blue one")
    ((_, judged),) = queries.judged_trials(patient)
    assert judged.medicine is None
    assert judged.standing == "cannot tell"


@pytest.mark.parametrize("role", ["FD", "TH", "AU", "MD", "PT", "RC"])
def test_who_may_not_write_facts(clinic, patient, role):
    with pytest.raises(NotAllowed):
        an_answer(patient, someone(clinic, role))


def test_i1_amending_needs_a_reason_and_happens_once(patient, nurse):
    row = some_vitals(patient, nurse)
    again = {"patient": patient, "systolic_mmhg": 118, "diastolic_mmhg": 78, "by": nurse, "at": LATER, "amends": row}
    with pytest.raises(Refused, match="reason is empty"):
        actions.record_vitals(**again)
    new = actions.record_vitals(**again, amend_reason="misread")
    assert queries.latest_vitals(patient) == new
    with pytest.raises(Refused, match="amended this already"):
        actions.record_vitals(**again, amend_reason="again")


def test_i4_who_saves_second_sees_both_texts(patient, prescriber):
    row = actions.begin_evaluation(patient=patient, by=prescriber, at=AT)
    actions.write_impression(evaluation=row, text="Mine", version=1, by=prescriber, at=AT)
    stale = queries.open_evaluation(patient)
    with pytest.raises(Conflict) as conflict:
        actions.write_impression(evaluation=stale, text="Theirs", version=1, by=prescriber, at=AT)
    assert (conflict.value.theirs, conflict.value.yours) == ("Mine", "Theirs")


# -- deciding -----------------------------------------------------------------------------------------------------


def test_accepting_keeps_the_answer_and_moves_the_work_on(clinic, patient, prescriber):
    referral = a_referral(someone(clinic, "FD"), is_known=patient)
    row = an_acceptance(patient, prescriber)
    assert (row.outcome, row.overrides) == ("permit", [])
    assert row.answer["outcome"] == "permit"
    assert not duties.open_for(patient, "evaluation").exists()
    assert duties.open_for(patient, "enrol").get().owner_role == "RX"
    assert enrolled.waiting(referral, AT + timedelta(hours=1)).step == "accepted"
    assert row.evaluation.__class__.objects.get().state == EvaluationState.DECIDED


def test_h14_unknown_is_not_accepted_without_a_reason_and_a_name(patient, prescriber):
    everything_known(patient, prescriber)
    other = a_patient(someone(patient.clinic, "FD"), family="Moss")
    with pytest.raises(Refused) as refused:
        actions.decide(patient=other, choice=Choice.ACCEPT, reason="it is fine", by=prescriber, at=LATER)
    assert any("nobody may override" in item.rule for item in refused.value.refusals)


def test_going_against_a_criterion_names_it_and_is_listed(patient, prescriber):
    everything_known(patient, prescriber, diagnosis="psychotic depression", inpatient="yes")
    an_answer(patient, prescriber, name="active_psychosis", answer="yes", at=LATER)
    later = LATER + timedelta(minutes=1)
    with pytest.raises(Refused, match="reason is empty"):
        actions.decide(patient=patient, choice=Choice.ACCEPT, reason="", by=prescriber, at=later)
    why = {"CI-30": "Psychotic depression; medicines failed"}
    row = actions.decide(patient=patient, choice=Choice.ACCEPT, reason="", against=why, by=prescriber, at=later)
    assert row.overrides == ["CI-30"]
    assert row.against[0] == {"criterion": "CI-30", "title": "Active psychosis", "override": "P+MD"} | {
        "reason": "Psychotic depression; medicines failed",
        "until": "2026-10-12",
    }
    assert row.reason == "CI-30: Psychotic depression; medicines failed"


def test_a_criterion_nobody_may_override_stays(patient, prescriber):
    everything_known(patient, prescriber)
    allergic(patient, prescriber)
    with pytest.raises(Refused, match="nobody may override"):
        actions.decide(patient=patient, choice=Choice.ACCEPT, reason="mild", by=prescriber, at=LATER)


@pytest.mark.parametrize("choice", [Choice.NO, Choice.NOT_NOW, Choice.CLEARANCE])
def test_every_other_decision_says_why(patient, prescriber, choice):
    with pytest.raises(Refused, match="reason is empty"):
        actions.decide(patient=patient, choice=choice, reason=" ", by=prescriber, at=AT)


@pytest.mark.parametrize("role", ["RN", "FD", "TH", "AU"])
def test_only_prescriber_and_director_decide(clinic, patient, role):
    with pytest.raises(NotAllowed):
        actions.decide(patient=patient, choice=Choice.NO, reason="x", by=someone(clinic, role), at=AT)


# -- the programme ------------------------------------------------------------------------------------------------


def proposal(**details):
    given = {
        "protocol": reader.protocol(IV),
        "first_on": AT.date() + timedelta(days=1),
        "starts": time(9, 0),
        "chair": None,
    }
    return actions.propose(**(given | details))


def test_enrolment_plan_and_visits_come_together(clinic, patient, prescriber):
    an_adoption(clinic)
    an_acceptance(patient, prescriber)
    plan = actions.begin_programme(patient=patient, proposal=proposal(), by=prescriber, at=AT + timedelta(hours=1))
    visits = list(Visit.objects.filter(patient=patient).order_by("starts_at"))
    assert [visit.number_in_course for visit in visits] == [1, 2, 3, 4, 5, 6]
    assert visits[0].starts_at.isoformat() == "2026-07-15T13:00:00+00:00", "09:00 in the clinic's zone"
    assert plan.dose_mg_per_kg == Decimal("0.5")
    assert not duties.open_for(patient, "enrol").exists()


def test_nobody_is_enrolled_before_acceptance(clinic, patient, prescriber):
    an_adoption(clinic)
    with pytest.raises(Refused, match="No acceptance of them is in force"):
        actions.begin_programme(patient=patient, proposal=proposal(), by=prescriber, at=AT)
    assert enrolled.current_enrolment(patient) is None


def test_no_day_is_proposed_on_which_the_site_is_closed(clinic, director):
    first, friday = date(2026, 12, 14), date(2026, 12, 25)
    assert friday in proposal(first_on=date(2026, 12, 11)).days
    zone = ZoneInfo(clinic.zone)
    closed = {
        "starts_at": datetime.combine(friday, time(), zone),
        "ends_at": datetime.combine(friday + timedelta(days=1), time(), zone),
    }
    scheduling.add_absence(kind=AbsenceKind.HOLIDAY, **closed, by=director, at=AT)
    days = closed_days(clinic.pk, first, 3)
    assert days == {friday}
    moved = proposal(first_on=date(2026, 12, 11), closed_on=days).days
    assert friday not in moved
    assert len(moved) == 6
    weeks = frozenset(friday + timedelta(days=day) for day in range(-10, 11))
    assert friday in proposal(first_on=date(2026, 12, 11), closed_on=weeks).days, "so long that somebody says why"


def test_a_course_keeps_its_distance_and_its_weekdays():
    days = proposal(first_on=date(2026, 7, 16)).days
    assert all((later - earlier).days >= 2 for earlier, later in pairwise(days))
    assert all(day.weekday() < 5 for day in days)


def a_dose(patient, days, state=VisitState.CLOSED):
    starts_at = AT + timedelta(days=days)
    return Visit.objects.create(
        organisation_id=patient.organisation_id, clinic_id=patient.clinic_id, created_at=AT, patient=patient,
        kind=VisitKind.DOSE, state=state, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2),
    )  # fmt: skip


def entry(patient, days):
    facts = queries.case_now(patient, at=AT + timedelta(days=days), zone="America/New_York").facts
    return [fact.value for fact in facts.all("first_of_series")]


def test_a_series_is_entered_once_its_first_dose_was_given_on_an_earlier_day(clinic, patient, prescriber):
    an_answer(patient, prescriber, name="first_of_series", answer="yes")
    a_dose(patient, 1)
    assert entry(patient, 3) == [True]  # no course runs
    an_enrolment(patient, clinic, prescriber)
    a_dose(patient, 2, VisitState.CANCELLED)
    assert [entry(patient, days) for days in (1, 2)] == [[True], [False]]
    an_answer(patient, prescriber, name="first_of_series", answer="yes", at=AT + timedelta(days=40))
    assert entry(patient, 41) == [True]
    a_dose(patient, 42, VisitState.DISCHARGED)
    assert entry(patient, 43) == [False]


def test_whether_doses_lie_closer_than_a_week_is_told_by_the_visits(patient):
    def told(days):
        facts = queries.case_now(patient, at=AT + timedelta(days=days), zone="America/New_York").facts
        return [fact.value for fact in facts.all("more_than_one_dose_a_week")]

    a_dose(patient, 0)
    assert told(1) == [], "one dose has no pace"
    a_dose(patient, 7)
    assert told(8) == [False]
    a_dose(patient, 10, VisitState.CANCELLED)
    assert told(8) == [False]
    a_dose(patient, 13, VisitState.BOOKED)
    assert told(8) == [True]
    assert told(40) == [], "what was long ago says nothing of now"


# -- the rules of the site over the days of a plan ---------------------------------------------------------------------


@pytest.mark.parametrize(("starts", "words"), [(time(3, 0), "closed"), (time(16, 0), "closed for some of it")])
def test_a_plan_books_no_dose_against_the_hours_of_the_site(clinic, patient, prescriber, starts, words):
    an_adoption(clinic)
    an_acceptance(patient, prescriber)
    common = {"patient": patient, "proposal": proposal(starts=starts), "by": prescriber, "at": AT}
    with pytest.raises(Refused, match=words) as refused:
        actions.begin_programme(**common)
    assert {one.field for one in refused.value.refusals} == {"starts"}
    assert not Visit.objects.filter(patient=patient).exists()
    actions.begin_programme(**common, override="Only hour of the escort")
    lifted = VisitChange.objects.filter(patient=patient, what="overridden")
    assert lifted.count() == 6
    assert all("Only hour of the escort" in row.words for row in lifted)


def test_a_plan_books_no_chair_that_is_out_of_order_and_no_day_on_which_the_clinic_is_closed(
    clinic, patient, prescriber
):
    an_adoption(clinic)
    an_acceptance(patient, prescriber)
    desk = someone(clinic, "FD")
    chair = scheduling.add_chair(name="Chair 1", by=desk, at=AT)
    outage = scheduling.put_out_of_order(chair=chair, starts_at=AT, ends_at=None, words="Broken", by=desk, at=AT)
    common = {"patient": patient, "by": prescriber, "at": AT}
    with pytest.raises(Refused, match="out of order") as refused:
        actions.begin_programme(**common, proposal=proposal(chair=chair), override="Now")
    assert {one.field for one in refused.value.refusals} == {"chair"}
    scheduling.end_outage(outage=outage, by=desk, at=AT)
    closed = {"kind": AbsenceKind.HOLIDAY, "starts_at": AT, "ends_at": AT + timedelta(days=2), "by": desk, "at": AT}
    scheduling.add_absence(**closed)
    with pytest.raises(Refused, match="closed"):
        actions.begin_programme(**common, proposal=proposal(chair=chair))
    assert not Visit.objects.filter(patient=patient).exists()


def test_h15_no_allergy_is_dropped_from_a_list_without_a_word(patient, nurse):
    """A list typed over another that leaves one out is asked why, and what is added to it is not."""
    allergic(patient, nurse, "Ketamine; penicillin")
    later = LATER + timedelta(minutes=1)
    with pytest.raises(Refused, match="This takes back: Ketamine") as refused:
        allergic(patient, nurse, "penicillin", at=later)
    assert refused.value.refusals[0].remedy == "Say why, or list it again."
    allergic(patient, nurse, "penicillin; ketamine; latex", at=later)
    allergic(patient, nurse, "penicillin", at=later + timedelta(minutes=1), why="Tested, neither")


@pytest.mark.parametrize(("sex", "later"), [("male", Result.NOT_MET), ("female", Result.UNKNOWN)])
def test_a_man_who_said_that_he_cannot_be_pregnant_is_not_asked_it_again(clinic, prescriber, sex, later):
    """What he says once lasts; a sex on record alone answers nothing."""
    person = a_patient(someone(clinic, "FD"), sex=sex)

    def now(criterion, days):
        answered = queries.answer_so_far(person, at=AT + timedelta(days=days), zone="America/New_York")
        return next(reason for reason in answered.decision.reasons if reason.criterion == criterion).result

    assert now("CI-50", 0) is Result.UNKNOWN
    for name in ("childbearing_potential", "breast_feeding"):
        an_answer(person, prescriber, name=name, answer="no")
    assert [now(criterion, 1) for criterion in ("CI-50", "CI-52")] == [Result.NOT_MET, Result.NOT_MET]
    assert [now(criterion, 120) for criterion in ("CI-50", "CI-52")] == [later, later]
    an_answer(person, prescriber, name="childbearing_potential", answer="yes", at=AT + timedelta(days=121))
    assert now("CI-50", 122) is Result.UNKNOWN
