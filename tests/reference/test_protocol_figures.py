"""Row by row and both ways: each figure of a regimen and of a dosing rule is what its own row of the tables says, no
surer than that row, and by the work that it cites; what the sheet decides by itself says that it is the house's."""

import re
from decimal import Decimal

import pytest

from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.evidence.terms import Figure, Series
from tests.reference.differences import deliberate
from tests.reference.test_protocols import COLUMNS, KNOWLEDGE, numbers, said
from tests.reference_tables import tables

REGISTER = tables("treatment", "Register")
TOLD = {row["id"]: row for row in REGISTER}
# A figure of a course by its unit: which column of the register says it.
UNITS = {
    "Dose": {"mg/kg", "mg", "mg/kg/h", "%", "ng/mL"},
    "Time": {"min", "h"},
    "Induction": {"1", "1/wk", "wk", "d", "h"},
}
HOUSE = {"HOUSE"}


def leaves(tree, name=()):
    """Every figure with the place it stands at."""
    if isinstance(tree, (Figure, Series)):
        yield ".".join(map(str, name)), tree
    elif hasattr(tree, "items"):
        for key, part in tree.items():
            yield from leaves(part, (*name, key))
    elif isinstance(tree, tuple):
        for place, part in enumerate(tree):
            yield from leaves(part, (*name, place))


def values(figure):
    return {number.normalize() for number in (figure.values if isinstance(figure, Series) else (figure.value,))}


def letters(text):
    return set(re.findall(r"\b[VSMD]\b", re.sub(r"\[[^\]]*\]", "", text)))


def by_house(figure):
    return {source.label for source in figure.sources} == HOUSE


def body_of(row_id):
    return read_sheet(KNOWLEDGE / f"{row_id.lower()}.toml").body


def in_words(row_id):
    """The numbers of the sentences of a sheet: of its notes and of its phases."""
    body = body_of(row_id)
    rows = [row for part in ("notes", "phases", "then") for row in body.get(part, ())]
    return set().union(*(numbers(str(row.get("words", ""))) for row in rows))


# --- the register ---


def missing():
    """A number of a column that no figure of its kind has, and no sentence of the sheet."""
    for row in REGISTER:
        own = list(leaves(body_of(row["id"])))
        for column in COLUMNS:
            found = set().union(*(values(one) for _, one in own if one.unit in UNITS[column]), in_words(row["id"]))
            if said(row[column], column, "id", REGISTER) - found:
                yield row["id"], column


def test_every_number_of_a_column_is_a_figure_of_its_kind_or_told_why_not():
    assert set(missing()) == deliberate("regimens by column")


def told_by(row):
    columns = (*COLUMNS, "Then", "Indication", "Source, grade")
    return set().union(*(said(row[column], column, "id", REGISTER) for column in columns))


def of_course(row_id):
    """The figures of a regimen; what comes after the course is the taper's, a rule of its own."""
    return [(name, one) for name, one in leaves(body_of(row_id)) if not name.startswith("later.")]


def beside():
    """A figure that cites a work, and that the row does not say."""
    for row in REGISTER:
        told = told_by(row)
        yield from ((row["id"], name) for name, one in of_course(row["id"]) if not by_house(one) and values(one) - told)


def test_a_figure_that_cites_a_work_is_one_that_the_register_has():
    assert set(beside()) == deliberate("regimens beside")


@pytest.mark.parametrize("row_id", TOLD)
def test_a_figure_is_no_surer_than_its_row_and_what_is_the_house_s_is_a_default(row_id):
    row = TOLD[row_id]
    named = [TOLD[other] for column in COLUMNS for other in re.findall(r"^as (P-[\w-]+)", row[column])]
    allowed = set().union(*(letters(" ".join(one.values())) for one in (row, *named)))
    for name, one in of_course(row_id):
        assert str(one.grade) in ({"D"} if by_house(one) else allowed), name


