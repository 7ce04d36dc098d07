"""Who was reached was not silent, what is finished late is one score, and at the weekend somebody calls."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from ketacare.clinic.duties.access import system
from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.outcomes import actions, queries
from ketacare.clinic.outcomes.models import Ask, Score
from ketacare.clinic.outcomes.tests.factories import the_asks
from ketacare.clinic.people.models import Patient, Role, User
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety import queries as watch
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.scheduling.models import Absence, WeekHours

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
FRIDAY = datetime(2026, 7, 17, 14, 0, tzinfo=UTC)


@pytest.fixture
def here() -> Place:
    return place()


def zone_of(here: Place) -> ZoneInfo:
    return ZoneInfo(here.clinic.zone)


def missed(here: Place, ask: Ask) -> Ask:
    ask = Ask.objects.select_related("patient", "clinic", "duty").get(pk=ask.pk)
    return actions.miss(ask, by=system(here.clinic), at=ask.closes_at)


# -- reached -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "silent"), [("well", False), ("worried", False), ("not_reached", True), (None, True)]
)
def test_h13_a_check_made_by_telephone_in_time_is_no_silence(here: Place, result: str | None, silent: bool) -> None:
    patient, nurse = here.patient(), here.staff(Role.RN)
    safety.raise_flag(patient=patient, words="Intent and a plan", by=here.staff(Role.RX), at=AT)
    evening = the_asks(here, patient)["same_evening"]
    if result is not None:
        actions.record_call(ask=evening, result=result, words="", by=nurse, at=evening.opens_at + HOUR)
    missed(here, evening)
    raised = set(Concern.objects.filter(patient=patient).values_list("reason_code", flat=True))
    assert ("silent.high_risk" in raised) is silent
    assert any("missed" in reason for reason in raised) is silent, raised
    assert ("call.worried" in raised) is (result == "worried")


def test_a_call_between_two_silences_breaks_the_row(here: Place) -> None:
    patient, nurse = here.patient(), here.staff(Role.RN)
    asks = the_asks(here, patient)
    missed(here, asks["same_evening"])
    actions.record_call(ask=asks["next_day"], result="well", words="", by=nurse, at=asks["next_day"].opens_at)
    missed(here, asks["next_day"])
    missed(here, asks["third_day"])
    tiers = Concern.objects.filter(patient=patient).values_list("tier", flat=True)
    assert sorted(tiers) == [3, 3], "one each, no two in a row"


# -- finished late -----------------------------------------------------------------------------------------------------


def test_a_form_finished_after_its_window_has_one_score(here: Place) -> None:
    patient = here.patient()
    ask, by = the_asks(here, patient)["week"], here.the_patient(patient)

    def keep(answers: dict[str, int | None], at: datetime) -> None:
        actions.keep_answers(
            patient=patient, instrument="phq-9", answers=answers, source="patient", happened_at=at, by=by, at=at,
            ask=ask, further=True,
        )  # fmt: skip

    keep({str(item): 1 for item in range(1, 6)}, ask.closes_at - HOUR)
    missed(here, ask)
    assert [score.total for score in queries.scores(patient, "phq-9")] == [None]
    late = ask.closes_at + HOUR
    keep({str(item): 1 for item in range(6, 9)} | {"9": 0}, late)
    actions.finish(Ask.objects.get(pk=ask.pk), by=by, at=late + HOUR / 60)
    (score,) = queries.scores(patient, "phq-9")
    assert (score.total, score.in_window, score.overlaps_recall) == (8, False, False)
    assert score.amends is not None
    assert Score.objects.filter(ask=ask, instrument="phq-9").count() == 2, "what stood before stays readable"
    points = queries.answered(patient, "phq-9").points("phq-9")
    assert [point.total for point in points] == [8]


# -- the clinic's own week ---------------------------------------------------------------------------------------------


def own_week(here: Place, week: dict[str, list[str]]) -> None:
    WeekHours.objects.create(
        organisation_id=here.clinic.organisation_id, clinic=here.clinic, happened_at=AT, recorded_at=AT, week=week
    )


def on_saturday(here: Place, clock: str) -> datetime:
    """By the clinic's clock: the day after the dose of Friday."""
    hours, minutes = map(int, clock.split(":"))
    return (FRIDAY + timedelta(days=1)).astimezone(zone_of(here)).replace(hour=hours, minute=minutes)


