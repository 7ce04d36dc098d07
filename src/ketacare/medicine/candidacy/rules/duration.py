"""How long a trial ran at an adequate dose: the least that counts, and the longest run at it (2.2, RUL-15)."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from ketacare.medicine.candidacy.terms import DoseStep, Medicine, Trial, TrialLines, form_of
from ketacare.medicine.evidence.terms import Figure

_MCG_PER_MG = 1000
# Longer than any duration that is asked for: what an unknown duration may have been at best.
AS_LONG_AS_NEEDED = 10_000
# A level in range proves the dose, whatever it was.
_ANY_DOSE = Decimal(0)


class Stretch(Struct, frozen=True, gc=False):
    """Days at an adequate dose in one run: those that are certain, and those that there may have been at best."""

    known: int
    at_best: int


def least_mg(trial: Trial, medicine: Medicine) -> Decimal:
    """The minimum this trial is held against: of its form, or the labelled ceiling below it, where there is a reason
    for it (2.2). A ceiling that no label names lowers nothing by itself."""
    form = medicine.forms.get(form_of(trial)) if medicine.forms else None
    least = in_mg(medicine.least if form is None or form.least is None else form.least)
    if not trial.reduced_for.strip() or medicine.reduced is None:
        return least
    labelled = in_mg(medicine.reduced)
    return min(least, max(labelled, trial.reduced_ceiling_mg or labelled))


def in_mg(figure: Figure) -> Decimal:
    return figure.value / _MCG_PER_MG if figure.unit.startswith("mcg") else figure.value


def level_of(trial: Trial, medicine: Medicine) -> Decimal | None:
    """The drug level in the unit of the table's own figure."""
    if medicine.level_least is None:
        return None
    return trial.level_mmol_per_l if medicine.level_least.unit == "mmol/L" else trial.level_ng_per_ml


def proven_by_level(trial: Trial, medicine: Medicine) -> bool:
    level, least, most = level_of(trial, medicine), medicine.level_least, medicine.level_most
    return level is not None and least is not None and least.value <= level and (most is None or level <= most.value)


def enough_days(medicine: Medicine, lines: TrialLines) -> int:
    return lines.figures["days"].integer if medicine.days is None else medicine.days.integer


def stretch(trial: Trial, medicine: Medicine, lines: TrialLines, at_least: Decimal | None = None) -> Stretch:
    """Longest run at an adequate dose. Gap days do not count towards it; more of them than allowed restart it (RUL-15).

    Unknown doses, days and places of gaps are once taken at their worst and once at their best.
    """
    if not trial.steps:
        return Stretch(0, AS_LONG_AS_NEEDED)
    allowed, everything = lines.figures["gap_days"].integer, proven_by_level(trial, medicine)
    least = _ANY_DOSE if everything else least_mg(trial, medicine) if at_least is None else at_least
    known = _longest(trial, least, allowed, if_unknown=False)
    open_days = everything or any(step.days is None or (step.taken and step.dose_mg is None) for step in trial.steps)
    at_best = _longest(trial, least, allowed, if_unknown=True) if open_days else known
    if trial.gap_days <= allowed:
        return Stretch(max(0, known - trial.gap_days), max(0, at_best - trial.gap_days))
    if trial.days_since_gap is not None:
        return Stretch(min(known, trial.days_since_gap), min(at_best, trial.days_since_gap))
    return Stretch(0, max(0, at_best - trial.gap_days))


def _longest(trial: Trial, least: Decimal, allowed_gap: int, *, if_unknown: bool) -> int:
    starts = range(len(trial.steps))
    return max(_run(trial.steps[place:], least, allowed_gap, if_unknown=if_unknown) for place in starts)


def _run(steps: Sequence[DoseStep], least: Decimal, allowed_gap: int, *, if_unknown: bool) -> int:
    """Days at an adequate dose from the first step on, until a lower dose or too many days without it."""
    days = gap = 0
    for step in steps:
        if not step.taken:
            gap += step.days or 0
            if gap > allowed_gap or (step.days is None and not if_unknown):
                break
            continue
        enough = (if_unknown or least is _ANY_DOSE) if step.dose_mg is None else step.dose_mg >= least
        if not enough:
            break
        days += (AS_LONG_AS_NEEDED if if_unknown else 0) if step.days is None else step.days
    return days
