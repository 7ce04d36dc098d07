"""The words of side effects and of the effects of a dose."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ketacare.medicine.evidence.terms import Figure, Grade, Series, Sheet, Source
from ketacare.medicine.safety.terms.triage import Tier


@dataclass(frozen=True, slots=True)
class SideEffect:
    """A preferred term and how it is asked. The code is unconfirmed until verified against a release."""

    id: str
    term: str
    words: str
    snomed: str | None
    words_es: str = ""
    tier: Tier | None = None
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class EffectTerm:
    """An effect by its preferred term, the word on its button, and what each grade from 1 means; empty for none."""

    id: str
    term: str
    tap: str
    grades: tuple[str, ...]
    sources: tuple[Source, ...]
    grade: Grade


@dataclass(frozen=True, slots=True)
class TimeCourse:
    """Minutes after the start of the dose: begins, is at its most, is gone. An empty route is any."""

    effect: str
    route: str
    onset: Series
    peak: Series
    gone: Series


@dataclass(frozen=True)
class EffectSheet:
    """All that effects are graded by."""

    sheet: Sheet
    terms: Mapping[str, EffectTerm]
    lines: Mapping[str, Figure]
    programme: Mapping[str, Figure]
    courses: tuple[TimeCourse, ...]
    serious: Mapping[str, str]

    def course(self, effect: str, *routes: str) -> TimeCourse | None:
        """The course by this drug or route, else the one that holds for any."""
        found = {one.route: one for one in self.courses if one.effect == effect}
        return next((found[route] for route in (*routes, "") if route in found), None)


@dataclass(frozen=True, slots=True)
class Charted:
    """What a session's record shows of its effects. None is not recorded, which is no finding.

    `pressure` is the gravest its alarms became; `hypoxia_s` the longest stretch under the line; `treated` the effects a
    medicine was given for; `stopped` whether the dose was paused or ended for pressure; `tapped` what people charted,
    with the grade they gave (0 for none); `signs` the effects whose alarming sign was seen; `grave_course` an
    emergency, a way to hospital.
    """

    moaas: Decimal | None = None
    distress: Decimal | None = None
    nausea: Decimal | None = None
    vomited: bool = False
    spo2: Decimal | None = None
    hypoxia_s: Decimal = Decimal(0)
    breaths: Decimal | None = None
    pressure: str = ""
    pulse: str = ""
    treated: frozenset[str] = frozenset()
    stopped: bool = False
    danger: bool = False
    emergencies: frozenset[str] = frozenset()
    tapped: Mapping[str, int] = field(default_factory=dict)
    signs: frozenset[str] = frozenset()
    grave_course: str = ""


@dataclass(frozen=True, slots=True)
class Graded:
    """An effect with the grade its record amounts to, and whether it is more than an effect: an event.

    A `grade` of 0 is for the prescriber to judge: the record shows it may have been."""

    effect: str
    term: str
    grade: int
    why: str
    is_event: bool
