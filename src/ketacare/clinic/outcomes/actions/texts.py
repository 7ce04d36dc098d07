"""The owner's words of a scale: loaded under the organisation's own licence, replaced, withdrawn."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.models import ScaleText
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.outcomes import reader
from ketacare.medicine.outcomes.reader import TextRefused
from ketacare.medicine.outcomes.terms import TextPack

LICENSED = "The licence is not confirmed."


@transaction.atomic
def load_text(*, scale: str, text: str, words: str, is_licensed: bool, by: Actor, at: datetime) -> ScaleText:
    """Use this wording in the whole organisation from now on; what it replaces stays on file."""
    access.require(by, "protocols", "A")
    pack = pack_of(scale, text)
    if not is_licensed:
        raise Refused(Refusal("is_licensed", LICENSED, "Read the terms, and say that they allow this use.", "policy"))
    earlier = queries.text_of(by.organisation_id, scale, pack.language)
    if earlier is not None and not earlier.is_withdrawn and earlier.fingerprint == pack.fingerprint:
        raise Refused(Refusal("text", "This text is in use already.", "Nothing needs to be done.", "policy"))
    row = ScaleText.objects.create(
        organisation_id=by.organisation_id,
        clinic_id=by.clinic_id,
        happened_at=at,
        recorded_at=at,
        recorded_by_id=by.user_id,
        instrument=scale,
        text=text,
        fingerprint=pack.fingerprint,
        non_commercial=pack.non_commercial,
        language=pack.language,
        edition=pack.edition,
        owner=pack.owner,
        licence=pack.licence,
        attribution=pack.attribution,
        amends=earlier,
        amend_reason=(words.strip() or "loaded again") if earlier else "",
    )
    audit.note(by=by, at=at, verb="scale_text.load", on=row, because=f"{scale} {pack.language}")
    return row


def pack_of(scale: str, text: str) -> TextPack:
    try:
        pack = reader.pack_in(text)
    except TextRefused as refused:
        raise Refused([Refusal("text", fault, "") for fault in refused.faults]) from None
    if pack.instrument != scale:
        rule = f"The file is of {pack.instrument}, and this page of {scale}."
        raise Refused(Refusal("text", rule, "Load it on the page of its own scale."))
    return pack


@transaction.atomic
def withdraw_text(*, row: ScaleText, words: str, by: Actor, at: datetime) -> ScaleText:
    """From now on the scale is by number again; what was answered in these words keeps their fingerprint."""
    access.require(by, "protocols", "A")
    if not words.strip():
        raise Refused(Refusal("words", "The reason is empty.", "Say why the text is no longer used."))
    kept = {
        field.attname: getattr(row, field.attname)
        for field in ScaleText._meta.concrete_fields
        if field.name not in ("id", "amends", "in_error", "clinic")
    }
    changed = {
        "clinic_id": by.clinic_id,
        "happened_at": at,
        "recorded_at": at,
        "recorded_by_id": by.user_id,
        "is_withdrawn": True,
        "amend_reason": words.strip(),
    }
    gone = ScaleText.objects.create(**kept | changed, amends=row)
    audit.note(by=by, at=at, verb="scale_text.withdraw", on=gone, because=row.instrument)
    return gone
