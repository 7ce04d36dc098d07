"""Which answers about one person cannot both be right. A question to whoever told them; it decides nothing.

One of them leaves something open: a trial that was over before the episode began is not known to be of it (TRIAL-06).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from ketacare.medicine.candidacy.terms import Case, TakenMedicine, Trial
from ketacare.medicine.candidacy.terms.at_odds import AtOdds, Odd, OddLists
from ketacare.medicine.evidence.rules import day_of, evaluate, used
from ketacare.medicine.evidence.rules.facts import as_of
from ketacare.medicine.evidence.terms import Facts, FactUsed, Result

_EPISODE = "episode_months"
_LIST, _TIMELINE = "medicine list", "timeline of trials"
_HOURS_PER_DAY, _LONGEST_MONTH = 24, 31  # of the calendar


def at_odds(facts: Facts, rows: Iterable[AtOdds], at: date | datetime) -> tuple[Odd, ...]:
    """Every pair that is there. What is unknown is at odds with nothing."""
    verdicts = ((row, evaluate(row.condition, facts, at)) for row in rows)
    return tuple(Odd(row.id, row.title, verdict.facts) for row, verdict in verdicts if verdict.result is Result.MET)


def odd_lists(case: Case, rows: OddLists) -> Iterator[Odd]:
    """What the lists of medicines and trials say that cannot be."""
    for one in case.medicines or ():
        if _stopped_unsaid(one, rows) and one.hours_since_last is not None:
            told = FactUsed(f"{one.name}: hours since last", one.hours_since_last, "h", None, _LIST)
            yield Odd(*rows.last_taken, (told,))
    for _, facts in _over_before(case, rows):
        yield Odd(*rows.over_before, facts)


def with_episode_asked(case: Case, rows: OddLists) -> Case:
    """The same case, with those trials asked again of which it cannot be that they are of this episode."""
    asked = [trial for trial, _ in _over_before(case, rows)]
    if not asked:
        return case
    trials = [replace(one, in_current_episode=None) if one in asked else one for one in case.trials or ()]
    return replace(case, trials=tuple(trials))


def _stopped_unsaid(one: TakenMedicine, rows: OddLists) -> bool:
    """Of every day, and so for longer than since the last time; in a form of its own it may be given once in weeks."""
    if one.as_needed is not False or one.hours_since_last is None or one.stable_days is None or one.form:
        return False
    return rows.more_than.value < one.hours_since_last / _HOURS_PER_DAY <= one.stable_days


def _over_before(case: Case, rows: OddLists) -> Iterator[tuple[Trial, tuple[FactUsed, ...]]]:
    episode = as_of(case.facts, case.at).told(_EPISODE) if case.trials else None
    if episode is None or episode.known_at is None or not isinstance(episode.value, Decimal):
        return
    # Months are told in whole ones, and each of them may be the longest.
    began = day_of(episode.known_at, case.at) - timedelta(days=(int(episode.value) + 1) * _LONGEST_MONTH)
    for trial in case.trials or ():
        over = _over_on(trial, rows)
        if trial.in_current_episode and over is not None and over < began:
            last = FactUsed(f"{trial.medicine}: last taken on", over, None, None, _TIMELINE)
            yield trial, (last, used(episode, case.at))


def _over_on(trial: Trial, rows: OddLists) -> date | None:
    """The last day on which it can have been taken, where that is told, or all its days are."""
    if trial.ended_on is not None:
        return trial.ended_on
    days = [step.days for step in trial.steps if step.days is not None]
    if trial.began_on is None or not days or len(days) < len(trial.steps):
        return None
    return trial.began_on + timedelta(days=sum(days) + trial.gap_days + rows.untold.integer)
