"""What the rooms above this one know of a patient and do at its events. Each says it once, when the product starts, so
that this room holds to what it cannot read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling.models import Visit
from ketacare.medicine.scheduling.terms import CourseRules, Window

# Drug, route and mg/kg of a dose.
Ordered = tuple[str, str, Decimal | None]


def no_rules(patient: Patient) -> CourseRules | None:
    return None


def nothing_ordered(visit: Visit) -> Ordered | None:
    return None


def no_hours(patient: Patient) -> Window | None:
    return None


@dataclass
class Above:
    rules_without_course: Callable[[Patient], CourseRules | None] = no_rules
    """What the signed plan holds single visits to while no course is booked."""
    window_without_course: Callable[[Patient], Window | None] = no_hours
    """The hours after a dose that therapy has chosen for this patient, where no course keeps them."""
    ordered: Callable[[Visit], Ordered | None] = nothing_ordered
    """What was ordered for this visit: it may be more than the plan has."""
    given_up: list[Callable[[Visit, Actor, datetime], None]] = field(default_factory=list)
    """What else ends with a visit that does not take place."""
    team_changed: list[Callable[[Patient, Actor, datetime], None]] = field(default_factory=list)
    """What goes from one therapist to another with a booking that changed who may open the record."""
    begun_since: list[Callable[[Visit, datetime], list[str]]] = field(default_factory=list)
    """What was begun because somebody came to a visit, each in a sentence."""
    moved: list[Callable[[Visit, Actor, datetime], None]] = field(default_factory=list)
    """What else ends with the old time of a visit that has a new one."""


above = Above()
