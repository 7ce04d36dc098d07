"""Doors to asks: by a signed link that opens one form and no chart (K1), and for staff."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ketacare.clinic.links import access as links
from ketacare.clinic.links.access import link_actor as link_actor
from ketacare.clinic.links.access import link_lives as link_lives
from ketacare.clinic.outcomes.models import Ask
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, NotHere

KIND = "check-in"


def token_for(ask: Ask, at: datetime | None = None) -> str:
    """`at`: when it is handed out; else when the form opens. It lives a day, the form may live longer (K1)."""
    return links.token_for(KIND, ask, at or ask.opens_at)


def link_ends(ask: Ask, token: str) -> datetime:
    return links.link_ends(KIND, token, ask, ask.opens_at)


def handed_out(ask: Ask, token: str) -> datetime:
    return links.handed_out(KIND, token, ask.opens_at)


def ask_by_link(token: str) -> Ask:
    """The ask of a link, its tenant entered. Forged, withdrawn and unknown links look alike."""
    ask, serial = links.named_by(KIND, token)
    rows = Ask.objects.select_related("patient", "clinic", "visit", "duty")
    found = rows.filter(pk=ask, link_serial=serial).first()
    if found is None:
        raise NotHere
    return found


def ask_of(actor: Actor, ask_id: UUID, act: str = "C", *, at: datetime) -> Ask:
    """An ask for staff who hand it out; opening it is a chart view."""
    rows = Ask.objects.select_related("patient", "clinic", "visit", "duty")
    ask = rows.filter(pk=ask_id, clinic_id=actor.clinic_id).first()
    if ask is None:
        raise NotHere
    access.require(actor, "scores", act, patient=ask.patient)
    access.opened(actor, ask.patient, "scores", at=at)
    return ask
