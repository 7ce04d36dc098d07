"""What the programme's page counts is kept, and is never what was: after every kind of write it says what is."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.enrolment.models import Enrolment, EnrolmentState, Plan
from ketacare.clinic.outcomes.models import Answers, Ask, AskState, Score
from ketacare.clinic.people.models import Patient
from ketacare.clinic.registry import queries, tasks
from ketacare.clinic.registry.models import SOURCES, Changed, Kept
from ketacare.clinic.registry.queries import keeping
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.therapy.models import IntegrationNote, Preparation, WindowMissed
from ketacare.medicine.outcomes import reader
from ketacare.medicine.registry.reader import measures
from tests.registry.test_programme import AT, a_director, a_network

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NONE = datetime(2000, 1, 1, tzinfo=UTC)


class House:
    """A few simulated people, and what the page reads of them."""

    def __init__(self) -> None:
        self.director = a_director()
        a_network(self.director, 6)
        self.sites = queries.sites(self.director)

    def enter(self) -> None:
        tenancy.enter(organisation_id=self.director.organisation_id)

    def reads(self) -> list[Any]:
        found, here = queries.counted(self.sites, "phq-9"), measures()
        told = queries.told(self.sites, "phq-9", since=None, at=AT, found=found)
        courses = told.courses
        arrays = (courses.site, courses.followed_days, courses.course, courses.day, courses.total, told.doses)
        return [
            *(array.tolist() for array in arrays),
            [None if value != value else value for value in courses.baseline.tolist()],
            told.planned.tolist(),
            queries.captured(self.sites, since=None, at=AT, measures=here, found=found),
            queries.reported(self.sites, since=None, measures=here, found=found),
            queries.windows(self.sites, since=None, at=AT, measures=here, found=found),
            sorted(found.windows.tolist()),  # the figure itself hides what is small
            queries.told(self.sites, "phq-9", since=AT - 60 * DAY, at=AT, found=found).courses.total.tolist(),
        ]

    def works_out(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """The same from the record alone: nothing that is kept fits."""
        with monkeypatch.context() as patch:
            patch.setattr(keeping, "version", lambda: "none")
            return self.reads()

    def fact(self, row: Any, **more: Any) -> dict[str, Any]:
        place = {"organisation_id": row.organisation_id, "clinic_id": row.clinic_id, "patient_id": row.patient_id}
        common = {"happened_at": AT - DAY, "recorded_at": AT, "recorded_by_id": self.director.user_id}
        return place | common | more


@pytest.fixture
def house() -> House:
    found = House()
    tasks.keep_counts(AT)
    found.enter()
    assert not Changed.objects.exists()
    return found


# -- every kind of write -----------------------------------------------------------------------------------------------


def a_score(house: House) -> None:
    score = Score.objects.filter(instrument="phq-9").earliest("happened_at")
    score_of(house, score, happened_at=score.happened_at + 9 * DAY)


def score_of(house: House, score: Score, **more: Any) -> None:
    like = {"instrument": "phq-9", "instrument_version": score.instrument_version}
    given = Answers.objects.create(
        **house.fact(score, happened_at=score.happened_at), **like, source="patient", values={}
    )
    told = {"total": 27, "sum_answered": 27, "happened_at": score.happened_at} | more
    Score.objects.create(**house.fact(score) | like | told, answers=given)


def an_amended_score(house: House) -> None:
    score = Score.objects.current().filter(instrument="phq-9").latest("happened_at")
    score_of(house, score, amends=score, amend_reason="Heard wrong")


def a_struck_score(house: House) -> None:
    score = Score.objects.current().filter(instrument="phq-9").latest("happened_at")
    score_of(house, score, amends=score, amend_reason="Another patient's", in_error=True)


def a_dose(house: House) -> None:
    last = Session.objects.select_related("visit").latest("started_at")
    the_same = {"organisation_id": last.organisation_id, "clinic_id": last.clinic_id, "created_at": AT}
    visit = Visit.objects.create(
        **the_same, patient_id=last.visit.patient_id, kind="dose", state="closed", starts_at=AT - 5 * HOUR,
        ends_at=AT - 4 * HOUR,
    )  # fmt: skip
    Session.objects.create(
        **the_same, visit=visit, protocol_id=last.protocol_id, protocol_version=last.protocol_version, state="closed",
        started_at=AT - 5 * HOUR, left_at=AT - 4 * HOUR, closed_at=AT - 4 * HOUR,
    )  # fmt: skip


def a_start_put_right(house: House) -> None:
    first = Session.objects.earliest("started_at")
    first.started_at = first.started_at - 2 * HOUR  # type: ignore[operator]
    first.save(update_fields=["started_at"])


def a_visit_of_somebody_else(house: House) -> None:
    first, last = Session.objects.earliest("started_at"), Session.objects.latest("started_at")
    Visit.objects.filter(pk=first.visit_id).update(patient_id=last.visit.patient_id)


def a_second_course(house: House) -> None:
    course = Enrolment.objects.earliest("created_at")
    ended = Score.objects.filter(patient=course.patient, instrument="phq-9").latest("happened_at").happened_at - HOUR
    Enrolment.objects.filter(pk=course.pk).update(state=EnrolmentState.ENDED, ended_at=ended)
    Enrolment.objects.create(
        organisation_id=course.organisation_id, clinic_id=course.clinic_id, created_at=ended, patient=course.patient,
        adoption=course.adoption, judgement_id=course.judgement_id, state=EnrolmentState.ACTIVE,
    )  # fmt: skip


def a_course_ended(house: House) -> None:
    course = Enrolment.objects.earliest("created_at")
    Enrolment.objects.filter(pk=course.pk).update(
        state=EnrolmentState.ENDED, ended_at=Session.objects.earliest("started_at").started_at
    )


def another_plan(house: House) -> None:
    plan = Plan.objects.earliest("recorded_at")
    Plan.objects.create(
        **house.fact(plan), enrolment=plan.enrolment, sheet_id=plan.sheet_id, sheet_version=plan.sheet_version,
        drug=plan.drug, route=plan.route, dose_mg_per_kg=plan.dose_mg_per_kg, infusion_min=plan.infusion_min,
        sessions=3, first_on=plan.first_on,
    )  # fmt: skip


def a_check_in_answered(house: House) -> None:
    ask = Ask.objects.filter(state=AskState.MISSED).earliest("opens_at")
    ask.state, ask.answered_at = AskState.ANSWERED, ask.closes_at - HOUR
    ask.save(update_fields=["state", "answered_at"])


def a_check_in_stopped(house: House) -> None:
    Ask.objects.filter(pk=Ask.objects.filter(state=AskState.MISSED).earliest("opens_at").pk).update(state="stopped")


def a_window_moved(house: House) -> None:
    Ask.objects.filter(pk=Ask.objects.earliest("opens_at").pk).update(closes_at=AT + DAY)


def side_effects(house: House) -> None:
    given = Answers.objects.filter(instrument="side-effects").earliest("happened_at")
    Answers.objects.create(
        **house.fact(given), ask=given.ask, instrument="side-effects", instrument_version="1.0.0", source="patient",
        values={"dizziness": 1, "nausea": 1, "headache": 1}, amends=given, amend_reason="A further answer",
    )  # fmt: skip


def side_effects_struck(house: House) -> None:
    given = Answers.objects.filter(instrument="side-effects", amended_by=None).earliest("happened_at")
    Answers.objects.create(
        **house.fact(given), ask=given.ask, instrument="side-effects", instrument_version="1.0.0", source="patient",
        values={}, amends=given, amend_reason="Another patient's", in_error=True,
    )  # fmt: skip


def a_window_used(house: House) -> None:
    dose = Session.objects.select_related("visit").earliest("started_at")
    IntegrationNote.objects.create(
        **house.fact(dose.visit, happened_at=dose.started_at + 30 * HOUR),  # type: ignore[operator]
        visit=dose.visit, minutes=50, summary="Images",
    )  # fmt: skip


def a_window_missed(house: House) -> None:
    dose = Session.objects.select_related("visit").earliest("started_at")
    dose = Session.objects.select_related("visit").filter(started_at__gt=dose.started_at).earliest("started_at")
    missed = WindowMissed.objects.create(
        **house.fact(dose.visit), visit=dose.visit, reason="no_room", said_by="therapist"
    )
    WindowMissed.objects.create(
        **house.fact(dose.visit),
        visit=dose.visit,
        reason=keeping.missed_reasons()[-1],
        said_by="patient",
        amends=missed,
        amend_reason="Asked",
    )


def hours_chosen(house: House) -> None:
    """The visit lies outside the hours that were chosen at preparation."""
    note = IntegrationNote.objects.get()
    key = min(keeping.by_sheets()["keys"])
    Preparation.objects.create(**house.fact(note), placed=key, minutes=60)


def somebody_new(house: House) -> None:
    """Without a mark of any kind: whoever has no kept row is worked out."""
    enrolment = Enrolment.objects.earliest("created_at")
    patient = Patient.objects.create(
        organisation_id=enrolment.organisation_id, clinic_id=enrolment.clinic_id, created_at=AT
    )
    dose = Session.objects.latest("started_at")
    Visit.objects.filter(pk=dose.visit_id).update(patient=patient)
    Changed.objects.filter(patient=patient).delete()


WRITES: tuple[Callable[[House], None], ...] = (
    a_score, an_amended_score, a_struck_score, a_dose, a_start_put_right, another_plan, a_course_ended, a_second_course,
    a_check_in_answered, a_check_in_stopped, a_window_moved, side_effects, side_effects_struck, a_window_used,
    a_window_missed, a_visit_of_somebody_else, somebody_new,
)  # fmt: skip


def test_after_every_kind_of_write_the_page_says_what_is(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    was = house.reads()
    assert was == house.works_out(monkeypatch)
    for write in WRITES:
        write(house)
        now = house.works_out(monkeypatch)
        assert now != was, f"{write.__name__} changes a figure"
        assert house.reads() == now, write.__name__
        tasks.keep_counts(AT)
        house.enter()
        assert not Changed.objects.exists()
        assert house.reads() == now, f"{write.__name__}, kept"
        was = now


def test_a_form_of_weeks_given_again_a_day_after_a_dose_is_no_response_of_the_programme(house: House) -> None:
    before = house.reads()
    dose = Session.objects.select_related("visit").latest("started_at")
    score = Score.objects.filter(instrument="phq-9", patient=dose.visit.patient_id).latest("happened_at")
    score_of(house, score, happened_at=dose.started_at + 23 * HOUR, total=0, overlaps_recall=True)
    tasks.keep_counts(AT)
    house.enter()
    assert house.reads() == before
    score_of(house, score, happened_at=dose.started_at + 22 * HOUR, total=0)
    tasks.keep_counts(AT)
    house.enter()
    assert house.reads() != before, "the first of its weeks counts"


def test_no_scale_that_is_counted_asks_of_the_hours_after_a_dose() -> None:
    """So what was answered after its window is about the same weeks here, and counts, as it does on the curve."""
    counted = {*queries.scales(), *queries.forecast_scales()}
    assert counted
    assert all(reader.instrument(name).recall_days > 1 for name in counted)


def test_without_its_mark_what_was_kept_would_be_shown(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the marks are for: the same write, and the marks taken away."""
    was = house.reads()
    an_amended_score(house)
    Changed.objects.all().delete()
    assert house.reads() == was != house.works_out(monkeypatch)


