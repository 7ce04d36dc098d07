"""P1-P6: the permission table and the guarded door."""

import tomllib
import uuid
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator

from ketacare.clinic.audit.models import Line
from ketacare.clinic.people import access, actions, queries
from ketacare.clinic.people.access import NotAllowed, NotHere
from ketacare.clinic.people.models import Role, Staff, User
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, browser, someone

SHEET = tomllib.loads((Path(access.__file__).parent / "permissions.toml").read_text())


@pytest.fixture
def clinic(db):
    return a_clinic()


@pytest.fixture
def patient(clinic):
    return a_patient(someone(clinic, Role.FD))


def test_every_row_of_the_table_has_a_title_and_known_roles():
    for name, row in SHEET.items():
        assert row["title"], name
        assert set(row) - {"title"} <= {str(role) for role in Role}, name


def test_p4_the_administrator_sees_no_chart():
    clinical = set(SHEET) - {
        "users",
        "posts_end",
        "licences",
        "settings",
        "styleguide",
        "mailroom",
        "resources",
        "recovery",
    }
    assert not [name for name in clinical if access.permissions()[name].get("AD")]


def test_p1_an_unknown_question_is_answered_no():
    assert not access.granted("RX", "a new object", "R", access.RELATIONS)
    assert not access.granted("RX", "demographics", "a new act", access.RELATIONS)
    assert not access.granted("a new role", "demographics", "R", access.RELATIONS)


def test_a_cell_that_is_not_acts_and_relation_does_not_load():
    with pytest.raises(ValueError, match="ACTS or ACTS:relation"):
        access.grants_of("CR:friend")


def test_p2_a_role_without_the_right_is_refused_in_its_own_clinic(clinic, patient):
    with pytest.raises(NotAllowed):
        access.patient_of(someone(clinic, Role.AD), patient.pk, at=AT)


def test_p2_another_clinics_patient_looks_like_one_that_does_not_exist(clinic, patient):
    other = a_clinic("South", organisation=clinic.organisation)
    stranger = someone(other, Role.RX)
    with pytest.raises(NotHere):
        access.patient_of(stranger, patient.pk, at=AT)
    with pytest.raises(NotHere):
        access.patient_of(stranger, uuid.uuid4(), at=AT)


def test_a_therapist_sees_only_assigned_patients(clinic, patient):
    therapist = someone(clinic, Role.TH)
    with pytest.raises(NotAllowed):
        access.patient_of(therapist, patient.pk, at=AT)
    assert not queries.visible_patients(therapist).exists()
    actions.relate(
        patient=patient,
        user=User.objects.get(pk=therapist.user_id),
        kind="therapist",
        by=someone(clinic, Role.RN),
        at=AT,
    )
    assert access.patient_of(therapist, patient.pk, at=AT) == patient
    assert list(queries.visible_patients(therapist)) == [patient]


def test_a_patient_sees_only_their_own_record(clinic, patient):
    jo, somebody = someone(clinic, Role.PT), someone(clinic, Role.PT)
    patient.user = User.objects.get(pk=jo.user_id)
    patient.save()
    assert access.patient_of(jo, patient.pk, at=AT) == patient
    with pytest.raises(NotAllowed):
        access.patient_of(somebody, patient.pk, at=AT)


def test_every_opening_of_a_chart_is_audited(clinic, patient):
    nurse = someone(clinic, Role.RN)
    access.patient_of(nurse, patient.pk, at=AT)
    line = Line.objects.get(verb="chart.open")
    assert (line.actor_id, line.patient_id, line.role) == (nurse.user_id, patient.pk, "RN")


def test_p6_a_right_taken_away_is_gone_on_the_next_request(clinic):
    nurse = someone(clinic, Role.RN)
    client = browser(nurse)
    assert client.get("/").status_code == 200
    Staff.objects.filter(user_id=nurse.user_id).update(ended_at=AT)
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/")


def test_k1_without_a_second_factor_staff_are_sent_to_set_one_up(clinic):
    nurse = someone(clinic, Role.RN)
    client = browser(nurse)
    Authenticator.objects.all().delete()
    assert client.get("/")["Location"] == "/account/2fa/"


def test_k4_after_idle_minutes_the_password_is_asked_again(clinic):
    client = browser(someone(clinic, Role.RN))
    client.get("/")
    session = client.session
    session["seen"] = "2020-01-01T00:00:00+00:00"
    session["account_authentication_methods"] = []
    session.save()
    assert client.get("/")["Location"] == "/account/reauthenticate/?next=%2F"


def test_pages_with_patient_data_are_never_stored_by_a_cache(clinic):
    assert browser(someone(clinic, Role.RN)).get("/")["Cache-Control"] == "no-store"
