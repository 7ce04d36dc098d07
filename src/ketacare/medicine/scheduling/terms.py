"""The words of planning: spans, people and places with what they can be planned for, visits, and what a plan breaks.

Times are instants with a zone; a day is the site's own day. Everything is handed in: this room knows no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from ketacare.medicine.evidence.terms import Figure, Series, SheetRef


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open: from `starts` until before `ends`. Kept in UTC: between two times of one zone Python counts what the
    wall shows, which is an hour off over a change of the clocks."""

    starts: datetime
    ends: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts", self.starts.astimezone(UTC))
        object.__setattr__(self, "ends", self.ends.astimezone(UTC))
        if self.ends <= self.starts:
            raise ValueError("Span: it ends before it begins. Give the earlier time first.")

    def meets(self, other: Span) -> bool:
        return self.starts < other.ends and other.starts < self.ends

    def within(self, other: Span) -> bool:
        return other.starts <= self.starts and self.ends <= other.ends

    @property
    def length(self) -> timedelta:
        return self.ends - self.starts


class Kind(StrEnum):
    EVALUATION = "evaluation"
    PREPARATION = "preparation"
    DOSE = "dose"
    INTEGRATION = "integration"
    REVIEW = "review"
    LABORATORY = "laboratory"


class Skill(StrEnum):
    INFUSION = "infusion"
    THERAPY = "therapy"
    PRESCRIBE = "prescribe"
    LABORATORY = "laboratory"


NEEDED = {
    Kind.EVALUATION: Skill.PRESCRIBE,
    Kind.PREPARATION: Skill.THERAPY,
    Kind.DOSE: Skill.INFUSION,
    Kind.INTEGRATION: Skill.THERAPY,
    Kind.REVIEW: Skill.PRESCRIBE,
    Kind.LABORATORY: Skill.LABORATORY,
}
THERAPY_WORK = frozenset({Kind.INTEGRATION})
BEFORE_A_DOSE = frozenset({Kind.PREPARATION, Kind.LABORATORY})
AFTER_ITS_DOSE = frozenset({Kind.INTEGRATION, Kind.REVIEW})


class PlaceKind(StrEnum):
    CHAIR = "chair"
    ROOM = "room"
    PUMP = "pump"
    MONITOR = "monitor"


@dataclass(frozen=True, slots=True)
class Person:
    """Who works here: what they are planned for, and the spans in which they are here (hours less leave)."""

    id: str
    name: str
    skills: frozenset[Skill]
    here: tuple[Span, ...]
    only: Mapping[str, datetime | None] | None = None
    """Of another practice: works with these patients alone, with each until then."""
    licensed_until: datetime | None = None
    """The midnight after the last day of their licence, where one is noted: `here` ends there too."""

    def for_patient(self, patient: str) -> Person:
        """As this patient may have them: with no skill where they are not assigned, and not past their last day."""
        if self.only is None:
            return self
        if patient not in self.only:
            return replace(self, skills=frozenset())
        until = self.only[patient]
        if until is None:
            return self
        return replace(self, here=tuple(Span(s.starts, min(s.ends, until)) for s in self.here if s.starts < until))


@dataclass(frozen=True, slots=True)
class Place:
    """A chair, room, pump or monitor, and the spans in which it cannot be used."""

    id: str
    name: str
    kind: PlaceKind
    out: tuple[Span, ...] = ()


class Watch(StrEnum):
    """How closely a dose is watched, by what is given and how much of it."""

    LARGE = "large"
    USUAL = "usual"
    NASAL = "nasal"


@dataclass(frozen=True, slots=True)
class Watched:
    """How many chairs one nurse watches at once while a dose acts, in recovery (and before the dose), after esketamine
    by the nose, and while a large dose acts. Of different ones at once each takes its part of the nurse: one of two
    half of their eyes, one of three a third."""

    acting: int
    recovery: int
    nasal: int
    acts: timedelta
    """So long from its beginning a dose acts."""
    large: int = 1

    MOST: ClassVar[int] = 8

    def __post_init__(self) -> None:
        if not all(1 <= most <= self.MOST for most in (self.acting, self.recovery, self.nasal, self.large)):
            raise ValueError(f"Watched chairs: a nurse watches 1 to {self.MOST} at once. Correct them.")

    def most(self, watch: Watch, *, acting: bool) -> int:
        if watch is Watch.NASAL:
            return self.nasal
        if not acting:
            return self.recovery
        return self.large if watch is Watch.LARGE else self.acting


@dataclass(frozen=True, slots=True)
class SiteRules:
    hands_on: timedelta
    watched: Watched
    end_before_closing: timedelta
    needs_supervisor: bool = True

    def __post_init__(self) -> None:
        if self.hands_on <= timedelta() or self.end_before_closing < timedelta():
            raise ValueError("Site rules: the start wants hands; no time is negative. Correct them.")


