"""What of the alarms has not been tried before the dose begins (D10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.monitoring import queries as monitoring
from ketacare.clinic.people.access import Actor
from ketacare.clinic.supervision import queries as supervision


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


def missing(session: Session, actor: Actor, *, at: datetime) -> tuple[Untried, ...]:
    """A clinic that has no monitors has none to pair: it charts by hand, and its bedside monitors are the alarm."""
    visit = session.visit
    screen = supervision.start_test(visit, at, actor.zone) is None
    monitor = monitoring.devices(actor).exists() and not monitoring.open_pairings(visit)
    return tuple(one for one, untried in ((SCREEN, screen), (MONITOR, monitor)) if untried)
