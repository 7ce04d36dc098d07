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
        "I don't want to be here any more",
        "do not want to be here anymore",
        "I want to kill my self",
        "I will take all my pills tonight",
        "I'd rather be dead",
        "i am going to jump",
        "I want to end things",
        "i wish i was not alive",
        "I just want to disappear",
        "me quiero matar",
        "ya no quiero estar viva",
        "No quiero seguir vivo",
        "quiero desaparecer",
        "me voy a tirar del puente",
        "tirarme al tren",
    ],
)
def test_such_words_are_found(text: str) -> None:
    assert rules.speaks_of_danger(text, WORDS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I walked 5 kms and slept well",
        "My plant died",
        "La música me calmó",
        "nonsuicidal",
        "I took all my pills this morning, as prescribed",
        "For a minute I thought I was going to die, then it was calm",
        "I don't want to be here on a Monday",
        "My father is not alive",
        "The headache is killing me",
        "El dolor empezó a desaparecer",
        "No quiero seguir con esta medicina",
        "Tuve que tirar de la puerta",
        "Me voy a tirar al sofá",
    ],
)
def test_other_words_are_not(text: str) -> None:
    assert not rules.speaks_of_danger(text, WORDS)


def test_h13_somebody_is_called_at_once_as_for_the_same_words_tapped() -> None:
    assert WORDS.tier is Tier.T1
