"""Every row of the tables of medicines held against the formulary and the interactions: members, figures, codes."""

import csv
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ketacare.medicine.candidacy import reader
from ketacare.medicine.candidacy.rules.formulary import matched, sorted_out
from ketacare.medicine.candidacy.rules.medicines import judged_medicine
from ketacare.medicine.candidacy.rules.uses import use_reason
from ketacare.medicine.candidacy.terms import Action, Case, Stage, TakenMedicine
from ketacare.medicine.candidacy.terms.medicines import Does
from ketacare.medicine.evidence.terms import Effect, Facts, Figure, Grade, Result, Series, weakest
from tests.reference.differences import deliberate
from tests.reference_tables import tables

KNOWLEDGE = reader.shipped()
SHEET, FORMULARY = KNOWLEDGE.interactions, KNOWLEDGE.formulary
CASE = Case(date(2026, 7, 14), Facts(), (), ())
GRADES = {"v": Grade.V, "m": Grade.M}
SECTION = re.compile(r"(section|table|see) [\d.]+a?|(PK|INT|BP|GLP)-\d+|\[[^\]]*\]|5-HT1A|CYP\w+|T3")


def numbers(text):
    """The numbers of a cell, without tags of sources, references to rows and names that hold digits."""
    return {Decimal(number) for number in re.findall(r"\d+(?:\.\d+)?", SECTION.sub("", text))}


def letters(cell):
    return {Grade(letter) for letter in re.findall(r"\b[VSMD]\b", cell)}


def of_figures(figures):
    found = set()
    for figure in figures:
        found |= set(figure.values) if isinstance(figure, Series) else {figure.value} if figure else set()
    return found


def drugs_of(row_id):
    return [drug for drug in FORMULARY.drugs if row_id in (*drug.rows, *drug.groups)]


def holds_of(row_id):
    return [use.hold for drug in drugs_of(row_id) for use in drug.uses if use.row == row_id and use.hold]


def name_of(text):
    """A member as the table writes it, without the dose and form beside it."""
    return re.sub(r"\s*(>=.*|\d+-\d+|\(.*\)|\*|\blocal)$", "", text.strip()).strip()


def found(text):
    match = matched(name_of(text), "", FORMULARY)
    return None if match is None else match.drug


# --- classes ---------------------------------------------------------------------------------------------------------


def member_names(cell):
    """Members, or where the column is empty the class that names them itself."""
    told = cell["Members"] if cell["Members"] not in ("-", "section 2.3") else cell["Class"]
    return [name for part in re.split(r"[,;+]", told) if (name := name_of(part))]


CLASSES_NOT_DRUGS = {
    *("xanthines", "SSRI", "SNRI", "TCA", "vasopressors", "sympathomimetics", "anticholinergics"),
    "other NMDA same week",
}


def class_differences():
    for cell in tables("screening", "Pharmacodynamic classes"):
        row = SHEET.rows.get(cell["id"])
        if row is None:
            yield cell["id"], "id"
            continue
        members = [name for name in member_names(cell) if name not in CLASSES_NOT_DRUGS]
        if any(found(name) is None or cell["id"] not in found(name).rows for name in members):
            yield cell["id"], "Members"
        told = " ".join((row.title, row.mechanism, row.size, row.advice))
        ours = numbers(told) | of_figures([*row.figures.values(), *holds_of(row.id)])
        if numbers(cell["Effect and size"] + " " + cell["Action"]) - ours:
            yield cell["id"], "Effect and size, Action"
        grades = [row.grade, *(hold.grade for hold in holds_of(row.id))]
        if weakest(list(letters(cell["Grade"]))) is not weakest(grades):
            yield cell["id"], "Grade"


def beside_the_reference():
    """What the sheet has and the tables have not: rows, members, and hours of holds."""
    told = {cell["id"]: cell for cell in tables("screening", "Pharmacodynamic classes")}
    yield from ((name, "id") for name in SHEET.rows.keys() - GROUP_OF.values() - told.keys())
    antidepressants = {found(name).name for cell in tables("screening", "Medicines") for name, *_ in parts(cell)}
    lines = {}
    for cell in tables("screening", "Formulary of hold times"):
        for name, *_ in entries(cell):
            lines.setdefault(found(name).name, set()).update(numbers(cell["Hours"]))
    for name, cell in told.items():
        members = {found(one).name for one in member_names(cell) if found(one)}
        members |= antidepressants if name == "INT-22" else set()
        if any(drug.name not in members for drug in drugs_of(name)):
            yield name, "Members beside"
        holds = {hold.value for hold in holds_of(name)} - numbers(" ".join(cell.values()))
        if holds - set().union(*(lines.get(drug.name, set()) for drug in drugs_of(name))):
            yield name, "figures"


def test_every_class_has_its_members_figures_and_grade():
    assert {*class_differences(), *beside_the_reference()} == deliberate("medicine classes")


def held(name, form="", dose=None, since=None):
    medicine = TakenMedicine(name, form, dose, as_needed=False, hours_since_last=since)
    return use_reason(sorted_out((medicine,), FORMULARY)[0][0], replace(CASE, stage=Stage.DOSE), SHEET)


