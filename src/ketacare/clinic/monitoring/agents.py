"""Bedside agents: at which chair each is heard, and which says nothing any more (D9).

The name that an agent was started with is a sender's own words: what is written down is the chair it stands for, so
that two clinics may each have a *Chair 3*, and a name that stands for no chair leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from ketacare.clinic.monitoring.models import Beat
from ketacare.clinic.monitoring.processes import SENT_TO, Silent
from ketacare.clinic.scheduling.models import Chair
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.models import Clinic

AGENT, AGENT_MOST = "agent ", timedelta(seconds=15)  # three of its signs of life
AGENT_REMEDY = "Look at the machine beside the monitor, and its network. Until then go by the bedside monitor."
HEARD = """
insert into monitoring_beat (process, at, late_ms)
select process, at, 0 from unnest(%s::text[], %s::timestamptz[]) heard(process, at) order by process
on conflict (process) do update set at = excluded.at, late_ms = 0
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A chair in use, and whose."""

    chair_id: UUID
    chair: str
    clinic: str
    is_training: bool


def places() -> list[Place]:
    """Every chair that is in use, of every clinic, each behind its own wall."""
    found: list[Place] = []
    for clinic in Clinic.objects.order_by("name", "id"):
        with tenancy.tenant(clinic.organisation_id):
            chairs = Chair.objects.filter(clinic=clinic, retired_at=None).order_by("name").values_list("pk", "name")
            found += [Place(pk, name, clinic.name, clinic.is_training) for pk, name in chairs]
    return found


def process_of(chair_id: UUID) -> str:
    return f"{AGENT}{chair_id.hex}"


def agents_heard(heard: Mapping[UUID, datetime]) -> None:
    """By chair, whether they had anything to hand on or not; in one order, as several gateways write."""
    if not heard:
        return
    rows = sorted((process_of(chair_id), at) for chair_id, at in heard.items())
    with connection.cursor() as cursor:
        cursor.execute(HEARD, [[process for process, _ in rows], [at for _, at in rows]])


def agents_silent(clinic_id: UUID, at: datetime) -> list[Silent]:
    """Agents at chairs of this clinic that are heard no more, also where no monitor is on anybody, and after a weekend:
    it is mended before the next patient sits there. With one on somebody the lost signal climbs by itself (T2, D6)."""
    chairs = Chair.objects.filter(clinic_id=clinic_id, retired_at=None).order_by("name").values_list("pk", "name")
    names = {process_of(pk): name for pk, name in chairs}
    beats = Beat.objects.filter(process__in=names, at__gt=at - SENT_TO, at__lt=at - AGENT_MOST)
    since = dict(beats.values_list("process", "at"))
    return [
        Silent(AGENT, f"Nothing is heard of the agent at {name}", since[one], AGENT_REMEDY, brings_readings=True)
        for one, name in names.items()
        if one in since
    ]
