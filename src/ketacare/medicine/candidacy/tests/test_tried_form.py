"""Trials and courses in JSON: every field is read, and what cannot be is refused by field, rule and remedy."""

from datetime import date
from decimal import Decimal

import pytest

from ketacare.medicine.candidacy import reader
from ketacare.medicine.candidacy.terms import Course, CourseKind, DoseStep, Improvement, Ruling, Side, Trial
from ketacare.medicine.evidence.reader import SheetRefused, sheet_from

CASE = {"on": "2026-07-14", "stage": "evaluation"}


def read(**parts):
    return reader.case_from_json(CASE | parts)


def test_every_field_of_a_trial_is_read():
    told = {
        "medicine": "lithium",
        "form": "ER",
        "steps": [{"dose_mg": 600, "days": 20}, {"taken": False, "days": 3}, {"dose_mg": "900", "days": 30}],
        "improvement": "partial",
        "level_mmol_per_l": "0.7",
        "days_since_gap": 30,
        "began_on": "2026-01-01",
        "reduced_for": "kidney",
        "ruled": {"counts": True, "by": "Dr Ada", "reason": "record found"},
    }
    (trial,) = read(trials=[told]).trials
    assert trial == Trial(
        medicine="lithium",
        form="ER",
        steps=(DoseStep(Decimal(600), 20), DoseStep(None, 3, taken=False), DoseStep(Decimal(900), 30)),
        improvement=Improvement.PARTIAL,
        level_mmol_per_l=Decimal("0.7"),
        days_since_gap=30,
        stopped_for_side_effects=None,
        began_on=date(2026, 1, 1),
        reduced_for="kidney",
        ruled=Ruling(True, "Dr Ada", "record found"),
    )


def test_every_field_of_a_course_is_read():
    told = {
        "kind": "ECT",
        "sessions": 9,
        "weeks": 3.5,
        "side": "unilateral, high dose",
        "responded": False,
        "in_current_episode": True,
        "source": "clinician record",
    }
    (course,) = read(courses=[told]).courses
    assert course == Course(CourseKind.ECT, 9, Decimal("3.5"), Side.UNILATERAL_HIGH, False, True, source="clinician")
    assert read(courses=[]).courses == ()
    assert read().courses is None


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"trials": [{"medicine": "x", "began_on": "spring"}]}, "began_on: 'spring' is not a date"),
        ({"trials": [{"medicine": "x", "improvement": "some"}]}, "improvement: 'some' is not one of none, partial"),
        ({"trials": [{"medicine": "x", "relapsed_on_dose": "yes"}]}, "relapsed_on_dose: 'yes' is not true, false"),
        ({"trials": [{"medicine": "x", "started_with": "y"}]}, "started_with: must be a list"),
        ({"trials": [{"medicine": "x", "steps": [{"taken": False, "dose_mg": 5}]}]}, r"steps\[0\]: Gap: a gap has no"),
        ({"trials": [{"medicine": "x", "ruled": {"by": "Dr Ada"}}]}, "ruled.counts: missing"),
        ({"trials": [{"medicine": "x", "ruled": {"counts": True}}]}, "ruled: Ruling: says who ruled and why"),
        ({"trials": [{"medicine": "x", "days_alone": -1}]}, "-1 days is impossible"),
        ({"courses": [{}]}, "kind: None is not one of ECT, rTMS"),
        ({"courses": [{"kind": "ECT", "side": "left"}]}, "side: 'left' is not one of bilateral"),
        ({"courses": [{"kind": "rTMS", "sessions": 0}]}, "is not a number of sessions"),
        ({"courses": [{"kind": "rTMS", "minutes": 3}]}, "minutes: not known here"),
        ({"courses": {}}, "courses: must be a list"),
    ],
)
def test_what_cannot_be_is_refused(parts, words):
    with pytest.raises(reader.CaseRefused, match=words):
        read(**parts)


# --- the sheet -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rxcui", "words"),
    [
        ({"code": "12x", "source": "HOUSE", "grade": "V"}, "not a code"),
        ("36437", "not a code"),
        ({"code": "36437", "source": "HOUSE", "grade": "X"}, "not one of V, S, M, D"),
        ({"code": "36437", "source": "NOBODY", "grade": "V"}, "not under"),
    ],
)
def test_a_code_needs_digits_source_and_grade(rxcui, words):
    figure = {"value": 50, "unit": "mg/d", "source": "HOUSE", "grade": "D"}
    row = {"id": "MED-02", "name": "sertraline", "class": "SSRI", "least": figure, "rxcui": rxcui}
    header = {
        **dict.fromkeys(["id", "version", "title", "author", "checker"], "x"),
        "status": "shipped",
        "reviewed_on": date(2026, 1, 1),
        "next_review_on": date(2027, 1, 1),
    }
    table = {"sheet": header, "sources": {"HOUSE": "House default"}, "medicines": [row], "augmenters": []}
    with pytest.raises(SheetRefused, match=words):
        reader.trial_lines_from(sheet_from(table, "x"))
