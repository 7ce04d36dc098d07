"""The orders of a session, read back from their lines: exact amounts, never recomputed from what is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from ketacare.clinic.dosing.models import Kind, TimelineEntry
from ketacare.clinic.dosing.queries import timeline
from ketacare.clinic.scheduling.models import Visit
from ketacare.medicine.protocols.terms import Means
from ketacare.medicine.quantities.terms import Concentration, Mass, MassPerWeight, RatePump, Volume

PROPOSED = "proposed"  # waits for the second of two people
IN_FORCE = ""
SECOND = "second-"
WITHDRAWN = "withdrawn"  # by a prescriber, with a reason: those it names are no orders any more
ROUTES = {
    "IV": "intravenous",
    "IM": "intramuscular",
    "SC": "subcutaneous",
    "PO": "by mouth",
    "SL": "sublingual",
    "IN": "nasal",
}


@dataclass(frozen=True)
class Against:
    """A line that the order goes beyond, and why it is meant all the same; each line with its own reason, and where it
    takes two people with one of each."""

    name: str
    rule: str
    words: str
    reason: str
    by_two: bool = True  # of a line that does not say, the second is asked as well
    second_reason: str = ""

    @property
    def second_field(self) -> str:
        """Where the second person's reason for it is typed."""
        return f"{SECOND}{self.name}"

    @property
    def line(self) -> str:
        """What the line says of this order, without what was to be done about it."""
        return f"{self.words.partition('. ')[0].rstrip('.')}."


@dataclass(frozen=True)
class Ordered:
    """One signed order. What a route does not have (a bag, a rate, a count) is None; `drawn_mg` is what the syringe or
    the pieces really hold, `dose_mg` what was ordered. `number` is the syringe of this session it is for."""

    entry: TimelineEntry
    drug: str
    route: str
    means: Means
    number: int
    dose_mg: Decimal
    drawn_mg: Decimal
    weight_kg: Decimal
    actual_kg: Decimal
    rests_on: str
    dose_mg_per_kg: Decimal | None
    vial_mg_per_ml: Decimal | None
    draw_ml: Decimal | None
    syringe_ml: Decimal | None
    diluent_ml: Decimal | None
    bag_ml: Decimal | None
    bag_mg_per_ml: Decimal | None
    rate_ml_per_h: Decimal | None
    minutes: Decimal | None
    runs_min: Decimal | None
    first_ml: Decimal | None
    first_min: Decimal | None
    second_ml_per_h: Decimal | None
    piece_mg: Decimal | None
    pieces: int | None
    rest_min: Decimal | None
    piece: str
    site: str
    injections: int
    working: tuple[str, ...] = field(default=())
    holds: tuple[str, ...] = field(default=())
    against: tuple[Against, ...] = field(default=())
    afterwards: str = ""
    at_home: dict[str, Any] | None = None

    @property
    def signed_at(self) -> datetime:
        return self.entry.happened_at

    @property
    def signed_by(self) -> str:
        return str(self.entry.body.get("signed_by") or (self.entry.recorded_by.name if self.entry.recorded_by else ""))

    @property
    def plain_holds(self) -> tuple[str, ...]:
        """Those that no reason was asked for."""
        return tuple(words for words in self.holds if words not in {one.words for one in self.against})

    @property
    def meant_words(self) -> str:
        """TI-5: Frail (Ben Moss: Agreed); WD-6: Relapse. Of an old line the one reason it has."""
        told = [f"{one.rule}: {one.reason}" + self._second(one) for one in self.against]
        return "; ".join(told) or str(self.entry.body.get("reason", ""))

    def _second(self, one: Against) -> str:
        return f" ({self.second_person}: {one.second_reason})" if one.second_reason else ""

    @property
    def second_person(self) -> str:
        """Who means it too; nobody where one signature is enough."""
        return str(self.entry.body.get("second", ""))

    @property
    def infused(self) -> bool:
        return self.means is Means.INFUSION

    @property
    def one_by_one(self) -> bool:
        """Pieces with a rest between them (H37)."""
        return self.rest_min is not None

    @property
    def route_words(self) -> str:
        return ROUTES.get(self.route, self.route)

    @property
    def dose(self) -> MassPerWeight | Mass:
        return Mass(self.dose_mg) if self.dose_mg_per_kg is None else MassPerWeight(self.dose_mg_per_kg)

    @property
    def ordered_words(self) -> str:
        """36.25 mg (0.5 mg/kg x 72.5 kg), or 56 mg."""
        whole = Mass(self.dose_mg).written()
        if self.dose_mg_per_kg is None:
            return whole
        rests = "" if self.actual_kg == self.weight_kg else f" {self.rests_on}, actual {plain(self.actual_kg)} kg"
        return f"{whole} ({self.dose} x {plain(self.weight_kg)} kg{rests})"

    @property
    def held_words(self) -> str:
        """What is held, of which some is given, with what was ordered where that is another amount."""
        if self.drawn_mg == self.dose_mg:
            return self.ordered_words
        return f"{Mass(self.drawn_mg).written()} drawn, ordered {self.ordered_words}"

    @property
    def draw_words(self) -> str:
        """What the hand does: 3.6 mL (36 mg), or 2 devices (56 mg)."""
        held = Mass(self.drawn_mg).written()
        if self.draw_ml is not None:
            return f"{Volume(self.draw_ml)} ({held})"
        return f"{self.pieces} {self.piece}{'' if self.pieces == 1 else 's'} ({held})"

    @property
    def prepared_words(self) -> str:
        """The same with what it comes from: 3.6 mL (36 mg) of 10 mg/mL, or 2 devices of 28 mg (56 mg)."""
        if self.draw_ml is not None:
            return f"{self.draw_words} of {self.product_words}"
        pieces = f"{self.pieces} {self.piece}{'' if self.pieces == 1 else 's'}"
        return f"{pieces} of {Mass(self.piece_mg or self.drawn_mg)} ({Mass(self.drawn_mg)})"

    @property
    def product_words(self) -> str:
        if self.vial_mg_per_ml is not None:
            return Concentration(self.vial_mg_per_ml).written()
        return f"{self.piece} of {Mass(self.piece_mg or self.drawn_mg)}"

    @property
    def pump_words(self) -> str:
        """150 mL/h for 40 min; or the two rates of an infusion in two steps."""
        rate, minutes = RatePump(self.rate_ml_per_h or Decimal(0)), self.minutes or Decimal(0)
        if self.first_min is None or self.second_ml_per_h is None:
            return f"{rate} for {plain(minutes)} min"
        rest = plain(minutes - self.first_min)
        return f"{rate} for {plain(self.first_min)} min; if stable then {RatePump(self.second_ml_per_h)} for {rest} min"

    @property
    def set_rate_words(self) -> str:
        """How long it takes at what the pump can be set to, where that is not the minutes ordered."""
        runs = None if self.runs_min is None else self.runs_min.quantize(Decimal("0.1"))
        return "" if runs is None or runs == self.minutes else f"{plain(runs)} min at the set rate; "

    @property
    def made_words(self) -> str:
        """What is in the bag or syringe of the pump."""
        if self.bag_ml is None:
            return ""
        return "undiluted" if not self.diluent_ml else f"made up to {Volume(self.bag_ml)}"

    @property
    def given_words(self) -> str:
        """How it gets into the patient, in one line."""
        if self.rate_ml_per_h is not None and self.bag_ml is not None:
            return f"{self.made_words}, {self.pump_words}"
        if self.afterwards:
            where = f", at home with {self.at_home['chaperone']}, by live video" if self.at_home else ""
            return f"held in the mouth, then {self.afterwards}{where}"
        if self.site:
            return f"into the {self.site}" + ("" if self.injections == 1 else f", {self.injections} injections")
        return f"one by one, {plain(self.rest_min)} min after each" if self.rest_min is not None else self.route_words


def plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


AMOUNTS = (
    "dose_mg_per_kg", "vial_mg_per_ml", "draw_ml", "syringe_ml", "diluent_ml", "bag_ml", "bag_mg_per_ml",
    "rate_ml_per_h", "minutes", "runs_min", "first_ml", "first_min", "second_ml_per_h", "piece_mg", "rest_min",
)  # fmt: skip


def order_of(visit: Visit) -> Ordered | None:
    """The latest signed order of this visit; one that waits for its second person is not in force."""
    entry = newest(lines(visit, IN_FORCE))
    return None if entry is None else read_back(entry)


def ordered_for(visit: Visit) -> tuple[str, str, Decimal | None] | None:
    """Drug, route and mg/kg of what is ordered, a second injection with the first: how closely the chair is watched
    goes by them."""
    orders = list(orders_of(visit).values())
    by_weight = [order.dose_mg_per_kg for order in orders if order.dose_mg_per_kg is not None]
    return (orders[-1].drug, orders[-1].route, sum(by_weight, Decimal(0)) if by_weight else None) if orders else None


def orders_of(visit: Visit) -> dict[int, Ordered]:
    """The order in force for each syringe of the session."""
    rows = [read_back(row) for row in lines(visit, IN_FORCE)]
    return {order.number: order for order in sorted(rows, key=lambda order: order.entry.recorded_at)}


def proposed(visit: Visit) -> Ordered | None:
    """The order that waits for the second person, if it is newer than the one in force."""
    entry, standing = newest(lines(visit, PROPOSED)), newest(lines(visit, IN_FORCE))
    if entry is None or (standing is not None and standing.recorded_at >= entry.recorded_at):
        return None
    return read_back(entry)


def lines(visit: Visit, *names: str) -> list[TimelineEntry]:
    """The order lines of these names that nobody has withdrawn."""
    rows = timeline.standing(visit, Kind.ORDER)
    gone = {pk for row in rows if row.name == WITHDRAWN for pk in row.body["of"]}
    return [row for row in rows if row.name in names and str(row.pk) not in gone]


def newest(rows: list[TimelineEntry]) -> TimelineEntry | None:
    return max(rows, key=lambda row: (row.recorded_at, row.pk), default=None)


def read_back(entry: TimelineEntry) -> Ordered:
    body = entry.body
    return Ordered(
        entry=entry,
        drug=body["drug"],
        route=body["route"],
        means=Means(body.get("means", Means.INFUSION)),
        number=int(body.get("number", 1)),
        dose_mg=Decimal(body["dose_mg"]),
        drawn_mg=Decimal(body.get("drawn_mg", body["dose_mg"])),
        weight_kg=Decimal(body["weight_kg"]),
        actual_kg=Decimal(body.get("actual_kg", body["weight_kg"])),
        rests_on=body.get("rests_on", "actual"),
        pieces=body.get("pieces"),
        piece=body.get("piece", ""),
        site=body.get("site", ""),
        afterwards=body.get("afterwards", ""),
        at_home=body.get("at_home"),
        injections=body.get("injections", 1),
        working=tuple(body["working"]),
        holds=tuple(body["holds"]),
        against=tuple(Against(**one) for one in body.get("against", ())),
        **{name: exact(body, name) for name in AMOUNTS},
    )


def exact(body: dict[str, Any], name: str) -> Decimal | None:
    return None if body.get(name) is None else Decimal(body[name])
