"""The course as given: the stretches that a prediction during the session is made from. What is planned is not."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import dose, ordered
from ketacare.medicine.pharmacy import rules as pharmacy
from ketacare.medicine.pharmacy.terms import GivenStep
from ketacare.medicine.quantities.terms import Mass

# The drug of a sheet, as the kinetics call it; and the product whose kinetics differ.
DRUGS = {"ketamine (racemic)": "ketamine", "esketamine": "esketamine"}
PRODUCTS = {("esketamine", "IN"): "spravato"}


def as_given(session: Session, at: datetime) -> tuple[GivenStep, ...]:
    """Each stretch with its start in minutes from T0, its length and its mass, up to `at`; follows every rate, pause
    and stop. Once the dose has ended its sum is what the ledger has as given."""
    order = ordered.order_of(session.visit)
    steps = dose.steps_of(session)
    if order is None or session.started_at is None:
        return ()
    if not order.infused:
        given = [row for row in steps if "mg" in row.body and row.happened_at <= at]
        return tuple(
            GivenStep(
                pharmacy.minutes_of(row.happened_at - session.started_at), Decimal(0), Mass(Decimal(row.body["mg"]))
            )
            for row in given
        )
    before = [row for row in steps if row.happened_at <= at]
    stops = dose.flows_to(before, order)
    told = pharmacy.course(dose.rate_steps(before, order), dose.bag_concentration(order), at, bag=stops)
    if before and before[-1].name in dose.ENDED:
        return pharmacy.scaled(told, Mass(Decimal(before[-1].body["given_mg"])))
    return told


def regimen(session: Session, at: datetime) -> list[dict[str, Any]]:
    """The same in the words of `ketacare predict`: drug, route, product, start_min, dose_mg, duration_min."""
    order = ordered.order_of(session.visit)
    if order is None:
        return []
    return [
        {
            "drug": DRUGS[order.drug],
            "route": order.route.lower(),
            "product": PRODUCTS.get((order.drug, order.route)),
            "start_min": float(step.start_min),
            "dose_mg": float(step.mass.amount),
            "duration_min": float(step.minutes),
        }
        for step in as_given(session, at)
    ]
