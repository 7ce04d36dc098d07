"""From a signed plan to what has to be placed: doses, the work after each, preparation, reviews, what is owed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.enrolment import pausing
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.enrolment.models import Plan
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.planning.queries.phases import counted_before, rules_in, stretch_of
from ketacare.clinic.scheduling import queries as scheduling
from ketacare.clinic.scheduling.actions.courses import doses_waiting
from ketacare.clinic.scheduling.models import GIVEN_UP, Course, Visit, VisitKind, VisitState
from ketacare.clinic.scheduling.planner import Alternative, Held, Need, Wishes, propose
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.clinic.therapy import queries as therapy
from ketacare.medicine.protocols.terms import Protocol
from ketacare.medicine.scheduling import reader
from ketacare.medicine.scheduling.terms import CourseRules, Kind, Lengths, Span, Watch, Window
from ketacare.medicine.therapy.reader import placement
from ketacare.medicine.therapy.rules import owes_visit

DAY_MIN = 24 * 60
SPARE = timedelta(days=21)
INFUSED = frozenset({"IV"})
ANEW = "A prescriber signs a new plan: its doses count from there, as often as the sheet has it by then."


@dataclass(frozen=True)
class Owed:
    """Something beside the visits that has its day: what, by when, and where it is done."""

    words: str
    until: date | None
    link: str


@dataclass(frozen=True)
class Asked:
    """What the desk said of the patient's wishes and of what the course should hold."""

    first_on: date
    never_weekdays: frozenset[int] = frozenset()
    part: str = ""
    away: tuple[tuple[date, date], ...] = ()
    therapist: str = ""
    preparation: bool = True
    reviews: bool = True
    laboratory: bool = False


@dataclass(frozen=True)
class Question:
    patient: Patient
    plan: Plan
    protocol: Protocol
    rules: CourseRules
    needs: tuple[Need, ...]
    given: tuple[date, ...]
    """Days of all doses that the interval still counts from, of this course or of one before."""
    horizon: Span
    waiting: tuple[Visit, ...]


def plan_of(patient: Patient) -> tuple[Plan, Protocol]:
    """The plan that stands, or what is missing before anything can be proposed."""
    enrolled = enrolment.current_enrolment(patient)
    plan = enrolment.current_plan(enrolled) if enrolled else None
    if enrolled is None or plan is None:
        raise Refused(
            Refusal("patient", "No plan is signed for this person.", "A prescriber signs one first.", "policy")
        )
    return plan, enrolment.protocol_for(enrolled)


