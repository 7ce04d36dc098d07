"""A look asks once, forgets at its end, and outside of one nothing is kept."""

import pytest

from ketacare.clinic.tenancy.looks import looked_up, one_look


def a_question():
    asked = []

    @looked_up
    def question(about, *, aloud=False):
        asked.append((about, aloud))
        return [about]

    return question, asked


def test_within_a_look_each_question_is_asked_once():
    question, asked = a_question()
    with one_look():
        assert question("weight") is question("weight")
        question("height")
        question("weight", aloud=True)
        with one_look():
            question("weight")
    assert asked == [("weight", False), ("height", False), ("weight", True)]


def test_the_next_look_asks_anew_and_outside_nothing_is_kept():
    question, asked = a_question()
    question("weight")
    question("weight")
    with one_look():
        question("weight")
    with one_look():
        question("weight")
    assert len(asked) == 4


def test_a_look_that_fails_is_forgotten_too():
    question, asked = a_question()

    def fails():
        with one_look():
            question("weight")
            raise LookupError

    for _ in range(2):
        with pytest.raises(LookupError):
            fails()
    assert len(asked) == 2
