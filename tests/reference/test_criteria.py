"""Contraindications, indications, workup, blood pressure and bands of scales held against their sheets."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from ketacare.medicine.candidacy import reader
from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.evidence.terms import Effect, Figure, Grade, Series, weakest
from tests.reference.differences import deliberate
from tests.reference_tables import tables

KNOWLEDGE = Path(reader.__file__).parent.parent / "knowledge"
SHEET = reader.shipped()
TAGS = {
    "L1": "US-LABEL-ESKETAMINE",
    "L1c": "US-SUMMARY-ESKETAMINE",
    "L2": "EU-LABEL-ESKETAMINE",
    "L2b": "EU-HISTORY-ESKETAMINE",
    "L2c": "MY-LABEL-ESKETAMINE",
    "L2d": "MY-PH-LABEL-ESKETAMINE",
    "L2e": "EU-LEAFLET-ESKETAMINE",
    "L3": "US-LABEL-KETAMINE",
    "L3a": "PDR-KETAMINE",
    "N1": "BMJ-BP",
    "N1a": "PDR-ESKETAMINE",
    "G1": "APA17",
    "G1a": "APA17-SUMMARY",
    "G2": "CANMAT21",
    "G2a": "ZARATE21",
    "G9": "CRTCE",
    "G10": "FIELD-TRIP",
    "G11": "PSYON",
    "X1": "PHASE-1-ESKETAMINE",
    "X2": "JADR23",
    "X3": "UROLOGY25",
    "X9": "BMJ-OPEN-SC",
    "S3": "AUDIT-PAGE",
    "P1": "LABEL-12-3",
    "E1": "ASPIRE-1",
    "E2": "ASPIRE-2",
    "E4": "WILKINSON18",
    "E5": "DIAZGRANADOS10",
    "E7": "FEDER14",
    "E8": "FEDER21",
    "E9": "ABDALLAH22",
    "E9b": "PTSD-META",
    "E10": "TAYLOR18",
    "E12": "RODRIGUEZ13",
    "E13": "GRABSKI22",
}
EFFECTS = {"stop": Effect.STOP, "clear": Effect.CLEAR, "caution": Effect.CAUTION, "note": Effect.NOTE}
BRACKETED = re.compile(r"\[[^\]]*\]|[A-Z]{2,}-\d+[a-z]?|25 mIU/mL")


def body(name):
    return read_sheet(KNOWLEDGE / f"{name}.toml").body


def rows_of(name, table="criteria"):
    return {row["id"]: row for row in body(name)[table]}


def numbers(text):
    """Every number of a text: months as days, minutes as hours, a range of whole numbers by what lies beside it too."""
    plain = BRACKETED.sub("", text).replace("2024", "").replace("2025", "")
    found = set()
    for low, high in re.findall(r"(\d+)-(\d+)", plain):
        found |= {Decimal(low) - 1, Decimal(high) + 1}
    for number, unit in re.findall(r"(\d+(?:\.\d+)?) ?(months?|min\b|weeks?|wk)?", plain):
        times = {"week": 7, "weeks": 7, "wk": 7}.get(unit, 1)
        days = {"12 months": 365, "6 months": 180}.get(f"{number} {unit}", number)
        found |= {Decimal(number), Decimal(days) * times, Decimal(number) / 60 if unit == "min" else Decimal(number)}
    return found


def figures(tree):
    if isinstance(tree, Figure):
        return {tree.value}
    if isinstance(tree, Series):
        return set(tree.values)
    if isinstance(tree, dict):
        return set().union(*(figures(part) for key, part in tree.items() if key not in ("valid", "valid_in_series")))
    return set().union(*(figures(part) for part in tree)) if isinstance(tree, tuple) else set()


def validities(tree):
    """The days of a row and of its outcomes; how long one reading counts is the workup's to say."""
    own = [tree, *tree.get("parts", ())]
    return {part["valid"].value for part in own if isinstance(part.get("valid"), Figure)}


def outcomes(row):
    return [{**row, **part} for part in row.get("parts", ({},))]


def effects_told(row):
    """Where the outcome is "as stated", condition and look-back state it."""
    stated = row["Outcome"] if row["Outcome"] != "as stated" else f"{row['Condition']} {row['Look-back']}"
    return {EFFECTS[word] for word in re.findall(r"\b(?:stop|clear|caution|note)\b", stated)}


def overrides(text):
    return set(re.findall(r"none|P\+MD \+ guardian|P\+MD|P\+spec|\bP\b", text))


def grade_told(text):
    return weakest([Grade(letter) for letter in re.findall(r"\b[VSMD]\b", text)])


