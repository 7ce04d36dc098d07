"""What a course or a visit needs, and how full the site is."""

from ketacare.clinic.planning.queries.capacity import Capacity, capacity
from ketacare.clinic.planning.queries.course import (
    Asked,
    Owed,
    Question,
    ahead,
    doses_given,
    own_therapist,
    proposal,
    question,
)
from ketacare.clinic.planning.queries.lacking import Inside, inside
from ketacare.clinic.planning.queries.one import OneAsked, doses_without_place, one_visit, rules_without_course
from ketacare.clinic.planning.queries.rest import days_given_up, proposal_of_rest, rest_of

__all__ = [
    "Asked",
    "Capacity",
    "Inside",
    "OneAsked",
    "Owed",
    "Question",
    "ahead",
    "capacity",
    "days_given_up",
    "doses_given",
    "doses_without_place",
    "inside",
    "one_visit",
    "own_therapist",
    "proposal",
    "proposal_of_rest",
    "question",
    "rest_of",
    "rules_without_course",
]
