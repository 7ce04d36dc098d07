"""Doors to asks: by a signed link that opens one form and no chart (K1), and for staff."""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer

from ketacare.clinic.outcomes.models import Ask
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, NotAllowed, NotHere
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.tenancy import actions as tenancy

SHAPE = struct.Struct("!16s16sH")


@dataclass(frozen=True)
class Link(Actor):
    """Whoever holds a link: they may answer this one form, and nothing else."""

    ask_id: UUID | None = None


def signer() -> Signer:
    return Signer(sep=".", salt=settings.LINK_SALT)


def token_for(ask: Ask) -> str:
    """Organisation, ask and serial, signed. Holds no name and nothing that can be counted up."""
    packed = SHAPE.pack(ask.organisation_id.bytes, ask.pk.bytes, ask.link_serial)
    return signer().sign(base64.urlsafe_b64encode(packed).decode().rstrip("="))


def ask_by_link(token: str) -> Ask:
    """The ask of a link, its tenant entered. Forged, withdrawn and unknown links look alike."""
    try:
        text = signer().unsign(token)
        organisation, ask, serial = SHAPE.unpack(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (BadSignature, binascii.Error, struct.error, ValueError):
        raise NotHere
    tenancy.enter(organisation_id=UUID(bytes=organisation))
    found = (
        Ask.objects.select_related("patient", "clinic", "visit", "duty")
        .filter(pk=UUID(bytes=ask), link_serial=serial)
        .first()
    )
    if found is None:
        raise NotHere
    return found


def link_actor(ask: Ask, *, request_id: UUID | None = None, address: str = "") -> Link:
    """Acts in the patient's name for one form; the audit line says it came by link, from nobody signed in."""
    return Link(
        user_id=None,
        name="By link",
        role=Role.PT,
        clinic_id=ask.clinic_id,
        organisation_id=ask.organisation_id,
        zone=ask.clinic.zone,
        request_id=request_id,
        address=address,
        patient_id=ask.patient_id,
        ask_id=ask.pk,
    )


def holds_link(actor: Actor, patient: Patient, ask: Ask | None) -> bool:
    """Whether this is the holder of this ask's link. A link to another ask opens nothing here."""
    if not isinstance(actor, Link):
        return False
    if ask is None or actor.ask_id != ask.pk or ask.patient_id != patient.pk:
        raise NotAllowed("scores", "C")
    return True


def ask_of(actor: Actor, ask_id: UUID, act: str = "C", *, at: datetime) -> Ask:
    """An ask for staff who hand it out; opening it is a chart view."""
    rows = Ask.objects.select_related("patient", "clinic", "visit", "duty")
    ask = rows.filter(pk=ask_id, clinic_id=actor.clinic_id).first()
    if ask is None:
        raise NotHere
    access.require(actor, "scores", act, patient=ask.patient)
    access.opened(actor, ask.patient, "scores", at=at)
    return ask
