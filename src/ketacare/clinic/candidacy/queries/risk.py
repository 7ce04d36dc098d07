"""What was asked and found about suicide risk, as facts of the case and as the page tells it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from ketacare.clinic.candidacy.models import (
    FoundTier,
    PlanState,
    RiskAssessment,
    RiskCall,
    RiskScreening,
    SafetyPlan,
    ScreenerForm,
)
from ketacare.clinic.candidacy.queries.vocabulary import sheet
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.people.models import Patient
from ketacare.clinic.people.standing import ahead_of, ever, standing, when
from ketacare.clinic.safety import queries as safety
from ketacare.clinic.safety.models import Concern, OnCall
from ketacare.clinic.scheduling.models import GIVEN_UP, Visit, VisitKind, VisitState
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.help import crisis_line
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.rules.risk_tier import QUESTIONS
from ketacare.medicine.candidacy.terms import Case, Knowledge, RiskStanding
from ketacare.medicine.evidence.terms import Fact
from ketacare.medicine.safety import reader
from ketacare.medicine.safety.rules import FieldChange, cssrs_tier, plan_changes
from ketacare.medicine.safety.terms import CrisisLine, Question, RiskTier, Screened

CALL = "risk.call"
RISK_NOT_ASKED = "risk.not_asked"
RISK_UNSAID = "risk.unsaid"
WORSE_WITHIN = timedelta(hours=24)
# Answers that speak of thoughts of suicide, by the codes under which they raise a concern.
_THOUGHTS = ("s1.", "phq-9.9", "cssrs.")
_WORDS = "words."
# As the cadence of the asks calls them; the lifetime form asks what the other asks, and more.
_SINCE = "c-ssrs-since-last-visit"
ASKED_AS: dict[str, tuple[str, ...]] = {
    ScreenerForm.SINCE_LAST_VISIT: (_SINCE,),
    ScreenerForm.LIFETIME: (_SINCE, "c-ssrs-screener"),
}


def screeners_asked(patient_id: UUID, since: datetime) -> frozenset[str]:
    """For the asks: what of theirs was asked since then. One that was refused or left open is still to be asked."""
    rows = RiskScreening.objects.current().filter(patient=patient_id, happened_at__gte=since)
    return frozenset(name for row in rows.exclude(tier=RiskTier.TX) for name in ASKED_AS[row.form])


def screenings(patient: Patient) -> list[RiskScreening]:
    return sorted(standing(RiskScreening, patient), key=when, reverse=True)


def assessments(patient: Patient) -> list[RiskAssessment]:
    return sorted(standing(RiskAssessment, patient), key=when, reverse=True)


def is_settled(screened: Screened, patient: Patient, at: datetime, zone: str) -> bool:
    """Behaviour long ago and nothing else, cleared by a full assessment still in date: not told anew each time."""
    if screened.decided_by != ("6",):
        return False
    counts = timedelta(days=sheet(patient).risk.screener.days("assessment_counts"))
    today = local_day(at, zone)
    full = [row for row in assessments(patient) if row.is_full]
    return any(local_day(row.happened_at, zone) >= today - counts for row in full)


@dataclass(frozen=True)
class FoundOn:
    """What one person asked or found on a day: the tier it came to, and by whom, when and by which numbers; whether it
    is the interview, or a prescriber's full assessment that stands in for it."""

    tier: RiskTier
    happened_at: datetime
    recorded_at: datetime
    words: str
    is_interview: bool


