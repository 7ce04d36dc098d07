"""Triage of what patients answer. Item by item, also on an unfinished form: one answer can be the one that matters."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from ketacare.medicine.evidence.terms import Figure, Grade
from ketacare.medicine.outcomes.terms import Instrument
from ketacare.medicine.safety.terms import Flag, Tier, TriageContext, TriageRow, TriageSheet

Answers = Mapping[str, int | None]
_SATURDAY = 5


def triage(instrument: str, answers: Answers, context: TriageContext, sheet: TriageSheet) -> list[Flag]:
    """Every flag these answers raise, the most urgent first. An unanswered item raises none and clears none."""
    asked = sheet.questions(instrument)
    if asked is not None:
        flags = [flag for item, code in answers.items() if (flag := _from_question(asked, item, code, context, sheet))]
    else:
        flags = _from_rows(instrument, answers, context, sheet)
    return sorted(flags, key=lambda flag: (flag.tier, flag.rule))


def _from_question(
    asked: Instrument, item: str, code: int | None, context: TriageContext, sheet: TriageSheet
) -> Flag | None:
    question = asked.item(item)
    if code is None or question is None:
        return None
    graded = sheet.answer_tiers[item]
    # Not known to be free of bipolar illness is treated as having it: the graver tier costs a call.
    tier = (graded.tiers if context.bipolar is False else graded.tiers_bipolar)[code]
    if tier is None:
        return None
    reason = f"{question.words} {question.choices[code].words}"
    due_at = due_by(tier, context.at, sheet)
    return Flag(f"{item}.{code}", tier, reason, due_at, asked.id, item, (sheet.item_source,), Grade.D)


def _from_rows(instrument: str, answers: Answers, context: TriageContext, sheet: TriageSheet) -> list[Flag]:
    """The first fitting row of each item counts: the sheet has the gravest first."""
    flags: dict[str, Flag] = {}
    for row in sheet.rows:
        figure = _fits(row, answers, context, sheet) if row.instrument == instrument else None
        if figure is not None:
            flags.setdefault(row.item or row.id, _flag(row, figure, context, sheet))
    return list(flags.values())


def _fits(row: TriageRow, answers: Answers, context: TriageContext, sheet: TriageSheet) -> Figure | None:
    if row.least is not None:
        code = answers.get(row.item or "")
        return row.least if code is not None and code >= row.least.value else None
    total = _total(row.instrument, answers)
    if row.rise is None or total is None or context.before_dose is None:
        return None
    return row.rise if total - context.before_dose >= row.rise.value else None


_ITEMS = {"phq-9": 9, "mood-vas": 1, "anxiety-vas": 1}


def _total(instrument: str, answers: Answers) -> int | None:
    """Only of a finished form: half a sum is not a score."""
    codes = [answers.get(str(place)) for place in range(1, _ITEMS[instrument] + 1)]
    known = [code for code in codes if code is not None]
    return sum(known) if len(known) == len(codes) else None


def _flag(row: TriageRow, figure: Figure, context: TriageContext, sheet: TriageSheet) -> Flag:
    due_at = due_by(row.tier, context.at, sheet)
    return Flag(row.id, row.tier, row.reason, due_at, row.instrument, row.item, figure.sources, figure.grade)


def missed_checks(in_a_row: int, context: TriageContext, sheet: TriageSheet) -> Flag | None:
    """Silence after a dose is itself a sign: one missed check, then two."""
    if in_a_row < sheet.missed_once.value:
        return None
    again = in_a_row >= sheet.missed_again.value
    tier, figure = (Tier.T2, sheet.missed_again) if again else (Tier.T3, sheet.missed_once)
    reason = f"{in_a_row} safety check{'s' if again else ''} in a row not answered"
    due_at = due_by(tier, context.at, sheet)
    return Flag("missed", tier, reason, due_at, sheet.items.id, None, figure.sources, figure.grade)


def due_by(tier: Tier, at: datetime, sheet: TriageSheet) -> datetime:
    """By when somebody must have acknowledged (T1), made contact (T2) or decided (T3).

    Working days are those of the zone `at` carries: hand in the clinic's own.
    """
    if tier is Tier.T1:
        return at + timedelta(minutes=sheet.acknowledge_min.integer)
    if tier is Tier.T2:
        return at + timedelta(hours=sheet.contact_h.integer)
    return _working_days_after(at, sheet.working_days.integer)


def _working_days_after(at: datetime, days: int) -> datetime:
    while days:
        at += timedelta(days=1)
        days -= at.weekday() < _SATURDAY
    return at
