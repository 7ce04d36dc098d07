"""A protocol as a frozen value: the dose, the course, the ceilings, what is due when, and what happens afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ketacare.medicine.evidence.terms import Condition, Effect, Figure, Grade, Series, SheetHeader, SheetRef, Source
from ketacare.medicine.quantities.terms import Concentration, Duration, Mass, MassPerWeight, Volume


class Need(StrEnum):
    REQUIRED = "required"
    CONTINUOUS = "continuous"
    SPOT = "spot"
    OFFERED = "offered"


@dataclass(frozen=True, slots=True)
class DueReading:
    """A reading owed at a minute from T0; minute None is owed just before leaving."""

    parameter: str
    minute: int | None
    need: Need

    @property
    def before_leaving(self) -> bool:
        return self.minute is None


@dataclass(frozen=True, slots=True)
class WeightRules:
    descriptor: str
    valid_days: int
    recalculate_percent: Decimal
    question_percent: Decimal
    bmi_low: Decimal
    bmi_high: Decimal


@dataclass(frozen=True, slots=True)
class Ceilings:
    """Lines a dose may not pass alone: confirmed, refused, or held until two people say why."""

    floor_by_weight: MassPerWeight
    confirm_over: Mass
    most: Mass
    most_by_weight: MassPerWeight
    two_people_times_plan: Decimal
    two_people_times_last: Decimal
    two_people_over_by_weight: MassPerWeight
    two_people_under: Duration

    def __post_init__(self) -> None:
        if not self.confirm_over <= self.most or not self.floor_by_weight <= self.most_by_weight:
            raise ValueError("Ceilings: the confirm line is above the refuse line. Correct the sheet.")


@dataclass(frozen=True, slots=True)
class Vial:
    concentration: Concentration
    volume: Volume
    dilute_first: bool

    @property
    def content(self) -> Mass:
        return self.volume.holding(self.concentration)

    @property
    def label(self) -> str:
        """Total mg and mL together, so the strength is never read as the dose (H1)."""
        return f"{self.concentration.written()}, {self.volume.written()} ({self.content.written()})"


@dataclass(frozen=True, slots=True)
class AfterCrossing:
    every_min: int
    inside_times: int
    then_every_min: int


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A duty after the dose, in hours from T0; `owner` is a role."""

    kind: str
    title: str
    owner: str
    opens_h: int
    due_h: int
    escalate_h: int

    def __post_init__(self) -> None:
        if not self.opens_h <= self.due_h <= self.escalate_h:
            raise ValueError(f"{self.kind}: opens, due and escalate must follow each other. Correct the sheet.")


@dataclass(frozen=True)
class ParameterLimits:
    """One parameter's lines as the sheet has them; the monitoring room says how they alarm."""

    parameter: str
    title: str
    unit: str
    kind: str
    lines: Mapping[str, Figure]

    def line(self, name: str) -> Decimal | None:
        figure = self.lines.get(name)
        return None if figure is None else figure.value


@dataclass(frozen=True)
class LimitSet:
    header: SheetHeader
    parameters: Mapping[str, ParameterLimits]
    general: Mapping[str, Figure]
    symptoms_medium: tuple[str, ...]
    symptoms_high: tuple[str, ...]

    @property
    def ref(self) -> SheetRef:
        return SheetRef(self.header.id, self.header.version)


@dataclass(frozen=True)
class ReleaseSet:
    """The minimum times and lines of the release criteria, by name."""

    header: SheetHeader
    figures: Mapping[str, Figure]

    @property
    def ref(self) -> SheetRef:
        return SheetRef(self.header.id, self.header.version)

    def value(self, name: str) -> Decimal:
        return self.figures[name].value


@dataclass(frozen=True)
class Check:
    """One row of the readiness list: when it is a no-go, and when the prescriber must decide."""

    id: str
    title: str
    strict: bool
    no_go: Condition
    prescriber: Condition | None
    sources: tuple[Source, ...]
    grade: Grade
    words: Mapping[str, str]

    @property
    def effect_when_unknown(self) -> Effect:
        return Effect.STOP if self.strict else Effect.CLEAR


@dataclass(frozen=True)
class Checklist:
    header: SheetHeader
    checks: tuple[Check, ...]

    @property
    def ref(self) -> SheetRef:
        return SheetRef(self.header.id, self.header.version)


@dataclass(frozen=True)
class Phase:
    """A stretch of a regimen: its doses, times, counts and gaps by name, as figures or series."""

    name: str
    figures: Mapping[str, Figure | Series]
    words: str = ""


@dataclass(frozen=True)
class Regimen:
    """A published way of giving the drug, by any route. What can also be ordered here is a `Protocol`."""

    header: SheetHeader
    drug: str
    route: str
    indication: str
    site_of_care: str
    label: str
    phases: tuple[Phase, ...]

    @property
    def id(self) -> str:
        return self.header.id


@dataclass(frozen=True)
class DosingRule:
    """A rule between sessions (titration, missed sessions, stopping), or of amounts and devices."""

    id: str
    title: str
    applies: str
    words: str
    figures: Mapping[str, Figure | Series]
    sources: tuple[Source, ...]
    grade: Grade


@dataclass(frozen=True)
class Protocol:
    """An intravenous regimen that can be ordered here; `headers` are of the sheets that it is put together from."""

    header: SheetHeader
    drug: str
    route: str
    indication: str
    site_of_care: str
    headers: tuple[SheetHeader, ...]
    dose: MassPerWeight
    minutes: Duration
    sessions: int
    per_week: int
    most_sessions: int
    min_days_between: int
    bag: Volume
    weight: WeightRules
    ceilings: Ceilings
    vials: tuple[Vial, ...]
    readings: tuple[DueReading, ...]
    after_crossing: AfterCrossing
    follow_ups: tuple[FollowUp, ...]
    limits: LimitSet
    release: ReleaseSet
    readiness: Checklist
    figures: Mapping[str, Figure]

    @property
    def id(self) -> str:
        return self.header.id

    @property
    def version(self) -> str:
        return self.header.version

    @property
    def title(self) -> str:
        return self.header.title

    @property
    def ref(self) -> SheetRef:
        return SheetRef(self.id, self.version)

    @property
    def parts(self) -> tuple[SheetRef, ...]:
        """The sheets beside its own, at their versions."""
        return tuple(header.ref for header in self.headers[1:])

    def vial(self, concentration: Concentration) -> Vial | None:
        """The listed vial of this strength, if there is one."""
        return next((vial for vial in self.vials if vial.concentration == concentration), None)
