"""Who told a fact, by the words of its source; and what a patient's own word does not establish.

That a crisis is an emergency, that a plan was made, that somebody was examined: a clinician judges it. Where the
patient alone says so it stands as if nobody had; what they say against themselves counts as it always does.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from ketacare.medicine.evidence.rules import is_none_of_it
from ketacare.medicine.evidence.terms import Fact, Facts

# The patient or somebody close to them by themselves, unless a clinician asked them.
_CLOSE = (
    *("relative", "relatives", "family", "wife", "husband", "spouse", "partner", "friend", "carer", "caregiver"),
    *("parent", "parents", "mother", "father", "sister", "brother", "daughter", "son"),
)
_THEMSELVES = frozenset({"patient", "patients", "self", *_CLOSE})
_ASKED_THEM = frozenset({"asked", "asks", "interview", "interviewed", "interviewer", "clinician", "doctor", "nurse"})


def by_a_person(fact: Fact) -> bool:
    """Did somebody ask or find it? Not where the patient told it alone."""
    return _asked_or_found(fact.source)


@lru_cache(maxsize=1024)
def _asked_or_found(source: str) -> bool:
    words = set(re.findall(r"[a-z]+", source.casefold().replace("patient's", "patients")))
    return not words & _THEMSELVES or bool(words & _ASKED_THEM)


def without_their_own_judgement(facts: Facts, judged: Iterable[str]) -> Facts:
    """The same facts without what only a clinician can judge and the patient alone says is so."""
    told = {fact for name in judged for fact in facts.all(name) if not (is_none_of_it(fact) or by_a_person(fact))}
    return Facts([fact for fact in facts if fact not in told]) if told else facts