def test_what_follows_a_course_is_the_taper_of_the_rules():
    (told,) = [row for row in tables("treatment", "Titration, adjustment") if row["Rule"].startswith("TP-1")]
    taper, weekly = numbers(told["Text for the engine"]), {Decimal(7).normalize(), Decimal(14).normalize()}
    for row_id in ("P-IV-05-2W", "P-IV-05-60"):
        later = [one for name, one in leaves(body_of(row_id)) if name.startswith("later.")]
        recalled = [one for one in later if not by_house(one)]
        assert set().union(*map(values, recalled)) <= taper | weekly
        assert {str(one.grade) for one in recalled} == {"M"}


# --- titration, device, amounts ---

RULES = (
    ("Titration, adjustment", "Rule", "Text for the engine", "titration-1"),
    ("Esketamine device rules", "Item", "Value", "esketamine-device-1"),
    ("Weight, ceilings, vials", "Item", "Rule", "amounts-1"),
)
# Numbers that the tables write as words or signs.
SPELT = {"twice": 2, "one session": 1, "G3": 3}


def rules():
    """Each row of the tables with the rule of the sheet that it is; the device's rows have no id."""
    for heading, key, column, sheet_id in RULES:
        ours = {rule["id"]: rule for rule in read_sheet(KNOWLEDGE / f"{sheet_id}.toml").body["rules"]}
        for number, row in enumerate(tables("treatment", heading), start=1):
            rule_id = f"DEV-{number}" if sheet_id == "esketamine-device-1" else row[key].split(" ")[0]
            yield rule_id, row, row[column], row[key], ours.pop(rule_id)
        assert ours == {}, "no rule beside the table"


def rule_differences():
    for rule_id, _row, cell, name, rule in rules():
        told = numbers(re.sub(r"x(?=\d)", "x ", cell)) | {Decimal(n) for word, n in SPELT.items() if word in cell}
        told |= numbers(name.partition(" ")[2])
        own = set().union(*(values(one) for _, one in leaves(rule)))
        if told - own - numbers(rule["words"]):
            yield rule_id, "missing"
        if own - told:
            yield rule_id, "beside"


def test_every_rule_has_the_figures_of_its_row_and_no_other():
    assert set(rule_differences()) == deliberate("rules by row")


def grade_differences():
    """Surer than its row, or by another word than a default of the house."""
    for rule_id, row, cell, _name, rule in rules():
        told = letters(" ".join(value for key, value in row.items() if key.startswith(("Source", "Grade")))) | letters(
            cell
        )
        ours = {str(one.grade) for _, one in leaves(rule)} | {rule["grade"]}
        if ours - told:
            yield rule_id, "Grade"


def test_no_rule_is_surer_than_its_row():
    assert set(grade_differences()) == deliberate("rules grade")


# The tags of the reference and a word of the citation that each stands for.
WORKS = {"T1": "SPRAVATO", "T2": "EU summary", "T4": "REMS", "T4c": "questions and answers", "T5": "KADS",
         "T31": "Ketamine hydrochloride injection", "T35": "listing", "T49": "missed"}  # fmt: skip


@pytest.mark.parametrize("sheet_id", [sheet_id for *_, sheet_id in RULES])
def test_a_rule_cites_the_work_that_its_row_names(sheet_id):
    sheet, lacking = read_sheet(KNOWLEDGE / f"{sheet_id}.toml"), []
    ids = {rule["id"] for rule in sheet.body["rules"]}
    for rule_id, row, _cell, _name, rule in rules():
        if rule_id in ids:
            tags = [rule["source"]] if isinstance(rule["source"], str) else list(rule["source"])
            cited = " ".join(sheet.sources[tag].citation for tag in tags)
            named = re.findall(r"\[(T\d+c?)\]", " ".join(row.values()))
            lacking += [(rule_id, tag) for tag in named if WORKS[tag].lower() not in cited.lower()]
    assert lacking == []
