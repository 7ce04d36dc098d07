"""The words of a dosing session: its states, the order and its working, the blind entry, readiness and release."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from ketacare.medicine.evidence.terms import FactUsed, Figure, Result, SheetRef
from ketacare.medicine.protocols.terms import Means, Protocol, Syringe
from ketacare.medicine.quantities.terms import (
    Concentration,
    Duration,
    Mass,
    MassPerWeight,
    RateDose,
    RatePump,
    Volume,
    Weight,
)


class SessionState(StrEnum):
    PLANNED = "planned"
    CHECKED_IN = "checked_in"
    READY = "ready"
    RUNNING = "running"
    RECOVERY = "recovery"
    DISCHARGED = "discharged"
    CLOSED = "closed"
    CANCELLED = "cancelled"


# A ready patient may fall back to checked in (readiness is lost), a recovering one never runs again: a dose that was
# stopped is not restarted under the same order. Nothing that got drug can be cancelled; it is discharged and closed.
TRANSITIONS: Mapping[SessionState, frozenset[SessionState]] = {
    SessionState.PLANNED: frozenset({SessionState.CHECKED_IN, SessionState.CANCELLED}),
    SessionState.CHECKED_IN: frozenset({SessionState.READY, SessionState.CANCELLED}),
    SessionState.READY: frozenset({SessionState.RUNNING, SessionState.CHECKED_IN, SessionState.CANCELLED}),
    SessionState.RUNNING: frozenset({SessionState.RECOVERY}),
    SessionState.RECOVERY: frozenset({SessionState.DISCHARGED}),
    SessionState.DISCHARGED: frozenset({SessionState.CLOSED}),
    SessionState.CLOSED: frozenset(),
    SessionState.CANCELLED: frozenset(),
}


# --- the order ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TwoPeople:
    """Two different people who mean an unusual dose; `reasons` are the second's, of each hold by its name."""

    first: str
    second: str
    reasons: Mapping[str, str]

    def __post_init__(self) -> None:
        if not self.first or not self.second or self.first == self.second:
            raise ValueError("Two people: the two must be different. Ask a second person.")
        if not any(reason.strip() for reason in self.reasons.values()):
            raise ValueError("Two people: the second gives no reason. Say of each line why this dose is meant.")

    def mean(self, name: str) -> bool:
        """The second has said why of this very hold."""
        return bool(self.reasons.get(name, "").strip())


@dataclass(frozen=True, slots=True)
class AtHome:
    """What must hold before a dose is taken at home; `observed` counts the doses that were watched in the clinic."""

    observed: int
    chaperone: str = ""
    video: bool = False
    law: bool = False
    reviewed: bool = False


Dose = MassPerWeight | Mass
NOTHING = Mass(Decimal(0))


@dataclass(frozen=True)
class Order:
    """What the prescriber orders. `dose` is by weight or an amount, as the protocol has it.

    Drawn from a `vial` of this strength, or counted in pieces of this content. `bag` None is undiluted; `planned` is
    the enrolment's own dose if it differs; `second_of` is the first dose of the same session;
    `given_this_week` counts the other sessions of seven days that gave this drug, `last_started_at` is when the last
    dose of any drug began, `last_given` of this drug by this route; `reasons` say of each hold by its name why it is
    meant all the same.
    `weight` is the one that the dose `rests_on`; where that is not the actual one, `actual` is what was weighed.
    `afterwards` is what is done with what was held in the mouth, `at_home` set where it is taken there.
    """

    protocol: Protocol
    dose: Dose
    weight: Weight
    weighed_at: datetime
    at: datetime
    vial: Concentration | None = None
    minutes: Duration | None = None
    bag: Volume | None = None
    piece: Mass | None = None
    site: str = ""
    starts_at: datetime | None = None
    planned: Dose | None = None
    last_given: Dose | None = None
    last_started_at: datetime | None = None
    given_today: Mass = NOTHING
    second_of: Mass | None = None
    given_this_week: int = 0
    two_people: TwoPeople | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)
    confirmed_by_prescriber: bool = False
    rests_on: str = "actual"
    actual: Weight | None = None
    afterwards: str = ""
    at_home: AtHome | None = None

    def __post_init__(self) -> None:
        for moment in (self.weighed_at, self.at, self.starts_at, self.last_started_at):
            if moment is not None and moment.tzinfo is None:
                raise TypeError("Order: a time needs its zone.")
        if isinstance(self.dose, MassPerWeight) is not self.protocol.by_weight:
            unit = MassPerWeight.unit if self.protocol.by_weight else Mass.unit
            raise TypeError(f"Dose: {self.dose} is not in {unit}, as this protocol orders it.")
        if (self.minutes is None) is (self.protocol.means is Means.INFUSION):
            raise TypeError("Time: an infusion has one, and nothing else has.")
        if (self.vial is None) is not (self.protocol.means is Means.COUNTED):
            raise TypeError("Vial: what is drawn has a strength, and what is counted has none.")

    def mass_of(self, dose: Dose) -> Mass:
        """In milligrams, for this patient."""
        return dose.for_weight(self.weight) if isinstance(dose, MassPerWeight) else dose


