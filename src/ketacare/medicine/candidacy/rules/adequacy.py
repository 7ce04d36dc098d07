"""Does one trial count?

A trial has four questions: episode, dose long enough, adherence, outcome. One certain no settles it, whatever else is
unknown; then one unknown leaves it open; then a short or doubtful answer makes it doubtful; only four yeses count. So a
missing fact matters exactly where it could still change the count, and unknown is never counted. A prescriber's ruling
stands above the computed answer and both are shown.
"""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from ketacare.medicine.candidacy.rules.duration import (
    Stretch,
    enough_days,
    in_mg,
    least_mg,
    level_of,
    proven_by_level,
    stretch,
)
from ketacare.medicine.candidacy.terms import (
    Improvement,
    Medicine,
    Standing,
    ToldBy,
    Trial,
    TrialJudgement,
    TrialLines,
    form_of,
)
from ketacare.medicine.evidence.rules import in_order
from ketacare.medicine.evidence.terms import Grade, Result, weakest


class Answer(Struct, frozen=True, gc=False):
    """One of the four questions: its standing, the rule and reason, and what would settle it."""

    standing: Standing
    why: str
    missing: tuple[str, ...] = ()


_MOST_JUDGED = 256
_judged: dict[tuple[int, int], tuple[Trial, TrialLines, TrialJudgement]] = {}


def judge_trial(trial: Trial, lines: TrialLines) -> TrialJudgement:
    """How far one trial counts for depression, and why.

    The count, the staging and every other definition ask this of the same trials: each is judged once, and kept for a
    while by identity, with the trial and its lines, so that no other may take their place.
    """
    key = (id(trial), id(lines))
    kept = _judged.get(key)
    if kept is None:
        if len(_judged) >= _MOST_JUDGED:
            _judged.clear()
        kept = _judged[key] = (trial, lines, _judged_anew(trial, lines))
    return kept[2]


def _judged_anew(trial: Trial, lines: TrialLines) -> TrialJudgement:
    medicine = lines.medicine_of(trial)
    if medicine is not None:
        return ruled(judge_as(trial, medicine, lines))
    augmenter = lines.augmenter(trial.medicine)
    if augmenter is not None:
        return ruled(_augmentation(trial, augmenter, lines))
    other = lines.medicine(f"{trial.medicine} patch") if form_of(trial) else None
    return ruled(unmatched(trial) if other is None else _not_this_way(trial, other))


def judge_as(trial: Trial, medicine: Medicine, lines: TrialLines) -> TrialJudgement:
    """The trial held against this row of a table."""
    episode = episode_answer(trial)
    days = stretch(trial, medicine, lines)
    least, dose = least_mg(trial, medicine), dose_answer(trial, medicine, days, lines)
    answers = [dose, adherence_answer(trial, medicine, lines), outcome_answer(trial, lines)]
    standing = worst([*answers, episode])
    telling = [a for a in (episode, *answers) if a.standing is standing or standing is Standing.CERTAIN]
    return TrialJudgement(
        trial=trial,
        standing=standing,
        medicine=medicine,
        least_days=days.known,
        why=tuple(answer.why for answer in telling),
        missing=in_order(name for answer in telling for name in answer.missing),
        flags=_flags(trial, medicine, least, lines),
        counts_for_life=worst(answers) is Standing.CERTAIN,
        grade=weakest([medicine.grade, Grade.D]),
        computed=standing,
        adequate=_ADEQUATE[dose.standing],
        least_mg=least,
        enough_days=enough_days(medicine, lines),
    )


_ADEQUATE = {
    Standing.CERTAIN: Result.MET,
    Standing.SHORT: Result.NOT_MET,
    Standing.UNKNOWN: Result.UNKNOWN,
    Standing.INTOLERANCE: Result.NOT_MET,
    Standing.NO: Result.NOT_MET,
}