def risk_found_on(patient: Patient, day: date, zone: str) -> list[FoundOn]:
    """Each screener of that day that was asked to its end, or is high whatever was left open, and each finding."""
    found = []
    for row in screenings(patient):
        tier = came_to(row, zone)
        if local_day(row.happened_at, zone) == day and tier is not None:
            yes = ", ".join(told_screening(row).yes)
            words = f"C-SSRS asked by {named(row)} {clock(row, zone)}, {f'yes to {yes}' if yes else 'no to all'}"
            found.append(FoundOn(tier, row.happened_at, row.recorded_at, words, is_interview=True))
    for one in assessments(patient):
        if local_day(one.happened_at, zone) == day:
            words = f"{'full assessment' if one.is_full else 'found'} by {named(one)} {clock(one, zone)}"
            found.append(FoundOn(RiskTier(one.found), one.happened_at, one.recorded_at, words, one.is_full))
    return found


def came_to(row: RiskScreening, zone: str) -> RiskTier | None:
    """None while it is open and what is certain stops nothing."""
    if row.tier == RiskTier.TX:
        return RiskTier(row.at_least) if RiskTier.T3 <= RiskTier(row.at_least) < RiskTier.TX else None
    since = row.form == ScreenerForm.SINCE_LAST_VISIT
    screened = cssrs_tier(row.answers, sheet(row.patient).risk.screener, since_last_visit=since)
    return RiskTier.T0 if is_settled(screened, row.patient, row.happened_at, zone) else RiskTier(row.tier)


def clock(row: RiskScreening | RiskAssessment, zone: str) -> str:
    return f"at {row.happened_at.astimezone(ZoneInfo(zone)):%H:%M}"


def safety_plans(patient: Patient) -> list[SafetyPlan]:
    """Every version, the newest first."""
    return sorted(ever(SafetyPlan, patient), key=lambda row: row.number, reverse=True)


@dataclass(frozen=True)
class PlanVersion:
    """One version as it is read: its lines by field, and what changed against the made version before it."""

    plan: SafetyPlan
    lines: tuple[tuple[str, tuple[str, ...]], ...]
    changes: tuple[FieldChange, ...]


def plan_versions(patient: Patient) -> list[PlanVersion]:
    """Every version, the newest first. For the chart, the concern's page and the patient's own."""
    plan_sheet, found = reader.safety_plan_sheet(), []
    before: SafetyPlan | None = None
    for plan in reversed(safety_plans(patient)):
        lines = tuple(
            (field.title, tuple(text for text in plan.entries[field.id].splitlines() if text.strip()))
            for field in plan_sheet.fields
            if plan.entries.get(field.id)
        )
        is_made = plan.state == PlanState.MADE
        changes = plan_changes(before.entries, plan.entries, plan_sheet) if before and is_made else ()
        found.append(PlanVersion(plan, lines, changes))
        before = plan if is_made else before
    return found[::-1]


def calls(patient: Patient) -> list[RiskCall]:
    return sorted(standing(RiskCall, patient), key=when, reverse=True)


def calls_due(patient: Patient) -> list[Duty]:
    ahead = ahead_of(Duty, patient)
    if ahead is not None:
        return sorted((duty for duty in ahead if duty.kind == CALL), key=lambda duty: duty.due_at)
    return list(owed.open_for(patient, CALL).order_by("due_at"))


# -- facts ----------------------------------------------------------------------------------------------------------


def risk_facts(patient: Patient, at: datetime, zone: str) -> Iterable[Fact]:
    """Each rater's screener by itself, what clinicians found, the plan: one rater's no never hides another's yes."""
    unsaid = left_unsaid(patient, at, zone)
    for row in screenings(patient):
        yield from (fact for fact in screening_facts(row) if not is_outdone(fact, unsaid, zone))
    for found in assessments(patient):
        yield from (fact for fact in assessment_facts(found, zone) if not is_outdone(fact, unsaid, zone))
    if unsaid is not None:
        yield Fact("cssrs_refused", True, None, unsaid, "Refused or left by the patient, in the intake")
    yield from plan_facts(patient, zone)
    yield from concern_facts(patient, at, zone)


