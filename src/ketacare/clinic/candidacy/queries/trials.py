"""Antidepressants as they were taken, and how far each counts."""

from __future__ import annotations

from decimal import Decimal

from ketacare.clinic.candidacy.models import Adherence, Effect, TrialEntry
from ketacare.clinic.candidacy.queries.vocabulary import sheet
from ketacare.clinic.people.models import Patient
from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.terms import DoseStep, Trial, TrialJudgement

# A class of adherence or effect is read at its edge, so that the sheet's own lines decide (TRIAL-03, TRIAL-04).
ADHERENCE_PERCENT = {Adherence.GOOD: 80, Adherence.DOUBTFUL: 50, Adherence.POOR: 49}
BETTER_PERCENT = {Effect.NONE: 25, Effect.PARTIAL: 49, Effect.RESPONSE: 50}


def trial_entries(patient: Patient) -> list[TrialEntry]:
    rows = TrialEntry.objects.current().filter(patient=patient).select_related("recorded_by", "amends")
    return list(rows.order_by("happened_at", "recorded_at"))


def trial_from(row: TrialEntry) -> Trial:
    adherence, better = ADHERENCE_PERCENT.get(Adherence(row.adherence)), BETTER_PERCENT.get(Effect(row.effect))
    return Trial(
        medicine=row.medicine,
        form=row.form,
        steps=(DoseStep(row.dose_mg, row.days),),
        adherence_percent=None if adherence is None else Decimal(adherence),
        improvement_percent=None if better is None else Decimal(better),
        in_current_episode=row.in_current_episode,
        stopped_for_side_effects=row.stopped_for_side_effects,
        relapsed_on_dose=row.effect == Effect.RELAPSE,
        source=row.source,
    )


def judged_trials(patient: Patient) -> list[tuple[TrialEntry, TrialJudgement]]:
    """Each trial as told, beside how far it counts and why."""
    rows = trial_entries(patient)
    count = rules.count_trials([trial_from(row) for row in rows], sheet().trials)
    return list(zip(rows, count.judgements, strict=True))


def medicine_names() -> list[str]:
    """Generic names of the adequate-dose table, for suggestions while typing."""
    return sorted({medicine.name for medicine in sheet().trials.medicines.values()})
