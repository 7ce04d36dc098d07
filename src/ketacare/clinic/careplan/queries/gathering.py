"""Everything a plan is made from, read once through the rooms that keep it. Nothing here is typed for the plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.candidacy.models import Judgement, ListState, MedicineList, SafetyPlan
from ketacare.clinic.candidacy.queries.medicines_sheet import Line
from ketacare.clinic.careplan.models import FamilyDoctor
from ketacare.clinic.careplan.queries.versions import family_doctor, referral_by_a_clinician
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import reviewing
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.enrolment.models import Enrolment, Plan, Referral, Review
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.models import CareRelation, Patient
from ketacare.clinic.protocols import queries as protocols
from ketacare.clinic.scheduling import queries as scheduling
from ketacare.clinic.scheduling.models import Visit, VisitKind, VisitState
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.therapy import queries as worked
from ketacare.clinic.therapy.models import RelapsePlan
from ketacare.clinic.therapy.queries import DoseWindow, GoalNow
from ketacare.medicine.candidacy.terms import Action, MedicineJudgement
from ketacare.medicine.careplan.terms import Statement
from ketacare.medicine.evidence.terms import Sheet
from ketacare.medicine.protocols.terms import DosingRule, Protocol
from ketacare.medicine.quantities.terms import plain
from ketacare.medicine.therapy.terms import Placed, Placement

RULES = "titration-1"


@dataclass(frozen=True)
class Gathered:
    """The record, as far as a plan speaks of it."""

    patient: Patient
    clinic: Clinic
    at: datetime
    zone: str
    accepted: Judgement | None
    enrolment: Enrolment | None
    plan: Plan | None
    protocol: Protocol | None
    afterwards: tuple[Statement, ...]
    rules: tuple[DosingRule, ...]
    given: int
    placement: Placement | Placed
    goals: tuple[GoalNow, ...]
    windows: tuple[DoseWindow, ...]
    relapse: RelapsePlan | None
    reviews: tuple[Review, ...]
    review_owed: int | None
    medicines: MedicineList | None
    medicine_lines: tuple[Line, ...]
    medicine_whys: tuple[Statement, ...]
    safety_plan: SafetyPlan | None
    team: tuple[CareRelation, ...]
    duties: tuple[Duty, ...]
    coming: tuple[Visit, ...]
    referral: Referral | None
    doctor: FamilyDoctor | None
    under: tuple[candidacy.Under, ...] = ()
    ended: Review | None = None  # of the last course, while no other has begun

    @property
    def induction(self) -> int | None:
        """With how many doses the course begins, each with its visit of therapy; later ones have fewer."""
        return None if self.protocol is None else scheduling.induction_of(self.protocol)

    @property
    def next_dose(self) -> Visit | None:
        return next((visit for visit in self.coming if visit.kind == VisitKind.DOSE), None)

    @property
    def medicines_known(self) -> bool:
        return self.medicines is not None and self.medicines.state != ListState.NOT_ASKED


def gathered(patient: Patient, *, at: datetime, zone: str) -> Gathered:
    enrolment = enrolled.current_enrolment(patient)
    ended = None if enrolment else reviewing.last_ended(patient)
    plan = enrolled.current_plan(enrolment) if enrolment else None
    lines, whys = medicines_of(patient, at, zone)
    looked_at = reviewing.standing(patient)
    return Gathered(
        patient=patient,
        clinic=Clinic.objects.get(pk=patient.clinic_id),
        at=at,
        zone=zone,
        accepted=candidacy.acceptance(patient),
        enrolment=enrolment,
        plan=plan,
        protocol=enrolled.protocol_for(enrolment) if enrolment else None,
        afterwards=afterwards(plan),
        rules=rules_for(plan),
        given=doses_given(enrolment),
        placement=worked.placement_of(patient),
        goals=worked.scaled(patient).each,
        windows=windows_of(patient, enrolment, at),
        relapse=worked.relapse_plan(patient),
        reviews=looked_at.reviews if looked_at else tuple(row for row in (reviewing.last_ended(patient),) if row),
        review_owed=looked_at.owed if looked_at else None,
        medicines=candidacy.medicines(patient),
        medicine_lines=lines,
        medicine_whys=whys,
        safety_plan=next(iter(candidacy.safety_plans(patient)), None),
        team=tuple(people.care_team(patient, local_day(at, zone))),
        duties=tuple(owed.open_about(patient).select_related("owner")),
        coming=tuple(coming(patient, at)),
        referral=referral_by_a_clinician(patient),
        doctor=family_doctor(patient),
        under=candidacy.under(patient, local_day(at, zone)),
        ended=ended,
    )


def rules_for(plan: Plan | None) -> tuple[DosingRule, ...]:
    """The rules between sessions that are about this drug, in the version that the course began with (H19)."""
    if plan is None:
        return ()
    rules = protocols.rules_under(plan.clinic_id, RULES, plan.enrolment.sheets)
    kind = "esketamine" if plan.drug.startswith("esketamine") else "racemic"
    return tuple(rule for rule in rules.values() if rule.applies in (kind, "all"))


def afterwards(plan: Plan | None) -> tuple[Statement, ...]:
    """What the protocol's own sheet, in the version signed for, says comes after the course."""
    sheet = protocols.version_of(plan.clinic_id, plan.sheet_id, plan.sheet_version) if plan else None
    rows: Any = sheet.body.get("then", ()) if sheet else ()
    return tuple(
        Statement(f"then {place}", "If it helps", row["words"], f"{row['grade']}: {plan_source(sheet, row)}")
        for place, row in enumerate(rows, start=1)
    )


