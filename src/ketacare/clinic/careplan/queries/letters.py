"""The letter about a signed plan: what another clinician needs, and no more of the person than that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ketacare.clinic.candidacy.models import PlanState
from ketacare.clinic.candidacy.queries.letters import addressed_to
from ketacare.clinic.careplan.models import Addressee, CarePlanLetter, CarePlanVersion, FamilyDoctor
from ketacare.clinic.careplan.queries.conditions import UNDER
from ketacare.clinic.careplan.queries.gathering import Gathered
from ketacare.clinic.careplan.queries.sections import sections
from ketacare.clinic.careplan.queries.versions import family_doctor, referral_by_a_clinician
from ketacare.clinic.enrolment import pausing
from ketacare.clinic.enrolment.models import Referral
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.days import local_day
from ketacare.medicine.careplan import rules
from ketacare.medicine.careplan.terms import Section

# What goes out. Risk, the safety plan's own words and what the staff owe each other stay here; so do the goals that
# were made in therapy, in the patient's words, what a specialist asked of those who treat here, and what a prescriber
# wrote at a review for the team.
TOLD = ("aims", "regimen", "therapy", "medicines", "dates", "then")
# What the calendar and the sessions change by themselves is told as it is on the day of the letter; the rest is told as
# it was signed, and only while the record still says so.
OF_TODAY = ("therapy", "dates")
# Of the other sections: how many doses were given, the forecast of the last review, when the relapse plan was made.
BY_ITSELF = ("given", "forecast", "relapse")
KEPT_BACK = ("against", UNDER, "goal ", "review ")
# What a patient agrees to with whoever referred them; the words of the consent are the name.
CONSENT, TEXT_VERSION = "referrer_letter", "1"
ASKED = (
    "Please go on with the medicines as listed, and tell us before you change one of them.",
    "Please call us if mood, sleep or behaviour changes quickly after a dose.",
)


def addressees(found: Gathered) -> Mapping[Addressee, tuple[str, ...]]:
    """To whom a letter may go: a clinician who referred, and the family doctor, each where the patient agrees."""
    return agreed(found.patient, found.referral, found.doctor)


def agreed(
    patient: Patient, referral: Referral | None, doctor: FamilyDoctor | None
) -> Mapping[Addressee, tuple[str, ...]]:
    to: dict[Addressee, tuple[str, ...]] = {}
    if referral is not None and referrer_agreed(patient, referral):
        to[Addressee.REFERRER] = (addressed_to(referral),)
    if doctor is not None and doctor.agrees:
        to[Addressee.FAMILY_DOCTOR] = (doctor.name, *doctor.address.splitlines())
    return to


def referrer_agreed(patient: Patient, referral: Referral) -> bool | None:
    """Of this person by name: a consent for one who referred before says nothing about the next. None: not asked."""
    name, row = addressed_to(referral), people.consent(patient, CONSENT)
    asked = row is not None and bool(name) and (row.words == name or not row.given)
    return row.given if row is not None and asked else None


def may_go(letter: CarePlanLetter, to: Mapping[Addressee, tuple[str, ...]] | None = None) -> bool:
    """Whether the patient agrees today, to the person this letter was written to: asked again at every print."""
    patient = letter.patient
    if to is None:
        to = agreed(patient, referral_by_a_clinician(patient), family_doctor(patient))
    now = to.get(Addressee(letter.to))
    return now is not None and letter.body["to"][:1] == [now[0]]


def moved_on(version: CarePlanVersion, now: Iterable[Section]) -> list[str]:
    """Titles of what a letter would tell otherwise than the record says today."""
    before, after = (
        {section.id: lasting(section) for section in sections if section.id in TOLD and section.id not in OF_TODAY}
        for sections in (rules.read(version.content), now)
    )
    return [part["title"] for key, part in after.items() if before.get(key) != part]


def lasting(section: Section) -> dict[str, Any]:
    kept = tuple(one for one in section.statements if one.key not in BY_ITSELF)
    return told(Section(section.id, section.title, kept))


def as_told(version: CarePlanVersion, now: Iterable[Section]) -> list[dict[str, Any]]:
    today = {section.id: section for section in now}
    found = []
    for section in rules.read(version.content):
        if section.id in TOLD:
            now_said = today.get(section.id)
            found.append(told(section if now_said is None else of_the_day(section, now_said)))
    return found


def of_the_day(signed: Section, now: Section) -> Section:
    if signed.id in OF_TODAY:
        return now
    by_itself = {one.key: one for one in now.statements if one.key in BY_ITSELF}
    statements = [by_itself.pop(one.key, one) for one in signed.statements]
    return Section(signed.id, signed.title, (*statements, *by_itself.values()))


def paused_words(found: Gathered) -> str:
    since = pausing.paused_since(found.patient)
    return f"The course is paused since {local_day(since, found.zone):%d-%b-%Y}; no dose is given." if since else ""


def letter_body(
    version: CarePlanVersion, to: tuple[str, ...], found: Gathered, earlier: CarePlanLetter | None, at: datetime
) -> dict[str, Any]:
    """All that the letter says, as plain text: from the version that was signed, with dates and counts of its day."""
    who, clinic = people.identity(found.patient), found.clinic
    return {
        "to": [line for line in to if line.strip()],
        "on": f"{local_day(at, found.zone):%d-%b-%Y}",
        "clinic": {"name": clinic.name, "address": clinic.address, "telephone": clinic.telephone},
        "patient": {"name": f"{who.given} {who.family}", "born": f"{who.born_on:%d-%b-%Y}"},
        "version": version.number,
        "signed": f"{local_day(version.happened_at, found.zone):%d-%b-%Y}",
        "by": version.recorded_by.name if version.recorded_by else "",
        "sections": as_told(version, sections(found)),
        "paused": paused_words(found),
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
