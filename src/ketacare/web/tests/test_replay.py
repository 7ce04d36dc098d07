"""`ketacare replay`: its fixed form, exit codes, sheets by id and by path, and what it refuses."""

import io
import json
import sys
from pathlib import Path

import pytest

from ketacare.medicine.protocols import reader as protocols
from ketacare.web import cli

ROOT = Path(__file__).parents[4]
EXAMPLE = ROOT / "docs" / "reference" / "examples" / "replay.csv"
SHEET = Path(protocols.__file__).parents[1] / "knowledge" / "tx-1.toml"
KEYS = ["t_s", "condition", "priority", "state", "value", "limit", "rule"]
RECORDING = "t_s,channel,value\n0,HR,121\n9,HR,121\n"


@pytest.fixture
def said(monkeypatch, capsys):
    """Run the command with this text as its input; answer exit code, output and errors."""

    def run(text, *arguments):
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        code = cli.main(["replay", *arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def sheet(tmp_path):
    """The shipped sheet as a file of one's own, with a text in it replaced."""

    def changed(old, new):
        text = SHEET.read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / "own.toml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return str(path)

    return changed


def test_a1_each_line_has_the_fixed_keys_and_the_same_recording_the_same_bytes(said):
    code, out, err = said("", str(EXAMPLE), "--limits", "default")
    assert (code, err) == (0, "")
    lines = [json.loads(line) for line in out.splitlines()]
    assert len(lines) == 14
    assert all(list(line) == KEYS for line in lines)
    assert {line["state"] for line in lines} == {"pending", "present", "clearing", "absent"}
    for sheet in ("tx-1", str(SHEET)):
        assert said("", str(EXAMPLE), "--limits", sheet)[1] == out


def test_the_page_shows_what_the_example_prints(said):
    page = (ROOT / "docs" / "reference" / "replay.md").read_text(encoding="utf-8")
    shown = [line.strip() for line in page.splitlines() if line.startswith('    {"t_s"')]
    assert len(shown) > 3
    assert [line for line in shown if line not in said("", str(EXAMPLE))[1].splitlines()] == []


def test_a14_a_sheet_of_ones_own_is_read_from_its_path(said, sheet):
    own = sheet('high_medium = { value = 120, unit = "/min"', 'high_medium = { value = 130, unit = "/min"')
    assert said(RECORDING, "-")[1].count("HR.high") == 4
    assert said(RECORDING, "-", "--limits", own)[1] == ""


def test_h24_what_is_passed_over_is_said_beside_the_answer_and_not_in_it(said):
    code, out, err = said(RECORDING + "9,HR_ALARM,1\n", "-")
    assert (code, out) == (0, said(RECORDING, "-")[1])
    assert err == "ketacare replay: -: passed over channels not known here: HR_ALARM (1 rows)\n"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[parameters.spo2]", "[parameters.sp02]", "parameters.sp02: is no parameter here. Use one of spo2"),
        ("delay_high = {", "waits_high = {", "parameters.spo2.delay_high: a continuous line says how long it waits"),
        ("symptoms_medium = ", "signs_medium = ", "general.symptoms_medium: says which signs alarm"),
        ('title = "SpO2"', 'name = "SpO2"', "parameters.spo2.title: every parameter says its title"),
        ('{ value = 94, unit = "%"', '{ value = 84, unit = "%"', "low_medium must be under low_notice"),
        ('delay_notice = { value = 10, unit = "s"', 'delay_notice = { value = 16, unit = "s"', "at most 15 s"),
        (
            'high_high = { value = 150, unit = "/min", source = "MAKERS", grade = "D" }',
            "high_high = 150",
            "hr.high_high",
        ),
        ("[sheet]", "[sheet", "not readable as TOML"),
    ],
)
def test_a14_a15_a_sheet_that_cannot_be_used_is_refused_by_its_place_rule_and_remedy(said, sheet, old, new, words):
    code, out, err = said(RECORDING, "-", "--limits", sheet(old, new))
    assert (code, out) == (2, "")
    assert err.startswith("ketacare replay: --limits: ")
    assert words in err


def test_a_sheet_without_lines_is_refused(said, tmp_path):
    text = SHEET.read_text(encoding="utf-8")
    (tmp_path / "own.toml").write_text(text[: text.index("[general]")], encoding="utf-8")
    code, _, err = said(RECORDING, "-", "--limits", str(tmp_path / "own.toml"))
    assert code == 2
    assert "parameters: a limit sheet has lines" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.csv"], "RECORDING: nowhere.csv can't be read"),
        (["-", "--limits", "tx-9"], "--limits: tx-9 is no limit sheet known here. Give default, tx-1"),
        (["-", "--limits", "./none.toml"], "--limits: ./none.toml can't be read"),
        (["-", "-"], "RECORDING: one is replayed at a time"),
    ],
)
def test_what_cannot_be_read_is_named(said, arguments, words):
    code, out, err = said(RECORDING, *arguments)
    assert (code, out) == (2, "")
    assert words in err


def test_a_recording_in_another_encoding_and_a_bad_row_are_refused(said, tmp_path):
    (tmp_path / "latin.csv").write_bytes("t_s,channel,value\n0,HR,é".encode("latin-1"))
    code, _, err = said("", str(tmp_path / "latin.csv"))
    assert code == 2
    assert "not text in UTF-8" in err
    code, out, err = said(RECORDING + "10,HR,fast\n", "-")
    assert (code, out) == (2, "")
    assert "RECORDING: -, line 4, value: 'fast' is not a number" in err


def test_h9_the_load_of_one_and_of_several(said):
    code, out, _ = said("", "--load", str(EXAMPLE))
    answer = json.loads(out)
    assert code == 0
    assert list(answer) == ["recording", "hours", "adopted", "bare", "fewer_percent"]
    assert answer["adopted"] | {"audible_per_hour": 0} == {
        "high": 1, "medium": 2, "low": 2, "technical": 1, "due": 0, "audible_per_hour": 0,
    }  # fmt: skip
    lines = [json.loads(line) for line in said("", "--load", str(EXAMPLE), str(EXAMPLE))[1].splitlines()]
    assert [line["recording"] for line in lines] == [str(EXAMPLE), str(EXAMPLE), "all"]
    assert lines[2]["adopted"]["medium"] == 4
    empty = json.loads(said("t_s,channel,value\n", "--load", "-")[1])
    assert (empty["fewer_percent"], empty["adopted"]["audible_per_hour"]) == (None, None)
