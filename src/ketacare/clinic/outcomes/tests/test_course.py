"""Asks follow the course: made before planned doses and as months go by, moved and stopped with it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from ketacare.clinic.duties.models import Duty
from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.enrolment.models import Enrolment
from ketacare.clinic.outcomes import actions, queries, tasks
from ketacare.clinic.outcomes.actions.staffing import BY_STAFF
from ketacare.clinic.outcomes.models import Ask
from ketacare.clinic.outcomes.tests.factories import a_visit, the_asks
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.protocols.models import Adoption
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def here() -> Place:
    return place()


def treated(here: Place) -> tuple[Patient, Visit]:
    """One dose given, another planned in a week."""
    patient = here.patient()
    first = the_asks(here, patient)["next_day"].visit
    Visit.objects.filter(pk=first.pk).update(state="closed")
    return patient, a_visit(here, patient, AT + 7 * DAY)


def enrolled(here: Place, patient: Patient, **details: object) -> Enrolment:
    common = {"organisation_id": here.clinic.organisation_id, "clinic": here.clinic}
    adoption = Adoption.objects.create(
        **common, happened_at=AT, recorded_at=AT, sheet_id="p-iv-05-2w", sheet_version="1.0.0"
    )
    return Enrolment.objects.create(
        **common, created_at=AT - DAY, patient=patient, adoption=adoption, judgement_id=uuid4(),
        **({"state": "active"} | details),
    )  # fmt: skip


def follow(here: Place, at: datetime) -> dict[str, Ask]:
    tasks.follow_courses(at)
    here.enter()
    return {ask.key: ask for ask in Ask.objects.select_related("duty", "staff_duty")}


def test_before_a_planned_dose_the_questions_come_once_a_day_ahead(here: Place) -> None:
    _, second = treated(here)
    assert "before_dose" not in follow(here, second.starts_at - 26 * timedelta(hours=1))
    for hours in (24, 23, 3):
        asks = follow(here, second.starts_at - hours * timedelta(hours=1))
    assert (asks["before_dose"].visit_id, asks["before_dose"].link_until) == (second.pk, second.starts_at)
    assert Ask.objects.filter(key="before_dose").count() == 1


def test_before_the_first_dose_the_evaluation_has_asked(here: Place) -> None:
    first = a_visit(here, here.patient(), AT + DAY)
    assert follow(here, first.starts_at - timedelta(hours=2)) == {}


def test_a_dose_that_moves_takes_its_questions_messages_and_duty_along(here: Place) -> None:
    _, second = treated(here)
    before = follow(here, second.starts_at - DAY)["before_dose"]
    later = second.starts_at + 2 * DAY
    Visit.objects.filter(pk=second.pk).update(starts_at=later, ends_at=later + timedelta(hours=2))
    after = follow(here, second.starts_at - DAY)["before_dose"]
    assert (after.opens_at, after.closes_at, after.dose_at) == (later - DAY, later, later)
    assert after.messages.earliest("send_after").send_after == later - DAY
    assert after.duty.due_at - before.duty.due_at == 2 * DAY
    assert after.state == "waiting"


def test_a_dose_that_is_cancelled_is_no_longer_asked_about_and_nobody_calls(here: Place) -> None:
    _, second = treated(here)
    follow(here, second.starts_at - DAY)
    Visit.objects.filter(pk=second.pk).update(state="cancelled")
    stopped = follow(here, second.starts_at - timedelta(hours=20))["before_dose"]
    assert (stopped.state, stopped.stopped_why, stopped.duty.state) == ("stopped", "The dose is cancelled", "closed")
    assert set(stopped.messages.values_list("state", flat=True)) == {"needless"}
    assert not queries.standing(stopped, second.starts_at - timedelta(hours=20)).opens
    assert stopped not in queries.open_asks(stopped.patient, second.starts_at - timedelta(hours=20))


def test_a_next_dose_brought_forward_narrows_or_ends_what_is_still_to_come(here: Place) -> None:
    _, second = treated(here)
    assert follow(here, AT + DAY)["third_day"].closes_at == AT + timedelta(hours=80)
    sooner = AT + 4 * DAY
    Visit.objects.filter(pk=second.pk).update(starts_at=sooner, ends_at=sooner + timedelta(hours=2))
    assert follow(here, AT + DAY)["third_day"].closes_at == sooner - DAY
    soonest = AT + 3 * DAY
    Visit.objects.filter(pk=second.pk).update(starts_at=soonest, ends_at=soonest + timedelta(hours=2))
    ended = follow(here, AT + DAY)["third_day"]
    assert (ended.state, ended.stopped_why) == ("stopped", "The next dose comes first")


def test_an_ended_course_stops_what_belongs_to_it_and_a_given_dose_is_looked_after(here: Place) -> None:
    patient, _ = treated(here)
    enrolled(here, patient, state="ended", ended_at=AT + timedelta(hours=5))
    states = {key: ask.state for key, ask in follow(here, AT + timedelta(hours=6)).items()}
    assert states == {"same_evening": "waiting", "next_day": "waiting", "third_day": "waiting", "week": "stopped"}


def test_months_are_asked_once_each_while_the_course_is_open(here: Place) -> None:
    patient, _ = treated(here)
    row = enrolled(here, patient)
    for days in (27, 28, 29, 30):
        asks = follow(here, AT + days * DAY)
    monthly = asks["monthly-1"]
    assert "gad-7" in monthly.instruments
    assert monthly.staff_instruments == ["bpic-ss", "kset-r"]
    assert Ask.objects.filter(key="monthly-1").count() == 1
    Enrolment.objects.filter(pk=row.pk).update(state="ended", ended_at=AT + 31 * DAY)
    assert follow(here, AT + 31 * DAY)["monthly-1"].state == "stopped"


def test_a_quarter_gives_staff_what_a_patient_may_not_be_shown_and_what_must_be_seen_to(here: Place) -> None:
    patient, _ = treated(here)
    enrolled(here, patient)
    quarter = follow(here, AT + 84 * DAY)["quarterly-1"]
    assert {"audit", "dast-10"} <= set(quarter.staff_instruments)
    assert not {"audit", "dast-10"} & set(quarter.instruments)
    assert any("Liver values" in check for check in quarter.checks)
    assert quarter.staff_duty is not None
    assert "Liver values" in quarter.staff_duty.why


# -- what staff rate ---------------------------------------------------------------------------------------------------


def test_the_score_that_was_waited_for_closes_the_duty(here: Place) -> None:
    patient = here.patient()
    ask = the_asks(here, patient)["next_day"]
    duty = Duty.objects.get(kind=BY_STAFF, patient=patient)
    assert (duty.title, duty.owner_role) == ("Rate: MADRS-24h", "RN")
    nurse, at = here.staff(Role.RN), ask.opens_at
    for moment, state in ((at - timedelta(minutes=1), "open"), (at, "closed")):
        actions.record_answers(
            patient=patient, instrument="madrs-24h", answers={"10": 0}, source="rater",
            happened_at=moment, by=nurse, at=at,
        )  # fmt: skip
        duty.refresh_from_db()
        assert duty.state == state


def test_what_was_not_rated_says_why(here: Place) -> None:
    patient = here.patient()
    ask = the_asks(here, patient)["next_day"]
    nurse, at = here.staff(Role.RN), ask.opens_at
    with pytest.raises(Refused, match="nothing is said"):
        actions.review(ask=ask, found={"madrs-24h": " "}, by=nurse, at=at)
    with pytest.raises(NotAllowed):
        actions.review(ask=ask, found={"madrs-24h": "Asleep"}, by=here.staff(Role.AU), at=at)
    actions.review(ask=ask, found={"madrs-24h": "Asleep", "other": "x"}, by=nurse, at=at)
    assert Duty.objects.get(pk=ask.staff_duty_id).state == "closed"
    assert ask.reviews.get().found == {"madrs-24h": "Asleep"}
    with pytest.raises(Refused, match="has been seen to"):
        actions.review(ask=ask, found={}, by=nurse, at=at)
