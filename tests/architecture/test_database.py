"""The test databases keep their promises, and every alias has the rights it should."""

import pytest
from django.db import ProgrammingError, connections
from tests.database import FreshDatabase

from ketacare.clinic.tenancy.actions import found_organisation, tenant
from ketacare.clinic.tenancy.models import Organisation


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


@pytest.mark.smoke
@pytest.mark.django_db
def test_migrating_again_changes_nothing() -> None:
    from ketacare.web.commands.migrate import migrate_and_wall

    migrate_and_wall(verbosity=0)


@pytest.mark.django_db
def test_every_model_has_its_migration() -> None:
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
