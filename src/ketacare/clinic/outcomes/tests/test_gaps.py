"""What was asked and has no score stands as a gap, once, and only where there is none."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ketacare.clinic.duties.access import system
from ketacare.clinic.duties.tests.factories import Place, place
from ketacare.clinic.outcomes import actions, queries
from ketacare.clinic.outcomes.tests.factories import the_asks
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
