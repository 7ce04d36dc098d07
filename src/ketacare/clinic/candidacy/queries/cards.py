"""The answer so far as the page tells it: one sentence, what would change it, and every criterion as a card."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from urllib.parse import quote

from ketacare.clinic.candidacy.queries.answer import BY_EXCEPTION, Answered, begun, fact_told, sentence
from ketacare.clinic.candidacy.queries.asked import asked_because
from ketacare.clinic.candidacy.queries.trials import ask_id
from ketacare.clinic.candidacy.queries.under import Under
from ketacare.clinic.candidacy.queries.vocabulary import ELSEWHERE, PLAN, UNITS, kinds, plain
from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.reader.at_odds import at_odds_rows
from ketacare.medicine.candidacy.rules.told_otherwise import WHICH
from ketacare.medicine.candidacy.terms import Change
from ketacare.medicine.candidacy.terms.at_odds import Odd
from ketacare.medicine.evidence.rules import leaves
from ketacare.medicine.evidence.terms import (
    EVER,
    Compare,
    Comparison,
    Criterion,
    Decision,
    Effect,
    Facts,
    Grade,
    Outcome,
    Reason,
    Result,
    Within,
)

SHAPES = {"permit": "yes", "warn": "caution", "stop": "no", "unknown": "unknown"}
# The order of a page: what decides first. What somebody can clear comes before what is still to be asked (decision 17).
KINDS = ("stops", "exception", "clearance", "unknown", "caution", "ask", "cleared", "note", "not met")
TITLES = {
    "stops": "Stops",
    "exception": "Only by exception",
    "unknown": "Not known",
    "clearance": "Needs clearance",
    "caution": "Caution",
    "ask": "Ask as well",
    "cleared": "Cleared",
    "note": "Met",
    "not met": "Not met",
}
FOLDED = frozenset({"note", "not met"})
PARTS_OF_A_PATH = re.compile(r"\. (?=In the place of |Cleared by )")
MAY_OVERRIDE = {
    "none": "Nobody may override this",
    "P": "The prescriber may go on, with a reason",
    "P+MD": "Prescriber and medical director together, with a reason",
    "P+spec": "Prescriber, with a specialist's written opinion",
}
_SIGNS = {
    Comparison.IS: "",
    Comparison.IS_NOT: "not ",
    Comparison.OVER: "over ",
    Comparison.AT_LEAST: "at least ",
    Comparison.UNDER: "under ",
    Comparison.AT_MOST: "at most ",
    Comparison.ONE_OF: "",
}


@dataclass(frozen=True)
class Open:
    """Something to ask, with the place where it is answered, how many rows wait for it, and what a yes asks besides."""

    name: str
    words: str
    href: str
    because: tuple[str, ...]
    if_yes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Card:
    """One criterion as it stands; what only an open card shows is put into words when it is drawn."""

    reason: Reason
    kind: str
    rows: tuple[Criterion, ...]
    change: Change | None

    @property
    def id(self) -> str:
        return self.reason.criterion

    @property
    def title(self) -> str:
        return self.reason.title

    @property
    def grade(self) -> Grade:
        return self.reason.grade

    @property
    def unconfirmed(self) -> bool:
        return self.grade is Grade.M

    @property
    def holds(self) -> bool:
        return self.reason.holds_back and self.reason.result is Result.MET

    @cached_property
    def words(self) -> str:
        return begun(rules.with_titles(self.reason.words, kinds()))

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The words; of a path by exception each of them by itself: what it is, what it stands for, who signed."""
        return tuple(PARTS_OF_A_PATH.split(self.words)) if self.kind == "exception" else (self.words,)

    @cached_property
    def facts(self) -> tuple[dict[str, str], ...]:
        return tuple(fact_told(fact) for fact in self.reason.facts)

    @cached_property
    def asks(self) -> tuple[Open, ...]:
        return tuple(open_of(name) for name in self.reason.missing)

    @property
    def override(self) -> str:
        return MAY_OVERRIDE.get(self.reason.override, "") if self.holds else ""

    @property
    def alternative(self) -> str:
        return self.reason.alternative if self.holds else ""

    @property
    def basis(self) -> str:
        """Whether a label says so or the house does."""
        return "House rule" if self.reason.label_or_house == "house" else "Label"

    @property
    def figures(self) -> tuple[str, ...]:
        return figures_of(self.rows)

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(source.citation for source in self.reason.sources)

    @property
    def until(self) -> date | None:
        return self.change.on if self.change else None

    @cached_property
    def lifts(self) -> tuple[str, ...]:
        lifts = self.change.lifts if self.change else ()
        return tuple(f"{title_of(lift.fact)}: {lift.needs}" for lift in lifts)


@dataclass(frozen=True)
class AtOdds:
    """Answers that cannot both be right, each with its place on the page."""

    title: str
    facts: tuple[tuple[dict[str, str], str], ...]


@dataclass(frozen=True)
class Shown:
    """The whole answer, ready to be drawn."""

    shape: str
    sentence: str
    counts: str
    cards: Mapping[str, tuple[Card, ...]]
    open: tuple[Open, ...]
    odd: tuple[AtOdds, ...]
    sheets: str
    under: tuple[Under, ...] = ()

    @property
    def changing(self) -> tuple[Card, ...]:
        """The reasons that something could lift, those that stop first."""
        found = (*self.cards.get("stops", ()), *self.cards.get("clearance", ()))
        return tuple(card for card in found if card.until or card.lifts)


