"""The doors of supervision: posts of a visit, and the link of a room's help page, which names a chair and no person."""

from __future__ import annotations

import base64
import binascii
import struct
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer

from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, NotHere
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling.models import Chair, Visit
from ketacare.clinic.supervision.models import CalmingPlan
from ketacare.clinic.tenancy import actions as tenancy

SHAPE = struct.Struct("!16s16sI")


def seen_visit(actor: Actor, visit_id: UUID) -> Visit:
    """For a page's sign of life: nothing of the record is read, so no chart was opened."""
    visit = Visit.objects.filter(pk=visit_id, clinic_id=actor.clinic_id).select_related("patient").first()
    if visit is None:
        raise NotHere
    access.require(actor, "alarms", "C", patient=visit.patient)
    return visit


def may_watch(actor: Actor, visit: Visit | None) -> bool:
    """Only whoever may answer an alarm can be a watcher (D4); of every chair, only for all patients of the clinic.
    A patient may call for help on their own page, and watches nobody."""
    if actor.patient_id is not None:
        return False
    if visit is None:
        return access.granted(actor.role, "alarms", "C", frozenset({"clinic"}))
    return access.granted(actor.role, "alarms", "C", access.relations_to(actor, visit.patient))


def plan_of(actor: Actor, patient: Patient, act: str = "R") -> CalmingPlan | None:
    access.require(actor, "notes", act, patient=patient)
    return CalmingPlan.objects.current().filter(patient=patient).order_by("recorded_at").last()


# -- the help page of a room -------------------------------------------------------------------------------------------


def _signer() -> Signer:
    return Signer(sep=".", salt=f"{settings.LINK_SALT}.help")


def help_token(chair: Chair) -> str:
    """Organisation, chair and its version, signed: a new version makes the older link useless. Opens no chart."""
    packed = SHAPE.pack(chair.organisation_id.bytes, chair.pk.bytes, chair.version)
    return _signer().sign(base64.urlsafe_b64encode(packed).decode().rstrip("="))


def chair_of(token: str) -> Chair:
    """The chair that a tablet's link names, its tenant entered. Forged, cut and replaced links are not here."""
    try:
        text = _signer().unsign(token)
        organisation, chair, version = SHAPE.unpack(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (BadSignature, binascii.Error, struct.error, ValueError):
        raise NotHere
    tenancy.enter(organisation_id=UUID(bytes=organisation))
    found = Chair.objects.filter(pk=UUID(bytes=chair), version=version).select_related("clinic").first()
    if found is None:
        raise NotHere
    return found
