"""The command line's contract: help with an example, and exit codes 0, 1 and 2."""

import io
import json
from decimal import Decimal
from pathlib import Path

import pytest

from ketacare.web import cli
from ketacare.web.runtime import documents
from ketacare.web.runtime.faults import BadInput, CannotRun


def raising(problem: Exception):
    def run(arguments: object) -> int:
        raise problem

    return run


@pytest.mark.parametrize("name", cli.command_names())
def test_every_command_has_help_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([name, "--help"])
    assert ended.value.code == 0
    assert f"example:\n  ketacare {name}" in capsys.readouterr().out


def test_the_list_of_commands_holds_what_runs_a_clinic(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    printed = capsys.readouterr().out
    assert all(name in printed for name in ("up", "doctor", "migrate", "web"))


@pytest.mark.parametrize(
    ("problem", "code", "words"),
    [
        (BadInput("weight_kg", "must be above 0"), 2, "weight_kg: must be above 0"),
        (CannotRun("port 8000 is used"), 1, "port 8000 is used"),
        (ValueError("Jane Roe, born 1980"), 1, "ValueError"),
    ],
)
def test_exit_codes_and_words(
    problem: Exception, code: int, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ketacare.web.commands.doctor.run", raising(problem))
    assert cli.main(["doctor"]) == code
    printed = capsys.readouterr().err
    assert words in printed
    assert "Jane Roe" not in printed


def test_one_document_is_answered_with_one_document(tmp_path: Path) -> None:
    case = tmp_path / "case.json"
    case.write_text('{"dose_mg": 35.10}')
    out = io.StringIO()
    documents.answer_each(str(case), lambda document: {"kind": type(document["dose_mg"]).__name__}, out)
    assert json.loads(out.getvalue()) == {"kind": "Decimal"}


def test_lines_are_answered_line_by_line(tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text('{"n": 1}\n\n{"n": 2}\n')
    out = io.StringIO()
    documents.answer_each(str(cases), lambda document: {"n": Decimal(document["n"]) / 2}, out)
    assert [json.loads(line) for line in out.getvalue().splitlines()] == [{"n": 0.5}, {"n": 1.0}]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("{", "line 1"),
        ('{"n": 1}\n{', "line 2"),
        ('{"n": NaN}', "n"),
        ('{"n": [1, Infinity]}', "n[1]"),
        ("-Infinity", "number"),
        ('{"n": 1, "n": 2}', "n"),
        ('{"n": 1}\n{"n": 1, "n": 2}', "line 2, n"),
    ],
)
def test_what_is_not_json_is_refused_by_its_line(text: str, field: str, tmp_path: Path) -> None:
    case = tmp_path / "case.json"
    case.write_text(text)
    with pytest.raises(BadInput) as refused:
        documents.answer_each(str(case), lambda document: document, io.StringIO())
    assert refused.value.field == field


HALF = "holds half a letter, as \\ud800 alone. Write the whole letter, or leave it out."
REMEDY = "Correct it there, or write one document a line."


@pytest.mark.parametrize(
    ("bad", "field", "rule"),
    [
        ("{", "line", f"is not JSON: a name in double quotes is missing at letter 2. {REMEDY}"),
        ("nonsense", "line", f"is not JSON: a value is missing, or is none that JSON knows, at letter 1. {REMEDY}"),
        ('{"n": 1, "n": 2}', "n", "is given twice. Give it once."),
        ('{"n": "X\\ud800"}', "n", HALF),
        ('{"n": [1, "\\udc00"]}', "n[1]", HALF),
        ('{"\\ud800": 1, "\\ud800": 2}', "document", HALF),
        ('{"n": NaN}', "n", "NaN is not a number. Leave out what is not known."),
        ('{"n": -1}', "n", "is below 0"),
        ("[" * 100_000, "document", "is nested too deep. No document of ours is."),
        ('{"n": ' + "9" * 5000 + "}", "document", "holds a whole number of thousands of digits. Correct it."),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_bad_line_is_answered_in_its_place_and_the_others_are_judged(
    bad: str, field: str, rule: str, place: int, tmp_path: Path
) -> None:
    rows, cases, out = ['{"n": 1}', '{"n": 3}'], tmp_path / "cases.jsonl", io.StringIO()
    rows.insert(place, bad)
    cases.write_text("\n".join(rows) + "\n")

    def judge(document: dict[str, int]) -> dict[str, int]:
        if document["n"] < 0:
            raise BadInput("n", "is below 0")
        return {"n": document["n"] * 2}

    with pytest.raises(BadInput) as refused:
        documents.answer_each(str(cases), judge, out)
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    told = answers.pop(place)
    assert answers == [{"n": 2}, {"n": 6}]
    assert told == {"line": place + 1, "error": [{"field": field, "rule": rule}]}
    assert str(refused.value).startswith(f"line {place + 1}")
    assert len(refused.value.faults) == 1


def test_a_fault_of_ours_in_one_line_leaves_the_others_answered(tmp_path: Path) -> None:
    cases, out = tmp_path / "cases.jsonl", io.StringIO()
    cases.write_text('{"n": 1}\n{"n": 0}\n{"n": 2}\n')
    with pytest.raises(ZeroDivisionError):
        documents.answer_each(str(cases), lambda document: {"n": 2 // document["n"]}, out)
    assert [json.loads(line) for line in out.getvalue().splitlines()] == [
        {"n": 2},
        {"line": 2, "error": [{"field": "line", "rule": "a fault of ours, not of the line"}]},
        {"n": 1},
    ]


def test_every_bad_line_is_told_once_all_are_answered(tmp_path: Path) -> None:
    cases, out = tmp_path / "cases.jsonl", io.StringIO()
    cases.write_text('{"n": 1}\n{"n": 1, "n": 2}\n{\n')
    with pytest.raises(BadInput) as refused:
        documents.answer_each(str(cases), lambda _: "judged", out, refusal=documents.refused_in_words)
    assert refused.value.faults[0] == "line 2, n: is given twice. Give it once."
    assert refused.value.faults[1].startswith("line 3: is not JSON")
    assert out.getvalue().splitlines()[:3] == [
        "judged",
        "REFUSED. Line 2 can't be used:",
        "  - n: is given twice. Give it once.",
    ]


def test_one_document_over_several_lines_stays_one_document_when_it_is_broken(tmp_path: Path) -> None:
    case, out = tmp_path / "case.json", io.StringIO()
    case.write_text('{"facts": [\n{"n": 1},\n{"n": }\n]}\n')
    with pytest.raises(BadInput, match="line 3: is not JSON"):
        documents.answer_each(str(case), lambda document: document, out)
    assert out.getvalue() == ""


def test_no_number_of_an_answer_is_what_json_does_not_have(tmp_path: Path) -> None:
    case, out = tmp_path / "case.json", io.StringIO()
    case.write_text('{"n": 1}')
    for wrong in (float("nan"), float("inf")):
        with pytest.raises(CannotRun, match="fault of the software"):
            documents.answer_each(str(case), lambda _, wrong=wrong: {"n": [wrong]}, out)
    assert out.getvalue() == ""


def test_a_document_on_one_line_is_answered_on_one_line(tmp_path: Path) -> None:
    case = tmp_path / "cases.jsonl"
    case.write_text('{"n": 1}\n')
    out = io.StringIO()
    documents.answer_each(str(case), lambda document: document, out)
    assert out.getvalue() == '{"n": 1}\n'


def test_every_fault_is_told_on_a_line_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ketacare.web.commands.doctor.run", raising(BadInput.of(("on: missing.", "facts: a list."))))
    assert cli.main(["doctor"]) == 2
    assert capsys.readouterr().err == "ketacare doctor: on: missing.\nketacare doctor: facts: a list.\n"


def test_a_missing_file_is_bad_input() -> None:
    with pytest.raises(BadInput, match=r"can't be read: there is no such file. Check the path"):
        documents.answer_each("no-such-file.json", lambda document: document, io.StringIO())


def test_what_is_no_text_is_bad_input_and_the_mark_before_a_spreadsheets_text_is_none_of_it(tmp_path: Path) -> None:
    (wrong := tmp_path / "latin.json").write_bytes(b'{"a": "\xe9"}')
    with pytest.raises(BadInput, match=r"not in UTF-8\. Save it as UTF-8"):
        documents.read(str(wrong))
    (marked := tmp_path / "marked.json").write_bytes(b'\xef\xbb\xbf{"n": 1}')
    assert documents.read(str(marked)) == '{"n": 1}'
    with pytest.raises(BadInput, match=r"can't be read: is a directory"):
        documents.read(str(tmp_path))
