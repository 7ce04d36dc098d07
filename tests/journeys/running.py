"""`ketacare up --demo` as somebody starts it, on a data folder and ports of its own (a pytest plugin)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker
from tests.browser import free_port
from tests.database import DatabaseServer, pointed_at

from ketacare.web.runtime import roles
from ketacare.web.runtime.databases import Address
from ketacare.web.runtime.folders import socket_folder
from ketacare.web.runtime.parent_death import die_with_parent
from ketacare.web.runtime.postgres import SUPERUSER

PATIENCE_S = 240.0


@dataclass(frozen=True)
class Running:
    """A demo clinic that is up: its pages, its door for monitors, and what its processes wrote."""

    address: str
    door: str
    log: Path


@pytest.fixture
def running(django_db_blocker: DjangoDbBlocker) -> Iterator[Running]:
    """Processes and database as a person has them; the test reaches the same database, to tell what happened before."""
    folder = Path(tempfile.mkdtemp(prefix="ketacare-"))
    folder.chmod(0o711)
    port, mllp = free_port(), free_port()
    command = [sys.executable, "-m", "ketacare", "up", "--demo", "--port", str(port)]
    log = folder / "up.log"
    try:
        with up(command, environment(folder, mllp), log) as process:
            wait_until_ready(port, process, log)
            with django_db_blocker.unblock(), pointed_at(embedded_in(folder), roles.DATABASE):
                yield Running(f"http://localhost:{port}", f"mllp://127.0.0.1:{mllp}", log)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def environment(folder: Path, mllp: int) -> dict[str, str]:
    """Nothing of the test run's own server or settings."""
    ours = ("KETACARE_", "DATABASE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "ketacare.web.settings",
        "KETACARE_DATA": str(folder),
        "KETACARE_MLLP_PORT": str(mllp),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }


def embedded_in(folder: Path) -> DatabaseServer:
    admin = Address(str(socket_folder(folder)), SUPERUSER, "postgres")
    return DatabaseServer(admin, replace(admin, user=roles.OWNER), replace(admin, user=roles.APPLICATION))


@contextmanager
def up(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as written:
        process = subprocess.Popen(
            command, env=environment, stdout=written, stderr=written, preexec_fn=die_with_parent()
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(40)


def wait_until_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_at and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/readyz", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    pytest.fail(f"the demo clinic does not come up: {log.read_text()[-2000:]}")
