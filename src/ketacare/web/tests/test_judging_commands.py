"""`ketacare score` and `ketacare candidacy`: their fixed forms, exit codes, and what they refuse."""

import csv
import io
import json
import subprocess
import sys
from datetime import date
from decimal import Decimal

import pytest
from tests.reference_data import reference_file

from ketacare.medicine.candidacy.tests.ordinary import ordinary
from ketacare.medicine.evidence.reader import SheetRefused
from ketacare.web import cli
from ketacare.web.commands import candidacy, score

ALL_ZERO = {"answers": {str(item): 0 for item in range(1, 10)}}
TRIAL = {"in_current_episode": True, "adherence_percent": 95, "improvement_percent": 10}
TWO_TRIALS = [
    {"medicine": "sertraline", "steps": [{"dose_mg": 150, "days": 60}], **TRIAL},
    {"medicine": "venlafaxine", "form": "XR", "steps": [{"dose_mg": 150, "days": 56}], **TRIAL},
]
ANEURYSM = {"name": "aneurysmal_vascular_disease", "value": False, "known_on": "2026-07-14", "source": "asked"}
CLEAR_FACTS = [
    {"name": fact.name, "unit": fact.unit, "known_on": "2026-07-14", "source": "asked"}
    | {"value": str(fact.value) if isinstance(fact.value, (Decimal, date)) else fact.value}
    for fact in ordinary(aneurysmal_vascular_disease=None)
]
CANDIDATE = {
    "on": "2026-07-14",
    "stage": "evaluation",
    "route": "IV",
    "facts": [ANEURYSM, *CLEAR_FACTS],
    "trials": TWO_TRIALS,
    "medicines": [],
}


@pytest.fixture
def said(monkeypatch, capsys):
    """Run a command with this text as its input; answer exit code, output and errors."""

    def run(text, *arguments):
        monkeypatch.setattr(sys, "stdin", io.StringIO(text if isinstance(text, str) else json.dumps(text)))
        code = cli.main(arguments)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


# --- score ---


def test_score_answers_in_the_fixed_form(said):
    code, out, _ = said(ALL_ZERO, "score", "phq-9", "-")
    assert code == 0
    assert list(json.loads(out)) == [
        *("instrument", "version", "total", "complete", "band", "subscales", "flags", "sources")
    ]


def test_score_agrees_with_every_vector_of_the_independent_program(said):
    text = reference_file("instruments/phq9.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    given = [[int(row[f"q{item}"]) if row[f"q{item}"] else None for item in range(1, 10)] for row in rows]
    code, out, _ = said("\n".join(map(json.dumps, given)), "score", "phq-9", "-")
    answers = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [answer["total"] for answer in answers] == [int(row["total"]) if row["total"] else None for row in rows]
    assert [answer["band"] for answer in answers if answer["complete"]] == [
        row["severity"].replace("_", " ") for row in rows if row["total"]
    ]
    assert [bool(answer["flags"]) for answer in answers] == [row["item9_positive"] == "True" for row in rows]


def test_score_does_not_take_a_missing_answer_for_zero(said):
    _, out, _ = said({"answers": {"1": 3, "9": 1}}, "score", "phq-9", "-")
    answer = json.loads(out)
    assert (answer["total"], answer["complete"], answer["flags"]) == (None, False, ["item_9_positive"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"answers": {"10": 1}}', "Item 10: PHQ-9 has no such item"),
        ('{"answers": {"1": 4}}', "Item 1: 4 is not one of its answers"),
        ('{"answers": {"1": 1.5}}', "Item 1: "),
        ('{"answers": {"1": 1, "1": 2}}', "1: is given twice"),
        ("[0, 0]", "answers: 2 given, phq-9 has 9"),
        (
            "[[0,0,0,0,0,0,0,0,0]]",
            "answers: holds forms, not answers. Write each form on a line of its own",
        ),
        ('{"answers": {"total": 28}}', "Total: 28 is not a whole number from 0 to 27"),
        (
            "nonsense",
            "line 1: is not JSON: a value is missing, or is none that JSON knows, at letter 1. Correct it there",
        ),
        ("[0,0,0,0,0,0,0,0,0]\n[0]", "line 2, answers: 1 given"),
        ("{}", "answers: missing"),
        ("7", "answers: missing"),
        ('{"answers": 7}', "answers: must be"),
        ('{"answers": [], "patient": 1}', "patient: is not a part"),
        ('{"answers": [], "instrument": "gad-7"}', "instrument: 'gad-7' was given to phq-9"),
        ('{"answers": [], "instrument": []}', "instrument: [] was given to phq-9"),
        ("", "line 1: is not JSON"),
    ],
)
def test_score_refuses_by_field_and_rule(text, words, said):
    code, _, err = said(text, "score", "phq-9", "-")
    assert code == 2
    assert f"ketacare score: {words}" in err


