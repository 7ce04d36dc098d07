"""The supervisor's promises: restart with patience, stop in order, leave nothing behind."""

import os
import signal
import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path

import pytest

from ketacare.web.commands import up
from ketacare.web.runtime.postgres import Postgres
from ketacare.web.runtime.supervisor import Child, Supervisor
from ketacare.web.runtime.tests.processes import answer, wait_until_gone


class Script(Child):
    """A child that runs a line of Python instead of a command of ours."""

    def command(self) -> list[str]:
        return [sys.executable, "-c", *self.arguments]


SLEEPS = "import time; time.sleep(60)"

OWNER_PROGRAM = f"""
from ketacare.web.runtime.tests.test_supervisor import Script, Supervisor
import os
supervisor = Supervisor([Script("one", [{SLEEPS!r}]), Script("two", [{SLEEPS!r}])], environment=dict(os.environ))
supervisor.tick()
print(*[child.process.pid for child in supervisor.children], flush=True)
supervisor.run()
"""


def supervised(*children: Child, database: Postgres | None = None) -> Supervisor:
    return Supervisor(list(children), environment=dict(os.environ), database=database)


def tick_until(supervisor: Supervisor, reached, patience_s: float = 120) -> None:
    give_up_at = time.monotonic() + patience_s
    while not reached() and time.monotonic() < give_up_at:
        supervisor.tick()
    assert reached()


def test_a_child_that_dies_is_started_again_later_and_later() -> None:
    child = Script("dies", ["raise SystemExit(3)"])
    supervisor = supervised(child)
    tick_until(supervisor, lambda: child.delay_s >= 2)
    supervisor.stop()
    assert child.start_again_at > child.started_at


def test_h13_a_child_that_hangs_is_replaced_and_one_that_gives_signs_is_left_alone() -> None:
    """One line of two that gives none is enough: the other says nothing of it."""
    gives = "import time; from ketacare.web.runtime import signs\nwhile True: signs.give({!r}); time.sleep(0.05)"
    children = [
        Script("goes on", [gives.format("ac")], lines="ac", hung_after_s=30),
        Script("hangs", [gives.format("a")], lines="ac", hung_after_s=2),
    ]
    supervisor = Supervisor(children, environment=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    supervisor.tick()
    sound, hung = (child.process for child in children)
    tick_until(supervisor, lambda: children[1].process not in (None, hung))
    assert children[0].process is sound
    assert hung is not None
    assert hung.returncode == -signal.SIGKILL
    supervisor.stop()
    assert [child.lines for child in up.children(Namespace(host="", port=1, demo=False), {}) if child.lines] == ["ac"]


def test_a_child_that_is_to_run_once_is_left_alone_afterwards() -> None:
    child = Script("once", ["pass"], once=True)
    supervisor = supervised(child)
    tick_until(supervisor, lambda: child.start_again_at == float("inf"))
    supervisor.tick()
    assert child.process is None


def test_what_can_wait_stands_back_and_what_alarms_hang_on_does_not() -> None:
    children = [Script("watch", [SLEEPS]), Script("worker", [SLEEPS], niceness=5)]
    supervisor = supervised(*children)
    supervisor.tick()
    own = os.nice(0)
    found = [os.getpriority(os.PRIO_PROCESS, child.process.pid) for child in children if child.process is not None]
    supervisor.stop()
    assert found == [own, min(own + 5, 19)]
    assert not {"watch", "caller", "gateway"} & set(up.NICENESS)
    assert 0 < up.NICENESS["web"] < up.NICENESS["worker"]


def test_lines_carry_the_name_of_their_process(capfd: pytest.CaptureFixture[str]) -> None:
    child = Script("speaks", ["print('first'); print('second', end='')"], once=True)
    supervisor = supervised(child)
    tick_until(supervisor, lambda: child.start_again_at == float("inf"))
    assert capfd.readouterr().out == "speaks   first\nspeaks   second\n"


def test_stopping_is_in_the_reverse_order_of_starting(capfd: pytest.CaptureFixture[str]) -> None:
    says_goodbye = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('goodbye', flush=True)))\n"
        "print('hello', flush=True); time.sleep(60)"
    )
    children = [Script("watch", [says_goodbye]), Script("gateway", [says_goodbye])]
    supervisor = supervised(*children)
    seen = ""

    def both_speak() -> bool:
        nonlocal seen
        seen += capfd.readouterr().out
        return seen.count("hello") == 2

    tick_until(supervisor, both_speak)
    supervisor.stop()
    assert capfd.readouterr().out == "gateway  goodbye\nwatch    goodbye\n"


@pytest.mark.crash
def test_killing_the_supervisor_leaves_no_child() -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    owner = subprocess.Popen([sys.executable, "-c", OWNER_PROGRAM], stdout=subprocess.PIPE, text=True, env=environment)
    assert owner.stdout is not None
    pids = [int(word) for word in owner.stdout.readline().split()]
    owner.stdout.close()
    owner.kill()
    owner.wait()
    assert len(pids) == 2
    assert all(wait_until_gone(pid) for pid in pids)


@pytest.mark.crash
@pytest.mark.embedded
def test_a_killed_database_is_brought_back(data: Path) -> None:
    with Postgres(data, throwaway=True) as server:
        supervisor = supervised(database=server)
        assert server.process is not None
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        supervisor.tick()
        assert answer(server, "select 1") == [(1,)]
