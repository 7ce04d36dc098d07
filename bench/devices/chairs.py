"""A clinic of so many watched chairs, what their monitors send, and their charts as text."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ketacare.exchange.hl7v2 import send
from ketacare.medicine.monitoring.terms import Channel


@dataclass
class Proof:
    """One question: what was asked, what came out, whether it held, and whether its control arm failed as it must."""

    goal: str
    asked: str
    found: list[str] = field(default_factory=list)
    holds: bool = True
    control: str = ""
    control_failed: bool = False  # until its control arm was seen to fail

    def must(self, holds: bool, words: str) -> None:
        self.holds &= holds
        self.found.append(f"{words}{'' if holds else ' **(does not hold)**'}")

    @property
    def held(self) -> bool:
        return self.holds and self.control_failed

    def as_markdown(self, machine: str) -> str:
        holds = "Holds" if self.holds else "**Does not hold**"
        failed = "fails, as it must" if self.control_failed else "**does not fail**"
        lines = "\n".join(f"- {line}" for line in self.found)
        return f"""## {self.goal}: {self.asked}

{holds}. {machine}

{lines}

Control arm ({failed}): {self.control}.
"""


@dataclass
class Chair:
    number: int
    visit: Any
    device: Any
    nurse: Any
    clinic: Any

    @property
    def station(self) -> str:
        return f"ST{self.clinic.pk.hex[:8]}"


def furnished(count: int, at: datetime) -> list[Chair]:
    from django.db import transaction

    from bench.bedsides import a_visit
    from ketacare.clinic.monitoring import actions as monitoring
    from ketacare.clinic.people.tests.factories import a_clinic, someone

    chairs = []
    with transaction.atomic():
        clinic = a_clinic(f"Proof {time.monotonic_ns()}")
        nurse, desk, admin = (someone(clinic, role) for role in ("RN", "FD", "AD"))
        for number in range(count):
            visit = a_visit(desk, number, at)
            device, _ = monitoring.register_device(
                name=f"Monitor {number}", address=f"ST{clinic.pk.hex[:8]}/{number}", by=admin, at=at
            )
            monitoring.begin_watch(visit=visit, by=nurse, at=at)
            monitoring.pair_device(device=device, visit=visit, by=nurse, at=at)
            chairs.append(Chair(number, visit, device, nurse, clinic))
    return chairs


def message(chair: Chair, at: datetime, number: str, spo2: int = 97, channels: Sequence[Channel] = ()) -> bytes:
    values = [(Channel.SPO2, Decimal(spo2)), *((channel, Decimal(70)) for channel in channels)]
    return send.results(values, station=chair.station, bed=str(chair.number), number=number, at=at)


def chart_of(chair: Chair) -> bytes:
    """The canonical export: what was measured and when, in one order, without when and how it came."""
    from ketacare.clinic.monitoring.models import Reading
    from ketacare.clinic.tenancy import actions as tenancy

    with tenancy.tenant(chair.clinic.organisation_id):
        rows = Reading.objects.filter(visit=chair.visit).order_by("channel", "taken_at", "value")
        lines = [f"{r.channel},{r.taken_at.isoformat()},{r.value},{r.unit},{r.quality}" for r in rows]
    return "\n".join(lines).encode()


def taken(writer: Any, arrivals: Sequence[tuple[bytes, datetime, timedelta]]) -> None:
    """As the gateway commits them; each with when it came and for how long an agent had held it."""
    from ketacare.exchange.mailroom.receive import Letter

    for start in range(0, len(arrivals), 200):
        letters = [Letter(raw, at, "10.0.0.9", held) for raw, at, held in arrivals[start : start + 200]]
        writer.clock = lambda at=letters[-1].received_at: at
        assert None not in writer.commit(letters)
