"""Which chair a bedside agent stands for, by the name it was started with, and which were heard lately.

`Chair 3` where one clinic of this server has a chair of that name, `North Chair 3` where several have.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from ketacare.clinic.monitoring import agents, processes
from ketacare.exchange.hl7v2 import translate

logger = logging.getLogger(__name__)

PLACES_LAST = timedelta(seconds=60)


class Agents:
    """`note` in the loop that reads; `tell` in the thread that writes."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.chairs: dict[str, UUID] = {}
        self.shared = frozenset[str]()
        self.read_at: datetime | None = None
        self.heard: dict[UUID, datetime] = {}  # since they were last told of: no more than there are chairs
        self.warned = set[str]()

    def note(self, name: str, *, stopped: bool) -> None:
        chair = self.chairs.get(name)
        if chair is not None:
            self.heard[chair] = processes.STOPPED if stopped else self.clock()
        elif name in self.shared and name not in self.warned:
            self.warned.add(name)
            logger.warning("an agent named %s may stand in several clinics: start it with --name 'CLINIC CHAIR'", name)

    def tell(self) -> None:
        """What could not be written is written next time."""
        at = self.clock()
        if self.read_at is None or at - self.read_at > PLACES_LAST:
            self.chairs, self.shared = named(agents.places())
            self.read_at = at
        heard, self.heard = self.heard, {}
        try:
            agents.agents_heard(heard)
        except BaseException:
            self.heard = heard | self.heard
            raise


def named(places: Iterable[agents.Place]) -> tuple[dict[str, UUID], frozenset[str]]:
    """Chairs by the names that an agent can send, and the names that stand for several. Those of a training clinic bear
    the names of its pattern, and stand back behind them."""
    found: dict[str, dict[bool, set[UUID]]] = defaultdict(lambda: {False: set(), True: set()})
    for place in places:
        for name in (place.chair, f"{place.clinic} {place.chair}"):
            found[translate.station(name)][place.is_training].add(place.chair_id)
    meant = {name: of[False] or of[True] for name, of in found.items() if name}
    one = {name: next(iter(chairs)) for name, chairs in meant.items() if len(chairs) == 1}
    return one, frozenset(meant) - frozenset(one)
