"""Beside a missing question of risk stands what a yes to it asks besides."""

from dataclasses import replace

import pytest

from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.tests.given import SHEET
from ketacare.medicine.candidacy.tests.ordinary import a_case, ordinary


@pytest.mark.parametrize(
    ("unknown", "missing", "if_yes"),
    [
        (("cssrs_2", "cssrs_5"), ("cssrs_2",), {"cssrs_2": ("cssrs_5",)}),
        (
            ("cssrs_1", "cssrs_2", "cssrs_3", "cssrs_4", "cssrs_5"),
            ("cssrs_1", "cssrs_2"),
            {"cssrs_2": ("cssrs_3", "cssrs_4", "cssrs_5")},
        ),
        (("cssrs_2",), ("cssrs_2",), {}),
        (("active_psychosis",), ("active_psychosis",), {}),
        ((), (), {}),
    ],
)
def test_a_yes_to_a_question_of_risk_asks_further_ones(unknown, missing, if_yes):
    case = a_case(ordinary(**dict.fromkeys(unknown)))
    decision = rules.judge(case, SHEET)
    assert decision.missing == missing
    assert rules.opened(decision, case, SHEET) == if_yes


def test_what_is_no_fact_of_its_own_opens_nothing():
    case = replace(a_case(ordinary()), trials=None)
    decision = rules.judge(case, SHEET)
    assert "trials" in decision.missing
    assert rules.opened(decision, case, SHEET) == {}
