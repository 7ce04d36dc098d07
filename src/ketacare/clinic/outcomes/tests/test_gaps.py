"""What was asked and has no score stands as a gap, once, and only where there is none."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ketacare.clinic.duties.access import system
from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.outcomes import actions, queries
from ketacare.clinic.outcomes.tests.factories import the_asks
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import Patient, Role

pytestmark = pytest.mark.django_db


def totals(patient: Patient, name: str) -> list[int | None]:
    points = queries.answered(patient, name).points(name)
    return [None if point.total is None else int(point.total) for point in points]


def test_what_staff_did_not_rate_is_a_gap_until_it_was_rated() -> None:
    here: Place = place()
    patient = here.patient()
    ask, nurse = the_asks(here, patient)["next_day"], here.staff(Role.RN)
    assert totals(patient, "madrs-24h") == [], "it can still be rated"
    actions.review(ask=ask, found={"madrs-24h": "Asleep"}, by=nurse, at=ask.opens_at)
    assert totals(patient, "madrs-24h") == [None]
    actions.record_answers(
        patient=patient, instrument="madrs-24h", answers={"total": 12}, source="rater", happened_at=ask.due_at,
        by=nurse, at=ask.due_at,
    )  # fmt: skip
    assert totals(patient, "madrs-24h") == [12]


def test_what_was_rated_late_by_whoever_closed_it_is_a_score_and_no_gap() -> None:
    here: Place = place()
    patient = here.patient()
    asks, nurse = the_asks(here, patient), here.staff(Role.RN)
    ask = asks["next_day"]
    late = ask.closes_at + timedelta(hours=13)
    others = [one.opens_at for one in asks.values() if "madrs-24h" in one.staff_instruments and one.pk != ask.pk]
    assert all(opens > late or opens < ask.opens_at for opens in others), "no other ask of this scale is open by then"
    actions.record_answers(
        patient=patient, instrument="madrs-24h", answers={"total": 12}, source="rater", happened_at=late, by=nurse,
        at=late + timedelta(hours=2),
    )  # fmt: skip
    assert totals(patient, "madrs-24h") == [12]


def test_what_was_answered_and_never_sent_is_there_once() -> None:
    here: Place = place()
    patient = here.patient()
    ask = the_asks(here, patient)["next_day"]
    actions.keep_answers(
        patient=patient, instrument="mood-vas", answers={"1": 40}, source="patient", happened_at=ask.opens_at,
        by=here.staff(Role.RN), at=ask.opens_at, ask=ask,
    )  # fmt: skip
    actions.miss(ask, by=system(here.clinic), at=ask.closes_at)
    points = queries.answered(patient, "mood-vas", "anxiety-vas").points("mood-vas")
    assert len(points) == 1
    assert totals(patient, "anxiety-vas") == [None]


def test_an_answer_to_a_dose_that_comes_after_its_window_leaves_it_missing_and_stands_as_late() -> None:
    here: Place = place()
    patient = here.patient()
    ask = the_asks(here, patient)["same_evening"]
    late = ask.closes_at + timedelta(days=9)
    actions.miss(ask, by=system(here.clinic), at=ask.closes_at)
    actions.record_answers(
        patient=patient, instrument="mood-vas", answers={"1": 92}, source="patient", happened_at=late,
        by=here.staff(Role.RN), at=late, ask=ask,
    )  # fmt: skip
    gap, scored = queries.answered(patient, "mood-vas").points("mood-vas")
    assert (gap.at, gap.total) == (ask.due_at, None)
    assert (scored.total, scored.late_of, scored.counts) == (92, ask.dose_at, False)


def test_a_form_of_weeks_given_again_within_days_of_a_dose_is_a_measure_of_its_own() -> None:
    here: Place = place()
    patient, nurse = here.patient(), here.staff(Role.RN)
    dose = AT + timedelta(days=2)
    for hours, total in ((-24, 21), (23, 8), (24 * 14, 9)):
        when = dose + timedelta(hours=hours)
        actions.record_answers(
            patient=patient, instrument="phq-9", answers={"total": total, "9": 0}, source="clinician",
            happened_at=when, by=nurse, at=when,
        )  # fmt: skip
    course = queries.answered(patient, "phq-9").trajectory("phq-9", [dose])
    assert [one.point.too_soon for one in course.points] == [False, True, False]
    assert course.response_at == dose + timedelta(days=14)


def test_whoever_may_only_enter_scores_does_not_say_that_a_rating_was_not_needed() -> None:
    here: Place = place()
    ask = the_asks(here, here.patient())["next_day"]
    with pytest.raises(NotAllowed):
        actions.review(ask=ask, found={"madrs-24h": "Not needed"}, by=here.staff(Role.FD), at=ask.opens_at)
