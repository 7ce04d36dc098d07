"""The words of outcomes: an instrument as its sheet gives it, a score, a course over time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from ketacare.medicine.evidence.terms import Figure, SheetHeader


@dataclass(frozen=True, slots=True)
class Choice:
    code: int
    words: str
    loinc: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One question. An item that is not `scored` is stored and never summed."""

    id: str
    words: str
    choices: tuple[Choice, ...] = ()
    low: int = 0
    high: int = 0
    low_words: str = ""
    high_words: str = ""
    loinc: str | None = None
    scored: bool = True

    def allows(self, code: int) -> bool:
        return code in {choice.code for choice in self.choices} if self.choices else self.low <= code <= self.high


@dataclass(frozen=True, slots=True)
class Band:
    name: str
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument with its wording where that may be shown, and how it is read. Unknown figures are None."""

    header: SheetHeader
    name: str
    stem: str
    notice: str
    recall_days: int
    again_after_days: int
    baseline_days: int
    language: str
    items: tuple[Item, ...]
    bands: tuple[Band, ...] = ()
    remission_under: Figure | None = None
    response_percent: Figure | None = None
    partial_percent: Figure | None = None
    reliable_change: Figure | None = None
    loinc: str | None = None
    loinc_total: str | None = None
    sources: tuple[str, ...] = ()
    syndromes: bool = False
    charted_only: bool = False

    @property
    def id(self) -> str:
        return self.header.id

    @property
    def version(self) -> str:
        return self.header.version

    @property
    def scored_items(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.scored)

    def item(self, item_id: str) -> Item | None:
        return next((item for item in self.items if item.id == item_id), None)


Answers = Mapping[str, int | None]


class AnswersRefused(ValueError):
    """Answers that cannot belong to the instrument: the item, the rule, the remedy."""


@dataclass(frozen=True, slots=True)
class Score:
    """`total` and `band` are None as soon as one scored item is; `sum_answered` is then not a score."""

    instrument: str
    version: str
    total: Decimal | None
    sum_answered: Decimal
    complete: bool
    missing: tuple[str, ...]
    band: str | None
    subscales: Mapping[str, Decimal | bool]
    flags: tuple[str, ...]
    sources: tuple[str, ...]


class Change(StrEnum):
    """Against baseline, always said with its time point."""

    RESPONSE = "response"
    PARTIAL = "partial response"
    NONE = "no response"
    WORSE = "worse"


# --- over time ---


@dataclass(frozen=True, slots=True)
class Point:
    """One score in time; without a total it is drawn as missing, never as zero."""

    at: datetime
    total: Decimal | None
    due: bool = False


@dataclass(frozen=True, slots=True)
class Assessed:
    """A point held against baseline."""

    point: Point
    percent_fall: Decimal | None
    change: Change | None
    remission: bool | None
    reliable: bool | None


@dataclass(frozen=True, slots=True)
class Trajectory:
    instrument: str
    baseline: Point | None
    points: tuple[Assessed, ...]
    missing: tuple[datetime, ...]
    doses: tuple[datetime, ...]
    response_at: datetime | None
    remission_at: datetime | None

    @property
    def latest(self) -> Assessed | None:
        return next((assessed for assessed in reversed(self.points) if assessed.point.total is not None), None)


@dataclass(frozen=True, slots=True)
class AskRule:
    """From the cadence sheet: what is asked when, in hours after the dose."""

    key: str
    title: str
    instruments: tuple[str, ...]
    opens_h: int
    due_h: int
    closes_h: int
    past_next_dose: bool = False
    only_with: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to the patient for one moment after one dose. Half-open: from `opens_at` until before `closes_at`."""

    key: str
    title: str
    instruments: tuple[str, ...]
    opens_at: datetime
    due_at: datetime
    closes_at: datetime
    left_out: tuple[str, ...] = field(default=())
