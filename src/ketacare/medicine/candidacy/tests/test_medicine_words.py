"""What the list of medicines says: what was asked, what each one does, and what to do with it."""

from decimal import Decimal

import pytest

from ketacare.medicine.candidacy.rules import medicines as judging
from ketacare.medicine.candidacy.tests.test_medicines import KNOWLEDGE, case, judged, only, reasons, took
from ketacare.medicine.evidence.terms import Result


def none_taken(*listed):
    return {r.criterion: r.words for r in judging.reasons(case(*listed), KNOWLEDGE) if r.result is Result.NOT_MET}


def test_an_empty_list_was_asked_for_and_a_checked_one_was_checked():
    assert none_taken()["MED-UNK"] == "Asked: no medicine is taken"
    assert none_taken(took("sertraline"))["MED-UNK"] == "Every medicine of the list was checked"


def test_a_list_without_alcohol_or_cannabis_does_not_say_that_none_is_taken():
    """They are asked for by the hour: what no list names may have been drunk or smoked."""
    of_hours = {row.id for row in (*KNOWLEDGE.interactions.substances, *KNOWLEDGE.interactions.habits)}
    told = [r.words for r in judging.reasons(case(), KNOWLEDGE) if r.criterion in of_hours]
    assert told
    assert not any(words.startswith("None taken") for words in told)


def test_rul_13_a_name_that_is_not_known_is_told_as_it_was_written_and_nothing_is_said_of_stopping_it():
    told = only(took("Blue pills"), row="MED-UNK")
    assert [(fact.name, fact.value, fact.source) for fact in told.facts] == [
        ("medicine", "Blue pills", "medicine list")
    ]
    assert not judged(took("Blue pills")).never_abrupt
    assert judged(took("clonazepam")).never_abrupt


def test_a_medicine_that_no_row_names_is_told_by_its_name():
    (told,) = reasons(took("pramipexole"), row="MED-NONE")
    assert told.words == "Pramipexole: no rule is known for it"


@pytest.mark.parametrize(("name", "hours"), [("oxycodone", [12]), ("methylphenidate", [12, 24]), ("lithium", [])])
def test_only_what_is_held_has_hours(name, hours):
    assert [hold.value for hold in judged(took(name)).holds] == [Decimal(hour) for hour in hours]


@pytest.mark.parametrize(
    ("name", "does"),
    [
        ("sildenafil", ["none"]),  # beside insulin, which asks for fasting
        ("buspirone", ["none"]),  # beside semaglutide
        ("fluvoxamine", ["raises"]),  # by its enzymes, though nothing by itself
        ("bupropion", ["pressure"]),
    ],
)
def test_a_medicine_that_differs_from_its_row_does_what_it_does_itself_and_what_its_enzymes_do(name, does):
    assert list(judged(took(name)).does) == does


@pytest.mark.parametrize(
    ("name", "form", "words"),
    [
        ("orphenadrine", "", "Continue"),  # a weak inhibitor, and no other row
        ("fluvoxamine", "", "Ask first; continue meanwhile"),  # its row says continue, its enzymes ask
        ("naltrexone-bupropion", "", "Ask first"),  # one of two continues, the other is asked about
        ("oxycodone", "", "Ask first; hold 12 h before"),
        ("zolpidem", "ER", "Hold 12 h before"),  # a hold of every form
        ("methylphenidate", "ER", "Hold 24 h before"),
    ],
)
def test_the_severest_of_what_could_apply_is_the_action(name, form, words):
    assert judged(took(name, form=form)).words == words
