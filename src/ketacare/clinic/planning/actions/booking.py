"""Booking what was proposed, and the reminders that follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.db import transaction

from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.planning.actions.pausing import planned_again
from ketacare.clinic.planning.queries import Asked, Question
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import Course
from ketacare.medicine.scheduling.terms import Booked


@transaction.atomic
def book_proposal(*, question: Question, visits: Sequence[Booked], asked: Asked, by: Actor, at: datetime) -> Course:
    """The alternative that was chosen, as it was shown."""
    access.require(by, "appointments", "C", patient=question.patient)
    course = scheduling.book_course(
        patient=question.patient,
        sheet_id=question.plan.sheet_id,
        sheet_version=question.plan.sheet_version,
        rules=question.rules,
        visits=visits,
        wishes=kept(asked),
        by=by,
        at=at,
    )
    planned_again(question.patient, evidence=course.visits.earliest("starts_at"), by=by, at=at)
    return course


@transaction.atomic
def book_rest(*, course: Course, question: Question, visits: Sequence[Booked], by: Actor, at: datetime) -> Course:
    """What an open course still lacked, as it was shown."""
    access.require(by, "appointments", "C", patient=question.patient)
    course = scheduling.add_to_course(
        course=course, visits=visits, rules=question.rules, left=question.waiting, by=by, at=at
    )
    planned_again(question.patient, evidence=course.visits.latest("created_at"), by=by, at=at)
    return course


def wished(kept: dict[str, Any], today: date) -> Asked:
    """The patient's wishes as a course keeps them, from today on."""
    away = tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in kept.get("away", ()))
    return Asked(
        first_on=today,
        never_weekdays=frozenset(kept.get("never_weekdays", ())),
        part=kept.get("part", ""),
        away=tuple((first, last) for first, last in away if last >= today),
        therapist=kept.get("therapist", ""),
        reviews=kept.get("reviews", True),
    )


def kept(asked: Asked) -> dict[str, Any]:
    return {
        **asdict(asked),
        "first_on": asked.first_on.isoformat(),
        "never_weekdays": sorted(asked.never_weekdays),
        "away": [[first.isoformat(), last.isoformat()] for first, last in asked.away],
    }
