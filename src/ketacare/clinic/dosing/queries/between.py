"""The other doses of the same patient: when the last one began, and what it was. What never began is no dose."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import ordered, syringes
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling.models import Visit
from ketacare.medicine.protocols.terms import Protocol
from ketacare.medicine.quantities.terms import Mass, MassPerWeight

LOOKED_THROUGH = 12


def begun(patient: Patient) -> QuerySet[Session]:
    """Every session in which a dose was started, the newest first."""
    rows = Session.objects.filter(visit__patient=patient, started_at__isnull=False)
    return rows.select_related("visit").order_by("-started_at")


def last_started_at(session: Session) -> datetime | None:
    """When the last other dose began, of whatever drug and by whatever route."""
    return begun(session.visit.patient).exclude(pk=session.pk).values_list("started_at", flat=True).first()


def given_before(session: Session) -> list[tuple[Visit, Ordered]]:
    """The first syringe's order of each earlier dose, the newest first."""
    found = before(session.visit)
    return [(one.visit, order) for one in found[:LOOKED_THROUGH] if (order := first_order(one.visit)) is not None]


def before(visit: Visit) -> QuerySet[Session]:
    """Doses begun at the visits before this one."""
    return begun(visit.patient).filter(visit__starts_at__lt=visit.starts_at).exclude(visit_id=visit.pk)


def first_order(visit: Visit) -> Ordered | None:
    return ordered.orders_of(visit).get(syringes.FIRST)


def last_given(session: Session, sheet: Protocol) -> MassPerWeight | Mass | None:
    """What the last dose of this drug by this route was ordered at (TI-5)."""
    rows = given_before(session)
    return next((one.dose for _, one in rows if (one.drug, one.route) == (sheet.drug, sheet.route)), None)
