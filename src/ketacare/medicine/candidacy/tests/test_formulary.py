"""Which drug a name means, and which sheets are refused."""

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from ketacare.medicine.candidacy import reader
from ketacare.medicine.candidacy.reader.interactions import faults_between, interactions_from
from ketacare.medicine.candidacy.reader.medicines import formulary_from
from ketacare.medicine.candidacy.rules.formulary import matched, sorted_out, suggested
from ketacare.medicine.candidacy.rules.medicines import prolongs_qt
from ketacare.medicine.candidacy.terms import TakenMedicine
from ketacare.medicine.evidence.reader import SheetRefused, sheet_from
from ketacare.medicine.evidence.terms import Figure, Grade

KNOWLEDGE = reader.shipped()
FOLDER = Path(reader.__file__).parent.parent / "knowledge"
FORMULARY = KNOWLEDGE.formulary


@pytest.mark.parametrize(
    ("name", "form", "drug", "meant"),
    [
        ("clonazepam", "", "clonazepam", ""),
        ("  KLONOPIN ", "", "clonazepam", ""),
        ("Effexor XR", "", "venlafaxine", "ER"),
        ("venlafaxine xr", "", "venlafaxine", "ER"),
        ("Venlafaxine Hydrochloride Extended-Release", "", "venlafaxine", "ER"),
        ("Toprol-XL", "", "metoprolol", "ER"),
        ("metoprolol   tartrate", "", "metoprolol", ""),
        ("Wellbutrin", "XL", "bupropion", "ER"),
        ("Concerta", "", "methylphenidate", "ER"),
        ("Concerta", "tablet", "methylphenidate", "ER"),
        ("Concerta", "IR", "methylphenidate", ""),
        ("Ritalin tablets", "XR", "methylphenidate", "ER"),
        ("St. John’s Wort", "", "St John's wort", ""),
        ("olanzapine/fluoxetine", "", "olanzapine-fluoxetine", ""),
        ("naltrexone", "pill", "naltrexone", "oral"),
        ("Afrin nasal spray", "", "oxymetazoline", "nasal"),
        ("Sertralina", "", "sertraline", ""),
        ("carbonato de litio", "", "lithium", ""),
        ("clonacepam", "", "clonazepam", ""),
        ("codeína", "", "codeine", ""),
        ("codeina", "", "codeine", ""),
        ("sertraline 50 mg", "", "sertraline", ""),
        ("sertraline (50 mg)", "", "sertraline", ""),
        ("Xanax 0.5mg", "", "alprazolam", ""),
        ("Wellbutrin XL 300 mg tablets", "", "bupropion", "ER"),
        ("methadone 10 mg/5 mL", "", "methadone", ""),
        ("Xanax™", "", "alprazolam", ""),
        ("clonazepam ODT", "", "clonazepam", "oral"),
        ("sertraline (Zoloft)", "", "sertraline", ""),
        ("Claritin-D", "", "pseudoephedrine", ""),
        ("NyQuil", "", "dextromethorphan-doxylamine", ""),
        ("edibles", "", "cannabis", "edible"),
    ],
)
def test_a_name_is_found_whatever_its_case_spacing_salt_or_form(name, form, drug, meant):
    match = matched(name, form, FORMULARY)
    assert (match.drug.name, match.form) == (drug, meant)


@pytest.mark.parametrize(
    "name",
    [
        *("", "XR", "50 mg", "zoloft!x", "sertralin", "Zolof", "50 mg sertraline", "sertraline 50", "water pill"),
        *("sertraline (Prozac)", "sertraline (with codeine)", "sertraline (Zoloft) (Prozac)"),
    ],
)
def test_what_only_looks_alike_is_no_match(name):
    assert matched(name, "", FORMULARY) is None


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("sertralin", "sertraline"),
        ("sertraline 50", "sertraline"),
        ("Zolof", "sertraline"),
        ("clona", "clonazepam"),
        ("lit", "lithium"),
        ("lorazapam 1mg at night", "lorazepam"),
    ],
)
def test_near_misses_are_offered(name, first):
    assert suggested(name, FORMULARY)[0] == first


