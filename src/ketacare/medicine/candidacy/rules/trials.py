"""Does a trial count, and are there enough of them?

A trial has four questions: episode, dose long enough, adherence, outcome. One certain no settles it, whatever else is
unknown; then one unknown leaves it open; then a short or doubtful answer makes it doubtful; only four yeses count. So a
missing fact matters exactly where it could still change the count, and unknown is never counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ketacare.medicine.candidacy.terms import (
    Medicine,
    Standing,
    Trial,
    TrialCount,
    TrialJudgement,
    TrialLines,
)
from ketacare.medicine.evidence.rules import in_order
from ketacare.medicine.evidence.terms import Effect, FactUsed, Grade, Reason, Result, weakest


@dataclass(frozen=True, slots=True)
class _Answer:
    """One of the four questions: its standing, the rule and reason, and what would settle it."""

    standing: Standing
    why: str
    missing: tuple[str, ...] = ()


# --- one trial ------------------------------------------------------------------------------------------------------


def judge_trial(trial: Trial, lines: TrialLines) -> TrialJudgement:
    """How far one trial counts, and why."""
    medicine = lines.medicine(trial.medicine)
    if medicine is None:
        return _not_an_antidepressant(trial, lines)
    answers = [
        _dose(trial, medicine, lines),
        _adherence(trial, medicine, lines),
        _outcome(trial, medicine, lines),
    ]
    episode = _episode(trial)
    standing = _worst([*answers, episode])
    telling = [a for a in (episode, *answers) if a.standing is standing or standing is Standing.CERTAIN]
    return TrialJudgement(
        trial=trial,
        standing=standing,
        medicine=medicine,
        least_days=_days_at_dose(trial, medicine, lines, if_unknown=False),
        why=tuple(answer.why for answer in telling),
        missing=in_order(name for answer in telling for name in answer.missing),
        flags=_flags(trial, medicine, lines),
        counts_for_life=_worst(answers) is Standing.CERTAIN,
        grade=_grade(medicine),
    )


def _not_an_antidepressant(trial: Trial, lines: TrialLines) -> TrialJudgement:
    augmenter = lines.augmenters.get(trial.medicine.strip().casefold())
    if augmenter is not None:
        return TrialJudgement(
            trial, Standing.AUGMENTATION, None, 0, (f"TRIAL-09: {augmenter} is a step of augmentation",)
        )
    why = f"MED-UNK: {trial.medicine} not matched to a medicine, not checked"
    return TrialJudgement(trial, Standing.UNKNOWN, None, 0, (why,), (f"{trial.medicine}: which medicine",))


_ORDER = (Standing.NO, Standing.INTOLERANCE, Standing.UNKNOWN, Standing.SHORT, Standing.CERTAIN)


def _worst(answers: Sequence[_Answer]) -> Standing:
    return min((answer.standing for answer in answers), key=_ORDER.index)


def _grade(medicine: Medicine) -> Grade:
    return weakest([medicine.least.grade, Grade.D])


def _episode(trial: Trial) -> _Answer:
    if trial.in_current_episode is None:
        why = "TRIAL-06: not known whether it overlaps the current episode"
        return _Answer(Standing.UNKNOWN, why, (f"{trial.medicine}: in the current episode",))
    if trial.in_current_episode:
        return _Answer(Standing.CERTAIN, "TRIAL-06: in the current episode")
    return _Answer(Standing.NO, "TRIAL-06: in an earlier episode")


def _least_mg(trial: Trial, medicine: Medicine) -> Decimal:
    least = medicine.least_by_form.get(trial.form.strip().upper(), medicine.least).value
    return least if trial.reduced_ceiling_mg is None else min(least, trial.reduced_ceiling_mg)


def _proven_by_level(trial: Trial, medicine: Medicine) -> bool:
    level, least, most = trial.level_ng_per_ml, medicine.level_least, medicine.level_most
    return level is not None and least is not None and least.value <= level and (most is None or level <= most.value)


def _days_at_dose(trial: Trial, medicine: Medicine, lines: TrialLines, *, if_unknown: bool) -> int:
    """Longest unbroken stretch at an adequate dose, less allowed gaps; unknown doses and days count if asked to."""
    least, by_level = _least_mg(trial, medicine), _proven_by_level(trial, medicine)
    longest = run = _enough_days(medicine, lines) if if_unknown and not trial.steps else 0
    for step in trial.steps:
        enough = if_unknown if step.dose_mg is None else step.dose_mg >= least
        days = (_enough_days(medicine, lines) if if_unknown else 0) if step.days is None else step.days
        run = run + days if enough or by_level else 0
        longest = max(longest, run)
    if trial.gap_days > lines.value("gap_days") and not if_unknown:
        return 0
    return max(0, longest - trial.gap_days)


def _enough_days(medicine: Medicine, lines: TrialLines) -> int:
    return lines.figures["days"].integer if medicine.days is None else medicine.days.integer


def _dose(trial: Trial, medicine: Medicine, lines: TrialLines) -> _Answer:
    """TRIAL-01 and TRIAL-02 together: long enough at an adequate dose."""
    enough = _enough_days(medicine, lines)
    short = min(lines.figures["short_days"].integer, enough)
    known = _days_at_dose(trial, medicine, lines, if_unknown=False)
    at_best = _days_at_dose(trial, medicine, lines, if_unknown=True)
    least = f"{_least_mg(trial, medicine)} mg"
    if known >= enough:
        return _Answer(Standing.CERTAIN, f"TRIAL-02: {known} days at {least} or more")
    if trial.stopped_for_side_effects and at_best < enough:
        return _Answer(Standing.INTOLERANCE, "TRIAL-05: stopped for side effects, shown apart, never a failure")
    if at_best < short:
        return _Answer(Standing.NO, f"TRIAL-01, TRIAL-02: {at_best} days at {least} or more, fewer than {short}")
    if at_best == known or (at_best < enough and known >= short):
        return _Answer(Standing.SHORT, f"TRIAL-02: {known} days at {least} or more is short of {enough}")
    why = f"TRIAL-11: cannot tell whether {enough} days at {least} or more"
    return _Answer(Standing.UNKNOWN, why, _absent_dose_facts(trial, lines))


def _absent_dose_facts(trial: Trial, lines: TrialLines) -> tuple[str, ...]:
    absent = []
    if not trial.steps or any(step.dose_mg is None for step in trial.steps):
        absent.append(f"{trial.medicine}: dose")
    if not trial.steps or any(step.days is None for step in trial.steps):
        absent.append(f"{trial.medicine}: duration")
    if trial.gap_days > lines.value("gap_days"):
        absent.append(f"{trial.medicine}: days since the gap")
    return tuple(absent)


def _adherence(trial: Trial, medicine: Medicine, lines: TrialLines) -> _Answer:
    """TRIAL-03; a drug level in range proves it, a witness makes a doubtful report count."""
    percent, proven = trial.adherence_percent, _proven_by_level(trial, medicine)
    if proven:
        return _Answer(Standing.CERTAIN, "TRIAL-03: drug level in range")
    if percent is None:
        return _Answer(Standing.UNKNOWN, "TRIAL-03: adherence not known", (f"{trial.medicine}: adherence",))
    if percent >= lines.value("adherence"):
        return _Answer(Standing.CERTAIN, f"TRIAL-03: adherence {percent} %")
    if percent < lines.value("adherence_doubtful"):
        return _Answer(Standing.NO, f"TRIAL-03: adherence {percent} %")
    if trial.adherence_witnessed:
        return _Answer(Standing.CERTAIN, f"TRIAL-03: adherence {percent} %, witnessed")
    return _Answer(Standing.SHORT, f"TRIAL-03: adherence {percent} % is doubtful without level or witness")


def _outcome(trial: Trial, medicine: Medicine, lines: TrialLines) -> _Answer:
    """TRIAL-04: failure is improvement under 50 %, or a relapse on the dose that once helped."""
    if trial.relapsed_on_dose:
        return _Answer(Standing.CERTAIN, "TRIAL-04: relapse on the same dose")
    if trial.improvement_percent is None:
        why = "TRIAL-04: outcome not known"
        return _Answer(Standing.UNKNOWN, why, (f"{trial.medicine}: outcome",))
    if trial.improvement_percent >= lines.value("response"):
        return _Answer(Standing.NO, f"TRIAL-04: {trial.improvement_percent} % better is a response")
    return _Answer(Standing.CERTAIN, f"TRIAL-04: {trial.improvement_percent} % better is a failure")


def _flags(trial: Trial, medicine: Medicine, lines: TrialLines) -> tuple[str, ...]:
    """What the page marks beside a trial; none of it changes the count."""
    low = medicine.low is not None and any(
        step.dose_mg is not None and medicine.low.value <= step.dose_mg < _least_mg(trial, medicine)
        for step in trial.steps
    )
    improvement = trial.improvement_percent
    marks = {
        "strict failure (25 % or less)": improvement is not None and improvement <= lines.value("strict_failure"),
        "relapse on the same dose": trial.relapsed_on_dose,
        "reduced ceiling": trial.reduced_ceiling_mg is not None,
        "low dose: adequate by some sources only": low,
        "recall only": trial.source == "recall",
        "least dose unconfirmed": medicine.least.grade is Grade.M,
    }
    return tuple(mark for mark, holds in marks.items() if holds)


# --- all trials -----------------------------------------------------------------------------------------------------


def count_trials(trials: Sequence[Trial], lines: TrialLines) -> TrialCount:
    """Certain N, possible M. One molecule is one trial (TRIAL-07); two started together are one (TRIAL-08)."""
    judgements = tuple(judge_trial(trial, lines) for trial in trials)
    best: dict[str, Standing] = {}
    for judgement in judgements:
        key = _one_trial(judgement, judgements, lines)
        best[key] = max(best.get(key, Standing.NO), judgement.standing, key=_rank)
    standings = list(best.values())
    still_open = {key for key, standing in best.items() if standing is Standing.UNKNOWN}
    opened = [j for j in judgements if _one_trial(j, judgements, lines) in still_open]
    lifetime = {_one_trial(j, judgements, lines) for j in judgements if j.counts_for_life}
    return TrialCount(
        certain=standings.count(Standing.CERTAIN),
        short=standings.count(Standing.SHORT),
        unknown=standings.count(Standing.UNKNOWN),
        intolerances=standings.count(Standing.INTOLERANCE),
        lifetime=len(lifetime),
        judgements=judgements,
        missing=in_order(name for j in opened if j.standing is Standing.UNKNOWN for name in j.missing),
    )


def _rank(standing: Standing) -> int:
    return (-1 if standing is Standing.AUGMENTATION else _ORDER.index(standing)) + 1


def _one_trial(judgement: TrialJudgement, all_of_them: Sequence[TrialJudgement], lines: TrialLines) -> str:
    """The name under which trials that are really one are counted together."""
    trial = judgement.trial
    if not trial.started_with or (trial.days_alone or 0) >= lines.value("days"):
        return judgement.molecule
    partners = [lines.medicine(name) for name in trial.started_with]
    together = {partner.molecule for partner in partners if partner is not None}
    present = together & {other.molecule for other in all_of_them}
    return " + ".join(sorted({judgement.molecule, *present}))


# --- enough of them? ---


def trials_reason(count: TrialCount, lines: TrialLines) -> Reason:
    """RUL-05: enough certain; or facts missing that could make enough; or doubtful ones enough; or too few."""
    needed = lines.needed.integer
    criterion, title, result, effect, words, override = _weighed(count, needed)
    return Reason(
        criterion=criterion,
        title=title,
        result=result,
        effect=effect,
        words=f"{count.words}: {words}",
        facts=_counted(count),
        missing=count.missing if result is Result.UNKNOWN else (),
        sources=lines.needed.sources,
        grade=weakest([lines.needed.grade, *(j.grade for j in count.judgements if j.medicine is not None)]),
        override=override,
    )


def _weighed(count: TrialCount, needed: int) -> tuple[str, str, Result, Effect, str, str]:
    if count.certain >= needed:
        words = f"at least {needed} adequate trials failed in this episode"
        return "IND-01", "Treatment-resistant depression", Result.MET, Effect.NOTE, words, "none"
    if count.possible >= needed and count.unknown:
        words = f"whether {needed} adequate trials failed depends on facts still missing"
        return "TRIAL-11", "Adequate trials", Result.UNKNOWN, Effect.CLEAR, words, "P"
    if count.certain + count.short >= needed:
        words = "enough only with short or doubtful trials; the prescriber may accept them"
        return "TRIAL-11", "Adequate trials", Result.MET, Effect.CLEAR, words, "P"
    words = f"fewer than {needed} adequate trials; prescriber and medical director decide"
    return "IND-03", "Too few adequate trials", Result.MET, Effect.CLEAR, words, "P+MD"


def _counted(count: TrialCount) -> tuple[FactUsed, ...]:
    """The counts as facts: how many are certain and how many possible."""
    return (
        FactUsed("trials_certain", Decimal(count.certain), "1", None, "computed from the trials"),
        FactUsed("trials_possible", Decimal(count.possible), "1", None, "computed from the trials"),
    )