def question(patient: Patient, asked: Asked, *, by: Actor, at: datetime) -> Question:
    plan, protocol = plan_of(patient)
    if Course.objects.filter(patient=patient, ended_at=None).exists():
        raise Refused(
            Refusal("patient", "This person has a course that has not ended.", "Move its visits instead.", "policy")
        )
    refuse_paused(patient)
    if asked.first_on < local_day(at, by.zone):
        raise Refused(Refusal("first_on", "The first day is in the past.", "Choose today or a day to come."))
    lengths, given = reader.lengths(), doses_given(patient, by.zone)
    rules, stretch = rules_for(protocol, patient), stretch_of(protocol, len(given))
    left = plan.sessions + counted_before(plan) - len(given)
    if stretch.left is not None:
        left = min(left, stretch.left)
    if left < 1:
        raise Refused(Refusal("patient", "Every dose of the plan was given.", ANEW, "policy"))
    wanted = max(at, datetime.combine(asked.first_on, time(), tzinfo=ZoneInfo(by.zone)))
    starts = max(wanted, at + lengths.notice)  # of nothing that is proposed does anybody hear within the day
    weeks = -(-left // rules.per_week)
    horizon = Span(starts, starts + timedelta(days=7 * weeks) + SPARE)
    prepared = prepared_so_far(patient)
    watch = scheduling.watches_of([patient.pk]).get(patient.pk, Watch.USUAL)
    after = max([starts, *(day_after(row, by.zone) for row in prepared)])
    preparing = Span(after, max(horizon.ends, after + timedelta(days=1)))
    needs = tuple(
        replace(one, span=preparing) if one.kind is Kind.PREPARATION else one
        for one in needs_of(left, len(given), protocol, lengths, rules, asked, len(prepared), watch)
    )
    waiting, since = tuple(doses_waiting(patient, at)), wanted - scheduling.LOOK_BACK
    before = all_given(patient, by.zone, since=since) + undecided(patient, waiting, by.zone, since=since)
    return Question(patient, plan, protocol, rules, needs, tuple(sorted(before)), horizon, waiting)


def refuse_paused(patient: Patient) -> None:
    if pausing.paused_since(patient) is not None:
        rule = "The course of this person is paused: no dose is planned meanwhile."
        raise Refused(Refusal("patient", rule, "Go on with the course first, with its reason.", "policy"))


def rules_for(protocol: Protocol, patient: Patient) -> CourseRules:
    """Intervals as the protocol has them for what comes next; the window as therapy has it for this patient."""
    given = len(doses_given(patient, patient.clinic.zone))
    return rules_in(stretch_of(protocol, given), protocol, window_for(patient), reader.lengths())


def window_for(patient: Patient) -> Window:
    """The hours that were chosen at preparation, else the house's own."""
    placed = therapy.placement_of(patient)
    assert placed.opens is not None
    assert placed.closes is not None
    return Window(placed.opens.integer, placed.closes.integer)


def doses_given(patient: Patient, zone: str) -> tuple[date, ...]:
    """Days of the doses of this course that took place."""
    enrolled = enrolment.current_enrolment(patient)
    assert enrolled is not None
    return all_given(patient, zone, since=enrolled.created_at)


def all_given(patient: Patient, zone: str, *, since: datetime) -> tuple[date, ...]:
    rows = Visit.objects.filter(patient=patient, kind=VisitKind.DOSE, starts_at__gte=since)
    rows = rows.exclude(state__in=[*GIVEN_UP, VisitState.BOOKED])
    return tuple(sorted(local_day(row.starts_at, zone) for row in rows))


def undecided(patient: Patient, waiting: Sequence[Visit], zone: str, *, since: datetime) -> tuple[date, ...]:
    """Days of doses whose hour is over and of which nobody has said whether they came: they count as if they did."""
    rows = Visit.objects.filter(patient=patient, kind=VisitKind.DOSE, starts_at__gte=since, state=VisitState.BOOKED)
    rows = rows.exclude(pk__in=[one.pk for one in waiting])
    return tuple(local_day(row.starts_at, zone) for row in rows)


def day_after(visit: Visit, zone: str) -> datetime:
    """A night lies between two visits of preparation."""
    return datetime.combine(local_day(visit.starts_at, zone) + timedelta(days=1), time(), tzinfo=ZoneInfo(zone))


def prepared_so_far(patient: Patient) -> list[Visit]:
    """Visits of preparation of this enrolment that took place or are booked: none of them is planned again."""
    enrolled = enrolment.current_enrolment(patient)
    assert enrolled is not None
    rows = Visit.objects.filter(patient=patient, kind=VisitKind.PREPARATION, starts_at__gte=enrolled.created_at)
    return list(rows.exclude(state__in=GIVEN_UP))


def needs_of(
    left: int, given: int, protocol: Protocol, lengths: Lengths, rules: CourseRules, asked: Asked, prepared: int = 0,
    watch: Watch = Watch.USUAL, *, booked_work: Collection[int] = (),
) -> tuple[Need, ...]:  # fmt: skip
    """The visit after a dose only where one is owed; of the doses in `booked_work` somebody has booked one, and it goes
    with them."""
    induction, placed = scheduling.induction_of(protocol), placement()
    block = lengths.blocks.get(protocol.route, max(lengths.blocks.values()))
    doses = [
        Need(
            f"dose-{number}",
            Kind.DOSE,
            block + (lengths.first_more if number == 1 else timedelta()),
            number,
            devices=protocol.route in INFUSED,
            sits=rules.sits,
            watch=watch,
            words=f"Dose {number}",
        )
        for number in range(given + 1, given + left + 1)
    ]
    after = [
        Need(
            f"integration-{dose.number}",
            Kind.INTEGRATION,
            lengths.others[Kind.INTEGRATION],
            dose.number,
            dose.key,
            rules.window.opens_h * 60,
            rules.window.closes_h * 60,
            words=f"Integration after dose {dose.number}",
        )
        for dose in doses
        if dose.number in booked_work or owes_visit(dose.number, induction, placed)
    ]
    return (*doses, *after, *before_first(doses, lengths, asked, given, prepared), *reviews(doses, lengths, asked))


def before_first(doses: Sequence[Need], lengths: Lengths, asked: Asked, given: int, prepared: int) -> list[Need]:
    """All visits of preparation that are still to come, in their order; `prepared` of them are held or booked."""
    if given:
        return []
    first, found = doses[0].key, []
    if asked.preparation:
        length = lengths.others[Kind.PREPARATION]
        for number, one in enumerate(lengths.preparations[prepared:], prepared + 1):
            key, words = f"preparation-{number}", f"Preparation {number}"
            earliest, latest = -one.earliest * DAY_MIN, -one.latest * DAY_MIN
            found.append(Need(key, Kind.PREPARATION, length, number, first, earliest, latest, words=words))
    if asked.laboratory:
        latest = -lengths.owed_before_first * DAY_MIN
        length = lengths.others[Kind.LABORATORY]
        earliest = -lengths.owed_earliest * DAY_MIN
        found.append(Need("laboratory", Kind.LABORATORY, length, 0, first, earliest, latest, words="Laboratory"))
    return found


def reviews(doses: Sequence[Need], lengths: Lengths, asked: Asked) -> list[Need]:
    if not asked.reviews:
        return []
    return [
        Need(
            f"review-{dose.number}",
            Kind.REVIEW,
            lengths.others[Kind.REVIEW],
            dose.number,
            dose.key,
            DAY_MIN // 2,
            lengths.review_within * DAY_MIN,
            words=f"Review after dose {dose.number}",
        )
        for dose in doses
        if dose.number in lengths.review_after
    ]


def proposal(asking: Question, asked: Asked, *, by: Actor) -> list[Alternative] | Held:
    """Three ways into the calendar as it stands, or why there is none."""
    clinic = Clinic.objects.get(pk=by.clinic_id)
    house = scheduling.house_of(clinic, asking.horizon).for_patient(str(asking.patient.pk))
    own = {str(visit.pk) for visit in asking.waiting}
    held = [one for one in scheduling.booked_in(clinic.pk, asking.horizon) if one.key not in own]
    return propose(
        asking.needs,
        asking.rules,
        house,
        held,
        patient=str(asking.patient.pk),
        horizon=asking.horizon,
        wishes=wishes_of(asked, by.zone),
        given=asking.given,
    )


def own_therapist(patient: Patient, at: datetime, zone: str) -> str:
    """Who knows them, may open their record and owes the work: wished for until the desk says otherwise."""
    team = people.care_team(patient, local_day(at, zone))
    return next((str(row.user_id) for row in team if row.kind == "therapist"), "")


def wishes_of(asked: Asked, zone: str) -> Wishes:
    local = ZoneInfo(zone)
    away = tuple(
        Span(
            datetime.combine(first, time(), tzinfo=local),
            datetime.combine(last + timedelta(days=1), time(), tzinfo=local),
        )
        for first, last in asked.away
    )
    people = (asked.therapist,) if asked.therapist else ()
    return Wishes(asked.never_weekdays, away, asked.part, people)


def ahead(patient: Patient, first_dose: date, *, at: datetime, zone: str) -> list[Owed]:
    """Checks that are still owed and clearances that were asked for, each with the day before the first dose."""
    until = first_dose - timedelta(days=reader.lengths().owed_before_first)
    answered = candidacy.answer_so_far(patient, at=at, zone=zone)
    checks = {check.id: check.title for check in answered.knowledge.workup.checks}
    evaluation = f"/patients/{patient.pk}/evaluation/"
    found = [
        Owed(checks[reason.criterion], until, evaluation)
        for reason in answered.decision.reasons
        if reason.criterion in checks and "still owed" in reason.words
    ]
    answers = {row.request_id for row in candidacy.answers(patient) if getattr(row, "request_id", None)}
    for row in candidacy.requests(patient):
        if row.pk not in answers:
            found.append(Owed("Answer to a clearance letter", until, f"/patients/{patient.pk}/clearances/"))
    ends = candidacy.ends_on(answered)
    if ends is not None:
        found.append(Owed("The decision to treat counts until then", ends, evaluation))
    return found
