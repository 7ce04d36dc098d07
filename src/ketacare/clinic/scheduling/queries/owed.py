"""After which doses the therapist's visit is owed: read here by everything that books, counts, asks for or shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.enrolment.models import Enrolment
from ketacare.clinic.scheduling.models import Visit
from ketacare.medicine.protocols import reader as protocols
from ketacare.medicine.protocols.rules import induction_doses
from ketacare.medicine.protocols.terms import Protocol
from ketacare.medicine.therapy import reader, rules


@dataclass(frozen=True)
class WorkOwed:
    """The courses of some patients, the newest first: when each began, and how many doses its induction has."""

    courses: Mapping[UUID, tuple[tuple[datetime, int], ...]]

    def induction(self, dose: Visit) -> int | None:
        """Of the course that the dose belongs to: its number counts within it."""
        began = self.courses.get(dose.patient_id, ())
        return next((doses for since, doses in began if since <= dose.starts_at), None)

    def after(self, dose: Visit) -> bool:
        return rules.owes_visit(dose.number_in_course, self.induction(dose), reader.placement())

    def why_none(self, dose: Visit) -> str:
        """In words, of a dose after which none is owed."""
        induction = self.induction(dose)
        return "" if induction is None or self.after(dose) else rules.none_owed_words(induction, reader.placement())


def work_owed(patient_ids: Iterable[UUID]) -> WorkOwed:
    rows = Enrolment.objects.filter(patient__in=set(patient_ids)).select_related("adoption").order_by("-created_at")
    found: dict[UUID, tuple[tuple[datetime, int], ...]] = {}
    for row in rows:
        one = (row.created_at, induction_of(enrolment.protocol_for(row)))
        found[row.patient_id] = (*found.get(row.patient_id, ()), one)
    return WorkOwed(found)


def induction_of(protocol: Protocol) -> int:
    phases = protocols.regimen(protocol.id).phases if protocol.id in protocols.REGIMENS else ()
    return induction_doses(protocol, phases)
