"""Asking a server, and waiting for a process to be gone."""

import time
from pathlib import Path

from ketacare.web.runtime.postgres import Postgres


def answer(server: Postgres, query: str) -> list[tuple[object, ...]]:
    with server.connect() as connection:
        return connection.execute(query).fetchall()


def gone(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_until_gone(pid: int, patience_s: float = 30) -> bool:
    give_up_at = time.monotonic() + patience_s
    while not gone(pid) and time.monotonic() < give_up_at:
        time.sleep(0.02)
    return gone(pid)
