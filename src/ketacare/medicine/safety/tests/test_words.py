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
        "I want to end it",
        "life is not worth living",
        "I am tired of living",
        "There is no reason to go on",
        "wish to be dead",
        "I hope I don't wake up",
        "I don't want to wake up",
        "slit my wrists",
        "cut my wrists",
        "I took too many pills",
        "I swallowed a whole bottle of pills",
        "I want my life to end",
        "hang my self",
        "drown myself",
        "poison myself",
        "gonna kms",
        "sucidal",
        "suisidal thoughts",
        "better off with me dead",
        "everyone would be better off if I was gone",
        "the voices tell me to die",
        "I dont wanna be alive anymore",
        "quiero terminar con mi vida",
        "poner fin a mi vida",
        "me tomé todas las pastillas",
        "me tomé un frasco de pastillas",
        "me quiero ahorcar",
        "me voy a colgar",
        "me quise matar",
        "Estoy cansada de vivir",
        "estoy harto de vivir",
        "no tengo ganas de vivir",
        "la vida no vale la pena",
        "prefiero morir",
        "deseo morir",
        "ojalá me muriera",
        "me gustaría morirme",
        "pegarme un tiro",
        "saltar por la ventana",
        "saltar de la azotea",
        "me hago daño",
        "me corté los brazos",
        "mi familia estaría mejor sin mí",
        "mis hijos estarían mejor sin mí",
        "I don\u00b4t want to live",
        "I don\u02bct want to live",
        "I don\u2032t want to live",
        "thinking of sui\u00adcide",
        "sui\u200bcide",
        "kill\u200bmyself",
        "I\u2060want\u200bto\u200edie",
        "I want to end it with my boyfriend, and with my life: I want to die",
        "I want to end it with my husband's gun",
        "There is no reason to go on with my life",
        "I don't want to wake up the next day",
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
        "I want to end it with my boyfriend",
        "There is no reason to go on with this medicine",
        "I don't want to wake up so early",
        "I am tired of living with my parents",
        "I can't live anywhere else",
        "Me tomé todas las pastillas de la mañana",
        "Estaría mejor sin mi dolor de espalda",
        "Me hice daño en la rodilla",
        "Tengo ganas de vivir",
        "They make me take too many pills",
    ],
)
def test_other_words_are_not(text: str) -> None:
    assert not rules.speaks_of_danger(text, WORDS)


def test_h13_somebody_is_called_at_once_as_for_the_same_words_tapped() -> None:
    assert WORDS.tier is Tier.T1
