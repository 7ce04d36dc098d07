"""Which drug is meant by a name. A match is certain or there is none; what merely looks alike is only suggested."""

import re
from difflib import get_close_matches

from ketacare.medicine.candidacy.terms.case import TakenMedicine
from ketacare.medicine.candidacy.terms.medicines import Formulary, Match, Taken
from ketacare.medicine.candidacy.terms.names import plain_name

_ALIKE = 0.75  # of difflib; a question of typing, not of medicine
_SHORTEST = 3


_STRENGTH = re.compile(r"[0-9]+ ?(mg|mcg|ug|g|ml)")
_IN_BRACKETS = re.compile(r"(.*[^ ]) *[(]([^()]+)[)] *")


def matched(name: str, form: str, formulary: Formulary) -> Match | None:
    """The drug of this ingredient, brand or other name, whatever its case, spacing, salt, form or strength; None for
    none. A name in brackets behind another is taken where both are names of one drug."""
    match = _matched(name, form, formulary)
    twice = _IN_BRACKETS.fullmatch(name) if match is None and "(" in name else None
    if twice is None:
        return match
    outer, inner = (_matched(part, form, formulary) for part in twice.groups())
    return outer if outer is not None and inner is not None and inner.drug is outer.drug else None


def _matched(name: str, form: str, formulary: Formulary) -> Match | None:
    told = formulary.forms.get(plain_name(form), "")
    words = plain_name(name)
    while words:
        drug = formulary.by_name.get(words)
        if drug is not None:
            by_name = formulary.form_of_name.get(words, "")
            return Match(drug, _agreed(by_name, told))
        words, ending = _without_ending(words, formulary)
        if ending is None:
            return None
        told = _agreed(ending, told)
    return None


def _agreed(one: str, other: str) -> str:
    """The form both tell; two that contradict each other tell none."""
    if one and other and one != other and "oral" not in (one, other):
        return ""
    return other if one in ("", "oral") and other else one


def _without_ending(words: str, formulary: Formulary) -> tuple[str, str | None]:
    """The name without its last form, salt or strength, and the form that stood there; None where it ends in none."""
    parts = words.split()
    for length in (2, 1):
        rest, ending = " ".join(parts[:-length]), " ".join(parts[-length:])
        if ending in formulary.forms:
            return rest, formulary.forms[ending]
        if ending in formulary.salts or _STRENGTH.fullmatch(ending):
            return rest, ""
    return words, None


def suggested(name: str, formulary: Formulary, most: int = 3) -> tuple[str, ...]:
    """Names of drugs that look alike, for a person to choose from; none of them is taken as meant."""
    words = plain_name(name)
    if len(words) < _SHORTEST or matched(name, "", formulary) is not None:
        return ()
    inside = [known for known in formulary.by_name if f" {known} " in f" {words} " or known.startswith(words)]
    alike = get_close_matches(words, formulary.by_name, most, _ALIKE)
    first = words.split()[0]
    by_first = get_close_matches(first, formulary.by_name, most, _ALIKE) if first != words else []
    found = [formulary.by_name[known].name for known in (*inside, *alike, *by_first)]
    return tuple(dict.fromkeys(found))[:most]


def sorted_out(
    medicines: tuple[TakenMedicine, ...], formulary: Formulary
) -> tuple[tuple[Taken, ...], tuple[TakenMedicine, ...]]:
    """Those that were matched, and those that nobody could check."""
    taken, unmatched = [], []
    for medicine in medicines:
        match = matched(medicine.name, medicine.form, formulary)
        if match is None:
            unmatched.append(medicine)
        else:
            taken.append(Taken(medicine, match.drug, match.form))
    return tuple(taken), tuple(unmatched)
