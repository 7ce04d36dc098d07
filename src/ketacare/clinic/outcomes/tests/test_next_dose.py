"""What the next dose does to what is asked of the last: a day later, cancelled, missed, moved away, or never."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ketacare.clinic.duties.access import system
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.enrolment.models import Enrolment
from ketacare.clinic.outcomes import actions, tasks
from ketacare.clinic.outcomes.models import Ask, MessageOut
from ketacare.clinic.outcomes.tests.factories import a_visit, the_asks
from ketacare.clinic.outcomes.tests.test_course import DAY, enrolled, follow, given
from ketacare.clinic.people.models import Role
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.scheduling.models import Visit

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def here() -> Place:
    return place()


def moved(visit: Visit, **details: object) -> None:
    Visit.objects.filter(pk=visit.pk).update(**details)


# -- a day later -------------------------------------------------------------------------------------------------------


def test_nobody_is_asked_or_written_to_in_the_chair_about_the_dose_of_tomorrow(here: Place) -> None:
    patient = here.patient()
    enrolled(here, patient, sheet_id="p-si-2", treats="depression")
    first, second = a_visit(here, patient, AT), a_visit(here, patient, AT + DAY)
    for hours in (-1, 0, 1, 2):
        state = "booked" if hours < 0 else "running"
        moved(first, state=state)
        follow(here, AT + hours * HOUR)
        assert not second.asks.exists()
    moved(first, state="discharged")
    actions.schedule_asks(visit=first, dose_at=AT, by=here.staff(Role.RN), at=AT + 3 * HOUR)
    asks = follow(here, AT + 3 * HOUR)
    assert {key: (ask.opens_at - AT) / HOUR for key, ask in asks.items()} == {
        "same_evening": 4,
        "next_day": 20,
        "before_dose": 8,
    }
    assert {asks[key].closes_at for key in ("next_day", "before_dose")} == {AT + DAY}
    assert not {"mood-vas", "side-effects"} & set(asks["before_dose"].instruments)
    assert follow(here, AT + 4 * HOUR)["before_dose"].version == asks["before_dose"].version, "and moves no more"


def test_h13_high_risk_and_silent_between_two_doses_a_day_apart_is_somebodys_that_evening(here: Place) -> None:
    patient = here.patient()
    enrolled(here, patient, sheet_id="p-si-2", treats="depression")
    a_visit(here, patient, AT + DAY)
    safety.raise_flag(patient=patient, words="Intent and a plan", by=here.staff(Role.RX), at=AT)
    evening = the_asks(here, patient)["same_evening"]
    tasks.close_missed(evening.closes_at)
    here.enter()
    assert Concern.objects.filter(patient=patient, reason_code="silent.high_risk").exists()


def test_a_message_of_a_check_in_waits_until_the_session_is_over(here: Place) -> None:
    patient = here.patient()
    first = a_visit(here, patient, AT)
    second = the_asks(here, patient, AT + DAY)["same_evening"].visit
    moved(first, state="running", starts_at=AT + DAY + 3 * HOUR, ends_at=AT + DAY + 6 * HOUR)
    at = AT + DAY + 4 * HOUR
    sent = MessageOut.objects.filter(ask__visit=second, ask__key="same_evening", code="first")
    for state, after in (("running", "waiting"), ("recovery", "waiting"), ("discharged", "caught")):
        moved(first, state=state)
        tasks.deliver_due(at, caught=True)
        here.enter()
        assert sent.get().state == after


def test_two_checks_that_one_dose_ended_are_one_silence(here: Place) -> None:
    patient = here.patient()
    a_visit(here, patient, AT + DAY)
    day = the_asks(here, patient)["next_day"]
    moved(day.visit, state="closed")
    before = follow(here, AT + 9 * HOUR)["before_dose"]
    assert before.closes_at == day.closes_at
    Ask.objects.filter(key="same_evening").update(state="stopped")
    for ask in (day, before):
        actions.miss(ask, by=system(here.clinic), at=day.closes_at)
    assert set(Concern.objects.filter(patient=patient).values_list("tier", flat=True)) == {3}


# -- no longer in its way ----------------------------------------------------------------------------------------------


def twice_a_week(here: Place) -> tuple[Visit, Visit]:
    """A dose given, and the next one after three days: of the first the third day and the week are not asked."""
    patient = here.patient()
    enrolled(here, patient, sheet_id="p-esk-si", treats="depression")
    second = a_visit(here, patient, AT + 3 * DAY)
    asks = the_asks(here, patient)
    assert set(asks) == {"same_evening", "next_day"}
    first = asks["next_day"].visit
    moved(first, state="closed")
    return first, second


@pytest.mark.parametrize(
    "change",
    [
        {"state": "cancelled"},
        {"state": "no_show"},
        {"starts_at": AT + 10 * DAY, "ends_at": AT + 10 * DAY + 2 * HOUR},
    ],
)
def test_h13_what_the_next_dose_suppressed_is_asked_once_it_does_not_come(here: Place, change: dict) -> None:
    first, second = twice_a_week(here)
    assert set(follow(here, AT + 30 * HOUR)) == {"same_evening", "next_day"}
    moved(second, **change)
    for hours in (31, 32):
        asks = follow(here, AT + hours * HOUR)
    assert {key: (ask.opens_at - AT) / HOUR for key, ask in asks.items() if key in ("third_day", "week")} == {
        "third_day": 66,
        "week": 168 if "phq-9" in asks["week"].instruments else 144,
    }
    assert first.asks.count() == 4
    assert "c-ssrs-since-last-visit" in asks["third_day"].staff_instruments, "as for the aim of its course"
    assert asks["third_day"].messages.filter(state="waiting").count() == 3


def test_what_has_no_time_left_stays_unasked(here: Place) -> None:
    _, second = twice_a_week(here)
    moved(second, state="no_show")
    assert "third_day" not in follow(here, AT + 79 * HOUR + timedelta(minutes=30))


def test_h13_after_a_review_that_stops_the_course_the_given_dose_is_still_looked_after(here: Place) -> None:
    first, second = twice_a_week(here)
    Enrolment.objects.filter(patient=first.patient).update(state="ended", ended_at=AT + 2 * DAY)
    moved(second, state="cancelled")
    asks = follow(here, AT + 2 * DAY + HOUR)
    assert asks["third_day"].state == "waiting"
    assert "c-ssrs-since-last-visit" in asks["third_day"].staff_instruments
    assert "week" not in asks, "the week belongs to the course"


def test_what_was_stopped_for_the_next_dose_is_woken_with_a_duty_and_its_own_times(here: Place) -> None:
    patient = here.patient()
    given(here, patient, -30)
    third = the_asks(here, patient)["third_day"]
    moved(third.visit, state="closed")
    second = a_visit(here, patient, AT + 3 * DAY)
    former = follow(here, AT + DAY)["third_day"]
    assert (former.state, former.stopped_why) == ("stopped", "The next dose comes first")
    moved(second, starts_at=AT + 96 * HOUR, ends_at=AT + 98 * HOUR)
    for hours in (25, 26):
        woken = follow(here, AT + hours * HOUR)["third_day"]
    assert (woken.pk, woken.state, woken.duty.state) == (former.pk, "waiting", "open")
    assert (woken.opens_at, woken.closes_at) == (AT + 66 * HOUR, AT + 72 * HOUR)
    assert Duty.objects.filter(pk=former.duty_id, state="closed").exists()
