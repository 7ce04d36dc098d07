"""What has been given, from the dose steps of the timeline: by a pump's rates, at once, or piece by piece."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import ordered, timeline
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.medicine.pharmacy import rules as pharmacy
from ketacare.medicine.pharmacy.terms import RateStep
from ketacare.medicine.quantities.terms import Concentration, Mass, RatePump, Volume

PAUSED = RatePump(Decimal(0))
SECOND_STEP = "second_step"
FLOWING = ("start", "resume", "rate", SECOND_STEP)
ENDED = ("stop", "complete")
PAUSE, RESUME, RATE = "pause", "resume", "rate"
FLOWS = (SessionState.RUNNING, SessionState.PAUSED)
DAYS_OF_A_WEEK = 7
# A rise that waits for its second person changes nothing yet.
ASKED = "rate_asked"


@dataclass(frozen=True)
class DoseSoFar:
    """Given so far, of what the syringe or the pieces hold; `rate` is 0 while paused, ended, or without a pump."""

    ordered: Mass
    given: Mass
    rate: RatePump
    ends_at: datetime | None
    flows_to: Mass | None = None  # where the flow stops by itself: at the end of the bag, or of a first step

    @property
    def first_step_is_in(self) -> bool:
        """Of an infusion in two steps: the first has run in, and the second waits for somebody to look."""
        return self.flows_to is not None and self.flows_to < self.ordered and self.given >= self.flows_to

    @property
    def share(self) -> Decimal:
        return min(Decimal(1), self.given.share_of(self.ordered))


def steps_of(session: Session) -> list[TimelineEntry]:
    """The dose steps that count, in the order they happened."""
    return [row for row in timeline.standing(session.visit, Kind.DOSE) if row.name != ASKED]


def is_at_the_pump(entry: TimelineEntry) -> bool:
    """What is done at a pump that is under way, and can be struck out or put right until the dose has ended."""
    return entry.kind == Kind.DOSE and entry.name in (PAUSE, RESUME, RATE)


def is_start(entry: TimelineEntry) -> bool:
    """T0: of an infusion its start, of what is given at once the first, of devices and sprays the first."""
    number = {"start": 1, "given": entry.body.get("number", 1), "piece": entry.body.get("place")}
    return entry.kind == Kind.DOSE and number.get(entry.name) == 1


def rate_steps(visit_steps: list[TimelineEntry], order: Ordered) -> list[RateStep]:
    """The pump's rate from each step on. Resuming takes up the rate there was before the pause, or that it was changed
    to meanwhile: a paused pump does not flow, whatever it is set to."""
    assert order.rate_ml_per_h is not None  # only an infusion has rate steps
    steps: list[RateStep] = []
    rate, flows = RatePump(order.rate_ml_per_h), False
    for entry in visit_steps:
        if entry.name == ASKED:
            continue
        if entry.name in ("rate", SECOND_STEP):
            rate = RatePump(Decimal(entry.body["new_ml_per_h"]))
        if entry.name == SECOND_STEP:
            first_in = datetime.fromisoformat(entry.body["first_in_at"])
            steps = [*(step for step in steps if step.at < first_in), RateStep(first_in, PAUSED)]
        flows = flows if entry.name == "rate" else entry.name in FLOWING
        steps.append(RateStep(entry.happened_at, rate if flows else PAUSED))
    return steps


def ordered_rate(session: Session, order: Ordered) -> RatePump:
    """The most the pump may be set to now: the order's rate, or that of its second step once it runs."""
    second = any(row.name == SECOND_STEP for row in steps_of(session))
    rate = order.second_ml_per_h if second else order.rate_ml_per_h
    assert rate is not None  # only an infusion runs at a rate
    return RatePump(rate)


def bag_concentration(order: Ordered) -> Concentration:
    """Unrounded, so that the whole bag holds exactly what was drawn."""
    assert order.bag_ml is not None
    return Mass(order.drawn_mg).dissolved_in(Volume(order.bag_ml))


def given_by_pump(session: Session, order: Ordered, at: datetime) -> Mass:
    """By rate and time alone; never more than the bag held."""
    steps = rate_steps(steps_of(session), order)
    if not steps:
        return Mass(Decimal(0))
    until = max(at, steps[-1].at)
    return pharmacy.given_mg(steps, bag_concentration(order), until, bag=flows_to(steps_of(session), order))


def first_in_at(session: Session, order: Ordered) -> datetime | None:
    """When the first of two steps will have run in, or has; None of any other infusion, and once the second runs."""
    steps = steps_of(session)
    if not order.infused or order.first_ml is None or any(row.name == SECOND_STEP for row in steps):
        return None
    return pharmacy.moment_of(rate_steps(steps, order), Volume(order.first_ml))


def flows_to(steps: list[TimelineEntry], order: Ordered) -> Volume:
    """Where the flow stops: the bag's end; of two steps the first part's, until the second is started."""
    assert order.bag_ml is not None
    waits = order.first_ml is not None and not any(row.name == SECOND_STEP for row in steps)
    return Volume(order.first_ml if waits and order.first_ml is not None else order.bag_ml)


