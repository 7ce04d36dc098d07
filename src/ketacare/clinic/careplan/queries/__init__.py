"""The plan as the record has it now, its versions, its copies and its letters."""

from ketacare.clinic.careplan.queries.asking import where_to_ask
from ketacare.clinic.careplan.queries.conditions import differing_to, told_to
from ketacare.clinic.careplan.queries.gathering import Gathered, gathered
from ketacare.clinic.careplan.queries.letters import (
    addressees,
    letter_body,
    may_go,
    referrer_agreed,
)
from ketacare.clinic.careplan.queries.plain import copies, copy_of
from ketacare.clinic.careplan.queries.sections import next_date, sections
from ketacare.clinic.careplan.queries.versions import (
    Standing,
    family_doctor,
    letters_of,
    newest,
    referral_by_a_clinician,
    standing,
    versions,
)

__all__ = [
    "Gathered",
    "Standing",
    "addressees",
    "copies",
    "copy_of",
    "differing_to",
    "family_doctor",
    "gathered",
    "letter_body",
    "letters_of",
    "may_go",
    "newest",
    "next_date",
    "referral_by_a_clinician",
    "referrer_agreed",
    "sections",
    "standing",
    "told_to",
    "versions",
    "where_to_ask",
]
