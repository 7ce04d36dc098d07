"""How a form is read: in which language, in which letters; kept for this form."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.links.access import holds_link
from ketacare.clinic.outcomes.models import Ask
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor


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


def _may(ask: Ask, by: Actor) -> None:
    if not holds_link(by, ask.patient, ask, object_name="scores", act="C"):
        access.require(by, "scores", "C", patient=ask.patient)
