"""The embedded PostgreSQL: made, started, watched and stopped by us, for exactly one owner at a time.

The server listens on a private socket only, trusts nobody without asking the kernel who calls (peer), and dies with
the process that started it. Everything is verified by connecting: a pid file is never believed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Self

import psycopg

from ketacare.web.runtime import account as accounts
from ketacare.web.runtime import binaries as suppliers
from ketacare.web.runtime import roles
from ketacare.web.runtime.databases import Address
from ketacare.web.runtime.faults import CannotRun
from ketacare.web.runtime.folders import default_data_folder, socket_folder
from ketacare.web.runtime.parent_death import die_with_parent

SUPERUSER = "postgres"
START_PATIENCE_S = 600.0
STOP_PATIENCE_S = 30.0
OLD_SERVER_PATIENCE_S = 10.0
LONGEST_LOG_BYTES = 10_000_000

DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "wal_compression": "on",
    "max_wal_size": "1GB",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "datestyle": "'ISO'",
    "password_encryption": "'scram-sha-256'",
    "logging_collector": "off",
    # Statements, their values and the texts of errors may hold patient data: none of them goes to the log.
    "log_min_messages": "log",
    "log_checkpoints": "off",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    "log_line_prefix": "'%m [%p] '",
}


class PostgresError(CannotRun):
    """The embedded database can't be used; the text says why and what to do."""


class AlreadyOwned(PostgresError):
    """Another process runs the database of this data folder."""


class OtherVersion(PostgresError):
    """The data were written by another major version."""


