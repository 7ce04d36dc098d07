"""The database server itself is killed while an answer is kept, and started again by whoever watches over it.

A server of its own, durable as a clinic's is: `kill -9` reaches its first process before a write, after a commit or
after the reply, and everything it had not promised is gone with it.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from ketacare.web.runtime import roles
from ketacare.web.runtime.databases import Address
from ketacare.web.runtime.postgres import SUPERUSER, Postgres
from tests import template
from tests.crash import answers
from tests.crash.answers import Ground, Tally
from tests.crash.killing import WRITE, Moment
from tests.database import DatabaseServer, pointed_at

DATABASE = "answers"


@dataclass
class Killed:
    """Kills this server at a moment of a request that runs in a process of its own, and starts it again."""

    server: Postgres

    def __call__(self, moment: Moment, send: Callable[[], Any], chance: random.Random) -> bool:
        assert self.server.process is not None
        connections.close_all()
        postmaster, at_write = self.server.process.pid, chance.randint(1, 40)
        child = os.fork()
        if child == 0:
            try:
                with trap(postmaster, moment, at_write):
                    send()
                if moment is Moment.AFTER_REPLY:
                    os.kill(postmaster, signal.SIGKILL)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        died = moment is Moment.AFTER_REPLY or self.server.has_died()
        if died:
            self.server.process.wait()
            self.server.revive()
        return died


@contextmanager
def trap(postmaster: int, moment: Moment, at_write: int) -> Iterator[None]:
    writes = 0

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal writes
        writes += bool(WRITE.match(sql))
        if writes == at_write and moment in (Moment.BEFORE_FIRST_WRITE, Moment.BETWEEN_WRITES):
            os.kill(postmaster, signal.SIGKILL)
        return execute(sql, params, many, context)

    commit = BaseDatabaseWrapper._commit

    def commit_and_die(self: BaseDatabaseWrapper) -> None:
        commit(self)
        if moment is Moment.AFTER_COMMIT and writes:
            os.kill(postmaster, signal.SIGKILL)

    with connection.execute_wrapper(wrapper), patch.object(BaseDatabaseWrapper, "_commit", commit_and_die):
        yield


@contextmanager
def durable() -> Iterator[tuple[Postgres, DatabaseServer]]:
    data = Path(tempfile.mkdtemp(prefix="ketacare-"))
    data.chmod(0o711)
    try:
        with Postgres(data) as server:
            admin = Address(str(server.socket), SUPERUSER, "postgres")
            yield (
                server,
                DatabaseServer(admin, replace(admin, user=roles.OWNER), replace(admin, user=roles.APPLICATION)),
            )
    finally:
        shutil.rmtree(data, ignore_errors=True)


def played(seed: int, count: int) -> Tally:
    """So many answers, the server killed one to three times around each."""
    tally = Tally()
    with durable() as (server, addresses):
        addresses.create(DATABASE, "template0")
        with pointed_at(addresses, DATABASE):
            template.make(addresses.admin, DATABASE)
            ground = Ground.laid()
            for case in answers.cases(seed, count):
                answers.play(ground, case, tally, kill=Killed(server))
    return tally
