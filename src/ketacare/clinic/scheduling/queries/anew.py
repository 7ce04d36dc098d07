"""What a re-plan is judged by: the site as it now is, every visit of the coming days, the doses before them, and the
rules of each patient's course or plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import CareRelation, Patient
from ketacare.clinic.scheduling.above import above
from ketacare.clinic.scheduling.models import (
    Absence,
    Course,
    Happened,
    Hold,
    Visit,
    VisitChange,
    VisitKind,
    VisitState,
    WeekHours,
)
from ketacare.clinic.scheduling.planner import Setting, displaced_in, lost_by_rule
from ketacare.clinic.scheduling.queries.house import GIVEN, LOOK_BACK, as_given, booked_in, course_rules_of, house_of
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.scheduling import reader
from ketacare.medicine.scheduling.terms import Booked, CourseRules, Rule, Span

DAYS = 14
# As far as courses reach: leave that is noted long ahead is told on the day it is noted, not two weeks before it.
FARTHEST, AFTER_THE_LAST = 70, 7
QUARTER = timedelta(minutes=15)
# What a name may lift for good: the hour itself, and how many chairs one nurse has then.
STANDS_SINCE = (Happened.MOVED, Happened.GIVEN_TO, Happened.OVERRIDDEN)
OF_ITS_HOUR = frozenset({Rule.HOURS, Rule.LAST_START, Rule.HANDS_ON, Rule.RATIO})


def setting_now(actor: Actor, at: datetime) -> tuple[Setting, list[str]]:
    """From the next quarter hour to the end of the last day; who was booked with nobody in particular lost nobody."""
    setting = setting_over(actor, at)
    starts, ends = setting.horizon.starts, setting.horizon.ends
    ahead = Visit.objects.filter(clinic_id=actor.clinic_id, state=VisitState.BOOKED, starts_at__gte=starts)
    coming = {str(pk) for pk in ahead.filter(starts_at__lt=ends).values_list("pk", flat=True)}
    lost = displaced_in(setting, after=starts, by_word=lifted_by_name(actor.clinic_id, starts))
    return setting, [key for key in lost if key in coming]


def setting_over(
    actor: Actor, at: datetime, *, until: datetime | None = None, of: Collection[UUID] | None = None
) -> Setting:
    """The days of a re-plan, and further where a visit of one patient is moved beyond them; with the rules and the
    doses of these patients alone, where nobody else can move."""
    starts = next_quarter(at)
    clinic = Clinic.objects.get(pk=actor.clinic_id)
    last = max(starts + timedelta(days=DAYS), until) if until else starts + timedelta(days=days_ahead(clinic, starts))
    horizon = Span(starts, end_of_day(last, actor.zone))
    around = Span(starts - timedelta(days=DAYS), horizon.ends + timedelta(days=DAYS))
    calendar = tuple(booked_in(clinic.pk, around))
    patients = {UUID(one.patient) for one in calendar} if of is None else set(of)
    rules = rules_by_patient(patients)
    given = tuple(doses_given(patients, rules, since=starts - LOOK_BACK))
    return Setting(house_of(clinic, around), calendar, rules, horizon, given, reader.lengths().notice)


def lost_their_place(clinic: Clinic, at: datetime) -> set[str]:
    """The visits to come that no longer have who or what they need, as far as courses reach."""
    starts = next_quarter(at)
    by_word = lifted_by_name(clinic.pk, starts)
    return set(displaced_in(bare_setting(clinic, starts), after=starts, by_word=by_word))


def lost_in(clinic: Clinic, span: Span, at: datetime) -> dict[str, str]:
    """Of the visits to come in these days, those that no longer have who or what they need, with a word what it is."""
    starts = max(next_quarter(at), span.starts)
    if starts >= span.ends:
        return {}
    around = Span(span.starts - timedelta(days=1), span.ends + timedelta(days=1))
    house, held = house_of(clinic, around), tuple(booked_in(clinic.pk, around))
    setting = Setting(house, held, {}, span, (), reader.lengths().notice)
    lost = lost_by_rule(setting, after=starts, by_word=lifted_by_name(clinic.pk, starts))
    within = {one.key for one in held if one.span.starts < span.ends}
    return {key: lost_words(rules) for key, rules in lost.items() if key in within}


def lost_words(rules: Collection[Rule]) -> str:
    """Hour, place or person: whichever of them must be found first."""
    if Rule.HOURS in rules or Rule.LAST_START in rules:
        return "Lost its hour"
    return "Lost its place" if Rule.OUT_OF_ORDER in rules or Rule.PLACE in rules else "Lost its person"


def lifted_by_name(clinic_id: UUID, starts: datetime) -> dict[str, frozenset[Rule]]:
    """By visit to come, the rules of its hour that a prescriber lifted for it, as long as it stands where it was put
    then, with whom it was then."""
    ahead = Visit.objects.filter(clinic_id=clinic_id, state=VisitState.BOOKED, starts_at__gte=starts)
    changes = list(VisitChange.objects.current().filter(visit__in=ahead, what__in=STANDS_SINCE))
    put: dict[UUID, datetime] = {}
    for row in changes:
        if row.what != Happened.OVERRIDDEN:
            put[row.visit_id] = max(row.recorded_at, put.get(row.visit_id, row.recorded_at))
    found: dict[str, frozenset[Rule]] = {}
    for row in changes:
        if row.what == Happened.OVERRIDDEN and row.recorded_at >= put.get(row.visit_id, row.recorded_at):
            named = row.words.rpartition("(")[2]
            lifted = {rule for rule in (*OF_ITS_HOUR, Rule.AWAY) if rule in named} - beside_the_word(row)
            found[str(row.visit_id)] = found.get(str(row.visit_id), frozenset()) | lifted
    return found


def beside_the_word(word: VisitChange) -> frozenset[Rule]:
    """What that word is not about: hours that the site has had only since, and whoever of those who hold the visit has
    left, has other hours or comes no more to this patient since."""
    visit = word.visit
    noted = {"clinic_id": visit.clinic_id, "created_at__gt": word.recorded_at}
    meets = {"withdrawn_at": None, "starts_at__lt": visit.ends_at, "ends_at__gt": visit.starts_at}
    hours = WeekHours.objects.current().filter(clinic_id=visit.clinic_id, recorded_at__gt=word.recorded_at)
    closed = Absence.objects.filter(**noted, **meets, user__isnull=True)
    if closed.exists() or hours.filter(user__isnull=True).exists():
        return frozenset({Rule.HOURS, Rule.LAST_START, Rule.AWAY})
    people = Hold.objects.filter(visit=visit, is_held=True, user__isnull=False).values("user")
    ended = CareRelation.objects.filter(patient=visit.patient_id, user__in=people, ended_at__gt=word.recorded_at)
    away = Absence.objects.filter(**noted, **meets, user__in=people)
    gone = away.exists() or hours.filter(user__in=people).exists() or ended.exists()
    return frozenset({Rule.AWAY}) if gone else frozenset()


def bare_setting(clinic: Clinic, starts: datetime) -> Setting:
    """The site and its calendar as far as courses reach, without anybody's own rules."""
    whole = Span(starts - timedelta(days=1), starts + timedelta(days=FARTHEST))
    return Setting(house_of(clinic, whole), tuple(booked_in(clinic.pk, whole)), {}, whole, (), reader.lengths().notice)


