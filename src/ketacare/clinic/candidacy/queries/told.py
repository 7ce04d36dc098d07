"""The safety questions of an intake: which are unanswered, and what was answered to a question before the last word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import groupby

from ketacare.clinic.candidacy.models import Intake, Said
from ketacare.clinic.candidacy.queries.intake import items_said
from ketacare.clinic.outcomes.models import Answers
from ketacare.medicine.safety import reader as safety
from ketacare.medicine.safety.terms import Tier

FIRST, SCALE = "safety-first", "phq-9"


@cache
def grave_items(instrument: str) -> frozenset[str]:
    """The questions of a form that can tell of danger now: to have no answer to one of them is no all-clear (H13)."""
    sheet = safety.triage_sheet()
    if instrument == sheet.first.id:
        return frozenset(item for item, answers in sheet.answer_tiers.items() if Tier.T1 in answers.tiers) & frozenset(
            item.id for item in sheet.first.items
        )
    rows = (row for row in sheet.rows if row.instrument == instrument and row.tier is Tier.T1)
    return frozenset(row.item for row in rows if row.item)


def safety_unsaid(intake: Intake) -> set[tuple[str, str]]:
    """The safety questions without an answer, refused or left. That of a scale counts where the scale was begun: in a
    language whose text is not here it is asked in person."""
    found = set()
    for instrument in (FIRST, SCALE):
        given = items_said(intake, instrument)
        if given or instrument == FIRST:
            found |= {(instrument, item) for item in grave_items(instrument) if given.get(item) is None}
    return found


@dataclass(frozen=True)
class Told:
    """One answer to one question of a form; without a code, why there is none."""

    code: int | None
    why: str  # unable | refused | "" where it was never said
    at: datetime


def items_told(intake: Intake, instrument: str) -> dict[str, list[Told]]:
    """Every answer to each question, in the order in which they were given: the last one stands."""
    codes: dict[str, int | None] = {}
    whys: dict[str, str] = {}
    found: dict[str, list[Told]] = {}
    answers = Answers.objects.filter(form_id=intake.pk, instrument=instrument, in_error=False)
    reasons = Said.objects.filter(intake=intake, screen=instrument, in_error=False)
    rows: list[Answers | Said] = sorted([*answers, *reasons], key=lambda row: row.recorded_at)
    for at, group in groupby(rows, key=lambda row: row.recorded_at):
        for row in group:
            if isinstance(row, Answers):
                codes |= row.values
            else:
                whys = {item: value["answer"] for item, value in row.values.items()}
        for item, code in codes.items():
            told = Told(code, whys.get(item, "") if code is None else "", at)
            before = found.setdefault(item, [])
            if not before or (before[-1].code, before[-1].why) != (told.code, told.why):
                before.append(told)
    return found


def screens_told(intake: Intake, screen: str) -> list[Said]:
    """Each time this screen was answered, in order."""
    rows = Said.objects.filter(intake=intake, screen=screen, in_error=False)
    return sorted(rows, key=lambda row: row.recorded_at)
