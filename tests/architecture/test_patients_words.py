"""H13: whatever a patient can write, on their own pages or by a link, is heeded. A new field has its test here."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "ketacare"
FRAMES = frozenset({"phone.jinja", "therapy/_mine.jinja"})
PARENT = re.compile(r'{%-?\s*extends\s+"([^"]+)"')
PART = re.compile(r'{%-?\s*(?:include|import|from)\s+"([^"]+)"')
FIELD = re.compile(
    r"<(?:textarea|input)\b[^>]*>|ui\.(?:textarea|field|moment_field|pressure_field|weight_field)\([^,)]*"
)
CHOSEN = re.compile(r'type="(?:hidden|radio|checkbox)"|\breadonly\b')
NAME = re.compile(r'\bname="([^"]+)"|^ui\.\w+\("?([^",]+)')
# What is theirs to write freely, by its page and name, and the test that says it in danger.
HEEDED = {
    ("outcomes/words.jinja", "words"): "test_h13_own_words_of_danger_call_somebody_and_show_help_at_once",
    ("therapy/journal.jinja", "words"): "test_h13_words_of_danger_are_told_and_never_what_they_were",
    ("me/consents.jinja", "reason"): "test_h13_danger_in_why_a_consent_is_taken_back_is_heard_and_help_comes_first",
    ("me/caregivers.jinja", "name"): "test_h13_danger_in_the_name_of_somebody_who_may_help_is_heard",
    ("me/caregivers.jinja", "relation"): "test_h13_danger_in_the_name_of_somebody_who_may_help_is_heard",
    (
        "planning/reminder.jinja",
        "escort_name",
    ): "test_h13_danger_in_an_answer_to_a_reminder_is_heard_also_when_it_is_over",
    (
        "planning/reminder.jinja",
        "escort_phone",
    ): "test_h13_danger_in_an_answer_to_a_reminder_is_heard_also_when_it_is_over",
    (
        "candidacy/intake/_ask.jinja",
        "{{ name }}",
    ): "test_h13_words_of_danger_under_any_question_show_help_and_raise_a_concern_once",
    ("candidacy/intake/entry.jinja", "name"): "test_h13_words_of_danger_beside_a_medicine_are_heeded_too",
    (
        "candidacy/intake/entry.jinja",
        "dose",
    ): "test_h13_a_medicine_is_refused_rather_than_cut_and_danger_at_its_end_is_heard",
}
# Without a page: what comes back by the gateway for texts, of a number that is known and of one that is not.
BY_TEXT = (
    "test_h13_the_whole_of_an_answer_is_looked_at_and_its_number_may_be_long",
    "test_h13_people_are_called_about_an_unknown_number_until_a_clinician_has_read_it",
)
# Numbers: too short to say anything in.
NUMBERS = {
    ("links/door.jinja", "birth_year"),
    ("candidacy/intake/door.jinja", "birth_year"),
    ("candidacy/intake/_ask.jinja", "{{ q.name }}.year"),
    ("candidacy/intake/entry.jinja", "long"),
    ("candidacy/intake/entry.jinja", "{{ name }}.year"),
    ("outcomes/question.jinja", "answer"),
    ("therapy/tick.jinja", "mood"),
}
NUMBER_MOST = 8
# Not a patient's: a colleague who is asked for a clearance; and the macros of which those above are made.
OTHERS = ("candidacy/clearance_", "components/", "styleguide_")


@cache
def templates() -> dict[str, str]:
    folders = [SOURCE / "web" / "templates", *SOURCE.glob("*/*/templates")]
    return {str(path.relative_to(folder)): path.read_text() for folder in folders for path in folder.rglob("*.jinja")}


@cache
def pages_of_patients() -> frozenset[str]:
    """Every page in one of their frames, and every part of such a page."""
    known, texts = set(FRAMES), templates()
    while True:
        more = {name for name, text in texts.items() if known & set(PARENT.findall(text))}
        more |= {part for name in known for part in PART.findall(texts.get(name, "")) if part in texts}
        if more <= known:
            return frozenset(name for name in known if not name.startswith((*OTHERS, "components.jinja")))
        known |= more


def fields() -> dict[tuple[str, str], str]:
    found = {}
    for page in pages_of_patients():
        for tag in FIELD.findall(templates()[page]):
            if CHOSEN.search(tag):
                continue
            name = NAME.search(tag)
            assert name, f"{page}: a field without a name: {tag}"
            found[page, name[1] or name[2]] = tag
    return found


def test_h13_every_field_that_a_patient_can_write_in_is_heeded_or_too_short_to_say_anything():
    assert len(pages_of_patients()) > 30
    assert set(fields()) == set(HEEDED) | NUMBERS


@pytest.mark.parametrize("field", sorted(NUMBERS), ids="/".join)
def test_a_number_is_too_short_to_say_anything_in(field: tuple[str, str]):
    most = re.search(r'maxlength="(\d+)"', fields()[field])
    assert most, f"{field}: without a greatest length it is a field for words"
    assert int(most[1]) <= NUMBER_MOST


def test_h13_what_heeds_a_field_has_its_test():
    told = {
        node.name
        for path in SOURCE.glob("**/tests/test_*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
    }
    assert {*HEEDED.values(), *BY_TEXT} - told == set()
