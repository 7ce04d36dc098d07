"""The sheets of criteria and of the workup refuse what could not be judged."""

import copy
import tomllib
from decimal import Decimal

import pytest

from ketacare.medicine.candidacy import reader
from ketacare.medicine.candidacy.reader import criteria, scales, workup
from ketacare.medicine.candidacy.reader.knowledge import _KNOWLEDGE
from ketacare.medicine.candidacy.tests.given import SHEET
from ketacare.medicine.candidacy.tests.ordinary import judged
from ketacare.medicine.evidence.reader import SheetRefused, sheet_from


def table(name):
    return tomllib.loads((_KNOWLEDGE / f"{name}.toml").read_text(encoding="utf-8"), parse_float=Decimal)


def row(whole, table_name, criterion):
    return next(one for one in whole[table_name] if one["id"] == criterion)


def figure(value, unit):
    return {"value": value, "unit": unit, "source": "HOUSE", "grade": "D"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"when": {"fact": "luck", "is": True}}, "luck: read by a criterion, not in facts-1"),
        ({"when": {"fact": "glaucoma", "is": "blue"}}, "glaucoma: 'blue' is not one of its answers"),
        ({"when": {"fact": "glaucoma", "one_of": ["blue"]}}, "glaucoma: 'blue' is not one of its answers"),
        ({"when": {"fact": "qtc_ms", "is": True}}, "qtc_ms: is a number and cannot be held against is"),
        ({"when": {"fact": "qtc_ms", "over": figure(500, "s")}}, "qtc_ms: is in ms, the line is in s"),
        ({"when": {"fact": "dementia", "within": figure(5, "d")}}, "dementia: is a yes or no and cannot be held"),
        ({"override": "the nurse"}, "CI-09: override 'the nurse' is not one of none, P"),
        ({"label_or_house": "rumour"}, "CI-09: 'rumour' is neither label nor house"),
        ({"routes": ["PO"]}, "CI-09: 'PO' is not one of IV, IM, SL, IN"),
        ({"met": "wait {wait}"}, "CI-09: {wait} in its words follows from no reading"),
        ({"met": "until {until}"}, "CI-09: {until} in its words follows from no reading"),
        ({"when": {"fact": "head_injury_on", "within": "ever"}, "met": "until {until}"}, "{until} in its words"),
    ],
)
def test_a_criterion_reads_only_what_the_vocabulary_can_answer(change, words):
    whole = table("contraindications-1")
    row(whole, "criteria", "CI-09").update(copy.deepcopy(change))
    with pytest.raises(SheetRefused, match=words):
        criteria.contraindication_sheet_from(sheet_from(whole, "x"), SHEET.facts)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"colour": "red"}, r"checks\[0\].colour: not known here"),
        ({"needs": [{"facts": ["luck"]}]}, "luck: owed by a check, not in facts-1"),
        ({"needs": [{"facts": ["audit"], "any_of": ["audit"]}]}, "names facts or any_of, one of the two"),
        ({"needs": [{"facts": ["audit"], "override": "me"}]}, "override: 'me' is not one of"),
        ({"needs": [{"facts": ["audit"], "valid": "soon"}]}, "needs.0..valid: needs a figure"),
        ({"needs": [{"facts": ["audit"], "mood": "x"}]}, "mood: not known here"),
    ],
)
def test_a_check_says_what_it_owes(change, words):
    whole = table("workup-1")
    whole["checks"][0].update(change)
    with pytest.raises(SheetRefused, match=words):
        workup.workup_sheet_from(sheet_from(whole, "x"), SHEET.facts)


def test_what_an_answer_says_by_itself_is_one_line_each():
    whole = table("workup-1")
    whole["by_answer"] = {"qt_drug": [{"all": [{"fact": "hypertension", "is": "treated"}]}]}
    with pytest.raises(SheetRefused, match=r"by_answer.qt_drug: each line compares one fact. Write several lines"):
        workup.workup_sheet_from(sheet_from(whole, "x"), SHEET.facts)


def test_the_points_of_the_liver_read_facts_that_exist():
    thinner = {name: kind for name, kind in SHEET.facts.items() if name != "inr"}
    with pytest.raises(SheetRefused, match="inr: read here"):
        scales.scale_sheet_from(sheet_from(table("bands-1"), "x"), thinner)


def test_a_sheet_of_criteria_alone_is_read_too():
    sheet = reader.criteria_sheet_from(sheet_from(table("pressure-1"), "x"), SHEET.facts)
    assert sheet.ref.id == "pressure-1"


def test_every_row_that_an_answer_may_name_has_its_title():
    titles = reader.shipped().titles
    named = {reason.criterion for dose in (True, False) for reason in judged(dose=dose).reasons}
    assert named <= titles.keys()
    assert titles["CI-07"] == "Coronary disease, heart attack or stent in the past"
    assert {"IND-01", "INT-10", "COM-01", "PKG-1", "EXC-01", "TRIAL-11", "SEV-01", "WK-05", "BP-8"} <= titles.keys()


def test_what_a_case_is_judged_by_reads_every_sheet():
    told = {fact for fact in SHEET.reads if fact in SHEET.facts}
    assert told == SHEET.reads
    assert {"bilirubin_umol_l", "severity_statement", "mdq_positive", "escort", "gate_sbp"} <= told
    assert len({header.id for header in SHEET.headers}) == len(SHEET.headers)
