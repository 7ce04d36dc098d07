"""An order at the draw, the check and the start: is it still the one that is meant?"""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import schedule
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.models import BodyMeasure
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.dosing import rules
from ketacare.medicine.quantities.terms import Weight


def require_weight(session: Session, order: Ordered) -> None:
    """Refused once the weight under the order has been corrected, or another has been taken that differs (H3)."""
    sheet, now = schedule.protocol_of(session), people.latest_measure(session.visit.patient)
    if not sheet.by_weight or now is None:
        return
    rested = Weight(order.actual_kg)
    hold = rules.order_outdated(rested, Weight(now.weight_kg), sheet.weight, corrected=corrected(session, order))
    if hold is not None:
        words, _, remedy = hold.words.partition(". ")
        raise Refused(Refusal(hold.field, f"{words}.", remedy, "policy"))


def corrected(session: Session, order: Ordered) -> bool:
    """The very measure of the order was amended, or taken back, and no other of that moment says the same."""
    measured = {"patient": session.visit.patient, "happened_at": datetime.fromisoformat(order.entry.body["weighed_at"])}
    rows = BodyMeasure.objects.filter(**measured, weight_kg=order.actual_kg)
    return rows.exists() and not BodyMeasure.objects.current().filter(pk__in=rows).exists()
