"""Where the integration visit after a dose stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.outcomes.models import Ask
from ketacare.clinic.scheduling.models import Visit, VisitKind, VisitState
from ketacare.clinic.therapy.models import IntegrationNote
from ketacare.medicine.therapy import reader, rules
from ketacare.medicine.therapy import terms as words
from ketacare.medicine.therapy.terms import Placement, Window, WindowState


@dataclass(frozen=True)
class Standing:
    """The window after one dose and its state now."""

    window: Window
    state: WindowState
    placement: Placement


def notes(visit: Visit) -> QuerySet[IntegrationNote]:
    return IntegrationNote.objects.current().filter(visit=visit).select_related("recorded_by").order_by("happened_at")


def dose_at(visit: Visit) -> datetime | None:
    """When the dose of a visit began: the session knows, else the asks that count from it."""
    session = Session.objects.filter(visit=visit).first()
    if session is not None and session.started_at is not None:
        return session.started_at
    ask = Ask.objects.filter(visit=visit).first()
    return ask.dose_at if ask else None


def standing(visit: Visit, at: datetime) -> Standing | None:
    """None before there was a dose."""
    began = dose_at(visit)
    if began is None:
        return None
    placement = reader.placement()
    window = rules.window_after(began, placement)
    booked = Visit.objects.filter(patient=visit.patient, kind=VisitKind.INTEGRATION, starts_at__gt=began)
    known = [
        *(words.Visit(note.happened_at, True) for note in notes(visit)),
        *(words.Visit(row.starts_at, False) for row in booked.exclude(state=VisitState.CANCELLED)),
    ]
    return Standing(window, rules.window_state(window, known, at), placement)
