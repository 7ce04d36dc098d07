"""The owners' words: the shipped non-commercial pack, what a clinic loads, and every way a file is refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ketacare.medicine.outcomes import reader, rules
from ketacare.medicine.outcomes.terms import Wording

ASRM = {
    "text": {
        "instrument": "asrm",
        "language": "en",
        "edition": "1997",
        "owner": "The owner",
        "licence": "Agreement 7 of 2026-05-01",
        "attribution": "ASRM © its owner",
        "stem": "Choose one in each group.",
    },
    "items": {str(item): f"Question {item}" for item in range(1, 6)},
    "answers": {"all": ["a", "b", "c", "d", "e"], "5": ["v", "w", "x", "y", "z"]},
}


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    given = json.loads(json.dumps(ASRM))
    change(given)
    return given


def test_what_may_ship_apart_does_with_its_line_and_is_whole() -> None:
    packs = reader.shipped_packs()
    assert set(packs) == {"audit", "audit-c", "dast-10", "who-5"}
    for name, pack in packs.items():
        plain = reader.instrument(name)
        shown = rules.worded(plain, pack)
        assert plain.licence.wording is Wording.PACK
        assert not plain.is_worded
        assert shown.is_worded
        assert (shown.notice, shown.language, pack.non_commercial) == (pack.attribution, "en", True)
        assert all(choice.words for item in shown.items for choice in item.choices)
        assert [[choice.code for choice in item.choices] for item in shown.items] == [
            list(item.codes) for item in plain.items
        ]
        assert reader.pack_in(reader.shipped_text(name)) == pack


def test_wording_ships_only_where_it_may() -> None:
    for name in reader.INSTRUMENTS:
        sheet = reader.instrument(name)
        assert sheet.is_worded is (sheet.licence.wording is Wording.SHIPPED), name
        if not sheet.is_worded:
            assert not sheet.stem
            assert not any(item.words or any(choice.words for choice in item.choices) for item in sheet.items), name
    assert {name for name in reader.INSTRUMENTS if reader.instrument(name).licence.wording is Wording.NEVER} == {
        "c-ssrs-screener",
        "c-ssrs-since-last-visit",
    }


def test_a_text_gives_its_words_and_changes_no_score() -> None:
    pack = reader.pack_from(ASRM)
    plain = reader.instrument("asrm")
    shown = rules.worded(plain, pack)
    assert [item.words for item in shown.items] == [f"Question {item}" for item in range(1, 6)]
    assert [choice.words for choice in shown.items[0].choices] == ["a", "b", "c", "d", "e"]
    assert [choice.words for choice in shown.items[4].choices] == ["v", "w", "x", "y", "z"]
    answers = {"1": 2, "2": 1, "3": 1, "4": 1, "5": 1}
    assert rules.score(shown, answers) == rules.score(plain, answers)
    assert shown.text == pack.fingerprint
    assert shown.stem == "Choose one in each group."


def test_a_text_without_answers_leaves_numbers() -> None:
    pack = reader.pack_from(changed(lambda given: given.pop("answers")))
    shown = rules.worded(reader.instrument("asrm"), pack)
    assert shown.items[0].choices == ()
    assert not shown.is_worded, "numbers that nobody explains are asked by staff"


def test_a_scale_with_codes_that_have_names_keeps_them() -> None:
    shown = rules.worded(reader.instrument("audit"), reader.shipped_packs()["audit"])
    assert [(choice.code, choice.words) for choice in shown.items[8].choices] == [
        (0, "No"),
        (2, "Yes, but not in the last year"),
        (4, "Yes, during the last year"),
    ]


def test_toml_and_json_say_the_same() -> None:
    as_toml = "\n".join(
        [
            "[text]",
            *(f"{key} = {json.dumps(value)}" for key, value in ASRM["text"].items()),
            "[items]",
            *(f"{key} = {json.dumps(value)}" for key, value in ASRM["items"].items()),
            "[answers]",
            *(f"{key} = {json.dumps(value)}" for key, value in ASRM["answers"].items()),
        ]
    )
    assert reader.pack_in(as_toml) == reader.pack_in(json.dumps(ASRM)) == reader.pack_from(ASRM)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda given: given["text"].pop("licence"), "text.licence: missing. Write under which licence"),
        (lambda given: given["text"].update(attribution=" "), "text.attribution: missing"),
        (lambda given: given["text"].update(language="Spanish"), "text.language: 'Spanish' is not a language tag"),
        (lambda given: given["text"].update(pages=3), "text.pages: not a part of the heading"),
        (lambda given: given["text"].update(stem=3), "text.stem: not text"),
        (lambda given: given["text"].update(non_commercial="no"), "text.non_commercial: say true or false"),
        (lambda given: given["text"].update(instrument="asrn"), "'asrn' is not known. Did you mean asrm"),
        (lambda given: given["text"].update(instrument=4), "text.instrument: missing"),
        (lambda given: given["text"].update(instrument="c-ssrs-screener"), "may stand on no page"),
        (lambda given: given["text"].update(instrument="phq-a"), "has no questions here"),
        (lambda given: given["items"].pop("5"), "items.5: the text has no words for it"),
        (lambda given: given["items"].update({"6": "x"}), "items.6: ASRM has no such item"),
        (lambda given: given["items"].update({"5": ""}), "items.5: not text"),
        (lambda given: given["items"].update({"5": "x\u0000"}), "items.5: not text"),
        (lambda given: given["items"].update({"5": "x" * 2001}), "items.5: not text"),
        (lambda given: given.update(items=[1]), "items: not a table"),
        (lambda given: given.update(more={}), "more: not a part of the file"),
        (lambda given: given["answers"].update({"7": ["a"]}), "answers.7: ASRM has no such item"),
        (lambda given: given["answers"].update({"5": "abcde"}), "answers.5: not a list of words"),
        (lambda given: given["answers"].update({"5": [1, 2, 3, 4, 5]}), "answers.5: not a list of words"),
        (lambda given: given["answers"].update({"5": ["a"]}), "answers.5: 1 given, item 5 has 5 codes"),
        (lambda given: given.pop("text"), "text: the file has no such table"),
    ],
)
def test_a_text_that_cannot_be_used_says_why(change: Callable[[dict[str, Any]], object], fault: str) -> None:
    with pytest.raises(reader.TextRefused) as refused:
        reader.pack_from(changed(change))
    assert any(fault in told for told in refused.value.faults)


def test_every_fault_is_told_at_once_and_a_file_that_is_neither_toml_nor_json() -> None:
    with pytest.raises(reader.TextRefused) as refused:
        reader.pack_from({"text": {}})
    assert len(refused.value.faults) == 6
    for text in ("no = ", "{", "[1]"):
        with pytest.raises(reader.TextRefused):
            reader.pack_in(text)


def test_words_are_put_to_their_own_instrument_only() -> None:
    with pytest.raises(ValueError, match="its words were put to isi"):
        rules.worded(reader.instrument("isi"), reader.pack_from(ASRM))


def test_whose_it_is_and_under_which_terms_is_one_sentence_after_another() -> None:
    """An owner whose name ends in a stop does not get a second."""
    assert reader.instrument("phq-9").licence.words.startswith("Pfizer Inc. No permission required")
    assert reader.instrument("wsas").licence.words.startswith("Isaac Marks. Items by number")


@pytest.mark.parametrize(("name", "first", "last"), [
    ("phq-9", "Poco interés o placer en hacer cosas",
     "Pensamientos de que estaría mejor muerto(a) o de lastimarse de alguna manera"),
    ("gad-7", "Se ha sentido nervioso(a), ansioso(a) o con los nervios de punta",
     "Ha tenido miedo de que algo terrible fuera a pasar"),
])  # fmt: skip
def test_a_free_translation_is_the_owners_whole_and_scores_alike(name: str, first: str, last: str) -> None:
    plain, pack = reader.instrument(name), reader.translation(name, "es-US")
    assert pack is not None
    shown = rules.worded(plain, pack)
    assert (shown.language, shown.is_worded, shown.version) == ("es", True, plain.version)
    assert (shown.items[0].words, shown.scored_items[-1].words) == (first, last)
    assert [choice.code for choice in shown.items[0].choices] == [choice.code for choice in plain.items[0].choices]
    assert "No se requiere permiso para reproducir" in shown.notice


@pytest.mark.parametrize("name", ["mood-vas", "anxiety-vas", "pgi-c"])
def test_what_is_our_own_wording_is_in_spanish_and_scores_alike(name: str) -> None:
    plain, spanish = reader.instrument(name), reader.in_own_words(name, "es-US")
    assert spanish is not None
    assert (spanish.language, spanish.version) == ("es", plain.version)
    for item, other in zip(plain.items, spanish.items, strict=True):
        assert item.codes == other.codes
        said = {item.words, item.low_words, item.high_words, *(choice.words for choice in item.choices)} - {""}
        told = {other.words, other.low_words, other.high_words, *(choice.words for choice in other.choices)} - {""}
        assert len(said) == len(told)
        assert not said & told
    assert reader.in_own_words(name, "en") is None
    assert reader.in_own_words("pcl-5", "es") is None


def test_what_has_no_translation_of_its_owner_has_none_here() -> None:
    assert reader.translation("pcl-5", "es") is None
    assert reader.translation("mood-vas", "es") is None
    assert reader.translation("phq-9", "en") is None


def test_the_owners_introduction_stands_before_the_first_question_as_they_wrote_it():
    packs = reader.shipped_packs()
    worded = {name: rules.worded(reader.instrument(name), pack) for name, pack in packs.items()}
    assert worded["audit"].intro.startswith("Because alcohol use can affect your health")
    assert "not including alcoholic beverages during the past 12 months" in worded["dast-10"].intro
    assert worded["who-5"].stem.endswith("how you have been feeling over the last two weeks.")
    assert all(one.notice for one in worded.values())
