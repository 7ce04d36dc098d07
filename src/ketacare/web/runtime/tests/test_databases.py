"""Which address each role gets, embedded and external."""

import os
from dataclasses import replace

import psycopg
import pytest
from tests.database import DatabaseServer

from ketacare.web.runtime import databases, roles
from ketacare.web.runtime.databases import Address, BadAddress


def test_an_address_survives_being_written_and_read() -> None:
    address = Address("/a folder/socket", "it@clinic", "keta care", "5433", "p:/?#%", (("sslmode", "require"),))
    assert Address.parse(address.url()) == address


@pytest.mark.parametrize("url", ["", "mysql://a@b/c", "postgresql://a@b", "clinic"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(BadAddress):
        Address.parse(url)


def test_without_an_external_server_both_roles_use_the_private_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("KETACARE_APP_DATABASE_URL", raising=False)
    monkeypatch.setenv("KETACARE_DATA", "/srv/keta")
    found = databases.database_settings(pool=True)
    assert {alias: entry["USER"] for alias, entry in found.items()} == {
        "default": roles.APPLICATION,
        "owner": roles.OWNER,
    }
    assert {entry["HOST"] for entry in found.values()} == {"/srv/keta/socket"}
    assert "pool" in found["default"]["OPTIONS"]
    assert "pool" not in found["owner"]["OPTIONS"]


def test_an_unknown_password_of_an_existing_role_is_asked_for(
    database_server: DatabaseServer, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_server.admin.url())
    monkeypatch.delenv("KETACARE_APP_DATABASE_URL", raising=False)
    monkeypatch.setenv("KETACARE_DATA", str(tmp_path))
    with pytest.raises(databases.CannotRun, match="KETACARE_APP_DATABASE_URL"):
        databases.ensure_application_role()


def test_a_role_made_for_an_external_server_has_a_kept_password(
    database_server: DatabaseServer, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    monkeypatch.setattr(roles, "APPLICATION", "ketacare_app_elsewhere")
    monkeypatch.setenv("DATABASE_URL", database_server.admin.url())
    monkeypatch.delenv("KETACARE_APP_DATABASE_URL", raising=False)
    monkeypatch.setenv("KETACARE_DATA", str(tmp_path))
    databases.ensure_application_role()
    try:
        assert databases.password_file().stat().st_mode & 0o777 == 0o600
        expected = replace(database_server.admin, user="ketacare_app_elsewhere", password=databases.kept_password())
        assert databases.app_address() == expected
        databases.ensure_application_role()  # a second time nothing is asked
    finally:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as admin:
            admin.execute("drop role ketacare_app_elsewhere")