def test_where_the_rules_of_medicines_are_stricter_than_the_tables():
    """Section 7: a hold of which nobody knows is `clear`; the only selegiline of INT-10 is the patch of 6 mg."""
    (selegiline,) = [cell for cell in tables("screening", "Pharmacodynamic classes") if cell["id"] == "INT-10"]
    assert "selegiline patch >= 6 mg" in selegiline["Members"]
    oral, unknown = held("selegiline", "oral", Decimal(5)), held("zolpidem", since=None)
    known = held("zolpidem", since=Decimal(2))
    found_so = {("selegiline by mouth", "Action")} if (oral.effect, oral.override) == (Effect.CLEAR, "P+MD") else set()
    found_so |= {("hold not known", "outcome")} if unknown.result is Result.UNKNOWN else set()
    assert (known.result, known.effect) == (Result.MET, Effect.CLEAR)
    assert found_so == deliberate("medicines stricter")


# --- equivalents -----------------------------------------------------------------------------------------------------


def test_every_diazepam_equivalent():
    rows = tables("screening", "Benzodiazepine doses equal")
    told = {row["Drug"]: row for row in rows if row["Drug"] != "z-drugs"}
    assert len(told) == 11
    assert set(SHEET.equivalents) == {*told, "diazepam"}
    for name, row in told.items():
        ours = SHEET.equivalents[name]
        assert set(ours["va_dod"]) == numbers(row["VA/DoD 2021, mg"]), name
        assert set(ours["ashton"]) == numbers(row["Ashton 2002, mg"]), name
    assert SHEET.equal_to == Figure(Decimal(10), "mg", SHEET.equal_to.sources, Grade.V)


# --- hold times ------------------------------------------------------------------------------------------------------

ACTIONS = {"hold": Action.HOLD, "continue": Action.CONTINUE, "stop": Action.STOP, "consult": Action.ASK}
FORMS = ("IR", "ER", "XR", "oral", "patch", "nasal")


def entries(cell):
    """Each drug of a line with its form and whether it is as needed; "nasal" at the end is of all of the line."""
    names = cell["Drug (95 entries)"].split(", ")
    of_all = next((form for form in FORMS if form == "nasal" and names[-1].endswith(" nasal")), "")
    for name in names:
        words = name.rstrip("*").split()
        as_needed = "PRN" in words
        form = next((word for word in words if word in FORMS), of_all)
        yield " ".join(word for word in words if word not in (*FORMS, "PRN")), form, as_needed


def hold_differences():
    for cell in tables("screening", "Formulary of hold times"):
        for name, form, as_needed in entries(cell):
            medicine = TakenMedicine(name, form, None, as_needed if as_needed or name in DAILY else None)
            judged = judged_medicine(medicine, CASE, KNOWLEDGE)
            hours = numbers(cell["Hours"]) - {Decimal(0)}
            if judged.drug is None:
                yield name, "Drug"
            elif {hold.value for hold in judged.holds} != hours:
                yield name, "Hours"
            elif not allowed(cell["Default action"], judged.action):
                yield name, "Default action"


DAILY = {"morphine"}  # the line of what continues speaks of the extended form, taken daily


def allowed(told, action):
    return (
        any(action is ours for word, ours in ACTIONS.items() if word in told)
        or (action is Action.ASK and ("consult" in told or "discuss" in told))
        or ("move dose" in told and action is Action.HOLD)
    )


def test_every_hold_time_and_action():
    assert set(hold_differences()) == deliberate("hold times")


def test_holds_are_house_defaults_except_nasal_sprays():
    for drug in FORMULARY.drugs:
        for use in drug.uses:
            if use.hold is not None:
                nasal = use.row == "INT-24"
                assert use.hold.grade is (Grade.V if nasal else Grade.D), drug.name


# --- enzymes ---------------------------------------------------------------------------------------------------------


def test_every_published_ratio():
    rows = [row for row in tables("screening", "Pharmacokinetic interactions") if "id" in row]
    assert len(rows) == 11
    ours = {ratio.id: ratio for ratio in SHEET.ratios}
    for row in rows:
        ratio = ours[row["id"]]
        assert of_figures([ratio.auc, ratio.auc_range]) == numbers(row["AUC"].replace("no increase", "")), ratio.id
        assert of_figures([ratio.cmax, ratio.cmax_range]) == numbers(row["Cmax"].split("; t1/2")[0]), ratio.id
        if "t1/2" in row["Cmax"]:
            assert ratio.half_life_rise.value == 24
        name = re.match(r"[A-Za-z' -]+?(?= \d| juice| \(|$)", row["Perpetrator"])[0]
        assert name.lower() in (ratio.drug or ratio.given).lower() or "Child-Pugh" in name, ratio.id
        grade = Grade.M if "M" in row["Grade"] else Grade.V
        figures = [figure.grade for figure in (ratio.auc, ratio.cmax) if figure]
        assert weakest(figures) is grade, ratio.id
        assert numbers(row["Perpetrator"]) <= numbers(ratio.given) | {Decimal(1), Decimal(2), Decimal(3)}, ratio.id


