"""What nobody has answered: read from the alarm log and the log of lapses, so that a restart forgets nothing (D6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain
from uuid import UUID

from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.monitoring.actions import SEEN_BY_THERAPIST, climbs
from ketacare.clinic.monitoring.models import AlarmSignal, Watch, WatchStep
from ketacare.clinic.supervision import queries
from ketacare.clinic.tenancy.alone import Faults
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.monitoring.rules.limits import sign_key
from ketacare.medicine.monitoring.terms import Kind, Presence, Priority, SignalState, Unwatch
from ketacare.medicine.supervision import reader, rules
from ketacare.medicine.supervision.terms import Level, Manner, Missing, Telling

LAPSES = {
    Missing.WATCHER: "Nobody is watching",
    Missing.SOUND: "No alarm can be heard",
}
OF_KIND = {Kind.PHYSIOLOGICAL: "", Kind.TECHNICAL: ": a monitor's signal is lost", Kind.DUE: ": a check was missed"}


@dataclass(frozen=True, slots=True)
class Unanswered:
    """An alarm that rang since `began` and was neither acknowledged nor has ended: an acknowledgement that wore out
    (A7) begins it anew. `since` is when it first had its priority: from then the ladder of that priority counts."""

    visit_id: UUID
    condition: str
    priority: str
    began: datetime
    since: datetime
    words: str
    of_the_body: bool = False
    """A sign of the patient's own. Of what is lost or missed people are told, and no emergency card is laid."""
    rings: bool = True
    """Now. Where it has just fallen silent by itself nobody more is told, and who was told goes on seeing it."""


def unanswered(clinic: Clinic, at: datetime, faults: Faults, *, only: UUID | None = None) -> list[Unanswered]:
    """Of every running session of the clinic, or of one."""
    return [*_alarms(clinic, at, faults, only), *_lapses(clinic, only)]


def _alarms(clinic: Clinic, at: datetime, faults: Faults, only: UUID | None) -> list[Unanswered]:
    watches = Watch.objects.filter(clinic=clinic, ended_at__isnull=True)
    running = (watches.filter(visit=only) if only else watches).values_list("visit_id", flat=True)
    rows = AlarmSignal.objects.filter(organisation_id=clinic.organisation_id, visit_id__in=list(running))
    newest = rows.order_by("visit_id", "condition", "-id").distinct("visit_id", "condition")
    # Of most the newest that is told is their end: nothing of these is unanswered, and none is looked into.
    heard = [row for row in newest if row.state != SignalState.OFF]
    found = [faults.alone(row.visit_id, partial(_unanswered, row, at)) for row in heard]
    return [one for one in found if one is not None]


def _unanswered(row: AlarmSignal, at: datetime) -> Unanswered | None:
    """What led to the newest that is told of a condition, back to where somebody answered it or it had ended."""
    earlier = AlarmSignal.objects.filter(
        organisation_id=row.organisation_id, visit_id=row.visit_id, condition=row.condition, id__lt=row.pk
    )
    told = chain([row], earlier.order_by("-id").iterator(chunk_size=50))
    found = rules.unanswered((_telling(one) for one in told), at, reader.ladder().same_within)
    if found is None:
        return None
    words = f"{found.priority.capitalize()} alarm{OF_KIND[Kind(row.kind)]}"
    return Unanswered(
        row.visit_id,
        row.condition,
        found.priority,
        found.began,
        found.since,
        words,
        of_the_body=row.kind == Kind.PHYSIOLOGICAL,
        rings=found.rings,
    )


def _telling(row: AlarmSignal) -> Telling:
    return Telling(row.at, _manner(row), row.priority)


def _manner(row: AlarmSignal) -> Manner:
    """A pause is no answer. What is only latched has ended, unseen by anybody, unless a person ended it. What only a
    therapist has seen goes on being told as if it rang, until a nurse has come."""
    if row.state == SignalState.ACKNOWLEDGED and _waits_for_a_nurse(row):
        return Manner.RINGS
    if row.state == SignalState.ACKNOWLEDGED or _is_ended_by_a_person(row):
        return Manner.ANSWERED
    if row.state == SignalState.OFF:
        return Manner.OVER
    return Manner.RINGS if row.state == SignalState.ON and _climbs(row) else Manner.QUIET


def _waits_for_a_nurse(row: AlarmSignal) -> bool:
    told = Duty.objects.filter(kind=SEEN_BY_THERAPIST, visit_id=row.visit_id, state=DutyState.OPEN)
    return _climbs(row) and told.filter(created_at__lte=row.at).exists()


def _is_ended_by_a_person(row: AlarmSignal) -> bool:
    """Who says that a sign is over, or sets its channel aside, has seen it (A9, A17)."""
    if row.state != SignalState.LATCHED or row.presence != Presence.ABSENT:
        return False
    if row.condition.startswith(sign_key("")):
        return True
    told = [{"kind": Unwatch.__name__, "channel": row.channel}]
    steps = WatchStep.objects.filter(organisation_id=row.organisation_id, visit_id=row.visit_id, number=row.step)
    return bool(row.channel) and steps.filter(given__contains=told).exists()


def _climbs(row: AlarmSignal) -> bool:
    return climbs(row.kind, row.priority, row.rule)


def _lapses(clinic: Clinic, only: UUID | None) -> list[Unanswered]:
    """Nobody watching for a minute is a high alarm to the clinic (D4): at the chair there is nobody to answer it."""
    visits = [visit.pk for visit in queries.in_session(clinic.pk) if only in (None, visit.pk)]
    grave = [row for rows in queries.lapses_now(visits).values() for row in rows if row.level == Level.HIGH]
    return [
        Unanswered(
            row.visit_id, f"watch.{row.missing}", Priority.HIGH.word, row.at, row.at, LAPSES[Missing(row.missing)]
        )
        for row in grave
        if Missing(row.missing) in LAPSES
    ]
