"""Reads of visits, of what a site has to plan with, and of who waits."""

from ketacare.clinic.scheduling.queries.house import (
    LOOK_BACK,
    booked,
    booked_in,
    course_rules_of,
    fitting_skills,
    house_of,
    kept_rules,
    next_open_day,
    own_of,
    site_rules,
    skilled,
    window_hours,
)
from ketacare.clinic.scheduling.queries.visits import (
    RUNNING,
    chairs,
    clinic_day,
    dose_begun,
    earlier_visits,
    visits_in_chairs,
    visits_of_day,
    week_row,
)

__all__ = [
    "LOOK_BACK",
    "RUNNING",
    "booked",
    "booked_in",
    "chairs",
    "clinic_day",
    "course_rules_of",
    "dose_begun",
    "earlier_visits",
    "fitting_skills",
    "house_of",
    "kept_rules",
    "next_open_day",
    "own_of",
    "site_rules",
    "skilled",
    "visits_in_chairs",
    "visits_of_day",
    "week_row",
    "window_hours",
]