@dataclass(frozen=True, slots=True)
class House:
    """A site: its zone, when it is open (holidays taken out), who and what it has, and its rules."""

    zone: str
    opens: tuple[Span, ...]
    people: tuple[Person, ...]
    places: tuple[Place, ...]
    rules: SiteRules

    def for_patient(self, patient: str) -> House:
        """The site as this patient may have it, for a search that knows no patients."""
        return replace(self, people=tuple(one.for_patient(patient) for one in self.people))

    def places_of(self, kind: PlaceKind) -> tuple[Place, ...]:
        return tuple(place for place in self.places if place.kind is kind)


@dataclass(frozen=True, slots=True)
class Window:
    """Hours after a dose between which its integration visit begins, as its protocol or sheet has them."""

    opens_h: int
    closes_h: int

    def __post_init__(self) -> None:
        if self.opens_h < 0 or self.closes_h <= self.opens_h:
            raise ValueError("Window: it closes before it opens. Give the hours in their order.")


@dataclass(frozen=True, slots=True)
class CourseRules:
    """What a course is held to: days between doses, doses in any seven days, and the window after each."""

    min_days: int
    most_days: int
    per_week: int
    window: Window
    before: timedelta
    """From arriving to the start of the dose."""
    sits: bool = False
    """A therapist sits with the patient through every dose."""
    min_hours: int = 0
    """Between two doses, where the protocol counts them in hours as well."""

    def __post_init__(self) -> None:
        if not 1 <= self.min_days <= self.most_days or self.per_week < 1:
            raise ValueError("Course rules: the least days between doses are more than the most. Correct them.")


@dataclass(frozen=True, slots=True)
class Booked:
    """One visit with all that it holds. `follows` is the key of the dose that an integration visit belongs to."""

    key: str
    patient: str
    kind: Kind
    span: Span
    places: Mapping[PlaceKind, str] = field(default_factory=dict)
    person: str = ""
    hands_on: Span | None = None
    follows: str = ""
    number: int = 0
    lane: int = 0
    sitter: str = ""
    """The therapist who is with the patient through a dose; never the one who watches."""
    watch: Watch = Watch.USUAL

    @property
    def before(self) -> timedelta:
        """From the arrival to the start of the dose, when the nurse's hands are needed."""
        return self.hands_on.starts - self.span.starts if self.hands_on else timedelta()


class Rule(StrEnum):
    HOURS = "outside the opening hours"
    LAST_START = "too near closing"
    PLACE = "no place, or one that does not exist"
    OUT_OF_ORDER = "in something out of order"
    PLACE_TWICE = "one place for two visits"
    PATIENT_TWICE = "one patient in two visits"
    SKILL = "without somebody who has the skill"
    AWAY = "with somebody who is not here"
    PERSON_TWICE = "one person in two visits"
    HANDS_ON = "two starts for one nurse's hands"
    RATIO = "more chairs than one nurse may watch"
    SITTER = "without the therapist who sits"
    SUPERVISOR = "without a supervisor here"
    INTERVAL = "doses too near each other or too far apart"
    PER_WEEK = "too many doses in seven days"
    WINDOW = "integration outside the window of its dose"
    FLOOR = "therapy on the day of a dose, before the next morning"
    ORDER = "before what must come first"
    AFTER = "before the dose that it belongs to"
    NOTICE = "too soon to be told"


# No name and no reason lifts these: what cannot be, who is not trained for it, the hard floor after a dose, and work on
# a dose that was not given yet.
NEVER_LIFTED = frozenset({
    Rule.PLACE, Rule.OUT_OF_ORDER, Rule.PLACE_TWICE, Rule.PATIENT_TWICE, Rule.PERSON_TWICE, Rule.SKILL, Rule.FLOOR,
    Rule.AFTER,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Violation:
    rule: Rule
    keys: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Preparation:
    """One visit of preparation, and the days before the first dose between which it stands."""

    earliest: int
    latest: int


@dataclass(frozen=True, slots=True)
class Lengths:
    """Minutes that each kind of visit holds its place, from the sheet."""

    sheet: SheetRef
    site: SiteRules
    blocks: Mapping[str, timedelta]
    befores: Mapping[str, timedelta]
    first_more: timedelta
    others: Mapping[Kind, timedelta]
    preparations: tuple[Preparation, ...]
    owed_earliest: int
    owed_before_first: int
    review_after: tuple[int, ...]
    review_within: int
    stretch_most: int
    remind_before: int
    """Hours before the visit at which its reminder goes out."""
    remind_after_dose: int
    """Hours before the visit that follows a dose at which its reminder goes out at the latest."""
    notice: timedelta
    """A dose is given another time no nearer than this: who comes to it fasts, and is fetched."""
    escort_before: int
    """Hours before the visit by which somebody is named who takes the patient home."""
    morning: time
    """On the day after a dose, by the clinic's clock: the hard floor holds until then."""
    sits: frozenset[str]
    """Protocols in which a therapist sits through the dose."""
    large_over: Decimal
    """mg/kg: more of it, into a vein, a muscle or under the skin, is a large dose."""
    figures: Mapping[str, Figure | Series] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InLine:
    """Somebody who waits for a place."""

    key: str
    urgency: int
    since: datetime
    passed_over: int = 0