class HoldKind(StrEnum):
    """What lifts a hold: nothing, two people with a reason, the prescriber's word or reason, or an answer."""

    REFUSED = "refused"
    TWO_PEOPLE = "two_people"
    CONFIRM = "confirm"
    OVERRIDE = "override"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Hold:
    """Why an order may not go ahead as it stands: field, rule, remedy; and whether it has been lifted. `name` is what
    the reason that lifts it is kept under; empty where no reason does."""

    rule: str
    field: str
    kind: HoldKind
    words: str
    lifted: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the working, as a nurse would say it aloud."""

    name: str
    words: str


@dataclass(frozen=True)
class Working:
    """The chain from the order to the pump, needle or device, exact and rounded once, with every hold.

    `dose` is what is ordered; `drawn` what the syringe's scale or whole pieces really give. What a route does not have
    (a pump rate, a bag, a count) is None. In two steps `rate` is of the first, which ends at `first_total`. `minutes`
    are those ordered; `runs_for`, `ends_at` and `dose_rate` follow from the rate that the pump is set to.
    """

    dose: Mass
    drawn: Mass
    draw: Volume | None = None
    syringe: Syringe | None = None
    diluent: Volume | None = None
    total: Volume | None = None
    concentration: Concentration | None = None
    rate: RatePump | None = None
    dose_rate: RateDose | None = None
    first_total: Volume | None = None
    second_rate: RatePump | None = None
    minutes: Duration | None = None
    runs_for: Duration | None = None
    ends_at: datetime | None = None
    pieces: int | None = None
    injections: int = 1
    vials: int = 0
    left_in_vials: Mass = NOTHING
    steps: tuple[Step, ...] = ()
    holds: tuple[Hold, ...] = ()

    @property
    def open_holds(self) -> tuple[Hold, ...]:
        return tuple(hold for hold in self.holds if not hold.lifted)

    @property
    def may_go_ahead(self) -> bool:
        return not self.open_holds


@dataclass(frozen=True, slots=True)
class DoseEntry:
    """What each of two people enters, the second without seeing the first. `volume` is in the syringe, `total` what it
    is made up to."""

    patient: str
    drug: str
    dose: Mass
    concentration: Concentration | None = None
    volume: Volume | None = None
    total: Volume | None = None
    rate: RatePump | None = None
    pieces: int | None = None
    serials: tuple[str, ...] = ()
    route: str = ""


# --- readiness ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BpReading:
    systolic: int
    diastolic: int
    taken_at: datetime

    def __post_init__(self) -> None:
        if not self.systolic > self.diastolic > 0:
            raise ValueError(
                f"BP: {self.systolic}/{self.diastolic} has the lower number first. "
                "Enter systolic over diastolic, such as 120/80."
            )

    def __str__(self) -> str:
        return f"{self.systolic}/{self.diastolic}"


# --- release --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReleaseCriterion:
    """One of RC-1 to RC-12: its result, the recorded facts behind it, and since when it holds."""

    id: str
    title: str
    result: Result
    words: str
    facts: tuple[FactUsed, ...] = ()
    missing: tuple[str, ...] = ()
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """`ready` is True, False, or None while something is not known; unknown is never ready (H12)."""

    ready: bool | None
    ready_at: datetime | None
    earliest_at: datetime | None
    criteria: tuple[ReleaseCriterion, ...]
    missing: tuple[str, ...]
    sheets: tuple[SheetRef, ...]

    @property
    def unmet(self) -> tuple[ReleaseCriterion, ...]:
        return tuple(criterion for criterion in self.criteria if criterion.result is not Result.MET)


@dataclass(frozen=True, slots=True)
class OwedAtLeaving:
    """A reading of the schedule that is to be taken before they go: when it last was, and how long it counts."""

    parameter: str
    taken_at: datetime | None
    valid: Figure


@dataclass(frozen=True, slots=True)
class AlsoWatched:
    """What is watched all the time beside the schedule: why, and what that hangs on nobody knows."""

    name: str
    title: str
    because: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def wanted(self) -> bool | None:
        """None while nobody can say."""
        return True if self.because else None if self.unknown else False
