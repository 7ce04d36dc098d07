"""Reads the sheets of candidacy and cases; writes answers."""

from ketacare.medicine.candidacy.reader.answer import answer_schema, answer_to_json, kept_answer, reasons_to_json
from ketacare.medicine.candidacy.reader.case import CaseRefused, case_from_json, case_schema, value_from
from ketacare.medicine.candidacy.reader.criteria import criteria_sheet_from
from ketacare.medicine.candidacy.reader.knowledge import fact_kinds_from, knowledge_from, shipped
from ketacare.medicine.candidacy.reader.risk import exceptions_from, risk_rows_from
from ketacare.medicine.candidacy.reader.trials import trial_lines, trial_lines_from
from ketacare.medicine.candidacy.reader.vignettes import stored_cases

__all__ = [
    "CaseRefused",
    "answer_schema",
    "answer_to_json",
    "case_from_json",
    "case_schema",
    "criteria_sheet_from",
    "exceptions_from",
    "fact_kinds_from",
    "kept_answer",
    "knowledge_from",
    "reasons_to_json",
    "risk_rows_from",
    "shipped",
    "stored_cases",
    "trial_lines",
    "trial_lines_from",
    "value_from",
]
