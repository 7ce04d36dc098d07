"""Reads of therapy that pages, actions and other rooms share."""

from ketacare.clinic.therapy.queries.course import Course, course
from ketacare.clinic.therapy.queries.goals import GoalNow, Goals, goals, scaled
from ketacare.clinic.therapy.queries.homework import DayOf, days_of, homework_of, open_homework, so_far
from ketacare.clinic.therapy.queries.preparing import Prepared, preparation, prepared_for_chair, relapse_plan
from ketacare.clinic.therapy.queries.private import Page, journal_of, notes_of, shared_entries
from ketacare.clinic.therapy.queries.windows import (
    FLOOR,
    DoseWindow,
    Standing,
    after_dose,
    dose_at,
    floor_waits,
    is_under_way,
    missed_word,
    notes,
    notes_of_visits,
    placement_of,
    planned_start,
    standing,
    windows,
)

__all__ = [
    "FLOOR",
    "Course",
    "DayOf",
    "DoseWindow",
    "GoalNow",
    "Goals",
    "Page",
    "Prepared",
    "Standing",
    "after_dose",
    "course",
    "days_of",
    "dose_at",
    "floor_waits",
    "goals",
    "homework_of",
    "is_under_way",
    "journal_of",
    "missed_word",
    "notes",
    "notes_of",
    "notes_of_visits",
    "open_homework",
    "placement_of",
    "planned_start",
    "preparation",
    "prepared_for_chair",
    "relapse_plan",
    "scaled",
    "shared_entries",
    "so_far",
    "standing",
    "windows",
]
