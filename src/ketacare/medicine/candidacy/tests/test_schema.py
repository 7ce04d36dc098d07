"""The printed schema and the reader say the same: what one takes the other takes, and what one refuses both refuse."""

import re

import pytest

from ketacare.medicine.candidacy import reader
from ketacare.medicine.candidacy.tests.test_case_form import A_LETTER

KINDS = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}


def fits(value, form):
    """Does our own schema take this value, as far as its words go?"""
    kind = "null" if value is None else KINDS[type(value)]
    kinds = {"integer": {"integer", "number"}}.get(kind, {kind})
    number = kind in ("integer", "number")
    table, rows = value if kind == "object" else {}, value if kind == "array" else []
    checks = {
        "anyOf": lambda forms: any(fits(value, one) for one in forms),
        "type": lambda told: bool(kinds & {*([told] if isinstance(told, str) else told)}),
        "enum": lambda values: value in values and kind not in ("boolean", "integer"),
        "const": lambda one: value == one and type(value) is type(one),
        "pattern": lambda pattern: kind != "string" or re.search(pattern, value) is not None,
        "minimum": lambda least: not number or value >= least,
        "maximum": lambda most: not number or value <= most,
        "minItems": lambda least: kind != "array" or len(value) >= least,
        "items": lambda one: all(fits(part, one) for part in rows),
        "required": lambda names: kind != "object" or set(names) <= table.keys(),
        "properties": lambda parts: (
            table.keys() <= parts.keys() and all(fits(part, parts[name]) for name, part in table.items())
        ),
    }
    return all(checks[rule](said) for rule, said in form.items() if rule in checks)


MEASURED = {"name": "bmi", "value": 23, "unit": "kg/m2", "known_on": "2026-07-13"}
DRANK = {"name": "hours_since_alcohol", "value": False}


@pytest.mark.parametrize(
    ("part", "row", "takes"),
    [
        ("facts", MEASURED, True),
        ("facts", MEASURED | {"value": "23.5"}, True),
        ("facts", {"name": "bmi", "value": 23}, False),
        ("facts", MEASURED | {"unit": None}, False),
        ("facts", MEASURED | {"value": "2_3"}, False),
        ("facts", MEASURED | {"value": 900}, False),
        ("facts", MEASURED | {"value": False}, False),
        ("facts", MEASURED | {"known_on": "20260713"}, False),
        ("facts", MEASURED | {"known_on": "2026-W29-1"}, False),
        ("facts", MEASURED | {"known_on": "2026-07-13T09:30:00+02:00"}, True),
        ("facts", MEASURED | {"known_on": "2026-07-13T09:30:00"}, False),
        ("facts", MEASURED | {"known_on": "0001-01-01T00:00:00+14:00"}, False),
        ("facts", MEASURED | {"source": None, "settles": None, "known_on": None}, True),
        ("facts", DRANK, True),
        ("facts", DRANK | {"unit": "h"}, True),
        ("facts", DRANK | {"value": 3}, False),
        ("facts", DRANK | {"value": "30", "unit": "h"}, True),
        ("facts", {"name": "pregnancy_test", "value": "negative"}, True),
        ("facts", {"name": "pregnancy_test", "value": "negative", "unit": "mg"}, False),
        ("facts", {"name": "stroke_or_tia_on", "value": "2026-01-01"}, True),
        ("facts", {"name": "stroke_or_tia_on", "value": "20260101"}, False),
        ("trials", {"medicine": "sertraline", "source": "pharmacy record"}, True),
        ("trials", {"medicine": "sertraline", "source": "chart"}, False),
        ("trials", {"medicine": " "}, False),
        ("trials", {"medicine": "sertraline", "steps": None, "ruled": None, "source": None}, True),
        ("trials", {"medicine": "sertraline", "gap_days": -1}, False),
        ("courses", {"kind": "ECT", "source": "clinician record", "weeks": None}, True),
        ("courses", {"kind": "ECT", "source": "letter"}, False),
        ("medicines", {"name": "x", "daily_dose_mg": "0.5", "form": None, "listed_at": None}, True),
        ("medicines", {"name": "x", "hours_since_last": -2}, False),
        ("medicines", {"name": "x", "hours_since_last": "-2"}, False),
        ("clearances", A_LETTER | {"about": ["x"], "until": None}, True),
        ("clearances", A_LETTER | {"about": []}, False),
        ("clearances", A_LETTER | {"given_on": "2026-7-1"}, False),
    ],
)
def test_what_the_schema_takes_is_read_and_what_it_refuses_is_refused(part, row, takes):
    document = {"on": "2026-07-14", "stage": "evaluation", part: [row]}
    assert fits(document, reader.case_schema()) is takes
    if takes:
        assert reader.case_from_json(document)
    else:
        with pytest.raises(reader.CaseRefused):
            reader.case_from_json(document)
