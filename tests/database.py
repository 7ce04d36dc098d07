"""The databases of a test run (a pytest plugin, loaded by the root conftest).

One server a run: the embedded one, or the external one of DATABASE_URL. On it a template is built once by the real
migrations and walls; each worker gets a copy. In a test the alias `default` (the application role) is wrapped in a
transaction that is rolled back; the alias `owner` is not, so what it founds is visible to `default` at once and stays:
found an organisation per test, and tests can't see each other's.

A test that must really commit asks for `fresh_database`: a copy of the template for that test alone.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from pytest_django import DjangoDbBlocker

from ketacare.web.runtime import roles
from ketacare.web.runtime.databases import Address
from ketacare.web.runtime.postgres import SUPERUSER, ephemeral
from tests import template

RUN = "KETACARE_TEST_RUN"
SERVER = "KETACARE_TEST_SERVER"
RUNNING = pytest.StashKey[ExitStack]()
DEMO = "demo"
VACUUM_TRIES, VACUUM_WAIT_S = 60, 0.5
# What leans on PostgreSQL itself (policies, triggers, chains, NOTIFY, crashes) also runs on an external server.
SMOKE = ("clinic/tenancy/tests/", "clinic/audit/tests/", "web/live/tests/", "tests/crash/")


def pytest_itemcollected(item: pytest.Item) -> None:
    if any(place in item.path.as_posix() for place in SMOKE):
        item.add_marker(pytest.mark.smoke)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The run on an external server needn't read the thousand files that hold nothing of it."""
    if config.option.markexpr != "smoke and not embedded" or collection_path.suffix != ".py":
        return None
    holds = any(place in collection_path.as_posix() for place in SMOKE) or "smoke" in collection_path.read_text()
    return None if holds else True


@dataclass(frozen=True)
class DatabaseServer:
    """How to reach the run's server in its three roles."""

    admin: Address
    owner: Address
    app: Address

    @contextmanager
    def administered(self) -> Iterator[psycopg.Connection]:
        connection = psycopg.connect(self.admin.url(), autocommit=True)
        try:
            yield connection
        finally:
            connection.close()

    def create(self, database: str, template: str) -> None:
        with self.administered() as admin:
            roles.create_database(admin, database, template, owner=self.owner.user, strategy="file_copy")

    def drop(self, database: str) -> None:
        """On an external server its own vacuum may be at work there, which only a superuser may send away: it is
        soon gone."""
        command = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database))
        with self.administered() as admin:
            for _ in range(VACUUM_TRIES):
                with suppress(psycopg.errors.InsufficientPrivilege):
                    admin.execute(command)
                    return
                time.sleep(VACUUM_WAIT_S)
            admin.execute(command)


@dataclass(frozen=True)
class FreshDatabase:
    """A database of one test's own, in which commits are real."""

    owner: Address
    app: Address

    def environment(self) -> dict[str, str]:
        """For a process of ours that the test starts."""
        return os.environ | {
            "DATABASE_URL": self.owner.url(),
            "KETACARE_APP_DATABASE_URL": self.app.url(),
            "DJANGO_SETTINGS_MODULE": "ketacare.web.settings",
        }


def is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


def pytest_configure(config: pytest.Config) -> None:
    """With workers, the server is started before them, here, so that all share it."""
    if is_worker():
        return
    os.environ[RUN] = secrets.token_hex(4)
    config.stash[RUNNING] = ExitStack()
    if getattr(config.option, "numprocesses", None):
        start_server(config.stash[RUNNING])


def pytest_unconfigure(config: pytest.Config) -> None:
    if not is_worker():
        config.stash[RUNNING].close()


def start_server(stack: ExitStack) -> None:
    """Bring up the run's server, once, and name it in the environment, where workers find it."""
    if SERVER in os.environ:
        return
    if os.environ.get("DATABASE_URL"):
        os.environ[SERVER] = "external"
        prepare_external(Address.parse(os.environ["DATABASE_URL"]))
        stack.callback(lambda: running_server().drop(template_name()))
    else:
        os.environ[SERVER] = str(stack.enter_context(ephemeral()).socket)


def prepare_external(owner: Address) -> None:
    """Give the application role of an external server a password for this run."""
    if "KETACARE_APP_DATABASE_URL" not in os.environ:
        password = secrets.token_urlsafe(24)
        with psycopg.connect(owner.url(), autocommit=True) as admin:
            roles.ensure_role(admin, roles.APPLICATION, password=password)
        os.environ["KETACARE_APP_DATABASE_URL"] = replace(owner, user=roles.APPLICATION, password=password).url()


