"""Kills a request at a chosen moment, in a process of its own, the way a power cut would.

The moments of an act: before its first write, between two writes, after the commit and before the reply, after the
reply. `os._exit` runs no clean-up: what the database then holds is what it was promised.
"""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from typing import Any
from unittest.mock import patch

from django.apps import apps
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import Atomic
from django.http import HttpResponseBase

KILLED, FINISHED, FAILED = 9, 0, 7
# The session's own row and the framework's tables are not records of an act.
WRITE = re.compile(r"\s*(insert into|update|delete from)\s+\"?(?!django_session|axes_|savepoint)", re.I)


class Moment(StrEnum):
    BEFORE_FIRST_WRITE = "before the first write"
    BETWEEN_WRITES = "between two writes"
    AFTER_COMMIT = "after commit, before the reply"
    AFTER_REPLY = "after the reply"


def killed_at(moment: Moment, send: Callable[[], HttpResponseBase], *, protected: bool = True) -> bool:
    """Run the request in a child and kill it there. True if it was killed, False if that moment never came."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            with ExitStack() as stack:
                if not protected:
                    stack.enter_context(without_transactions())
                stack.enter_context(trap(moment))
                send()
            os._exit(KILLED if moment is Moment.AFTER_REPLY else FINISHED)
        except BaseException:
            traceback.print_exc()
            os._exit(FAILED)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code != FAILED, "the request failed by itself"
    return code == KILLED


@contextmanager
def trap(moment: Moment) -> Iterator[None]:
    writes = 0

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal writes
        if WRITE.match(sql):
            writes += 1
            if moment is Moment.BEFORE_FIRST_WRITE or (moment is Moment.BETWEEN_WRITES and writes == 2):
                os._exit(KILLED)
        return execute(sql, params, many, context)

    commit = BaseDatabaseWrapper._commit

    def commit_and_die(self: BaseDatabaseWrapper) -> None:
        commit(self)
        if moment is Moment.AFTER_COMMIT and writes:
            os._exit(KILLED)

    with connection.execute_wrapper(wrapper), patch.object(BaseDatabaseWrapper, "_commit", commit_and_die):
        yield


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

    with (
        patch.object(Atomic, "__enter__", lambda self: None),
        patch.object(Atomic, "__exit__", lambda self, *_: None),
        patch.object(actions, "enter", enter),
        patch("django.db.transaction.set_rollback", lambda *_, **__: None),
    ):
        yield


def contents(organisation_id: Any) -> dict[str, int]:
    """How many rows each of our tables holds in one organisation: the fingerprint of all or nothing."""
    from ketacare.clinic.tenancy.actions import tenant

    with tenant(organisation_id), connection.cursor() as cursor:
        counts = {}
        for model in apps.get_models(include_auto_created=True):
            if hasattr(model, "wall"):
                cursor.execute(f'select count(*) from "{model._meta.db_table}"')
                counts[model._meta.db_table] = cursor.fetchone()[0]
        return counts
