"""Who supervises and watches, who answers, how long nobody did, and what the ladder has done so far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max, Min, Q, QuerySet

from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling import queries as scheduling
from ketacare.clinic.scheduling.models import Visit, VisitState
from ketacare.clinic.supervision.models import (
    Call,
    CalmingPlan,
    LapseStep,
    Place,
    Post,
    RungTaken,
    Screen,
    SelfTest,
    Task,
)
from ketacare.clinic.tenancy.days import local_day
from ketacare.medicine.supervision import reader, rules
from ketacare.medicine.supervision.terms import Gap, Level, Missing

IN_SESSION = (VisitState.RUNNING, VisitState.RECOVERY)


def post(visit: Visit, task: str) -> Post | None:
    """Who answers for this task now."""
    rows = Post.objects.filter(visit=visit, task=task, ended_at__isnull=True)
    return rows.select_related("person", "offered_to").first()


def posts_of(visits: Iterable[Visit]) -> dict[tuple[UUID, str], Post]:
    rows = Post.objects.filter(visit__in=list(visits), ended_at__isnull=True).select_related("person", "offered_to")
    return {(row.visit_id, row.task): row for row in rows}


def watched_by(person_id: UUID, clinic_id: UUID) -> list[Visit]:
    rows = Post.objects.filter(person_id=person_id, clinic_id=clinic_id, task=Task.WATCHES, ended_at__isnull=True)
    return [row.visit for row in rows.select_related("visit")]


def would_be_too_many(person_id: UUID, visit: Visit) -> bool:
    """Is this chair one more than the site lets one person watch without a word why (D5)?"""
    return bool(each_too_many(person_id, visit.clinic_id, [visit]))


def each_too_many(person_id: UUID, clinic_id: UUID, visits: Sequence[Visit]) -> set[UUID]:
    """As would_be_too_many, of each of these chairs by itself."""
    by_id = {visit.pk: visit for visit in visits}  # with what was read of them already
    held = [by_id.get(one.pk, one) for one in watched_by(person_id, clinic_id)]
    beside = {visit.pk: [one for one in held if one.pk != visit.pk] for visit in visits}
    asked = [visit for visit in visits if beside[visit.pk]]
    if not asked:
        return set()
    most, known = scheduling.watched_at(clinic_id), scheduling.watch_now([*held, *asked])
    return {visit.pk for visit in asked if scheduling.are_too_many([*beside[visit.pk], visit], most, known)}


def last_supervised(visits: Iterable[Visit]) -> dict[UUID, datetime]:
    """When the last supervisor who is no more ended their task at each visit."""
    rows = Post.objects.filter(visit__in=list(visits), task=Task.SUPERVISES, ended_at__isnull=False)
    return dict(rows.values_list("visit").annotate(last=Max("ended_at")))


@dataclass(frozen=True, slots=True)
class Heard:
    """When pages of the right kind last answered for a visit. `last` and `audible_last` count those that have left
    since; who watches and who listens now must still be there, and `elsewhere` is not beside the patient."""

    last: datetime | None
    audible_last: datetime | None
    watching: datetime | None
    listening: datetime | None
    elsewhere: datetime | None
    by: tuple[tuple[UUID, datetime, bool], ...]

    def of(self, user_id: UUID) -> datetime | None:
        """The newest answer of a page of theirs that is still there."""
        return max((at for who, at, gone in self.by if who == user_id and not gone), default=None)

    def last_of(self, user_id: UUID) -> datetime | None:
        return max((at for who, at, _ in self.by if who == user_id), default=None)


def heard(visit: Visit, at: datetime, *, but: UUID | None = None) -> Heard:
    return heard_of([visit], at, but=but)[visit.pk]


def heard_of(visits: Sequence[Visit], at: datetime, *, but: UUID | None = None) -> dict[UUID, Heard]:
    """For many visits at once. `but`: listeners other than this screen, for a chair that asks if it may be silent."""
    clinics = {visit.clinic_id for visit in visits}
    rows = list(Screen.objects.filter(clinic_id__in=clinics, answered_at__lte=at))
    return {visit.pk: _heard([row for row in rows if row.clinic_id == visit.clinic_id], visit, but) for visit in visits}


def _heard(rows: list[Screen], visit: Visit, but: UUID | None) -> Heard:
    mine = [row for row in rows if row.visit_id in (None, visit.pk)]
    there = [row for row in mine if not row.gone]
    sounding = [row for row in there if row.heard_at is not None and row.heard_at == row.answered_at]
    return Heard(
        last=max((row.answered_at for row in mine), default=None),
        audible_last=max((row.heard_at for row in mine if row.heard_at), default=None),
        watching=max((row.answered_at for row in there), default=None),
        listening=max((row.answered_at for row in sounding), default=None),
        elsewhere=max((row.answered_at for row in sounding if not row.in_room and row.screen != but), default=None),
        by=tuple((row.user_id, row.answered_at, row.gone) for row in mine),
    )


def answers(user_id: UUID, clinic_id: UUID, at: datetime) -> bool:
    """Is a visible page of this person answering right now, wherever in the clinic?"""
    rows = Screen.objects.filter(clinic_id=clinic_id, user_id=user_id, gone=False)
    newest = rows.aggregate(newest=Max("answered_at"))["newest"]
    return rules.is_watching(newest, at, reader.watching())


# -- stretches without -------------------------------------------------------------------------------------------------


def newest_lapses(visits: Iterable[UUID]) -> dict[tuple[UUID, str], LapseStep]:
    rows = LapseStep.objects.filter(visit_id__in=list(visits)).order_by("visit_id", "missing", "-id")
    return {(row.visit_id, row.missing): row for row in rows.distinct("visit_id", "missing")}


def counted_from(visits: Iterable[UUID]) -> dict[tuple[UUID, str], datetime]:
    """When each visit was first looked at: before that nobody owed an answer."""
    rows = LapseStep.objects.filter(visit_id__in=list(visits)).order_by().values("visit_id", "missing")
    return {(row["visit_id"], row["missing"]): row["first"] for row in rows.annotate(first=Min("at"))}


def lapses_now(visits: Iterable[UUID]) -> dict[UUID, list[LapseStep]]:
    """What is missing at each visit now, the gravest first."""
    found: dict[UUID, list[LapseStep]] = {}
    for (visit_id, _), row in newest_lapses(visits).items():
        found.setdefault(visit_id, []).append(row)
    missing = {visit_id: _gravest_first(rows) for visit_id, rows in found.items()}
    return {visit_id: rows for visit_id, rows in missing.items() if rows}


def _gravest_first(newest: Iterable[LapseStep]) -> list[LapseStep]:
    """Of the newest steps those at which somebody is missing; of two alike, by what is missing."""
    rows = sorted((row for row in newest if row.level != Level.NONE), key=lambda row: row.missing)
    return sorted(rows, key=lambda row: row.level != Level.HIGH)


def gaps(visit: Visit, missing: Missing) -> list[Gap]:
    """Each stretch without, in order; one that goes on has no end."""
    return _gaps(LapseStep.objects.filter(visit=visit, missing=missing).order_by("id"))


def _gaps(steps: Iterable[LapseStep]) -> list[Gap]:
    found: list[Gap] = []
    since: datetime | None = None
    for row in steps:
        if row.level != Level.NONE:
            since = since or row.since
        elif since is not None:
            found.append(Gap(since, row.since))
            since = None
    return [*found, Gap(since, None)] if since is not None else found


def held(visit: Visit, task: str) -> list[Post]:
    """Everybody whose task it was or is, in order."""
    return list(Post.objects.filter(visit=visit, task=task).select_related("person").order_by("since"))


def held_at(posts: Iterable[Post], at: datetime) -> Post | None:
    """Whose task it was then."""
    then = [one for one in posts if one.since <= at and (one.ended_at is None or one.ended_at > at)]
    return max(then, key=lambda one: one.since, default=None)


def time_without(visit: Visit, missing: Missing, start: datetime, end: datetime) -> timedelta:
    return rules.without(gaps(visit, missing), start, end)


@dataclass(frozen=True, slots=True)
class Oversight:
    """Everything a page says about the people at one session."""

    supervisor: Post | None
    watcher: Post | None
    supervisor_is_live: bool
    supervisor_heard_at: datetime | None  # of one who is not in the house: when a page of theirs last answered
    watched: bool
    audible: bool
    unsupervised: timedelta
    unwatched: timedelta
    missing: tuple[LapseStep, ...]
    counted_from: datetime | None  # when the watch first looked if somebody supervises

    @property
    def lacks_a_supervisor(self) -> bool:
        """Is a time without one being counted now?"""
        return any(row.missing == Missing.SUPERVISOR for row in self.missing)


def oversight(visit: Visit, start: datetime | None, end: datetime | None, at: datetime) -> Oversight:
    """`start` and `end` bound the minutes that are counted: the session's T0, and its end or now."""
    return oversights([(visit, start, end)], at)[visit.pk]