@pytest.mark.parametrize("name", ["sertraline", "ab", "", "Blue pills"])
def test_nothing_is_offered_for_a_match_or_for_nothing(name):
    assert suggested(name, FORMULARY) == ()


def test_of_a_list_what_nobody_could_check_is_apart():
    known, unknown = TakenMedicine("Zoloft", "tablet"), TakenMedicine("Zorblax")
    taken, unmatched = sorted_out((unknown, known), FORMULARY)
    assert [(one.medicine, one.drug.name, one.form) for one in taken] == [(known, "sertraline", "oral")]
    assert unmatched == (unknown,)


def test_whether_a_medicine_prolongs_qt_is_not_known_of_a_name_that_is_not():
    told = [
        prolongs_qt(name, "", KNOWLEDGE) for name in ("haloperidol", "Zofran", "sertraline", "ketoconazole", "Zorblax")
    ]
    assert told == [True, True, False, False, None]


def test_codes_carry_their_grade_and_are_never_made_up():
    codes = {drug.name: drug.rxcui for drug in FORMULARY.drugs}
    assert (codes["sertraline"].code, codes["sertraline"].grade) == ("36437", Grade.V)
    assert (codes["clonazepam"].code, codes["clonazepam"].grade) == ("2598", Grade.V)
    assert (codes["vilazodone"].code, codes["vilazodone"].grade) == ("1086769", Grade.M)
    assert codes["kratom"] is None


def test_the_same_hours_stand_in_both_sheets():
    holds = {use.row: use.hold for drug in FORMULARY.drugs for use in drug.uses if use.action in ("stop", "hold")}
    rows = KNOWLEDGE.interactions.rows
    assert holds["INT-05"].value == rows["INT-05"].figures["before"].value
    assert holds["INT-30"].value == rows["INT-30"].figures["before"].value
    assert holds["INT-13"].value == rows["INT-13"].figures["before"].value
    days = {name: rows["INT-28"].figures[name].value * 24 for name in ("ayahuasca_mdma", "psychedelic")}
    by_drug = {drug.name: drug.uses[0].hold.value for drug in FORMULARY.drugs if "INT-28" in drug.rows}
    assert (by_drug["MDMA"], by_drug["LSD"]) == (days["ayahuasca_mdma"], days["psychedelic"])
    assert by_drug["cocaine"] == rows["INT-28"].figures["cocaine"].value
    asked = {
        c.id: leaf
        for c in KNOWLEDGE.interactions.substances
        for leaf in (getattr(c.condition, "parts", (c.condition,)))
    }
    assert asked["INT-05"].value == holds["INT-05"].value
    assert isinstance(rows["INT-01"].figures["blunts_over"], Figure)


def test_the_shipped_sheets_name_each_other_rightly():
    assert faults_between(FORMULARY, KNOWLEDGE.interactions, KNOWLEDGE.facts) == []


# --- sheets that are refused -----------------------------------------------------------------------------------------


def table(name):
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"), parse_float=Decimal)