def ruled(judgement: TrialJudgement) -> TrialJudgement:
    """The same with a prescriber's ruling above it; the computed standing stays beside it."""
    ruling = judgement.trial.ruled
    if ruling is None:
        return judgement
    return replace(
        judgement,
        standing=Standing.CERTAIN if ruling.counts else Standing.NO,
        why=(f"Ruled by {ruling.by}: {ruling.reason}", *judgement.why),
        missing=(),
        counts_for_life=ruling.counts,
        grade=weakest([judgement.grade, Grade.D]),
    )


def unmatched(trial: Trial) -> TrialJudgement:
    why = f"MED-UNK: {trial.medicine} not matched to a medicine, not checked"
    missing = (f"{trial.medicine}: which medicine",)
    return TrialJudgement(trial, Standing.UNKNOWN, None, 0, (why,), missing)


def _not_this_way(trial: Trial, medicine: Medicine) -> TrialJudgement:
    """A drug that counts as a patch alone (MED-31: oral selegiline is not a trial)."""
    why = f"TRIAL-01: {trial.medicine} {form_of(trial).lower()} is not a trial; {medicine.name} is"
    return TrialJudgement(trial, Standing.NO, medicine, 0, (why,), computed=Standing.NO, adequate=Result.NOT_MET)


def _augmentation(trial: Trial, augmenter: Medicine, lines: TrialLines) -> TrialJudgement:
    """A step of augmentation; whether it was adequate is asked of dose, duration and episode alone (TRIAL-09)."""
    days = stretch(trial, augmenter, lines)
    least = least_mg(trial, augmenter)
    answers = [episode_answer(trial), dose_answer(trial, augmenter, days, lines, with_short=False)]
    standing = Standing.NO if augmenter.never_counts else worst(answers)
    telling = [answer for answer in answers if answer.standing is standing]
    never = (f"TRIAL-09: {augmenter.name} is recorded and never counts",) if augmenter.never_counts else ()
    return TrialJudgement(
        trial=trial,
        standing=Standing.AUGMENTATION,
        medicine=augmenter,
        least_days=days.known,
        why=(f"TRIAL-09: {augmenter.name} is a step of augmentation", *never, *(answer.why for answer in telling)),
        missing=in_order(name for answer in telling for name in answer.missing),
        flags=_flags(trial, augmenter, least, lines),
        grade=weakest([augmenter.grade, Grade.D]),
        computed=Standing.AUGMENTATION,
        adequate=Result.UNKNOWN if standing is Standing.SHORT else _ADEQUATE[standing],
        least_mg=least,
        enough_days=enough_days(augmenter, lines),
    )


# From the least to the most; a step of augmentation is none of the others.
_ORDER = (
    Standing.AUGMENTATION,
    Standing.NO,
    Standing.INTOLERANCE,
    Standing.UNKNOWN,
    Standing.SHORT,
    Standing.CERTAIN,
)


def worst(answers: Sequence[Answer]) -> Standing:
    return min((answer.standing for answer in answers), key=rank)


def rank(standing: Standing) -> int:
    """The better the higher."""
    return _ORDER.index(standing)


def plain(number: Decimal) -> str:
    """50 and 37.5, never 50.00 nor 5E+1."""
    return f"{number.normalize():f}"


# --- episode ---


def episode_answer(trial: Trial) -> Answer:
    if trial.in_current_episode is None:
        why = "TRIAL-06: not known whether it overlaps the current episode"
        return Answer(Standing.UNKNOWN, why, (f"{trial.medicine}: in the current episode",))
    if trial.in_current_episode:
        return Answer(Standing.CERTAIN, "TRIAL-06: in the current episode")
    return Answer(Standing.NO, "TRIAL-06: in an earlier episode")


# --- dose and duration ---


def _by_ceiling(trial: Trial, medicine: Medicine, lines: TrialLines, short: int) -> Answer | None:
    """A lower ceiling that the table does not name, or without its reason: long enough at it is doubtful."""
    ceiling = trial.reduced_ceiling_mg
    if ceiling is None or ceiling >= least_mg(trial, medicine):
        return None
    days = stretch(trial, medicine, lines, ceiling)
    if days.known < short:
        return None
    reason = "" if trial.reduced_for.strip() else ", and without a reason"
    why = f"TRIAL-01: {plain(ceiling)} mg as a lower ceiling that no label here names{reason}, is doubtful"
    return Answer(Standing.SHORT, why)