def days_ahead(clinic: Clinic, starts: datetime) -> int:
    """Two weeks; and where somebody later has lost their place, to a week after the last of them."""
    setting = bare_setting(clinic, starts)
    begins = starts + timedelta(days=DAYS)
    lost = set(displaced_in(setting, after=begins, by_word=lifted_by_name(clinic.pk, starts)))
    last = max((one.span.starts for one in setting.calendar if one.key in lost), default=starts)
    return max(DAYS, (last - starts).days + AFTER_THE_LAST) if lost else DAYS


def next_quarter(at: datetime) -> datetime:
    """By the clock of every zone: they are whole quarters apart."""
    began = at.astimezone(UTC).replace(second=0, microsecond=0)
    return began + QUARTER - timedelta(minutes=began.minute % 15)


def end_of_day(at: datetime, zone: str) -> datetime:
    """Where the site is, also where its clocks change."""
    return datetime.combine(local_day(at, zone) + timedelta(days=1), time(), tzinfo=ZoneInfo(zone))


def doses_given(patients: set[UUID], rules: Mapping[str, CourseRules], *, since: datetime) -> list[Booked]:
    found = Visit.objects.filter(
        patient_id__in=patients, kind=VisitKind.DOSE, state__in=GIVEN, starts_at__gte=since
    ).order_by("starts_at")
    return [as_given(row, before_of(rules.get(str(row.patient_id)))) for row in found]


def before_of(rules: CourseRules | None) -> timedelta:
    return rules.before if rules else timedelta()


def rules_by_patient(patients: set[UUID]) -> dict[str, CourseRules]:
    """Of the open course; where there is none, of the plan that was signed."""
    courses = Course.objects.filter(patient_id__in=patients, ended_at=None)
    found = {str(row.patient_id): course_rules_of(row) for row in courses}
    for patient in Patient.objects.filter(pk__in=patients - {UUID(key) for key in found}):
        rules = above.rules_without_course(patient)
        if rules is not None:
            found[str(patient.pk)] = rules
    return found