def running_server() -> DatabaseServer:
    if os.environ[SERVER] == "external":
        owner = Address.parse(os.environ["DATABASE_URL"])
        return DatabaseServer(owner, owner, Address.parse(os.environ["KETACARE_APP_DATABASE_URL"]))
    admin = Address(os.environ[SERVER], SUPERUSER, "postgres")
    return DatabaseServer(admin, replace(admin, user=roles.OWNER), replace(admin, user=roles.APPLICATION))


def template_name(kind: str = "template") -> str:
    return f"ketacare_{os.environ[RUN]}_{kind}"


@pytest.fixture(scope="session")
def database_server(pytestconfig: pytest.Config) -> DatabaseServer:
    """The run's PostgreSQL."""
    if not is_worker():
        start_server(pytestconfig.stash[RUNNING])
    return running_server()


@pytest.fixture(scope="session")
def database_template(database_server: DatabaseServer, django_db_blocker: DjangoDbBlocker) -> str:
    """The name of a migrated, walled, empty database; built by the first worker that needs it."""
    name = template_name()
    with django_db_blocker.unblock(), built_once(name) as is_built:
        if not is_built:
            database_server.create(name, "template0")
            with pointed_at(database_server, name):
                fill(database_server, name)
    return name


@pytest.fixture(scope="session")
def demo_template(database_server: DatabaseServer, database_template: str, django_db_blocker: DjangoDbBlocker) -> str:
    """The same with the demo clinic in it, as it is when it has just been told."""
    from ketacare.web import clock, demo

    name = template_name(DEMO)
    with django_db_blocker.unblock(), built_once(name) as is_built:
        if not is_built:
            database_server.create(name, database_template)
            with pointed_at(database_server, name):
                demo.load(at=clock.now())
    return name


@contextmanager
def built_once(name: str) -> Iterator[bool]:
    """Was it built by another worker of this run? The others wait here for whoever builds it."""
    built = Path(os.environ["KETACARE_TEST_DATA"]) / f"{name}.built"
    with built.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield built.exists()
        built.touch()


def fill(server: DatabaseServer, name: str) -> None:
    from ketacare.web.commands.migrate import migrate_and_wall

    if os.environ[SERVER] == "external":
        migrate_and_wall(verbosity=0)
    else:
        template.make(server.admin, name)


@contextmanager
def pointed_at(server: DatabaseServer, database: str) -> Iterator[FreshDatabase]:
    """Django's connections, in every thread that opens one from now on, lead to this database."""
    from django.db import connections

    fresh = FreshDatabase(replace(server.owner, database=database), replace(server.app, database=database))
    before = {alias: dict(connections[alias].settings_dict) for alias in ("default", "owner")}
    connections.close_all()
    for alias, address in (("default", fresh.app), ("owner", fresh.owner)):
        found = address.settings()
        options = found["OPTIONS"] | {"options": "-c lock_timeout=10s"}
        connections[alias].settings_dict.update(found | {"OPTIONS": options, "TEST": before[alias]["TEST"]})
    try:
        yield fresh
    finally:
        connections.close_all()
        for alias, settings in before.items():
            connections[alias].settings_dict.update(settings)


@pytest.fixture(scope="session")
def django_db_setup(
    database_server: DatabaseServer, database_template: str, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """This worker's database, a copy of the template."""
    leave_owner_unwrapped()
    name = f"ketacare_{os.environ[RUN]}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    database_server.create(name, database_template)
    with pointed_at(database_server, name):
        yield
    database_server.drop(name)


def leave_owner_unwrapped() -> None:
    """Django wraps every alias of a test in a transaction of its own; `default` could not see what `owner` made."""
    from django.test import TestCase, TransactionTestCase

    TransactionTestCase.databases = {"default", "owner"}
    TestCase._databases_names = classmethod(lambda cls, include_mirrors=True: ["default"])


@pytest.fixture
def fresh_database(
    request: pytest.FixtureRequest, database_server: DatabaseServer, django_db_blocker: DjangoDbBlocker
) -> Iterator[FreshDatabase]:
    """A database for this test alone: commits, triggers at commit, NOTIFY and other processes are real. With the mark
    `demo` the demo clinic is in it."""
    name = f"ketacare_{os.environ[RUN]}_{secrets.token_hex(4)}"
    is_demo = request.node.get_closest_marker(DEMO) is not None
    database_server.create(name, request.getfixturevalue("demo_template" if is_demo else "database_template"))
    try:
        with django_db_blocker.unblock(), pointed_at(database_server, name) as fresh:
            yield fresh
    finally:
        database_server.drop(name)
