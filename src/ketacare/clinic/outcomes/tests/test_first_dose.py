"""Before the first dose: whatever a later score is held against, in time to count."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.outcomes import actions, queries
from ketacare.clinic.outcomes.tests.factories import a_visit
from ketacare.clinic.outcomes.tests.test_course import DAY, enrolled, follow
from ketacare.clinic.people.models import Patient, Role

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
FIRST = AT + 20 * DAY


@pytest.fixture
def here() -> Place:
    return place()


def answered(here: Place, patient: Patient, name: str, answers: dict[str, int], at: datetime) -> None:
    actions.record_answers(
        patient=patient, instrument=name, answers=answers, source="clinician", happened_at=at,
        by=here.staff(Role.RN), at=at,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("before", "asked"),
    [
        (13 * DAY - 3 * HOUR, False),
        (13 * DAY + 23 * HOUR, True),
        (14 * DAY + HOUR, True),
        (14 * DAY + 2 * HOUR, True),
    ],
)
@pytest.mark.parametrize("late", [0 * HOUR, 3 * HOUR])
def test_a_course_has_a_baseline_whenever_the_evaluation_asked_and_however_late_the_dose_begins(
    here: Place, before: timedelta, asked: bool, late: timedelta
) -> None:
    patient = here.patient()
    answered(here, patient, "phq-9", {str(item): 1 for item in range(1, 9)} | {"9": 0}, FIRST - before)
    a_visit(here, patient, FIRST)
    ask = follow(here, FIRST - 20 * HOUR)["before_dose"]
    assert ("phq-9" in ask.instruments) is asked
    if not asked:
        course = queries.answered(patient, "phq-9").trajectory("phq-9", [FIRST + late])
        assert course.baseline is not None


def test_what_the_evaluation_did_not_ask_is_asked_before_the_first_dose_and_never_again_there(here: Place) -> None:
    """The scales of the evaluation column, and MADRS in both forms: without them response is unknown for ever."""
    patient = here.patient()
    enrolled(here, patient, treats="post-traumatic stress", created_at=AT)
    answered(here, patient, "madrs", {str(item): 3 for item in range(1, 10)} | {"10": 0}, FIRST - 3 * DAY)
    first = a_visit(here, patient, FIRST)
    ask = follow(here, FIRST - 20 * HOUR)["before_dose"]
    wanted = {*ask.instruments, *ask.staff_instruments}
    assert {"pcl-5", "pcl-5-week", "madrs-24h", "cgi-s", "isi", "wsas", "who-5", "asrm", "bpic-ss", "kset-r"} <= wanted
    assert "madrs" not in wanted, "rated three days ago"
    first.state = "closed"
    first.save(update_fields=["state"])
    second = a_visit(here, patient, FIRST + 7 * DAY)
    follow(here, FIRST + 6 * DAY + HOUR)
    again = second.asks.get(key="before_dose")
    assert not {"madrs-24h", "audit", "kset-r"} & {*again.instruments, *again.staff_instruments}


def test_response_at_a_day_can_be_said_by_the_form_of_a_day(here: Place) -> None:
    patient = here.patient()
    for total, at in ((30, FIRST - 5 * HOUR), (12, FIRST + DAY)):
        answered(here, patient, "madrs-24h", {"total": total}, at)
    course = queries.answered(patient, "madrs-24h").trajectory("madrs-24h", [FIRST])
    assert course.response_at == FIRST + DAY
