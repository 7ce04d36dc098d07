"""What the demo's people answer is what the vocabulary allows, and leaves nothing open."""

from __future__ import annotations

from datetime import date

from ketacare.clinic.candidacy import queries
from ketacare.web.demo.ordinary import TESTS, ordinary


def test_every_question_of_the_vocabulary_has_an_answer_that_it_allows():
    answers = ordinary(date(2026, 7, 14))
    asked = {name for name, kind in queries.kinds().items() if kind.told_by != "day"} - queries.ELSEWHERE.keys()
    assert asked == answers.keys()
    assert TESTS.keys() <= queries.kinds().keys()
    for name, answer in answers.items():
        queries.value_of(queries.kinds()[name], answer)
