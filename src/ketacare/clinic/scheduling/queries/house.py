"""A site as the planner sees it: rows become the values that the rules judge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from ketacare.clinic.people.models import CareRelation, Role, Staff
from ketacare.clinic.posts import queries as posts
from ketacare.clinic.scheduling.above import above
from ketacare.clinic.scheduling.models import (
    HELD,
    Absence,
    Chair,
    Course,
    Hold,
    Outage,
    Resource,
    SiteRules,
    StaffSkill,
    Visit,
    VisitState,
    WeekHours,
)
from ketacare.clinic.scheduling.queries.watching import watched_in, watches_of
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.scheduling import reader
from ketacare.medicine.scheduling import terms as words
from ketacare.medicine.scheduling.rules import day_of
from ketacare.medicine.scheduling.terms import (
    NEEDED,
    Booked,
    CourseRules,
    House,
    Person,
    Place,
    PlaceKind,
    Skill,
    Span,
    Watch,
    Window,
)
from ketacare.medicine.therapy import reader as therapy

# What a role is planned for until somebody says otherwise of a person.
BY_ROLE = {
    Role.RN: frozenset({Skill.INFUSION, Skill.LABORATORY}),
    Role.RX: frozenset({Skill.PRESCRIBE}),
    Role.MD: frozenset({Skill.PRESCRIBE}),
    Role.TH: frozenset({Skill.THERAPY}),
}
# Whose role a skill may be given to: nobody is planned for what they may not do.
# Therapy by those alone who may write it down: preparation and the note of a visit are open to no other role.
FITS = {
    Skill.INFUSION: frozenset({Role.RN, Role.RX, Role.MD}),
    Skill.THERAPY: frozenset({Role.TH, Role.ET}),
    Skill.PRESCRIBE: frozenset({Role.RX, Role.MD}),
    Skill.LABORATORY: frozenset({Role.RN, Role.RX, Role.MD}),
}
USUAL_DAYS = range(5)
NEAR = timedelta(days=31)
GIVEN = (VisitState.DISCHARGED, VisitState.CLOSED)
# How far back a dose that was given still holds what comes to an interval or a window.
LOOK_BACK = timedelta(days=60)
Week = dict[int, tuple[time, time]]


def site_rules(clinic_id: UUID) -> SiteRules | None:
    row: SiteRules | None = SiteRules.objects.current().filter(clinic_id=clinic_id).first()
    return row


def rules_of(clinic: Clinic, closes: time) -> words.SiteRules:
    """As this site set them, else as the sheet has them; a closing time for doses makes the end come earlier."""
    row, default = site_rules(clinic.pk), reader.lengths().site
    end = timedelta(minutes=row.end_before_closing_min) if row else default.end_before_closing
    if clinic.doses_over_by is not None and clinic.doses_over_by < closes:
        end += timedelta(minutes=minutes_of(closes) - minutes_of(clinic.doses_over_by))
    if row is None:
        return words.SiteRules(default.hands_on, default.watched, end, default.needs_supervisor)
    return words.SiteRules(timedelta(minutes=row.hands_on_min), watched_in(row), end, row.needs_supervisor)


def minutes_of(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def week_in(row: WeekHours) -> Week:
    return {
        int(day): (time.fromisoformat(opens), time.fromisoformat(closes)) for day, (opens, closes) in row.week.items()
    }


def weeks_of(clinic: Clinic) -> tuple[Week, dict[UUID, Week]]:
    """The clinic's own usual week and those that people have of their own."""
    own: Week = dict.fromkeys(USUAL_DAYS, (clinic.opens_at, clinic.closes_at))
    people: dict[UUID, Week] = {}
    for row in WeekHours.objects.current().filter(clinic_id=clinic.pk):
        if row.user_id is None:
            own = week_in(row)
        else:
            people[row.user_id] = week_in(row)
    return own, people


def spans_of(week: Week, span: Span, zone: str, away: Iterable[Span]) -> tuple[Span, ...]:
    """The hours of a week on every day of a span, by the site's clock, without what is taken out of them."""
    day, last = day_of(span.starts, zone), day_of(span.ends - timedelta(seconds=1), zone)
    found: list[Span] = []
    while day <= last:
        if day.weekday() in week:
            opens, closes = week[day.weekday()]
            found.append(Span(local(day, opens, zone), local(day, closes, zone)))
        day += timedelta(days=1)
    for gone in away:
        found = [rest for one in found for rest in without(one, gone)]
    return tuple(found)


