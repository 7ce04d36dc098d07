"""The words of safety. Two scales that must not be mixed: `Tier` says how soon a self-report needs a person (T1 is the
most urgent); `RiskTier` is what a clinician found by asking (T4 is the gravest)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from ketacare.medicine.evidence.terms import Figure, Grade, Series, Sheet, Source, weakest
from ketacare.medicine.outcomes.terms import Instrument, Item
from ketacare.medicine.safety.telephone import dialled, is_number


class Tier(StrEnum):
    T1 = "T1"  # now
    T2 = "T2"  # the same day
    T3 = "T3"  # before the next dose, or within two working days

    @property
    def holds_dose(self) -> bool:
        """The next dose waits until a clinician has decided."""
        return self is not Tier.T3


@dataclass(frozen=True, slots=True)
class DangerWords:
    """Phrases of either language, and how soon somebody must call whoever wrote one."""

    sheet: Sheet
    phrases: tuple[str, ...]
    tier: Tier


@dataclass(frozen=True, slots=True)
class TriageContext:
    """What must be known beside the answers; None is not known. `before_dose`: the same scale before the dose;
    `since_dose`: how long after the dose began this was so."""

    at: datetime
    since_dose: timedelta | None = None
    before_dose: int | None = None
    bipolar: bool | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """One reason for a person to act, and by when. No software closes it."""

    rule: str
    tier: Tier
    reason: str
    due_at: datetime
    instrument: str
    item: str | None
    sources: tuple[Source, ...]
    grade: Grade


@dataclass(frozen=True, slots=True)
class TriageRow:
    """One line that raises a flag: an item at least or at most so high, a total at least so high or risen by at least
    so much, or a finding of the scale itself; `after_dose` only once there is a score from before a dose to hold it
    against, `from_dose` only so long after a dose began. Of rows of one `group` the first that fits counts."""

    id: str
    instrument: str
    tier: Tier
    reason: str
    item: str | None = None
    least: Figure | None = None
    most: Figure | None = None
    total: Figure | None = None
    rise: Figure | None = None
    finding: str = ""
    after_dose: bool = False
    from_dose: Figure | None = None
    group: str = ""
    sources: tuple[Source, ...] = ()
    grade: Grade = Grade.D


@dataclass(frozen=True, slots=True)
class AnswerTiers:
    """What each answer of a safety question raises; None for nothing."""

    item: str
    tiers: tuple[Tier | None, ...]
    tiers_bipolar: tuple[Tier | None, ...]
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True)
class TriageSheet:
    """All that triage judges by."""

    sheet: Sheet
    rows: tuple[TriageRow, ...]
    items: Instrument
    first: Instrument
    effects: Instrument
    answer_tiers: Mapping[str, AnswerTiers]
    item_source: Source
    acknowledge_min: Figure
    contact_h: Figure
    working_days: Figure
    missed_once: Figure
    missed_again: Figure

    def questions(self, instrument: str) -> Instrument | None:
        """The safety questions of this name: after a dose, before any treatment, or which side effects there were."""
        return {asked.id: asked for asked in (self.items, self.first, self.effects)}.get(instrument)

    def item(self, item_id: str) -> Item | None:
        """A safety question by its id, which is its own among all."""
        return self.items.item(item_id) or self.first.item(item_id) or self.effects.item(item_id)


# --- found by a clinician ---


class RiskTier(StrEnum):
    T0 = "T0"
    T1 = "T1"
    T2 = "T2"
    T3 = "T3"
    T4 = "T4"
    TX = "TX"  # not asked: neither high nor low


class Dosing(StrEnum):
    ALLOWED = "allowed"
    CLEARANCE = "clearance"
    STOP = "stop"
    NOT_READY = "not_ready"


@dataclass(frozen=True, slots=True)
class RiskFinding:
    """A tier: what is found, what it means for a dose, what it asks for, and how soon a person must answer."""

    tier: RiskTier
    name: str
    finding: str
    dosing: Dosing
    override: str
    raises: Tier | None
    actions: tuple[str, ...]
    sources: tuple[Source, ...]
    grade: Grade
    actions_grade: Grade


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the screener by its number and meaning; the owner's form has the wording."""

    id: str
    meaning: str
    window: str
    asked: str
    sources: tuple[Source, ...]
    grade: Grade


