"""The same trials under everybody else's definition of resistance, side by side."""

from collections.abc import Sequence

from ketacare.medicine.candidacy.rules.adequacy import (
    adherence_answer,
    episode_answer,
    improvement,
    judge_trial,
    stretch,
)
from ketacare.medicine.candidacy.rules.trials import grouped
from ketacare.medicine.candidacy.terms import (
    Definition,
    DefinitionCount,
    Improvement,
    Medicine,
    Standing,
    Trial,
    TrialJudgement,
    TrialLines,
    Window,
)
from ketacare.medicine.evidence.rules import in_order
from ketacare.medicine.evidence.terms import Result

_YES, _NO, _OPEN = Result.MET, Result.NOT_MET, Result.UNKNOWN
_BEST = (Result.NOT_MET, Result.UNKNOWN, Result.MET)


def definitions(trials: Sequence[Trial], lines: TrialLines) -> tuple[DefinitionCount, ...]:
    """Certain and possible failures under each definition. What it leaves open is judged by our own lines."""
    judged = [judge_trial(trial, lines) for trial in trials]
    groups = list(grouped(judged, lines).values())
    return tuple(_counted(definition, groups, judged, lines) for definition in lines.definitions)


def _counted(
    definition: Definition,
    groups: Sequence[Sequence[TrialJudgement]],
    judged: Sequence[TrialJudgement],
    lines: TrialLines,
) -> DefinitionCount:
    results = [(group, _of_group(group, definition, lines)) for group in groups]
    certain = [group for group, result in results if result is _YES]
    possible = [group for group, result in results if result is not _NO]
    if definition.different_classes:
        counted = (_classes(certain), _classes(possible))
    else:
        counted = (len(certain), len(possible))
    return DefinitionCount(
        definition=definition,
        certain=counted[0],
        possible=counted[1],
        met=_met(definition, counted, certain, possible, judged, lines),
        trials=in_order(_name(group) for group in certain),
        missing=in_order(name for group, result in results if result is _OPEN for j in group for name in j.missing),
    )


def _name(group: Sequence[TrialJudgement]) -> str:
    return " + ".join(sorted({j.trial.medicine for j in group}, key=str.casefold))


def _classes(groups: Sequence[Sequence[TrialJudgement]]) -> int:
    return len({j.medicine.drug_class if j.medicine else j.molecule for group in groups for j in group[:1]})


def _of_group(group: Sequence[TrialJudgement], definition: Definition, lines: TrialLines) -> Result:
    """At its best, as a molecule tried twice counts when one of the trials does."""
    return max((_fails(judgement, definition, lines) for judgement in group), key=_BEST.index)


def _fails(judgement: TrialJudgement, definition: Definition, lines: TrialLines) -> Result:
    if judgement.computed is Standing.AUGMENTATION:
        return _NO
    if judgement.trial.ruled is not None:
        return _YES if judgement.trial.ruled.counts else _NO
    if judgement.medicine is None:
        return _OPEN
    trial, medicine = judgement.trial, judgement.medicine
    asked = [
        _adherence(trial, medicine, lines),
        _duration_and_outcome(trial, medicine, definition, lines),
        _in_window(trial, definition.window),
        _NO if definition.oral and medicine.not_oral else _YES,
        _NO if judgement.computed is Standing.INTOLERANCE else _YES,
    ]
    return _all(asked)


def _all(results: Sequence[Result]) -> Result:
    if _NO in results:
        return _NO
    return _OPEN if _OPEN in results else _YES


def _any(results: Sequence[Result]) -> Result:
    return max(results, key=_BEST.index)


def _in_window(trial: Trial, window: Window) -> Result:
    return _YES if window is Window.LIFETIME else _RESULTS[episode_answer(trial).standing]


_RESULTS = {Standing.CERTAIN: _YES, Standing.UNKNOWN: _OPEN, Standing.SHORT: _OPEN, Standing.NO: _NO}


def _adherence(trial: Trial, medicine: Medicine, lines: TrialLines) -> Result:
    return _RESULTS[adherence_answer(trial, medicine, lines).standing]