def drug(**changes):
    return {"name": "newdrug", "class": "x", "rows": ["INT-02"], "uses": [{"action": "continue"}]} | changes


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"class": "x"}, "has no name. Add it"),
        (drug(colour="blue"), "colour: not a part of a drug"),
        (drug(groups={"PKG-1": "fierce"}), "'fierce' is not one of strong, weak, named"),
        (drug(rxcui={"code": "abc", "source": "RECALLED", "grade": "M"}), "needs code (digits"),
        (drug(rxcui={"code": "123", "source": "NOWHERE", "grade": "M"}), "'NOWHERE' is not under [sources]"),
        (drug(does=["levitation"]), "'levitation' is not one of sedation"),
        (drug(uses=[{"action": "panic"}]), "'panic' is not one of continue, hold, stop, ask"),
        (drug(uses=[{"action": "hold"}]), "says hold without hours"),
        (drug(uses=[{"action": "hold", "hold": "for ever"}]), "'for ever' is not a figure under [holds]"),
        (drug(uses=[{"action": "continue", "row": "INT-99"}]), "'INT-99' is not a row of this drug"),
        (drug(uses=[{"action": "continue", "colour": "blue"}]), "colour: not a part of a use"),
        (drug(brands=["Klonopin"]), "klonopin: means clonazepam and newdrug"),
    ],
)
def test_a_formulary_with_a_fault_is_refused_in_words(row, said):
    broken = table("formulary-1")
    broken["drugs"].append(row)
    with pytest.raises(SheetRefused, match="formulary-1") as refused:
        formulary_from(sheet_from(broken, "formulary-1.toml"))
    assert any(said in fault for fault in refused.value.faults)


@pytest.mark.parametrize(("part", "key"), [("writing", "often"), ("doses", "unlikely")])
def test_a_formulary_that_cannot_read_doses_is_refused(part, key):
    broken = table("formulary-1")
    del broken[part][key]
    with pytest.raises(SheetRefused, match=f"{part}.{key}: missing"):
        formulary_from(sheet_from(broken, "formulary-1.toml"))


def changed(**parts):
    broken = table("interactions-1")
    for part, change in parts.items():
        change(broken[part])
    return broken


def without(key):
    return lambda rows: rows[0].pop(key)


def put(**values):
    return lambda rows: rows[0].update(values)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (changed(rows=without("mechanism")), "rows[0] INT-01: has no mechanism. Add it"),
        (changed(rows=put(colour="blue")), "colour: not a part of a row"),
        (changed(rows=put(does=["levitation"])), "levitation: not all are of sedation"),
        (changed(rows=put(route={"IV": "panic"})), "a route says one of consult, caution, note"),
        (changed(rows=put(route={"XX": "note"})), "a route says one of consult, caution, note"),
        (changed(rows=put(source="NOWHERE")), "'NOWHERE' is not under [sources]"),
        (changed(ratios=without("auc")), "ratios[0]: has no auc. Add it"),
    ],
)
def test_interactions_with_a_fault_are_refused_in_words(broken, said):
    with pytest.raises(SheetRefused, match="interactions-1") as refused:
        interactions_from(sheet_from(broken, "interactions-1.toml"))
    assert any(said in fault for fault in refused.value.faults)


def test_interactions_that_lack_a_part_are_refused():
    broken = table("interactions-1")
    del broken["pairs"]
    with pytest.raises(SheetRefused, match="pairs: missing"):
        interactions_from(sheet_from(broken, "interactions-1.toml"))


def test_two_sheets_that_do_not_fit_are_refused_together():
    interactions = table("interactions-1")
    interactions["rows"] = [row for row in interactions["rows"] if row["id"] != "INT-02"]
    interactions["pairs"].append({"row": "INT-98", "with": ["INT-99"], "consult": "P", "words": "x"})
    interactions["ratios"][0]["drug"] = "nobody's drug"
    interactions["ratios"][1]["fact"] = "no_such_fact"
    found = faults_between(
        FORMULARY, interactions_from(sheet_from(interactions, "interactions-1.toml")), KNOWLEDGE.facts
    )
    assert [fault.split(":")[0] for fault in found] == ["no_such_fact", "INT-02", "INT-98", "INT-99", "nobody's drug"]


def test_a_clinic_whose_two_sheets_do_not_fit_gets_no_knowledge():
    def sheet(sheet_id):
        broken = table(sheet_id)
        if sheet_id == "interactions-1":
            broken["rows"] = [row for row in broken["rows"] if row["id"] != "INT-02"]
        return sheet_from(broken, f"{sheet_id}.toml")

    with pytest.raises(SheetRefused, match="INT-02: named in formulary-1"):
        reader.knowledge.knowledge_from(sheet)