class Postgres:
    """One embedded server; `with Postgres(data) as server: psycopg.connect(server.url("ketacare_app"))`.

    Start it from the main thread: the server dies with the thread that started it.
    """

    def __init__(self, data: Path | None = None, *, throwaway: bool = False) -> None:
        self.data = (data or default_data_folder()).absolute()
        self.throwaway = throwaway
        self.cluster = self.data / "postgres"
        self.config = self.data / "config"
        self.socket = socket_folder(self.data)
        self.process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def url(self, user: str = roles.OWNER, database: str = roles.DATABASE) -> str:
        return Address(str(self.socket), user, database).url()

    def connect(self, user: str = SUPERUSER, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(self.url(user, database), autocommit=True, connect_timeout=10)

    # Starting

    def start(self) -> None:
        """Make the cluster if there is none, start it, and return once it answers and its roles exist."""
        self._claim()
        try:
            self.account = accounts.for_server(throwaway=self.throwaway)
            self.binaries = self._readable_binaries()
            self._prepare_folders()
            self._initialise()
            self._refuse_other_version()
            self._write_config()
            self._run()
            with self.connect() as connection:
                roles.ensure(connection)
        except BaseException:
            self.stop()
            raise

    def _claim(self) -> None:
        # Root's server runs as another account, which must pass through; nobody else has any business here.
        self.data.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
        self._lock = (self.data / "owner.lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.seek(0)
            holder = self._lock.read().strip() or "unknown"
            self._lock.close()
            self._lock = None
            raise AlreadyOwned(
                f"The database in {self.data} is already run by process {holder}. Stop that process first, "
                "or choose another folder with KETACARE_DATA."
            ) from None
        self._lock.truncate(0)
        self._lock.write(f"{os.getpid()}\n")
        self._lock.flush()

    def _readable_binaries(self) -> suppliers.Binaries:
        found = suppliers.find()
        if self.account.may("-x", found.bindir / "postgres") and self.account.may("-r", found.bindir.parent / "share"):
            return found
        return suppliers.copied(found, self.data)

    def _prepare_folders(self) -> None:
        if not self.account.may("-x", self.data):
            raise PostgresError(
                f"The account {self.account.name}, which runs the database, may not enter {self.data}. Choose another "
                "folder with KETACARE_DATA. (The permissions of parent folders are never changed for you.)"
            )
        self._make_private(self.socket)
        self.config.mkdir(mode=0o755, exist_ok=True)

    def _make_private(self, folder: Path) -> None:
        """A folder that only the server's account may enter, refused when it is somebody else's."""
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), self.account.uid):
            raise PostgresError(f"{folder} belongs to somebody else. Move it away.")
        os.chown(folder, self.account.uid, self.account.gid)
        folder.chmod(0o700)

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there whole: killed midway, it is made anew."""
        if self.cluster.exists():
            return
        unfinished = self.data / "postgres.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._make_private(unfinished)
        command = [self.binaries.program("initdb"), "-D", str(unfinished), "-U", SUPERUSER, "-E", "UTF8"]
        command += ["--locale=C.UTF-8", "--data-checksums", "--auth-local=peer", "--auth-host=reject"]
        command += ["--no-sync"] if self.throwaway else []
        options = {"cwd": "/", "env": self._environment(), **self.account.spawn_options()}
        made = subprocess.run(command, capture_output=True, text=True, check=False, **options)
        if made.returncode != 0:
            raise PostgresError(f"initdb failed in {self.data}: {made.stderr.strip()}")
        unfinished.rename(self.cluster)

    def _environment(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/"}

    def _refuse_other_version(self) -> None:
        try:
            written = (self.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
        except FileNotFoundError:
            raise PostgresError(f"{self.cluster} holds no database. Move it away.") from None
        if written != str(self.binaries.major):
            raise OtherVersion(
                f"The data in {self.cluster} were written by PostgreSQL {written}; the programs here are version "
                f"{self.binaries.version}. Use programs of version {written} (KETACARE_POSTGRES_BIN), make a backup "
                "with them and restore it into a new folder."
            )

    def _write_config(self) -> None:
        """Written anew at every start, outside the cluster, so that the server's account can't change it."""
        settings = SETTINGS | (THROWAWAY if self.throwaway else DURABLE)
        settings |= {"unix_socket_directories": f"'{self.socket}'", "unix_socket_permissions": "0700"}
        settings |= {"hba_file": f"'{self.config}/pg_hba.conf'", "ident_file": f"'{self.config}/pg_ident.conf'"}
        callers = sorted({accounts.ours().name, self.account.name})
        known = [f"own {caller} {role}" for caller in callers for role in (SUPERUSER, roles.OWNER, roles.APPLICATION)]
        self._write("postgresql.conf", [f"{name} = {value}" for name, value in settings.items()])
        self._write("pg_hba.conf", ["local all all peer map=own", "local replication all peer map=own"])
        self._write("pg_ident.conf", known)

    def _write(self, name: str, lines: list[str]) -> None:
        path = self.config / name
        path.write_text("\n".join(["# Written by ketacare at every start: changes are lost.", *lines, ""]))
        path.chmod(0o644)

    def _run(self) -> None:
        """Start and wait for an answer; while the server of a killed owner is still going down, try again."""
        give_up_at = time.monotonic() + OLD_SERVER_PATIENCE_S
        while not self._launch():
            if not self._remove_stale_pid_file() and time.monotonic() > give_up_at:
                raise PostgresError(f"PostgreSQL does not start: {self.last_log_lines()}")
            time.sleep(0.1)

    def _launch(self) -> bool:
        command = [self.binaries.program("postgres"), "-D", str(self.cluster)]
        command += ["-c", f"config_file={self.config}/postgresql.conf", "-h", ""]
        if not self.throwaway:
            # On the command line nothing in the cluster (postgresql.auto.conf) can override it.
            command += [part for name, value in DURABLE.items() for part in ("-c", f"{name}={value}")]
        with self._open_log() as log:
            self.process = subprocess.Popen(
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment(),
                start_new_session=True,  # Ctrl-C in the terminal is ours to handle, in order
                preexec_fn=die_with_parent(signal.SIGQUIT),
                **self.account.spawn_options(),
            )
        return self._answers()

    def _open_log(self) -> IO[bytes]:
        """The server's log, ours alone; the former one is kept when it has grown long."""
        path = self.data / "postgres.log"
        if path.exists() and path.stat().st_size > LONGEST_LOG_BYTES:
            path.replace(path.with_suffix(".log.before"))
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")

    def _answers(self) -> bool:
        assert self.process is not None
        give_up_at = time.monotonic() + START_PATIENCE_S
        while time.monotonic() < give_up_at:
            if self.process.poll() is not None:
                return False
            try:
                self.connect().close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                # A dying predecessor may have answered in our server's place.
                return self.process.poll() is None
        raise PostgresError(f"PostgreSQL did not answer within {START_PATIENCE_S:.0f} s: {self.last_log_lines()}")

    def _remove_stale_pid_file(self) -> bool:
        """Remove `postmaster.pid` when no process works in the cluster's folder: its number belongs to a stranger."""
        pid_file = self.cluster / "postmaster.pid"
        if not pid_file.exists() or self._has_processes():
            return False
        pid_file.unlink()
        return True

    def _has_processes(self) -> bool:
        """Whether any process has the cluster as its working folder, as every server process has."""
        entries = list(Path("/proc").glob("[0-9]*/cwd"))
        if not entries:
            return True  # no such file system: we can't tell, so we touch nothing
        for entry in entries:
            try:
                if entry.readlink() == self.cluster:
                    return True
            except OSError:
                continue
        return False

    def last_log_lines(self, count: int = 5) -> str:
        try:
            return " / ".join((self.data / "postgres.log").read_text(errors="replace").splitlines()[-count:])
        except FileNotFoundError:
            return "(no log)"

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def revive(self) -> None:
        """Start the server again after it died under us; its folder stays ours throughout."""
        self._run()

    # Stopping

    def stop(self) -> None:
        """A fast, clean stop: sessions are ended, everything is written, then the folder is free for another owner."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(STOP_PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait()
        self.process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None


@contextmanager
def ephemeral() -> Iterator[Postgres]:
    """A server for tests: in a temporary folder, not durable, gone afterwards."""
    data = Path(tempfile.mkdtemp(prefix="ketacare-"))
    data.chmod(0o711)
    server = Postgres(data, throwaway=True)
    try:
        with server:
            yield server
    finally:
        shutil.rmtree(data, ignore_errors=True)
