"""What nobody has answered: read from the alarm log and the log of lapses, so that a restart forgets nothing (D6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain
from uuid import UUID

from django.db import connection

from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.monitoring.actions import SEEN_BY_THERAPIST, climbs
from ketacare.clinic.monitoring.models import AlarmSignal, Watch, WatchStep
from ketacare.clinic.supervision import queries
from ketacare.clinic.tenancy.alone import Faults
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.monitoring.rules.limits import sign_key
from ketacare.medicine.monitoring.terms import Kind, Presence, SignalState, Unwatch
from ketacare.medicine.supervision import reader, rules
from ketacare.medicine.supervision.terms import Level, Manner, Missing, Telling

LAPSES = {
    Missing.WATCHER: "Nobody is watching",
    Missing.SOUND: "No alarm can be heard",
    Missing.SUPERVISOR: "Nobody supervises",
}
GRAVE = {Missing.SUPERVISOR: Level.MEDIUM}
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
    known = _known_of(heard) if heard else Known({}, {}, set())
    found = faults.each_alone([(row.visit_id, partial(_unanswered, row, known, at)) for row in heard])
    return [one for one in found if one is not None]


TOLD_MOST = 16  # before the newest, of a condition: of most alarms that is all there is
TOLD_BEFORE = """
select told.id from unnest(%s::uuid[], %s::text[], %s::bigint[]) newest (visit, condition, id)
cross join lateral (
  select id from monitoring_alarmsignal s
  where s.organisation_id = %s and s.visit_id = newest.visit and s.condition = newest.condition and s.id < newest.id
  order by id desc limit %s
) told
"""


@dataclass(frozen=True, slots=True)
class Known:
    """What was told before the newest of each alarm, newest first, and what people did about it: read at once for the
    alarms of all chairs, as it is asked for each second."""

    before: Mapping[tuple[UUID, str], Sequence[AlarmSignal]]
    waits_for_a_nurse: Mapping[UUID, Sequence[datetime]]  # since when, by visit
    set_aside: set[tuple[UUID, int, str]]  # visit, step, channel


def _known_of(heard: Sequence[AlarmSignal]) -> Known:
    asked = [(row.visit_id, row.condition, row.pk) for row in heard]
    organisation_id = heard[0].organisation_id
    with connection.cursor() as cursor:
        columns = [list(column) for column in zip(*asked, strict=True)]
        cursor.execute(TOLD_BEFORE, [*columns, organisation_id, TOLD_MOST])
        ids = [row[0] for row in cursor.fetchall()]
    before: dict[tuple[UUID, str], list[AlarmSignal]] = defaultdict(list)
    for row in AlarmSignal.objects.filter(pk__in=ids).order_by("-id") if ids else ():
        before[row.visit_id, row.condition].append(row)
    waits: dict[UUID, list[datetime]] = defaultdict(list)
    visits = {row.visit_id for row in heard}
    told = Duty.objects.filter(kind=SEEN_BY_THERAPIST, visit_id__in=visits, state=DutyState.OPEN)
    for visit_id, since in told.values_list("visit_id", "created_at"):
        if visit_id is not None:
            waits[visit_id].append(since)
    return Known(before, waits, _set_aside([*heard, *(row for rows in before.values() for row in rows)]))


def _set_aside(rows: Sequence[AlarmSignal]) -> set[tuple[UUID, int, str]]:
    """Of what is only latched, the steps by which somebody set its channel aside."""
    over = [row for row in rows if row.state == SignalState.LATCHED and row.presence == Presence.ABSENT]
    asked = [row for row in over if row.channel]
    if not asked:
        return set()
    steps = WatchStep.objects.filter(
        organisation_id=asked[0].organisation_id,
        visit_id__in={row.visit_id for row in asked},
        number__in={row.step for row in asked},
        given__contains=[{"kind": Unwatch.__name__}],
    )
    return {
        (visit_id, number, str(one.get("channel")))
        for visit_id, number, given in steps.values_list("visit_id", "number", "given")
        for one in given
        if one.get("kind") == Unwatch.__name__
    }


def _unanswered(row: AlarmSignal, known: Known, at: datetime) -> Unanswered | None:
    """What led to the newest that is told of a condition, back to where somebody answered it or it had ended."""
    told = chain([row], _before(row, known))
    found = rules.unanswered((_telling(one, known) for one in told), at, reader.ladder().same_within)
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


def _before(row: AlarmSignal, known: Known) -> Iterator[AlarmSignal]:
    """What was told before, newest first. Of an alarm that came and went for long the rest is read when it is asked."""
    read = known.before.get((row.visit_id, row.condition), ())
    yield from read
    if len(read) < TOLD_MOST:
        return
    rest = AlarmSignal.objects.filter(
        organisation_id=row.organisation_id, visit_id=row.visit_id, condition=row.condition, id__lt=read[-1].pk
    )
    older = list(rest.order_by("-id"))
    known.set_aside.update(_set_aside(older))
    yield from older


def _telling(row: AlarmSignal, known: Known) -> Telling:
    return Telling(row.at, _manner(row, known), row.priority)


def _manner(row: AlarmSignal, known: Known) -> Manner:
    """A pause is no answer. What is only latched has ended, unseen by anybody, unless a person ended it. What only a
    therapist has seen goes on being told as if it rang, until a nurse has come."""
    if row.state == SignalState.ACKNOWLEDGED and _waits_for_a_nurse(row, known):
        return Manner.RINGS
    if row.state == SignalState.ACKNOWLEDGED or _is_ended_by_a_person(row, known):
        return Manner.ANSWERED
    if row.state == SignalState.OFF:
        return Manner.OVER
    return Manner.RINGS if row.state == SignalState.ON and _climbs(row) else Manner.QUIET


def _waits_for_a_nurse(row: AlarmSignal, known: Known) -> bool:
    return _climbs(row) and any(since <= row.at for since in known.waits_for_a_nurse.get(row.visit_id, ()))


def _is_ended_by_a_person(row: AlarmSignal, known: Known) -> bool:
    """Who says that a sign is over, or sets its channel aside, has seen it (A9, A17)."""
    if row.state != SignalState.LATCHED or row.presence != Presence.ABSENT:
        return False
    return row.condition.startswith(sign_key("")) or (row.visit_id, row.step, row.channel) in known.set_aside


def _climbs(row: AlarmSignal) -> bool:
    return climbs(row.kind, row.priority, row.rule)


def _lapses(clinic: Clinic, only: UUID | None) -> list[Unanswered]:
    """Nobody watching for a minute is a high alarm to the clinic (D4): at the chair there is nobody to answer it.
    Supervision that lapsed is a medium one (H38)."""
    visits = [visit.pk for visit in queries.in_session(clinic.pk) if only in (None, visit.pk)]
    missing = [row for rows in queries.lapses_now(visits).values() for row in rows]
    grave = [row for row in missing if row.level == GRAVE.get(Missing(row.missing), Level.HIGH)]
    return [
        Unanswered(row.visit_id, f"watch.{row.missing}", row.level, row.at, row.at, LAPSES[Missing(row.missing)])
        for row in grave
        if Missing(row.missing) in LAPSES
    ]
