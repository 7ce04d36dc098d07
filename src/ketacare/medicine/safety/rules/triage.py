"""Triage of what patients answer. Item by item, also on an unfinished form: one answer can be the one that matters."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ketacare.medicine.evidence.terms import Figure, Grade
from ketacare.medicine.outcomes import reader as outcomes
from ketacare.medicine.outcomes.rules import TOTAL, beside_total, percent_fall, score_as_given
from ketacare.medicine.outcomes.terms import Instrument, Score
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
    is_effect = asked.id == sheet.effects.id
    reason = f"Side effect told: {question.words}" if is_effect else f"{question.words} {question.choices[code].words}"
    due_at = due_by(tier, context.at, sheet)
    return Flag(f"{item}.{code}", tier, reason, due_at, asked.id, item, graded.sources or (sheet.item_source,), Grade.D)


def _from_rows(instrument: str, answers: Answers, context: TriageContext, sheet: TriageSheet) -> list[Flag]:
    """The first fitting row of each group counts: the sheet has the gravest first."""
    rows = [row for row in sheet.rows if row.instrument == instrument]
    if not rows:
        return []
    scored = score_as_given(outcomes.instrument(instrument), answers)
    flags: dict[str, Flag] = {}
    for row in rows:
        if row.group not in flags and _fits(row, answers, scored, context):
            flags[row.group] = _flag(row, context, sheet)
    return list(flags.values())


def _fits(row: TriageRow, answers: Answers, scored: Score, context: TriageContext) -> bool:
    if row.after_dose and not context.treated:
        return False
    if row.from_dose is not None and not _long_enough(row.from_dose, context):
        return False
    if row.finding:
        return row.finding in scored.flags
    if row.total is not None:
        return scored.sum_answered >= row.total.value  # half a form that already reaches it has reached it
    if row.rise is not None:
        return _has_risen(row.rise, scored, context)
    if row.worse_by is not None:
        return _is_worse(row.worse_by, scored, context)
    if row.above is not None:
        return _is_above(row.above, row, answers, scored, context)
    return _reaches(row, _least_and_most(row, answers))


def _long_enough(least: Figure, context: TriageContext) -> bool:
    """What passes by itself is a sign only once it should have passed; of no dose that is known, nothing should."""
    return context.since_dose is not None and context.since_dose >= timedelta(minutes=least.integer)


def _has_risen(rise: Figure, scored: Score, context: TriageContext) -> bool:
    """Only of a finished form: half a sum is not a score."""
    if scored.total is None or context.before_dose is None:
        return False
    return scored.total - context.before_dose >= rise.value


def _is_worse(by: Figure, scored: Score, context: TriageContext) -> bool:
    """Of a finished form, against what was before the first dose; of a baseline of nothing there is no share."""
    if scored.total is None or context.baseline is None:
        return False
    fall = percent_fall(Decimal(context.baseline), Decimal(scored.total))
    return fall is not None and fall <= -by.value


def _is_above(by: Figure, row: TriageRow, answers: Answers, scored: Score, context: TriageContext) -> bool:
    """An item stands for itself, also on an unfinished form; a total only when it is one. Where nothing was known
    before, nothing is new."""
    if not row.item:
        return scored.total is not None and context.baseline is not None and scored.total - context.baseline >= by.value
    before, ends = context.baseline_items.get(row.item), _least_and_most(row, answers)
    return before is not None and ends is not None and ends[0] - before >= by.value


def _least_and_most(row: TriageRow, answers: Answers) -> tuple[Decimal, Decimal] | None:
    """What the item was answered with; where only a total was given, what that leaves open of it."""
    code = answers.get(row.item or "")
    if code is not None:
        return Decimal(code), Decimal(code)
    total = answers.get(TOTAL)
    if total is None or not row.item:
        return None
    return beside_total(outcomes.instrument(row.instrument), total, answers, row.item)


def _reaches(row: TriageRow, ends: tuple[Decimal, Decimal] | None) -> bool:
    """Only where nothing that is open could take it back."""
    if ends is None:
        return False
    return (row.least is None or ends[0] >= row.least.value) and (row.most is None or ends[1] <= row.most.value)


def unsettled(instrument: str, answers: Answers, rows: Iterable[TriageRow]) -> Tier | None:
    """The gravest of these rows that a total does not raise and still allows, for want of the item it asks of."""
    open_ = [row.tier for row in rows if row.instrument == instrument and _still_may(row, answers)]
    return min(open_, default=None)


def _still_may(row: TriageRow, answers: Answers) -> bool:
    ends = _least_and_most(row, answers)
    if ends is None or row.least is None or _reaches(row, ends):
        return False
    return ends[1] >= row.least.value


def _flag(row: TriageRow, context: TriageContext, sheet: TriageSheet) -> Flag:
    due_at = due_by(row.tier, context.at, sheet)
    return Flag(row.id, row.tier, row.reason, due_at, row.instrument, row.item, row.sources, row.grade)


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
    """By when somebody must have acknowledged (T1), made contact (T2) or decided (T3), in the zone `at` carries.

    Working days are those of that zone: hand in the clinic's own. Minutes and hours are time that passes: the night
    the clocks change they are neither more nor less, and no answer is due before it was given.
    """
    if tier is Tier.T1:
        return _passed(at, timedelta(minutes=sheet.acknowledge_min.integer))
    if tier is Tier.T2:
        return _passed(at, timedelta(hours=sheet.contact_h.integer))
    return _working_days_after(at, sheet.working_days.integer)


def _passed(at: datetime, span: timedelta) -> datetime:
    return (at.astimezone(UTC) + span).astimezone(at.tzinfo)


def _working_days_after(at: datetime, days: int) -> datetime:
    while days:
        at += timedelta(days=1)
        days -= at.weekday() < _SATURDAY
    return at
