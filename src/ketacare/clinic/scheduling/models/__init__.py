"""Visits, what they are held in, the courses that they belong to, and who waits for one."""

from ketacare.clinic.scheduling.models.courses import CalendarFeed, Course, Waiting, WaitingState
from ketacare.clinic.scheduling.models.resources import (
    Absence,
    AbsenceKind,
    Hold,
    Outage,
    Resource,
    ResourceKind,
    SiteRules,
    Skill,
    StaffSkill,
    WeekHours,
)
from ketacare.clinic.scheduling.models.visits import (
    GIVEN_UP,
    HELD,
    Chair,
    Happened,
    TsTzRange,
    Visit,
    VisitChange,
    VisitKind,
    VisitState,
)

__all__ = [
    "GIVEN_UP",
    "HELD",
    "Absence",
    "AbsenceKind",
    "CalendarFeed",
    "Chair",
    "Course",
    "Happened",
    "Hold",
    "Outage",
    "Resource",
    "ResourceKind",
    "SiteRules",
    "Skill",
    "StaffSkill",
    "TsTzRange",
    "Visit",
    "VisitChange",
    "VisitKind",
    "VisitState",
    "Waiting",
    "WaitingState",
    "WeekHours",
]