def next_open_day(clinic_id: UUID, after: date) -> date:
    """The first day after this one on which the clinic is open; the day itself where none is near."""
    clinic = Clinic.objects.get(pk=clinic_id)
    span = Span(local(after + timedelta(days=1), time(), clinic.zone), local(after + NEAR, time(), clinic.zone))
    opens = house_of(clinic, span).opens
    return min((day_of(one.starts, clinic.zone) for one in opens), default=after + timedelta(days=1))


def closed_days(clinic_id: UUID, first: date, weeks: int) -> frozenset[date]:
    """Days of the usual week that a closure takes whole: Christmas, a move."""
    clinic = Clinic.objects.get(pk=clinic_id)
    span = Span(local(first, time(), clinic.zone), local(first + timedelta(weeks=weeks), time(), clinic.zone))
    rows = Absence.objects.filter(
        clinic_id=clinic_id, user__isnull=True, withdrawn_at=None, starts_at__lt=span.ends, ends_at__gt=span.starts
    )
    own, _ = weeks_of(clinic)
    usual = {day_of(one.starts, clinic.zone) for one in spans_of(own, span, clinic.zone, ())}
    left = spans_of(own, span, clinic.zone, [Span(row.starts_at, row.ends_at) for row in rows])
    return frozenset(usual - {day_of(one.starts, clinic.zone) for one in left})


def local(day: date, clock: time, zone: str) -> datetime:
    return datetime.combine(day, clock, tzinfo=ZoneInfo(zone))


def without(one: Span, gone: Span) -> list[Span]:
    if not one.meets(gone):
        return [one]
    before = [Span(one.starts, gone.starts)] if one.starts < gone.starts else []
    after = [Span(gone.ends, one.ends)] if gone.ends < one.ends else []
    return before + after


def house_of(clinic: Clinic, span: Span) -> House:
    """Everything a visit could be given between two instants."""
    own, by_person = weeks_of(clinic)
    away: dict[UUID | None, list[Span]] = defaultdict(list)
    for row in Absence.objects.filter(
        clinic_id=clinic.pk, withdrawn_at=None, starts_at__lt=span.ends, ends_at__gt=span.starts
    ):
        away[row.user_id].append(Span(row.starts_at, row.ends_at))
    closed, guests, ends = away.pop(None, []), guests_of(clinic), licences_end(clinic)
    for user_id, end in ends.items():
        if end < span.ends:  # nobody acts past the last day of their licence, whatever their hours
            away[user_id].append(Span(end, span.ends + timedelta(days=1)))
    people = tuple(
        Person(
            str(user_id),
            name,
            skills,
            spans_of(by_person.get(user_id, own), span, clinic.zone, [*closed, *away[user_id]]),
            guests.get(user_id),
            ends.get(user_id),
        )
        for user_id, name, skills in skilled(clinic.pk)
    )
    latest = max((closes for _, closes in own.values()), default=clinic.closes_at)
    opens = spans_of(own, span, clinic.zone, closed)
    return House(clinic.zone, opens, people, places_of(clinic.pk, span), rules_of(clinic, latest))


def licences_end(clinic: Clinic) -> dict[UUID, datetime]:
    """The midnight after the last day of each person's licence, where one is noted."""
    held = posts.licences(clinic.pk)
    return {user_id: local(row.until + timedelta(days=1), time(), clinic.zone) for user_id, row in held.items()}


def guests_of(clinic: Clinic) -> dict[UUID, dict[str, datetime | None]]:
    """Therapists of another practice: the patients that each is assigned to, and the midnight at which that ends."""
    posts = Staff.objects.filter(clinic_id=clinic.pk, ended_at=None)
    # Of the house is who is planned here for something else, too; a patient or a referrer here is still a guest.
    here = posts.filter(role__in={role for fit in FITS.values() for role in fit} - {Role.ET}).values("user_id")
    found: dict[UUID, dict[str, datetime | None]] = {
        key: {} for key in posts.filter(role=Role.ET).exclude(user_id__in=here).values_list("user_id", flat=True)
    }
    rows = CareRelation.objects.filter(clinic_id=clinic.pk, ended_at=None, kind="therapist", user_id__in=found)
    for row in rows if found else ():
        ends = local(row.until + timedelta(days=1), time(), clinic.zone) if row.until else None
        found[row.user_id][str(row.patient_id)] = ends
    return found


