"""Small acts, day by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet

from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.therapy.models import Homework, HomeworkTick


@dataclass(frozen=True)
class DayOf:
    """One day of a small act: ticked, let pass, or still ahead."""

    day: date
    tick: HomeworkTick | None
    is_today: bool
    has_begun: bool

    @property
    def word(self) -> str:
        if self.tick is not None:
            return "done" if self.tick.done else "not done"
        return "not said" if self.has_begun else "ahead"


def days_of(homework: Homework) -> list[date]:
    return [homework.first_on + timedelta(days=number) for number in range(homework.days)]


def so_far(homework: Homework, at: datetime) -> list[DayOf]:
    today = local_day(at, homework.clinic.zone)
    ticks = {row.day: row for row in HomeworkTick.objects.current().filter(homework=homework)}
    return [DayOf(day, ticks.get(day), day == today, day <= today) for day in days_of(homework)]


def homework_of(patient: Patient) -> QuerySet[Homework]:
    return Homework.objects.filter(patient=patient).select_related("clinic").order_by("-first_on", "-created_at")


def open_homework(patient: Patient, at: datetime) -> list[Homework]:
    """What the patient ticks now."""
    return list(homework_of(patient).filter(ended_at__isnull=True, link_until__gt=at))