def test_score_takes_the_total_of_a_form_by_numbers_and_text_that_a_spreadsheet_wrote(said):
    _, out, _ = said({"answers": {"total": 40, "9": 2}}, "score", "bdi-ii", "-")
    told = json.loads(out)
    assert (told["total"], told["complete"], told["band"]) == (40, True, "severe")
    _, out, _ = said("\ufeff" + json.dumps({"answers": {"total": 5}}), "score", "phq-9", "-")
    assert json.loads(out)["total"] == 5


def test_score_says_where_an_answer_takes_back_another(said):
    _, out, _ = said({"answers": [0, 4, 4, 4, 4, 4, 4, 4, 0, 0]}, "score", "audit", "-")
    assert "never_and_drinks" in json.loads(out)["flags"]
    _, out, _ = said({"answers": [0, 1, 0]}, "score", "audit-c", "-")
    assert "never_and_drinks" in json.loads(out)["flags"]
    _, out, _ = said({"answers": [0, 0, 0]}, "score", "audit-c", "-")
    assert "never_and_drinks" not in json.loads(out)["flags"]


def test_score_of_an_unknown_instrument_names_those_it_has(said):
    code, _, err = said(ALL_ZERO, "score", "phq-99", "-")
    assert (code, "phq-9" in err) == (2, True)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("phq9", "INSTRUMENT: 'phq9' is not known. Did you mean phq-9"),
        ("PCL-5 ", "Did you mean pcl-5"),
        ("xyzzy", "Known: anxiety-vas, asrm"),
        ("phq-a", "INSTRUMENT: PHQ-A is for 11 to 17 years, and the programme treats adults. Use phq-9."),
    ],
)
def test_score_names_what_was_perhaps_meant(name, words, said):
    code, _, err = said(ALL_ZERO, "score", name, "-")
    assert code == 2
    assert words in err


def test_score_refuses_answers_that_the_form_does_not_have(said):
    code, _, err = said({"answers": {"9": 1}}, "score", "audit", "-")
    assert (code, "Item 9: 1 is not one of its answers. Choose one (0, 2, 4), or leave it out." in err) == (2, True)
    code, _, err = said('{"answers": {"1": 1.5}}', "score", "gad-7", "-")
    assert (code, "Item 1: 1.5 is not one of its answers" in err) == (2, True)
    code, _, err = said('{"answers": {"1": 1e0}}', "score", "gad-7", "-")
    assert (code, "Item 1: 1, written with an exponent, is not one of its answers" in err) == (2, True)


def test_score_takes_lines_where_it_is_told_to(said):
    for nothing in ("", "\n \n"):
        code, out, err = said(nothing, "score", "phq-2", "-", "--lines")
        assert (code, out) == (0, ""), "no line is answered with no line"
        assert err == "There was no line to answer.\n", "and it says that nothing came in"
    code, out, _ = said("[1, 2]\n\n[null, 3]\n", "score", "phq-2", "-", "--lines")
    assert [json.loads(line)["total"] for line in out.splitlines()] == [3, None]
    code, _, err = said("[1, 2]\n[1, 4]\n", "score", "phq-2", "-", "--lines")
    assert (code, "line 2, Item 2: 4 is not one of its answers" in err) == (2, True)


def test_score_answers_to_another_name_and_to_the_one_inside(said):
    code, out, _ = said({"instrument": "pgi-i", "answers": {"1": 2}}, "score", "pgi-i", "-")
    assert (code, json.loads(out)["instrument"]) == (0, "pgi-c")


@pytest.mark.parametrize(
    ("name", "answers", "flags", "complete"),
    [
        ("safety-items", {"s1": 3, "s2": 1, "s4": None}, ["s1.3", "s2.1"], False),
        ("safety-items", [0, 0, 0, 1, 0], ["s4.1"], True),
        ("safety-first", {"i1": 1}, ["i1.1"], False),
        ("mania-items", [1], ["m1.1"], True),
        ("mania-items", [0], [], True),
        ("side-effects", {"chest_pain": 1}, ["chest_pain.1"], False),
    ],
)
def test_score_tells_of_our_own_questions_which_answers_call_somebody(name, answers, flags, complete, said):
    code, out, _ = said({"instrument": name, "answers": answers}, "score", name, "-")
    told = json.loads(out)
    assert (code, told["instrument"], told["flags"], told["complete"]) == (0, name, flags, complete)
    assert (told["total"], told["band"], told["subscales"]) == (None, None, {})