def needs_relation(one: Booked) -> frozenset[str]:
    """Who works with the patient in this visit as a therapist: the record of therapy is open by assignment alone."""
    if NEEDED[one.kind] is Skill.THERAPY:
        return frozenset({one.person} - {""})
    return frozenset({one.sitter} - {""})


def strangers(patient_id: UUID, people: Iterable[str], day: date) -> list[str]:
    """Those of the therapists among them who could not open the record on that day."""
    known = CareRelation.objects.filter(patient_id=patient_id, ended_at=None, kind="therapist")
    known = known.filter(Q(until=None) | Q(until__gte=day))
    posts = Staff.objects.filter(user_id__in=[UUID(key) for key in people], ended_at=None)
    posts = posts.filter(role__in=[Role.TH, Role.ET])
    rows = posts.exclude(user_id__in=known.values("user_id")).values_list("user_id", flat=True)
    return sorted({str(key) for key in rows})


def skilled(clinic_id: UUID) -> list[tuple[UUID, str, frozenset[Skill]]]:
    """Everybody who works here with what they are planned for: what was said of them, as far as their role allows, else
    by their role."""
    said: dict[UUID, set[Skill]] = defaultdict(set)
    known = set()
    for row in StaffSkill.objects.filter(clinic_id=clinic_id):
        known.add(row.user_id)
        if row.ended_at is None:
            said[row.user_id].add(Skill(row.skill))
    names: dict[UUID, str] = {}
    roles: dict[UUID, set[Role]] = defaultdict(set)
    posts = Staff.objects.filter(clinic_id=clinic_id, ended_at=None, user__is_active=True).select_related("user")
    for post in posts.order_by("user__name", "created_at"):
        names[post.user_id] = post.user.name
        roles[post.user_id].add(Role(post.role))
        if post.user_id not in known:
            said[post.user_id] |= BY_ROLE.get(Role(post.role), frozenset())
    able = {user_id: said[user_id] & fitting_skills(held) for user_id, held in roles.items()}
    return [(user_id, name, frozenset(able[user_id])) for user_id, name in names.items() if able[user_id]]


def fitting_skills(roles: Iterable[Role]) -> frozenset[Skill]:
    held = set(roles)
    return frozenset(skill for skill, fit in FITS.items() if fit & held)


def places_of(clinic_id: UUID, span: Span) -> tuple[Place, ...]:
    out: dict[UUID, list[Span]] = defaultdict(list)
    for row in Outage.objects.filter(clinic_id=clinic_id, starts_at__lt=span.ends):
        ends = row.ends_at or max(span.ends, row.starts_at + timedelta(minutes=1))
        if ends > row.starts_at and ends > span.starts:
            of = row.chair_id or row.resource_id
            assert of is not None  # the constraint
            out[of].append(Span(row.starts_at, ends))
    found = [
        Place(str(chair.pk), chair.name, PlaceKind.CHAIR, tuple(out[chair.pk]))
        for chair in Chair.objects.filter(clinic_id=clinic_id, retired_at=None).order_by("name")
    ]
    for thing in Resource.objects.filter(clinic_id=clinic_id, retired_at=None).order_by("kind", "name"):
        found.append(Place(str(thing.pk), thing.name, PlaceKind(thing.kind), tuple(out[thing.pk])))
    return tuple(found)


def booked_in(clinic_id: UUID, span: Span) -> list[Booked]:
    """The visits that hold something between two instants. Six weeks of a full site are thousands of rows: of each is
    read what a value is made of, and no more."""
    rows = Visit.objects.filter(
        clinic_id=clinic_id, state__in=HELD, starts_at__lt=span.ends, ends_at__gt=span.starts
    ).order_by("starts_at", "pk")
    holds: dict[UUID, list[Holding]] = defaultdict(list)
    for visit, *held in Hold.objects.filter(visit__in=rows, is_held=True).values_list("visit_id", *Holding._fields):
        holds[visit].append(Holding(*held))
    read = ("patient_id", "kind", "starts_at", "ends_at", "chair_id", "follows_id", "number_in_course")
    visits = list(rows.only(*read))
    watch = watches_of(row.patient_id for row in visits if row.kind == words.Kind.DOSE)
    return [valued(row, holds[row.pk], watch.get(row.patient_id, Watch.USUAL)) for row in visits]


