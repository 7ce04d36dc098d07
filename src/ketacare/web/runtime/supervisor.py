"""Starts Ketacare's processes, restarts those that die or hang, stops all in order; nothing is left if it is killed."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from types import FrameType
from typing import IO

from ketacare.web.runtime import signs
from ketacare.web.runtime.faults import CannotRun
from ketacare.web.runtime.parent_death import die_with_parent
from ketacare.web.runtime.postgres import Postgres

FIRST_DELAY_S, LONGEST_DELAY_S = 0.5, 30.0
STABLE_AFTER_S = 60.0
STOP_PATIENCE_S = 10.0
TICK_S = 0.2
HUNG_AFTER_S = 120.0  # no start and no round of whoever gives signs takes as long


@dataclass
class Child:
    """One supervised process and when it may next be started."""

    name: str
    arguments: list[str]
    once: bool = False
    niceness: int = 0  # above 0 it stands back where not all can be served
    lines: str = ""  # a letter for each of its lines that gives signs of life; none: it is only missed once it dies
    hung_after_s: float = HUNG_AFTER_S
    heard: dict[str, float] = field(default_factory=dict)
    signs_from: int | None = None
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    delay_s: float = FIRST_DELAY_S
    unfinished: bytes = field(default=b"", repr=False)

    def command(self) -> list[str]:
        return [sys.executable, "-m", "ketacare", *self.arguments]


class Supervisor:
    """Runs until told to stop. `children` are started in the order given and stopped in the reverse order."""

    def __init__(self, children: list[Child], *, environment: dict[str, str], database: Postgres | None = None) -> None:
        self.children = children
        self.environment = environment
        self.database = database
        self.stopping = False
        self.selector = selectors.DefaultSelector()

    def run(self) -> None:
        """Blocks. Returns after a clean stop on SIGINT or SIGTERM."""
        try:
            while not self.stopping:
                self.tick()
        finally:
            self.stop()

    def listen(self) -> None:
        """From now on SIGINT and SIGTERM mean: stop everything in order."""
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, self._ask_to_stop)

    def _ask_to_stop(self, signum: int, frame: FrameType | None) -> None:
        self.stopping = True

    def tick(self) -> None:
        """One look at everything: the database first, since the others lean on it."""
        self._revive_database()
        now = time.monotonic()
        for child in self.children:
            if child.process is None:
                if now >= child.start_again_at:
                    self.start(child)
            elif child.process.poll() is not None:
                self._buried(child, now)
            else:
                self._replace_if_hung(child)
        self.forward_output(TICK_S)

    def _replace_if_hung(self, child: Child) -> None:
        """It would not hear that it is to stop: it is killed, and the next look starts it again."""
        if child.process is None or child.signs_from is None:
            return
        child.heard |= dict.fromkeys(signs_in(child.signs_from), time.monotonic())
        longest = max(time.monotonic() - child.heard.get(line, child.started_at) for line in child.lines)
        if longest > child.hung_after_s:
            say(child.name, f"has given no sign of life for {longest:.0f} s; replacing it")
            child.process.kill()
            child.process.wait()

    def _revive_database(self) -> None:
        if self.database is not None and self.database.has_died():
            say("postgres", "stopped unexpectedly; starting it again")
            self.database.revive()
            say("postgres", "answers again")

    def start(self, child: Child) -> None:
        environment, pipe = self.environment, self._listen_for_signs(child)
        if pipe is not None:
            environment = environment | {signs.TO: str(pipe)}
        child.process = subprocess.Popen(
            child.command(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            pass_fds=() if pipe is None else (pipe,),
            start_new_session=True,  # Ctrl-C reaches only us: we stop the others in order
            preexec_fn=die_with_parent(signal.SIGTERM, child.niceness),
        )
        if pipe is not None:
            os.close(pipe)
        child.started_at, child.heard = time.monotonic(), {}
        assert child.process.stdout is not None
        os.set_blocking(child.process.stdout.fileno(), False)
        self.selector.register(child.process.stdout, selectors.EVENT_READ, child)

    def _listen_for_signs(self, child: Child) -> int | None:
        """Where it is to write them; neither end ever waits for the other."""
        if child.signs_from is not None:
            os.close(child.signs_from)
            child.signs_from = None
        if not child.lines:
            return None
        child.signs_from, pipe = os.pipe()
        os.set_blocking(child.signs_from, False)
        os.set_blocking(pipe, False)
        return pipe

    def _buried(self, child: Child, now: float) -> None:
        """A child ended: say so, and start it again after a delay that grows while it keeps dying."""
        assert child.process is not None
        code = child.process.returncode
        self._drain(child)
        child.process = None
        if child.once:
            child.start_again_at = float("inf")
            return
        child.delay_s = FIRST_DELAY_S if now - child.started_at > STABLE_AFTER_S else child.delay_s
        child.start_again_at = now + child.delay_s
        say(child.name, f"ended with {code}; starts again in {child.delay_s:g} s")
        child.delay_s = min(child.delay_s * 2, LONGEST_DELAY_S)

    def forward_output(self, patience_s: float) -> None:
        """Pass on whole lines, each with its process's name."""
        for key, _ in self.selector.select(patience_s):
            child: Child = key.data
            stream: IO[bytes] = key.fileobj  # type: ignore[assignment]
            block = stream.read()
            if block:
                *whole, child.unfinished = (child.unfinished + block).split(b"\n")
                for line in whole:
                    say(child.name, line.decode(errors="replace"))
            elif block == b"":
                self.selector.unregister(stream)

    def _drain(self, child: Child) -> None:
        assert child.process is not None
        assert child.process.stdout is not None
        stream = child.process.stdout
        rest = child.unfinished + (stream.read() or b"")
        for line in rest.splitlines():
            say(child.name, line.decode(errors="replace"))
        child.unfinished = b""
        if stream in {key.fileobj for key in self.selector.get_map().values()}:
            self.selector.unregister(stream)
        stream.close()

    def stop(self) -> None:
        """Ask each to stop, last started first, and wait; kill what doesn't listen."""
        for child in reversed(self.children):
            process = child.process
            if process is None:
                continue
            process.terminate()
            give_up_at = time.monotonic() + STOP_PATIENCE_S
            while process.poll() is None and time.monotonic() < give_up_at:
                self.forward_output(0.05)
            if process.poll() is None:
                say(child.name, "does not stop; killing it")
                process.kill()
                process.wait()
            self._drain(child)
            child.process = None


def signs_in(pipe: int) -> str:
    """Each line that gave a sign since the last look."""
    try:
        return os.read(pipe, 65536).decode(errors="replace")
    except BlockingIOError:
        return ""


def say(name: str, line: str) -> None:
    """One line of a process. Processes write no patient data (web/logs.py): here nothing is added."""
    print(f"{name:<8} {line}", flush=True)


class Steps:
    """What is being done right now, so that nobody waits in front of a silent screen."""

    def step(self, doing: str, arguments: list[str], environment: dict[str, str]) -> None:
        """Run one command of ours to its end, or stop with its own words."""
        began = time.monotonic()
        print(f"{doing} …", flush=True)
        command = [sys.executable, "-m", "ketacare", *arguments]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, env=environment, check=False)
        if done.returncode != 0:
            raise CannotRun(f"{doing}: failed (the lines above say why).")
        self.done(began)

    def done(self, began: float) -> None:
        took_s = time.monotonic() - began
        if took_s > 1:
            print(f"  done in {took_s:.1f} s", flush=True)