def dose_answer(
    trial: Trial, medicine: Medicine, days: Stretch, lines: TrialLines, *, with_short: bool = True
) -> Answer:
    """TRIAL-01 and TRIAL-02 together: long enough at an adequate dose."""
    proven, enough = proven_by_level(trial, medicine), enough_days(medicine, lines)
    if medicine.by_level and not proven:
        return _without_level(trial, medicine, days, enough)
    short = min(lines.figures["short_days"].integer, enough) if with_short else enough
    line = "level in range" if proven else f"{plain(least_mg(trial, medicine))} mg or more"
    if days.known >= enough:
        return Answer(Standing.CERTAIN, f"TRIAL-02: {days.known} days at {line}")
    if trial.stopped_for_side_effects and days.at_best < enough and _exposure(trial) < enough:
        return Answer(Standing.INTOLERANCE, "TRIAL-05: stopped for side effects, shown apart, never a failure")
    by_ceiling = _by_ceiling(trial, medicine, lines, short) if with_short else None
    if days.at_best < short:
        return by_ceiling or Answer(Standing.NO, _too_little(trial, medicine, days, line, short))
    if days.at_best == days.known or (days.at_best < enough and days.known >= short):
        return _short(trial, days, line, enough)
    if by_ceiling is not None:
        return by_ceiling
    why = f"TRIAL-11: cannot tell whether {enough} days at {line}"
    return Answer(Standing.UNKNOWN, why, _absent_dose_facts(trial, lines))


def _short(trial: Trial, days: Stretch, line: str, enough: int) -> Answer:
    """TRIAL-11: doubtful only once all is known. While nobody knows why so short a trial ended it may have been for
    side effects, which is never a failure (TRIAL-05)."""
    told = f"{days.known} days at {line} is short of {enough}"
    if trial.stopped_for_side_effects is None and _exposure(trial) < enough:
        why = f"TRIAL-05: {told}, and nobody knows why it ended"
        return Answer(Standing.UNKNOWN, why, (f"{trial.medicine}: why it ended",))
    return Answer(Standing.SHORT, f"TRIAL-02: {told}")


def _exposure(trial: Trial) -> int:
    """Days taken at whatever dose, as far as they are known."""
    return sum(step.days or 0 for step in trial.steps if step.taken)


def _too_little(trial: Trial, medicine: Medicine, days: Stretch, line: str, short: int) -> str:
    use, highest = medicine.other_use, trial.highest_mg
    if use is not None and highest is not None and highest <= use.values[-1]:
        return f"TRIAL-01: {plain(highest)} mg is a dose for {medicine.other_use_is}, never a trial"
    told = f"{days.at_best}" if days.at_best == days.known else f"at best {days.at_best}"
    return f"TRIAL-01, TRIAL-02: {told} days at {line}, fewer than {short}"


def _without_level(trial: Trial, medicine: Medicine, days: Stretch, enough: int) -> Answer:
    """A medicine that counts by its level: outside the range it does not, without one it is doubtful at best."""
    level, name = level_of(trial, medicine), f"{trial.medicine}: level"
    if level is not None:
        return Answer(Standing.NO, f"TRIAL-01: level {plain(level)} is not in range")
    if days.known >= enough:
        why = f"TRIAL-01: {plain(least_mg(trial, medicine))} mg or more without a level is doubtful"
        return Answer(Standing.SHORT, why, (name,))
    return Answer(Standing.UNKNOWN, "TRIAL-11: counts by its level, which is not known", (name,))


def _absent_dose_facts(trial: Trial, lines: TrialLines) -> tuple[str, ...]:
    taken = [step for step in trial.steps if step.taken]
    absent = []
    if not taken or any(step.dose_mg is None for step in taken):
        absent.append(f"{trial.medicine}: dose")
    if not taken or any(step.days is None for step in trial.steps):
        absent.append(f"{trial.medicine}: duration")
    if trial.gap_days > lines.value("gap_days") and trial.days_since_gap is None:
        absent.append(f"{trial.medicine}: days since the gap")
    return tuple(absent)


