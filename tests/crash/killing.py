"""Kills a request at a chosen moment, in a process of its own, the way a power cut would.

The moments of an act: before its first write, between two writes, after the commit and before the reply, after the
reply. `os._exit` runs no clean-up: what the database then holds is what it was promised.
"""

from __future__ import annotations

import os
import pickle
import re
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from mmap import mmap
from struct import Struct
from typing import Any
from unittest.mock import patch

from django.apps import apps
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import AutoField, Model
from django.db.transaction import Atomic
from django.http.response import HttpResponseBase
from psycopg import Cursor

COUNTER = Struct("!I")
KILLED, FINISHED, FAILED = 9, 0, 7
# The session's own row and the framework's tables are not records of an act.
WRITE = re.compile(r"\s*(insert into|update|delete from)\s+(?!\"?(django_session|axes_))", re.I)


class Moment(StrEnum):
    BEFORE_FIRST_WRITE = "before the first write"
    BETWEEN_WRITES = "between two writes"
    AFTER_COMMIT = "after commit, before the reply"
    AFTER_REPLY = "after the reply"


@dataclass(frozen=True)
class Answer:
    """What the one who sent it is told."""

    status: int
    location: str | None
    content: bytes

    @classmethod
    def of(cls, response: Any) -> Answer:
        return cls(response.status_code, response.get("Location"), response.content)


@dataclass(frozen=True)
class Death:
    """Whether the moment came, how many writes were made by then, and what was answered if it came to that."""

    came: bool
    writes: int
    answer: Answer | None = None


def killed_at(moment: Moment, send: Callable[[], Any], *, at_write: int = 0, protected: bool = True) -> Death:
    """Run the request in a child and kill it there, before its write `at_write` where the moment is a write."""
    made = mmap(-1, COUNTER.size)
    with tempfile.TemporaryFile(buffering=0) as heard:
        child = os.fork()
        if child == 0:
            leave_to_the_parent()
            try:
                with ExitStack() as stack:
                    if not protected:
                        stack.enter_context(without_transactions())
                    stack.enter_context(trap(moment, at_write, made))
                    told = send()  # a process of ours answers nobody
                    heard.write(pickle.dumps(Answer.of(told) if isinstance(told, HttpResponseBase) else None))
                os._exit(KILLED if moment is Moment.AFTER_REPLY else FINISHED)
            except BaseException:
                traceback.print_exc()
                os._exit(FAILED)
        _, status = os.waitpid(child, 0)
        heard.seek(0)
        told = heard.read()
    code = os.waitstatus_to_exitcode(status)
    assert code != FAILED, "the request failed by itself"
    return Death(code == KILLED, COUNTER.unpack(made[:])[0], pickle.loads(told) if told else None)


LEFT: list[Any] = []


def leave_to_the_parent() -> None:
    """In the child: it opens connections of its own, and theirs stay as they are. Each is kept, since whoever lets one
    go says goodbye to the server on the line that both hold."""
    for wrapper in connections.all(initialized_only=True):
        LEFT.append(wrapper.connection)
        wrapper.connection = None


@contextmanager
def trap(moment: Moment, at_write: int, made: mmap) -> Iterator[None]:
    """Counts the writes into memory that outlives the process."""
    writes = 0

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal writes
        if WRITE.match(sql):
            writes += 1
            made[:] = COUNTER.pack(writes)
            if writes == at_write:
                os._exit(KILLED)
        return execute(sql, params, many, context)

    commit = BaseDatabaseWrapper._commit

    def commit_and_die(self: BaseDatabaseWrapper) -> None:
        commit(self)
        if moment is Moment.AFTER_COMMIT and writes:
            os._exit(KILLED)

    with connection.execute_wrapper(wrapper), patch.object(BaseDatabaseWrapper, "_commit", commit_and_die):
        yield