def plan_source(sheet: Sheet | None, row: Any) -> str:
    labels = [row["source"]] if isinstance(row["source"], str) else row["source"]
    return "; ".join(sheet.sources[label].citation for label in labels) if sheet else ""


def doses_given(enrolment: Enrolment | None) -> int:
    """Of this course: those of one before it are no part of its plan."""
    if enrolment is None:
        return 0
    mine = Session.objects.filter(visit__patient=enrolment.patient_id, visit__starts_at__gte=enrolment.created_at)
    return mine.filter(started_at__isnull=False).count()


def windows_of(patient: Patient, enrolment: Enrolment | None, at: datetime) -> tuple[DoseWindow, ...]:
    since = enrolment.created_at if enrolment else None
    return tuple(one for one in worked.windows(patient, at) if since is None or one.visit.starts_at >= since)


def coming(patient: Patient, at: datetime) -> list[Visit]:
    rows = Visit.objects.filter(patient=patient, starts_at__gt=at, state=VisitState.BOOKED)
    return list(rows.order_by("starts_at"))


def medicines_of(patient: Patient, at: datetime, zone: str) -> tuple[tuple[Line, ...], tuple[Statement, ...]]:
    """What is taken and what to do with it, as its taker reads it; and why, as a clinician does."""
    row = candidacy.medicines(patient)
    if row is None or row.state == ListState.NOT_ASKED:
        return (), ()
    case, knowledge = candidacy.case_now(patient, at=at, zone=zone), candidacy.sheet(patient)
    shown = candidacy.shown_medicines(row, case, knowledge)
    whys = tuple(
        Statement(str(one.entry.key), one.label, what_to_do(one.judged), one.entry.how) for one in shown.medicines
    )
    return tuple(candidacy.sheet_lines(shown, None)), whys


def what_to_do(judged: MedicineJudgement) -> str:
    """The action, and for how long before a dose where a row says so."""
    hours = max((hold.value for hold in judged.holds), default=None)
    held = f", {plain(hours)} h before a dose" if hours is not None and judged.action is not Action.CONTINUE else ""
    return f"{str(judged.action).capitalize()}{held}"
