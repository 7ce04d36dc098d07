"""What a measurement stands on: a durable embedded server in a folder of its own, our own processes, one clinic.

Nothing of the site's own installation is touched: the settings that could lead there are taken out of the environment
first, everything listens on loopback or a private socket, and folder and processes are gone afterwards.
"""

from __future__ import annotations

import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from ketacare.web import clock
from ketacare.web.runtime import roles
from ketacare.web.runtime.parent_death import die_with_parent
from ketacare.web.runtime.postgres import Postgres
from ketacare.web.runtime.supervisor import Child

OURS = ("KETACARE_", "DATABASE_", "DJANGO_")
KEPT = (
    "KETACARE_POSTGRES_BIN",
    "KETACARE_POSTGRES_ACCOUNT",
    "KETACARE_REFERENCE_DATA",
)  # and what a question is asked with
READY_WITHIN_S = 60.0


@dataclass
class Ground:
    """A running server with our tables, and Django in this process led to it as the application role."""

    server: Postgres
    web_port: int
    mllp_port: int

    @property
    def folder(self) -> Path:
        return self.server.data

    def owner(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.server.url(roles.OWNER), autocommit=True)

    def app(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.server.url(roles.APPLICATION), autocommit=True)

    @contextmanager
    def process(self, name: str, *arguments: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
        """One of our processes as the supervisor starts it, from when its port answers until the block ends."""
        with (self.folder / f"{name}.log").open("wb") as log:
            running = subprocess.Popen(
                Child(name, [name, *arguments]).command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        try:
            wait_for_port(port, running, self.folder / f"{name}.log")
            yield running
        finally:
            running.terminate()
            try:
                running.wait(10)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()

    @contextmanager
    def web(self) -> Iterator[subprocess.Popen[bytes]]:
        with self.process("web", "--port", str(self.web_port), port=self.web_port) as running:
            wait_until_ready(f"http://127.0.0.1:{self.web_port}/readyz?for=pages")
            yield running


@contextmanager
def prepared() -> Iterator[Ground]:
    """Make it, migrate it, and take it away again."""
    folder = Path(tempfile.mkdtemp(prefix="ketacare-bench-"))
    folder.chmod(0o711)
    ports = free_port(), free_port()
    lead_there(folder, *ports)
    try:
        with Postgres(folder) as server:
            set_up()
            yield Ground(server, *ports)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def lead_there(folder: Path, web_port: int, mllp_port: int) -> None:
    for name in [name for name in os.environ if name.startswith(OURS)]:
        if name not in KEPT and not name.startswith("KETACARE_BENCH_"):
            del os.environ[name]
    os.environ |= {
        "KETACARE_DATA": str(folder),
        "KETACARE_ORIGIN": f"http://localhost:{web_port}",
        "KETACARE_MLLP_PORT": str(mllp_port),
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        # Many invented people are made here: their passwords are not what is measured.
        "KETACARE_TESTING": "1",
        "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
    }


def set_up() -> None:
    from ketacare.web.commands.migrate import migrate_and_wall
    from ketacare.web.runtime.application import set_up as django_set_up

    django_set_up()
    migrate_and_wall(verbosity=0)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, running: subprocess.Popen[bytes], log: Path | None = None) -> None:
    give_up_at = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < give_up_at and running.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    said = log.read_text(errors="replace")[-2000:] if log else ""
    raise RuntimeError(f"a process does not answer: {said}")


def wait_until_ready(url: str) -> None:
    give_up_at = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < give_up_at:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("the web process does not become ready")


def machine(ground: Ground) -> dict[str, str | int | float]:
    """Size in words, and how busy it was with other work when we began; no names and no paths."""
    with ground.owner() as connection:
        version = str(connection.info.server_version // 10000)
    return {
        "on": f"{clock.now():%d-%b-%Y}",
        "cores": os.cpu_count() or 0,
        "python": platform.python_version(),
        "postgresql": version,
        "load_before": round(os.getloadavg()[0], 1),
        "synced_writes_per_s": round(synced_writes_per_s(ground.folder)),
    }


def synced_writes_per_s(folder: Path, seconds: float = 1.0) -> float:
    """How often this disk can promise 8 kB: the ceiling of one commit after another."""
    block, count = os.urandom(8192), 0
    descriptor = os.open(folder / "synced", os.O_CREAT | os.O_WRONLY, 0o600)
    os.posix_fallocate(descriptor, 0, 8192 * 64)
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        os.pwrite(descriptor, block, 8192 * (count % 64))
        os.fdatasync(descriptor)
        count += 1
    os.close(descriptor)
    return count / (time.perf_counter() - began)
