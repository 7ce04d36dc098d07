"""Does an allergy list name ketamine, or what it is dissolved in (CI-04)? What merely looks alike is in doubt."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from ketacare.medicine.candidacy.terms.allergens import Allergens, Allergic
from ketacare.medicine.candidacy.terms.names import plain_name

_ALIKE = 0.8  # of difflib; a question of typing, not of medicine
_MOST_WORDS = 2


def allergic(substances: Iterable[str], known: Allergens) -> Allergic:
    """The gravest of what each entry comes to; a list without entries names nothing."""
    found = {_one(substance, known) for substance in substances}
    return next((answer for answer in (Allergic.YES, Allergic.IN_DOUBT) if answer in found), Allergic.NO)


def _one(substance: str, known: Allergens) -> Allergic:
    parts = set(_parts(plain_name(substance)))
    if parts & known.sure:
        return Allergic.YES
    alike = any(get_close_matches(part, known.sure, 1, _ALIKE) for part in parts)
    held = any(name in part for part in parts for name in known.sure)
    return Allergic.IN_DOUBT if alike or held or parts & known.doubtful else Allergic.NO


def _parts(name: str) -> Iterator[str]:
    """Every word of an entry, and every two that stand together."""
    words = name.split()
    for length in range(1, _MOST_WORDS + 1):
        for place in range(len(words) - length + 1):
            yield " ".join(words[place : place + length])
