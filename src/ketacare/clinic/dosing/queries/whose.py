"""Whose entry it is, said beside it where several sessions run at once (H4)."""

from __future__ import annotations

from datetime import timedelta

from ketacare.clinic.dosing.forms import Reader
from ketacare.clinic.dosing.models import UNDER_WATCH, Session
from ketacare.clinic.people import queries as people
from ketacare.medicine.monitoring import reader


def whose(session: Session) -> str:
    """Initials and chair; empty where nobody else's page can be open in its place."""
    running = Session.objects.filter(clinic_id=session.clinic_id, state__in=UNDER_WATCH).exclude(pk=session.pk)
    if session.state not in UNDER_WATCH or not running.exists():
        return ""
    patient, chair = session.visit.patient, session.visit.chair
    return f"{people.initials([patient])[patient.pk]}, {chair.name if chair else 'no chair'}"


def asked(form: Reader, session: Session) -> None:
    """One tap before a dose step goes on or a medicine is charted. What stops a dose is never held up by it, and a form
    that was drawn while one session ran is not asked."""
    if form.text("whose_asked") and form.text("whose") != "yes":
        words = whose(session) or "this patient"
        form.refuse("whose", "Several sessions run: whose is this?", f"Look up: tick it if it is {words}.", "policy")


def asked_of_waiting(form: Reader, session: Session, waited: timedelta) -> None:
    """What waited on a screen without a connection is asked too: chairs and people may have changed meanwhile. Not
    while it may still sound as of now, which is as long as no repeat of a pressure would be due (A16)."""
    if waited < timedelta(seconds=reader.limits().times.repeat_s) or form.confirms("whose"):
        return
    if words := whose(session):
        rule = "This waited on the screen, and several sessions run: whose is it?"
        form.refuse("whose", rule, f"Look up: it is right as entered if it is {words}.", "unlikely")
