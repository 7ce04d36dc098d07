"""The door to a reminder: its link."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.links import access as links
from ketacare.clinic.people.access import NotHere
from ketacare.clinic.planning.models import Reminder

REMINDER = "reminder"


def reminder_by_link(token: str) -> Reminder:
    """The reminder of a link, its tenant entered. Forged and replaced links look alike."""
    pk, serial = links.named_by(REMINDER, token)
    rows = Reminder.objects.select_related("patient", "clinic", "visit__chair")
    found = rows.filter(pk=pk, link_serial=serial).first()
    if found is None:
        raise NotHere
    return found


def handed_out(reminder: Reminder, token: str) -> datetime:
    return links.handed_out(REMINDER, token, reminder.created_at)


def token_for(reminder: Reminder) -> str:
    return links.token_for(REMINDER, reminder)
