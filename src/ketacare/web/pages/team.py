"""The care team of a patient: who is assigned, since when; assigning a therapist and ending it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.outcomes.actions import ASSIGNED, INTEGRATION, TITLE, hand_back, is_theirs
from ketacare.clinic.people import actions, queries
from ketacare.clinic.people.access import Actor, NotHere, actor_of, guarded, moment_of, patient_of
from ketacare.clinic.people.models import CareRelation, Patient, Role, User
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused


@guarded("demographics", "U")
@require_POST
def assign_therapist(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The therapist may open this chart from now on, and takes over integration visits that waited for somebody."""
    actor, at = actor_of(request), moment_of(request)
    patient = patient_of(actor, patient_id, act="U", at=at)
    chosen = request.POST.get("therapist", "")
    therapist, role = chosen_of(actor, chosen)
    until = last_day(request.POST.get("until", ""), role)
    actions.relate(patient=patient, user=therapist, kind="therapist", by=actor, at=at, until=until)
    for duty in owed.open_for(patient, INTEGRATION):
        if waits_for(duty, patient, until):
            duties.hand_over(duty, to=therapist, role=role, reason=ASSIGNED, title=TITLE, by=actor, at=at)
    return HttpResponseRedirect(reverse("patient", args=[patient.pk]))


def waits_for(duty: Duty, patient: Patient, until: date | None) -> bool:
    """Nobody's, or somebody's who is on the case no more; and whoever comes now stays until its window closes."""
    last = local_day(duty.late_at, patient.clinic.zone)
    if until is not None and until < last:
        return False
    return duty.owner_role not in (Role.TH, Role.ET) or not is_theirs(patient, duty, last)


def chosen_of(actor: Actor, chosen: str) -> tuple[User, Role]:
    """Somebody of this clinic, or of another practice."""
    for role in (Role.TH, Role.ET):
        for user in queries.colleagues(clinic_id=actor.clinic_id, role=role):
            if str(user.pk) == chosen:
                return user, role
    raise Refused(Refusal("therapist", "Nobody is chosen.", "Choose a therapist from the list."))


def last_day(text: str, role: Role) -> date | None:
    """Whoever comes from another practice has a last day."""
    if not text.strip():
        if role == Role.ET:
            raise Refused(
                Refusal("until", "A therapist of another practice needs a last day.", "Choose when it ends.", "policy")
            )
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Refused(Refusal("until", "The last day cannot be read.", "Choose a day.")) from None


@guarded("demographics", "U")
@require_POST
def end_assignment(request: HttpRequest, patient_id: UUID, relation_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    patient = patient_of(actor, patient_id, act="U", at=at)
    relation = CareRelation.objects.filter(pk=relation_id, patient=patient, ended_at__isnull=True).first()
    if relation is None:
        raise NotHere
    actions.end_relation(relation, by=actor, at=at)
    hand_back(patient, by=actor, at=at)
    return HttpResponseRedirect(reverse("patient", args=[patient.pk]))