def given_from_volume(order: Ordered, pump_ml: Decimal) -> Mass:
    """From the volume the pump shows at the end."""
    assert order.bag_ml is not None
    volume = min(Volume(pump_ml), Volume(order.bag_ml))
    return volume.holding(bag_concentration(order)).rounded()


def in_tenths(mass: Mass) -> str:
    """As a running number is read: to a tenth of a milligram. The ledger keeps the thousandths."""
    return Mass(mass.amount.quantize(Decimal("0.1"))).written()


def so_far(session: Session, order: Ordered, at: datetime) -> DoseSoFar:
    """Of this session's order in force; with a second syringe, of both together."""
    steps = steps_of(session)
    if not order.infused:
        whole = sum((one.drawn_mg for one in ordered.orders_of(session.visit).values()), Decimal(0))
        given = sum((Decimal(row.body["mg"]) for row in steps if "mg" in row.body), Decimal(0))
        return DoseSoFar(Mass(whole), Mass(given), PAUSED, None)
    rates = rate_steps(steps, order)
    rate = rates[-1].rate if rates else PAUSED
    if steps and steps[-1].name in ENDED:
        given_mass = Mass(Decimal(steps[-1].body["given_mg"]))
    else:
        given_mass = given_by_pump(session, order, at)
    stops = flows_to(steps, order).holding(bag_concentration(order)).rounded()
    if stops < Mass(order.drawn_mg) and given_mass >= stops:
        rate = PAUSED
    until = ends_at(session, order, stops - given_mass, rate, at) if stops > given_mass else None
    return DoseSoFar(Mass(order.drawn_mg), given_mass, rate, until, stops)


def ends_at(session: Session, order: Ordered, left: Mass, rate: RatePump, at: datetime) -> datetime | None:
    """When the bag, or the first of two steps, will have run in at the present rate."""
    if session.state != SessionState.RUNNING or rate.amount == 0:
        return None
    left_ml = left.amount / bag_concentration(order).amount
    return at + timedelta(seconds=int(max(Decimal(0), left_ml) / rate.amount * 3600))


def today(session: Session, at: datetime) -> Mass:
    """Everything this patient got today, by the clinic's calendar, whatever the session; of an infusion that still runs
    what has run in (WD-5)."""
    local = at.astimezone(ZoneInfo(session.visit.clinic.zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    booked = Mass(ledger.given_between(session.visit.patient, midnight, midnight + timedelta(days=1)))
    running = Session.objects.filter(visit__patient=session.visit.patient, state__in=FLOWS).exclude(pk=session.pk)
    here = [session] if session.state in FLOWS else []
    return sum((run_in(one, at) for one in [*here, *running.select_related("visit")]), booked)


def run_in(session: Session, at: datetime) -> Mass:
    """What a pump has given and the ledger does not have yet."""
    order = ordered.order_of(session.visit)
    return so_far(session, order, at).given if order is not None and order.infused else Mass(Decimal(0))


def today_elsewhere(session: Session, number: int, at: datetime) -> Mass:
    """The same without what this session has given; before a second syringe the first counts."""
    whole, order = today(session, at), ordered.order_of(session.visit)
    if number > 1 or order is None or session.started_at is None:
        return whole
    return Mass(max(Decimal(0), whole.amount - so_far(session, order, at).given.amount))


def sessions_this_week(session: Session, drug: str, at: datetime) -> int:
    """The other sessions of seven days, this one's among them, that gave this drug (WD-6)."""
    local = at.astimezone(ZoneInfo(session.visit.clinic.zone))
    first = local.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS_OF_A_WEEK - 1)
    rows = Session.objects.filter(visit__patient=session.visit.patient, started_at__gte=first).exclude(pk=session.pk)
    orders = [ordered.order_of(one.visit) for one in rows.select_related("visit")]
    return sum(order is not None and order.drug == drug for order in orders)


def watched_here(session: Session) -> int:
    """The earlier doses of this protocol that this patient took in the clinic."""
    rows = Session.objects.filter(visit__patient=session.visit.patient, protocol_id=session.protocol_id)
    given = rows.filter(started_at__isnull=False).exclude(pk=session.pk).select_related("visit")
    orders = [ordered.order_of(one.visit) for one in given]
    return sum(order is not None and not order.at_home for order in orders)


def of_first_syringe(session: Session) -> Mass:
    """What the first syringe of this session gave."""
    steps = [row for row in steps_of(session) if row.body.get("number", 1) == 1 and "mg" in row.body]
    return Mass(sum((Decimal(row.body["mg"]) for row in steps), Decimal(0)))


# --- piece by piece --------------------------------------------------------------------------------------------------


def pieces_given(session: Session) -> list[TimelineEntry]:
    return [row for row in steps_of(session) if row.name == "piece"]


def next_piece_at(session: Session, order: Ordered) -> datetime | None:
    """From when the next device or spray may be given; None when none has been given or none is left (H37)."""
    given = pieces_given(session)
    if not given or order.rest_min is None or len(given) >= (order.pieces or 0):
        return None
    return given[-1].happened_at + timedelta(minutes=float(order.rest_min))
