"""Every write of an evaluation, a file per act."""

from ketacare.clinic.candidacy.actions.amending import amending
from ketacare.clinic.candidacy.actions.clearance import (
    Opinion,
    answer_by_link,
    ask_clearance,
    countersign,
    note_try,
    record_clearance,
    renew_link,
    withdraw_clearance,
    withdraw_request,
)
from ketacare.clinic.candidacy.actions.decision import decide, second_role, sign_second
from ketacare.clinic.candidacy.actions.ending import tell_end
from ketacare.clinic.candidacy.actions.exceptions import open_exception, review_exception, take_back_exception
from ketacare.clinic.candidacy.actions.facts import record_history, record_vitals
from ketacare.clinic.candidacy.actions.following import no_longer_accepted_for, tell_it_ends
from ketacare.clinic.candidacy.actions.judging import (
    ABILITIES,
    assess_capacity,
    consider_alternatives,
    consider_diagnosis,
    give_consent,
    note_information,
)
from ketacare.clinic.candidacy.actions.letters import release_words
from ketacare.clinic.candidacy.actions.medicines import (
    accept_unchecked,
    add_medicine,
    amend_medicine,
    record_medicines,
    take_off,
)
from ketacare.clinic.candidacy.actions.not_given import amend_not_given, record_not_given
from ketacare.clinic.candidacy.actions.programme import Proposal, begin_programme, propose
from ketacare.clinic.candidacy.actions.reading import read_arrived
from ketacare.clinic.candidacy.actions.risk import record_assessment, record_call, record_screening
from ketacare.clinic.candidacy.actions.safety_plan import refuse_safety_plan, write_safety_plan
from ketacare.clinic.candidacy.actions.settling import settle_medicine
from ketacare.clinic.candidacy.actions.text import begin_evaluation, write_impression
from ketacare.clinic.candidacy.actions.trials import record_course, record_nothing_tried, record_trial, rule_trial

__all__ = [
    "ABILITIES",
    "Opinion",
    "Proposal",
    "accept_unchecked",
    "add_medicine",
    "amend_medicine",
    "amend_not_given",
    "amending",
    "answer_by_link",
    "ask_clearance",
    "assess_capacity",
    "begin_evaluation",
    "begin_programme",
    "consider_alternatives",
    "consider_diagnosis",
    "countersign",
    "decide",
    "give_consent",
    "no_longer_accepted_for",
    "note_information",
    "note_try",
    "open_exception",
    "propose",
    "read_arrived",
    "record_assessment",
    "record_call",
    "record_clearance",
    "record_course",
    "record_history",
    "record_medicines",
    "record_not_given",
    "record_nothing_tried",
    "record_screening",
    "record_trial",
    "record_vitals",
    "refuse_safety_plan",
    "release_words",
    "renew_link",
    "review_exception",
    "rule_trial",
    "second_role",
    "settle_medicine",
    "sign_second",
    "take_back_exception",
    "take_off",
    "tell_end",
    "tell_it_ends",
    "withdraw_clearance",
    "withdraw_request",
    "write_impression",
    "write_safety_plan",
]
