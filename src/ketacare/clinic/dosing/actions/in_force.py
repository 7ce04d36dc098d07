"""An order at the draw, the check and the start: is it still the one that is meant?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import QuerySet

from ketacare.clinic.dosing.models import Session, TimelineEntry
from ketacare.clinic.dosing.queries import between, dose, ordered, predicting, schedule, syringes
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.clinic.people.models import BodyMeasure, Patient
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.dosing import rules
from ketacare.medicine.dosing.terms import AtHome, Hold, Order
from ketacare.medicine.quantities.terms import Concentration, Duration, Mass, MassPerWeight, Quantity, Volume, Weight


def require_all(session: Session, order: Ordered, at: datetime, *, given: bool = False) -> None:
    """At the moment of giving: the weight, the day, and the days between. `given`: told afterwards, and held to the
    weight that was known then, whatever was taken or put right since."""
    one_after_the_other(session)
    require_weight(session, order, known_at=at if given else None)
    asked = asked_again(order.entry, session, at)
    refuse([hold for hold in rules.day_holds(asked, Mass(order.drawn_mg)) if not hold.lifted])


def one_after_the_other(session: Session) -> None:
    """One patient's doses start one after the other, so that two visits of a day cannot both find that the other has
    not begun (H16). Held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"dose {session.visit.patient_id}"])


def refuse(holds: Sequence[Hold]) -> None:
    """Each in its words: field, rule, remedy."""
    split = [(hold.field, *hold.words.partition(". ")) for hold in holds]
    if split:
        raise Refused([Refusal(field, f"{words}.", remedy, "policy") for field, words, _, remedy in split])


def measures(patient: Patient, known_at: datetime | None) -> QuerySet[BodyMeasure]:
    """Those that stand, or that stood then; the newest last."""
    rows = BodyMeasure.objects.filter(patient=patient, in_error=False)
    if known_at is None:
        rows = rows.filter(amended_by__isnull=True)
    else:
        rows = rows.filter(recorded_at__lte=known_at).exclude(amended_by__recorded_at__lte=known_at)
    return rows.order_by("happened_at", "recorded_at")


def require_weight(session: Session, order: Ordered, *, known_at: datetime | None = None) -> None:
    """Refused once the weight under the order has been corrected, or another has been taken that differs, or the
    height, and with it the weight that the dose was worked out by (H3). `known_at`: by what stood at that moment."""
    sheet, known = schedule.protocol_of(session), measures(session.visit.patient, known_at)
    now, tall = known.last(), known.filter(height_cm__isnull=False).last()
    if not sheet.by_weight or now is None:
        return
    rested = Weight(order.actual_kg)
    is_corrected = corrected(session, order, known)
    hold = rules.order_outdated(rested, Weight(now.weight_kg), sheet.weight, corrected=is_corrected)
    weights = predicting.weights_by(session.visit.patient, rested, tall)
    by_house = order.entry.body.get("by_house", weights.default.name)
    described = rules.descriptor_outdated(order.rests_on, Weight(order.weight_kg), by_house, weights)
    refuse([one for one in (hold, described) if one is not None][:1])


def corrected(session: Session, order: Ordered, known: QuerySet[BodyMeasure]) -> bool:
    """The very measure of the order was amended, or taken back, and no other of that moment says the same."""
    measured = {"patient": session.visit.patient, "happened_at": datetime.fromisoformat(order.entry.body["weighed_at"])}
    rows = BodyMeasure.objects.filter(**measured, weight_kg=order.actual_kg)
    return rows.exists() and not known.filter(pk__in=rows).exists()


# --- the order again, as of now ---------------------------------------------------------------------------------------


def asked_again(proposal: TimelineEntry, session: Session, at: datetime) -> Order:
    """The order as it was asked for, from its line, in the light of now and of the clinic's day."""
    kept, sheet = ordered.read_back(proposal), schedule.protocol_of(session)
    planned, last = (read_dose(proposal.body.get(name)) for name in ("planned", "last_given"))
    order = Order(
        protocol=sheet,
        dose=kept.dose,
        weight=Weight(kept.weight_kg),
        rests_on=kept.rests_on,
        actual=Weight(kept.actual_kg) if kept.actual_kg != kept.weight_kg else None,
        weighed_at=datetime.fromisoformat(proposal.body["weighed_at"]),
        at=at,
        vial=some(Concentration, kept.vial_mg_per_ml),
        minutes=some(Duration, kept.minutes),
        bag=some(Volume, kept.bag_ml) if kept.diluent_ml else None,
        piece=some(Mass, kept.piece_mg),
        site=kept.site,
        planned=planned,
        last_given=last,
        reasons={one.name: one.reason for one in kept.against},
        afterwards=kept.afterwards,
        at_home=AtHome(**kept.at_home) if kept.at_home else None,
        second_of=dose.of_first_syringe(session) if kept.number > 1 else None,
        confirmed_by_prescriber=bool(proposal.body.get("confirmed")),
    )
    return as_of_now(order, session, at)


def as_of_now(order: Order, session: Session, at: datetime) -> Order:
    """The same order with what is known of the patient's other doses at this moment, on the clinic's clock."""
    number = syringes.FIRST if order.second_of is None else syringes.SECOND
    return replace(
        order,
        at=at.astimezone(ZoneInfo(session.visit.clinic.zone)),
        given_today=dose.today_elsewhere(session, number, at),
        given_this_week=dose.sessions_this_week(session, order.protocol.drug, at),
        last_started_at=between.last_started_at(session),
    )


Amount = TypeVar("Amount", bound=Quantity)


def some(kind: type[Amount], amount: Decimal | None) -> Amount | None:
    return None if amount is None else kind(amount)


def read_dose(text: str | None) -> MassPerWeight | Mass | None:
    if not text:
        return None
    amount, unit = text.split(" ")
    return MassPerWeight.of(amount) if unit == MassPerWeight.unit else Mass.of(amount)
