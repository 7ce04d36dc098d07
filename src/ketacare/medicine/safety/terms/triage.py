"""The words of triage: how soon a self-report needs a person (T1 is the most urgent), and what says so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from ketacare.medicine.evidence.terms import Figure, Grade, Sheet, Source
from ketacare.medicine.outcomes.terms import Instrument, Item


class Tier(StrEnum):
    T1 = "T1"  # now
    T2 = "T2"  # the same day
    T3 = "T3"  # before the next dose, or within two working days

    @property
    def holds_dose(self) -> bool:
        """The next dose waits until a clinician has decided."""
        return self is not Tier.T3


@dataclass(frozen=True, slots=True)
class Unless:
    """Phrases that are of every day where one of the `ways` follows soon in the same sentence, or `directly`: it must
    end the sentence, or go on with one of `goes_on`, where any are named; no way does where the sentence says that it
    `happened`."""

    phrases: tuple[str, ...]
    ways: tuple[str, ...]
    goes_on: tuple[str, ...] = ()
    happened: tuple[str, ...] = ()
    directly: bool = False


@dataclass(frozen=True, slots=True)
class DangerWords:
    """Phrases of either language, how soon somebody must call whoever wrote one, what only begins like one, words as
    they are often mistyped, what is one only where nothing stands beside it (`alone`), what is one where it has a line
    to itself (`cries`), and what takes nothing from either beside it (`courtesies`); with which words a cry goes on in
    the next line to something that is none (`goes_on`); what says that there is no danger where nothing else was
    written (`denials`, with `beside_denials`);
    phrases that are of every day where something makes them so (`unless`);
    `help_again_after`: how long after an answer with where help is the same number gets no other; `read_within`: how
    soon whoever is on call reads words in which nothing was heard, unless they are of the `plain` ones alone."""

    sheet: Sheet
    phrases: tuple[str, ...]
    tier: Tier
    help_again_after: Figure
    read_within: Figure
    plain: frozenset[str]
    harmless: tuple[str, ...] = ()
    spelt: Mapping[str, str] = field(default_factory=dict)
    alone: tuple[str, ...] = ()
    cries: tuple[str, ...] = ()
    courtesies: tuple[str, ...] = ()
    goes_on: frozenset[str] = frozenset()
    denials: tuple[str, ...] = ()
    beside_denials: tuple[str, ...] = ()
    unless: tuple[Unless, ...] = ()


@dataclass(frozen=True, slots=True)
class TriageContext:
    """What must be known beside the answers; None is not known. `before_dose`: the same scale before the dose;
    `baseline`: and before the first of the course, `baseline_items` with its answers; `since_dose`: how long after the
    dose began this was so; `treated`: a dose was ever given before."""

    at: datetime
    since_dose: timedelta | None = None
    before_dose: int | None = None
    baseline: int | None = None
    baseline_items: Mapping[str, int | None] = field(default_factory=dict)
    bipolar: bool | None = None
    treated: bool = False


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
    """One line that raises a flag: an item at least or at most so high, a total at least so high, risen by at least so
    much or worse than the baseline by at least such a share of it, an item (without one the total) above its own
    baseline by at least so much, or a finding of the scale itself; `after_dose` only once there is a score from before
    a dose to hold it against, `from_dose` only so long after a dose began. Of rows of one `group` the first that fits
    counts."""

    id: str
    instrument: str
    tier: Tier
    reason: str
    item: str | None = None
    least: Figure | None = None
    most: Figure | None = None
    total: Figure | None = None
    rise: Figure | None = None
    worse_by: Figure | None = None
    above: Figure | None = None
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


@dataclass(frozen=True, slots=True)
class Interview:
    """What a person asks or rates after a flag whose rule begins like one of `after`."""

    asked: str
    title: str
    why: str
    after: tuple[str, ...]
    sources: tuple[Source, ...]
    grade: Grade


@dataclass(frozen=True)
class TriageSheet:
    """All that triage judges by."""

    sheet: Sheet
    rows: tuple[TriageRow, ...]
    items: Instrument
    first: Instrument
    mania: Instrument
    effects: Instrument
    answer_tiers: Mapping[str, AnswerTiers]
    item_source: Source
    acknowledge_min: Figure
    contact_h: Figure
    working_days: Figure
    missed_once: Figure
    missed_again: Figure
    interviews: tuple[Interview, ...] = ()

    def interview(self, rule: str) -> Interview | None:
        """What a person asks after this flag."""
        return next((one for one in self.interviews if rule.startswith(one.after)), None)

    def questions(self, instrument: str) -> Instrument | None:
        """The questions of ours of this name: after a dose, before any treatment, of mania, or which side effects there
        were."""
        return {asked.id: asked for asked in (self.items, self.first, self.mania, self.effects)}.get(instrument)

    def item(self, item_id: str) -> Item | None:
        """A safety question by its id, which is its own among all."""
        ours = (self.items, self.first, self.mania, self.effects)
        return next((item for asked in ours if (item := asked.item(item_id)) is not None), None)