class Holding(NamedTuple):
    """What is read of a hold."""

    resource_id: UUID | None
    resource__kind: str | None
    user_id: UUID | None
    lane: int
    lane_until: int
    starts_at: datetime
    ends_at: datetime


def booked(visit: Visit, holds: Iterable[Hold]) -> Booked:
    """One row with its holds as the value that is judged."""
    return valued(visit, [
        Holding(one.resource_id, one.resource.kind if one.resource else None, one.user_id, one.lane, one.lane_until,
                one.starts_at, one.ends_at)
        for one in holds
    ], watches_of([visit.patient_id]).get(visit.patient_id, Watch.USUAL))  # fmt: skip


def valued(visit: Visit, holds: Iterable[Holding], watch: Watch = Watch.USUAL) -> Booked:
    places = {PlaceKind.CHAIR: str(visit.chair_id)} if visit.chair_id else {}
    person, hands, lane, sitter = "", None, 0, ""
    for hold in holds:
        if hold.resource__kind is not None:
            places[PlaceKind(hold.resource__kind)] = str(hold.resource_id)
        elif hold.lane == 0 and hold.lane_until == 1:
            hands = Span(hold.starts_at, hold.ends_at)
        elif visit.kind == words.Kind.DOSE and hold.lane == 0:
            sitter = str(hold.user_id)
        else:
            person, lane = str(hold.user_id), hold.lane
    return Booked(
        key=str(visit.pk),
        patient=str(visit.patient_id),
        kind=words.Kind(visit.kind),
        span=Span(visit.starts_at, visit.ends_at),
        places=places,
        person=person,
        hands_on=hands,
        follows=str(visit.follows_id or ""),
        number=visit.number_in_course or 0,
        lane=lane,
        sitter=sitter,
        watch=watch,
    )


def as_given(dose: Visit, before: timedelta) -> Booked:
    """A dose where it truly began: its interval and its window count from there, not from the hour it was planned for.
    It holds nothing here."""
    one = valued(dose, ())
    if dose.dose_began_at is None or one.kind is not words.Kind.DOSE:
        return one
    starts = dose.dose_began_at - before
    return replace(one, span=Span(starts, starts + one.span.length))


def own_of(patient_id: UUID, *, since: datetime, before: timedelta) -> tuple[list[Booked], list[Booked]]:
    """What a patient has booked or is in, and the doses that were given, since then."""
    rows = list(Visit.objects.filter(patient_id=patient_id, starts_at__gte=since).order_by("starts_at"))
    done = [row for row in rows if row.kind == words.Kind.DOSE and row.state in GIVEN]
    ahead = [row for row in rows if row.state in HELD]
    return [as_given(row, before) for row in ahead], [as_given(row, before) for row in done]


def kept_rules(rules: CourseRules) -> dict[str, Any]:
    """As they are kept with a course that was booked by them."""
    return {
        "min_days": rules.min_days,
        "most_days": rules.most_days,
        "per_week": rules.per_week,
        "opens_h": rules.window.opens_h,
        "closes_h": rules.window.closes_h,
        "before_min": rules.before // timedelta(minutes=1),
        "sits": rules.sits,
        "min_hours": rules.min_hours,
    }


def course_rules_of(course: Course) -> CourseRules:
    kept = course.rules
    return CourseRules(
        min_days=kept["min_days"],
        most_days=kept["most_days"],
        per_week=kept["per_week"],
        window=Window(kept["opens_h"], kept["closes_h"]),
        before=timedelta(minutes=kept["before_min"]),
        sits=kept.get("sits", False),
        min_hours=kept.get("min_hours", 0),
    )


def window_hours(visit: Visit) -> tuple[int, int]:
    """Hours after this dose between which its work is placed: as its course keeps them, which therapy may have set for
    this patient; without one, as therapy has set them; else the house's own."""
    kept = course_rules_of(visit.course).window if visit.course else above.window_without_course(visit.patient)
    if kept is not None:
        return kept.opens_h, kept.closes_h
    house = therapy.placement()
    return house.opens.integer, house.closes.integer
