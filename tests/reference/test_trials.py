"""Every figure of the adequate-trial tables held against the sheet: the numbers of each cell, no more and no less."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from ketacare.medicine.candidacy import reader
from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.evidence.terms import Figure, Grade, Series
from tests.reference.differences import deliberate
from tests.reference_tables import copied, section, tables

KNOWLEDGE = Path(reader.__file__).parent.parent / "knowledge"
SHEET = read_sheet(KNOWLEDGE / "trials-1.toml").body
ROWS = [*SHEET["medicines"], *SHEET["augmenters"]]
GRADES = {"v": Grade.V, "m": Grade.M}


def numbers(text):
    """The numbers of a cell, without the tags of its sources and the names of enzymes."""
    plain = re.sub(r"\[[^\]]*\]|CYP\w+|/24 h", "", text)
    return {Decimal(number) for number in re.findall(r"\d+(?:\.\d+)?", plain)}


def figures(tree):
    if isinstance(tree, Figure):
        return {tree.value}
    if isinstance(tree, Series):
        return set(tree.values)
    if isinstance(tree, dict):
        return set().union(*(figures(part) for part in tree.values()))
    return set()


def rows(medicine_id):
    return [row for row in ROWS if row["id"] == medicine_id]


def of_forms(row, key):
    return {key_: doses[key] for key_, doses in row.get("forms", {}).items() if key in doses}


def kept(row, keys, form_key=""):
    found = figures({key: row[key] for key in keys if key in row})
    return found | figures(of_forms(row, form_key)) if form_key else found


LEAST = ("least", "least_and", "low", "preferred", "level_least", "days", "target")
USUAL = ("usual", "usual_wider")
MOST = ("most", "most_and", "most_inpatient", "most_wider", "most_wider_and", "reduced")


def differences():
    found = {("AUG-12", "Min mg/d")} if len(rows("AUG-12")) > 1 else set()
    for cell in tables("screening", "Medicines"):
        found |= {(cell["id"], column) for column, differs in compared(cell, rows(cell["id"])) if differs}
    return found


def compared(cell, ours):
    def all_of(keys, form_key):
        return set().union(*(kept(row, keys, form_key) for row in ours))

    medicine = cell["id"].startswith("MED")
    asked, noted = numbers(cell["Min mg/d"]), numbers(cell["Note"])
    least = all_of((*LEAST, "level_most") if medicine else LEAST, "least")
    yield "Min mg/d", bool(asked - least or least - asked - noted)
    yield "Usual mg/d", numbers(cell["Usual mg/d"]) != all_of(USUAL, "usual")
    most = all_of(MOST if medicine else (*MOST, "level_most"), "most")
    reduced_for = set().union(*(numbers(" ".join(row.get("reduced_when", ()))) for row in ours))
    yield "Max mg/d", numbers(cell["Max mg/d"]) != most | reduced_for
    yield "Class", {row["class"] for row in ours} != {cell["Class"].split(" (")[0]}
    yield "US brand", not all(row.get("brand", cell["US brand"]) == cell["US brand"] for row in ours)
    yield "Grade", not all(row["least"].grade is Grade(cell["Grade"]) for row in ours)
    yield "RxCUI", [code for code, _ in codes(ours)] != [code for code, _ in told_codes(cell["RxCUI"])]
    in_words = set().union(*(numbers(row.get("note", "")) for row in ours))
    everything = set().union(*(figures(row) for row in ours)) | in_words
    yield "Note", bool(noted - everything)


def codes(ours):
    return [(row["rxcui"]["code"], Grade(row["rxcui"]["grade"])) for row in ours if "rxcui" in row]


def told_codes(text):
    return [(code, GRADES[grade]) for code, grade in re.findall(r"(\d+) ([vm])", text)]


def test_every_medicine_of_the_reference_is_in_the_sheet_with_its_figures():
    told = [cell["id"] for cell in tables("screening", "Medicines")]
    assert list(dict.fromkeys(row["id"] for row in ROWS)) == told
    assert differences() == deliberate("trials")


def test_a_code_is_as_sure_here_as_in_the_formulary():
    """Some that the reference recalls were read since; both sheets say so."""
    of_drugs = {drug.rxcui.code: drug.rxcui.grade for drug in reader.shipped().formulary.drugs if drug.rxcui}
    assert [(code, grade) for code, grade in codes(ROWS) if of_drugs[code] is not grade] == []


def test_every_generic_name_is_found():
    lines = reader.trial_lines()
    for cell in tables("screening", "Medicines"):
        names = re.sub(r"\b(IR|SR|XL|CR|XR)\b", "", cell["Generic"]).split(";")
        for generic in filter(None, map(str.strip, names)):
            assert lines.medicine(generic) or lines.augmenter(generic), generic


def test_the_check_can_fail():
    cell = next(cell for cell in tables("screening", "Medicines") if cell["id"] == "MED-02")
    changed = dict(rows("MED-02")[0])
    changed["least"] = Figure(Decimal(25), "mg/d", changed["least"].sources, Grade.M)
    wrong = {column for column, differs in compared(cell, [changed]) if differs}
    assert wrong == {"Min mg/d", "Grade"}


# --- other treatments and disorders ----------------------------------------------------------------------------------

TWO = {Decimal(2)}  # written "two" in the reference
ELSEWHERE = {"ADQ-08": {Decimal("2.3")}}


def adequate():
    by_id = {}
    for row in (*SHEET["courses"].values(), *SHEET["disorders"].values()):
        by_id.setdefault(row["id"], []).append(row)
    return by_id


@pytest.mark.parametrize("number", range(1, 10))
def test_every_number_of_other_treatments_is_in_its_row(number):
    cell = next(row for row in tables("screening", "Other treatments") if row["id"] == f"ADQ-0{number}")
    ours = adequate()[cell["id"]]
    written = numbers(" ".join(row["words"] for row in ours))
    # The other way too: nothing stands in the sheet that the reference does not say.
    told = numbers(cell["Adequate when"]) - ELSEWHERE.get(cell["id"], set())
    assert told <= set().union(*(figures(row) for row in ours)) | written
    assert set().union(*(figures(row) for row in ours)) <= told | TWO
    assert grades(ours) == set(re.findall(r"\b[VSMD]\b", cell["Grade"]))


def grades(tree):
    if isinstance(tree, (Figure, Series)):
        return {str(tree.grade)}
    parts = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, (list, tuple)) else ()
    return set().union(*(grades(part) for part in parts))


# --- definitions -----------------------------------------------------------------------------------------------------


def test_every_definition_has_the_numbers_of_the_reference():
    ours = {row["id"]: row for row in SHEET["definitions"]}
    told = [row for row in tables("screening", "Definitions") if "Definition" in row]
    assert [row["id"] for row in told] == list(ours)
    for row in told:
        found = figures(ours[row["id"]])
        weeks = {n * 7 for n in week_numbers(row["Minimum duration"])} | day_numbers(row["Minimum duration"])
        assert weeks <= found, row["id"]
        assert numbers(row["Failure threshold"]) <= found, row["id"]
        counted = numbers(row["Count and window"].replace("one in current", "1 in current")) - numbers(
            row["Definition"]
        )
        assert counted <= found | TWO, row["id"]
        assert found <= counted | weeks | numbers(row["Failure threshold"]), row["id"]


def week_numbers(text):
    spans = re.findall(r"(\d+)(?:-(\d+))? weeks?|week (\d+)", text)
    return {Decimal(n) for span in spans for n in span if n}


def day_numbers(text):
    return {Decimal(n) for n in re.findall(r"(\d+) days", text)}


def test_the_lines_of_the_trial_rules():
    rules = {row["Field"]: row["Rule"] for row in tables("screening", "Definitions") if "Field" in row}
    lines = SHEET["lines"]
    expected = {
        "TRIAL-02 duration": ("days", "short_days", "gap_days"),
        "TRIAL-03 adherence": ("adherence", "adherence_doubtful"),
        "TRIAL-04 outcome": ("strict_failure", "response"),
        "TRIAL-05 intolerance": ("days",),
        "TRIAL-08 combination": ("days",),
    }
    for field, names in expected.items():
        assert {lines[name].value for name in names} <= numbers(rules[field]), field
    rulings = {row["id"]: row["Ruling"] for row in tables("screening", "Rulings")}
    assert lines["well_days"].value in numbers(rulings["RUL-15"])
    assert lines["gap_days"].value in numbers(rulings["RUL-15"])


# --- staging ---------------------------------------------------------------------------------------------------------

STAGING = read_sheet(KNOWLEDGE / "staging-1.toml").body


def span(text):
    return sorted(numbers(text.split(":")[-1]))


def test_maudsley_row_by_row():
    told = tables("screening", "Maudsley Staging Method")
    found, at = set(), {"Duration": 0, "Treatment": 0}
    severity = iter(STAGING["maudsley_severity"].items())
    for row in told:
        category, points = row["Category"], row["Points"]
        if "months" in category:
            ours = STAGING["maudsley_duration"][at["Duration"]]
            at["Duration"] += 1
        elif category.startswith("level"):
            ours = STAGING["maudsley_failures"][at["Treatment"]]
            at["Treatment"] += 1
        elif "used" in category:
            assert STAGING["maudsley"][row["Domain"].split()[-1].lower()].value == max(numbers(points))
            continue
        else:
            name, figure = next(severity)
            assert category.replace(" syndromal", "").replace(" without psychosis", "") == name
            assert (figure.value, figure.grade) == (Decimal(points), Grade(row["Grade"]))
            continue
        assert ours["points"].value == Decimal(points)
        edges = sorted(ours[key].value for key in ("least", "most") if key in ours)
        if edges != span(category):
            found.add((category, "Category"))
    assert found == deliberate("staging")
    assert at == {"Duration": 3, "Treatment": 5}


def test_bands_cut_off_and_arithmetic_of_maudsley():
    prose = " ".join(section("Maudsley Staging Method", copied("screening")))
    for band in STAGING["maudsley_bands"]:
        assert f"{band['name']} {band['least'].value}-{band['most'].value}" in prose
    assert f"not TRD {STAGING['maudsley']['cut_off'].value}" in prose
    assert f"= {STAGING['maudsley']['total_least'].value}, maximum" in prose
    assert f"= {STAGING['maudsley']['total_most'].value}." in prose


def test_thase_rush_has_its_six_stages():
    assert [row["Stage"] for row in tables("screening", "Thase-Rush")] == list(STAGING["thase_rush"])


def test_mgh_points_and_the_european_weeks():
    told = tables("screening", "Massachusetts General Hospital staging")
    ours = [STAGING["mgh"][key] for key in ("trial", "optimisation", "augmentation", "ect")]
    assert [figure.value for figure in ours] == [Decimal(row["Points"]) for row in told]
    assert all(figure.grade is Grade.V for figure in ours)
    assert STAGING["mgh"]["trial_weeks"].value in numbers(told[0]["Item"])
    prose = " ".join(section("Massachusetts General Hospital staging", copied("screening")))
    for stage in STAGING["european"]:
        assert f"{stage['name']} {stage['least'].value}-{stage['most'].value}" in prose
    assert f">= {STAGING['mgh']['register_line'].value} points" in prose
    assert f"MSM >= {STAGING['maudsley']['register_line'].value}" in prose


@pytest.mark.parametrize(
    ("scale", "row"), [("madrs", "MADRS"), ("qids_sr16", "QIDS-SR16"), ("hdrs_17", "HDRS-17 (0-52), QIDS")]
)
def test_severity_lines_of_staging(scale, row):
    bands = next(r for r in tables("screening", "Severity bands") if r["Scale"].startswith(row))
    ours = next(r for r in STAGING["severity_scales"] if r["scale"] == scale)
    for name in ("mild", "moderate", "severe"):
        assert ours[name].value == min(numbers(bands[name.capitalize()])), name


def test_rul_16_the_lines_of_phq_9():
    ours = next(r for r in STAGING["severity_scales"] if r["scale"] == "phq_9")
    ruling = next(row["Ruling"] for row in tables("screening", "Rulings") if row["id"] == "RUL-16")
    assert f"with {ours['moderate'].value}-19 moderate and >= {ours['severe'].value} severe" in ruling
