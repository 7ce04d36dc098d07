"""What was signed, and whether the record still says the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ketacare.clinic.careplan.models import CarePlanLetter, CarePlanVersion, FamilyDoctor
from ketacare.clinic.careplan.queries.conditions import came_by_itself
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.enrolment.models import Referral
from ketacare.clinic.people.models import Patient
from ketacare.clinic.people.standing import newest as newest_fact
from ketacare.medicine.careplan import rules
from ketacare.medicine.careplan.terms import Difference, Section


def versions(patient: Patient) -> list[CarePlanVersion]:
    """Every signed version, the newest first."""
    rows = CarePlanVersion.objects.filter(patient=patient).select_related("recorded_by")
    return list(rows.order_by("-number"))


def newest(patient: Patient) -> CarePlanVersion | None:
    return next(iter(versions(patient)), None)


def letters_of(patient: Patient) -> list[CarePlanLetter]:
    rows = CarePlanLetter.objects.filter(patient=patient).select_related("version", "recorded_by")
    return list(rows.order_by("-recorded_at"))


def family_doctor(patient: Patient) -> FamilyDoctor | None:
    return newest_fact(FamilyDoctor, patient)


def referral_by_a_clinician(patient: Patient) -> Referral | None:
    """The newest that did not come from the patient or their family."""
    rows = (row for row in enrolled.referrals_about(patient) if row.source not in ("self", "family"))
    return next(rows, None)


@dataclass(frozen=True)
class Standing:
    """The newest signature beside the record of now."""

    signed: CarePlanVersion | None
    differences: tuple[Difference, ...]
    seen: str

    @property
    def is_current(self) -> bool:
        return self.signed is not None and not self.differences


def standing(patient: Patient, now: tuple[Section, ...], day: date) -> Standing:
    """What differs by somebody's act: conditions of a clearance that only came to their last day change nothing that
    was signed, nor do those that were on record when it was. `seen` names exactly what is on the page: whoever signs
    hands it back, so that nobody signs unseen."""
    signed = newest(patient)
    differ = rules.differences(rules.read(signed.content), now) if signed else ()
    by_act = tuple(one for one in differ if signed is None or not came_by_itself(one, signed, day))
    return Standing(signed, by_act, rules.digest(rules.kept(now)))
