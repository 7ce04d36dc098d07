"""The questions in their groups: what was answered, what is open, and what of that could change the answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ketacare.clinic.candidacy.models import HistoryAnswer
from ketacare.clinic.candidacy.queries.facts import disagrees
from ketacare.clinic.candidacy.queries.vocabulary import (
    ALLERGIC,
    DAY,
    ELSEWHERE,
    EXCEPTIONS,
    GROUPS,
    PLAN,
    RISK,
    Elsewhere,
    in_words,
    kinds,
)
from ketacare.medicine.candidacy.terms import FactKind
from ketacare.medicine.evidence.terms import Decision, Fact, Facts, FactUsed, Result

MANY_CHOICES = 5
WHY_MISSING = (("refused", "Would not say"), ("unable", "Could not say"))


@dataclass(frozen=True)
class Asked:
    """A question with everything that was answered to it, newest first, and why it is asked now if it is."""

    kind: FactKind
    answers: tuple[HistoryAnswer, ...]
    handed: Fact | None
    disagree: bool
    because: tuple[str, ...]
    elsewhere: Elsewhere | None

    @property
    def newest(self) -> HistoryAnswer | None:
        return self.answers[0] if self.answers else None

    @property
    def matters(self) -> bool:
        """Could an answer to it change the whole?"""
        return bool(self.because)

    @property
    def known(self) -> bool:
        return bool(self.answers) or self.handed is not None

    @property
    def rank(self) -> int:
        return 0 if self.matters else 2 if self.known else 1

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What may be pressed: never only yes and no."""
        pressed = {"yes or no": [("yes", "Yes"), ("no", "No")], "date or no": [("no", "No, never")]}.get(self.kind.kind)
        if self.kind.kind == "hours or no":
            pressed = [("no", "Not lately")]
        known = pressed or [(choice, choice[:1].upper() + choice[1:]) for choice in self.kind.choices]
        return [*known, *(() if self.kind.told_by in ("test", "plan") else WHY_MISSING)]

    @property
    def is_typed(self) -> bool:
        return self.kind.kind in ("number", "date or no", "hours or no")

    @property
    def is_long(self) -> bool:
        return len(self.kind.choices) > MANY_CHOICES

    def written(self, row: HistoryAnswer) -> str:
        return in_words(self.kind, row.answer, row.to_month)

    @property
    def handed_words(self) -> str:
        value = None if self.handed is None else self.handed.value
        answer = {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
        return "" if value is None else in_words(self.kind, answer)


@dataclass(frozen=True)
class Group:
    """The questions of one group, those that matter first."""

    key: str
    title: str
    asked: tuple[Asked, ...]

    @property
    def slug(self) -> str:
        return self.key.replace(" ", "-")

    @property
    def matter(self) -> int:
        return sum(item.matters for item in self.asked)

    @property
    def known(self) -> int:
        return sum(item.known for item in self.asked)

    @property
    def words(self) -> str:
        """One line of what is open."""
        if self.matter:
            return f"{self.matter} unknown that {'matters' if self.matter == 1 else 'matter'}"
        return "nothing open decides" if self.known else "not asked; nothing here decides yet"


def groups(asked: Mapping[str, Asked]) -> list[Group]:
    """Every group of the vocabulary that no part of the page asks by itself, in the order people are asked."""
    here = [item for item in asked.values() if item.elsewhere is None or item.elsewhere.part != RISK]
    found = {key: [item for item in here if item.kind.group == key] for key in GROUPS}
    more = {item.kind.group for item in here} - GROUPS.keys() - {PLAN, DAY, EXCEPTIONS}
    found |= {key: [item for item in here if item.kind.group == key] for key in sorted(more)}
    return [
        Group(key, GROUPS.get(key, key.capitalize()), tuple(sorted(items, key=lambda item: item.rank)))
        for key, items in found.items()
        if items
    ]


def plan_of(asked: Mapping[str, Asked]) -> Group:
    return Group(PLAN, "What is proposed", tuple(item for item in asked.values() if item.kind.group == PLAN))


def questions(rows: Iterable[HistoryAnswer], facts: Facts, decision: Decision, at: datetime) -> dict[str, Asked]:
    """Every question by name, in the order of the vocabulary."""
    answers: dict[str, list[HistoryAnswer]] = {}
    for row in rows:
        answers.setdefault(row.name, []).append(row)
    because = asked_because(decision)
    return {
        name: Asked(
            kind=kind,
            answers=tuple(answers.get(name, ())),
            handed=next(iter(facts.all(name)), None) if name in ELSEWHERE or name == ALLERGIC else None,
            disagree=len(answers.get(name, ())) > 1 and disagrees(facts, name, at),
            because=because.get(name, ()),
            elsewhere=ELSEWHERE.get(name),
        )
        for name, kind in kinds().items()
    }


def asked_because(decision: Decision) -> dict[str, tuple[str, ...]]:
    """Each missing fact with the titles of the criteria that wait for it, in the order they weigh."""
    found: dict[str, list[str]] = {}
    for reason in decision.reasons:
        if reason.result is Result.UNKNOWN and reason.holds_back:
            for name in reason.missing:
                found.setdefault(name, []).append(reason.title)
    return {name: tuple(titles) for name, titles in found.items()}


def told_value(kind: FactKind | None, fact: FactUsed) -> str:
    """The value of a fact that decided, as people say it."""
    value = fact.value
    answer = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return in_words(kind, answer) if kind else answer
