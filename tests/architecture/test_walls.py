"""P3, I1: the database keeps organisations apart and refuses change, whatever the application asks."""

import uuid

import psycopg
import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from tests.database import FreshDatabase

from ketacare.clinic.people.models import Demographics, Patient, Role
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, someone
from ketacare.clinic.tenancy import actions, walls

FACT_TABLES = sorted(
    model._meta.db_table
    for model in apps.get_models()
    if getattr(model, "wall", "") == "fact" or getattr(model, "append_only", False)
)
TENANT_TABLES = sorted(
    model._meta.db_table
    for model in apps.get_models()
    if getattr(model, "wall", "global") != "global" and walls.tenant_bound(model)
)


@pytest.fixture
def two_houses(db):
    """A patient in each of two organisations; the second one's tenant is entered."""
    north = a_clinic("North")
    a_patient(someone(north, Role.FD), family="Northern")
    south = a_clinic("South")
    a_patient(someone(south, Role.FD), family="Southern")
    return north, south


def test_every_table_says_which_wall_it_stands_behind():
    assert walls.everything_classified() == []


def test_p3_a_query_that_forgets_its_filter_sees_one_organisation(two_houses):
    north, south = two_houses
    actions.enter(organisation_id=north.organisation_id)
    assert [row.family for row in Demographics.objects.all()] == ["Northern"]
    actions.enter(organisation_id=south.organisation_id)
    assert [row.family for row in Demographics.objects.all()] == ["Southern"]


def test_p3_a_clinic_s_hour_is_changed_from_inside_its_organisation_and_nothing_else_of_it_by_anybody(two_houses):
    north, south = two_houses
    actions.enter(organisation_id=north.organisation_id)
    assert type(south).objects.filter(pk=south.pk).update(doses_over_by="17:30") == 0
    assert type(north).objects.filter(pk=north.pk).update(doses_over_by="17:30") == 1
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        type(north).objects.filter(pk=north.pk).update(zone="UTC")


def test_p3_without_a_tenant_there_are_no_rows(two_houses):
    actions.enter()
    assert Demographics.objects.count() == 0
    assert Patient.objects.count() == 0


def test_p3_a_row_cannot_be_written_into_another_organisation(two_houses):
    north, south = two_houses
    actions.enter(organisation_id=south.organisation_id)
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        Patient.objects.create(organisation_id=north.organisation_id, clinic=north, created_at=AT)


@pytest.mark.parametrize("table", TENANT_TABLES)
def test_p3_row_policy_is_forced_on(table, db):
    with connection.cursor() as cursor:
        cursor.execute("select relrowsecurity, relforcerowsecurity from pg_class where relname = %s", [table])
        assert cursor.fetchone() == (True, True)


def test_control_with_the_policy_removed_the_other_organisation_is_seen(fresh_database: FreshDatabase):
    """If this passed with the policy in place, the tests above would prove nothing."""
    with transaction.atomic():
        a_patient(someone(a_clinic("North"), Role.FD), family="Northern")
    with psycopg.connect(fresh_database.owner.url()) as owner:
        owner.execute("alter table people_demographics disable row level security")
    with actions.tenant(uuid.uuid4()):
        assert Demographics.objects.count() == 1


def test_p3_the_application_role_owns_nothing(db):
    with connection.cursor() as cursor:
        cursor.execute("select current_user, count(*) from pg_class where pg_get_userbyid(relowner) = current_user")
        assert cursor.fetchone() == (walls.APPLICATION_ROLE, 0)
        cursor.execute("select rolsuper, rolbypassrls from pg_roles where rolname = current_user")
        assert cursor.fetchone() == (False, False)


@pytest.mark.parametrize("table", FACT_TABLES)
@pytest.mark.parametrize("statement", ["update {} set clinic_id = clinic_id", "delete from {}", "truncate {} cascade"])
def test_i1_facts_refuse_change_for_the_application(table, statement, db):
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


def test_i1_the_owner_is_refused_by_trigger(fresh_database: FreshDatabase):
    with transaction.atomic():
        clinic = a_clinic("North")
        a_patient(someone(clinic, Role.FD))
    with psycopg.connect(fresh_database.owner.url()) as owner:
        owner.execute("select set_config('ketacare.organisation', %s, false)", [str(clinic.organisation_id)])
        for statement in ("update people_demographics set family = 'X'", "delete from people_demographics"):
            with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"), owner.transaction():
                owner.execute(statement)
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"), owner.transaction():
            owner.execute("truncate people_demographics cascade")


def test_i1_an_amendment_supersedes_and_says_why(db):
    nurse = someone(clinic := a_clinic(), Role.RN)
    patient = a_patient(someone(clinic, Role.FD), family="Reid")
    first = Demographics.objects.get(patient=patient)
    fields = {"patient": patient, "organisation_id": clinic.organisation_id, "clinic": clinic, "given": "Jo"}
    fields |= {"born_on": first.born_on, "record_number": first.record_number, "happened_at": AT, "recorded_at": AT}
    fields |= {"recorded_by_id": nurse.user_id}
    with pytest.raises(DatabaseError, match="amend_says_why"), transaction.atomic():
        Demographics.objects.create(**fields, family="Reed", amends=first)
    second = Demographics.objects.create(**fields, family="Reed", amends=first, amend_reason="misspelt")
    assert list(Demographics.objects.current().filter(patient=patient)) == [second]
    assert Demographics.objects.filter(patient=patient).count() == 2


def test_i4_a_fact_is_superseded_once(db):
    clinic = a_clinic()
    patient = a_patient(someone(clinic, Role.FD))
    first = Demographics.objects.get(patient=patient)
    fields = {"patient": patient, "organisation_id": clinic.organisation_id, "clinic": clinic, "given": "Jo"}
    fields |= {"born_on": first.born_on, "record_number": "K1", "happened_at": AT, "recorded_at": AT, "amends": first}
    Demographics.objects.create(**fields, family="One", amend_reason="a")
    with pytest.raises(DatabaseError, match="duplicate key"), transaction.atomic():
        Demographics.objects.create(**fields, family="Two", amend_reason="b")
