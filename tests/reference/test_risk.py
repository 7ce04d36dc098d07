"""The tables of suicide risk, of the safety plan and of the paths by exception held against their sheets."""

import re
from decimal import Decimal
from pathlib import Path

from ketacare.medicine.candidacy import reader
from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.evidence.terms import Figure, Series
from ketacare.medicine.safety.reader import risk_sheet, safety_plan_sheet
from tests.reference.differences import deliberate
from tests.reference_tables import copied, section, tables

KNOWLEDGE = Path(reader.__file__).parent.parent / "knowledge"
RISK = read_sheet(KNOWLEDGE / "risk-1.toml").body
EXCEPTIONS = read_sheet(KNOWLEDGE / "exceptions-1.toml").body
TIERS = risk_sheet().sheet.body["tiers"]
HOURS = {"h": 1, "d": 24, "days": 24, "weeks": 168, "wk": 168}


def numbers(text):
    """Without sources, rule ids and the numbers of items; 1, 2 or 3 of a scale that ends there is 1 and above."""
    plain = re.sub(r"\[[^\]]*\]|\([^)]*\)|[A-Z]+-\d+(/\d+)?|Q\d(-Q\d)?|\bT\d\b|item \d+|, 2 or 3", "", text)
    return {Decimal(number) for number in re.findall(r"\d+(?:\.\d+)?", plain)}


def figures(tree):
    if isinstance(tree, Figure):
        return {tree.value}
    if isinstance(tree, Series):
        return set(tree.values)
    if isinstance(tree, dict):
        return set().union(*(figures(part) for part in tree.values()))
    return set().union(*(figures(part) for part in tree)) if isinstance(tree, tuple) else set()


def elapsed(text):
    """Every time of a text, in hours."""
    return {Decimal(n) * HOURS[unit] for n, unit in re.findall(r"(\d+) (h|days|d|weeks)\b", text)}


def elapsed_of(tree):
    """Every time of a row, in hours."""
    if isinstance(tree, (Figure, Series)) and tree.unit in HOURS:
        values = tree.values if isinstance(tree, Series) else (tree.value,)
        return {value * HOURS[tree.unit] for value in values}
    parts = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, tuple) else ()
    return set().union(*(elapsed_of(part) for part in parts))


def words(text):
    return set(re.findall(r"[a-z]{4,}", text.lower()))


def check(name, found):
    """What differs is what is listed, no more and no less."""
    assert found == deliberate(name), sorted(found ^ deliberate(name))


# --- the screener ---


def test_the_questions_have_their_windows_and_their_tree():
    found = set()
    questions = risk_sheet().questions
    for row in tables("screening", "C-SSRS screener logic"):
        ours = questions[row["Step"].removeprefix("Q")]
        rule = "if 2 yes" if row["Rule"].startswith("only if Q2") else "always"
        grade = row["Source, grade"].split()[-1]
        told = {
            "Window": row["Window"].split(";")[0] == ours.window,
            "Rule": rule == ours.asked,
            "grade": grade == ours.grade,
        }
        found |= {(row["Step"], column) for column, agrees in told.items() if not agrees}
    check("screener", found)
    assert questions["6.recent"].window == "past 3 months"


DOSING = {"allowed": "allowed", "clear": "clearance", "stop": "stop", "not ready": "not_ready"}


def test_the_tiers_their_dosing_actions_figures_and_grades():
    found = set()
    for row in tables("screening", "Tier and action"):
        tier, name = row["Tier"].split()
        ours = TIERS[tier]
        dosing = next(ours_word for word, ours_word in DOSING.items() if row["Outpatient dosing (D)"].startswith(word))
        told_override = "P+MD" if "Override P+MD" in row["Required actions (D)"] else "none"
        clear = "P" if dosing == "clearance" else told_override
        agrees = {
            "name": ours["name"] == name,
            "dosing": ours["dosing"] == dosing,
            "override": ours["override"] == clear,
            "Grade": ours["grade"] == row["Grade"],
            "times": elapsed(row["Required actions (D)"]) == elapsed_of(ours),
            "told": elapsed(row["Required actions (D)"]) == elapsed(" ".join(ours["actions"])),
        }
        found |= {(tier, column) for column, is_so in agrees.items() if not is_so}
    check("tiers", found)
    assert {row["Tier"].split()[0] for row in tables("screening", "Tier and action")} == TIERS.keys()


def test_the_rules_below_the_tiers():
    lines = section("Tier and action", copied("screening"))
    rules = next(line for line in lines if line.startswith("Rules (D)"))
    windows = risk_sheet().windows
    assert f"gap > {windows['lifetime_form_after_gap'].value} d" in rules
    assert f"valid {windows['assessment_counts'].value} d" in rules
    assert f"T3 within {windows['high_is_recent'].value} d" in rules


