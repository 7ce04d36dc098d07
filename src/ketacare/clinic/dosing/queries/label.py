"""The words of a preparation label, from the order, the draw and the check as they were recorded."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import schedule
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.clinic.dosing.queries.syringes import Stage, Syringe
from ketacare.clinic.people import queries as people
from ketacare.medicine.protocols.terms import Protocol
from ketacare.medicine.quantities.terms import Concentration, Mass, Volume


def content(session: Session, syringe: Syringe, zone: str) -> dict[str, Any]:
    """Two identifiers; drug, strength, dose, volume, diluent, rate; who prepared, who checked; good until when."""
    order, drawn = syringe.order, syringe.drawn
    assert order is not None
    assert drawn is not None
    here, sheet = ZoneInfo(zone), schedule.protocol_of(session)
    who = people.identity(session.visit.patient)
    made = drawn.happened_at.astimezone(here)
    checked = syringe.check if syringe.check is not None and syringe.check.body["matched"] else None
    return {
        "name": f"{who.family.upper()}, {who.given}",
        "born": f"{who.born_on:%d-%b-%Y}",
        "record": who.record_number,
        "drug": order.drug,
        "route": order.route_words,
        "dose": Mass(order.drawn_mg).written(),
        "per_kg": "" if order.dose_mg_per_kg is None else f"ordered {order.ordered_words}",
        "lines": lines(order),
        "product": f"{drawn.body.get('product', '')} · {serials(drawn.body)} · lot {drawn.body['lot']}",
        "prepared": f"{made:%d-%b-%Y %H:%M} by {drawn.recorded_by.name if drawn.recorded_by else ''}",
        "checked": f"{checked.body['second']}, {checked.happened_at.astimezone(here):%H:%M}" if checked else "",
        "discard": until(drawn.happened_at, drawn.body["expires_on"], sheet, here),
        "second": "" if syringe.number == 1 else f"Syringe {syringe.number}",
        "stands": syringe.stage is not Stage.GIVEN,
    }


def serials(body: dict[str, Any]) -> str:
    return ", ".join(body.get("serials") or [body["serial"]])


def lines(order: Ordered) -> list[list[str]]:
    """What the hand and the pump need, and nothing that this route does not have."""
    rows = []
    if order.vial_mg_per_ml is not None and order.draw_ml is not None:
        rows.append(["Drawn", f"{Volume(order.draw_ml)} of {Concentration(order.vial_mg_per_ml)}"])
    if order.infused and order.bag_ml is not None and order.bag_mg_per_ml is not None:
        diluent = Decimal(0) if order.diluent_ml is None else order.diluent_ml
        made = "undiluted" if not diluent else f"+ {Volume(diluent)} of 0.9 % saline = {Volume(order.bag_ml)}"
        rows.append(["Diluent", f"{made}, {Concentration(order.bag_mg_per_ml)}"])
        rows.append(["Pump", order.pump_words])
    if order.pieces is not None:
        rows.append(["Pieces", f"{order.pieces} x {order.product_words}"])
    if order.site:
        rows.append(["Site", order.given_words])
    return rows


def until(made_at: datetime, expires_on: str, sheet: Protocol, here: ZoneInfo) -> str:
    """Good for the sheet's hours after it was drawn; what is counted stays good as long as its pack."""
    hours = sheet.figures.get("label.discard_after")
    if hours is None or not sheet.vials:
        return f"expires {datetime.fromisoformat(expires_on):%d-%b-%Y}"
    ends = (made_at + timedelta(hours=hours.integer)).astimezone(here)
    return f"discard after {ends:%H:%M on %d-%b-%Y}"
