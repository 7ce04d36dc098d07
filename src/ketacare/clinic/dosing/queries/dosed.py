"""Every dose of a patient as it was ordered and given, whatever course it was of: what tolerance is judged by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from ketacare.clinic.dosing.models import Kind, Session
from ketacare.clinic.dosing.queries import ordered, timeline
from ketacare.clinic.people.models import Patient
from ketacare.clinic.pharmacy import queries as pharmacy
from ketacare.clinic.scheduling.models import Visit
from ketacare.medicine.dosing.rules.tolerance import Dosed
from ketacare.medicine.quantities.terms import Mass, MassPerWeight


def dosed(patient: Patient) -> list[Dosed]:
    """The oldest first. What was given is from the ledger; nothing entered there is not known, and not zero."""
    rows = Session.objects.filter(visit__patient=patient, started_at__isnull=False).order_by("started_at")
    begun = list(rows.select_related("visit"))
    timeline.read_once(*(session.visit for session in begun), kinds=(Kind.ORDER,))
    return list(_each(begun))


def _each(begun: Sequence[Session]) -> Iterator[Dosed]:
    amounts = pharmacy.amounts_by_visit(session.visit for session in begun)
    for session in begun:
        assert session.started_at is not None  # only sessions that began
        given = amounts[session.visit_id].given_mg
        drug, route, dose = of_orders(session.visit)
        yield Dosed(session.started_at, drug, route, dose, Mass(given) if given else None)


def of_orders(visit: Visit) -> tuple[str, str, MassPerWeight | Mass | None]:
    """What was ordered in all, a second injection with the first; no dose where their units differ."""
    orders = list(ordered.orders_of(visit).values())
    if not orders:
        return "", "", None
    drug, route = orders[-1].drug, orders[-1].route_words
    doses = [order.dose for order in orders]
    total = sum((dose.amount for dose in doses), Decimal(0))
    if all(isinstance(dose, MassPerWeight) for dose in doses):
        return drug, route, MassPerWeight(total)
    return drug, route, Mass(total) if all(isinstance(dose, Mass) for dose in doses) else None
