"""What of the alarms has not been tried before the dose begins (D10), and whether anybody supervises it (H38)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.monitoring import processes
from ketacare.clinic.monitoring import queries as monitoring
from ketacare.clinic.people.access import Actor
from ketacare.clinic.supervision import queries as supervision
from ketacare.clinic.supervision.models import Task


@dataclass(frozen=True, slots=True)
class Untried:
    name: str
    words: str
    remedy: str


SCREEN = Untried(
    "an alarm self-test",
    "No screen has passed its alarm self-test for this session.",
    "Begin the self-test on this page, or say why you start without.",
)
MONITOR = Untried(
    "a paired monitor",
    "No monitor is paired with this patient.",
    "Pair the bedside monitor, or say why you start without.",
)


SUPERVISOR = Untried(
    "anybody supervising",
    "Nobody supervises this session.",
    "Let a prescriber take it on this page, or say why you start without.",
)


TRUSTED = "a clock that can be trusted"
COMPARE = "Compare it with a watch. Start when it is right, or say why you start without."


def of_the_clock(leap: processes.Leap | None, off_s: float | None = None) -> tuple[Untried, ...]:
    """I11: more than five seconds off, no session goes live by itself."""
    found = []
    if leap is not None and leap.grave:
        words = f"The server's clock leapt by {leap.seconds:.0f} s within the last hour."
        found.append(Untried(TRUSTED, words, COMPARE))
    if off_s is not None and off_s > processes.LEAP_GRAVE_S:
        words = f"The server's clock is off by {off_s:.0f} s, as its time service says."
        found.append(Untried(TRUSTED, words, COMPARE))
    return tuple(found)


def of_processes(silent: list[processes.Silent]) -> tuple[Untried, ...]:
    return tuple(
        Untried("all that takes readings in", f"{one.words}.", f"{one.remedy} Or say why you start.") for one in silent
    )


def missing(session: Session, actor: Actor, *, at: datetime) -> tuple[Untried, ...]:
    """A clinic that has no monitors has none to pair: it charts by hand, and its bedside monitors are the alarm."""
    visit = session.visit
    screen = supervision.start_test(visit, at, actor.zone) is None
    has_monitors = monitoring.devices(actor).exists()
    monitor = has_monitors and not monitoring.open_pairings(visit)
    held = supervision.post(visit, Task.SUPERVISES)  # H38: asked before, and a page that no longer answers is nobody
    alone = not supervision.is_live(held, supervision.heard_of([visit], at)[visit.pk], at)
    untried = tuple(one for one, is_so in ((SCREEN, screen), (MONITOR, monitor), (SUPERVISOR, alone)) if is_so)
    silent = processes.silent_to(session.clinic_id, at) if has_monitors else []
    return (*untried, *of_processes(silent), *of_the_clock(processes.last_leap(at), processes.off_by(at)))