def _duration_and_outcome(trial: Trial, medicine: Medicine, definition: Definition, lines: TrialLines) -> Result:
    if definition.partial_days is None:
        return _all([_long_enough(trial, medicine, definition, lines), _failed(trial, definition, lines)])
    nothing = _all([_long_enough(trial, medicine, definition, lines), _is(trial, Improvement.NONE, lines)])
    partly = _all(
        [
            _at_least(trial, medicine, definition.partial_days.integer, lines),
            _is(trial, Improvement.PARTIAL, lines),
            _at_most_dose(trial, medicine),
        ]
    )
    return _any([nothing, partly])


def _long_enough(trial: Trial, medicine: Medicine, definition: Definition, lines: TrialLines) -> Result:
    """Its own duration, else ours; a medicine with a duration of its own keeps that."""
    if medicine.days is not None:
        return _at_least(trial, medicine, medicine.days.integer, lines)
    if definition.days_over is not None:
        return _at_least(trial, medicine, definition.days_over.integer + 1, lines)
    return _at_least(trial, medicine, (definition.days or lines.figures["days"]).integer, lines)


def _at_least(trial: Trial, medicine: Medicine, days: int, lines: TrialLines) -> Result:
    at_dose = stretch(trial, medicine, lines)
    if at_dose.known >= days:
        return _YES
    return _OPEN if at_dose.at_best >= days else _NO


def _at_most_dose(trial: Trial, medicine: Medicine) -> Result:
    """Partial response counts only at the maximum dose."""
    if medicine.most is None or trial.highest_mg is None:
        return _OPEN
    return _YES if trial.highest_mg >= medicine.most.value else _NO


def _is(trial: Trial, wanted: Improvement, lines: TrialLines) -> Result:
    came_to = improvement(trial, lines)
    if trial.relapsed_on_dose or came_to is None:
        return _NO if trial.relapsed_on_dose else _OPEN
    return _YES if came_to is wanted else _NO


def _failed(trial: Trial, definition: Definition, lines: TrialLines) -> Result:
    """By its own threshold, else ours. A class of improvement is read as that class, whatever its edge."""
    line = definition.failure_at_most or definition.failure_under
    if line is not None and line.value <= lines.value("strict_failure"):
        if definition.failure_under is not None and trial.improvement_percent is not None:
            return _YES if trial.improvement_percent < line.value and not trial.relapsed_on_dose else _NO
        return _is(trial, Improvement.NONE, lines)
    if trial.relapsed_on_dose:
        return _YES
    came_to = improvement(trial, lines)
    return _OPEN if came_to is None else _NO if came_to is Improvement.RESPONSE else _YES


# --- is the definition met? ---


def _met(
    definition: Definition,
    counted: tuple[int, int],
    certain: Sequence[Sequence[TrialJudgement]],
    possible: Sequence[Sequence[TrialJudgement]],
    judged: Sequence[TrialJudgement],
    lines: TrialLines,
) -> Result | None:
    if definition.count is None:
        return None
    asked = [_reached(counted, definition.count.integer)]
    if definition.in_episode is not None:
        here = (_in_episode(certain, certain_only=True), _in_episode(possible, certain_only=False))
        asked.append(_reached(here, definition.in_episode.integer))
    if definition.augmentations is not None:
        steps = [j.adequate for j in judged if j.computed is Standing.AUGMENTATION]
        sure, open_ones = steps.count(_YES), steps.count(_OPEN)
        asked.append(_reached((sure, sure + open_ones), definition.augmentations.integer))
    return _all(asked)


def _reached(counted: tuple[int, int], needed: int) -> Result:
    if counted[0] >= needed:
        return _YES
    return _OPEN if counted[1] >= needed else _NO


def _in_episode(groups: Sequence[Sequence[TrialJudgement]], *, certain_only: bool) -> int:
    wanted = (_YES,) if certain_only else (_YES, _OPEN)
    return sum(any(_in_window(j.trial, Window.EPISODE) in wanted for j in group) for group in groups)
