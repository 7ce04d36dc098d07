"""The same trials under everybody else's definition of resistance, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from ketacare.medicine.candidacy.rules.adequacy import (
    adherence_answer,
    episode_answer,
    improvement,
    judge_trial,
)
from ketacare.medicine.candidacy.rules.duration import Stretch, stretch
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
_RESULTS = {Standing.CERTAIN: _YES, Standing.UNKNOWN: _OPEN, Standing.SHORT: _OPEN, Standing.NO: _NO}


@dataclass(frozen=True, slots=True)
class _Read:
    """A judged trial with what every definition asks of it, worked out once."""

    judgement: TrialJudgement
    medicine: Medicine | None
    days: Stretch
    adherence: Result
    improvement: Improvement | None
    in_episode: Result

    @property
    def trial(self) -> Trial:
        return self.judgement.trial


_Group = Sequence[_Read]


def definitions(trials: Sequence[Trial], lines: TrialLines) -> tuple[DefinitionCount, ...]:
    """Certain and possible failures under each definition. What it leaves open is judged by our own lines."""
    judged = [judge_trial(trial, lines) for trial in trials]
    groups = [[_read(judgement, lines) for judgement in members] for members in grouped(judged, lines).values()]
    return tuple(_counted(definition, groups, judged, lines) for definition in lines.definitions)


def _read(judgement: TrialJudgement, lines: TrialLines) -> _Read:
    trial, medicine = judgement.trial, judgement.medicine
    return _Read(
        judgement=judgement,
        medicine=medicine,
        days=Stretch(0, 0) if medicine is None else stretch(trial, medicine, lines),
        adherence=_OPEN if medicine is None else _RESULTS[adherence_answer(trial, medicine, lines).standing],
        improvement=improvement(trial, lines),
        in_episode=_RESULTS[episode_answer(trial).standing],
    )


def _counted(
    definition: Definition, groups: Sequence[_Group], judged: Sequence[TrialJudgement], lines: TrialLines
) -> DefinitionCount:
    results = [(group, _of_group(group, definition, lines)) for group in groups]
    certain = [group for group, result in results if result is _YES]
    possible = [group for group, result in results if result is not _NO]
    count = _classes if definition.different_classes else len
    counted = (count(certain), count(possible))
    open_ones = [group for group, result in results if result is _OPEN]
    return DefinitionCount(
        definition=definition,
        certain=counted[0],
        possible=counted[1],
        met=_met(definition, counted, (certain, possible), judged),
        trials=in_order(_name(group) for group in certain),
        missing=in_order(name for group in open_ones for read in group for name in read.judgement.missing),
    )


def _name(group: _Group) -> str:
    return " + ".join(sorted({read.trial.medicine for read in group}, key=str.casefold))


def _classes(groups: Sequence[_Group]) -> int:
    """Different classes, and never more than trials: a combination is one trial of two classes."""
    reads = [read for group in groups for read in group]
    named = {read.medicine.drug_class if read.medicine else read.judgement.molecule for read in reads}
    return min(len(named), len(groups))


def _of_group(group: _Group, definition: Definition, lines: TrialLines) -> Result:
    """At its best, as a molecule tried twice counts when one of the trials does."""
    return _any([_fails(read, definition, lines) for read in group])


def _fails(read: _Read, definition: Definition, lines: TrialLines) -> Result:
    judgement, medicine = read.judgement, read.medicine
    if judgement.computed in (Standing.AUGMENTATION, Standing.INTOLERANCE) and judgement.trial.ruled is None:
        return _NO
    if judgement.trial.ruled is not None:
        return _YES if judgement.trial.ruled.counts else _NO
    if medicine is None:
        return _OPEN
    asked = [
        read.adherence,
        _YES if definition.window is Window.LIFETIME else read.in_episode,
        _NO if definition.oral and medicine.not_oral else _YES,
        _duration_and_outcome(read, medicine, definition, lines),
    ]
    return _all(asked)


def _all(results: Sequence[Result]) -> Result:
    if _NO in results:
        return _NO
    return _OPEN if _OPEN in results else _YES


def _any(results: Sequence[Result]) -> Result:
    return max(results, key=_BEST.index)


# --- one trial ---


def _duration_and_outcome(read: _Read, medicine: Medicine, definition: Definition, lines: TrialLines) -> Result:
    long_enough = _at_least(read, _days_of(medicine, definition, lines))
    if definition.partial_days is None:
        return _all([long_enough, _failed(read, definition, lines)])
    partial = (_at_least(read, definition.partial_days.integer), _is(read, Improvement.PARTIAL), _at_most_dose(read))
    return _any([_all([long_enough, _is(read, Improvement.NONE)]), _all(partial)])


def _days_of(medicine: Medicine, definition: Definition, lines: TrialLines) -> int:
    """Its own duration, else ours; a medicine with a duration of its own keeps that."""
    if medicine.days is not None:
        return medicine.days.integer
    if definition.days_over is not None:
        return definition.days_over.integer + 1
    return (definition.days or lines.figures["days"]).integer


def _at_least(read: _Read, days: int) -> Result:
    if read.days.known >= days:
        return _YES
    return _OPEN if read.days.at_best >= days else _NO


def _at_most_dose(read: _Read) -> Result:
    """Partial response counts only at the maximum dose."""
    highest, medicine = read.trial.highest_mg, read.medicine
    if medicine is None or medicine.most is None or highest is None:
        return _OPEN
    return _YES if highest >= medicine.most.value else _NO


def _is(read: _Read, wanted: Improvement) -> Result:
    if read.trial.relapsed_on_dose:
        return _NO
    return _OPEN if read.improvement is None else _YES if read.improvement is wanted else _NO


def _failed(read: _Read, definition: Definition, lines: TrialLines) -> Result:
    """By its own threshold, else ours. A class of improvement is read as that class, whatever its edge."""
    trial, line = read.trial, definition.failure_at_most or definition.failure_under
    if line is not None and line.value <= lines.value("strict_failure"):
        if definition.failure_under is not None and trial.improvement_percent is not None:
            return _YES if trial.improvement_percent < line.value and not trial.relapsed_on_dose else _NO
        return _is(read, Improvement.NONE)
    if trial.relapsed_on_dose:
        return _YES
    return _OPEN if read.improvement is None else _NO if read.improvement is Improvement.RESPONSE else _YES


# --- is the definition met? ---


def _met(
    definition: Definition,
    counted: tuple[int, int],
    groups: tuple[Sequence[_Group], Sequence[_Group]],
    judged: Sequence[TrialJudgement],
) -> Result | None:
    if definition.count is None:
        return None
    asked = [_reached(counted, definition.count.integer)]
    if definition.in_episode is not None:
        here = (_in_episode(groups[0], (_YES,)), _in_episode(groups[1], (_YES, _OPEN)))
        asked.append(_reached(here, definition.in_episode.integer))
    if definition.augmentations is not None:
        steps = [judgement.adequate for judgement in judged if judgement.computed is Standing.AUGMENTATION]
        sure = steps.count(_YES)
        asked.append(_reached((sure, sure + steps.count(_OPEN)), definition.augmentations.integer))
    return _all(asked)


def _reached(counted: tuple[int, int], needed: int) -> Result:
    if counted[0] >= needed:
        return _YES
    return _OPEN if counted[1] >= needed else _NO


def _in_episode(groups: Sequence[_Group], wanted: tuple[Result, ...]) -> int:
    return sum(any(read.in_episode in wanted for read in group) for group in groups)