def shown(answered: Answered, under: Sequence[Under] = ()) -> Shown:
    """`under`: the conditions under which somebody cleared this person."""
    decision = answered.decision
    knowledge = answered.knowledge
    changes = {change.criterion: change for change in answered.changes}
    rows: dict[tuple[str, Effect], list[Criterion]] = {}
    for row in knowledge.criteria.criteria:
        rows.setdefault((row.id, row.effect), []).append(row)
    cards: dict[str, list[Card]] = {kind: [] for kind in KINDS}
    for reason in decision.reasons:
        drawn, kind = rows.get((reason.criterion, reason.effect), ()), kind_of(reason)
        cards[kind].append(Card(reason, kind, tuple(drawn), changes.get(reason.criterion)))
    binding = [one for one in under if one.binds]
    return Shown(
        shape="caution" if binding and decision.outcome is Outcome.PERMIT else SHAPES[decision.outcome],
        sentence=sentence(decision, binding),
        counts=counted(cards),
        cards={kind: tuple(found) for kind, found in cards.items() if found},
        open=open_with_more(answered),
        odd=(*odd_among(answered.facts, answered.case.at), *odd_in_lists(answered)),
        sheets=" · ".join(f"{ref.id} {ref.version}" for ref in decision.sheets),
        under=tuple(under),
    )


def odd_among(facts: Facts, at: date | datetime) -> tuple[AtOdds, ...]:
    """The answers that do not fit together, whoever told them."""
    return drawn_odd(rules.at_odds(facts, at_odds_rows(), at))


def odd_in_lists(answered: Answered) -> tuple[AtOdds, ...]:
    return drawn_odd(rules.odd_lists(answered.case, answered.knowledge.odd))


def drawn_odd(found: Iterable[Odd]) -> tuple[AtOdds, ...]:
    return tuple(
        AtOdds(odd.title, tuple((fact_told(fact), place_of(fact.name)) for fact in odd.facts)) for odd in found
    )


def kind_of(reason: Reason) -> str:
    """Where a reason stands on the page."""
    if reason.cleared:
        return "exception" if reason.criterion.startswith(BY_EXCEPTION) else "cleared"
    if reason.result is Result.UNKNOWN:
        return "unknown" if reason.holds_back else "ask"
    if reason.result is Result.NOT_MET:
        return "not met"
    return {Effect.STOP: "stops", Effect.CLEAR: "clearance", Effect.CAUTION: "caution"}.get(reason.effect, "note")


def counted(cards: Mapping[str, list[Card]]) -> str:
    words = {
        "stops": "stop",
        "exception": "by exception",
        "clearance": "need clearance",
        "unknown": "not known",
        "caution": "caution",
    }
    said = [f"{len(cards[kind])} {word}" for kind, word in words.items() if cards[kind]]
    return " · ".join([*said, f"{len(cards['not met'])} not met"])


def figures_of(rows: Iterable[Criterion]) -> tuple[str, ...]:
    """The lines this row draws, each in words: what is held against what, and for how long an answer counts."""
    return tuple(dict.fromkeys(figure_of(leaf) for row in rows for leaf in leaves(row.condition)))


def figure_of(leaf: Compare | Within) -> str:
    counts = "" if leaf.valid_days is None else f"; an answer counts {_days(leaf.valid_days)}"
    if isinstance(leaf, Within):
        ever = "ever" if leaf.days == EVER else f"within {leaf.days} days"
        return f"{title_of(leaf.fact)} {ever}{counts}"
    return f"{title_of(leaf.fact)} {_SIGNS[leaf.comparison]}{_line(leaf)}{counts}"


def _days(count: int) -> str:
    return "today only" if count == 0 else f"{count} days"


def _line(leaf: Compare) -> str:
    if isinstance(leaf.value, tuple):
        return " or ".join(leaf.value)
    if isinstance(leaf.value, bool):
        return "yes" if leaf.value else "no"
    unit = UNITS.get(leaf.unit or "", leaf.unit or "")
    return f"{plain(leaf.value)} {unit}".strip() if leaf.unit else str(leaf.value)  # type: ignore[arg-type]


# -- what is open ---------------------------------------------------------------------------------------------------


def open_in(decision: Decision) -> tuple[Open, ...]:
    """Everything that a stop or clearance row still waits for, in the order the rows weigh."""
    return tuple(open_of(name, because) for name, because in asked_because(decision).items())


def open_with_more(answered: Answered) -> tuple[Open, ...]:
    """The same, with what a yes would ask besides."""
    more = rules.opened(answered.decision, answered.case, answered.knowledge)
    return tuple(
        replace(one, if_yes=tuple(title_of(name) for name in more.get(one.name, ())))
        for one in open_in(answered.decision)
    )


def open_of(name: str, because: Iterable[str] = ()) -> Open:
    return Open(name, title_of(name), place_of(name), tuple(because))


def title_of(name: str) -> str:
    kind = kinds().get(name)
    return kind.title if kind else begun(name)


def place_of(name: str) -> str:
    """Where on the page it is answered."""
    kind = kinds().get(name)
    if name in ELSEWHERE:
        return f"#{ELSEWHERE[name].part}"
    if kind is not None:
        opens = "" if kind.group == PLAN else f"?group={quote(kind.group)}"
        return f"{opens}#f-{name}"
    if name == "medicines" or name.endswith(("hours since last", WHICH)):
        return "#medicines"
    return f"#{ask_id(name)}" if ": " in name and not name.endswith("last taken on") else "#trials"
