"""Grades from the record, and what the order set covers."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ketacare.medicine.safety import reader, rules
from ketacare.medicine.safety.terms import Charted, GivenBefore

SHEET, NEEDED = reader.effects_sheet(), reader.needed_sheet()
AT = datetime(2026, 7, 14, 15, 0, tzinfo=UTC)
D = Decimal


def found(**charted) -> dict[str, tuple[int, bool]]:
    return {one.effect: (one.grade, one.is_event) for one in rules.graded(Charted(**charted), SHEET)}


def test_nothing_charted_is_no_finding():
    assert found() == {}


@pytest.mark.parametrize(
    ("moaas", "grade"), [(5, None), (4, (1, False)), (3, (2, False)), (2, (3, True)), (1, (4, True)), (0, (4, True))]
)
def test_sedation_by_moaas(moaas, grade):
    assert found(moaas=D(moaas)).get("sedation") == grade


@pytest.mark.parametrize(
    ("distress", "grade"),
    [(0, None), (1, (1, False)), (3, (1, False)), (4, (2, False)), (6, (2, False)), (7, (3, True)), (10, (3, True))],
)
def test_anxiety_by_distress(distress, grade):
    assert found(distress=D(distress)).get("anxiety") == grade


def test_severe_anxiety_with_danger_is_life_threatening_and_mild_is_not():
    assert found(distress=D(9), danger=True)["anxiety"] == (4, True)
    assert found(distress=D(4), danger=True)["anxiety"] == (2, False)


def test_a_medicine_makes_moderate_distress_an_event_and_speaks_where_nobody_scored():
    assert found(distress=D(5), treated=frozenset({"anxiety"}))["anxiety"] == (2, True)
    assert found(treated=frozenset({"anxiety"}))["anxiety"] == (2, True)


@pytest.mark.parametrize(("nausea", "grade"), [(3, (1, False)), (4, (2, False)), (6, (2, False)), (7, (3, True))])
def test_nausea_by_score(nausea, grade):
    assert found(nausea=D(nausea))["nausea"] == grade


def test_nausea_beside_vomiting_stays_an_effect_and_the_treated_vomiting_is_the_event():
    both = found(nausea=D(7), vomited=True, treated=frozenset({"nausea"}))
    assert both == {"nausea": (1, False), "vomiting": (2, True)}
    assert found(vomited=True, treated=frozenset({"vomiting"})) == {"vomiting": (2, True)}
    assert found(vomited=True) == {"vomiting": (1, False)}


@pytest.mark.parametrize(
    ("spo2", "seconds", "grade"), [(90, 300, None), (89, 14, (1, False)), (89, 59, (1, False)), (89, 60, (2, False))]
)
def test_low_oxygen_under_a_minute_is_an_effect(spo2, seconds, grade):
    assert found(spo2=D(spo2), hypoxia_s=D(seconds)).get("hypoxia") == grade


def test_low_oxygen_of_a_minute_that_was_treated_is_an_event():
    assert found(spo2=D(88), hypoxia_s=D(70), treated=frozenset({"hypoxia"}))["hypoxia"] == (2, True)


@pytest.mark.parametrize(
    ("breaths", "moaas", "asked"), [(9, 3, True), (9, 4, False), (10, 2, False), (None, 2, False), (9, None, False)]
)
def test_slow_breathing_in_a_sedated_person_is_for_the_prescriber_to_judge_and_stands_first(breaths, moaas, asked):
    told = rules.graded(Charted(breaths=breaths and D(breaths), moaas=moaas and D(moaas)), SHEET)
    assert (bool(told) and (told[0].effect, told[0].grade) == ("respiratory_depression", 0)) is asked


@pytest.mark.parametrize(
    ("charted", "grade"),
    [
        ({"pressure": "low"}, (1, False)),
        ({"pressure": "medium"}, (2, False)),
        ({"pressure": "high"}, (2, False)),
        ({"pressure": "high", "stopped": True}, (3, True)),
        ({"pressure": "medium", "treated": frozenset({"hypertension"})}, (3, True)),
        ({"emergencies": frozenset({"EM-03"})}, (4, True)),
        ({"stopped": True}, None),
    ],
)
def test_a_surge_is_graded_by_what_was_done_and_not_by_one_reading(charted, grade):
    assert found(**charted).get("hypertension") == grade


def test_a_fast_pulse():
    assert found(pulse="medium")["tachycardia"] == (1, False)
    assert found(pulse="medium", treated=frozenset({"tachycardia"}))["tachycardia"] == (2, True)


def test_what_people_charted_counts_where_it_is_graver_and_an_unknown_word_never():
    assert found(tapped={"headache": 0, "rash": 3}) == {"headache": (1, False)}
    assert found(tapped={"headache": 3}) == {"headache": (3, True)}
    assert found(nausea=D(2), tapped={"nausea": 2})["nausea"] == (2, False)
    assert found(nausea=D(5), tapped={"nausea": 1})["nausea"] == (2, False)
    assert found(breaths=D(8), moaas=D(2), tapped={"respiratory_depression": 3})["respiratory_depression"] == (0, True)


def test_a_sign_an_emergency_a_way_to_hospital_are_for_somebody_to_judge():
    assert found(signs=frozenset({"chest_pain"}), tapped={"chest_pain": 2}) == {"chest_pain": (0, True)}
    assert found(signs=frozenset({"thunder"})) == {}
    assert found(signs=frozenset({"chest_pain"}), tapped={"chest_pain": 4}) == {"chest_pain": (4, True)}
    assert found(grave_course="an emergency was opened") == {"grave_course": (0, True)}
    assert found(grave_course="x", tapped={"headache": 2}) == {"headache": (2, False), "grave_course": (0, True)}
    assert found(grave_course="x", moaas=D(1)) == {"sedation": (4, True)}
    assert found(grave_course="x", signs=frozenset({"seizure"})) == {"seizure": (0, True)}


def test_every_adverse_event_of_the_table_has_its_term():
    terms = {one.term for one in SHEET.terms.values()}
    assert {
        "Seizure",
        "Apnoea",
        "Anaphylaxis",
        "Laryngospasm",
        "Psychotic disorder",
        "Mania",
        "Syncope",
        "Fall",
    } <= terms
    assert all(len(one.grades) == 4 and any(one.grades) for one in SHEET.terms.values())


def test_the_time_course_is_that_of_the_drug_or_route_else_of_any():
    assert SHEET.course("dissociation", "esketamine", "IN").gone.values == (90, 90)
    assert SHEET.course("dissociation", "ketamine (racemic)", "IM").peak.values == (10, 25)
    assert SHEET.course("nausea", "IV").gone.values == (120, 120)
    assert SHEET.course("dysgeusia", "IV") is None


# --- as needed --------------------------------------------------------------------------------------------------------


def not_now(drug, route, amount, why, *before, at=AT):
    faults = rules.not_now(NEEDED.medicines[drug], route=route, amount=D(amount), why=why, before=before, at=at)
    return [field for field, _ in faults]


def before(amount, minutes_ago, route="IV"):
    return GivenBefore(D(amount), route, AT - timedelta(minutes=minutes_ago))


@pytest.mark.parametrize(
    ("drug", "route", "amount", "why", "faults"),
    [
        ("ondansetron", "ODT", "4", "nausea", []),
        ("ondansetron", "ODT", "8", "vomiting", []),
        ("ondansetron", "ODT", "9", "nausea", ["amount"]),
        ("ondansetron", "ODT", "3.9", "nausea", ["amount"]),
        ("ondansetron", "PO", "4", "nausea", ["route"]),
        ("ondansetron", "", "4", "nausea", ["route"]),
        ("ondansetron", "ODT", "4", "headache", ["why"]),
        ("lorazepam", "SL", "1", "anxiety", []),
        ("lorazepam", "SL", "2", "anxiety", ["amount"]),
        ("lorazepam", "IV", "4", "anxiety", ["amount"]),
        ("lorazepam", "IV", "4", "seizure", []),
        ("midazolam", "IM", "5", "anxiety", ["route"]),
        ("oxygen", "nasal", "2", "hypoxia", []),
    ],
)
def test_amount_route_and_reason_are_those_of_the_order_set(drug, route, amount, why, faults):
    assert not_now(drug, route, amount, why) == faults


def test_not_again_before_its_time_and_never_over_the_most_of_a_session():
    assert not_now("labetalol", "IV", "20", "hypertension", before(20, 9)) == ["drug"]
    assert not_now("labetalol", "IV", "20", "hypertension", before(20, 10)) == []
    assert not_now("labetalol", "IV", "20", "hypertension", before(20, 30), before(20, 20), before(20, 10)) == []
    assert not_now("labetalol", "IV", "20", "hypertension", before(61, 30)) == ["amount"]
    assert not_now("lorazepam", "SL", "1", "anxiety", before(1, 60, "SL")) == ["amount"]
    assert not_now("naloxone", "IV", "2", "sedation", *[before(2, n) for n in range(2, 20, 2)]) == []


@pytest.mark.parametrize("route", ["IV", "iv", "intravenous", "by the cannula"])
def test_h16_what_was_given_by_a_way_typed_by_hand_counts_toward_the_most(route):
    assert not_now("labetalol", "IV", "20", "hypertension", before(80, 30, route)) == ["amount"]
    assert not_now("lorazepam", "IV", "4", "seizure", before(1, 30, "sl")) == [], "another way that the sheet has"


def asked_once(drug, route, amount, *before, name="", allergies=(), unit="mg"):
    known = NEEDED.medicines.get(drug)
    return rules.asked_once(
        known, name=name or known.name, route=route, amount=D(amount), unit=unit, before=before, allergies=allergies,
        at=AT,
    )  # fmt: skip


def test_h2_h15_h16_of_a_prescribers_own_order_what_is_unlikely_is_asked_and_nothing_else():
    assert asked_once("naloxone", "iv", "0.4") == ()
    assert asked_once("naloxone", "IV", "4") == ("Naloxone: the sheet has 0.4 to 2 mg IV.",)
    assert asked_once("naloxone", "SC", "0.4") == ("Naloxone: the sheet has it IM or IN or IV, not SC.",)
    assert asked_once("lorazepam", "IV", "1", before(1, 60, "SL")) == ()
    assert asked_once("lorazepam", "PO", "1", before(1, 60, "SL")) == ("Lorazepam: 2 mg in all is over 1.",)
    (soon,) = asked_once("epinephrine", "IM", "0.3", before("0.3", 4, "IM"))
    assert "again not before 5 min" in soon
    assert asked_once("epinephrine", "IM", "0.3", before("0.3", 5, "IM")) == ()
    (unknown,) = asked_once("", "IV", "50.0", name="Diphenhydramine", allergies=("latex", "penicillin"))
    assert unknown == "50 mg of Diphenhydramine: no sheet knows how much is usual."
    told = asked_once("", "IV", "50", name="Diphenhydramine", allergies=("diphenhydramine HCl", "nuts"))
    assert told[0] == "Diphenhydramine: an allergy to diphenhydramine HCl is known."


def test_every_medicine_has_a_reason_a_way_and_a_recheck_and_says_how_sure_its_amounts_are():
    for medicine in NEEDED.medicines.values():
        assert medicine.why
        assert medicine.doses
        assert medicine.recheck.integer > 0
        assert medicine.grade.value in "VMDS"
        assert medicine.waits in ("", "rescue", "reversal")
