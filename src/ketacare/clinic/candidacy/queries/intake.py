"""Where an intake stands, what was answered in it so far, and what of that somebody has gone over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from ketacare.clinic.candidacy.models import MISSING, HistoryAnswer, Intake, IntakeState, IntakeWay, Said, Source
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.outcomes import queries as outcomes
from ketacare.clinic.outcomes.models import Answers
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.models import Patient
from ketacare.clinic.people.standing import ahead_of
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.scheduling.models import GIVEN_UP, Visit, VisitKind
from ketacare.medicine.candidacy.reader.intake import intake_from
from ketacare.medicine.candidacy.terms.intake import IntakeLines

SAID_IN_INTAKE = "words.intake"


@dataclass(frozen=True)
class Standing:
    """Whether the link opens the form now, and if not, why not."""

    opens: bool
    why: str  # open | used | revoked | expired | locked


def intake_standing(intake: Intake, at: datetime) -> Standing:
    if intake.state == IntakeState.HANDED_IN:
        return Standing(False, "used")
    if intake.state == IntakeState.REVOKED:
        return Standing(False, "revoked")
    if at >= intake.link_until:
        return Standing(False, "expired")
    return Standing(True, "open") if intake.locked_at is None else Standing(False, "locked")


def newest_intake(patient: Patient) -> Intake | None:
    ahead = ahead_of(Intake, patient)
    if ahead is None:
        row = Intake.objects.filter(patient=patient).select_related("duty").order_by("created_at").last()
    else:
        row = max(ahead, key=lambda one: one.created_at, default=None)
    if row is not None:
        row.patient, row.clinic = patient, patient.clinic  # whom we came from is at hand
    return row


def open_intake(patient: Patient) -> Intake | None:
    return Intake.objects.filter(patient=patient, state__in=Intake.OPEN).select_related("duty").first()


def screens_said(intake: Intake) -> dict[str, Said]:
    """Each screen as it stands."""
    return {row.screen: row for row in Said.objects.current().filter(intake=intake)}


def items_said(intake: Intake, instrument: str) -> dict[str, int | None]:
    row = outcomes.kept_through(intake, instrument)
    return dict(row.values) if row else {}


def concerns_of(intake: Intake) -> list[Concern]:
    """What its answers raised, the gravest first."""
    sources = [intake.pk, *Answers.objects.filter(form_id=intake.pk).values_list("pk", flat=True)]
    sources += Said.objects.filter(intake=intake).values_list("pk", flat=True)
    # Words that could not be kept, or not yet, are no row of this form.
    unkept = Q(patient=intake.patient_id, reason_code=SAID_IN_INTAKE, raised_at__gte=intake.sent_at)
    return list(Concern.objects.filter(Q(source_id__in=sources) | unkept).order_by("tier"))


def intake_lines(patient: Patient) -> IntakeLines:
    """Its times, how drinks become units and what "helped" means, in the version that counts for this person (H19)."""
    return intake_from(enrolment.sheet_for(patient, "intake-1"))


def tries_left(intake: Intake) -> int:
    return max(0, intake_lines(intake.patient).wrong_years.integer - intake.wrong_years)


def first_visit(patient: Patient, at: datetime) -> Visit | None:
    """The next evaluation that is booked, before which the intake should be back."""
    rows = Visit.objects.filter(patient=patient, kind=VisitKind.EVALUATION, starts_at__gt=at)
    return rows.exclude(state__in=GIVEN_UP).order_by("starts_at").first()


def ways_for(patient: Patient) -> list[tuple[str, str, str]]:
    """How the link may go out by what the person allowed: the way, its words, and why not if it may not."""
    contact = people.contact(patient)
    by_text = allowed(contact.may_text if contact else None, contact.telephone if contact else "", "telephone number")
    by_email = allowed(contact.may_email if contact else None, contact.email if contact else "", "e-mail address")
    why_not = {IntakeWay.TEXT: by_text, IntakeWay.EMAIL: by_email}
    return [(way.value, str(way.label), why_not.get(way, "")) for way in IntakeWay]


def allowed(wish: bool | None, address: str, what: str) -> str:
    """Why not, or nothing. Not asked is not yes."""
    if not address:
        return f"No {what} is known"
    return {True: "", False: "They do not want that", None: "Not asked whether that is safe"}[wish]


# -- going over it -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GoneOver:
    """A fact as the patient told it, beside the newest word of anybody else."""

    name: str
    told: HistoryAnswer
    found: HistoryAnswer | None

    @property
    def verdict(self) -> str:
        """open, confirmed, corrected by a ruling, or left in disagreement; nothing said is nothing to go over."""
        if self.found is None and self.told.answer in MISSING:
            return "silent"
        if self.found is None or self.found.happened_at < self.told.happened_at:
            return "open"
        if self.found.answer == self.told.answer:
            return "confirmed"
        return "corrected" if self.found.settles else "disagrees"


def gone_over(intake: Intake, rows: Sequence[HistoryAnswer]) -> dict[str, GoneOver]:
    """Each fact that this intake became, by name. `rows`: every answer that stands, newest first."""
    became = {pk for said in screens_said(intake).values() for pk in ids_in(said.became)}
    told = {row.name: row for row in rows if str(row.pk) in became or str(row.amends_id) in became}
    found: dict[str, HistoryAnswer] = {}
    for row in rows:
        if row.source != Source.PATIENT:
            found.setdefault(row.name, row)
    return {name: GoneOver(name, row, found.get(name)) for name, row in told.items()}


def ids_in(became: dict[str, Any]) -> set[str]:
    return {value for value in became.values() if isinstance(value, str)}
