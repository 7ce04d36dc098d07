"""The words of antidepressant trials: a trial as it was taken, and how far it counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from ketacare.medicine.evidence.terms import Figure, Grade, SheetHeader, SheetRef


class Standing(StrEnum):
    """How far a trial counts towards resistance."""

    CERTAIN = "counts"
    SHORT = "short or doubtful"
    UNKNOWN = "cannot tell"
    INTOLERANCE = "intolerance"
    AUGMENTATION = "augmentation"
    NO = "does not count"


@dataclass(frozen=True, slots=True)
class DoseStep:
    """So many days at one daily dose; None where nobody knows."""

    dose_mg: Decimal | None
    days: int | None

    def __post_init__(self) -> None:
        if self.dose_mg is not None and (not self.dose_mg.is_finite() or self.dose_mg <= 0):
            raise ValueError(f"Dose: {self.dose_mg} mg is not a dose. Enter mg a day, or leave it out if not known.")
        if self.days is not None and self.days < 1:
            raise ValueError(f"Days: {self.days} is not a duration. Enter days, or leave it out if not known.")


@dataclass(frozen=True)
class Trial:
    """One medicine as it was taken, doses in the order taken. None is unknown, never no."""

    medicine: str
    steps: tuple[DoseStep, ...]
    improvement_percent: Decimal | None = None
    adherence_percent: Decimal | None = None
    in_current_episode: bool | None = None
    form: str = ""
    gap_days: int = 0
    stopped_for_side_effects: bool = False
    relapsed_on_dose: bool = False
    adherence_witnessed: bool = False
    level_ng_per_ml: Decimal | None = None
    reduced_ceiling_mg: Decimal | None = None
    started_with: tuple[str, ...] = ()
    days_alone: int | None = None
    source: str = "recall"

    def __post_init__(self) -> None:
        for name, value in (("improvement", self.improvement_percent), ("adherence", self.adherence_percent)):
            if value is not None and (not value.is_finite() or value > 100 or (name == "adherence" and value < 0)):
                raise ValueError(f"{self.medicine} {name}: {value} % is impossible. Enter a percentage up to 100.")
        if self.gap_days < 0:
            raise ValueError(f"{self.medicine} gaps: {self.gap_days} days is impossible. Enter 0 or more.")


@dataclass(frozen=True)
class Medicine:
    """One row of the adequate-dose table; `molecule` joins what counts as one (a racemate and its enantiomer)."""

    id: str
    name: str
    names: tuple[str, ...]
    drug_class: str
    molecule: str
    least: Figure
    least_by_form: Mapping[str, Figure] = field(default_factory=dict)
    low: Figure | None = None
    level_least: Figure | None = None
    level_most: Figure | None = None
    days: Figure | None = None


@dataclass(frozen=True)
class TrialLines:
    """The figures that every trial is held against."""

    header: SheetHeader
    medicines: Mapping[str, Medicine]
    augmenters: Mapping[str, str]
    figures: Mapping[str, Figure]
    needed: Figure

    @property
    def ref(self) -> SheetRef:
        return SheetRef(self.header.id, self.header.version)

    def value(self, name: str) -> Decimal:
        return self.figures[name].value

    def medicine(self, name: str) -> Medicine | None:
        return self.medicines.get(name.strip().casefold())


@dataclass(frozen=True)
class TrialJudgement:
    """Why a trial counts, might, or does not; `why` names the TRIAL rules, `missing` what would settle it."""

    trial: Trial
    standing: Standing
    medicine: Medicine | None
    least_days: int
    why: tuple[str, ...]
    missing: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    counts_for_life: bool = False
    grade: Grade = Grade.D

    @property
    def molecule(self) -> str:
        return self.trial.medicine.strip().casefold() if self.medicine is None else self.medicine.molecule


@dataclass(frozen=True)
class TrialCount:
    """Certain N, possible M: unknown is never counted and never thrown away (TRIAL-11)."""

    certain: int
    short: int
    unknown: int
    intolerances: int
    lifetime: int
    judgements: tuple[TrialJudgement, ...]
    missing: tuple[str, ...]

    @property
    def possible(self) -> int:
        return self.certain + self.short + self.unknown

    @property
    def words(self) -> str:
        return f"certain {self.certain}, possible {self.possible}"