def test_score_of_half_a_form_keeps_what_is_no_score_apart(said):
    _, out, _ = said({"answers": [2, 2, None, 1, 1, 1, 1]}, "score", "gad-7", "-")
    answer = json.loads(out)
    assert (answer["total"], answer["band"], answer["complete"]) == (None, None, False)
    assert answer["subscales"] == {"sum_answered": 8, "total_prorated": 9}


def test_schema_lists_the_instruments_with_what_may_be_answered():
    listed = {row["instrument"]: row for row in score.SCHEMA["instruments"]}
    assert listed["phq-9"]["items"][0] == {"id": "1", "lowest": 0, "highest": 3, "scored": True}
    assert listed["audit"]["items"][8]["codes"] == [0, 2, 4]
    assert listed["dast-10"]["items"][2]["reversed"] is True
    assert (listed["madrs"]["answered_by"], listed["madrs"]["wording"]) == ("rater", "owner")
    assert "phq-a" not in listed


# --- candidacy ---


def test_candidacy_answers_in_the_fixed_form(said):
    code, out, _ = said(CANDIDATE, "candidacy", "-")
    answer = json.loads(out)
    assert (code, answer["outcome"], answer["missing"]) == (0, "permit", [])
    assert list(answer) == ["outcome", "reasons", "missing", "sheets"]
    assert list(answer["reasons"][0]) == ["criterion", "result", "effect", "facts", "sources", "grade"]
    assert {"contraindications-1", "trials-1", "formulary-1", "interactions-1"} <= {
        sheet["id"] for sheet in answer["sheets"]
    }


def test_candidacy_without_facts_is_unknown_and_says_what_is_missing(said):
    code, out, _ = said({"on": "2026-07-14", "stage": "evaluation"}, "candidacy", "-")
    answer = json.loads(out)
    assert (code, answer["outcome"]) == (0, "unknown")
    assert "active_psychosis" in answer["missing"]


def test_candidacy_answers_json_lines_in_kind(said):
    stopped = CANDIDATE | {"facts": [*CLEAR_FACTS, ANEURYSM | {"value": True}]}
    code, out, _ = said(f"{json.dumps(CANDIDATE)}\n{json.dumps(stopped)}\n", "candidacy", "-")
    assert code == 0
    assert [json.loads(line)["outcome"] for line in out.splitlines()] == ["permit", "stop"]


def test_candidacy_answers_the_lines_beside_one_that_cannot_be_used(said):
    lines = [json.dumps(CANDIDATE), json.dumps(CANDIDATE | {"on": "soon"}), json.dumps(CANDIDATE)]
    code, out, err = said("\n".join(lines), "candidacy", "-")
    first, refused, last = [json.loads(line) for line in out.splitlines()]
    assert (code, first["outcome"], last["outcome"]) == (2, "permit", "permit")
    assert (refused["line"], refused["error"][0]["field"]) == (2, "on")
    assert err.startswith("ketacare candidacy: line 2, on: ")
    _, words, _ = said("\n".join(lines), "candidacy", "-", "--explain")
    assert words.count("PERMIT.") == 2
    assert "REFUSED. Line 2 can't be used:\n  - on: " in words


def test_candidacy_explains_in_words_with_sources_and_ages(said):
    stopped = CANDIDATE | {"on": "2026-07-20", "facts": [ANEURYSM | {"value": True}, *CLEAR_FACTS]}
    _, out, _ = said(stopped, "candidacy", "-", "--explain")
    assert out.startswith("STOP. Treatment must not be offered")
    assert "Aneurysm of the aorta, brain or peripheral arteries: yes, 6 days old, asked" in out
    assert "Instead: TMS, ECT with clearance, medication." in out
    assert "Nobody may override." in out
    assert "Source: SPRAVATO (esketamine)" in out
    assert "{" not in out


def test_candidacy_explains_what_would_settle_it_and_what_is_not_confirmed(said):
    facts = [fact for fact in CLEAR_FACTS if fact["name"] not in ("capacity", "mania_now")]
    told = {"name": "acute_porphyria", "value": True, "known_on": "2026-07-14", "source": "letter"}
    facts = [*(fact for fact in facts if fact["name"] != "acute_porphyria"), told]
    _, out, _ = said(CANDIDATE | {"facts": [ANEURYSM, *facts]}, "candidacy", "-", "--explain")
    assert out.startswith("UNKNOWN. It cannot be said yet")
    assert "  ? CI-42 No capacity or no consent (unknown: stop)." in out
    assert "(can decide about this treatment: " in out
    assert "mania_now:" not in out
    assert "  - Can decide about this treatment (capacity)\n" in out
    assert "Rests on unconfirmed figures:\n  - CI-32 Mania" in out
    assert "  - CI-58 Acute porphyria\n" in out
    assert "Past its review date" not in out