# --- adherence and outcome ---


def adherence_answer(trial: Trial, medicine: Medicine, lines: TrialLines) -> Answer:
    """TRIAL-03; a drug level in range proves it, a witness makes a doubtful report count."""
    percent = trial.adherence_percent
    if proven_by_level(trial, medicine):
        return Answer(Standing.CERTAIN, "TRIAL-03: drug level in range")
    if percent is None:
        return Answer(Standing.UNKNOWN, "TRIAL-03: adherence not known", (f"{trial.medicine}: adherence",))
    if percent >= lines.value("adherence"):
        return Answer(Standing.CERTAIN, f"TRIAL-03: adherence {plain(percent)} %")
    if percent < lines.value("adherence_doubtful"):
        return Answer(Standing.NO, f"TRIAL-03: adherence {plain(percent)} %")
    if trial.adherence_witnessed:
        return Answer(Standing.CERTAIN, f"TRIAL-03: adherence {plain(percent)} %, witnessed")
    return Answer(Standing.SHORT, f"TRIAL-03: adherence {plain(percent)} % is doubtful without level or witness")


def improvement(trial: Trial, lines: TrialLines) -> Improvement | None:
    """The class of improvement: from the percentage, unrounded, or as it was told."""
    percent = trial.improvement_percent
    if percent is None:
        return trial.improvement
    if percent <= lines.value("strict_failure"):
        return Improvement.NONE
    return Improvement.PARTIAL if percent < lines.value("response") else Improvement.RESPONSE


def better_words(trial: Trial, lines: TrialLines) -> str:
    if trial.improvement_percent is not None:
        return f"{plain(trial.improvement_percent)} % better"
    strict, response = lines.value("strict_failure"), lines.value("response")
    return {
        Improvement.NONE: f"{plain(strict)} % better or less",
        Improvement.PARTIAL: f"more than {plain(strict)} % and less than {plain(response)} % better",
        Improvement.RESPONSE: f"{plain(response)} % better or more",
    }[trial.improvement or Improvement.NONE]


def outcome_answer(trial: Trial, lines: TrialLines) -> Answer:
    """TRIAL-04: failure is improvement under 50 %, or a relapse on the dose that once helped."""
    if trial.relapsed_on_dose:
        return Answer(Standing.CERTAIN, "TRIAL-04: relapse on the same dose")
    came_to = improvement(trial, lines)
    if came_to is None:
        return Answer(Standing.UNKNOWN, "TRIAL-04: outcome not known", (f"{trial.medicine}: outcome",))
    if came_to is Improvement.RESPONSE:
        return Answer(Standing.NO, f"TRIAL-04: {better_words(trial, lines)} is a response")
    return Answer(Standing.CERTAIN, f"TRIAL-04: {better_words(trial, lines)} is a failure")


# --- marks ---


def strictly_failed(trial: Trial, lines: TrialLines) -> bool:
    return improvement(trial, lines) is Improvement.NONE


def _flags(trial: Trial, medicine: Medicine, least: Decimal, lines: TrialLines) -> tuple[str, ...]:
    """What the page marks beside a trial; none of it changes the count."""
    highest = trial.highest_mg
    low = medicine.low is not None and highest is not None and in_mg(medicine.low) <= highest < least
    marks = {
        f"strict failure ({plain(lines.value('strict_failure'))} % or less)": strictly_failed(trial, lines),
        "relapse on the same dose": trial.relapsed_on_dose,
        "reduced ceiling": trial.reduced_ceiling_mg is not None or bool(trial.reduced_for.strip()),
        "low dose: adequate by some sources only": low,
        "recall only": trial.source == ToldBy.RECALL,
        "least dose unconfirmed": medicine.grade is Grade.M,
    }
    return tuple(mark for mark, holds in marks.items() if holds)
