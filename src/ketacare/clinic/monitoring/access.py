"""The doors to a watched visit and to devices; and the ticket that opens a live stream without a database lookup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core import signing

from ketacare.clinic.monitoring.models import Device, Pairing
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, NotHere
from ketacare.clinic.scheduling.access import visit_of
from ketacare.clinic.scheduling.models import Visit

TICKET_SALT = "ketacare.live"
# A stream asks for no rights of its own, so it ends before a right that was taken away may still be felt (P6: 60 s).
TICKET_LASTS = timedelta(seconds=45)


def watched_visit(
    actor: Actor, visit_id: UUID, act: str = "R", *, at: datetime, object_name: str = "readings"
) -> Visit:
    """A visit whose readings or alarms are to be seen or added to."""
    return visit_of(actor, visit_id, object_name, act, at=at)


def device_of(actor: Actor, device_id: UUID, act: str = "R") -> Device:
    """A monitor of this clinic."""
    access.require(actor, "readings", act)
    device = Device.objects.filter(pk=device_id, clinic_id=actor.clinic_id, retired_at__isnull=True).first()
    if device is None:
        raise NotHere
    return device


def monitor_of(actor: Actor, device_id: UUID, act: str = "R") -> Device:
    """A monitor of this clinic for whoever looks after the machines, also a retired one."""
    access.require(actor, "settings", act)
    device = Device.objects.filter(pk=device_id, clinic_id=actor.clinic_id).first()
    if device is None:
        raise NotHere
    return device


def pairing_of(actor: Actor, pairing_id: UUID, act: str = "C") -> Pairing:
    pairing = Pairing.objects.filter(pk=pairing_id, clinic_id=actor.clinic_id).select_related("visit__patient").first()
    if pairing is None:
        raise NotHere
    access.require(actor, "readings", act, patient=pairing.visit.patient)
    return pairing


# -- tickets -----------------------------------------------------------------------------------------------------------


class TicketRefused(Exception):
    """Forged, expired, or not a ticket."""


@dataclass(frozen=True)
class Ticket:
    """Who may hear which topics of which clinic, until when. `visit:*` is every visit of the clinic."""

    organisation_id: UUID
    clinic_id: UUID
    topics: frozenset[str]
    user_id: UUID | None
    expires_at: datetime

    def hears(self, topic: str) -> bool:
        return topic in self.topics or f"{topic.split(':', 1)[0]}:*" in self.topics


def ticket_for(actor: Actor, topics: Sequence[str], *, at: datetime) -> str:
    """A ticket for topics the caller has already been let through a door for. It holds ids only."""
    return signing.dumps(
        {
            "o": str(actor.organisation_id),
            "c": str(actor.clinic_id),
            "t": sorted(topics),
            "u": str(actor.user_id or ""),
            "e": int((at + TICKET_LASTS).timestamp()),
        },
        salt=TICKET_SALT,
        compress=True,
    )


def visit_ticket(actor: Actor, visit: Visit, *, at: datetime) -> str:
    """For the chairside page of one visit."""
    access.require(actor, "readings", "R", patient=visit.patient)
    return ticket_for(actor, [f"visit:{visit.pk}"], at=at)


def visits_ticket(actor: Actor, visits: Sequence[Visit], *, at: datetime) -> str:
    """For a page that shows some chairs: those of one's own patients."""
    for visit in visits:
        access.require(actor, "readings", "R", patient=visit.patient)
    return ticket_for(actor, [f"visit:{visit.pk}" for visit in visits], at=at)


def wall_ticket(actor: Actor, *, at: datetime) -> str:
    """For a page that shows every running chair: only for those who may see the readings of the whole clinic."""
    if not access.granted(actor.role, "readings", "R", frozenset({"clinic"})):
        raise access.NotAllowed("readings", "R")
    return ticket_for(actor, ["visit:*", f"clinic:{actor.clinic_id}"], at=at)


def opened(text: str, *, at: datetime) -> Ticket:
    """The ticket in `text`, or TicketRefused without a reason anybody could learn from."""
    try:
        kept = signing.loads(text, salt=TICKET_SALT)
        expires_at = datetime.fromtimestamp(kept["e"], tz=at.tzinfo)
        user_id = UUID(kept["u"]) if kept["u"] else None
        ticket = Ticket(UUID(kept["o"]), UUID(kept["c"]), frozenset(kept["t"]), user_id, expires_at)
    except (signing.BadSignature, KeyError, TypeError, ValueError, OverflowError):
        raise TicketRefused from None
    if ticket.expires_at <= at:
        raise TicketRefused
    return ticket
