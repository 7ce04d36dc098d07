"""Which scores of a scale are held against each other: one rule for the curve, the triage and the programme."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from ketacare.medicine.outcomes import reader
from ketacare.medicine.outcomes.rules.alike import Marks, coded, first_of_course, in_line, is_too_soon, marks

MADRS = reader.instrument("madrs")
OLD, NEW = "1979", "2019"


def line(*rows: tuple[float, str, Marks], of: tuple[int, ...] = ()) -> list[bool]:
    """Day after the first dose, version and marks of each score of a course."""
    found = coded([(version, said) for _, version, said in rows], MADRS)
    whose = np.array(of or (0,) * len(rows), dtype=np.int64)
    return in_line(whose, found, first_of_course(np.array([day for day, _, _ in rows]))).tolist()


@pytest.mark.parametrize(
    ("rows", "alike"),
    [
        ([(-8, "1.0.0", ("", "")), (7, "1.2.3", ("", ""))], [True, True]),
        ([(-8, "1.0.0", ("", "")), (7, "2.0.0", ("", ""))], [True, False]),
        (
            [(-8, "1.0.0", (OLD, "open")), (7, "1.0.0", (NEW, "open")), (14, "1.0.0", (OLD, "open"))],
            [True, False, True],
        ),
        ([(-8, "1.0.0", (OLD, "open")), (7, "1.0.0", (OLD, "blind")), (14, "1.0.0", (OLD, ""))], [True, False, True]),
        ([(-20, "1.0.0", (NEW, "")), (-8, "1.0.0", (OLD, "")), (7, "1.0.0", (NEW, ""))], [False, True, False]),
        ([(-8, "1.0.0", ("", "")), (7, "1.0.0", (OLD, "")), (14, "1.0.0", (NEW, ""))], [True, True, False]),
        ([(-8, "2.0.0", (NEW, "")), (7, "1.0.0", (OLD, ""))], [False, True]),
        ([], []),
    ],
)
def test_a_course_is_on_the_line_of_its_baseline_and_what_is_not_said_joins_any(rows, alike) -> None:
    assert line(*rows) == alike


def test_each_course_has_a_line_of_its_own() -> None:
    rows = [(0.0, "1.0.0", (OLD, "")), (0.0, "1.0.0", (NEW, "")), (7.0, "1.0.0", (NEW, "")), (7.0, "1.0.0", (OLD, ""))]
    assert line(*rows, of=(0, 1, 0, 1)) == [True, True, False, False]


def test_an_edition_counts_where_the_form_is_its_owners_and_blinding_where_a_person_rates() -> None:
    assert marks(MADRS, " 2019,  Structured ", True) == ("2019, structured", "blind")
    assert marks(MADRS, "", None) == ("", "")
    assert marks(MADRS, "", False) == ("", "open")
    assert marks(reader.instrument("phq-9"), "A print of 2001", True) == ("", ""), (
        "its words are ours, and nobody rates"
    )
    assert marks(reader.instrument("bdi-ii"), "1996", False) == ("1996", "")


@pytest.mark.parametrize(
    ("name", "hours", "overlaps", "apart"),
    [
        ("phq-9", 0, True, True),
        ("phq-9", 71, True, True),
        ("phq-9", 72, True, False),
        ("phq-9", -1, True, False),
        ("phq-9", 23, False, False),
        ("gad-7", 23, True, True),
        ("madrs", 23, True, False),
        ("mood-vas", 23, True, False),
        ("phq-9", 97, True, True),
        ("phq-9", 96 + 72, True, False),
    ],
)
def test_a_form_of_weeks_given_again_within_72_hours_of_a_dose_is_another_measure(name, hours, overlaps, apart) -> None:
    """Of what a patient answers: its weeks lie mostly before the dose. Any dose, not the first alone."""
    doses = [datetime(2026, 3, 2, 15, tzinfo=UTC) + timedelta(hours=96 * number) for number in range(2)]
    within = timedelta(hours=float(reader.forecasting().too_soon.value))
    at = doses[0] + timedelta(hours=hours)
    assert is_too_soon(reader.instrument(name), at, doses, overlaps=overlaps, within=within) is apart
