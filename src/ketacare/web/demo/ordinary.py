"""What an ordinary candidate of the demo answers: no to everything but these, and tests without a finding."""

from __future__ import annotations

from datetime import date

from ketacare.clinic.candidacy import queries
from ketacare.medicine.candidacy.terms import FactKind

TESTS = {
    "episode_months": "26", "qtc_ms": "421", "home_sbp_mmhg": "122", "home_dbp_mmhg": "76", "ymrs": "2", "moca": "29",
    "des_ii": "6", "madrs": "33", "qids_sr16": "17", "hdrs_17": "23", "madrs_item_10": "1", "qids_item_12": "0",
    "bss": "0", "audit": "3", "dast_10": "0", "dsm_substance_criteria": "0", "alcohol_units_per_week": "4",
    "alt_times_uln": "0.6", "ast_times_uln": "0.5", "alp_times_uln": "0.7", "bilirubin_times_uln": "0.5", "egfr": "95",
    "bilirubin_umol_l": "9", "albumin_g_l": "43", "inr": "1.0",
    "stop_bang": "1", "visits_above_line": "0",
}  # fmt: skip
YES = frozenset(
    {"first_of_series", "capacity", "contraception", "rems_enrolled", "drug_level_in_range", "means_counselled"}
)
DONE_TODAY = frozenset({"medicines_checked_on", "full_history_on", "mania_and_psychosis_screened_on", "safety_plan_on"})
CHOSEN = {"episode_severity": "severe"}


def ordinary(on: date) -> dict[str, str]:
    """Every question of an evaluation with its answer in canonical text."""
    asked = {name: kind for name, kind in queries.kinds().items() if kind.told_by != "day"}
    return {
        name: answer(kind, on)
        for name, kind in asked.items()
        if name not in queries.ELSEWHERE and (kind.kind != "number" or name in TESTS)
    }


def answer(kind: FactKind, on: date) -> str:
    if kind.name in DONE_TODAY:
        return on.isoformat()
    if kind.kind == "choice":
        return CHOSEN.get(kind.name, kind.choices[0])
    return TESTS.get(kind.name, "yes" if kind.name in YES else "no")
