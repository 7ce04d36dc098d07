"""A link reached somebody else, who says so: it closes, nothing more is sent, and the desk has the duty to call."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.links.access import holds_link
from ketacare.clinic.links.models import Form
from ketacare.clinic.outcomes.actions.wishes import stop_messages
from ketacare.clinic.outcomes.models import Ask, AskState, WishBy
from ketacare.clinic.people.access import Actor, NotAllowed
from ketacare.clinic.safety import queries as watch


@transaction.atomic
def not_theirs(form: Form, *, by: Actor, at: datetime) -> None:
    """Said of one link, it holds of the number: every link that was handed out so far is dead, and nothing more is sent
    there until somebody has asked the patient. Of a check-in somebody calls as soon as the clinic is there. By whoever
    holds the link, and nobody signed in."""
    if not holds_link(by, form.patient, form, object_name="messages", act="C"):
        raise NotAllowed("messages", "C")
    stop_messages(patient=form.patient, came=WishBy.OTHER, by=by, at=at)
    if isinstance(form, Ask) and form.state in (AskState.WAITING, AskState.MISSED) and form.duty.is_open:
        soon = watch.staffed(form.clinic, at)
        if soon < form.duty.due_at:  # a call that is due already, and climbs, is put off by nobody
            duties.retime(form.duty, due_at=soon, by=by, at=at)
    audit.note(by=by, at=at, verb="link.not_theirs", on=form, patient=form.patient_id)