def labels(text):
    return {TAGS[tag] for tag in re.findall(r"\[([A-Z]\d+[a-z]?)\]", text) if tag in TAGS}


def cited(row):
    named = [part["source"] for part in outcomes(row)]
    return {label for one in named for label in ([one] if isinstance(one, str) else one)}


def check(name, found):
    """What differs is what is listed, no more and no less."""
    assert found == deliberate(name), sorted(found ^ deliberate(name))


CONTRAINDICATIONS = ("Cardiovascular, vascular", "Psychiatric and substance", "Medical, organ")
ELSEWHERE = {"CI-40"}  # the tiers of suicide risk, with their own sheet
GUARDIAN = {"P+MD + guardian": "P+MD+guardian+spec"}


@pytest.mark.parametrize("heading", CONTRAINDICATIONS)
def test_every_contraindication_says_what_the_reference_says(heading):
    ours, judged = rows_of("contraindications-1"), SHEET.contraindications.criteria
    found = set()
    for row in tables("screening", heading):
        if row["id"] in ELSEWHERE:
            continue
        own, parts = ours[row["id"]], [part for part in judged if part.id == row["id"]]
        told = " ".join(row[column] for column in ("Condition", "Established by", "Outcome", "Look-back"))
        routes = row.get("Route", "all")
        by = set().union(*(part.routes for part in parts)) if all(part.routes for part in parts) else set()
        lines = set().union(*(figures(part.get("when", {})) for part in outcomes(own)))
        agrees = {
            "Outcome": effects_told(row) == {part.effect for part in parts},
            "Route": "all" in routes or by == set(re.findall(r"IN|IV|IM|SL", routes)),
            "Override": {GUARDIAN.get(one, one) for one in overrides(row["Override"])}
            == {part.override for part in parts},
            "Valid d": numbers(row["Valid d"]) >= validities(own)
            and bool(validities(own)) is bool(numbers(row["Valid d"])),
            "Grade": grade_told(row["Grade"]) == weakest([part.grade for part in parts]),
            "Source": labels(row["Source"]) <= cited(own),
            "figures": lines <= numbers(told),
        }
        found |= {(row["id"], column) for column, is_so in agrees.items() if not is_so}
    check(f"contraindications {heading.split()[0].strip(',').lower()}", found)


def test_every_contraindication_of_the_reference_is_there_and_no_other():
    told = {row["id"] for heading in CONTRAINDICATIONS for row in tables("screening", heading)}
    assert rows_of("contraindications-1").keys() - {"ADO-01"} == told - ELSEWHERE


# The same words, written out for the screen.
SPELT = {"moderate-severe": "moderate to severe", "IV/IM": "IV and IM", "PDMP": "prescription monitoring",
         "CADSS/BPRS+": "CADSS and BPRS+"}  # fmt: skip


def plain(cell):
    for short, spelt in SPELT.items():
        cell = cell.replace(short, spelt)
    return cell


def test_every_indication_has_its_label_its_evidence_and_its_figures():
    ours, found = rows_of("indications-1", "indications"), set()
    for row in tables("screening", "Indications"):
        own = ours[row["id"]]
        told = numbers(row["Evidence and key figures"].replace("-3.8 and -3.9", "-3.8 -3.9") + row["Indication"])
        racemic, *nasal = (row[column] for column in ("Racemic", "Esketamine IN, US", "Esketamine IN, EU"))
        by_us = racemic if nasal[0] == "same" else nasal[0]
        by_eu = by_us if nasal[1] == "same" else nasal[1]
        agrees = {
            "Racemic": plain(own["racemic"]) == plain(racemic),
            "US": plain(own["esketamine_us"]) == plain(by_us),
            "EU": plain(own["esketamine_eu"]) == plain(by_eu),
            "figures": {abs(value) for value in figures(own.get("figures", {}))} <= told,
            "Override": overrides(row["Default outcome"].split(";")[0]) - {"none"} <= {own["override"]},
            "Source": labels(row["Source"]) <= cited(own),
            "Grade": own["grade"] == row["Grade"][0],
        }
        found |= {(row["id"], column) for column, is_so in agrees.items() if not is_so}
    check("indications", found)
    assert ours.keys() == {row["id"] for row in tables("screening", "Indications")}


def by_route(row):
    """What is owed by each route; "same" is what stands to the left of it."""
    said = ""
    for column in ("IV/IM", "SL", "IN"):
        said = said if row[column] == "same" else row[column]
        yield set(re.findall(r"IV|IM|SL|IN", column)), said


