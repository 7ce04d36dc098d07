"""Words of danger in free text: found however they are typed, in either language."""

import pytest

from ketacare.medicine.safety import reader, rules
from ketacare.medicine.safety.terms import Tier

WORDS = reader.danger_words()


@pytest.mark.parametrize(
    "text",
    [
        "I want to die.",
        "I don’t want to live",
        "dont want   to\nlive like this",
        "SUICIDAL again",
        "sometimes (kill-myself) thoughts",
        "Pienso en el suicidio",
        "Ojalá estuviera muerta",
        "Quiero morir",
        "hacerme daño",
    ],
)
def test_such_words_are_found(text: str) -> None:
    assert rules.speaks_of_danger(text, WORDS)


@pytest.mark.parametrize(
    "text", ["", "I walked 5 kms and slept well", "My plant died", "La música me calmó", "nonsuicidal"]
)
def test_other_words_are_not(text: str) -> None:
    assert not rules.speaks_of_danger(text, WORDS)


def test_somebody_is_told_the_same_day() -> None:
    assert WORDS.tier is Tier.T2
