"""Alcohol, cannabis, coffee and other substances, by what is asked and measured on the day."""

from ketacare.medicine.candidacy.terms import Case, Stage
from ketacare.medicine.candidacy.terms.medicines import InteractionSheet
from ketacare.medicine.evidence.rules import reason_for
from ketacare.medicine.evidence.terms import Reason, Result


def substance_reasons(case: Case, sheet: InteractionSheet) -> list[Reason]:
    """Habits at any time; on the day what was asked, and what was measured if it was."""
    habits = [reason_for(row, case.facts, case.at) for row in sheet.habits]
    if case.stage is Stage.EVALUATION:
        return habits
    asked = [reason_for(row, case.facts, case.at) for row in sheet.substances]
    measured = [reason_for(row, case.facts, case.at) for row in sheet.measured]
    return [*habits, *asked, *(reason for reason in measured if reason.result is not Result.UNKNOWN)]
