"""Another link where the day of one is over: sent as the first was (K1)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.links.access import holds_link
from ketacare.clinic.links.models import Form
from ketacare.clinic.outcomes import fresh, queries
from ketacare.clinic.outcomes.actions.messages import write_message
from ketacare.clinic.outcomes.models import Ask, MessageOut, Way
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor


@transaction.atomic
def send_fresh(ask: Ask, *, by: Actor, at: datetime, is_theirs: bool = False) -> MessageOut | None:
    """Of a check-in, while it takes answers. `is_theirs`: asked for on a browser of the patient's own."""
    if not holds_link(by, ask.patient, ask, object_name="scores", act="C"):
        access.require(by, "scores", "C", patient=ask.patient)
    ask = Ask.objects.select_for_update(of=("self",)).get(pk=ask.pk)
    goes_at = fresh.goes_at(ask, at, is_theirs=is_theirs)
    if goes_at is None or queries.standing(ask, at).why != "open" or not fresh.may_go(ask, at):
        return None
    message = MessageOut.objects.create(
        organisation_id=ask.organisation_id,
        clinic_id=ask.clinic_id,
        created_at=at,
        patient=ask.patient,
        ask=ask,
        code=fresh.FRESH,
        send_after=goes_at,
    )
    audit.note(by=by, at=at, verb="message.write", on=message, patient=ask.patient_id, because=fresh.FRESH)
    return message


def send_fresh_link(form: Form, *, kind: str, title: str, way: Way, by: Actor, at: datetime) -> MessageOut | None:
    """Of a form of a room above, whose action holds the form and has asked for the right to hand it out."""
    goes_at = fresh.goes_at(form, at, is_theirs=False)
    if goes_at is None or not fresh.may_go(form, at):
        return None
    return write_message(form, kind=kind, code=fresh.FRESH, title=title, way=way, send_after=goes_at, by=by, at=at)
