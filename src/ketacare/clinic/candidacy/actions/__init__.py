"""Every write of an evaluation, a file per act."""

from ketacare.clinic.candidacy.actions.amending import amending
from ketacare.clinic.candidacy.actions.decision import decide
from ketacare.clinic.candidacy.actions.facts import record_history, record_vitals
from ketacare.clinic.candidacy.actions.judging import (
    ABILITIES,
    assess_capacity,
    consider_alternatives,
    consider_diagnosis,
    note_information,
)
from ketacare.clinic.candidacy.actions.medicines import record_medicines
from ketacare.clinic.candidacy.actions.programme import Proposal, begin_programme, propose
from ketacare.clinic.candidacy.actions.text import begin_evaluation, write_impression
from ketacare.clinic.candidacy.actions.trials import record_course, record_nothing_tried, record_trial, rule_trial

__all__ = [
    "ABILITIES",
    "Proposal",
    "amending",
    "assess_capacity",
    "begin_evaluation",
    "begin_programme",
    "consider_alternatives",
    "consider_diagnosis",
    "decide",
    "note_information",
    "propose",
    "record_course",
    "record_history",
    "record_medicines",
    "record_nothing_tried",
    "record_trial",
    "record_vitals",
    "rule_trial",
    "write_impression",
]