def owed_by(own, routes, said):
    """Required: something is owed by this route whatever else; "if": only under a condition; neither: nothing."""
    asked = [need for need in own.get("needs", ()) if not need.get("routes") or routes <= set(need["routes"])]
    always = any("only_if" not in need for need in asked)
    if said.split()[0] == "req":
        return bool(asked) and (always or "if" in said.split() or "if" in own.get("owed", ""))
    return not always if said.startswith("if") else not asked


def test_every_check_of_the_workup_is_owed_for_as_long():
    ours, found = rows_of("workup-1", "checks"), set()
    for row in tables("screening", "Table"):
        own = ours[row["id"]]
        before = {need["valid"].value for need in own.get("needs", ()) if isinstance(need["valid"], Figure)}
        again = {need["again"].value for need in own.get("needs", ()) if isinstance(need.get("again"), Figure)}
        told = row["Valid d before first dose"]
        agrees = {
            "Valid d": before <= numbers(told) if own.get("needs") else numbers(told) <= numbers(own.get("owed", "")),
            "Repeat": again <= numbers(row["Repeat"]),
            "repeat words": numbers(row["Repeat"]) <= numbers(own.get("repeat", "")) | again
            and plain(own.get("repeat", "-")) == plain(row["Repeat"]),
            "by route": all(owed_by(own, *cell) for cell in by_route(row)),
            "Source": labels(row["Source, grade of need"]) <= cited(own),
            "Grade": own["grade"] == grade_told(row["Source, grade of need"].split(";")[0]),
        }
        found |= {(row["id"], column) for column, is_so in agrees.items() if not is_so}
    check("workup", found)
    assert ours.keys() - {"RDY-01"} == {row["id"] for row in tables("screening", "Table")}


def test_every_step_of_blood_pressure_has_its_lines():
    judged, watched, found = rows_of("pressure-1"), rows_of("pressure-1", "watch"), set()
    for row in tables("screening", "BP clearance logic"):
        own = {**judged.get(row["Step"], {}), **watched.get(row["Step"], {})}
        told = numbers(" ".join(row.values()).replace("three", "3"))
        found |= {(row["Step"], "figures")} if not figures(own) <= told else set()
        letter = re.findall(r"\b[VSMD]\b", row["Grade"])
        own_grade = own.get("grade") or next(part.grade for part in own.values() if isinstance(part, Figure))
        found |= {(row["Step"], "Grade")} if own_grade not in letter else set()
    check("pressure", found)


SCALES = {
    "MADRS": "madrs",
    "PHQ-9": "phq_9",
    "QIDS-SR16": "qids_sr16",
    "HDRS-17 (0-52)": "hdrs_17",
    "HDRS-17, other": "hdrs_17_other",
    "AUDIT": "audit",
    "GAD-7": "gad_7",
    "DAST-10": "dast_10",
    "STOP-Bang": "stop_bang",
    "PCL-5": "pcl_5",
}


def test_every_band_of_a_scale_has_its_edges():
    ours, found = rows_of("bands-1", "scales"), set()
    for row in tables("screening", "Severity bands"):
        own = ours[next(name for start, name in SCALES.items() if row["Scale"].startswith(start))]
        cells = " ".join(row[column] for column in ("None / remission", "Mild", "Moderate", "Severe"))
        told = {Decimal(number) for number in re.findall(r"\d+", cells)}
        listed = figures(own["bands"]) | figures(own.get("remission", {}))
        top = figures(own["range"])
        grade = next(iter(own["bands"].values())).grade
        agrees = {"edges": listed - top == told - top, "Grade": grade == row["Grade, source"][0]}
        found |= {(own["id"], column) for column, is_so in agrees.items() if not is_so}
    check("bands", found)


def test_every_code_has_its_grades():
    told = set()
    for row in tables("screening", "Codes"):
        told |= set(re.findall(r"\d{6,}", row["SNOMED CT"]))
    assert {row["snomed_ct"] for row in body("codes-1")["codes"] if "snomed_ct" in row} == told


@pytest.mark.parametrize("heading", ["Surgery, inpatients", "Driving, breast-feeding"])
def test_every_special_group_has_its_figures(heading):
    ours, found = rows_of("special-groups-1", "rows"), set()
    for row in tables("screening", heading):
        own = ours[row["id"]]
        found |= (
            {(row["id"], "figures")}
            if not figures(own.get("figures", {})) <= numbers(row["Rule"] + row.get("Situation", ""))
            else set()
        )
        found |= {(row["id"], "Grade")} if own["grade"] not in row["Grade"] else set()
    check("special groups", found)