def test_open_is_when_the_clinics_own_week_says_so(here: Place) -> None:
    saturday = on_saturday(here, "11:00")
    monday = watch.staffed(here.clinic, saturday)
    assert monday.astimezone(zone_of(here)).strftime("%a") == "Mon"
    own_week(here, {"0": ["08:00", "17:00"], "5": ["10:00", "14:00"]})
    assert watch.staffed(here.clinic, saturday) == saturday
    early, over = on_saturday(here, "08:00"), on_saturday(here, "14:00")
    assert watch.staffed(here.clinic, early) == on_saturday(here, "10:00")
    assert watch.staffed(here.clinic, over).astimezone(zone_of(here)).strftime("%a %H:%M") == "Mon 08:00"


def test_where_somebody_stays_by_night_saturday_is_a_day_too(here: Place) -> None:
    clinic = here.clinic  # as if it had been saved so
    clinic.is_open_all_night, clinic.opens_at, clinic.closes_at = True, time(8), time(17)
    assert watch.staffed(clinic, on_saturday(here, "11:00")) == on_saturday(here, "11:00")
    assert watch.staffed(clinic, on_saturday(here, "03:00")) == on_saturday(here, "08:00"), "nobody is called at three"


def test_on_a_day_the_clinic_is_shut_nobody_opens_it_though_its_week_says_so(here: Place) -> None:
    own_week(here, {"0": ["08:00", "17:00"], "1": ["08:00", "17:00"]})
    monday = watch.staffed(here.clinic, on_saturday(here, "11:00"))
    shut = {"organisation_id": here.clinic.organisation_id, "clinic": here.clinic, "created_at": AT, "kind": "holiday"}
    Absence.objects.create(**shut, starts_at=monday - timedelta(hours=8), ends_at=monday + timedelta(hours=16))
    assert watch.staffed(here.clinic, monday + timedelta(hours=1)) == monday + timedelta(days=1)
    assert watch.next_opening(here.clinic, on_saturday(here, "11:00")) == monday + timedelta(days=1)
    Absence.objects.create(**shut, starts_at=monday + timedelta(hours=16), ends_at=monday + timedelta(days=1, hours=4))
    assert watch.staffed(here.clinic, monday) == monday + timedelta(days=1, hours=4), "it opens at noon"


def test_a_closure_of_some_hours_is_over_when_it_is_over_and_nobody_waits_for_the_next_day(here: Place) -> None:
    noon = FRIDAY.astimezone(zone_of(here)).replace(hour=12)
    shut = {"organisation_id": here.clinic.organisation_id, "clinic": here.clinic, "created_at": AT, "kind": "holiday"}
    Absence.objects.create(**shut, starts_at=noon, ends_at=noon + HOUR)
    assert watch.staffed(here.clinic, noon + HOUR / 6) == noon + HOUR
    Absence.objects.create(**shut, starts_at=noon + HOUR, ends_at=noon + 2 * HOUR)
    assert watch.staffed(here.clinic, noon + HOUR / 6) == noon + 2 * HOUR
    assert watch.staffed(here.clinic, noon - HOUR) == noon - HOUR
    assert watch.next_opening(here.clinic, noon - HOUR).astimezone(zone_of(here)).strftime("%a") == "Mon"
    Absence.objects.create(**shut, starts_at=noon + 2 * HOUR, ends_at=noon + 12 * HOUR)
    assert watch.staffed(here.clinic, noon + HOUR / 6).astimezone(zone_of(here)).strftime("%a") == "Mon"


def on_call(here: Place) -> User:
    doctor = User.objects.get(pk=here.staff(Role.RX).user_id)
    safety.put_on_call(
        user=doctor, role=Role.RX, starts_at=AT, ends_at=AT + timedelta(days=30), by=here.staff(Role.MD), at=AT
    )
    return doctor


def friday(here: Place, patient: Patient) -> Ask:
    return the_asks(here, patient, FRIDAY)["next_day"]


def test_h13_a_silence_of_saturday_is_called_by_whoever_is_on_call(here: Place) -> None:
    doctor, patient = on_call(here), here.patient()
    day = friday(here, patient)
    assert day.duty.owner_role == "FD"
    duty = missed(here, day).duty
    duty.refresh_from_db()
    assert (duty.owner, duty.owner_role, duty.due_at) == (doctor, "RX", day.closes_at)


def test_with_nobody_on_call_it_waits_for_the_desk_of_monday_and_on_a_weekday_for_the_morning(here: Place) -> None:
    day = friday(here, here.patient())
    duty = missed(here, day).duty
    duty.refresh_from_db()
    assert (duty.owner, duty.owner_role) == (None, "FD")
    on_call(here)
    monday = the_asks(here, here.patient(), FRIDAY - timedelta(days=4))["next_day"]
    duty = missed(here, monday).duty
    duty.refresh_from_db()
    assert (duty.owner, duty.owner_role) == (None, "FD")
