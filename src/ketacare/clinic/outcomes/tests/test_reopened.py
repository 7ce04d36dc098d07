"""What was left out or stopped, and is asked again: a next dose there and back, a death recorded by mistake."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.outcomes import actions, tasks
from ketacare.clinic.outcomes.above import above
from ketacare.clinic.outcomes.models import Ask
from ketacare.clinic.outcomes.tests.factories import a_visit, the_asks
from ketacare.clinic.outcomes.tests.test_course import DAY, enrolled, follow
from ketacare.clinic.outcomes.tests.test_next_dose import moved
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.safety.models import Concern

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
PHQ9 = {str(item): 1 for item in range(1, 10)}


@pytest.fixture
def here() -> Place:
    return place()


def dosed(here: Place) -> tuple[Patient, Ask]:
    patient = here.patient()
    enrolled(here, patient, treats="depression")
    week = the_asks(here, patient)["week"]
    moved(week.visit, state="closed")
    return patient, week


def test_a_next_dose_moved_nearer_and_away_again_leaves_the_week_as_it_was(here: Place) -> None:
    patient, week = dosed(here)
    assert "phq-9" in week.instruments
    as_made = (set(week.instruments), week.opens_at, week.closes_at)
    following = a_visit(here, patient, AT + 7.5 * DAY)
    near = follow(here, AT + DAY)["week"]
    assert "phq-9" not in near.instruments, "there is no time for it"
    moved(following, starts_at=AT + 21 * DAY, ends_at=AT + 21 * DAY + 2 * HOUR)
    away = follow(here, AT + DAY + HOUR)["week"]
    assert (set(away.instruments), away.opens_at, away.closes_at) == as_made
    assert away.instruments[-1] == "safety-items"
    assert follow(here, AT + DAY + 2 * HOUR)["week"].version == away.version, "and moves no more"


def test_what_was_answered_meanwhile_rests(here: Place) -> None:
    patient, _ = dosed(here)
    following = a_visit(here, patient, AT + 7.5 * DAY)
    follow(here, AT + DAY)
    actions.record_answers(
        patient=patient, instrument="phq-9", answers=PHQ9, source="patient", happened_at=AT + 5 * DAY,
        by=here.the_patient(patient), at=AT + 5 * DAY,
    )  # fmt: skip
    moved(following, starts_at=AT + 21 * DAY, ends_at=AT + 21 * DAY + 2 * HOUR)
    assert "phq-9" not in follow(here, AT + 5 * DAY + HOUR)["week"].instruments


def test_what_the_check_of_the_day_asked_is_asked_before_a_dose_that_is_moved_away_from_it(here: Place) -> None:
    patient = here.patient()
    enrolled(here, patient, sheet_id="p-si-2", treats="depression")
    first, second = a_visit(here, patient, AT), a_visit(here, patient, AT + DAY)
    moved(first, state="discharged")
    actions.schedule_asks(visit=first, dose_at=AT, by=here.staff(Role.RN), at=AT + 3 * HOUR)
    twice = {"mood-vas", "side-effects"}
    assert not twice & set(follow(here, AT + 3 * HOUR)["before_dose"].instruments)
    moved(second, starts_at=AT + 10 * DAY, ends_at=AT + 10 * DAY + 2 * HOUR)
    later = follow(here, AT + 4 * HOUR)["before_dose"]
    assert twice <= set(later.instruments)
    assert later.instruments[-1] == "safety-items"
    assert follow(here, AT + 5 * HOUR)["before_dose"].version == later.version, "and moves no more"


def test_h13_a_death_set_aside_wakes_what_it_stopped_and_somebody_calls(here: Place, monkeypatch) -> None:
    asks = the_asks(here)
    evening, day = asks["same_evening"], asks["next_day"]
    dead = {evening.patient_id}
    monkeypatch.setattr(above, "has_died", lambda patient: patient.pk in dead)
    for ask in (evening, day):
        tasks.close_missed(ask.closes_at)
    assert {ask.state for ask in follow(here, day.closes_at).values() if ask.key in ("same_evening", "next_day")} == {
        "stopped"
    }
    dead.clear()
    again = follow(here, day.closes_at + HOUR)
    assert (again["next_day"].state, again["next_day"].duty.state) == ("waiting", "open")
    assert again["same_evening"].state == "stopped", "one call is enough"
    for hours in (2, 3):
        tasks.close_missed(day.closes_at + hours * HOUR)
        again = follow(here, day.closes_at + hours * HOUR)
    assert (again["next_day"].state, again["next_day"].duty.state) == ("missed", "open")
    assert again["same_evening"].state == "stopped"
    assert Concern.objects.filter(patient=day.patient).exists(), "nobody knows how they are"
