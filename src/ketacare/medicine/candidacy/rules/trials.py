"""Are there enough trials that count? One molecule is one trial, two started together are one; then RUL-05."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace

from ketacare.medicine.candidacy.rules.adequacy import judge_trial, rank, strictly_failed
from ketacare.medicine.candidacy.rules.courses import earlier_ketamine
from ketacare.medicine.candidacy.rules.disorders import count_for, diagnosis_of
from ketacare.medicine.candidacy.terms import (
    Case,
    Disorder,
    Knowledge,
    Medicine,
    Standing,
    Trial,
    TrialCount,
    TrialJudgement,
    TrialLines,
)
from ketacare.medicine.evidence.rules import in_order
from ketacare.medicine.evidence.terms import Effect, FactUsed, Reason, Result, weakest

# --- all trials -----------------------------------------------------------------------------------------------------


def count_trials(trials: Sequence[Trial], lines: TrialLines) -> TrialCount:
    """Certain N, possible M. One molecule is one trial (TRIAL-07); two started together are one (TRIAL-08)."""
    return tally([judge_trial(trial, lines) for trial in trials], lines)


def tally(judged: Sequence[TrialJudgement], lines: TrialLines) -> TrialCount:
    """The judged trials counted; those that are really one are counted together, at their best."""
    groups = grouped(judged, lines)
    best = {key: max((j.standing for j in members), key=rank) for key, members in groups.items()}
    standings = list(best.values())
    certain = [best_of(groups[key]) for key, standing in best.items() if standing is Standing.CERTAIN]
    opened = [j for key, members in groups.items() if best[key] is Standing.UNKNOWN for j in members]
    return TrialCount(
        certain=len(certain),
        short=standings.count(Standing.SHORT),
        unknown=standings.count(Standing.UNKNOWN),
        intolerances=standings.count(Standing.INTOLERANCE),
        lifetime=sum(any(j.counts_for_life for j in members) for members in groups.values()),
        judgements=tuple(_with_kinship(judged)),
        missing=in_order(name for j in opened if j.standing is Standing.UNKNOWN for name in j.missing),
        strict=sum(any(_strict(j, lines) for j in members) for members in groups.values()),
        augmentations=sum(j.standing is Standing.AUGMENTATION and j.adequate is Result.MET for j in judged),
        classes=_by_class(certain),
        counted=in_order(j.trial.medicine for j in certain),
    )


def best_of(members: Sequence[TrialJudgement]) -> TrialJudgement:
    """The trial of a group that speaks for it: the best standing, then the longest, then by name."""
    return max(members, key=lambda j: (rank(j.standing), j.least_days, j.trial.medicine.casefold()))


def _strict(judgement: TrialJudgement, lines: TrialLines) -> bool:
    return judgement.standing is Standing.CERTAIN and strictly_failed(judgement.trial, lines)


def _by_class(certain: Sequence[TrialJudgement]) -> Mapping[str, int]:
    classes = sorted("unknown" if j.medicine is None else j.medicine.drug_class for j in certain)
    return {name: classes.count(name) for name in in_order(classes)}


# --- which are really one ---


def grouped(judged: Sequence[TrialJudgement], lines: TrialLines) -> dict[str, list[TrialJudgement]]:
    """Trials by the name under which they count as one."""
    together = _together(judged, lines)
    groups: dict[str, list[TrialJudgement]] = {}
    for judgement in judged:
        groups.setdefault(_one_trial(judgement, together, lines), []).append(judgement)
    return groups


def _one_trial(judgement: TrialJudgement, together: Mapping[str, frozenset[str]], lines: TrialLines) -> str:
    """A molecule, or the molecules of a combination, unless it was also alone long enough (TRIAL-08)."""
    days, combined = judgement.trial.days_alone, together.get(judgement.molecule)
    alone = not _in_combination(judgement) or (days is not None and days >= lines.value("days"))
    return judgement.molecule if alone or combined is None else " + ".join(sorted(combined))


def _in_combination(judgement: TrialJudgement) -> bool:
    return judgement.standing is not Standing.AUGMENTATION


def _together(judged: Sequence[TrialJudgement], lines: TrialLines) -> Mapping[str, frozenset[str]]:
    """Molecules that were started together, each with all of its partners: whoever names whom."""
    joined: dict[str, frozenset[str]] = {}
    for one in (judgement for judgement in judged if judgement.trial.started_with):
        for other in judged:
            if one.molecule != other.molecule and _started_together(one, other, lines):
                union = joined.get(one.molecule, frozenset({one.molecule})) | joined.get(
                    other.molecule, frozenset({other.molecule})
                )
                joined.update(dict.fromkeys(union, union))
    return joined


def _started_together(one: TrialJudgement, other: TrialJudgement, lines: TrialLines) -> bool:
    """One names the other, and their first days, where both are known, are the same: added later is its own trial."""
    if not (_in_combination(one) and _in_combination(other)):
        return False
    partners = [lines.medicine(name) for name in one.trial.started_with]
    named = other.molecule in {partner.molecule for partner in partners if partner is not None}
    days = {day for day in (one.trial.began_on, other.trial.began_on) if day is not None}
    return named and len(days) < 2


def _with_kinship(judged: Sequence[TrialJudgement]) -> list[TrialJudgement]:
    """Marks what joins or only resembles: one molecule under two names, two molecules of one class (TRIAL-07)."""
    medicines = {j.medicine.name: j.medicine for j in judged if j.medicine and j.standing is not Standing.AUGMENTATION}
    if len(medicines) < 2:
        return list(judged)
    classes: dict[str, list[Medicine]] = {}
    for name in sorted(medicines):
        classes.setdefault(medicines[name].drug_class, []).append(medicines[name])
    marks = {name: _kin(medicine, classes[medicine.drug_class]) for name, medicine in medicines.items()}
    return [
        replace(j, flags=j.flags + marks[j.medicine.name])
        if j.medicine is not None and j.standing is not Standing.AUGMENTATION and marks[j.medicine.name]
        else j
        for j in judged
    ]


def _kin(medicine: Medicine, of_class: Sequence[Medicine]) -> tuple[str, ...]:
    others = [other for other in of_class if other.name != medicine.name]
    same = [f"one molecule with {other.name}" for other in others if other.molecule == medicine.molecule]
    alike = [f"same class as {other.name}" for other in others if other.molecule != medicine.molecule]
    return (*same, *alike)


# --- enough of them? ------------------------------------------------------------------------------------------------


def reasons(case: Case, knowledge: Knowledge) -> tuple[Reason, ...]:
    """What the trials and earlier courses say: by RUL-05 for depression, by its own row for another disorder."""
    lines = knowledge.trials
    return (*_enough(case, lines), *earlier_ketamine(case, lines))


def _enough(case: Case, lines: TrialLines) -> tuple[Reason, ...]:
    diagnosis = diagnosis_of(case)
    disorder = lines.disorders.get(diagnosis or "")
    if disorder is not None:
        return (_other_disorder(case, disorder, lines),)
    if diagnosis is not None and diagnosis not in lines.diagnoses:
        return ()
    reason = _not_asked(lines) if case.trials is None else trials_reason(count_trials(case.trials, lines), lines)
    return (reason if diagnosis is not None else _of_unknown_disorder(reason),)


def _of_unknown_disorder(reason: Reason) -> Reason:
    """While the diagnosis is not known, no row of depression can be met: it would count other trials, or none."""
    return replace(reason, result=Result.UNKNOWN, missing=("diagnosis", *reason.missing))


def _not_asked(lines: TrialLines) -> Reason:
    return Reason(
        criterion="TRIAL-11",
        title="Adequate trials",
        result=Result.UNKNOWN,
        effect=Effect.CLEAR,
        words="Nobody has asked which antidepressants were tried",
        missing=("trials",),
        sources=lines.needed.sources,
        grade=lines.needed.grade,
        override="P",
    )


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
    at_worst = _criterion(count.certain, count.short, needed)
    at_best = _criterion(count.certain + count.unknown, count.short, needed)
    if at_worst != at_best:
        words = f"whether {needed} adequate trials failed depends on facts still missing"
        return "TRIAL-11", "Adequate trials", Result.UNKNOWN, Effect.CLEAR, words, "P"
    if at_worst == "IND-01":
        words = f"at least {needed} adequate trials failed in this episode"
        return "IND-01", "Treatment-resistant depression", Result.MET, Effect.NOTE, words, "none"
    if at_worst == "TRIAL-11":
        words = "enough only with short or doubtful trials; the prescriber may accept them"
        return "TRIAL-11", "Adequate trials", Result.MET, Effect.CLEAR, words, "P"
    words = f"fewer than {needed} adequate trials; prescriber and medical director decide"
    return "IND-03", "Too few adequate trials", Result.MET, Effect.CLEAR, words, "P+MD"


def _criterion(certain: int, short: int, needed: int) -> str:
    if certain >= needed:
        return "IND-01"
    return "TRIAL-11" if certain + short >= needed else "IND-03"


def _counted(count: TrialCount) -> tuple[FactUsed, ...]:
    """The counts as facts: how many are certain and how many possible."""
    return (
        FactUsed("trials_certain", Decimal(count.certain), "1", None, "computed from the trials"),
        FactUsed("trials_possible", Decimal(count.possible), "1", None, "computed from the trials"),
    )


def _other_disorder(case: Case, disorder: Disorder, lines: TrialLines) -> Reason:
    """TRIAL-12: counted by the disorder's own rules, shown beside its indication, which asks for the clearance."""
    count = None if case.trials is None else tally(count_for(case.trials, disorder, lines), lines)
    words = "Nobody has asked which medicines were tried"
    if count is not None:
        resistant = disorder.needed is not None and count.certain >= disorder.needed.value
        words = f"{count.words} by the rules of this disorder ({disorder.words})"
        words = f"{words}; treatment-resistant" if resistant else words
    figures = [medicine.least for medicine in disorder.medicines.values()]
    return Reason(
        criterion=disorder.id,
        title=f"Trials in {disorder.title[:1].lower()}{disorder.title[1:]}",
        result=Result.UNKNOWN if count is None else Result.MET,
        effect=Effect.NOTE,
        words=words,
        facts=() if count is None else _counted(count),
        missing=("trials",) if count is None else (),
        sources=in_order(source for figure in figures for source in figure.sources),
        grade=weakest([figure.grade for figure in figures]),
    )