def test_candidacy_asks_about_answers_that_do_not_fit_together(said):
    repaired = {"name": "aneurysm_repaired", "value": True, "known_on": "2026-07-14", "source": "asked"}
    others = [fact for fact in CLEAR_FACTS if fact["name"] != "aneurysm_repaired"]
    _, out, _ = said(CANDIDATE | {"facts": [ANEURYSM, repaired, *others]}, "candidacy", "-", "--explain")
    assert "Does not fit together:\n  - An aneurysm was repaired, and there was none: " in out


def test_candidacy_warns_of_sheets_past_their_review_and_tells_what_is_cleared(said):
    facts = [fact | {"known_on": "2029-01-01"} for fact in [ANEURYSM, *CLEAR_FACTS] if fact["name"] != "glaucoma"]
    glaucoma = {"name": "glaucoma", "value": "chronic", "known_on": "2028-12-20", "source": "letter"}
    letter = {"criterion": "CI-21", "signatures": "P+spec", "given_on": "2028-12-20", "until": "2029-02-01"}
    case = CANDIDATE | {"on": "2029-01-01", "facts": [*facts, glaucoma], "clearances": [letter]}
    _, out, _ = said(case, "candidacy", "-", "--explain")
    assert "Past its review date:\n  - contraindications-1 1.8.0 was to be reviewed by 01-Nov-2027\n" in out
    assert "CI-21 Glaucoma or raised eye pressure (met, cleared)" in out
    assert "Cleared by the prescriber with a specialist's written opinion on 20-Dec-2028 until 01-Feb-2029." in out


def test_what_was_told_and_does_not_count_is_asked_anew(said):
    old = [fact | {"known_on": "2024-07-14"} if fact["name"] == "capacity" else fact for fact in CLEAR_FACTS]
    _, out, _ = said(CANDIDATE | {"facts": [ANEURYSM, *old]}, "candidacy", "-", "--explain")
    assert "(capacity): anew, what was told of it does not do\n" in out


def test_sheets_past_their_review_are_told_once_beside_the_fixed_form_of_the_answer(said):
    late = CANDIDATE | {"on": "2029-01-01"}
    code, out, err = said("\n".join([json.dumps(late)] * 2), "candidacy", "-")
    assert (code, "to be reviewed" in out) == (0, False)
    assert err.count("Past its review date: contraindications-1 1.8.0 was to be reviewed by 01-Nov-2027.\n") == 1
    assert said(CANDIDATE, "candidacy", "-")[2] == ""


def test_what_a_table_is_called_keeps_its_capitals(said):
    names = [{"name": "clonazepam", "daily_dose_mg": 1}]
    _, out, _ = said(CANDIDATE | {"medicines": names}, "candidacy", "-", "--explain")
    assert "      Diazepam equivalent by VA/DoD 2021: " in out


def test_the_example_of_the_reference_runs(said):
    code, out, _ = said("", *candidacy.EXAMPLE.split()[1:])
    assert code == 0
    assert out.startswith(candidacy.example())
    assert "CI-07" in candidacy.example()


def test_candidacy_tells_every_fault_of_a_case_at_once(said):
    wrong = {"on": "14-Jul-2026", "stage": "dose", "facts": [{"name": "pregnant", "value": True}], "trials": {}}
    code, out, err = said(wrong, "candidacy", "-")
    assert (code, out) == (2, "")
    assert [line.split(": ")[1] for line in err.splitlines()] == ["on", "facts[0].name", "trials"]


def test_candidacy_schema_needs_no_case(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["candidacy", "--schema"])
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out)["title"] == "case"


@pytest.mark.parametrize("command", ["score", "candidacy"])
def test_judging_needs_no_django(command):
    program = f"import sys; from ketacare.web.commands import {command}; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": "src"}, check=False).returncode == 0


def test_a_sheet_changed_on_the_disk_stops_its_command_in_one_line_and_no_other(monkeypatch, capsys):
    found = cli.importlib.import_module

    def changed(name):
        if name.endswith(".candidacy"):
            raise SheetRefused("trials-1.toml", ["sheet.version: the sheet has changed and still says 1.1.0. List it."])
        return found(name)

    monkeypatch.setattr(cli.importlib, "import_module", changed)
    assert cli.main(["candidacy", "case.json", "--explain"]) == cli.FAULT
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("ketacare candidacy: trials-1.toml: sheet.version: the sheet has changed")
    assert "Put the file back as it was installed" in line
    with pytest.raises(SystemExit) as helped:
        cli.main(["--help"])
    assert helped.value.code == cli.DONE
    assert "candidacy" in capsys.readouterr().out
