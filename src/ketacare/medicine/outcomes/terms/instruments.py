"""An instrument as its sheet gives it: what it asks, how answers become a score, and what of it may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from ketacare.medicine.evidence.terms import Figure, Grade, Series, SheetHeader


@dataclass(frozen=True, slots=True)
class Choice:
    code: int
    words: str
    loinc: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One question. An item that is not `scored` is stored and never summed; `needed`, it still must be answered.

    `topic` is ours, for staff, where the wording is not ours to show. A code that is `not_assessed` leaves the item
    unknown; one that is `not_added` counts nothing, by the instrument's own rule. `asked_if` names an item and the
    codes of it at which this one is asked at all.
    """

    id: str
    words: str
    choices: tuple[Choice, ...] = ()
    low: int = 0
    high: int = 0
    low_words: str = ""
    high_words: str = ""
    loinc: str | None = None
    scored: bool = True
    topic: str = ""
    is_reversed: bool = False
    needed: bool = False
    not_assessed: frozenset[int] = frozenset()
    not_added: frozenset[int] = frozenset()
    asked_if: tuple[str, frozenset[int]] | None = None

    def allows(self, code: int) -> bool:
        return code in {choice.code for choice in self.choices} if self.choices else self.low <= code <= self.high

    @property
    def codes(self) -> tuple[int, ...]:
        """Every code it may have, those that mean "not assessed" too."""
        return tuple(choice.code for choice in self.choices) or tuple(range(self.low, self.high + 1))

    @property
    def is_answered_in_words(self) -> bool:
        if self.choices:
            return all(choice.words for choice in self.choices)
        return bool(self.low_words and self.high_words)

    @property
    def name(self) -> str:
        """What staff call it: its wording, else its topic, else its number."""
        return self.words or self.topic or f"Item {self.id}"


@dataclass(frozen=True, slots=True)
class Band:
    name: str
    low: Decimal
    high: Decimal


# --- how answers become a score ---


class Take(StrEnum):
    """What a subscale makes of its items."""

    SUM = "sum"
    HIGHEST = "highest"  # scorable as soon as one of them is answered
    PERCENT = "percent"  # of the most that its items can give
    PLACE = "place"  # the number of the last one that is above 0


@dataclass(frozen=True, slots=True)
class Subscale:
    id: str
    title: str
    items: tuple[str, ...]
    take: Take = Take.SUM


@dataclass(frozen=True, slots=True)
class Count:
    """How many items reach their line; one that is not answered does not."""

    id: str
    title: str
    least: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Condition:
    """One measure held against a line. `of` is a subscale, a count, "total", the derived measure, or "item 9"."""

    of: str
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    unanswered: bool = False


@dataclass(frozen=True, slots=True)
class Skip:
    """A branch of the form: where those of `after` come to no more than `at_most`, those of `items` are not asked."""

    after: tuple[str, ...]
    at_most: Decimal
    items: tuple[str, ...]


class WhenMissing(StrEnum):
    """What a finding says of a form that is not complete."""

    NOT_MET = "not met"  # a missing item counts as not met, as the published program has it: "at least"
    OPEN = "open"  # unknown, unless no answer could change it
    NO_TOTAL = "no total"  # unknown as soon as the total is


@dataclass(frozen=True, slots=True)
class Finding:
    """What the answers show beside the total: a syndrome, a screen, an answer that a person must see.

    `is_shown` stands among the subscales; `is_flag` is raised as soon as it is certain, also on a form left unfinished.
    """

    id: str
    title: str
    conditions: tuple[Condition, ...]
    is_any: bool = False
    when_missing: WhenMissing = WhenMissing.OPEN
    is_shown: bool = True
    is_flag: bool = False


@dataclass(frozen=True, slots=True)
class Derived:
    """The measure in which a total is read, where that is not the total: (total - less) x times / over, or a table."""

    id: str
    title: str
    less: Decimal = Decimal(0)
    times: Decimal = Decimal(1)
    over: Decimal = Decimal(1)
    table: Mapping[int, Decimal] = field(default_factory=dict)

    def of(self, total: Decimal) -> Decimal:
        return self.table[int(total)] if self.table else (total - self.less) * self.times / self.over


@dataclass(frozen=True, slots=True)
class Prorate:
    """A total made up for items left out. Never used for response, remission, reliable change or flags."""

    most_missing: Figure
    never: frozenset[str] = frozenset()


class TotalOf(StrEnum):
    ITEMS = "items"
    SUBSCALES = "subscales"
    NOTHING = "nothing"  # not a sum


# --- what may be shown ---


