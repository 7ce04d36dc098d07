"""Contraindications, indications, workup, blood pressure and bands of scales held against their sheets."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from ketacare.medicine.candidacy import reader
from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.evidence.terms import Effect, Figure, Grade, Series, weakest
from tests.reference.differences import deliberate
from tests.reference_tables import copied, section, tables

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
REFERRED = re.compile(
    r"\[[^\]]*\]|(?:section|see|path) \d+\.\d+|[A-Z]{2,}-\d+[a-z]?(?:[-,]\d+)*|25 mIU/mL|SpO2|dose 1\b|202[45]\b"
)
NUMBER = re.compile(r"(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))? ?(months?|min\b|weeks?|wk)?")
DAYS = {"week": 7, "weeks": 7, "wk": 7}


def body(name):
    return read_sheet(KNOWLEDGE / f"{name}.toml").body


def rows_of(name, table="criteria"):
    return {row["id"]: row for row in body(name)[table]}


def readings(text):
    """Every number of a text with all that it may stand as in a sheet: times in days or hours, and of a range of whole
    numbers the one beside it, for a line is crossed only strictly."""
    for low, high, unit in NUMBER.findall(REFERRED.sub("", text)):
        for value, beside in ((low, -1), (high, 1)):
            if value:
                own = Decimal(value)
                days = {"12 months": 365, "6 months": 180, "3 months": 90}.get(f"{value} {unit}", own)
                stands = {own, days * DAYS.get(unit, 1), own / 60 if unit == "min" else own}
                yield value, stands | ({own + beside} if high else set())


def numbers(text):
    return set().union(*(stands for _, stands in readings(text)))


def unsaid(text, own):
    """Numbers of the reference that the row says neither as a figure nor in its words."""
    said = figures_and_days(own) | numbers(words_of(own))
    return {value for value, stands in readings(text) if not stands & said}


def words_of(tree):
    """The words of a row without its name."""
    if isinstance(tree, str):
        return f"{tree} "
    parts = (part for key, part in tree.items() if key != "id") if isinstance(tree, dict) else tree
    return "".join(map(words_of, parts)) if isinstance(tree, (dict, tuple)) else ""


def figures_and_days(tree):
    if isinstance(tree, (Figure, Series)):
        return {abs(value) for value in (tree.values if isinstance(tree, Series) else (tree.value,))}
    parts = tree.values() if isinstance(tree, dict) else tree
    return set().union(*map(figures_and_days, parts)) if isinstance(tree, (dict, tuple)) else set()


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


TIMELESS = re.compile(r"\b(?:ever|now|current|today)\b")


def looks_back(row, own):
    """The window in which a fact counts, both ways: by its word, or by the days of the row."""
    told = re.sub(r"^dose$", "today", row["Look-back"])
    said = " ".join([*(part.get("look_back", "") for part in outcomes(own)), *conditions_of(own)])
    days = figures_and_days(own)
    return (
        set(TIMELESS.findall(told)) <= set(TIMELESS.findall(said))
        and set(TIMELESS.findall(" ".join(part.get("look_back", "") for part in outcomes(own))))
        <= set(TIMELESS.findall(told))
        and all(stands & days for _, stands in readings(told))
    )


def conditions_of(tree):
    """The words that a condition, or a validity, has in place of days."""
    if isinstance(tree, dict):
        yield from (part for key, part in tree.items() if key in ("within", "valid") and isinstance(part, str))
        for part in tree.values():
            yield from conditions_of(part)
    elif isinstance(tree, tuple):
        for part in tree:
            yield from conditions_of(part)


CONTRAINDICATIONS = ("Cardiovascular, vascular", "Psychiatric and substance", "Medical, organ")
ELSEWHERE = {"CI-40"}  # the tiers of suicide risk, with their own sheet
GUARDIAN = {"P+MD + guardian": "P+MD+guardian+spec"}
TOLD = ("Condition", "Established by", "Outcome", "Look-back", "Alternative", "Alternative / mitigation")


@pytest.mark.parametrize("heading", CONTRAINDICATIONS)
def test_every_contraindication_says_what_the_reference_says(heading):
    ours, judged = rows_of("contraindications-1"), SHEET.contraindications.criteria
    found = set()
    for row in tables("screening", heading):
        if row["id"] in ELSEWHERE:
            continue
        own, parts = ours[row["id"]], [part for part in judged if part.id == row["id"]]
        told = " ".join(row[column] for column in TOLD if column in row)
        routes = row.get("Route", "all")
        by = set().union(*(part.routes for part in parts)) if all(part.routes for part in parts) else set()
        lines = set().union(*(figures(part.get("when", {})) for part in outcomes(own)))
        agrees = {
            "Outcome": effects_told(row) == {part.effect for part in parts},
            "Route": "all" in routes or by == set(re.findall(r"IN|IV|IM|SL", routes)),
            "Override": {GUARDIAN.get(one, one) for one in overrides(row["Override"])}
            == {part.override for part in parts},
            "Look-back": looks_back(row, own),
            "first dose": not re.search("first dose|dose 1", row["Look-back"]) or "first_of_series" in words_of(own),
            "Valid d": numbers(row["Valid d"]) >= validities(own)
            and all(stands & figures_and_days(own) for _, stands in readings(row["Valid d"])),
            "Grade": grade_told(row["Grade"]) == weakest([part.grade for part in parts]),
            "Source": labels(" ".join(row.values())) == cited(own) - {"HOUSE"},
            "figures": lines <= numbers(told),
            "unsaid": not unsaid(told, own),
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
            "unsaid": not unsaid(" ".join(row.values()), own),
            "Override": overrides(row["Default outcome"].split(";")[0]) - {"none"} <= {own["override"]},
            "Source": labels(" ".join(row.values())) == cited(own) - {"HOUSE"},
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


def lines_of(own):
    """What a check is owed by; how long an answer to that counts is the house's own day, as its row of facts."""
    needs = own.get("needs", ())
    return set().union(*(figures(need.get("only_if", {})) for need in needs)) if needs else set()


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
            "figures": lines_of(own) <= numbers(" ".join(row.values())),
            "unsaid": not unsaid(" ".join(row.values()), own),
            "Source": labels(row["Source, grade of need"]) == cited(own) - {"HOUSE"},
            "Grade": own["grade"] == grade_told(row["Source, grade of need"].split(";")[0]),
        }
        found |= {(row["id"], column) for column, is_so in agrees.items() if not is_so}
    check("workup", found)
    assert ours.keys() - {"RDY-01"} == {row["id"] for row in tables("screening", "Table")}