GROUP_OF = {"strong or moderate CYP3A4 inhibitors": "PKG-1", "CYP2B6 inhibitors": "PKG-2", "inducers": "PKG-3"}


def test_every_member_of_an_enzyme_group_with_its_strength():
    rows = {row["Group"]: row for row in tables("screening", "Pharmacokinetic interactions") if "Group" in row}
    assert rows.keys() == {*GROUP_OF, "ketamine as cause"}
    for group, row_id in GROUP_OF.items():
        listed = {}
        weak = False
        for part in re.split(r"[,;]", rows[group]["Members"]):
            weak = weak or part.strip().startswith("weak:")
            for name in part.replace("weak:", "").replace("(weak)", "").strip().split("/"):
                listed[found(name).name] = "weak" if weak or "(weak)" in part else "strong"
        ours = {drug.name: drug.groups[row_id] for drug in drugs_of(row_id)}
        assert {name: {"named": "strong"}.get(strength, strength) for name, strength in ours.items()} == listed
        assert SHEET.rows[row_id].grade is Grade.M
    assert SHEET.rows["PKG-1"].does == (Does.RAISES,)


# --- names and codes -------------------------------------------------------------------------------------------------


def medicine_differences():
    for cell in tables("screening", "Medicines"):
        for name, brand, code in parts(cell):
            drug = found(name)
            if drug is None:
                yield cell["id"], "Generic"
                continue
            if brand and found(brand) is not drug:
                yield cell["id"], "US brand"
            if code and (drug.rxcui is None or drug.rxcui.code != code.split()[0]):
                yield cell["id"], "RxCUI"


def parts(cell):
    generics = re.sub(r" (IR|CR|XR|SR|XL|ER|patch)\b", "", cell["Generic"])
    names = list(dict.fromkeys(name.strip() for name in generics.split(";") if name.strip()))
    codes = [code.strip() for code in cell["RxCUI"].split(";")]
    brand = cell["US brand"] if cell["US brand"] not in ("-", "not US") else ""
    for place, name in enumerate(names):
        code = codes[place] if len(codes) == len(names) else codes[0]
        yield name, brand, None if code == "-" else code


def test_every_medicine_has_its_brand_and_the_code_that_the_reference_gives():
    assert set(medicine_differences()) == deliberate("medicine names")


CODES = Path(__file__).parent / "codes"
LISTED = {row["name"]: row for row in csv.DictReader((CODES / "rxnorm.csv").read_text(encoding="utf-8").splitlines())}
# The same ingredient under the name that RxNorm gives it.
NAMED = {"rifampicin": "rifampin"}


def recalled():
    """The codes that the reference recalls, by ingredient: read nowhere."""
    of_trials = {found(name).name: code for cell in tables("screening", "Medicines") for name, _, code in parts(cell)}
    of_drugs = {row["Thing"]: f"{row['Code']} {row['G'].lower()}" for row in tables("evidence", "6C. Drugs")}
    return of_trials | {"esketamine": of_drugs["Esketamine ingredient, RxNorm"]}


def code_differences():
    for drug in FORMULARY.drugs:
        listed, told = LISTED.get(NAMED.get(drug.name, drug.name)), recalled().get(drug.name)
        wanted = (listed["rxcui"], Grade.V, set(listed["sources"].split())) if listed else None
        wanted = wanted or ((told.split()[0], Grade.M, {"RECALLED"}) if told else None)
        kept = drug.rxcui and (drug.rxcui.code, drug.rxcui.grade, {source.label for source in drug.rxcui.sources})
        if kept != wanted:
            yield drug.name, kept, wanted


def test_every_code_is_the_one_that_its_source_lists_for_this_ingredient():
    """Both ways: what a list has is in the sheet, and what the sheet has is in a list or recalled by the reference."""
    assert list(code_differences()) == []
    assert LISTED.keys() == {NAMED.get(drug.name, drug.name) for drug in FORMULARY.drugs} & LISTED.keys()
    codes = [drug.rxcui.code for drug in FORMULARY.drugs if drug.rxcui]
    assert len(codes) == len(set(codes)), "one code, one drug"


def test_a_drug_without_a_code_is_named_as_such():
    without = {drug.name for drug in FORMULARY.drugs if drug.rxcui is None}
    told = (CODES / "README.md").read_text(encoding="utf-8").partition("for the drug itself:")[2]
    assert without == set(" ".join(told.split()).removesuffix(".").split(", "))


@pytest.mark.parametrize(("row", "path"), [("COM-01", "window"), ("COM-01", "alcohol")])
def test_the_rules_of_what_is_taken_together(row, path):
    text = tables("screening", "Rulings") or []
    (ruling,) = [cell for cell in text if cell["id"] == "RUL-12"]
    figures = SHEET.together[row].figures
    assert figures[path].value in numbers(ruling["Ruling"])
    assert (SHEET.together["COM-02"].override, SHEET.together["COM-01"].override) == ("P+MD", "P+MD")
