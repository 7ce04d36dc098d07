"""The test databases keep their promises, and every alias has the rights it should."""

import os
import re
import secrets
import subprocess
from contextlib import nullcontext
from dataclasses import replace
from unittest.mock import patch

import pytest
from django.db import ProgrammingError, connections
from pytest_django import DjangoDbBlocker
from tests.database import DatabaseServer, FreshDatabase, pointed_at

from ketacare.clinic.tenancy.actions import found_organisation, tenant
from ketacare.clinic.tenancy.models import Organisation
from ketacare.web.runtime import binaries


@pytest.mark.smoke
@pytest.mark.django_db
def test_default_is_the_application_role_and_owns_nothing() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("select current_user, count(*) from pg_class where pg_get_userbyid(relowner) = current_user")
        assert cursor.fetchone() == ("ketacare_app", 0)
        cursor.execute("select rolsuper or rolbypassrls from pg_roles where rolname = current_user")
        assert cursor.fetchone() == (False,)


@pytest.mark.smoke
@pytest.mark.django_db
def test_the_application_role_cannot_make_a_table() -> None:
    with connections["default"].cursor() as cursor, pytest.raises(ProgrammingError, match="permission denied"):
        cursor.execute("create table theirs (number int)")


@pytest.mark.smoke
@pytest.mark.django_db
def test_what_the_owner_founds_is_seen_at_once() -> None:
    organisation = found_organisation(name="Founded")
    with tenant(organisation.pk):
        assert Organisation.objects.get(pk=organisation.pk).name == "Founded"


@pytest.mark.smoke
def test_a_fresh_database_is_empty_and_commits(fresh_database: FreshDatabase) -> None:
    assert not Organisation.objects.using("owner").exists()
    organisation = found_organisation(name="Kept")
    connections.close_all()
    with tenant(organisation.pk):
        assert Organisation.objects.filter(pk=organisation.pk).exists()


# Walls, rights, functions, triggers and migrations, each as the database tells it.
STRUCTURE = """
select 'policy', tablename || '.' || policyname, concat_ws(' ', cmd, roles::text, qual, with_check) from pg_policies
union all select 'function', oid::regprocedure::text, pg_get_functiondef(oid) from pg_proc
    where pronamespace = 'public'::regnamespace and prokind = 'f'
union all select 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) from pg_trigger
    where not tgisinternal
union all select 'table', oid::regclass::text, concat_ws(' ', relrowsecurity, relforcerowsecurity, relacl::text)
    from pg_class where relnamespace = 'public'::regnamespace
union all select 'migration', app || '.' || name, applied::text from django_migrations
order by 1, 2, 3
"""


def structure() -> list[tuple[str, str, str]]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(STRUCTURE)
        return cursor.fetchall()


@pytest.mark.smoke
@pytest.mark.django_db
def test_migrating_again_changes_nothing() -> None:
    from ketacare.web.commands.migrate import migrate_and_wall

    before = structure()
    assert {kind for kind, _, _ in before} == {"policy", "function", "trigger", "table", "migration"}
    migrate_and_wall(verbosity=0)
    assert structure() == before


@pytest.mark.django_db
def test_every_model_has_its_migration() -> None:
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.embedded
@pytest.mark.skipif("KETACARE_PROOF" not in os.environ, reason="two databases migrated from nothing: make.py proof")
def test_new_models_rendered_alone_make_the_same_database(
    database_server: DatabaseServer, django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock():
        quick = migrated(database_server)
        with patch("ketacare.web.commands.migrate.new_models_rendered_alone", nullcontext):
            assert migrated(database_server) == quick


def migrated(server: DatabaseServer) -> list[str]:
    """All that a database migrated from nothing holds, but for the moments of its migrations."""
    from ketacare.web.commands.migrate import migrate_and_wall

    name = f"migrated_{secrets.token_hex(4)}"
    server.create(name, "template0")
    try:
        with pointed_at(server, name):
            migrate_and_wall(verbosity=0)
        command = [binaries.find().program("pg_dump"), "--inserts", replace(server.admin, database=name).url()]
        told = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    finally:
        server.drop(name)
    moments = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.\d]*\+00")
    return [moments.sub("", line) for line in told.splitlines() if not line.startswith("\\")]
