"""What was tried: antidepressants and courses of other treatment, handed over as values."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from ketacare.clinic.candidacy.models import (
    Adherence,
    AdherenceEvidence,
    Effect,
    NothingTried,
    Response,
    Stands,
    StoppedBecause,
    TreatmentCourse,
    TrialEntry,
    TrialRuling,
)
from ketacare.clinic.candidacy.queries.vocabulary import sheet
from ketacare.clinic.people.models import Patient
from ketacare.clinic.people.standing import standing, when
from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.terms import (
    Course,
    CourseKind,
    DoseStep,
    Improvement,
    Medicine,
    Ruling,
    Side,
    Trial,
    TrialJudgement,
)

# A class of adherence is read at its edge, so that the sheet's own lines decide (TRIAL-03).
ADHERENCE_PERCENT = {Adherence.GOOD: 80, Adherence.DOUBTFUL: 50, Adherence.POOR: 49}
IMPROVEMENT = {
    Effect.NONE: Improvement.NONE,
    Effect.PARTIAL: Improvement.PARTIAL,
    Effect.RESPONSE: Improvement.RESPONSE,
}
WITNESSED = frozenset({AdherenceEvidence.LEVEL, AdherenceEvidence.WITNESS})
RESPONDED = {Response.HELPED: True, Response.NOT: False}
What = NothingTried.What


@dataclass(frozen=True)
class Tried:
    """Everything that stands of what a person tried, with the prescriber's rulings by the trial they are about."""

    entries: tuple[TrialEntry, ...] = ()
    rulings: Mapping[UUID, TrialRuling] = field(default_factory=dict)
    courses: tuple[TreatmentCourse, ...] = ()
    nothing: frozenset[str] = frozenset()

    def trials(self, on: date | None = None) -> tuple[Trial, ...] | None:
        """As they are judged; None while nobody has asked."""
        if not self.entries and What.TRIALS not in self.nothing:
            return None
        return tuple(trial_from(entry, self.rulings.get(entry.pk), on) for entry in self.entries)

    def course_values(self) -> tuple[Course, ...] | None:
        if not self.courses and What.COURSES not in self.nothing:
            return None
        return tuple(course_from(row) for row in self.courses)


def tried(patient: Patient) -> Tried:
    return Tried(
        entries=tuple(trial_entries(patient)),
        rulings={row.trial_id: row for row in standing(TrialRuling, patient)},
        courses=tuple(sorted(standing(TreatmentCourse, patient), key=when)),
        nothing=frozenset(row.what for row in standing(NothingTried, patient)),
    )


def trial_entries(patient: Patient) -> list[TrialEntry]:
    """In the order they began; those of which nobody knows when come last."""
    return sorted(standing(TrialEntry, patient), key=lambda row: (row.began_on or date.max, *when(row)))


def trial_from(row: TrialEntry, ruling: TrialRuling | None = None, on: date | None = None) -> Trial:
    percent = row.adherence_percent
    if percent is None and Adherence(row.adherence) in ADHERENCE_PERCENT:
        percent = Decimal(ADHERENCE_PERCENT[Adherence(row.adherence)])
    return Trial(
        medicine=row.medicine,
        form=row.form,
        steps=tuple(steps_of(row, on)),
        adherence_percent=percent,
        adherence_witnessed=row.adherence_evidence in WITNESSED,
        improvement_percent=row.better_percent,
        improvement=IMPROVEMENT.get(Effect(row.effect)),
        relapsed_on_dose=row.effect == Effect.RELAPSE,
        in_current_episode=row.in_current_episode,
        gap_days=row.gap_days,
        days_since_gap=row.days_since_gap,
        stopped_for_side_effects=ended_for_side_effects(row),
        started_with=tuple(row.started_with),
        days_alone=row.days_alone,
        level_ng_per_ml=row.level if row.level_unit == "ng/mL" else None,
        level_mmol_per_l=row.level if row.level_unit == "mmol/L" else None,
        reduced_for=row.reduced_for,
        reduced_ceiling_mg=row.reduced_ceiling_mg,
        began_on=row.began_on,
        ended_on=last_day(row, on),
        source=row.source,
        ruled=ruling_from(ruling),
    )


def last_day(row: TrialEntry, on: date | None) -> date | None:
    """The last day on which it can have been taken: of a month alone its end, of what still goes on today."""
    if row.stopped_because == StoppedBecause.ONGOING:
        return on
    if row.ended_on is None or not row.ended_to_month:
        return row.ended_on
    return row.ended_on.replace(day=monthrange(row.ended_on.year, row.ended_on.month)[1])


def ended_for_side_effects(row: TrialEntry) -> bool | None:
    """None while nobody knows why it ended: what was too short may then have been an intolerance (TRIAL-05)."""
    unknown = row.stopped_because == StoppedBecause.UNKNOWN and not row.stopped_for_side_effects
    return None if unknown else row.stopped_for_side_effects


def steps_of(row: TrialEntry, on: date | None = None) -> Iterable[DoseStep]:
    """In the order taken; the last dose of a trial that still goes on lasts until today, if nothing else is said."""
    steps: list[dict[str, Any]] = row.steps or [{"dose_mg": row.dose_mg, "days": row.days}]
    for step in steps:
        taken, days, dose = step.get("taken", True), step.get("days"), step.get("dose_mg")
        if days is None and len(steps) == 1:
            days = days_so_far(row, on)
        yield DoseStep(None if dose is None else Decimal(dose), days, taken)


def days_so_far(row: TrialEntry, on: date | None) -> int | None:
    if row.stopped_because != StoppedBecause.ONGOING or row.began_on is None or on is None:
        return None
    return max(1, (on - row.began_on).days)


def ruling_from(row: TrialRuling | None) -> Ruling | None:
    if row is None or row.stands == Stands.COMPUTED:
        return None
    return Ruling(row.stands == Stands.COUNTS, row.recorded_by.name if row.recorded_by else "a prescriber", row.reason)


def course_from(row: TreatmentCourse) -> Course:
    return Course(
        kind=CourseKind(row.kind),
        sessions=row.sessions,
        weeks=row.weeks,
        side=Side(row.side) if row.side else None,
        responded=RESPONDED.get(Response(row.response)),
        in_current_episode=row.in_current_episode,
        by_manual=row.by_manual,
        trauma_focused=row.trauma_focused,
        source=row.source,
    )


def judged_trials(patient: Patient, on: date | None = None) -> list[tuple[TrialEntry, TrialJudgement]]:
    """Each trial as told, beside how far it counts and why."""
    known = tried(patient)
    count = rules.count_trials(known.trials(on) or (), sheet(patient).trials)
    return list(zip(known.entries, count.judgements, strict=True))


def ask_id(missing: str) -> str:
    """Where on the page a missing fact of a trial is asked: "sertraline: dose" is asked at ask-sertraline-dose."""
    return "ask-" + re.sub(r"[^a-z0-9]+", "-", missing.casefold()).strip("-")


@cache
def medicine_names() -> list[str]:
    """Names of the adequate-dose table and of augmentation, generic and brand, for suggestions while typing."""
    lines = sheet().trials
    rows = (*lines.medicines.values(), *lines.augmenters.values())
    return sorted({name for medicine in rows for name in medicine.names[:2]}, key=str.casefold)


def listed(name: str) -> Medicine | None:
    lines = sheet().trials
    return lines.medicine(name) or lines.augmenter(name)