# --- signs ---

EFFECTS = ("stop", "clear", "caution", "note")


def test_every_sign_has_its_line_its_look_back_its_effect_and_whose_word():
    rows = {row["id"]: row for row in RISK["criteria"]}
    found = set()
    for row in tables("screening", "PHQ-9 item 9 and other triggers"):
        ours = rows[row["id"]]
        override = row["Override"].split()[0] if row["Override"] != "-" else "none"
        judged, told = figures(ours["when"]), told_lines(row)
        agrees = {
            "Outcome": row["Outcome"].split()[0] == ours["effect"],
            "Override": override == ours.get("override", "none"),
            "Grade": row["Grade"][0] == str(ours["grade"]),
            "lines": told - figures(RISK["figures"]) <= judged <= told | {Decimal(0)},
            "calls": elapsed(row["Action"]) <= elapsed_of(RISK["figures"]),
        }
        found |= {(row["id"], column) for column, is_so in agrees.items() if not is_so}
    check("signs", found)
    own = {"CI-40", "SUI-PLAN"}  # the tier and the plan, which have tables of their own
    assert rows.keys() - own == {row["id"] for row in tables("screening", "PHQ-9 item 9 and other triggers")}
    madrs = re.search(
        r"MADRS item 10 >= (\d) = T3", " ".join(r["Action"] for r in tables("screening", "PHQ-9 item 9 and"))
    )
    assert RISK["scale"]["madrs_item_10_high"].value == Decimal(madrs.group(1))


def told_lines(row):
    """Two weeks are 14 days; the same look-back holds where item 9 is held against the screener."""
    lines = numbers(row["Trigger"]) | numbers(row["Look-back"].replace("2 weeks", "14 d"))
    return lines | ({Decimal(14)} if row["id"] == "SUI-02" else set())


# --- the safety plan ---


def test_the_safety_plan_has_its_fields_in_order_its_review_and_its_contacts():
    told = tables("screening", "Safety plan (Stanley-Brown")
    ours = safety_plan_sheet()
    fields = [row for row in told if row["Field"].split()[0].isdigit() or row["Field"] == "reason for living"]
    assert len(fields) == len(ours.fields)
    found = set()
    for row, field in zip(fields, ours.fields, strict=True):
        grade = row["Grade"].split()[0]
        agrees = {"Required": (row["Required"] == "yes") == field.required, "Grade": grade == str(field.grade)}
        found |= {(row["Field"], column) for column, is_so in agrees.items() if not is_so}
    check("safety plan", found)
    about = next(row for row in told if row["Field"].startswith("made with"))
    assert ours.review_within_d.value in numbers(about["Field"].replace("(<= 90 d)", "90 d"))
    text = copied("screening")
    contacts = next(line for line in section("Safety plan (Stanley", text) if line.startswith("Contacts after T2+"))
    assert elapsed(contacts) == set(ours.contacts_h.values)


# --- paths by exception ---


def test_every_path_has_its_signature_its_figures_and_what_is_never_waived():
    paths = {row["id"]: row for row in (*EXCEPTIONS["paths"], *EXCEPTIONS["criteria"])}
    found = set()
    for row in tables("screening", "Paths"):
        ours = paths[row["id"]]
        sign = row["Sign"]
        told = " ".join(str(value) for value in ours.values())
        agrees = {
            "Sign": sign == ours.get("signatures", ours.get("effect")),
            "Grade": row["Grade"] == ours["grade"],
            "times": elapsed(row["Extra duties"].split("(US")[0]) <= elapsed_of(ours),
            "numbers": numbers(row["Entry"]) <= figures(ours),
            "never waived": row["id"] == "EXC-06" or len(words(row["What is never waived"]) - words(told)) <= 1,
            "duties": len(words(row["Extra duties"].split("(US")[0]) - words(told)) <= 3,
        }
        found |= {(row["id"], column) for column, is_so in agrees.items() if not is_so}
    check("exceptions", found)
    assert paths.keys() == {row["id"] for row in tables("screening", "Paths")}


def test_every_condition_of_the_crisis_path_is_asked_for():
    text = copied("screening")
    ruling = next(line for line in text.splitlines() if line.startswith("| RUL-06"))
    listed = re.search(r"every condition recorded \(([^)]*)\)", ruling).group(1).split(", ")
    asked = {condition["id"] for condition in EXCEPTIONS["paths"][0]["conditions"]}
    named = {
        "mood episode": "episode",
        "setting": "setting",
        "antidepressant": "antidepressant",
        "safety plan": "plan",
        "means": "means",
        "calls planned": "calls",
    }
    assert [part for part in listed if part not in named] == ["P and MD named"]
    assert set(named.values()) <= asked
    assert EXCEPTIONS["paths"][0]["signatures"] == "P+MD"
