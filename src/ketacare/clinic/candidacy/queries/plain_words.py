"""A decision in words for the person it is about, put together from the phrase sheet; the prescriber edits it first."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ketacare.clinic.candidacy.models import Alternative, AlternativeConsidered, Choice, Judgement, Stand
from ketacare.clinic.candidacy.queries.judging import alternatives
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.tenancy.help import crisis_line
from ketacare.clinic.tenancy.models import Clinic

LANGUAGES = ("en", "es")
DECLINES = frozenset({Choice.NOT_NOW, Choice.NO})
MOST_REASONS = 3
PHRASES = ("about", "why", "next")
# What is offered instead, unless this person declined it or it does not suit them.
ELSE = (Alternative.THERAPY, Alternative.MEDICINES, Alternative.AUGMENTATION, Alternative.TMS, Alternative.ECT)
# What is no way for whom: medicines for low mood in psychosis or mania (CI-30 to CI-32 name others instead).
NOTHING: frozenset[Alternative] = frozenset()
NOT_FOR = {
    name: frozenset({Alternative.MEDICINES, Alternative.AUGMENTATION}) for name in ("CI-30", "CI-31", "CI-32", "CI-33")
} | {"CI-50": frozenset({Alternative.AUGMENTATION})}
MONTHS = {"es": ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
                 "noviembre", "diciembre")}  # fmt: skip


@dataclass(frozen=True)
class Family:
    """Criteria that are about one thing, and how that is said."""

    name: str
    criteria: tuple[str, ...]
    in_letter: bool
    phrases: dict[str, dict[str, str]] = field(compare=False)

    def covers(self, criterion: str) -> bool:
        return any(criterion == told or (told.endswith("-") and criterion.startswith(told)) for told in self.criteria)


@cache
def sheet() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent.parent / "plain_words.toml").read_text(encoding="utf-8"))


@cache
def families() -> tuple[Family, ...]:
    return tuple(
        Family(name, tuple(row["criteria"]), row.get("in_letter", True), {key: row[key] for key in PHRASES})
        for name, row in sheet()["families"].items()
    )


@cache
def family_of(criterion: str, effect: str = "") -> Family:
    """The criterion named with its effect, then by itself, then the group it belongs to; else general words."""
    names = (f"{criterion} {effect}", criterion)
    named = next((family for name in names for family in families() if name in family.criteria), None)
    return named or next((family for family in families() if family.covers(criterion)), families()[-1])


def say(key: str, language: str, **names: str) -> str:
    return str(sheet()[key][language]).format(**names)


def drafts(row: Judgement, clinic: Clinic) -> dict[str, str]:
    """The words in each language, a paragraph to a thought."""
    chosen = [found for name, found in alternatives(row.patient) if found is not None]
    return {language: "\n\n".join(paragraphs(row, clinic, chosen, language)) for language in LANGUAGES}


def paragraphs(row: Judgement, clinic: Clinic, considered: Iterable[AlternativeConsidered], language: str) -> list[str]:
    """On every decline, and to whoever is in danger, the way out of a crisis comes first; else it closes."""
    crisis, choice = crisis_words(clinic, language), Choice(row.choice)
    body = [say(f"opening_{choice}", language), *because(row, language), *onward(row, language)]
    if choice in DECLINES:
        found = {one.criterion for one in deciding(row) if one.is_known}
        other = instead(considered, language, frozenset().union(*(NOT_FOR.get(name, NOTHING) for name in found)))
        return [crisis, *body, *other, say("ask_again", language, clinic=clinic.telephone)]
    if in_danger(row):
        return [crisis, *body, say("questions", language, clinic=clinic.telephone)]
    return [*body, say("questions", language, clinic=clinic.telephone), crisis]


def in_danger(row: Judgement) -> bool:
    """Accepted in a crisis, or with a risk that was found: by what weighed when it was decided, lifted or not."""
    return any(
        one["result"] == "met" and family_of(one["criterion"], one["effect"]).name.startswith("risk")
        for one in row.answer["reasons"]
    )


def crisis_words(clinic: Clinic, language: str) -> str:
    line = crisis_line(clinic, language)
    if line is None:
        return say("crisis_unknown", language, clinic=clinic.telephone)
    return say("crisis", language, name=line.name, call=line.call, emergency=line.emergency)


def because(row: Judgement, language: str) -> list[str]:
    """Why: the families of what decides, each once. An acceptance says what gets extra care."""
    told = families_told(row)
    if not told:
        return []
    if row.choice == Choice.ACCEPT:
        return [say("care", language, about=joined(told, language))]
    found = [family.phrases["why"][language] for family, is_known in told.items() if is_known]
    still_open = [family for family, is_known in told.items() if not is_known]
    if row.choice == Choice.NO:  # what nobody will look into any more is no reason, and the reason is the prescriber's
        return [" ".join([f"{say('why', language)}:", *found])] if found else []
    asked = [say("not_known", language, about=joined(still_open, language))] if still_open else []
    return [" ".join([f"{say('why', language)}:", *found, *asked])]


def joined(told: Iterable[Family], language: str) -> str:
    return f" {say('and', language)} ".join(family.phrases["about"][language] for family in told)


def families_told(row: Judgement) -> dict[Family, bool]:
    """The families of what decides, the weightiest first, and of each whether anything was found in it: what nobody
    knows yet is not told as a finding. Two that are said in the same words are one to the reader."""
    told: dict[Family, bool] = {}
    for one in deciding(row):
        named = family_of(one.criterion, one.effect)
        family = next((earlier for earlier in told if earlier.phrases == named.phrases), named)
        told[family] = told.get(family, False) or one.is_known
    return dict(list(told.items())[:MOST_REASONS])


def onward(row: Judgement, language: str) -> list[str]:
    key = f"next_{row.choice}"
    day = row.re_evaluate_on
    if row.choice == Choice.NO and not enrolled.referrals_about(row.patient):
        key = f"{key}_alone"  # nobody outside is told
    plan = say(f"{key}_on", language, day=written_day(day, language)) if day else say(key, language)
    told = {} if row.choice == Choice.ACCEPT else families_told(row)
    steps = [family.phrases["next"][language] for family, is_known in told.items() if is_known]
    asks = row.choice != Choice.NO and not all(told.values())
    asked = [say("next_not_known", language)] if asks else []
    return [" ".join([f"{say('next', language)}:", plan, *steps, *asked])]


def instead(considered: Iterable[AlternativeConsidered], language: str, not_for: frozenset[Alternative]) -> list[str]:
    """Something useful on every decline: what this person has not declined and what may suit them."""
    out = not_for | {row.alternative for row in considered if row.stand in (Stand.DECLINED, Stand.NOT_SUITABLE)}
    offered = [say(f"else_{name}", language) for name in ELSE if name not in out]
    return [" ".join([f"{say('else', language)}:", *offered])] if offered else []


def written_day(day: date, language: str) -> str:
    if language in MONTHS:
        return f"{day.day} de {MONTHS[language][day.month - 1]} de {day.year}"
    return f"{day.day} {day:%B %Y}"


# What stops before what is not known, that before what needs clearance, and cautions last.
WEIGHTS = {
    ("met", "stop"): 0,
    ("unknown", "stop"): 1,
    ("unknown", "needs clearance"): 1,
    ("met", "needs clearance"): 2,
    ("met", "caution"): 3,
}


class Deciding(NamedTuple):
    """A criterion that weighs in the answer, whether it was found or nobody knows it yet, and what it does."""

    criterion: str
    is_known: bool
    effect: str = ""


def deciding(row: Judgement) -> list[Deciding]:
    """The criteria that weigh most in the answer that was kept with the decision."""
    told = [
        (
            WEIGHTS[reason["result"], reason["effect"]],
            Deciding(reason["criterion"], reason["result"] == "met", reason["effect"]),
        )
        for reason in row.answer["reasons"]
        if (reason["result"], reason["effect"]) in WEIGHTS
    ]
    least = min((weight for weight, _ in told), default=0)
    keep = {0: (0,), 1: (1, 2), 2: (2,), 3: (3,)}[least]
    return [one for weight, one in sorted(told, key=lambda pair: pair[0]) if weight in keep]
