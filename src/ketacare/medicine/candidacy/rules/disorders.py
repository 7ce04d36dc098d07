"""Trials counted for a disorder other than depression: its own medicines, doses and durations (TRIAL-12)."""

from collections.abc import Sequence
from dataclasses import replace

from msgspec import structs

from ketacare.medicine.candidacy.rules.adequacy import judge_as, ruled, unmatched
from ketacare.medicine.candidacy.terms import (
    Case,
    Course,
    CourseKind,
    Disorder,
    Standing,
    Trial,
    TrialJudgement,
    TrialLines,
)
from ketacare.medicine.evidence.rules.facts import as_of
from ketacare.medicine.evidence.terms import Result


def diagnosis_of(case: Case) -> str | None:
    """The main diagnosis, or None where it is not recorded or records disagree."""
    fact = as_of(case.facts, case.at).told("diagnosis")
    return None if fact is None else str(fact.value)


def count_for(trials: Sequence[Trial], disorder: Disorder, lines: TrialLines) -> list[TrialJudgement]:
    """Every trial held against the rows of this disorder."""
    return [ruled(_judged(trial, disorder, lines)) for trial in trials]


def _judged(trial: Trial, disorder: Disorder, lines: TrialLines) -> TrialJudgement:
    own = replace(lines, medicines=disorder.medicines, augmenters={})
    medicine = own.medicine_of(trial)
    if medicine is not None:
        return _whole_duration(judge_as(trial, medicine, lines), disorder)
    if lines.medicine_of(trial) is None and lines.augmenter(trial.medicine) is None:
        return unmatched(trial)
    why = f"{disorder.id}: {trial.medicine} is not among the medicines that count here"
    return TrialJudgement(trial, Standing.NO, None, 0, (why,), computed=Standing.NO, adequate=Result.NOT_MET)


def _whole_duration(judgement: TrialJudgement, disorder: Disorder) -> TrialJudgement:
    """Some disorders ask for a longer whole than the part at the dose."""
    if disorder.days is None or judgement.standing not in (Standing.CERTAIN, Standing.SHORT):
        return judgement
    days = [step.days for step in judgement.trial.steps if step.taken]
    enough, known = disorder.days.integer, sum(day or 0 for day in days)
    if known >= enough:
        return judgement
    if None in days:
        why = f"{disorder.id}: not known whether it lasted {enough} days in all"
        standing, missing = Standing.UNKNOWN, (f"{judgement.trial.medicine}: duration",)
        return structs.replace(judgement, standing=standing, computed=standing, why=(why,), missing=missing)
    why = f"{disorder.id}: {known} days in all is short of {enough}"
    return structs.replace(judgement, standing=Standing.SHORT, computed=Standing.SHORT, why=(why,))


def therapy_offered(courses: Sequence[Course] | None, disorder: Disorder) -> Result:
    """Was trauma-focused therapy of enough sessions offered (ADQ-07)?"""
    if disorder.therapy_sessions is None:
        return Result.MET
    if courses is None:
        return Result.UNKNOWN
    least = disorder.therapy_sessions.integer
    found = [c for c in courses if c.kind is CourseKind.PSYCHOTHERAPY and c.trauma_focused is not False]
    if any(c.trauma_focused and (c.sessions or 0) >= least for c in found):
        return Result.MET
    open_ones = [c for c in found if c.trauma_focused is None or c.sessions is None]
    return Result.UNKNOWN if open_ones else Result.NOT_MET