@dataclass(frozen=True)
class RiskSheet:
    """All that a screener is read by."""

    sheet: Sheet
    questions: Mapping[str, Question]
    tiers: Mapping[RiskTier, RiskFinding]
    windows: Mapping[str, Figure]
    unanswered: frozenset[str]
    unanswered_at_least: RiskTier

    def days(self, window: str) -> int:
        return self.windows[window].integer


class Screened(Struct, frozen=True, gc=False):
    """What a screener says: the tier's finding; which questions are open and which contradict each other; and the
    answers that decided. While some of it is open, `certain` is what was answered yes, and `at_least` what it weighs
    until it is asked."""

    finding: RiskFinding
    certain: RiskTier
    at_least: RiskTier
    unanswered: tuple[str, ...] = ()
    inconsistent: tuple[str, ...] = ()
    decided_by: tuple[str, ...] = ()

    @property
    def tier(self) -> RiskTier:
        return self.finding.tier


# --- the safety plan ---


@dataclass(frozen=True, slots=True)
class PlanField:
    id: str
    title: str
    hint: str
    kind: str
    required: bool
    sources: tuple[Source, ...]
    grade: Grade


@dataclass(frozen=True)
class SafetyPlanSheet:
    sheet: Sheet
    fields: tuple[PlanField, ...]
    review_within_d: Figure
    contacts_h: Series


# --- help, side effects ---


@dataclass(frozen=True, slots=True)
class CrisisLine:
    """Help at once in one country: the line to talk to, and the emergency number. `text`: its number for text messages,
    or nothing. Without sources it is what a clinic itself has written down."""

    country: str
    name: str
    call: str
    text: str
    emergency: str
    hours: str
    where: str = ""
    sources: tuple[Source, ...] = ()
    grade: Grade = Grade.D

    @property
    def dial(self) -> str:
        """As a telephone takes it."""
        return dialled(self.call)

    @property
    def dial_emergency(self) -> str:
        return dialled(self.emergency)

    @property
    def is_doubtful(self) -> bool:
        """A number was written down as it may not be dialled: by the rule of today it would be refused."""
        return not (is_number(self.call) and is_number(self.emergency))


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


# --- effects of a dose ---


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
    with the grade they gave (0 for none).
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


@dataclass(frozen=True, slots=True)
class Graded:
    """An effect with the grade its record amounts to, and whether it is more than an effect: an event.

    A `grade` of 0 is for the prescriber to judge: the record shows it may have been."""

    effect: str
    term: str
    grade: int
    why: str
    is_event: bool


# --- medicines as needed ---


@dataclass(frozen=True, slots=True)
class NeededDose:
    """One way a medicine is given: from the first to the second amount, at most so much in a session."""

    route: str
    only: str
    amount: Series
    most: Figure | None

    @property
    def words(self) -> str:
        low, high = self.amount.values
        span = f"{low.normalize():f}" if low == high else f"{low.normalize():f} to {high.normalize():f}"
        return f"{span} {self.amount.unit} {self.route}" + (f", for {self.only} only" if self.only else "")


@dataclass(frozen=True, slots=True)
class NeededMedicine:
    """A pre-signed medicine. `waits` names what release waits for after it; `not_if` is asked each time."""

    id: str
    name: str
    kind: str
    why: tuple[str, ...]
    not_if: tuple[str, ...]
    waits: str
    repeat: Figure | None
    recheck: Figure
    doses: tuple[NeededDose, ...]

    @property
    def grade(self) -> Grade:
        return weakest([dose.amount.grade for dose in self.doses])


@dataclass(frozen=True)
class NeededSheet:
    """The order set a medical director adopts."""

    sheet: Sheet
    medicines: Mapping[str, NeededMedicine]


@dataclass(frozen=True, slots=True)
class GivenBefore:
    """What this session has had of the same medicine."""

    amount: Decimal
    route: str
    at: datetime