def left_unsaid(patient: Patient, at: datetime, zone: str) -> datetime | None:
    """When the safety questions of an intake were refused or left today, which a person's later screener alone ends
    (RUL-07). Where nobody asked today nothing is known that it could take back."""
    today = local_day(at, zone)
    if not any(local_day(row.happened_at, zone) == today for row in (*screenings(patient), *assessments(patient))):
        return None
    ahead = ahead_of(Duty, patient)
    rows = list(owed.open_for(patient, RISK_UNSAID)) if ahead is None else ahead
    left = [row.created_at for row in rows if row.kind == RISK_UNSAID and local_day(row.created_at, zone) == today]
    return max(left, default=None)


def is_outdone(fact: Fact, unsaid: datetime | None, zone: str) -> bool:
    """Told on that day, before the patient would no longer say: a yes and what is high stand, a no does not."""
    told_at = fact.known_at
    if unsaid is None or not isinstance(told_at, datetime) or told_at >= unsaid:
        return False
    if local_day(told_at, zone) != local_day(unsaid, zone):
        return False
    if fact.name == "risk_tier_found":
        return RiskTier(str(fact.value)) < RiskTier.T3
    return fact.value is False


def screening_facts(row: RiskScreening) -> Iterable[Fact]:
    source = f"screener asked by {named(row)}"
    for question, answer in row.answers.items():
        yield Fact(QUESTIONS[question], answer, None, row.happened_at, source)
    yield Fact("cssrs_form", row.form, None, row.happened_at, source)
    if row.refused:
        yield Fact("cssrs_refused", True, None, row.happened_at, source)


def assessment_facts(row: RiskAssessment, zone: str) -> Iterable[Fact]:
    source = f"assessed by {named(row)}"
    yield Fact("risk_tier_found", row.found, None, row.happened_at, source)
    if row.is_full:
        yield Fact("full_risk_assessment_on", local_day(row.happened_at, zone), None, row.happened_at, source)


def plan_facts(patient: Patient, zone: str) -> Iterable[Fact]:
    """The newest version alone; a plan that was refused is none. Without any version it is not known here."""
    plan = next(iter(safety_plans(patient)), None)
    if plan is not None:
        made_on = local_day(plan.happened_at, zone) if plan.state == PlanState.MADE else False
        yield Fact("safety_plan_on", made_on, None, plan.happened_at, f"safety plan {plan.number}")


def concern_facts(patient: Patient, at: datetime, zone: str) -> Iterable[Fact]:
    """What still waits for a clinician; with nothing waiting, that is known too."""
    ahead = ahead_of(Concern, patient)
    open_ones = list(safety.standing(patient)) if ahead is None else ahead
    words = [concern for concern in open_ones if concern.reason_code.startswith(_WORDS)]
    yield Fact("suicidal_words_on", day_of_first(words, zone), None, at, "concerns that wait")
    after = after_a_dose(patient, [row for row in open_ones if row.reason_code.startswith(_THOUGHTS)])
    yield Fact("ideation_worse_after_dose_on", day_of_first(after, zone), None, at, "concerns that wait")


def after_a_dose(patient: Patient, concerns: Sequence[Concern]) -> list[Concern]:
    """Those raised within a day of a dose that took place."""
    if not concerns:
        return []
    given = Visit.objects.filter(patient=patient, kind=VisitKind.DOSE).exclude(
        state__in=[VisitState.BOOKED, VisitState.CHECKED_IN, VisitState.RUNNING, *GIVEN_UP]
    )
    began = list(given.values_list("starts_at", flat=True))
    return [row for row in concerns if any(start <= row.raised_at <= start + WORSE_WITHIN for start in began)]


def day_of_first(concerns: Sequence[Concern], zone: str) -> date | bool:
    days = [local_day(concern.raised_at, zone) for concern in concerns]
    return min(days) if days else False


def named(row: RiskScreening | RiskAssessment) -> str:
    return row.recorded_by.name if row.recorded_by else "Ketacare"


SCREENER_FORMS = ScreenerForm.choices
FOUND_TIERS = FoundTier.choices


