"""Another link where the day of one is over (K1): whether one more may go, when, and what became of the last."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from ketacare.clinic.links.access import link_lives
from ketacare.clinic.links.fresh import Became
from ketacare.clinic.links.models import Form
from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.models import Ask, MessageOut
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.outcomes import reader, rules

FRESH = "fresh"


def of_form(form: Form) -> QuerySet[MessageOut]:
    """Every link that was asked for anew."""
    beside = form.messages.all() if isinstance(form, Ask) else queries.messages_of(form)
    return beside.filter(code=FRESH)


def is_their_device(patient: Patient, device: str) -> bool:
    """It has answered a check-in of theirs, or gave their birth year, not long ago."""
    return bool(device) and Ask.objects.filter(patient=patient, devices__contains=[device]).exists()


def may_go(form: Form, at: datetime) -> bool:
    """One at a time, and so many in a day: a link in foreign hands fills nobody's telephone."""
    sheet, sent = reader.outreach(), of_form(form)
    just_now = at - timedelta(minutes=sheet.fresh_again.integer)
    return not sent.filter(created_at__gt=just_now).exists() and not is_enough(form, at)


def is_enough(form: Form, at: datetime) -> bool:
    sent = of_form(form).filter(created_at__gt=at - link_lives())
    return sent.count() >= reader.outreach().fresh_a_day.integer


def goes_at(form: Form, at: datetime, *, is_theirs: bool) -> datetime | None:
    """`is_theirs`: it is asked for on a browser of the patient's own, who is awake then. Whoever else holds an old link
    wakes nobody: it waits for the morning, and where the form is over by then, none goes."""
    quiet = None if is_theirs else quiet_until(form.patient, form.clinic, at)
    if quiet is None:
        return at
    return quiet if quiet < form.link_until else None


def quiet_until(patient: Patient, clinic: Clinic, at: datetime) -> datetime | None:
    """By the clock of the patient, where it is known to be another than the clinic's."""
    wish = queries.wish(patient)
    zone = ZoneInfo((wish.zone if wish else "") or clinic.zone)
    return rules.quiet_until(at.astimezone(zone), reader.outreach())


def became(form: Form, at: datetime) -> Became:
    """For whoever asked: what they may wait for."""
    last = of_form(form).order_by("created_at").last()
    if last is not None and last.send_after > at:
        return Became.MORNING
    just_now = at - timedelta(minutes=reader.outreach().fresh_again.integer)
    if last is not None and last.created_at > just_now:
        return Became.NOW
    if is_enough(form, at):
        return Became.ENOUGH
    return Became.OVER if goes_at(form, at, is_theirs=False) is None else Became.AGAIN
