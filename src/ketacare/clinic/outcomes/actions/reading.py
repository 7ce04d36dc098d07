"""How a form is read: in which language, in which letters, by which link; kept for this form."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.links.access import holds_link
from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.actions.messages import FRESH
from ketacare.clinic.outcomes.models import Ask, MessageOut
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.medicine.outcomes import reader


@transaction.atomic
def other_language(ask: Ask, *, by: Actor, at: datetime) -> None:
    """English or Spanish."""
    _may(ask, by)
    ask.language = "en" if ask.language.startswith("es") else "es"
    ask.save(update_fields=["language"])
    audit.note(by=by, at=at, verb="ask.language", on=ask, patient=ask.patient_id, because=ask.language)


@transaction.atomic
def other_print(ask: Ask, *, by: Actor, at: datetime) -> None:
    """Larger letters, or the usual ones."""
    _may(ask, by)
    ask.large_print = not ask.large_print
    ask.save(update_fields=["large_print"])
    because = "large" if ask.large_print else "usual"
    audit.note(by=by, at=at, verb="ask.print", on=ask, patient=ask.patient_id, because=because)


@transaction.atomic
def send_fresh(ask: Ask, *, by: Actor, at: datetime) -> MessageOut | None:
    """A link lives a day (K1). Whoever opens it later may have another one, sent as the first was. One at a time: a
    link in foreign hands fills nobody's telephone."""
    _may(ask, by)
    ask = Ask.objects.select_for_update(of=("self",)).get(pk=ask.pk)
    since = at - timedelta(minutes=reader.outreach().fresh_again.integer)
    if ask.messages.filter(code=FRESH, created_at__gt=since).exists() or queries.standing(ask, at).why != "open":
        return None
    message = MessageOut.objects.create(
        organisation_id=ask.organisation_id,
        clinic_id=ask.clinic_id,
        created_at=at,
        patient=ask.patient,
        ask=ask,
        code=FRESH,
        send_after=at,
    )
    audit.note(by=by, at=at, verb="message.write", on=message, patient=ask.patient_id, because=FRESH)
    return message


def _may(ask: Ask, by: Actor) -> None:
    if not holds_link(by, ask.patient, ask, object_name="scores", act="C"):
        access.require(by, "scores", "C", patient=ask.patient)
