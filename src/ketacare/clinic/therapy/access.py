"""The doors of therapy: a patient's course, a small act by its link, an entry of one's own journal."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.links import access as links
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, NotHere
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.therapy.actions.homework import KIND
from ketacare.clinic.therapy.models import Goal, Homework, JournalEntry


def token_for(homework: Homework, at: datetime | None = None) -> str:
    """`at`: when it is handed out; else when the act was given."""
    return links.token_for(KIND, homework, at or homework.created_at)


def link_ends(homework: Homework, token: str) -> datetime:
    """A day for a link (K1): each day's message brings its own."""
    return links.link_ends(KIND, token, homework, homework.created_at)


def handed_out(homework: Homework, token: str) -> datetime:
    return links.handed_out(KIND, token, homework.created_at)


def homework_by_link(token: str) -> Homework:
    """The act of a link, its tenant entered. Forged, withdrawn and unknown links look alike."""
    homework, serial = links.named_by(KIND, token)
    found = Homework.objects.select_related("patient", "clinic").filter(pk=homework, link_serial=serial).first()
    if found is None:
        raise NotHere
    return found


def of_patient(text: str, patient: Patient, kind: type[Goal] | type[Homework]) -> Goal | Homework:
    """What a form names, if it is this patient's; anything else is not here."""
    try:
        key = UUID(text)
    except ValueError:
        raise NotHere from None
    rows = Goal.objects.current().filter(ended=False) if kind is Goal else Homework.objects.filter(ended_at=None)
    found = rows.filter(pk=key, patient=patient).select_related("patient", "clinic").first()
    if found is None:
        raise NotHere
    return found


def own_record(actor: Actor, object_name: str, act: str = "R", *, at: datetime) -> Patient:
    """The patient's own, for pages under /me/."""
    if actor.role != Role.PT or actor.patient_id is None:
        raise NotHere
    return access.patient_of(actor, actor.patient_id, object_name, act, at=at, purpose="own record")


def own_entry(actor: Actor, patient: Patient, text: str) -> JournalEntry:
    try:
        key = UUID(text)
    except ValueError:
        raise NotHere from None
    found = JournalEntry.objects.filter(pk=key, patient=patient, recorded_by_id=actor.person_id).first()
    if found is None:
        raise NotHere
    found.patient = patient
    return found


def read_shared(actor: Actor, patient: Patient, how_many: int, *, at: datetime) -> None:
    """That somebody read what was shared: the patient finds it under who opened the record."""
    if how_many:
        audit.note(by=actor, at=at, verb="chart.open", patient=patient, kind="journal", purpose="care")
