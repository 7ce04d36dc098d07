"""Reading the worklist: harm first, then lateness. Names come through the door of the people room, here only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from ketacare.clinic.duties.by_word import asked_of
from ketacare.clinic.duties.models import Duty, DutyState, DutyStep, Step
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, assigned_to, granted
from ketacare.clinic.people.models import Demographics, Patient, Role


@dataclass(frozen=True)
class Waiting:
    """A duty as its owner reads it."""

    duty: Duty
    who: str
    owner: str
    state: str  # due | soon | late | escalated
    alike: tuple[Waiting, ...] = ()
    """The same duty of the same visit, or about the same patient on the same page, owed more than once by the same
    person: what was left unanswered for an hour is one line, and covers no other duty."""

    @property
    def by_word(self) -> bool:
        """Done when somebody says what was done."""
        return bool(asked_of(self.duty.kind))

    @property
    def rank(self) -> tuple[int, datetime]:
        return (self.duty.consequence, self.duty.due_at)


def worklist(actor: Actor, at: datetime, *, whole_clinic: bool = False) -> list[Waiting]:
    """What waits for this person, by consequence and then by how long it is overdue."""
    duties = list(visible(actor, whole_clinic=whole_clinic).filter(state=DutyState.OPEN).select_related("owner"))
    names = names_for(actor, {duty.patient_id for duty in duties if duty.patient_id})
    waiting = [
        Waiting(duty, names.get(duty.patient_id, "") if duty.patient_id else "", owner_words(duty), urgency(duty, at))
        for duty in duties
    ]
    return gathered(sorted(waiting, key=lambda item: item.rank))


def gathered(waiting: list[Waiting]) -> list[Waiting]:
    """In the same order; the first of those alike stands for all of them."""
    alike: dict[object, list[Waiting]] = {}
    for item in waiting:
        duty = item.duty
        place = duty.visit_id or (duty.patient_id and duty.link and (duty.patient_id, duty.link, duty.why))
        same = (duty.kind, duty.title, place, duty.owner_role, duty.owner_id, item.state)
        alike.setdefault(same if place else duty.pk, []).append(item)
    return [replace(first, alike=tuple(others)) for first, *others in alike.values()]


def visible(actor: Actor, *, whole_clinic: bool = False) -> QuerySet[Duty]:
    """Own, one's role's, or the clinic's; for a therapist only of assigned patients (P1)."""
    duties = Duty.objects.filter(clinic_id=actor.clinic_id)
    if not granted(actor.role, "duties", "R", frozenset({"clinic", "a"})):
        return duties.none()
    if not granted(actor.role, "duties", "R", frozenset({"clinic"})):
        mine = Patient.objects.filter(assigned_to(actor))
        duties = duties.filter(Q(patient__in=mine) | Q(patient__isnull=True))
    # The auditor owns nothing and reads everything; whoever else wants the whole clinic asks for it.
    if whole_clinic or actor.role == Role.AU:
        return duties
    return duties.filter(Q(owner_id=actor.user_id) | Q(owner_role=actor.role))


def open_for(patient: Patient, kind: str) -> QuerySet[Duty]:
    """Open duties of a kind about a patient, oldest first."""
    return Duty.objects.filter(patient=patient, kind=kind, state=DutyState.OPEN).order_by("due_at")


def open_about(patient: Patient) -> QuerySet[Duty]:
    """Everything still owed to a patient."""
    return Duty.objects.filter(patient=patient, state=DutyState.OPEN).order_by("due_at")


def said_done(patient: Patient, kind: str) -> list[DutyStep]:
    """What was said to be done of a kind about a patient, newest first."""
    rows = DutyStep.objects.filter(duty__patient=patient, duty__kind=kind, step=Step.CLOSED).exclude(reason="")
    return list(rows.select_related("recorded_by").order_by("-happened_at"))


def names_for(actor: Actor, patient_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names for a list, of patients this person may see; two identifiers stay on the patient's own page."""
    seen = people.visible_patients(actor).filter(pk__in=list(patient_ids))
    rows = Demographics.objects.current().filter(patient__in=seen)
    return {row.patient_id: f"{row.family.upper()}, {row.given}" for row in rows}


def owner_words(duty: Duty) -> str:
    return duty.owner.name if duty.owner else f"{duty.get_owner_role_display()}, nobody yet"


def urgency(duty: Duty, at: datetime) -> str:
    if duty.escalations:
        return "escalated"
    if at >= duty.late_at:
        return "late"
    return "due" if at >= duty.due_at else "soon"


def closed_by(duties: Iterable[Duty], kind: str) -> set[UUID]:
    """Which of them a record of this kind ended."""
    steps = DutyStep.objects.filter(duty__in=list(duties), step=Step.CLOSED, evidence_kind=kind)
    return set(steps.values_list("duty_id", flat=True))
