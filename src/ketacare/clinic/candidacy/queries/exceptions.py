"""Paths by exception as they stand: which could apply, what each still lacks, and who has signed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from django.db.models import prefetch_related_objects

from ketacare.clinic.candidacy.models import ExceptionOpening, ExceptionStep, ExceptionVerdict, HistoryAnswer
from ketacare.clinic.candidacy.queries.vocabulary import ELSEWHERE, EXCEPTIONS, sheet
from ketacare.clinic.people.models import Patient
from ketacare.clinic.people.standing import standing
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.looks import looked_up
from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.terms import Case, Clearance, ExceptionPath, Knowledge, PathStanding, Signatures
from ketacare.medicine.evidence.rules import day_of
from ketacare.medicine.evidence.terms import Decision, Result, Verdict

REVIEW = "exception.review"


@looked_up
def openings(patient: Patient) -> list[ExceptionOpening]:
    rows = standing(ExceptionOpening, patient)[::-1]
    prefetch_related_objects(rows, "steps__recorded_by")
    return rows


def last_step(opening: ExceptionOpening) -> ExceptionStep | None:
    return max(opening.steps.all(), key=lambda step: step.recorded_at, default=None)


def counts(opening: ExceptionOpening) -> bool:
    """The prescriber's word by itself, or with the director's where that is needed; ended by a no or by taking back."""
    step = last_step(opening)
    if step is None:
        return not opening.needs_director
    return step.verdict == ExceptionVerdict.AGREED


def is_open(opening: ExceptionOpening) -> bool:
    """Still to be reviewed, or agreed: not ended."""
    step = last_step(opening)
    return step is None or step.verdict == ExceptionVerdict.AGREED


def signed(patient: Patient, zone: str) -> tuple[Clearance, ...]:
    """The openings that count, as the judgement reads them."""
    return tuple(_clearance(opening, zone) for opening in openings(patient) if counts(opening))


def _clearance(opening: ExceptionOpening, zone: str) -> Clearance:
    step = last_step(opening)
    signatures = Signatures.WITH_DIRECTOR if step is not None else Signatures.PRESCRIBER
    given_at = step.happened_at if step is not None and opening.needs_director else opening.happened_at
    return Clearance(opening.path, signatures, local_day(given_at, zone), None, opening.reason, given_at=given_at)


def path_page(opening: ExceptionOpening) -> str:
    """Where an opening is read and reviewed; its duty leads there."""
    return f"/patients/{opening.patient_id}/exceptions/{opening.pk}/"


@dataclass(frozen=True)
class Lacking:
    """A condition with its state, and the facts to record for it that are kept here."""

    title: str
    result: Result
    asks: tuple[str, ...]
    known: tuple[HistoryAnswer, ...]
    elsewhere: str
    plan: bool

    @property
    def is_met(self) -> bool:
        return self.result is Result.MET

    @property
    def is_unknown(self) -> bool:
        return self.result is Result.UNKNOWN


@dataclass(frozen=True)
class Path:
    """A path that could apply, as the page shows it."""

    path: ExceptionPath
    conditions: tuple[Lacking, ...]
    opening: ExceptionOpening | None
    step: ExceptionStep | None
    ended: bool = False

    @property
    def is_ready(self) -> bool:
        return all(condition.is_met for condition in self.conditions)

    @property
    def state(self) -> tuple[str, str]:
        """A word and the shape of its chip."""
        if self.opening is None:
            return ("Not opened", "plain")
        if self.step is not None:
            agreed = self.step.verdict == ExceptionVerdict.AGREED
            if agreed and self.ended:
                return ("Ended", "late")
            return (self.step.get_verdict_display(), "done" if agreed else "stop")
        whose = self.opening.second_role.label.lower()
        return (f"Waits for the {whose}", "late") if self.opening.needs_director else ("Signed", "done")

    @property
    def may_open(self) -> bool:
        return self.opening is None or self.ended or not is_open(self.opening)


def paths(
    case: Case,
    decision: Decision,
    knowledge: Knowledge,
    rows: Iterable[HistoryAnswer],
    opened: Iterable[ExceptionOpening],
) -> list[Path]:
    """The paths that could apply now, or that somebody has opened; none for whom nothing of this is a question."""
    newest: dict[str, HistoryAnswer] = {}
    for row in rows:
        newest.setdefault(row.name, row)
    last: dict[str, ExceptionOpening] = {}
    for opening in opened:
        last.setdefault(opening.path, opening)
    standing = rules.path_standings(case, decision, knowledge)
    shown = [found for found in standing if found.could_apply or found.path.id in last]
    return [_path(found, newest, last.get(found.path.id), case, knowledge) for found in shown]


def _path(
    found: PathStanding,
    newest: Mapping[str, HistoryAnswer],
    opening: ExceptionOpening | None,
    case: Case,
    knowledge: Knowledge,
) -> Path:
    conditions = tuple(
        Lacking(
            title=condition.title,
            result=verdict.result,
            asks=tuple(name for name in reads if name in recorded_here()),
            known=tuple(newest[name] for name in told_by(verdict, reads) if name in newest),
            elsewhere=next((ELSEWHERE[name].part for name in reads if name in ELSEWHERE), ""),
            plan=SAFETY_PLAN in reads,
        )
        for condition, verdict, reads in found.conditions
    )
    ended = opening is not None and has_ended(opening, found.path, case, knowledge)
    return Path(found.path, conditions, opening, last_step(opening) if opening else None, ended)


def has_ended(opening: ExceptionOpening, path: ExceptionPath, case: Case, knowledge: Knowledge) -> bool:
    """Has the time of its signatures passed, or the crisis that they were about? What only waits for them has none."""
    if not counts(opening):
        return False
    signed = rules.path_signature(_clearance(opening, opening.clinic.zone), path, case, knowledge)
    return bool(signed.ended_by) or (signed.until is not None and signed.until < day_of(case.at, case.at))


def told_by(verdict: Verdict, reads: tuple[str, ...]) -> tuple[str, ...]:
    """The facts that decided; while it is open, every fact it reads."""
    decided = {used.name for used in verdict.facts}
    return reads if verdict.result is Result.UNKNOWN else tuple(name for name in reads if name in decided)


SAFETY_PLAN = "safety_plan_on"


@cache
def recorded_here() -> frozenset[str]:
    """Facts recorded on this part of the page by whoever opens a path; the rest has its own place. Catatonia is asked
    here as well: nothing but a path reads it."""
    own = {name for name, kind in sheet().facts.items() if kind.group == EXCEPTIONS}
    return frozenset({*own, "means_counselled", "catatonia"})
