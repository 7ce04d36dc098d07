"""The letter about a signed plan: what another clinician needs, and no more of the person than that."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ketacare.clinic.candidacy.models import PlanState
from ketacare.clinic.candidacy.queries.letters import addressed_to
from ketacare.clinic.careplan.models import Addressee, CarePlanLetter, CarePlanVersion
from ketacare.clinic.careplan.queries.gathering import Gathered
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.days import local_day
from ketacare.medicine.careplan import rules
from ketacare.medicine.careplan.terms import Section

# What goes out. Risk, the safety plan's own words and what the staff owe each other stay here.
TOLD = ("aims", "regimen", "therapy", "medicines", "dates", "then")
KEPT_BACK = ("against",)
ASKED = (
    "Please go on with the medicines as listed, and tell us before you change one of them.",
    "Please call us if mood, sleep or behaviour changes quickly after a dose.",
)


def addressees(found: Gathered) -> Mapping[Addressee, tuple[str, ...]]:
    """To whom a letter may go: a clinician who referred, and the family doctor where the patient agrees."""
    to: dict[Addressee, tuple[str, ...]] = {}
    if found.referral is not None and (name := addressed_to(found.referral)):
        to[Addressee.REFERRER] = (name,)
    if found.doctor is not None and found.doctor.agrees:
        to[Addressee.FAMILY_DOCTOR] = (found.doctor.name, *found.doctor.address.splitlines())
    return to


def letter_body(
    version: CarePlanVersion, to: tuple[str, ...], found: Gathered, earlier: CarePlanLetter | None, at: datetime
) -> dict[str, Any]:
    """All that the letter says, as plain text, from the version that was signed."""
    who, clinic = people.identity(found.patient), found.clinic
    return {
        "to": [line for line in to if line.strip()],
        "on": f"{local_day(at, found.zone):%d-%b-%Y}",
        "clinic": {"name": clinic.name, "address": clinic.address, "telephone": clinic.telephone},
        "patient": {"name": f"{who.given} {who.family}", "born": f"{who.born_on:%d-%b-%Y}"},
        "version": version.number,
        "signed": f"{local_day(version.happened_at, found.zone):%d-%b-%Y}",
        "by": version.recorded_by.name if version.recorded_by else "",
        "sections": [told(section) for section in rules.read(version.content) if section.id in TOLD],
        "safety": safety_words(found),
        "asked": list(ASKED),
        "replaces": f"{local_day(earlier.happened_at, found.zone):%d-%b-%Y}" if earlier else "",
    }


def told(section: Section) -> dict[str, Any]:
    rows = [
        {"label": one.label, "value": one.value or "Not known yet", "note": one.note if section.id != "then" else ""}
        for one in section.statements
        if not one.key.startswith(KEPT_BACK)
    ]
    return {"title": section.title, "rows": rows}


def safety_words(found: Gathered) -> str:
    """That there is a plan, where the patient agreed that others may know; never what it says."""
    plan = found.safety_plan
    shared = plan is not None and plan.state == PlanState.MADE and plan.consent_to_share
    return "A safety plan has been made with the patient, who may show it to you." if shared else ""


def newest_letter(patient: Patient, to: str) -> CarePlanLetter | None:
    rows = CarePlanLetter.objects.filter(patient=patient, to=to).select_related("version")
    return rows.order_by("-version__number").first()
