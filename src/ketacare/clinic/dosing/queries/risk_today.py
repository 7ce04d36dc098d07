"""Suicide risk on the day of a dose: the tier that counts of what was typed at the chair and of what is on record."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from ketacare.clinic.candidacy import queries as treatable
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.people.models import Patient
from ketacare.clinic.safety import queries as safety
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.looks import looked_up
from ketacare.medicine.evidence.terms import Fact, Reason, Result
from ketacare.medicine.safety import reader
from ketacare.medicine.safety.terms import RiskTier

CHECK, ITEM, TIER = "RD-18", "risk", "suicide_risk_tier"
HOLD_IT = (
    "Ask the C-SSRS since the last visit and write it down by number: on the list of the day before the dose, later on "
    "the page of the evaluation. Where it cannot be asked, a prescriber's full assessment, signed there, stands in."
)


@looked_up
def owed(patient: Patient) -> Duty | None:
    """The C-SSRS that a flag asks for and nobody has held yet (instruments.md 8)."""
    asked = (one.asked for one in reader.triage_sheet().interviews)
    rows = (safety.interview_owed(patient, name) for name in asked if safety.is_of_suicide_risk(name))
    return next((duty for duty in rows if duty is not None), None)


@looked_up
def on_record(visit: Visit, at: datetime) -> list[treatable.FoundOn]:
    return treatable.risk_found_on(visit.patient, local_day(at, visit.clinic.zone), visit.clinic.zone)


def with_record(visit: Visit, answers: list[Fact], at: datetime) -> list[Fact]:
    """The answers with the tier of the day: the higher of two raters, and no later lower answer cancels a higher one.
    Without the C-SSRS, or a prescriber's full assessment, no tier answers, nor with one of before a flag that asks for
    it anew; one that stops the dose is heard however it was found."""
    zone, seen = visit.clinic.zone, on_record(visit, at)
    told = [fact for fact in answers if fact.name == TIER]
    told += [Fact(TIER, str(one.tier), None, one.happened_at, one.words) for one in seen]
    if owed(visit.patient) is not None or not any(one.is_interview for one in seen):
        told = [fact for fact in told if RiskTier(str(fact.value)) >= RiskTier.T3]
    rest = [fact for fact in answers if fact.name != TIER]
    return [*rest, max(told, key=lambda fact: rank(fact, at, zone))] if told else rest


def rank(fact: Fact, at: datetime, zone: str) -> tuple[bool, str, datetime]:
    assert isinstance(fact.known_at, datetime)
    return local_day(fact.known_at, zone) == local_day(at, zone), str(fact.value), fact.known_at


def in_words(visit: Visit, reason: Reason) -> str:
    """Of this row: what is owed, or who asked and what was answered; nothing where its own words say it."""
    duty = owed(visit.patient)
    if reason.result is Result.UNKNOWN and duty is not None:
        since = duty.created_at.astimezone(ZoneInfo(visit.clinic.zone))
        return f"The C-SSRS is owed since {since:%d-%b-%Y %H:%M}: what was found before does not answer it"
    by = next((fact.source for fact in reason.facts if fact.name == TIER and fact.source.startswith("C-SSRS")), "")
    return f"{reason.words} ({by})" if by else ""
