"""What an integration visit begins with: what the patient shared, how they score, what the nurse saw, what is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ketacare.clinic.dosing.models import Kind, NotePart, Session, SignedNote
from ketacare.clinic.dosing.queries import timeline, timeline_words
from ketacare.clinic.outcomes import queries as outcomes
from ketacare.clinic.outcomes.models import Score
from ketacare.clinic.people.access import Actor, granted, relations_to
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.therapy.models import Homework, IntegrationNote
from ketacare.clinic.therapy.queries.goals import Goals, scaled
from ketacare.clinic.therapy.queries.homework import DayOf, homework_of, so_far
from ketacare.clinic.therapy.queries.preparing import preparation
from ketacare.clinic.therapy.queries.private import Page, shared_entries
from ketacare.clinic.therapy.queries.sitting import SAID

NEWEST_SCORES = 6


@dataclass(frozen=True)
class NewestScore:
    name: str
    score: Score
    before: Score | None


@dataclass(frozen=True)
class Agenda:
    shared: list[Page]
    scores: list[NewestScore]
    nurse: list[str]
    said: list[str]
    carried: IntegrationNote | None
    goals: Goals
    homework: list[tuple[Homework, list[DayOf]]]
    intention: str


def agenda(actor: Actor, visit: Visit, at: datetime) -> Agenda:
    """Each part only for whoever may read it: shared pages and the intention are for the patient's therapists."""
    relations = relations_to(actor, visit.patient)
    prepared = preparation(visit.patient) if granted(actor.role, "preparation", "R", relations) else None
    last = IntegrationNote.objects.current().filter(patient=visit.patient).select_related("recorded_by")
    return Agenda(
        shared=shared_entries(actor, visit.patient),
        scores=newest_scores(visit) if granted(actor.role, "scores", "R", relations) else [],
        nurse=nurse_saw(visit) if granted(actor.role, "session", "R", relations) else [],
        said=patient_said(visit) if granted(actor.role, "session", "R", relations) else [],
        carried=last.order_by("happened_at").last(),
        goals=scaled(visit.patient),
        homework=[(row, so_far(row, at)) for row in homework_of(visit.patient)[:2]],
        intention=prepared.intention if prepared else "",
    )


def newest_scores(visit: Visit) -> list[NewestScore]:
    """Of each scale the newest, with the one before it."""
    found: dict[str, list[Score]] = {}
    for row in outcomes.ratings(visit.patient):
        found.setdefault(row.instrument, []).append(row)
    newest = sorted(found.items(), key=lambda item: item[1][0].happened_at, reverse=True)[:NEWEST_SCORES]
    return [
        NewestScore(outcomes.instrument(name).name, rows[0], rows[1] if len(rows) > 1 else None)
        for name, rows in newest
    ]


def nurse_saw(visit: Visit) -> list[str]:
    """The nurse's summary: the signed words where there are any, what was tapped at the chair, and remarks."""
    session = Session.objects.filter(visit=visit).first()
    if session is None or session.started_at is None:
        return []
    words = [
        f"Signed note: {row.words}" for row in SignedNote.objects.filter(visit=visit, part=NotePart.NOTE) if row.words
    ]
    stop = timeline.latest(visit, Kind.DOSE, "stop")
    if stop is not None:
        words.append(f"The dose was stopped early: {stop.body.get('reason') or 'no reason kept'}. Speak of that first.")
    counts: dict[str, int] = {}
    for row in timeline.standing(visit, Kind.EVENT):
        told = timeline_words.words_of(row)
        counts[told] = counts.get(told, 0) + 1
    words += [f"{told}{f', {many} times' if many > 1 else ''}" for told, many in counts.items()]
    remarks = timeline.standing(visit, Kind.REMARK)
    return words + [f"Remark: {row.words}" for row in remarks if row.words and not row.name and not row.body]


def patient_said(visit: Visit) -> list[str]:
    """Words of the patient during the session, as they were written down."""
    return [row.words for row in timeline.standing(visit, Kind.REMARK) if row.name == SAID and row.words]
