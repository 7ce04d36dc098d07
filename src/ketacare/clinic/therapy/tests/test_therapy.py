"""Integration: noted by the assigned therapist, and the note closes the duty."""

from datetime import timedelta

import pytest

from ketacare.clinic.duties.models import Duty
from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.outcomes.actions import INTEGRATION
from ketacare.clinic.outcomes.models import Ask
from ketacare.clinic.outcomes.tasks import follow_courses
from ketacare.clinic.outcomes.tests.factories import a_visit, the_asks
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import Role
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.clinic.therapy import actions, queries
from ketacare.medicine.therapy.terms import Came

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Place:
    return place()


def note(visit, by, **details):
    given = {
        "visit": visit,
        "happened_at": AT + timedelta(hours=30),
        "minutes": 50,
        "summary": "Grounding",
        "next_step": "",
        "by": by,
        "at": AT + timedelta(hours=32),
    }
    return actions.write_note(**(given | details))


def test_the_assigned_therapist_writes_a_nurse_only_reads_and_another_therapist_neither(here: Place):
    patient, alice, charlie = here.patient(), here.staff(Role.TH), here.staff(Role.TH)
    here.assign(patient, alice)
    visit = the_asks(here, patient)["week"].visit
    for actor in (here.staff(Role.RN), charlie):
        with pytest.raises(NotAllowed):
            note(visit, actor)
    note(visit, alice)
    assert Duty.objects.get(kind=INTEGRATION).state == "closed"
    assert queries.standing(visit, AT + timedelta(hours=33)).state == "done"


def test_the_window_opens_at_a_day_and_is_missed_after_three(here: Place):
    visit = the_asks(here)["week"].visit
    states = [str(queries.standing(visit, AT + timedelta(hours=hours)).state) for hours in (1, 24, 71, 72)]
    assert states == ["not yet open", "open, not booked", "open, not booked", "missed"]


def test_a_note_of_the_future_without_length_or_words_is_refused_with_every_reason(here: Place):
    patient, alice = here.patient(), here.staff(Role.TH)
    here.assign(patient, alice)
    visit = the_asks(here, patient)["week"].visit
    with pytest.raises(Refused) as refused:
        note(visit, alice, happened_at=AT + timedelta(hours=40), minutes=0, summary=" ")
    assert [item.field for item in refused.value.refusals] == ["happened_at", "minutes", "summary"]


def test_a_dose_that_is_asked_about_beforehand_is_not_given_yet(here: Place):
    patient = here.patient()
    first = the_asks(here, patient)["next_day"].visit
    Visit.objects.filter(pk=first.pk).update(state="closed")
    second, day = a_visit(here, patient, AT + timedelta(days=7)), AT + timedelta(days=6, hours=1)
    follow_courses(day)
    here.enter()
    assert Ask.objects.get(visit=second).dose_at == second.starts_at
    assert [one.dose.came for one in queries.windows(patient, day)] == [Came.GIVEN, Came.PLANNED]
    assert queries.standing(second, day) is None
    assert "1 dose given" in queries.course(patient, day).sentence
