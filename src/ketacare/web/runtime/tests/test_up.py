"""`ketacare up` as a person starts it: ready, stopped in order, and nothing left when it is killed."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.browser import free_port

from ketacare.web.runtime.tests.processes import wait_until_gone

pytestmark = [pytest.mark.embedded, pytest.mark.crash]


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """One folder for all of them: whoever starts second finds the database that the first has made."""
    folder = Path(tempfile.mkdtemp(prefix="ketacare-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def started(data: Path) -> Iterator[subprocess.Popen[bytes]]:
    port, mllp_port = free_port(), free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("KETACARE_", "DATABASE_"))}
    environment |= {"KETACARE_DATA": str(data), "KETACARE_MLLP_PORT": str(mllp_port)}
    environment |= {"DJANGO_SETTINGS_MODULE": "ketacare.web.settings", "PYTHONPATH": os.pathsep.join(sys.path)}
    log = (data / "up.log").open("wb")
    command = [sys.executable, "-m", "ketacare", "up", "--port", str(port)]
    process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        assert wait_until_ready(port, process), (data / "up.log").read_text()
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        log.close()


def wait_until_ready(port: int, process: subprocess.Popen[bytes], patience_s: float = 240) -> bool:
    give_up_at = time.monotonic() + patience_s
    while time.monotonic() < give_up_at and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    return False


def descendants(pid: int) -> set[int]:
    """Every process below one, as the kernel lists them."""
    try:
        told = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except (FileNotFoundError, ProcessLookupError):  # ended meanwhile
        return set()
    children = {int(word) for word in told.split()}
    return children | {deeper for child in children for deeper in descendants(child)}


def test_it_becomes_ready_and_stops_cleanly_when_asked(started: subprocess.Popen[bytes], data: Path) -> None:
    below = descendants(started.pid)
    assert below
    started.send_signal(signal.SIGTERM)
    assert started.wait(120) == 0
    assert all(wait_until_gone(pid, patience_s=15) for pid in below)
    assert "Stopped." in (data / "up.log").read_text()


def test_when_it_is_killed_nothing_is_left(started: subprocess.Popen[bytes]) -> None:
    below = descendants(started.pid)
    assert below
    started.kill()
    started.wait()
    assert all(wait_until_gone(pid, patience_s=15) for pid in below)
