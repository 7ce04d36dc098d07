"""Reads the sheet of names by which an allergy to ketamine is told."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.candidacy.terms.allergens import Allergens
from ketacare.medicine.candidacy.terms.names import plain_name
from ketacare.medicine.evidence.reader import read_sheet

_KNOWLEDGE = Path(__file__).parent.parent / "knowledge"


@cache
def allergens() -> Allergens:
    """The shipped names."""
    body: Mapping[str, Any] = read_sheet(_KNOWLEDGE / "allergens-1.toml").body
    named = {
        sure: frozenset(plain_name(name) for row in body["rows"] if row["sure"] is sure for name in row["names"])
        for sure in (True, False)
    }
    return Allergens(named[True], named[False])