# -- the page -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """A screener as one line: its answers by number, in the order of the form."""

    row: RiskScreening
    yes: tuple[str, ...]
    no: tuple[str, ...]
    skipped: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        return self.row.tier == RiskTier.TX


@dataclass(frozen=True)
class Help:
    """Who helps at once: the country's line, the clinic's own number, and whoever is on call."""

    line: CrisisLine | None
    telephone: str
    on_call: OnCall | None


def risk_questions() -> tuple[Question, ...]:
    return tuple(reader.risk_sheet().questions.values())


def told_screening(row: RiskScreening) -> Told:
    numbers = {question.id: NUMBERS.get(question.id, question.id) for question in risk_questions()}
    since = row.form == ScreenerForm.SINCE_LAST_VISIT
    screened = cssrs_tier(row.answers, sheet(row.patient).risk.screener, since_last_visit=since)
    return Told(
        row=row,
        yes=tuple(numbers[q] for q in numbers if row.answers.get(q) is True),
        no=tuple(numbers[q] for q in numbers if row.answers.get(q) is False),
        skipped=tuple(numbers[q] for q in (*screened.inconsistent, *screened.unanswered)),
    )


NUMBERS = {"6.recent": "6 in the past 3 months", "imminent": "imminent danger"}


def help_at(clinic: Clinic, at: datetime) -> Help:
    return Help(crisis_line(clinic), clinic.telephone, safety.on_call(clinic.pk, at))


@dataclass(frozen=True)
class RiskPage:
    """Suicide risk as the evaluation shows it."""

    now: RiskStanding
    screenings: tuple[Told, ...]
    assessments: tuple[RiskAssessment, ...]
    plans: tuple[SafetyPlan, ...]
    calls: tuple[RiskCall, ...]
    due: tuple[Duty, ...]
    clinic: Clinic
    at: datetime

    @cached_property
    def help(self) -> Help:
        """Asked for only where it is shown."""
        return help_at(self.clinic, self.at)

    @property
    def plan(self) -> SafetyPlan | None:
        return self.plans[0] if self.plans else None

    @property
    def holding(self) -> SafetyPlan | None:
        """The version that holds: refused at its review, it is still what was made."""
        return next((plan for plan in self.plans if plan.state == PlanState.MADE), None)

    @property
    def is_grave(self) -> bool:
        """Is help shown before anything else? What is certain counts, also while the tier is open."""
        return self.now.at_least >= RiskTier.T3

    @property
    def needs_plan(self) -> bool:
        return self.now.at_least >= RiskTier.T2

    @property
    def chip(self) -> tuple[str, str]:
        """The tier in words, and the shape it is shown in."""
        shapes = {RiskTier.TX: "unknown", RiskTier.T2: "late", RiskTier.T3: "stop", RiskTier.T4: "stop"}
        if self.now.tier is RiskTier.TX and self.needs_plan:
            at_least = FoundTier(str(self.now.at_least))
            return f"At least {at_least} {at_least.label.lower()}, not asked to the end today", shapes[
                self.now.at_least
            ]
        name = "Not known today" if self.now.tier is RiskTier.TX else self.now.finding.name.capitalize()
        return f"{self.now.tier} {name}", shapes.get(self.now.tier, "done")

    @property
    def because(self) -> str:
        """Why this tier, without its name."""
        words = self.now.words.partition(": ")[2]
        return words[:1].upper() + words[1:]


def risk_page(patient: Patient, case: Case, knowledge: Knowledge, at: datetime) -> RiskPage:
    return RiskPage(
        now=rules.risk_standing(case, knowledge),
        screenings=tuple(told_screening(row) for row in screenings(patient)),
        assessments=tuple(assessments(patient)),
        plans=tuple(safety_plans(patient)),
        calls=tuple(calls(patient)),
        due=tuple(calls_due(patient)),
        clinic=patient.clinic,
        at=at,
    )
