"""Sessions that most tests of a file begin with, lived through once a file instead of once a test.

Each is made in a transaction around those of the tests: a test undoes its own acts, the last of the file everything. A
file that closes its connections (`fresh_database`) makes its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from ketacare.clinic.dosing.tests import factories as f


@contextmanager
def lived_through(to_where: Callable[[f.Day], None], blocker: DjangoDbBlocker) -> Iterator[f.Day]:
    around: Any = transaction.atomic()
    around._from_testcase = True  # what must be outermost may begin inside it, as in a test's own
    with blocker.unblock():
        around.__enter__()
    try:
        with blocker.unblock():
            day = f.a_day()
            to_where(day)
        yield day
    finally:
        with blocker.unblock():
            transaction.set_rollback(True)
            around.__exit__(None, None, None)


@pytest.fixture(scope="module")
def running_once(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[f.Day]:
    with lived_through(f.to_running, django_db_blocker) as day:
        yield day


@pytest.fixture
def running_day(running_once: f.Day) -> f.Day:
    """The infusion runs since ten minutes after check-in."""
    return deepcopy(running_once)


@pytest.fixture(scope="module")
def recovering_once(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[f.Day]:
    with lived_through(f.to_recovery, django_db_blocker) as day:
        yield day


@pytest.fixture
def recovering_day(recovering_once: f.Day) -> f.Day:
    """The whole bag is in."""
    return deepcopy(recovering_once)
