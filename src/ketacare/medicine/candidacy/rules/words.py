"""A criterion told in the words of its sheet, with the dates and waits that follow from the facts.

A sheet may write `{until}` for the last day on which a dated event counts, and `{wait}` for how long it is until enough
hours have passed.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal

from ketacare.medicine.candidacy.terms import WORKED_OUT, FactKind
from ketacare.medicine.candidacy.terms.knowledge import UNTIL, WAIT
from ketacare.medicine.evidence.rules import day_of, in_order, inside, leaves
from ketacare.medicine.evidence.terms import Compare, Criterion, FactUsed, Result, Within

_MINUTES = 60


def met(criterion: Criterion, facts: Sequence[FactUsed], at: date | datetime) -> str:
    told = criterion.words.get(Result.MET, criterion.title)
    return told.format_map(_reckoned(criterion, facts, at)) if "{" in told else told


def by_route(parts: Sequence[tuple[Criterion, Sequence[FactUsed]]], at: date | datetime) -> str:
    """While the route is open: what holds by each, and on whose word."""
    told: dict[tuple[str, ...], str] = {}
    for criterion, facts in parts:
        told.setdefault(criterion.routes, f"by {routes(criterion.routes)}: {met(criterion, facts, at)}")
    return ". ".join(f"{words[0].upper()}{words[1:]}" for words in told.values())


def routes(named: Sequence[str]) -> str:
    *before, last = named
    return f"{', '.join(before)} or {last}" if before else last


def unknown(criterion: Criterion, why: Sequence[str]) -> str:
    told = _told_differently(criterion, why) or criterion.words.get(Result.UNKNOWN, f"{criterion.title}: unknown")
    return f"{told} ({'; '.join(why)})"


def _told_differently(criterion: Criterion, why: Sequence[str]) -> str:
    """What was asked and answered in two ways was asked; empty where anything else is lacking."""
    disputes = [_DISPUTE.search(told) for told in why]
    sources = in_order(source for found in disputes if found for source in found[1].split(", "))
    if not sources or None in disputes:
        return ""
    *before, last = sources
    by = f" by {', '.join(before)} and {last}" if before else f" within what {last} says"
    return f"{criterion.title}: told differently{by}"


_DISPUTE = re.compile(r": records disagree \((.+)\)$")


def asked(why: str) -> str:
    """What is worked out is asked for by what it comes from."""
    name, told = why.split(": ", 1)
    return f"{WORKED_OUT[name]}: not all known" if name in WORKED_OUT else f"{name}: {told}"


def with_titles(told: str, facts: Mapping[str, FactKind]) -> str:
    """The sheet's words with each fact called by its title, as people call it."""

    def title(found: re.Match[str]) -> str:
        kind = facts.get(found[1])
        return f"{inside(kind.title)}:" if kind else found[0]

    return _NAMED.sub(title, told)


_NAMED = re.compile(r"\b([a-z][a-z0-9_]+):")


def not_met(criterion: Criterion) -> str:
    return criterion.words.get(Result.NOT_MET) or f"{criterion.title}: not met"


# --- what follows from the facts ------------------------------------------------------------------------------------


def _reckoned(criterion: Criterion, facts: Sequence[FactUsed], at: date | datetime) -> dict[str, str]:
    """The last day on which the event counts; how long until enough hours have passed."""
    told = {fact.name: fact.value for fact in facts}
    found: dict[str, str] = defaultdict(lambda: "later")
    for leaf in leaves(criterion.condition):
        value = told.get(leaf.fact)
        if isinstance(leaf, Within) and isinstance(value, date):
            found[UNTIL] = f"{day_of(value, at) + timedelta(days=leaf.days):%d-%b-%Y}"
        elif isinstance(leaf, Compare) and isinstance(leaf.value, Decimal) and isinstance(value, Decimal):
            found[WAIT] = _hours(leaf.value - value)
    return found


def _hours(hours: Decimal) -> str:
    """In hours and minutes, a started minute counted as one."""
    whole, rest = divmod(int((hours * _MINUTES).to_integral_value(ROUND_CEILING)), _MINUTES)
    return " ".join(filter(None, (f"{whole} h" if whole else "", f"{rest} min" if rest else "")))
