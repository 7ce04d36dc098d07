"""The embedded database's promises: no orphan, no lost row, one owner, one version, two roles."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from ketacare.web.runtime import roles
from ketacare.web.runtime.postgres import AlreadyOwned, OtherVersion, Postgres, PostgresError, ephemeral
from ketacare.web.runtime.tests.processes import answer, wait_until_gone

pytestmark = pytest.mark.embedded

OWNER_PROGRAM = """
import sys, time
from pathlib import Path
from ketacare.web.runtime.postgres import Postgres
with Postgres(Path(sys.argv[1]), throwaway=True) as server:
    print(server.process.pid, flush=True)
    time.sleep(600)
"""


def start_owner(data: Path) -> tuple[subprocess.Popen[str], int]:
    command = [sys.executable, "-c", OWNER_PROGRAM, str(data)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    owner = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert owner.stdout is not None
    line = owner.stdout.readline()
    owner.stdout.close()
    return owner, int(line)


@pytest.mark.crash
def test_killing_the_owner_leaves_no_orphan_and_the_next_owner_starts(data: Path) -> None:
    owner, server_pid = start_owner(data)
    owner.kill()
    owner.wait()
    with Postgres(data, throwaway=True) as server:
        assert answer(server, "select 1") == [(1,)]
    assert wait_until_gone(server_pid)


@pytest.mark.crash
def test_no_acknowledged_row_is_lost_when_the_server_is_killed(data: Path) -> None:
    with Postgres(data) as server, server.connect(roles.OWNER, roles.DATABASE) as connection:
        connection.execute("create table kept (number int primary key)")
        acknowledged = 0
        for number in range(200):
            connection.execute("insert into kept values (%s)", [number])
            acknowledged += 1
        assert server.process is not None
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    with Postgres(data) as server, server.connect(roles.OWNER, roles.DATABASE) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (acknowledged,)
        assert connection.execute("show fsync").fetchone() == ("on",)


def test_a_second_owner_is_refused_with_the_first_ones_number(data: Path) -> None:
    owner, _ = start_owner(data)
    try:
        with pytest.raises(AlreadyOwned, match=str(owner.pid)):
            Postgres(data).start()
    finally:
        owner.terminate()
        owner.wait()


def test_data_of_another_version_are_refused_and_left_alone(data: Path) -> None:
    with Postgres(data, throwaway=True):
        pass
    written = data / "postgres" / "PG_VERSION"
    written.write_text("14\n")
    with pytest.raises(OtherVersion, match="PostgreSQL 14"):
        Postgres(data, throwaway=True).start()
    assert written.read_text() == "14\n"


def test_a_stale_pid_file_naming_a_living_stranger_is_seen_through(data: Path) -> None:
    with Postgres(data, throwaway=True) as server:
        account = server.account
    stranger = subprocess.Popen(["/bin/sleep", "60"], cwd="/", **account.spawn_options())
    try:
        pid_file = data / "postgres" / "postmaster.pid"
        pid_file.write_text(f"{stranger.pid}\n{data / 'postgres'}\n1\n5432\n{server.socket}\n\n\nready\n")
        os.chown(pid_file, account.uid, account.gid)
        with Postgres(data, throwaway=True) as again:
            assert answer(again, "select 1") == [(1,)]
    finally:
        stranger.kill()
        stranger.wait()


def test_the_application_role_owns_nothing_and_bypasses_nothing() -> None:
    with ephemeral() as server:
        with server.connect(roles.OWNER, roles.DATABASE) as owner:
            owner.execute("create table mine (number int)")
        with server.connect(roles.APPLICATION, roles.DATABASE) as application:
            rights = application.execute(
                "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user"
            ).fetchone()
            assert rights == (False, False, False, False)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute("create table theirs (number int)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute("select * from mine")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute("set role ketacare_owner")


def test_the_socket_is_private_and_there_is_no_other_way_in(data: Path) -> None:
    with Postgres(data, throwaway=True) as server:
        assert server.socket.stat().st_mode & 0o777 == 0o700
        assert answer(server, "show listen_addresses") == [("",)]
        assert answer(server, "select distinct auth_method from pg_hba_file_rules") == [("peer",)]


def test_a_long_data_folder_gets_a_short_socket(data: Path) -> None:
    deep = data / ("d" * 100)
    with Postgres(deep, throwaway=True) as server:
        assert not server.socket.is_relative_to(deep)
        assert answer(server, "select 1") == [(1,)]
    server.socket.rmdir()


def test_making_the_cluster_is_all_or_nothing(data: Path) -> None:
    (data / "postgres.unfinished").mkdir()
    (data / "postgres.unfinished" / "PG_VERSION").write_text("18\n")
    with Postgres(data, throwaway=True) as server:
        assert answer(server, "select 1") == [(1,)]
    assert not (data / "postgres.unfinished").exists()


def test_a_folder_that_holds_something_else_is_refused_and_left_alone(data: Path) -> None:
    (data / "postgres").mkdir()
    (data / "postgres" / "thesis.txt").write_text("mine")
    with pytest.raises(PostgresError, match="holds no database"):
        Postgres(data, throwaway=True).start()
    assert (data / "postgres" / "thesis.txt").read_text() == "mine"


def test_what_people_type_does_not_reach_the_log(data: Path) -> None:
    with Postgres(data, throwaway=True) as server:
        with server.connect(roles.OWNER, roles.DATABASE) as connection:
            connection.execute("create table people (name text primary key, born_on date)")
            connection.execute("insert into people values ('Canary Roe', '1980-01-01')")
            for statement in ("insert into people values ('Canary Roe', null)", "select 'Canary Roe'::date"):
                with pytest.raises(psycopg.Error):
                    connection.execute(statement)
        log = data / "postgres.log"
        assert "Canary" not in log.read_text()
        assert log.stat().st_mode & 0o777 == 0o600
