"""What is worked out of a case before it is judged: pressures of today, what medicines say, what courses establish."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from ketacare.medicine.candidacy.rules.derived import answer_facts, medicine_facts, with_derived
from ketacare.medicine.candidacy.terms import Case, Pressure, TakenMedicine
from ketacare.medicine.candidacy.tests.given import SHEET
from ketacare.medicine.evidence.terms import Fact, Facts

NOON = datetime(2026, 7, 14, 12, tzinfo=UTC)


def derived(*names, pressures=(), asked=True):
    medicines = tuple(TakenMedicine(name) for name in names) if asked else None
    whole = with_derived(Case(NOON, Facts(), medicines=medicines, pressures=pressures), SHEET)
    return {fact.name: fact.value for fact in whole.facts}


@pytest.mark.parametrize(
    ("names", "sedative", "raises"),
    [
        ((), False, False),
        (("sertraline",), False, False),
        (("lorazepam",), True, False),
        (("tranylcypromine",), False, True),
        (("lorazepam", "methylphenidate"), True, True),
        (("the blue one",), None, None),
        (("the blue one", "lorazepam"), True, None),
    ],
)
def test_a_medicine_that_sedates_or_raises_pressure_is_told_and_a_no_only_where_every_name_is_known(
    names, sedative, raises
):
    found = derived(*names)
    assert found.get("sedative_taken") is sedative
    assert found.get("pressure_raising_medicine_taken") is raises


def test_while_nobody_has_asked_medicines_say_nothing():
    assert derived(asked=False) == {}


def test_a_drug_whose_level_is_owed_says_so_and_no_other_does():
    assert derived("lithium")["takes_drug_with_level"] is True
    assert "takes_drug_with_level" not in derived("sertraline", "the blue one")


def test_only_readings_of_today_make_the_pressure_of_today():
    yesterday = Pressure(NOON - timedelta(days=1), 190, 120)
    now = Pressure(NOON - timedelta(minutes=5), 128, 78)
    assert "gate_sbp" not in derived(pressures=(yesterday,))
    found = derived(pressures=(yesterday, now))
    assert (found["gate_sbp"], found["gate_dbp"]) == (Decimal(128), Decimal(78))


@pytest.mark.parametrize("raised", [(190, 115), (165, 95)])
def test_rul_08_a_raised_reading_that_waits_for_its_repeat_is_hidden_by_no_value_told_before_it(raised):
    told = [Fact("gate_sbp", Decimal(128), "mmHg", NOON), Fact("gate_dbp", Decimal(78), "mmHg", NOON)]
    told += [Fact("gate_severe", False, None, NOON), Fact("pregnant", False, None, NOON)]
    case = Case(NOON, Facts(told), pressures=(Pressure(NOON - timedelta(minutes=6), *raised),))
    assert [fact.name for fact in with_derived(case, SHEET).facts] == ["pregnant"]
    again = Case(NOON, Facts(told), pressures=(*case.pressures, Pressure(NOON - timedelta(minutes=1), 120, 76)))
    assert len(with_derived(again, SHEET).facts.all("gate_sbp")) == 2


def test_where_nothing_follows_the_case_stays_as_it_is():
    case = Case(NOON, Facts())
    assert with_derived(case, SHEET) is case


# --- what a newer no does not undo, and what answers for another -----------------------------------------------------


def said(*told):
    """What follows from answers of one person: (name, value, days ago)."""
    facts = [Fact(name, value, None, NOON - timedelta(days=days), "interview") for name, value, days in told]
    whole = with_derived(Case(NOON, Facts(facts)), SHEET)
    return [fact for fact in whole.facts if fact not in facts]


@pytest.mark.parametrize(
    ("name", "finding", "none", "days"),
    [
        ("active_psychosis", True, False, 90),
        ("haematuria", True, False, 30),
        ("bladder_symptoms", "unexplained", "none", 30),
        ("pregnancy_test", "positive", "negative", 4000),
        ("stroke_or_tia_on", date(2020, 5, 1), False, 4000),
    ],
)
def test_a_finding_stands_beside_a_newer_no_of_whoever_told_it_for_its_days(name, finding, none, days):
    (stands,) = said((name, finding, days), (name, none, 0))
    assert (stands.name, stands.value, stands.known_at) == (name, finding, NOON)
    assert stands.source.startswith("interview, ")
    if days < 4000:
        assert said((name, finding, days + 1), (name, none, 0)) == []
    assert said((name, finding, 0)) == []
    assert said((name, none, 1), (name, none, 0)) == []


def test_what_is_no_finding_of_a_choice_and_what_does_not_stand_are_undone_by_a_newer_no():
    assert said(("bladder_symptoms", "treated infection", 3), ("bladder_symptoms", "none", 0)) == []
    assert said(("breast_feeding", True, 3), ("breast_feeding", False, 0)) == []


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ((("aneurysm_repaired", True, 9), ("aneurysmal_vascular_disease", False, 0)), True),
        ((("aneurysm_repaired", False, 9), ("aneurysmal_vascular_disease", False, 0)), None),
        ((("aneurysm_repaired", True, 9), ("aneurysmal_vascular_disease", True, 0)), None),
        ((("aneurysm_repaired", True, 9),), None),
        ((("aneurysmal_vascular_disease", False, 0),), None),
    ],
)
def test_an_aneurysm_that_was_repaired_was_there(told, expected):
    found = {fact.name: fact for fact in said(*told)}
    assert (found["aneurysmal_vascular_disease"].value if found else None) is expected


@pytest.mark.parametrize(
    ("name", "disease", "none"),
    [
        ("coronary_disease", "stable", "none"),
        ("heart_failure", "NYHA I", "none"),
        ("valve_disease_or_cardiomyopathy", True, False),
        ("unstable_arrhythmia", True, False),
        ("cardiovascular_event_on", date(2021, 3, 4), False),
    ],
)
def test_a_disease_of_the_heart_on_record_is_heart_disease(name, disease, none):
    (found,) = said((name, disease, 5))
    assert (found.name, found.value, found.known_at) == ("cardiac_history", True, NOON - timedelta(days=5))
    assert said((name, none, 5)) == []


DAY = date(2026, 7, 14)
RULED = datetime(2026, 6, 24, 12, tzinfo=UTC)
LIST = "medicine list"


def said_of_pressure(known_on, *medicines, at=DAY, settles=True):
    """What the list says of high blood pressure beside a ruling of that day that there is none, and in which words."""
    ruling = Fact("hypertension", "none", None, known_on, "P", settles)
    facts = medicine_facts(Case(at, Facts([ruling]), medicines=medicines), SHEET)
    return [fact.source for fact in facts if fact.name == "hypertension"]


@pytest.mark.parametrize(
    ("known_on", "medicine", "words"),
    [
        (date(2026, 6, 24), {"stable_days": 19}, [f"{LIST}: propranolol, begun or changed since"]),
        (date(2026, 6, 24), {"stable_days": 20}, []),
        (date(2026, 6, 24), {}, [f"{LIST}: propranolol, since when is not said"]),
        (DAY, {}, []),
        (DAY, {"stable_days": 0}, []),
        (None, {"stable_days": 90}, [f"{LIST}: propranolol, begun or changed since"]),
        (None, {}, [f"{LIST}: propranolol, since when is not said"]),
        (date(2026, 6, 24), {"listed_at": datetime(2026, 6, 23, 23, tzinfo=UTC)}, []),
        (
            date(2026, 6, 24),
            {"listed_at": datetime(2026, 6, 24, 1, tzinfo=UTC)},
            [f"{LIST}: propranolol, since when is not said"],
        ),
        (DAY, {"listed_at": datetime(2026, 7, 14, 9, tzinfo=UTC)}, [f"{LIST}: propranolol, since when is not said"]),
        (RULED, {"listed_at": RULED}, []),
        (RULED, {"listed_at": RULED - timedelta(minutes=1)}, []),
        (RULED, {"listed_at": RULED + timedelta(minutes=1)}, [f"{LIST}: propranolol, since when is not said"]),
    ],
)
def test_how_the_list_speaks_beside_a_ruling(known_on, medicine, words):
    assert said_of_pressure(known_on, TakenMedicine("propranolol", **medicine)) == words


def test_the_list_speaks_by_its_name_where_nothing_was_ruled_and_says_nothing_of_what_is_not_on_it():
    told = TakenMedicine("propranolol", stable_days=5)
    assert said_of_pressure(date(2026, 6, 24), told, settles=False) == [LIST]
    assert said_of_pressure(date(2026, 6, 24), TakenMedicine("sertraline", stable_days=5)) == []


def test_of_several_on_the_list_the_first_that_the_ruling_does_not_settle_is_named():
    settled, begun = TakenMedicine("propranolol", stable_days=60), TakenMedicine("amlodipine", stable_days=2)
    assert said_of_pressure(date(2026, 6, 24), settled, begun) == [f"{LIST}: amlodipine, begun or changed since"]


# --- what another answer says by itself ---

RAISED = "bp_over_130_80_or_treated"


def on_record(name, value, days_ago, *, unit=None, settles=False):
    return Fact(name, value, unit, NOON.date() - timedelta(days=days_ago), "record", settles)


def told_of_pressure(*facts):
    """What the answers on record say of pressure that is raised or treated, and since when."""
    return [(fact.value, fact.known_at) for fact in answer_facts(Facts(facts), SHEET, NOON) if fact.name == RAISED]


@pytest.mark.parametrize(
    ("fact", "says"),
    [
        (on_record("hypertension", "treated", 3), True),
        (on_record("hypertension", "none", 3), False),
        (on_record("gate_sbp", Decimal(131), 3, unit="mmHg"), True),
        (on_record("gate_sbp", Decimal(130), 3, unit="mmHg"), False),
        (on_record("gate_sbp", Decimal(131), 90, unit="mmHg"), True),
        (on_record("gate_sbp", Decimal(131), 91, unit="mmHg"), False),
    ],
)
def test_a_raised_pressure_of_the_last_90_days_is_a_yes_by_itself(fact, says):
    assert told_of_pressure(fact) == ([(True, fact.known_at)] if says else [])


def test_a_ruling_settles_what_was_known_by_its_day_and_nothing_later():
    older, same_day, later = (on_record("gate_sbp", Decimal(150), days, unit="mmHg") for days in (20, 10, 9))
    ruling = on_record(RAISED, False, 10, settles=True)
    assert told_of_pressure(older, same_day, ruling) == []
    assert told_of_pressure(older, same_day, later, ruling) == [(True, later.known_at)]
    of_today, today = on_record(RAISED, False, 0, settles=True), on_record("gate_sbp", Decimal(150), 0, unit="mmHg")
    assert told_of_pressure(today, of_today) == []


def test_of_several_rulings_the_newest_settles_and_a_plain_no_settles_nothing():
    between = on_record("gate_sbp", Decimal(150), 10, unit="mmHg")
    rulings = [on_record(RAISED, False, days, settles=True) for days in (20, 5)]
    assert told_of_pressure(between, *rulings) == []
    assert told_of_pressure(between, rulings[0]) == [(True, between.known_at)]
    assert told_of_pressure(between, on_record(RAISED, False, 5)) == [(True, between.known_at)]


def test_what_has_no_day_is_settled_by_any_ruling():
    undated = Fact("hypertension", "treated", None, None, "record")
    assert told_of_pressure(undated, on_record(RAISED, False, 10, settles=True)) == []