def test_every_step_of_blood_pressure_has_its_lines():
    judged, watched, found = rows_of("pressure-1"), rows_of("pressure-1", "watch"), set()
    for row in tables("screening", "BP clearance logic"):
        own = {**judged.get(row["Step"], {}), **watched.get(row["Step"], {})}
        told = " ".join(cell for column, cell in row.items() if column != "Step").replace("three", "3")
        found |= {(row["Step"], "figures")} if not figures(own) <= numbers(told) else set()
        found |= {(row["Step"], "unsaid")} if unsaid(told, own) else set()
        letter = re.findall(r"\b[VSMD]\b", row["Grade"])
        own_grade = own.get("grade") or next(part.grade for part in own.values() if isinstance(part, Figure))
        found |= {(row["Step"], "Grade")} if own_grade not in letter else set()
    check("pressure", found)
    assert judged.keys() | watched.keys() == {row["Step"] for row in tables("screening", "BP clearance logic")}


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
    assert ours.keys() == set(SCALES.values())


def test_every_code_has_its_grades():
    told = set()
    for row in tables("screening", "Codes"):
        told |= set(re.findall(r"\d{6,}", row["SNOMED CT"]))
    assert {row["snomed_ct"] for row in body("codes-1")["codes"] if "snomed_ct" in row} == told


GROUPS = ("Surgery, inpatients", "Driving, breast-feeding")


def test_every_special_group_has_its_figures_and_there_is_no_other():
    ours, found = rows_of("special-groups-1", "rows"), set()
    listed = [row for heading in GROUPS for row in tables("screening", heading)]
    for row in listed:
        own, told = ours[row["id"]], row["Rule"] + row.get("Situation", "")
        agrees = {
            "figures": figures(own.get("figures", {})) <= numbers(told),
            "unsaid": not unsaid(told, own),
            "Grade": own["grade"] in row["Grade"],
        }
        found |= {(row["id"], column) for column, is_so in agrees.items() if not is_so}
    check("special groups", found)
    in_words = {name for name in ours if name.startswith(("OLD-", "ADO-"))}
    assert ours.keys() - in_words == {row["id"] for row in listed}


@pytest.mark.parametrize(("heading", "start"), [("Older adults", "OLD-"), ("Adolescents", "ADO-")])
def test_the_groups_told_in_sentences_have_every_number_of_them(heading, start):
    told = " ".join(section(heading, copied("screening")))
    own = {name: row for name, row in rows_of("special-groups-1", "rows").items() if name.startswith(start)}
    found = {("words", "unsaid")} if unsaid(told, own) else set()
    found |= {("words", "figures")} if not figures_and_days(own) <= numbers(told.replace("-", " ")) else set()
    check(f"special groups {start}", found)


def test_the_expected_rise_of_pressure_has_every_number_of_its_sentences():
    (told,) = [line for line in section("BP clearance logic", copied("screening")) if line.startswith("Expected rise")]
    plain = (
        told.replace("-19 %", " 19 %").replace("1-2 h", "1 2 h").replace("18-64", "18 64").replace("first 1.5", "1.5")
    )
    own = body("pressure-1")["expected"]
    found = {("words", "unsaid")} if unsaid(plain, own) else set()
    found |= {("words", "figures")} if not figures_and_days(own) <= numbers(plain) else set()
    check("expected rise", found)