class Wording(StrEnum):
    """Whether the wording of an instrument may stand on a page of ours."""

    SHIPPED = "shipped"
    PACK = "pack"  # in a pack of its own with its notice, off until a clinic adopts it
    OWNER = "owner"  # by number, until a clinic that has the licence loads the owner's text
    TOTAL = "total"  # the total alone, until a clinic that has the licence loads the owner's text
    NEVER = "never"  # not on any page


@dataclass(frozen=True, slots=True)
class Licence:
    """Whose the wording is, under which terms, by which source."""

    wording: Wording
    owner: str
    terms: str
    sources: tuple[str, ...]
    grade: Grade
    translations: str = ""

    @property
    def words(self) -> str:
        """Whose it is, and under which terms."""
        return f"{self.owner.rstrip('.')}. {self.terms}"


_HOUSE = Licence(Wording.SHIPPED, "Ketacare", "Our own wording; no licence needed.", (), Grade.D)


class Rated(StrEnum):
    """Who answers."""

    SELF = "self"
    RATER = "rater"
    EITHER = "either"  # self, or asked by staff


@dataclass(frozen=True, slots=True)
class Explained:
    """A fact of ours that stands beside some of the owner's questions, as what one drink is."""

    items: tuple[str, ...]
    words: str
    words_es: str

    def in_language(self, language: str) -> str:
        return self.words_es if language.startswith("es") else self.words


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument with its wording where that may be shown, and how it is read. Unknown figures are None.

    `recall_days` and `recall_hours` are what it looks back on; one given with another recall is another measure.
    """

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
    remission_at_most: Figure | None = None
    response_percent: Figure | None = None
    partial_percent: Figure | None = None
    reliable_change: Figure | None = None
    least_change: Figure | None = None
    loinc: str | None = None
    loinc_total: str | None = None
    sources: tuple[str, ...] = ()
    charted_only: bool = False
    purpose: str = ""
    full_name: str = ""
    edition: str = ""
    recall_words: str = ""
    rated: Rated = Rated.SELF
    higher_is_better: bool = False
    licence: Licence = _HOUSE
    total_of: TotalOf = TotalOf.ITEMS
    subscales: tuple[Subscale, ...] = ()
    counts: tuple[Count, ...] = ()
    findings: tuple[Finding, ...] = ()
    levels: tuple[tuple[str, str], ...] = ()
    skips: tuple[Skip, ...] = ()
    derived: Derived | None = None
    prorate: Prorate | None = None
    spread: Spread | None = None
    crosswalks: tuple[Crosswalk, ...] = ()
    also_called: tuple[str, ...] = ()
    disabled: str = ""
    text: str = ""
    intro: str = ""
    explained: Explained | None = None

    @property
    def id(self) -> str:
        return self.header.id

    @property
    def version(self) -> str:
        return self.header.version

    def explains(self, item_id: str, language: str) -> str:
        """What is said beside this question; mostly nothing."""
        told = self.explained
        return told.in_language(language) if told is not None and item_id in told.items else ""

    @property
    def scored_items(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.scored)

    @property
    def is_worded(self) -> bool:
        """May it be shown to a patient? Only with the words of every question, and of its answers or both its ends."""
        return bool(self.items) and all(item.words and item.is_answered_in_words for item in self.items)

    @property
    def risk_items(self) -> tuple[Item, ...]:
        """Items that a person must see by themselves: asked also where only the total is typed in."""
        alone = [one for one in self.findings if one.is_flag and (one.is_any or len(one.conditions) == 1)]
        named = {part.of.removeprefix("item ") for one in alone for part in one.conditions}
        return tuple(item for item in self.items if item.id in named)

    def item(self, item_id: str) -> Item | None:
        return next((item for item in self.items if item.id == item_id), None)


@dataclass(frozen=True, slots=True)
class Spread:
    """What reliable change is worked out from: standard deviation, reliability, and the line for their quotient."""

    deviation: Figure
    reliability: Figure
    line: Figure


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """About what each total would be on another scale, from and to. Shown with its source, never stored."""

    to: str
    lows: Series
    highs: Series


# --- the owner's words ---


@dataclass(frozen=True, slots=True)
class TextPack:
    """The wording of one instrument in one language: by whom, under which licence, with the line shown beside it."""

    instrument: str
    language: str
    edition: str
    owner: str
    licence: str
    attribution: str
    stem: str
    items: Mapping[str, str]
    answers: Mapping[str, tuple[str, ...]]
    non_commercial: bool
    fingerprint: str
    intro: str = ""  # the owner's, before the first question
