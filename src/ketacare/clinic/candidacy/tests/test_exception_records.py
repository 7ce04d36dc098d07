"""Paths by exception as they are opened, reviewed and taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ketacare.clinic.candidacy import actions, queries
from ketacare.clinic.candidacy.models import ExceptionOpening
from ketacare.clinic.candidacy.tests.factories import (
    a_safety_plan,
    a_screener,
    a_trial,
    all_but_trials,
    an_answer,
    everything_known,
    some_medicines,
)
from ketacare.clinic.duties import queries as duties
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.tests.factories import AT, browser, someone
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.evidence.terms import Outcome, Result

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(minutes=5)
ZONE = "America/New_York"
CONDITIONS = (
    "crisis_judged_emergency",
    "psychiatric_cover_24_h",
    "antidepressant_started",
    "means_counselled",
    "crisis_calls_planned",
)


def reasons(patient, at=LATER):
    decision = queries.answer_so_far(patient, at=at, zone=ZONE).decision
    return {reason.criterion: reason for reason in decision.reasons}


def a_crisis(patient, nurse, prescriber, but=()):
    everything_known(patient, nurse, diagnosis="depression", inpatient="no")
    some_medicines(patient, nurse, "sertraline", at=AT + timedelta(minutes=1))
    a_screener(patient, nurse, "2", "4")
    a_safety_plan(patient, nurse)
    for name in CONDITIONS:
        if name not in but:
            an_answer(patient, prescriber, name=name, answer="yes", source="clinician", at=LATER)


def opened(patient, prescriber, path="EXC-01", reason="Means it; brother sits with her", at=LATER):
    return actions.open_exception(patient=patient, path=path, reason=reason, by=prescriber, at=at)


def test_rul_06_a_crisis_waits_for_the_director_and_is_a_warning_once_agreed(patient, nurse, prescriber, director):
    a_crisis(patient, nurse, prescriber)
    opening = opened(patient, prescriber)
    told = reasons(patient)
    assert told["CI-40"].result is Result.MET
    assert told["CI-40"].words.endswith("prescriber and medical director have not both signed")
    (duty,) = duties.open_for(patient, queries.REVIEW)
    assert (duty.owner_role, duty.link) == ("MD", f"/patients/{patient.pk}/exceptions/{opening.pk}/")
    actions.review_exception(opening, agrees=True, words="Seen her on the ward", by=director, at=LATER)
    told = reasons(patient)
    assert "CI-40" not in told
    assert told["EXC-01"].cleared
    assert not duties.open_for(patient, queries.REVIEW)
    decision = queries.answer_so_far(patient, at=LATER, zone=ZONE).decision
    assert (decision.outcome, decision.permits) == (Outcome.WARN, True)
    assert queries.sentence(decision).startswith("Only by exception: suicidal crisis without two failed trials")
    (need,) = duties.open_for(patient, "exception.need")
    assert need.due_at == LATER + timedelta(weeks=4) - timedelta(days=7), "a week before its signatures end"
    assert need.late_at == LATER + timedelta(weeks=4)


def test_rul_06_an_opening_ends_after_its_weeks_and_a_new_crisis_is_opened_anew(patient, nurse, prescriber, director):
    a_crisis(patient, nurse, prescriber)
    opening = opened(patient, prescriber)
    actions.review_exception(opening, agrees=True, words="Seen her on the ward", by=director, at=LATER)
    (path,) = [one for one in shown(patient, LATER + timedelta(days=28)) if one.path.id == "EXC-01"]
    assert (path.may_open, path.ended) == (False, False)
    (path,) = [one for one in shown(patient, LATER + timedelta(days=29)) if one.path.id == "EXC-01"]
    assert (path.may_open, path.state) == (True, ("Ended", "late"))


def test_rul_06_a_second_crisis_within_the_weeks_is_opened_and_signed_anew(patient, nurse, prescriber, director):
    a_crisis(patient, nurse, prescriber)
    opening = opened(patient, prescriber)
    actions.review_exception(opening, agrees=True, words="Seen her on the ward", by=director, at=LATER)
    calmer, again = AT + timedelta(days=6), AT + timedelta(days=12)
    a_screener(patient, nurse, at=calmer)
    a_screener(patient, nurse, "2", "4", at=again)
    told = reasons(patient, at=again)["CI-40"]
    assert told.result is Result.MET
    assert "in an earlier crisis; the risk is high anew" in told.words
    (path,) = [one for one in shown(patient, again) if one.path.id == "EXC-01"]
    assert (path.may_open, path.state) == (True, ("Ended", "late"))
    opened(patient, prescriber, at=again)


def shown(patient, at):
    return queries.paths_of(queries.answer_so_far(patient, at=at, zone=ZONE), patient)


def test_rul_06_a_condition_that_lacks_is_named_and_the_path_stays_shut(patient, nurse, prescriber):
    a_crisis(patient, nurse, prescriber, but=("means_counselled",))
    an_answer(patient, prescriber, name="means_counselled", answer="no", source="clinician", at=LATER)
    with pytest.raises(Refused, match="Access to means talked about: not recorded as met"):
        opened(patient, prescriber)
    assert "means talked about: not so" in reasons(patient)["CI-40"].words
    assert not ExceptionOpening.objects.exists()


def test_a_director_who_does_not_agree_leaves_the_stop(patient, nurse, prescriber, director):
    a_crisis(patient, nurse, prescriber)
    opening = opened(patient, prescriber)
    actions.review_exception(opening, agrees=False, words="Ms Rivera must be admitted first", by=director, at=LATER)
    assert reasons(patient)["CI-40"].result is Result.MET
    (duty,) = duties.open_for(patient, queries.NOT_AGREED)
    assert (duty.owner_role, duty.link) == ("RX", queries.path_page(opening))
    again = opened(patient, prescriber, reason="Admitted now", at=LATER + timedelta(hours=1))
    assert again.pk != opening.pk
    assert not duties.open_for(patient, queries.NOT_AGREED)


def test_nobody_reviews_their_own_act_and_nobody_reviews_twice(clinic, patient, nurse, prescriber, director):
    a_crisis(patient, nurse, prescriber)
    opening = opened(patient, director)
    with pytest.raises(Refused, match="not for whoever opened it"):
        actions.review_exception(opening, agrees=True, words="x", by=director, at=LATER)
    other = someone(clinic, "MD")
    with pytest.raises(Refused) as refused:
        actions.review_exception(opening, agrees=None, words=" ", by=other, at=LATER)
    assert {refusal.field for refusal in refused.value.refusals} == {"agrees", "words"}
    actions.review_exception(opening, agrees=True, words="Read", by=other, at=LATER)
    with pytest.raises(Refused, match="reviewed or taken back"):
        actions.review_exception(opening, agrees=False, words="Read", by=other, at=LATER)


def test_p1_the_prescriber_opens_the_director_reviews_others_may_not(patient, nurse, prescriber, clinic):
    a_crisis(patient, nurse, prescriber)
    with pytest.raises(NotAllowed):
        opened(patient, nurse)
    opening = opened(patient, prescriber)
    with pytest.raises(NotAllowed):
        actions.review_exception(opening, agrees=True, words="x", by=nurse, at=LATER)
    with pytest.raises(Refused, match="waits for the medical director"):
        actions.review_exception(opening, agrees=True, words="x", by=someone(clinic, "RX"), at=LATER)
    with pytest.raises(NotAllowed):
        actions.take_back_exception(opening, words="x", by=nurse, at=LATER)


def test_what_a_director_opened_waits_for_a_prescriber(clinic, patient, nurse, prescriber, director):
    """A clinic with one director is no dead end in a crisis."""
    a_crisis(patient, nurse, prescriber)
    opening = opened(patient, director)
    (duty,) = duties.open_for(patient, queries.REVIEW)
    assert duty.owner_role == "RX"
    page = browser(prescriber).get(f"/patients/{patient.pk}/exceptions/{opening.pk}/").content.decode()
    assert "Sign the finding" in page
    assert (
        "Waits for the prescriber"
        in browser(director).get(f"/patients/{patient.pk}/exceptions/{opening.pk}/").content.decode()
    )
    actions.review_exception(opening, agrees=True, words="Seen together", by=prescriber, at=LATER)
    assert reasons(patient)["EXC-01"].cleared


def test_rul_06_nobody_agrees_to_a_path_whose_condition_is_not_so_any_more(patient, nurse, prescriber, director):
    a_crisis(patient, nurse, prescriber)
    opening = opened(patient, prescriber)
    then = LATER + timedelta(minutes=5)
    an_answer(patient, prescriber, name="means_counselled", answer="no", source="clinician", at=then)
    with pytest.raises(Refused, match="means talked about: not so now"):
        actions.review_exception(opening, agrees=True, words="Read", by=director, at=then)
    actions.review_exception(opening, agrees=False, words="Not while the means are at hand", by=director, at=then)


def test_a_path_taken_back_stands_for_nothing(patient, nurse, prescriber, director):
    a_crisis(patient, nurse, prescriber)
    opening = opened(patient, prescriber)
    with pytest.raises(Refused, match="open already"):
        opened(patient, prescriber)
    actions.review_exception(opening, agrees=True, words="Seen", by=director, at=LATER)
    with pytest.raises(Refused, match="Why it is taken back"):
        actions.take_back_exception(opening, words=" ", by=prescriber, at=LATER)
    later = LATER + timedelta(minutes=1)
    actions.take_back_exception(opening, words="Admitted elsewhere", by=prescriber, at=later)
    assert reasons(patient, later)["CI-40"].result is Result.MET
    assert not duties.open_for(patient, "exception.need")
    with pytest.raises(Refused, match="ended already"):
        actions.take_back_exception(opening, words="x", by=prescriber, at=later)


def test_rul_05_what_the_prescriber_signs_alone_counts_at_once_and_is_read_by_the_director(
    patient, nurse, prescriber, director
):
    everything_known(patient, nurse, ect_or_tms_failed="yes")
    for trial in list(queries.trial_entries(patient)):
        actions.record_trial(
            patient=patient, medicine=trial.medicine, dose_mg=trial.dose_mg, days=20, adherence="good", effect="none",
            in_current_episode=True, amends=trial, amend_reason="shorter than told", by=nurse, at=LATER,
        )  # fmt: skip
    assert (reasons(patient)["EXC-05"].cleared, reasons(patient)["EXC-05"].override) == (False, "P")
    opening = opened(patient, prescriber, path="EXC-05", reason="Twelve bilateral sessions, no change")
    assert reasons(patient)["EXC-05"].cleared
    actions.review_exception(opening, agrees=False, words="Six only", by=director, at=LATER)
    assert not reasons(patient)["EXC-05"].cleared


def test_a_path_that_does_not_apply_cannot_be_opened(patient, nurse, prescriber):
    everything_known(patient, nurse)
    for path in ("EXC-01", "EXC-04", "EXC-99"):
        with pytest.raises(Refused, match="does not apply here"):
            opened(patient, prescriber, path=path)
    a_trial(patient, nurse)


def test_exc_02_asks_which_illness_it_is_where_it_is_opened(patient, nurse, prescriber):
    all_but_trials(patient, nurse, diagnosis="depression", ect_not_possible="yes", inpatient="yes")
    a_trial(patient, nurse)
    (path,) = [one for one in shown(patient, LATER) if one.path.id == "EXC-02"]
    illness = path.conditions[0]
    assert (illness.is_met, illness.asks, path.is_ready) == (False, ("catatonia",), False)
    an_answer(patient, prescriber, name="catatonia", answer="yes", source="clinician", at=LATER)
    (path,) = [one for one in shown(patient, LATER + timedelta(minutes=1)) if one.path.id == "EXC-02"]
    assert path.is_ready