def oversights(asked: Sequence[tuple[Visit, datetime | None, datetime | None]], at: datetime) -> dict[UUID, Oversight]:
    """As oversight, for many visits at once."""
    visits = [visit for visit, _, _ in asked]
    found, posts = heard_of(visits, at), posts_of(visits)
    steps: dict[UUID, list[LapseStep]] = {visit.pk: [] for visit in visits}
    for row in LapseStep.objects.filter(visit_id__in=list(steps)).order_by("id"):
        steps[row.visit_id].append(row)

    def of(visit: Visit, start: datetime | None, until: datetime) -> Oversight:
        heard, lapses = found[visit.pk], steps[visit.pk]
        supervisor, watcher = (posts.get((visit.pk, task)) for task in (Task.SUPERVISES, Task.WATCHES))

        def spent(missing: Missing) -> timedelta:
            rows = [row for row in lapses if row.missing == missing]
            return rules.without(_gaps(rows), start, until) if start is not None else timedelta()

        return Oversight(
            supervisor=supervisor,
            watcher=watcher,
            supervisor_is_live=is_live(supervisor, heard, at),
            supervisor_heard_at=last_heard(supervisor, heard),
            watched=rules.is_watching(heard.watching, at, reader.watching()),
            audible=rules.is_watching(heard.listening, at, reader.watching()),
            unsupervised=spent(Missing.SUPERVISOR),
            unwatched=spent(Missing.WATCHER),
            missing=tuple(_gravest_first({row.missing: row for row in lapses}.values())),
            counted_from=min((row.at for row in lapses if row.missing == Missing.SUPERVISOR), default=None),
        )

    return {visit.pk: of(visit, start, end or at) for visit, start, end in asked}