def writes_of(send: Callable[[], Any]) -> int:
    """How many writes a request makes, undisturbed."""
    writes = 0

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal writes
        writes += bool(WRITE.match(sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        send()
    return writes


@contextmanager
def without_transactions() -> Iterator[None]:
    """The control arm: the same code with its transactions taken away. Tenant settings then last for the connection."""
    from ketacare.clinic.tenancy import actions

    def enter(*, organisation_id: Any = None, user_id: Any = None) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "select set_config('ketacare.organisation', %s, false), set_config('ketacare.user', %s, false)",
                [str(organisation_id or ""), str(user_id or "")],
            )

    connection.ensure_connection()
    with (
        patch.object(Atomic, "__enter__", lambda self: None),
        patch.object(Atomic, "__exit__", lambda self, *_: None),
        patch.object(actions, "enter", enter),
        patch("django.db.transaction.set_rollback", lambda *_, **__: None),
        patch.object(connection, "in_atomic_block", True),  # row locks are asked for, and let go at once
        patch.object(connection, "get_autocommit", lambda: False),
    ):
        yield


def rows_of(organisation_id: Any) -> dict[str, str]:
    """Per table of ours how many rows one organisation has, and the transaction that wrote the newest of them.

    Nobody else writes, and transactions are numbered in order: what was written, changed or deleted since changes this.
    """
    return told(organisation_id, asked(COUNTED))


def words_since(organisation_id: Any, since: int) -> dict[str, str]:
    """Per table how many rows there are, and the digest of the words of those written by transaction `since` or later.

    Two runs of one act differ in what chance and the server's clock gave them; that is left out.
    """
    return told(organisation_id, asked(DIGESTED), since)


def told(organisation_id: Any, question: str, since: int = 0) -> dict[str, str]:
    raw = witness(connection.settings_dict["NAME"])
    with raw.transaction():
        raw.execute(
            "select set_config('ketacare.organisation', %s, true), set_config('witness.since', %s, true)",
            [str(organisation_id), str(since)],
        )
        return dict(raw.execute(question, prepare=True).fetchall())


def next_transaction() -> int:
    """What is written from now on is written by this one or a later one, whoever else is still at work."""
    raw = witness(connection.settings_dict["NAME"])
    return int(raw.execute("select pg_snapshot_xmax(pg_current_snapshot())::text").fetchone()[0])


WITNESSES: dict[str, Any] = {}


def witness(database: str) -> Any:
    """A connection of its own for looking: no kill closes it, so the server need not plan the long question anew."""
    if database not in WITNESSES:
        parameters = connection.get_connection_params() | {"cursor_factory": Cursor}
        WITNESSES[database] = connection.get_new_connection(parameters)
    return WITNESSES[database]


def dismiss_witnesses() -> None:
    """No database is copied or dropped while somebody looks at it."""
    while WITNESSES:
        WITNESSES.popitem()[1].close()


COUNTED = """select '{table}', count(*) || ' ' || coalesce(max(t.xmin::text::bigint), 0) from "{table}" t"""
DIGESTED = """
    select '{table}', (select count(*) from "{table}") || ' ' || coalesce(md5(string_agg(line, ';' order by line)), '')
    from (select regexp_replace((to_jsonb(t) - '{{{left_out}}}'::text[])::text, '{by_chance}', '#', 'g') as line
          from "{table}" t where t.xmin::text::bigint >= (select current_setting('witness.since')::bigint)) r
"""


@cache
def asked(question: str) -> str:
    tables = [model for model in apps.get_models(include_auto_created=True) if hasattr(model, "wall")]
    return " union all ".join(
        question.format(table=model._meta.db_table, left_out=left_out(model), by_chance=BY_CHANCE) for model in tables
    )


# Identities made by chance, hashes over them, signatures of links, and numbers given by the database.
BY_CHANCE = (
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32,}"
    r"|/(?:[cikhmr]|caregiver)/[^/]+|seen=[\w-]+|amends:[0-9]+"
)


def left_out(model: type[Model]) -> str:
    return ",".join(field.column for field in model._meta.local_concrete_fields if by_the_server(field))


# A reading names its message by number alone (the mailroom is another room's); a sign-in is no act of ours; what is
# kept of a password has a salt of its own.
BY_NUMBER_OR_CHANCE = {"message", "last_message", "last_login", "password"}


def by_the_server(field: Any) -> bool:
    """Numbered or dated by the server, or pointing at what it numbered: a lost number is not a lost row."""
    if field.name in BY_NUMBER_OR_CHANCE:
        return True
    at = field.target_field if field.is_relation else field
    return isinstance(at, AutoField) or field.has_db_default()
