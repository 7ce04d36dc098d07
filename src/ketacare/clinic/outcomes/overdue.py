"""What of the following of a course is owed when the next dose comes: it holds that dose until seen or overridden."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from ketacare.clinic.duties.models import DutyState
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.models import Ask, AskState
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling.models import Visit
from ketacare.medicine.outcomes.terms import Anchor


def reviews_overdue(patient: Patient, at: datetime) -> list[Ask]:
    """Months and quarters of the running course whose window has closed: nobody has seen to them, or the patient was
    silent and was not reached."""
    course = enrolled.current_enrolment(patient)
    is_owed = Q(staff_duty__state=DutyState.OPEN) | Q(duty__state=DutyState.OPEN)
    asks = Ask.objects.filter(is_owed, patient=patient, closes_at__lte=at).exclude(state=AskState.STOPPED)
    if course is not None:
        asks = asks.filter(created_at__gte=course.created_at)
    rows = asks.select_related("staff_duty").order_by("closes_at")
    return [ask for ask in rows if queries.rule_for(ask).anchor is Anchor.COURSE]


def safety_before(visit: Visit) -> Ask | None:
    """What was asked before this dose and has no answer on safety; None where it has one, or nothing was asked."""
    asks = Ask.objects.filter(visit=visit).exclude(state=AskState.STOPPED)
    before = (ask for ask in asks if queries.rule_for(ask).anchor is Anchor.NEXT_DOSE)
    return next((ask for ask in before if queries.is_safety_unknown(ask)), None)
