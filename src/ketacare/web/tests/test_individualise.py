"""`ketacare individualise`: its form, JSON Lines, the picture, and what it refuses."""

import io
import json
import re
import sys
from pathlib import Path

import pytest

from ketacare.web import cli

EXAMPLE = Path(__file__).resolve().parents[4] / "docs" / "reference" / "examples" / "individualise.json"


@pytest.fixture
def said(monkeypatch, capsys):
    def run(text, *arguments):
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        code = cli.main(["individualise", *arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def test_the_example_answers_in_the_form_of_a_prediction(said):
    code, out, _ = said("", str(EXAMPLE))
    answer = json.loads(out)
    assert code == 0
    assert list(answer) == [
        *("model", "times_min", "ketamine_ng_per_ml", "norketamine_ng_per_ml", "summary", "warnings"),
        *("individual", "observations"),
    ]
    assert answer["individual"]["supports_change"] is True
    assert len(answer["observations"]) == 3


def test_what_the_page_says_of_its_example_is_what_the_command_answers(said):
    page = " ".join((EXAMPLE.parents[1] / "individualise.md").read_text(encoding="utf-8").split())
    answer = json.loads(said("", str(EXAMPLE))[1])
    person = answer["individual"]
    assert answer["warnings"][0] in page.replace('*"', "").replace('"*', "")
    assert person["in_doubt"] is False
    for one in answer["observations"]:
        told = f"{one['expected_typical']:.0f} | {one['expected']:.0f} |"
        assert re.search(rf"\| {one['time_min']:g} \| [^|]+ \| {re.escape(told)}", page), told
    clearance = next(one for one in person["parameters"] if one["name"] == "CL")
    assert (
        f"clearance {clearance['estimate']:.0f} L/h (90 % interval {clearance['p05']:.0f} to {clearance['p95']:.0f}) "
        f"beside a typical {clearance['typical']:.0f}; `spread_left` {clearance['spread_left']:.2f}"
    ) in page
    assert f"`individual.people_nearer_to_typical`**: {person['people_nearer_to_typical']:.2f}." in page
    peak = answer["summary"]["cmax_ng_per_ml"]
    assert f"the peak lies at {peak['p50']:.0f} ng/mL ({peak['p05']:.0f} to {peak['p95']:.0f})" in page


def test_json_lines_are_answered_line_by_line(said):
    line = json.dumps(json.loads(EXAMPLE.read_text()))
    code, out, _ = said(f"{line}\n{line}\n", "-")
    assert code == 0
    assert len(out.splitlines()) == 2


def test_the_picture_shows_what_was_measured(said, tmp_path):
    code, _, _ = said("", str(EXAMPLE), "--plot", str(tmp_path / "person.svg"))
    svg = (tmp_path / "person.svg").read_text()
    assert code == 0
    assert svg.count("<circle") == 3
    assert "dots: measured" in svg
    assert "what the measurements leave open for this person" in svg


def test_a_sample_from_the_arm_of_the_infusion_is_refused(said):
    document = json.loads(EXAMPLE.read_text())
    document["observations"][1]["arm"] = "infusion"
    code, out, err = said(json.dumps(document), "-")
    assert (code, out) == (2, "")
    assert "observations[1].arm: drawn from the arm of the infusion" in err


def test_a_value_under_its_limit_is_drawn_hollow(said, tmp_path):
    document = json.loads(EXAMPLE.read_text())
    del document["observations"][2]["value"]
    document["observations"][2] |= {"below_limit": True, "lloq": 0.1}
    said(json.dumps(document), "-", "--plot", str(tmp_path / "person.svg"))
    assert (tmp_path / "person.svg").read_text().count('fill="#fff" stroke') == 1


def test_the_schema_is_printed_whatever_else_is_missing(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["individualise", "--schema"])
    assert stopped.value.code == 0
    assert json.loads(capsys.readouterr().out)["title"] == "case with observations"
