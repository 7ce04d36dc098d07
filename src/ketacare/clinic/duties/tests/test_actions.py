"""Duties: opened with their owner, moved by those who may, escalated by time, closed by evidence."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from ketacare.clinic.duties import actions, queries, tasks
from ketacare.clinic.duties.models import Consequence, Duty, DutyState, DutyStep
from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Place:
    return place()


def a_duty(here: Place, **details):
    by = here.staff(Role.RN)
    given = {
        "kind": "checkin.call",
        "title": "Call about the missing check-in",
        "patient": here.patient(),
        "owner_role": "RN",
        "due_at": AT + timedelta(hours=1),
        "why": "No answer 30 h after the dose",
        "link": "/duties/",
        "by": by,
        "at": AT,
    }
    return actions.open_duty(**(given | details))


def test_a_nurse_may_take_it_an_auditor_may_only_read_and_a_patient_may_neither(here: Place):
    alice, bob, charlie = here.staff(Role.RN), here.staff(Role.AU), here.the_patient(here.patient())
    duty = a_duty(here)
    assert [item.duty for item in queries.worklist(bob, AT)] == [duty]
    for actor in (bob, charlie):
        with pytest.raises(NotAllowed):
            actions.take(duty, by=actor, at=AT)
    assert queries.worklist(charlie, AT) == []
    assert actions.take(duty, by=alice, at=AT).owner_id == alice.user_id


def test_a_therapist_sees_duties_of_assigned_patients_only(here: Place):
    therapist, assigned, other = here.staff(Role.TH), here.patient(), here.patient(family="Ostrander")
    here.assign(assigned, therapist)
    mine = a_duty(here, patient=assigned, owner_role="TH")
    a_duty(here, patient=other, owner_role="TH")
    assert [item.duty for item in queries.worklist(therapist, AT)] == [mine]


def test_the_worklist_is_sorted_by_harm_and_then_by_lateness(here: Place):
    nurse = here.staff(Role.RN)
    record = a_duty(here, consequence=Consequence.RECORD, due_at=AT - timedelta(days=2))
    late = a_duty(here, due_at=AT - timedelta(hours=2))
    life = a_duty(here, consequence=Consequence.LIFE, due_at=AT + timedelta(hours=4))
    later = a_duty(here, due_at=AT + timedelta(hours=2))
    assert [item.duty for item in queries.worklist(nurse, AT)] == [life, late, later, record]
    assert [item.state for item in queries.worklist(nurse, AT)] == ["soon", "late", "soon", "late"]


def test_h9_what_is_owed_again_and_again_of_one_visit_is_one_line_and_covers_no_other_duty(here: Place):
    nurse, visit, other = here.staff(Role.RN), uuid4(), uuid4()
    asked = [a_duty(here, visit_id=visit, due_at=AT - timedelta(minutes=minute)) for minute in (9, 7, 5)]
    elsewhere = a_duty(here, visit_id=other, due_at=AT - timedelta(minutes=6))
    named = [a_duty(here, due_at=AT - timedelta(minutes=minute)) for minute in (4, 3)]
    first, second, *apart = queries.worklist(nurse, AT)
    assert [first.duty, *(item.duty for item in first.alike)] == asked
    assert [item.duty for item in (second, *apart)] == [elsewhere, *named]
    page = browser(nurse).get("/duties/").content.decode()
    assert "2 more of this visit" in page
    assert all(f"/duties/{duty.pk}/take/" in page for duty in asked)


def test_h9_what_is_owed_again_and_again_on_one_page_about_one_person_is_one_line(here: Place):
    """As several texts in a minute, each of which somebody has to read."""
    nurse, patient = here.staff(Role.RN), here.patient()
    told = {"patient": patient, "link": f"/patients/{patient.pk}/messages/"}
    texts = [a_duty(here, due_at=AT - timedelta(minutes=minute), **told) for minute in (9, 7)]
    other = a_duty(here, due_at=AT - timedelta(minutes=6), **told | {"link": f"/patients/{patient.pk}/plan/"})
    first, *apart = queries.worklist(nurse, AT)
    assert [first.duty, *(item.duty for item in first.alike)] == texts
    assert [item.duty for item in apart] == [other]
    page = browser(nurse).get("/duties/").content.decode()
    assert "1 more of the same person" in page
    assert all(f"/duties/{duty.pk}/take/" in page for duty in texts)


def test_h23_a_duty_not_done_climbs_the_ladder_and_every_step_is_a_fact(here: Place):
    for role in (Role.RN, Role.RX, Role.MD):
        here.staff(role)
    duty = a_duty(here, owner_role="FD")
    assert tasks.escalate_due(AT) == 0
    at = duty.escalate_at
    roles = []
    for _ in range(4):
        assert tasks.escalate_due(at) == 1
        here.enter()
        duty.refresh_from_db()
        roles.append(duty.owner_role)
        at = duty.escalate_at
    assert roles == ["RN", "RX", "MD", "MD"]
    assert DutyStep.objects.filter(duty=duty, step="escalated", recorded_by=None).count() == 4


def test_a_duty_is_closed_by_evidence_once(here: Place):
    nurse, duty = here.staff(Role.RN), a_duty(here)
    evidence = DutyStep.objects.filter(duty=duty).get()
    for _ in range(2):
        assert actions.close_duty(duty, evidence=evidence, by=nurse, at=AT).state == DutyState.CLOSED
    closing = DutyStep.objects.get(duty=duty, step="closed")
    assert (closing.evidence_kind, closing.evidence_id) == ("duties.dutystep", evidence.pk)
    with pytest.raises(Refused):
        actions.take(duty, by=nurse, at=AT)


def test_the_database_refuses_a_closing_without_evidence(here: Place):
    duty = a_duty(here)
    with pytest.raises(IntegrityError), transaction.atomic():
        actions.step(duty, "closed", by=here.staff(Role.RN), at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        Duty.objects.filter(pk=duty.pk).update(state="closed")


def test_passing_on_needs_a_reason_and_a_person_who_works_here(here: Place):
    stranger = place().staff(Role.RX)
    here.enter()
    nurse, duty = here.staff(Role.RN), a_duty(here)
    with pytest.raises(Refused, match="reason"):
        actions.pass_on(duty, to_role="RX", reason=" ", by=nurse, at=AT)
    from ketacare.clinic.people.models import User

    with pytest.raises(Refused, match="does not work here"):
        actions.pass_on(duty, to_role="RX", reason="dose", to=User.objects.get(pk=stranger.user_id), by=nurse, at=AT)
    assert actions.pass_on(duty, to_role="RX", reason="Needs a prescriber", by=nurse, at=AT).owner_role == "RX"


def test_what_no_record_shows_is_done_by_a_word_of_whoever_owes_it(here: Place):
    kind = actions.ends_by_word("test.told", "What was said")
    nurse, told = here.staff(Role.RN), a_duty(here, kind=kind)
    assert [item.by_word for item in queries.worklist(nurse, AT)] == [True]
    for words, rule in ((" ", "is empty"), ("x" * 201, "longer"), ("Spoke with Marisol.", "names the patient")):
        with pytest.raises(Refused, match=rule):
            actions.say_done(told, words=words, by=nurse, at=AT)
    for stranger in (here.staff(Role.FD), here.staff(Role.AU), here.the_patient(told.patient)):
        with pytest.raises(NotAllowed):
            actions.say_done(told, words="Told by telephone", by=stranger, at=AT)
    assert actions.say_done(told, words="Told by telephone", by=nurse, at=AT).state == DutyState.CLOSED
    assert [step.reason for step in queries.said_done(told.patient, kind)] == ["Told by telephone"]
    with pytest.raises(Refused, match="already done"):
        actions.say_done(told, words="Told again", by=nurse, at=AT)


def test_the_pages_of_a_duty_say_about_whom_it_is(here: Place):
    kind = actions.ends_by_word("test.told", "What was said")
    client, duty = browser(here.staff(Role.RN)), a_duty(here, kind=kind)
    for name in ("duty-done", "duty-pass-on"):
        about = client.get(reverse(name, args=[duty.pk])).content.decode().partition("<main")[2]
        assert "FERNÁNDEZ-QUILL, Marisol" in about, name
        assert "user_id" not in about, name


def test_what_a_record_ends_is_not_ended_by_a_word(here: Place):
    duty = a_duty(here)
    with pytest.raises(Refused, match="by its own record"):
        actions.say_done(duty, words="Done", by=here.staff(Role.RN), at=AT)
    assert duty.is_open


@pytest.mark.parametrize("field", ["title", "why", "link"])
def test_h30_a_duty_names_no_patient(here: Place, field: str):
    with pytest.raises(actions.NamesAPatient):
        a_duty(here, **{field: "Call Marisol, today"})


@pytest.mark.parametrize("family", ["Clearance", "Day", "Call", "May"])
def test_nobody_is_without_a_duty_because_of_their_name(here: Place, family: str):
    """Its words are ours; a name in them is told by its capital."""
    patient = here.patient(family=family)
    words = {"title": "Call if not answered: next day check-in", "why": "Ask for the clearance: it may be late"}
    duty = a_duty(here, patient=patient, **words)
    assert duty.is_open
    with pytest.raises(actions.NamesAPatient):
        a_duty(here, patient=patient, why=f"Ring {family} tonight")
    with pytest.raises(actions.NamesAPatient):
        a_duty(here, patient=patient, why=f"{family.upper()} is silent")


def test_a_name_written_by_hand_is_refused_in_words(here: Place):
    with pytest.raises(Refused, match="names the patient"):
        actions.pass_on(a_duty(here), to_role="RN", reason="marisol asked for you", by=here.staff(Role.RN), at=AT)


def test_names_are_joined_at_display_and_another_clinic_sees_nothing(here: Place):
    duty = a_duty(here)
    assert queries.worklist(here.staff(Role.RN), AT)[0].who == "FERNÁNDEZ-QUILL, Marisol"
    elsewhere = place()
    assert queries.worklist(elsewhere.staff(Role.RN), AT) == []
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from duties_duty where id = %s", [duty.pk])
        assert cursor.fetchone() == (0,)
    here.enter()