def is_live(row: Post | None, found: Heard, at: datetime) -> bool:
    """A person in the house is there until they hand over; a remote one only while their page answers (D4). Whoever has
    just taken it has as long for their first answer as for every later one."""
    if row is None:
        return False
    answered = max(row.since, found.of(row.person_id) or row.since)
    return row.place != Place.REMOTE or rules.is_watching(answered, at, reader.watching())


def last_heard(row: Post | None, found: Heard) -> datetime | None:
    """Of somebody who is not in the house; since they took it, at the earliest."""
    if row is None or row.place != Place.REMOTE:
        return None
    return max(row.since, found.last_of(row.person_id) or row.since)


# -- the ladder --------------------------------------------------------------------------------------------------------


def rungs_of(visit: Visit) -> QuerySet[RungTaken]:
    return RungTaken.objects.filter(visit=visit).order_by("begun_at", "created_at").prefetch_related("calls__user")


def card_laid(visit: Visit) -> bool:
    """Has the ladder laid the emergency card before everybody, for an alarm that still stands?"""
    return bool(cards_laid([visit]))


def cards_laid(visits: Iterable[Visit]) -> set[UUID]:
    """As card_laid, of many: at which of them."""
    laid = RungTaken.objects.filter(visit__in=list(visits), card_at__isnull=False, ended_at__isnull=True)
    return set(laid.values_list("visit_id", flat=True))


def calls_of(visits: Iterable[Visit]) -> QuerySet[Call]:
    rows = Call.objects.filter(rung__visit__in=list(visits)).select_related("rung", "user", "rung__visit__chair")
    return rows.order_by("-created_at", "channel")


def calming_plan(patient: Patient) -> CalmingPlan | None:
    """For whoever has been let through the door of the session: the card shows it there."""
    rows = CalmingPlan.objects.current().filter(patient=patient)
    return rows.select_related("recorded_by").order_by("recorded_at").last()


def self_tests(visit: Visit) -> list[SelfTest]:
    return list(SelfTest.objects.filter(visit=visit).select_related("recorded_by").order_by("-recorded_at"))


def tested(screen: UUID, visit: Visit | None) -> SelfTest | None:
    """The last self-test of this screen for this session that was passed (A10: nothing carries over)."""
    rows = SelfTest.objects.filter(screen=screen, passed=True).filter(
        Q(visit=visit) if visit else Q(visit__isnull=True)
    )
    return rows.order_by("-recorded_at").first()


def start_test(visit: Visit, at: datetime, zone: str) -> SelfTest | None:
    """The self-test by which the alarms of this session count as tried: of a screen of its own, or of one that shows
    every chair, on the same day (D10)."""
    rows = SelfTest.objects.filter(clinic_id=visit.clinic_id, passed=True).filter(
        Q(visit=visit) | Q(visit__isnull=True)
    )
    newest = rows.order_by("-recorded_at").first()
    same_day = newest is not None and local_day(newest.recorded_at, zone) == local_day(at, zone)
    return newest if same_day else None


def in_session(clinic_id: UUID) -> list[Visit]:
    """Every visit whose session runs now, by chair."""
    rows = Visit.objects.filter(clinic_id=clinic_id, state__in=IN_SESSION, kind="dose")
    return list(rows.select_related("chair", "patient", "clinic").order_by("chair__name", "id"))