def test_a_mark_that_comes_while_others_are_kept_stays(house: House) -> None:
    an_amended_score(house)
    (first,) = set(Changed.objects.values_list("patient_id", flat=True))

    def meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        done = execute(sql, params, many, context)
        if sql == keeping.KEEP:
            Changed.objects.create(organisation_id=house.director.organisation_id, patient_id=first)
        return done

    with connection.execute_wrapper(meanwhile):
        queries.keep([first], house.director.organisation_id)
    assert [row.patient_id for row in Changed.objects.all()] == [first]


def test_what_other_sheets_or_statements_made_is_not_read(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    Kept.objects.filter(topic="phq-9").delete()
    assert not any(house.reads()[4]), "they are read where they fit"
    monkeypatch.setattr(keeping, "version", lambda: "another")
    assert house.reads()[4]
    assert len(queries.stale_patients()) == Patient.objects.count()


def test_every_table_that_is_read_leaves_marks() -> None:
    read = set(re.findall(r"(?<!epoch )\b(?:from|join) ([a-z]+_[a-z_]+)", keeping.MADE))
    # Whom there is; a patient's clinic and name stay as they were registered.
    assert read - {"people_patient"} == set(SOURCES)


def test_one_organisation_keeps_and_reads_nothing_of_another(house: House) -> None:
    other = a_director("Elsewhere")
    tenancy.enter(organisation_id=other.organisation_id)
    assert not Kept.objects.exists()
    assert not queries.stale_patients()
    assert not len(queries.told(queries.sites(other), "phq-9", since=None, at=AT).courses)
