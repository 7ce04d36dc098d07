"""A page answers that it is seen and heard (D4), and every second the watch looks whether one did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache, partial
from uuid import UUID

from django.db import connection, transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, NotAllowed
from ketacare.clinic.scheduling import queries as scheduling
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.supervision import queries
from ketacare.clinic.supervision.access import may_watch
from ketacare.clinic.supervision.models import LapseStep, Place, Post, Screen, SelfTest, Task
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.alone import Faults, SomeSessionsFailed
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.supervision import reader, rules
from ketacare.medicine.supervision.terms import Level, Missing

FORGOTTEN_AFTER = timedelta(hours=1)


def answer(
    *, screen: UUID, visit: Visit | None, audible: bool, by: Actor, at: datetime, in_room: bool = False
) -> datetime | None:
    """This page is visible. Returns until when a chair may stay silent because somebody else listens (D8).

    A sign of life and no act of anybody: it leaves no audit line. What follows from its end does.
    """
    if not may_watch(by, visit):
        raise NotAllowed("alarms", "C")
    proven = audible and queries.tested(screen, visit) is not None
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into supervision_screen"
            " (organisation_id, clinic_id, visit_id, user_id, screen, answered_at, heard_at, gone, in_room)"
            " values (%s, %s, %s, %s, %s, %s, %s, false, %s) on conflict on constraint a_screen_answers_once"
            " do update set answered_at = excluded.answered_at, gone = false, in_room = excluded.in_room,"
            " heard_at = coalesce(excluded.heard_at, supervision_screen.heard_at)",
            [
                by.organisation_id,
                by.clinic_id,
                visit.pk if visit else None,
                by.person_id,
                screen,
                at,
                at if proven else None,
                in_room,
            ],
        )
    if visit is None:
        return None
    return rules.quiet_until(queries.heard(visit, at, but=screen).elsewhere, at, reader.watching())


def leave(*, screen: UUID, visit: Visit | None, by: Actor, at: datetime) -> None:
    """The page is hidden or closed: it watches no more, and nobody has to wait until its last answer is old (D3)."""
    if not may_watch(by, visit):
        raise NotAllowed("alarms", "C")
    rows = Screen.objects.filter(clinic_id=by.clinic_id, user_id=by.person_id, screen=screen, visit=visit)
    rows.update(gone=True)


@transaction.atomic
def record_self_test(
    *, screen: UUID, visit: Visit | None, lamps: bool, sounds: bool, link_ms: int | None, offset_ms: int | None,
    paired: bool | None, awake: bool, by: Actor, at: datetime,
) -> SelfTest:  # fmt: skip
    """Lamps, sounds, link, clock and pairing, tried before the screen is relied on (D10). A failed one is kept too."""
    access.require(by, "alarms", "C", patient=visit.patient if visit else None)
    most = reader.watching()
    row = SelfTest.objects.create(
        organisation_id=by.organisation_id,
        clinic_id=by.clinic_id,
        happened_at=at,
        recorded_at=at,
        recorded_by_id=by.person_id,
        visit=visit,
        screen=screen,
        lamps=lamps,
        sounds=sounds,
        link_ms=link_ms,
        offset_ms=offset_ms,
        paired=paired,
        awake=awake,
        passed=lamps
        and sounds
        and link_ms is not None
        and timedelta(milliseconds=link_ms) <= most.clock_offset_most
        and offset_ms is not None
        and timedelta(milliseconds=abs(offset_ms)) <= most.clock_offset_most,
    )
    audit.note(by=by, at=at, verb="screen.self_test", on=row, patient=visit.patient_id if visit else None)
    return row


# -- looking, each second ----------------------------------------------------------------------------------------------


class NotAllLookedAt(SomeSessionsFailed):
    """Who watches and listens could not be told of some session."""


def look(*, clinic: Clinic, at: datetime) -> int:
    """Note at every running session what is missing by now, or no longer; how many steps that were."""
    faults = Faults()
    with tenancy.tenant(clinic.organisation_id):
        visits = queries.in_session(clinic.pk)
        noted = _look_at(visits, at, faults) + _close(clinic.pk, visits, at, faults)
    if faults.kinds:
        raise NotAllLookedAt(faults, len(visits))
    return noted


def _look_at(visits: Sequence[Visit], at: datetime, faults: Faults) -> int:
    ids = [visit.pk for visit in visits]
    newest, first = queries.newest_lapses(ids), queries.counted_from(ids)
    asks_for_one = cache(scheduling.asks_for_a_supervisor)
    heard, posts, ended = queries.heard_of(visits, at), queries.posts_of(visits), queries.last_supervised(visits)

    def look_at(visit: Visit) -> int:
        supervisor = _supervised_at(posts.get((visit.pk, Task.SUPERVISES)), heard[visit.pk], at)
        present = _present(heard[visit.pk], supervisor or ended.get(visit.pk))
        keys = {what: (visit.pk, str(what)) for what in present}
        counted = present[Missing.SUPERVISOR] is None and not asks_for_one(visit.clinic_id)
        most = {Missing.SUPERVISOR: Level.LOW if counted else Level.MEDIUM}
        return sum(
            _note(visit, what, last, newest.get(keys[what]), first.get(keys[what], at), at, most.get(what, Level.HIGH))
            for what, last in present.items()
        )

    return sum(noted or 0 for noted in faults.each_alone([(visit.pk, partial(look_at, visit)) for visit in visits]))


def _present(heard: queries.Heard, supervised_at: datetime | None) -> dict[Missing, datetime | None]:
    """The last moment at which each is known to have been there."""
    return {
        Missing.WATCHER: heard.last,
        Missing.SOUND: heard.audible_last,
        Missing.SUPERVISOR: supervised_at,
    }


def _supervised_at(row: Post | None, found: queries.Heard, at: datetime) -> datetime | None:
    if row is None:
        return None
    if row.place != Place.REMOTE:
        return at
    last = found.last_of(row.person_id)
    return row.since if last is None else max(last, row.since)


WEIGHT = [Level.NONE, Level.LOW, Level.MEDIUM, Level.HIGH]


def _note(
    visit: Visit, missing: Missing, last: datetime | None, known: LapseStep | None, first: datetime, at: datetime,
    most: Level,
) -> int:  # fmt: skip
    """The first look begins the count; from then on only a change is noted. `most`: supervision that lapses is medium
    and climbs (D4, H38). Where nobody ever supervised, whoever started the dose has said why: then the site's rule
    decides whether that is an alarm, or counted (workflow 7)."""
    if known is None:
        _step(visit, missing, Level.NONE, since=at, at=at)
        return 1
    found = rules.lapse(last, first, at, reader.watching())
    level = min(found.level, most, key=WEIGHT.index)
    if level == known.level:
        return 0
    _step(visit, missing, level, since=found.since, at=at)
    return 1


def _close(clinic_id: UUID, running: Iterable[Visit], at: datetime, faults: Faults) -> int:
    """A session that is over lacks nobody."""
    open_ones = [
        row
        for row in queries.newest_lapses(_lately(clinic_id, at)).values()
        if row.level != Level.NONE and row.visit_id not in {visit.pk for visit in running}
    ]
    for row in open_ones:
        act = partial(_step, row.visit, Missing(row.missing), Level.NONE, since=at, at=at)
        faults.alone(row.visit_id, act)
    return len(open_ones)


def _lately(clinic_id: UUID, at: datetime) -> list[UUID]:
    rows = LapseStep.objects.filter(clinic_id=clinic_id, at__gte=at - timedelta(days=1))
    return list(rows.order_by().values_list("visit_id", flat=True).distinct())


def _step(visit: Visit, missing: Missing, level: Level, *, since: datetime, at: datetime) -> None:
    LapseStep.objects.create(
        organisation_id=visit.organisation_id,
        clinic_id=visit.clinic_id,
        visit=visit,
        missing=missing,
        level=level,
        since=since,
        at=at,
    )
    tenancy.announce(
        clinic_id=visit.clinic_id,
        organisation_id=visit.organisation_id,
        topic=f"visit:{visit.pk}",
        kind="alarm",
        body={"visit": str(visit.pk), "missing": str(missing), "level": str(level)},
    )


def forget_screens(*, clinic_id: UUID, at: datetime) -> int:
    """Pages that answered long ago; what their silence meant has been noted."""
    deleted, _ = Screen.objects.filter(clinic_id=clinic_id, answered_at__lt=at - FORGOTTEN_AFTER).delete()
    return deleted
