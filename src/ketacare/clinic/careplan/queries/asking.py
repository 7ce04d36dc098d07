"""Where what is not known is asked for: the page that records it, so that the plan knows it from then on."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.urls import reverse

from ketacare.clinic.people.access import Actor, may
from ketacare.medicine.careplan.terms import Section

# The statement → the route, what one must be allowed there, a place on its page, and what the link says.
ASKED_AT = {
    ("aims", "goals"): ("enrolment", ("plan", "S"), "", "Ask, and sign the plan with it"),
    ("aims", "goal day"): ("goals", ("therapy", "C"), "", "Set it together"),
    ("regimen", "order"): ("enrolment", ("plan", "S"), "", "Choose a protocol and sign"),
    ("regimen", "why"): ("evaluation", ("evaluation", "S"), "", "Decide in the evaluation"),
    ("therapy", "therapist"): ("patient", ("demographics", "U"), "", "Assign a therapist"),
    ("therapy", "booked"): ("enrolment", ("plan", "S"), "", "Begin the course"),
    ("medicines", "list"): ("evaluation", ("evaluation", "C"), "#medicines", "Ask what is taken"),
    ("safety", "plan"): ("safety-plan", ("evaluation", "C"), "", "Make one together"),
    ("people", "prescriber"): ("enrolment", ("plan", "S"), "", "Sign the plan"),
    ("people", "gp"): ("family-doctor", ("demographics", "U"), "", "Ask who it is"),
    ("dates", "next"): ("patient", ("appointments", "R"), "", "Book a visit"),
    ("then", "rules"): ("enrolment", ("plan", "S"), "", "Sign a plan"),
    ("then", "relapse"): ("relapse-plan", ("therapy", "C"), "", "Write it together"),
    ("then", "else"): ("evaluation", ("evaluation", "C"), "#alternatives", "Talk it over and record it"),
}


def where_to_ask(plan: Iterable[Section], patient_id: UUID, actor: Actor) -> dict[tuple[str, str], tuple[str, str]]:
    """Statement → (address, words), for what this person may ask; who may not sees that it is not known."""
    found = {}
    for section in plan:
        for statement in section.statements:
            place = ASKED_AT.get((section.id, kind_of(statement.key)))
            if statement.is_known or place is None or not may(actor, *place[1]):
                continue
            found[section.id, statement.key] = (reverse(place[0], args=[patient_id]) + place[2], place[3])
    return found


def kind_of(key: str) -> str:
    """The key without what it is about: each goal has a day of its own."""
    words = key.split()
    return f"{words[0]} {words[-1]}" if len(words) > 2 else key
