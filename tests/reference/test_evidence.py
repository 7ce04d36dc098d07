"""What others published, when a course is reviewed, goals and measures: each figure is its row's, and no surer."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from ketacare.medicine import protocols, registry, therapy
from ketacare.medicine.evidence.reader import read_sheet
from tests.reference.differences import deliberate
from tests.reference.test_protocol_figures import by_house, leaves, letters, values
from tests.reference_tables import copied, section, tables


def body(room, sheet_id):
    return read_sheet(Path(room.__path__[0]) / "knowledge" / f"{sheet_id}.toml").body


def said(text):
    plain = re.sub(r"\[E\w+\]|NQF [\d, ]+", "", text).replace("−", "-")
    return {Decimal(number.replace(",", "")).normalize() for number in re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?", plain)}


# --- published results ---

OUTCOMES = tables("evidence", "1B. Outcomes")
PUBLISHED = body(registry, "benchmarks")
# A benchmark begins with the id of its study; these have a sign in theirs, or two studies of one year.
SIGNED = {"ESC23US": "ESC23-US", "TRF12": "TRF1+2"}
OF_ONE_YEAR = {"mur13-madrs-24h": "MUR13a", "mur13-madrs-series": "MUR13b"}
# Rows of the table that no panel draws: another condition or measure than response and remission on a scale that the
# programme follows, or figures that were only recalled.
NOT_DRAWN = {
    *("ABB22", "ABD22", "ASP1", "ASP2", "BER00", "DIA10", "FAV20", "FED14", "FED21", "GLU17", "GRU18", "HIE23"),
    *("ION19", "JAN25", "LII23", "OBR21/23", "ROD13", "SHI20", "SUS1", "TAY18", "WAN15", "WIL18", "ZAR06", "ZAR12"),
}


def study(benchmark):
    begins = benchmark["id"].split("-")[0].upper()
    return OF_ONE_YEAR.get(benchmark["id"]) or SIGNED.get(begins, begins)


def lines_of(study_id):
    """Every line of the tables that speaks of this study."""
    return [line for line in copied("evidence").splitlines() if re.search(rf"\b{re.escape(study_id)}(?![\w+])", line)]


@pytest.mark.parametrize("benchmark", PUBLISHED["benchmarks"], ids=lambda one: one["id"])
def test_every_figure_of_a_benchmark_is_one_of_its_study_and_no_surer(benchmark):
    text = " ".join(lines_of(study(benchmark)))
    found = [(name, one) for name, one in leaves(benchmark) if not by_house(one)]
    assert found
    assert [(name, values(one) - said(text)) for name, one in found if values(one) - said(text)] == []
    assert {str(one.grade) for _, one in found} <= letters(text)


def test_every_row_of_the_table_is_drawn_or_named_here():
    drawn = {study(benchmark) for benchmark in PUBLISHED["benchmarks"]}
    assert {row["id"] for row in OUTCOMES} - drawn == NOT_DRAWN


# --- when to review ---


NUMBERS = ("one", "two", "three", "four", "five", "six")


def in_digits(text):
    for number, name in enumerate(NUMBERS, start=1):
        text = re.sub(rf"\b{name}\b", str(number), text)
    return text


def rule_differences():
    """Of the rules of the evidence alone; the others of the sheet are the programme's own."""
    told = {row["Rule"]: row for row in tables("evidence", "2B. When to review / stop")}
    ours = {rule["id"]: rule for rule in body(protocols, "reviews-1")["rules"]}
    for rule_id, row in told.items():
        rule = ours.get(rule_id)
        if rule is None:
            yield rule_id, "Rule"
            continue
        wanted = said(in_digits(row["Trigger"]))
        own = set().union(*(values(one) for _, one in leaves(rule)))
        if own - wanted:
            yield rule_id, "beside"
        if wanted - own - said(in_digits(rule["words"])):
            yield rule_id, "missing"
        if {rule["grade"]} - letters(row["G"]):
            yield rule_id, "G"


def test_the_rules_of_reviews_are_those_of_the_evidence():
    assert set(rule_differences()) == deliberate("review rules")


# --- goals ---


def test_goals_are_scored_as_the_evidence_says():
    rows = {row["Item"]: row for row in tables("evidence", "4A. Goal attainment scaling (GAS)")}
    score = body(therapy, "goals")["score"]
    levels, number, formula = rows["Levels per goal"]["Rule"], rows["Number of goals"]["Rule"], rows["Score"]["Rule"]
    assert f"centred on {score['centre'].value}" in levels
    assert f"SD {score['spread'].value};" in levels
    assert f"{score['least_goals'].value}–{score['most_goals'].value}," in number
    assert f"importance 0–{score['most_weight'].value}" in number
    assert f"ρ = {score['correlation'].value} " in formula
    assert f"fewer than {score['least_people'].value} patients" in rows["Display rule"]["Rule"]
    told = re.findall(r"([−+]?\d) (?:much|less|expected|more)", levels)
    assert [row["level"] for row in body(therapy, "goals")["levels"]] == [one.replace("−", "-") for one in told]


# --- measures ---


def test_measures_count_what_the_evidence_says():
    rows = {row["id"]: row for row in tables("evidence", "Quality measures")}
    prose = " ".join(section("Quality measures", copied("evidence")))
    sheet = body(registry, "measures")
    first, last = sheet["four_weeks"]["first"].value, sheet["four_weeks"]["last"].value
    assert f"day {first}–{last}" in rows["Q1"]["Numerator / denominator"]
    assert f"day {first}–{last}" in rows["Q3"]["Numerator / denominator"]
    assert f"aim ≥{sheet['capture']['aim'].value} %" in rows["Q3"]["Benchmark"]
    cells = sheet["cells"]
    assert f"denominator <{cells['smallest'].value} (US federal convention" in prose
    assert (f"n ≥{cells['compared_from'].value}" in prose, f"<{cells['sites'].value} sites" in prose) == (True, True)
    assert f"round to {cells['export_step'].value} in shared exports" in prose
    assert f"Wilson {sheet['interval']['confidence'].value} % CI" in prose
    assert str(cells["smallest"].grade) == "M", "recalled, as the reference says"
