"""Scoring and reading of scores. Pure: answers in, a score out. Missing is never zero."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.medicine.evidence.terms import Figure
from ketacare.medicine.outcomes.terms import (
    Answers,
    AnswersRefused,
    Ask,
    AskRule,
    Assessed,
    Change,
    Instrument,
    Point,
    Score,
    Trajectory,
)

_SYMPTOM, _MAJOR = 2, 5


def score(instrument: Instrument, answers: Answers) -> Score:
    """The score of these answers, or AnswersRefused naming the item that cannot be."""
    _check(instrument, answers)
    scored = {item.id: answers.get(item.id) for item in instrument.scored_items}
    missing = tuple(item for item, code in scored.items() if code is None)
    answered = sum((Decimal(code) for code in scored.values() if code is not None), Decimal(0))
    total = None if missing else answered
    return Score(
        instrument=instrument.id,
        version=instrument.version,
        total=total,
        sum_answered=answered,
        complete=not missing,
        missing=missing,
        band=band(instrument, total),
        subscales=_syndromes(scored) if instrument.syndromes else {},
        flags=_flags(instrument, scored),
        sources=instrument.sources,
    )


def _check(instrument: Instrument, answers: Answers) -> None:
    for item_id, code in answers.items():
        item = instrument.item(item_id)
        if item is None:
            raise AnswersRefused(f"Item {item_id}: {instrument.name} has no such item. Remove it.")
        if code is not None and (isinstance(code, bool) or not isinstance(code, int) or not item.allows(code)):
            raise AnswersRefused(f"Item {item_id}: {code!r} is not one of its answers. Choose one, or leave it out.")


def band(instrument: Instrument, total: Decimal | None) -> str | None:
    if total is None:
        return None
    return next((b.name for b in instrument.bands if b.low <= total <= b.high), None)


def _syndromes(scored: Answers) -> dict[str, Decimal | bool]:
    """The DSM count of the PHQ-9: an aid, not a diagnosis. A missing item counts as not met, so this is "at least"."""
    met = {item for item, code in scored.items() if code is not None and code >= (1 if item == "9" else _SYMPTOM)}
    core = bool(met & {"1", "2"})
    return {
        "symptoms_met": Decimal(len(met)),
        "major_syndrome": core and len(met) >= _MAJOR,
        "other_syndrome": core and _SYMPTOM <= len(met) < _MAJOR,
    }


def _flags(instrument: Instrument, scored: Answers) -> tuple[str, ...]:
    """Item by item, also on an incomplete form: a half-answered form can still say the one thing that matters."""
    return ("item_9_positive",) if instrument.id == "phq-9" and (scored.get("9") or 0) > 0 else ()


def score_json(scored: Score) -> str:
    """The score in the form other programs read; the same score gives the same bytes."""
    return json.dumps(score_plain(scored), ensure_ascii=False)


def score_plain(scored: Score) -> dict[str, object]:
    return {
        "instrument": scored.instrument,
        "version": scored.version,
        "total": _number(scored.total),
        "complete": scored.complete,
        "band": scored.band,
        "subscales": {name: _number(value) for name, value in scored.subscales.items()},
        "flags": list(scored.flags),
        "sources": list(scored.sources),
    }


def _number(value: Decimal | bool | None) -> int | float | bool | None:
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


# --- change ---


def percent_fall(baseline: Decimal, now: Decimal) -> Decimal | None:
    """Exact; None from a baseline of zero, which cannot fall."""
    return None if baseline == 0 else 100 * (baseline - now) / baseline


def assess(instrument: Instrument, baseline: Decimal | None, point: Point) -> Assessed:
    """One point against baseline. Without either, or without the figure that decides, the answer is unknown."""
    now = point.total
    if now is None or baseline is None:
        return Assessed(point, None, None, None, None)
    return Assessed(
        point=point,
        percent_fall=percent_fall(baseline, now),
        change=_change(instrument, baseline, now),
        remission=_remission(instrument.remission_under, baseline, now),
        reliable=_reliable(instrument.reliable_change, baseline, now),
    )


def _change(instrument: Instrument, baseline: Decimal, now: Decimal) -> Change | None:
    response, partial = instrument.response_percent, instrument.partial_percent
    fall = percent_fall(baseline, now)
    if response is None or fall is None:
        return None
    if _worse(instrument, baseline, now):
        return Change.WORSE
    if fall >= response.value:
        return Change.RESPONSE
    return Change.PARTIAL if partial is not None and fall >= partial.value else Change.NONE


def _worse(instrument: Instrument, baseline: Decimal, now: Decimal) -> bool:
    figure = instrument.reliable_change
    return figure is not None and now - baseline >= figure.value


def _remission(line: Figure | None, baseline: Decimal, now: Decimal) -> bool | None:
    """Nobody remits who began below the line: then it is unknown, not achieved."""
    return None if line is None or baseline < line.value else now < line.value


def _reliable(figure: Figure | None, baseline: Decimal, now: Decimal) -> bool | None:
    return None if figure is None else abs(baseline - now) >= figure.value


def trajectory(instrument: Instrument, points: Iterable[Point], doses: Iterable[datetime]) -> Trajectory:
    """The course: baseline, each point against it, what is missing, and when response and remission were first seen."""
    ordered, given = sorted(points, key=lambda p: p.at), tuple(sorted(doses))
    baseline = _baseline(ordered, given, timedelta(days=instrument.baseline_days))
    from_total = baseline.total if baseline else None
    assessed = tuple(assess(instrument, from_total, point) for point in ordered)
    since = [a for a in assessed if given and a.point.at > given[0]]
    return Trajectory(
        instrument=instrument.id,
        baseline=baseline,
        points=assessed,
        missing=tuple(point.at for point in ordered if point.total is None),
        doses=given,
        response_at=next((a.point.at for a in since if a.change is Change.RESPONSE), None),
        remission_at=next((a.point.at for a in since if a.remission), None),
    )


def _baseline(ordered: Sequence[Point], doses: Sequence[datetime], within: timedelta) -> Point | None:
    """The last complete score before dose 1, if not too old; before any dose, the last there is."""
    complete = [point for point in ordered if point.total is not None]
    if not doses:
        return complete[-1] if complete else None
    oldest = doses[0] - within
    before = [point for point in complete if oldest <= point.at <= doses[0]]
    return before[-1] if before else None


# --- asking ---


def due_asks(
    dose_at: datetime,
    cadence: Iterable[AskRule],
    *,
    again_after_days: Mapping[str, int] | None = None,
    answered_on: Mapping[str, datetime] | None = None,
    next_dose_at: datetime | None = None,
) -> tuple[Ask, ...]:
    """What to ask after one dose. `answered_on` is when each instrument was last answered, `again_after_days` how long
    it then rests: one asked sooner would ask about the same days again, and is left out. The next dose closes what is
    still open, unless the sheet says that the ask goes on past it.
    """
    last, rest = dict(answered_on or {}), again_after_days or {}
    asks = []
    for rule in sorted(cadence, key=lambda rule: (rule.due_h, rule.key)):
        due_at = dose_at + timedelta(hours=rule.due_h)
        ask = _ask(rule, dose_at, _resting(rule.instruments, due_at, last, rest), next_dose_at)
        if ask is not None:
            asks.append(ask)
            last |= dict.fromkeys(ask.instruments, due_at)
    return tuple(asks)


def _resting(
    instruments: tuple[str, ...], due_at: datetime, last: Mapping[str, datetime], rest: Mapping[str, int]
) -> tuple[str, ...]:
    return tuple(
        name for name in instruments if name in last and abs(due_at - last[name]) < timedelta(days=rest.get(name, 0))
    )


def _ask(rule: AskRule, dose_at: datetime, left_out: tuple[str, ...], next_dose_at: datetime | None) -> Ask | None:
    opens_at, closes_at = dose_at + timedelta(hours=rule.opens_h), dose_at + timedelta(hours=rule.closes_h)
    if next_dose_at is not None and not rule.past_next_dose:
        closes_at = min(closes_at, next_dose_at)
    instruments = tuple(name for name in rule.instruments if name not in left_out)
    if not instruments or rule.only_with in left_out or opens_at >= closes_at:
        return None
    due_at = min(dose_at + timedelta(hours=rule.due_h), closes_at)
    return Ask(rule.key, rule.title, instruments, opens_at, due_at, closes_at, left_out)
