"""What the pump has given, from the dose steps of the timeline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import timeline
from ketacare.clinic.dosing.queries.timeline import Order
from ketacare.medicine.pharmacy import rules as pharmacy
from ketacare.medicine.pharmacy.terms import RateStep
from ketacare.medicine.quantities.terms import Concentration, Mass, RatePump, Volume

PAUSED = RatePump(Decimal(0))


@dataclass(frozen=True)
class DoseSoFar:
    """Given by the pump's steps, of what was ordered; `rate` is 0 while paused or ended."""

    ordered: Mass
    given: Mass
    rate: RatePump
    ends_at: datetime | None

    @property
    def share(self) -> Decimal:
        return min(Decimal(1), self.given.share_of(self.ordered))


def rate_steps(visit_steps: list[TimelineEntry], order: Order) -> list[RateStep]:
    """The pump's rate from each step on. Resuming takes up the rate there was before the pause."""
    steps: list[RateStep] = []
    rate = RatePump(order.rate_ml_per_h)
    for entry in visit_steps:
        if entry.name == "rate":
            rate = RatePump(Decimal(entry.body["new_ml_per_h"]))
        flowing = entry.name in ("start", "resume", "rate")
        steps.append(RateStep(entry.happened_at, rate if flowing else PAUSED))
    return steps


def bag_concentration(order: Order) -> Concentration:
    """Unrounded, so that the whole bag holds exactly the dose."""
    return Mass(order.dose_mg).dissolved_in(Volume(order.bag_ml))


def given_by_pump(session: Session, order: Order, at: datetime) -> Mass:
    """By rate and time alone; never more than the bag held."""
    steps = rate_steps(timeline.standing(session.visit, Kind.DOSE), order)
    if not steps:
        return Mass(Decimal(0))
    until = max(at, steps[-1].at)
    return pharmacy.given_mg(steps, bag_concentration(order), until, bag=Volume(order.bag_ml))


def given_from_volume(order: Order, pump_ml: Decimal) -> Mass:
    """From the volume the pump shows at the end."""
    volume = min(Volume(pump_ml), Volume(order.bag_ml))
    return volume.holding(bag_concentration(order)).rounded()


def in_tenths(mass: Mass) -> str:
    """As a running number is read: to a tenth of a milligram. The ledger keeps the thousandths."""
    return Mass(mass.amount.quantize(Decimal("0.1"))).written()


def so_far(session: Session, order: Order, at: datetime) -> DoseSoFar:
    steps = rate_steps(timeline.standing(session.visit, Kind.DOSE), order)
    rate = steps[-1].rate if steps else PAUSED
    ended = timeline.latest(session.visit, Kind.DOSE)
    if ended is not None and ended.name in ("stop", "complete"):
        given = Mass(Decimal(ended.body["given_mg"]))
    else:
        given = given_by_pump(session, order, at)
    return DoseSoFar(Mass(order.dose_mg), given, rate, ends_at(session, order, given, rate, at))


def ends_at(session: Session, order: Order, given: Mass, rate: RatePump, at: datetime) -> datetime | None:
    """When the bag will be empty at the present rate."""
    if session.state != SessionState.RUNNING or rate.amount == 0:
        return None
    left_ml = (order.dose_mg - given.amount) / bag_concentration(order).amount
    return at + timedelta(seconds=int(max(Decimal(0), left_ml) / rate.amount * 3600))
