"""The tier of suicide risk from the C-SSRS screener as a person asked it, question by number.

The highest condition that holds wins. A question left open matters only where its answer could still raise the tier,
and then the tier is unknown and the question is named. Answers that contradict each other are unknown as well; what
was answered yes stays certain all the same, and is acted on (`at_least`).
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from ketacare.medicine.safety.terms import RiskSheet, RiskTier, Screened

Said = Mapping[str, bool | None]

# The tree of the form: thoughts open the questions behind them, behaviour opens how long ago.
IDEATION = ("3", "4", "5")
RECENT = "6.recent"
IMMINENT = "imminent"
_BEHIND: Mapping[str, tuple[str, ...]] = MappingProxyType({"2": IDEATION, "6": (RECENT,)})
# What makes each tier, gravest first: one yes among them is enough.
_MADE_BY: tuple[tuple[RiskTier, frozenset[str]], ...] = (
    (RiskTier.T4, frozenset({IMMINENT})),
    (RiskTier.T3, frozenset({"4", "5", RECENT})),
    (RiskTier.T2, frozenset({"3", "6"})),
    (RiskTier.T1, frozenset({"1", "2"})),
)
_BY_TIER = MappingProxyType(dict(_MADE_BY))


_MOST_SCREENED = 4096
_screened: dict[tuple[int, tuple[bool | None, ...]], tuple[RiskSheet, Screened]] = {}


def cssrs_tier(answers: Said, sheet: RiskSheet, *, since_last_visit: bool = False) -> Screened:
    """The tier these answers come to. `answers` has the questions of the sheet; absent or None was not answered.

    Thousands answer alike, so each set of answers is judged once by a sheet, and kept with the sheet, so that no other
    may take its place.
    """
    said = {question: answers.get(question) for question in sheet.questions}
    if since_last_visit and said["6"] is not None:
        said[RECENT] = said["6"]  # anything done since the last contact is recent
    key = (id(sheet), tuple(said.values()))
    kept = _screened.get(key)
    if kept is None:
        if len(_screened) >= _MOST_SCREENED:
            _screened.clear()
        kept = _screened[key] = (sheet, _screened_anew(said, sheet))
    return kept[1]


def _screened_anew(said: Said, sheet: RiskSheet) -> Screened:
    contradicting = _contradicting(said)
    yes = frozenset(question for question, answer in said.items() if answer)
    sure = _tier(yes - frozenset(contradicting))
    if sure >= RiskTier.T3:
        return _found(sure, yes - frozenset(contradicting), sheet, contradicting)
    if contradicting:
        return Screened(sheet.tiers[RiskTier.TX], _tier(yes), _tier(yes), (), contradicting)
    unanswered = tuple(question for question in sheet.questions if _could_raise(question, said, yes))
    if not unanswered:
        return _found(sure, yes, sheet, ())
    return Screened(sheet.tiers[RiskTier.TX], sure, _at_least(sure, said, unanswered, sheet), unanswered)


def _tier(yes: frozenset[str]) -> RiskTier:
    return next((tier for tier, made_by in _MADE_BY if made_by & yes), RiskTier.T0)


def _found(tier: RiskTier, yes: frozenset[str], sheet: RiskSheet, contradicting: tuple[str, ...]) -> Screened:
    """With the answers that decided: the yeses that made the tier, or every question asked when all were no."""
    made_by = _BY_TIER.get(tier)
    decided = [q for q in sheet.questions if q in made_by & yes] if made_by else ["1", "2", "6", IMMINENT]
    return Screened(sheet.tiers[tier], tier, tier, (), contradicting, tuple(decided))


def _contradicting(said: Said) -> tuple[str, ...]:
    """A no that closes a branch, with each yes found behind it."""
    found: list[str] = []
    for question, behind in _BEHIND.items():
        yes_behind = [other for other in behind if said[other]]
        if said[question] is False and yes_behind:
            found += [question, *yes_behind]
    return tuple(found)


def _could_raise(question: str, said: Said, yes: frozenset[str]) -> bool:
    """Is it open now, and would a yes, with all that it opens, come to a higher tier?"""
    if said[question] is not None or not _reached(question, said, yes):
        return False
    opened = frozenset(q for q in (question, *_BEHIND.get(question, ())) if said[q] is not False)
    return _tier(yes | opened) > _tier(yes)


def _reached(question: str, said: Said, yes: frozenset[str]) -> bool:
    """Has the form come to this question? One behind another is asked after its yes; a yes behind it implies that."""
    for before, behind in _BEHIND.items():
        beyond = bool(yes & frozenset(behind))
        if question in behind:
            return bool(said[before]) or beyond
        if question == before:
            return not beyond
    return True


def _at_least(sure: RiskTier, said: Said, unanswered: tuple[str, ...], sheet: RiskSheet) -> RiskTier:
    """A question skipped in a screener that was begun weighs until it is asked; one not begun says nothing."""
    begun = any(answer is not None for answer in said.values())
    return max(sure, sheet.unanswered_at_least) if begun and sheet.unanswered & frozenset(unanswered) else sure


def gravest(found: Iterable[RiskTier]) -> RiskTier:
    """Of several findings of one day: the highest. A later lower answer, or another rater's, does not cancel it."""
    return max((tier for tier in found if tier is not RiskTier.TX), default=RiskTier.TX)
