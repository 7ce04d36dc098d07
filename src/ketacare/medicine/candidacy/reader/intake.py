"""Reads the sheet of the intake."""

from collections.abc import Mapping
from typing import Any

from ketacare.medicine.candidacy.terms.intake import IntakeLines
from ketacare.medicine.evidence.terms import Sheet


def intake_from(sheet: Sheet) -> IntakeLines:
    """The figures of one version of the sheet."""
    body: Mapping[str, Any] = sheet.body
    link, chase, alcohol = body["link"], body["chase"], body["alcohol"]
    return IntakeLines(
        header=sheet.header,
        lasts=link["lasts"],
        wrong_years=link["wrong_years"],
        idle=link["idle"],
        before_visit=chase["before_visit"],
        after_sending=chase["after_sending"],
        unit=alcohol["unit"],
        drink=alcohol["drink"],
        drink_words=alcohol["words"],
        drink_words_es=alcohol["words_es"],
        helped=body["helped"],
    )
