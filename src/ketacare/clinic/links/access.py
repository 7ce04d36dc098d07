"""The signed link: it names one form and opens no chart (K1)."""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer

from ketacare.clinic.links.models import Form
from ketacare.clinic.people.access import Actor, NotAllowed, NotHere
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.medicine.outcomes import reader

SHAPE = struct.Struct("!16s16sH")
DATED = struct.Struct("!16s16sHI")  # with the second in which it was handed out


@dataclass(frozen=True)
class Link(Actor):
    """Whoever holds a link: they may answer this one form, and nothing else."""

    form_id: UUID | None = None


def signer(kind: str) -> Signer:
    """Each kind of form has its own: a link of one kind opens nothing of another."""
    return Signer(sep=".", salt=f"{settings.LINK_SALT}.{kind}")


def token_for(kind: str, form: Form, made: datetime | None = None) -> str:
    """Organisation, form and serial, signed. Holds no name and nothing that can be counted up."""
    return token(kind, form.organisation_id, form.pk, form.link_serial, made)


def token(kind: str, organisation_id: UUID, form_id: UUID, serial: int, made: datetime | None = None) -> str:
    """`made`: when it was handed out, where a link lives shorter than its form."""
    packed = SHAPE.pack(organisation_id.bytes, form_id.bytes, serial)
    if made is not None:
        packed = DATED.pack(organisation_id.bytes, form_id.bytes, serial, int(made.timestamp()))
    return signer(kind).sign(base64.urlsafe_b64encode(packed).decode().rstrip("="))


def named_by(kind: str, token: str) -> tuple[UUID, int]:
    """The form and the serial that a link names, its tenant entered. Forged and cut links are not here."""
    organisation, form, serial, *_ = unpacked(kind, token)
    tenancy.enter(organisation_id=UUID(bytes=organisation))
    return UUID(bytes=form), serial


def made_at(kind: str, token: str) -> datetime | None:
    """When a link was handed out; None where it does not say."""
    *_, made = unpacked(kind, token)
    return None if made is None else datetime.fromtimestamp(made, UTC)


def link_lives() -> timedelta:
    return timedelta(hours=reader.outreach().link_lives.integer)


def device_known() -> timedelta:
    """For so long a browser is known by which somebody came while their link lived."""
    return timedelta(hours=reader.outreach().device_known.integer)


def link_ends(kind: str, token: str, form: Form, opened: datetime) -> datetime:
    """A day after it was handed out, or after the form opened, which may have been later; never after the form
    (K1)."""
    return min(form.link_until, max(handed_out(kind, token, opened), opened) + link_lives())


def handed_out(kind: str, token: str, opened: datetime) -> datetime:
    """When; a link that does not say so came with the form."""
    return made_at(kind, token) or opened


def unpacked(kind: str, token: str) -> tuple[bytes, bytes, int, int | None]:
    try:
        text = signer(kind).unsign(token)
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if len(packed) == SHAPE.size:
            organisation, form, serial = SHAPE.unpack(packed)
            return organisation, form, serial, None
        organisation, form, serial, made = DATED.unpack(packed)
    except (BadSignature, binascii.Error, struct.error, ValueError):
        raise NotHere
    return organisation, form, serial, made


def link_actor(form: Form, *, request_id: UUID | None = None, address: str = "") -> Link:
    """Acts in the patient's name for one form; the audit line says it came by link, from nobody signed in."""
    return Link(
        user_id=None,
        name="By link",
        role=Role.PT,
        clinic_id=form.clinic_id,
        organisation_id=form.organisation_id,
        zone=form.clinic.zone,
        request_id=request_id,
        address=address,
        patient_id=form.patient_id,
        form_id=form.pk,
    )


def holds_link(actor: Actor, patient: Patient, form: Form | None, *, object_name: str, act: str) -> bool:
    """Whether this is the holder of this form's link. A link to another form opens nothing here."""
    if not isinstance(actor, Link):
        return False
    if form is None or actor.form_id != form.pk or form.patient_id != patient.pk:
        raise NotAllowed(object_name, act)
    return True
