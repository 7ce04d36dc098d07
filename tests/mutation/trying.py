"""Tests are collected once; each change is tried in a process forked from there, so that none sees another."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import pytest

from tests.mutation.changes import Change, changes, control, names_of_functions

CONTROLS = 3
ENDLESS_S = 120  # a change that makes a loop endless is noticed as well
UNTRIED = -2
FELL_OVER = 70  # the driver itself, before a test could say anything


class Tried:
    """A plugin that plays the tests once for each change of a module, instead of once."""

    def __init__(self, module: str, first: int, only: frozenset[int], minutes: float) -> None:
        self.module, self.first, self.only, self.until = module, first, only, time.monotonic() + 60 * minutes
        self.survived: list[tuple[int, Change]] = []
        self.untried: list[int] = []
        self.failed_controls = 0

    def pytest_configure(self) -> None:
        """A case that fails is not made smaller: that it fails is enough."""
        import hypothesis  # by then pytest knows it

        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile("changes", deadline=None, derandomize=True, phases=phases)
        hypothesis.settings.load_profile("changes")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        module = importlib.import_module(self.module)
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        every = list(enumerate(changes(source)))
        wanted = [(n, c) for n, c in every if n >= self.first and (not self.only or n in self.only)]
        session.items, touched = _quickest_first(session, module, source)
        names = names_of_functions(source)
        controls = [control(source, names[at * len(names) // CONTROLS]) for at in range(CONTROLS)]
        self.failed_controls = sum(_noticed_by(session, module, one, []) is not None for one in controls)
        done = 0
        print(
            f"{self.module}: {len(every)} changes, {len(session.items)} tests, {self.failed_controls} controls failed"
        )
        for number, change in wanted:
            if time.monotonic() > self.until:
                print(f"go on with --first {number}")
                break
            killer = _noticed_by(session, module, change, touched.get(change.function, []))
            done += 1
            if killer is None:
                self.survived.append((number, change))
                print(f"survived {number} {change}", flush=True)
            elif killer == UNTRIED:
                self.untried.append(number)
                print(f"not tried, the driver fell over it: {number} {change}", flush=True)
            elif killer >= 0:
                session.items.insert(0, session.items.pop(killer))
        done -= len(self.untried)
        killed = done - len(self.survived)
        print(f"{done} tried, {killed} killed, {len(self.survived)} survived, {len(self.untried)} not tried")
        return True


def _noticed_by(session: pytest.Session, module: ModuleType, change: Change, first: list[str]) -> int | None:
    """The place of the test that fails because of the change; -1 where it ends the process or never ends;
    UNTRIED where no test could say anything of it."""
    of_it = set(first)
    order = sorted(range(len(session.items)), key=lambda at: session.items[at].nodeid not in of_it)
    with _forked(lambda: _first_failure(session, module, change, order)) as (read, pid):
        told = os.read(read, 64)
        _, status = os.waitpid(pid, 0)
    if os.waitstatus_to_exitcode(status) == FELL_OVER:
        return UNTRIED
    if status or not told:
        return -1
    return None if told == b"none" else int(told)


@contextlib.contextmanager
def _forked(what: Callable[[], bytes]) -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        try:
            signal.alarm(ENDLESS_S)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            os.write(write, what())
        except BaseException:
            os._exit(FELL_OVER)
        os._exit(0)
    os.close(write)
    try:
        yield read, pid
    finally:
        os.close(read)


def _first_failure(session: pytest.Session, module: ModuleType, change: Change, order: list[int]) -> bytes:
    put(module, change)
    empty_stores()
    played = [session.items[at] for at in order]
    session.config.pluginmanager.unregister(name="terminalreporter")
    for place, item in enumerate(played):
        following = played[place + 1] if place + 1 < len(played) else None
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return str(order[place]).encode()
    return b"none"


def _quickest_first(
    session: pytest.Session, module: ModuleType, source: str
) -> tuple[list[pytest.Item], dict[str, list[str]]]:
    """The tests by how long they took, and which of them came to which function: those are played first."""
    took: dict[str, float] = {}
    touched: dict[str, list[str]] = {name: [] for name in names_of_functions(source)}
    file = str(module.__file__)

    def watch() -> bytes:
        for place, item in enumerate(session.items):
            seen: set[str] = set()

            def note(frame: FrameType, event: str, _: Any, seen: set[str] = seen) -> None:
                if event == "call" and frame.f_code.co_filename == file:
                    seen.add(frame.f_code.co_qualname.split(".<locals>")[0])

            empty_stores()
            following = session.items[place + 1] if place + 1 < len(session.items) else None
            began = time.monotonic()
            sys.setprofile(note)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            sys.setprofile(None)
            lines.write(f"{place} {time.monotonic() - began:.6f} {' '.join(sorted(seen))}\n")
        return b"failed" if session.testsfailed else b"none"

    handle, name = tempfile.mkstemp()
    path = Path(name)
    with open(handle, "w", encoding="utf-8", buffering=1) as lines, _forked(watch) as (read, pid):
        told = os.read(read, 64)
        os.waitpid(pid, 0)
    if told != b"none":
        raise pytest.UsageError("the tests fail without a change")
    for line in path.read_text(encoding="utf-8").splitlines():
        place, seconds, *names = line.split()
        nodeid = session.items[int(place)].nodeid
        took[nodeid] = float(seconds)
        for name in names:
            touched.setdefault(name, []).append(nodeid)
    path.unlink()
    return sorted(session.items, key=lambda item: took[item.nodeid]), touched


def put(module: ModuleType, change: Change) -> None:
    """The code of one function replaced, so that all who hold the function have the change."""
    compiled = compile(change.tree, str(module.__file__), "exec", dont_inherit=True)
    found: Any = module
    for name in change.function.split("."):
        found = inspect.getattr_static(found, name)
    _plain(found).__code__ = _code(compiled, change.function)


def _plain(found: Any) -> FunctionType:
    for name in ("fget", "func", "__func__"):
        found = getattr(found, name, None) or found
    function = inspect.unwrap(found)
    assert isinstance(function, FunctionType)
    return function


def _code(within: CodeType, name: str) -> CodeType:
    found = [code for code in _codes(within) if code.co_qualname == name]
    return found[-1]


def _codes(within: CodeType) -> Iterator[CodeType]:
    for constant in within.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def empty_stores() -> None:
    """What the rules keep from one question to the next would answer with the code as it was."""
    for name, module in list(sys.modules.items()):
        if not name.startswith("ketacare.medicine.") or ".rules" not in name:
            continue
        for called, value in list(vars(module).items()):
            if isinstance(value, dict) and called.startswith("_") and called.islower() and not called.startswith("__"):
                value.clear()
            elif hasattr(value, "cache_clear"):
                value.cache_clear()
