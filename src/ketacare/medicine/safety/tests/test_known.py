"""Readings against the order set: the figures are those of its sheet (treatment 4.2)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.safety.reader import needed_sheet
from ketacare.medicine.safety.rules.known import does_not_look_like, stands_against


def values(**known):
    return {Channel[name.upper()]: Decimal(value) for name, value in known.items()}


@pytest.mark.parametrize(
    ("medicine", "known", "stands"),
    [
        ("metoprolol", {"hr": 59}, True),
        ("metoprolol", {"hr": 60}, False),
        ("metoprolol", {"pr": 45}, True),
        ("metoprolol", {"hr": 72, "pr": 45}, True),
        ("metoprolol", {}, False),
        ("nitroglycerin", {"nibp_sys": 100}, True),
        ("nitroglycerin", {"nibp_sys": 101}, False),
        ("midazolam", {"spo2": 91}, True),
        ("midazolam", {"spo2": 92}, False),
        ("ibuprofen", {}, True),
        ("ibuprofen", {"nibp_sys": 130}, False),
    ],
)
def test_a_reading_that_the_sheet_names_stands_against_it(medicine, known, stands):
    assert bool(stands_against(needed_sheet().medicines[medicine], values(**known))) == stands


@pytest.mark.parametrize(
    ("medicine", "why", "known", "asked"),
    [
        ("labetalol", "hypertension", {"nibp_sys": 124, "nibp_dia": 78, "hr": 80}, True),
        ("labetalol", "hypertension", {"nibp_sys": 186, "nibp_dia": 100, "hr": 80}, False),
        ("labetalol", "hypertension", {"nibp_sys": 150, "nibp_dia": 112, "hr": 71}, False),
        ("labetalol", "hypertension", {"nibp_sys": 186, "nibp_dia": 112, "hr": 70}, True),
        ("labetalol", "hypertension", {"nibp_sys": 180, "nibp_dia": 110, "hr": 71}, True),
        ("hydralazine", "hypertension", {"nibp_sys": 124, "nibp_dia": 78, "hr": 64}, True),
        ("hydralazine", "hypertension", {"nibp_sys": 186, "nibp_dia": 100, "hr": 69}, False),
        ("hydralazine", "hypertension", {"nibp_sys": 186, "nibp_dia": 100, "hr": 70}, True),
        ("clonidine", "hypertension", {"nibp_sys": 124, "nibp_dia": 78, "hr": 64}, False),
        ("metoprolol", "tachycardia", {"hr": 121}, False),
        ("metoprolol", "tachycardia", {"hr": 120}, True),
        ("metoprolol", "tachycardia", {"pr": 121}, False),
        ("oxygen", "hypoxia", {}, True),
        ("midazolam", "anxiety", {}, True),
        ("midazolam", "anxiety", {"distress": 9}, False),
        ("midazolam", "seizure", {}, False),
        ("epinephrine", "anaphylaxis", {}, False),
    ],
)
def test_what_does_not_look_like_its_reason_is_asked(medicine, why, known, asked):
    assert bool(does_not_look_like(needed_sheet().medicines[medicine], why, values(**known))) == asked


def test_what_is_asked_names_the_reading_beside_what_the_sheet_says():
    sheet = needed_sheet().medicines
    slow = values(hr=54, nibp_sys=150, nibp_dia=90)
    assert stands_against(sheet["labetalol"], slow) == ("Heart rate under 60: Heart rate is 54.",)
    assert stands_against(sheet["ibuprofen"], {}) == ("Blood pressure not checked.",)
    for_it = f"Labetalol is meant for {sheet['labetalol'].meant_for}; "
    assert does_not_look_like(sheet["labetalol"], "hypertension", slow) == (
        f"{for_it}Systolic pressure is 150, Diastolic pressure is 90.",
        f"{for_it}Heart rate is 54.",
    )
    assert does_not_look_like(sheet["oxygen"], "hypoxia", {}) == (
        "Oxygen is meant for SpO2 under 92 %; SpO2 is not recorded.",
    )
