from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from ketacare.medicine.dosing import rules
from ketacare.medicine.dosing.terms import BpReading
from ketacare.medicine.evidence.terms import Effect, Fact, Facts, Outcome, Result
from ketacare.medicine.protocols.reader import protocol
from ketacare.medicine.quantities.terms import Weight

IV = protocol("p-iv-05-2w")
AT = datetime(2026, 7, 14, 8, 20, tzinfo=UTC)
TODAY = AT - timedelta(minutes=5)


def bp(*pairs, start=AT - timedelta(minutes=30)):
    return [BpReading(s, d, start + timedelta(minutes=5 * i)) for i, (s, d) in enumerate(pairs)]


def ready_facts(**changes):
    """Everything as it should be, with changes by name; None removes a fact, a tuple gives value and age in days."""
    values = {
        "identity_two_identifiers": True,
        "consent": ("current", 20),
        "escort": "named",
        "gate_sbp": Decimal(128),
        "gate_dbp": Decimal(78),
        "gate_severe": False,
        "hr": Decimal(78),
        "spo2": Decimal(98),
        "weight_change": Decimal(1),
        "hours_since_solids": Decimal(8),
        "hours_since_clear_fluids": Decimal(3),
        "childbearing_potential": (True, 10),
        "pregnancy_test": ("negative", 3),
        "pregnancy_tested_on": (date(2026, 7, 11), 3),
        "medicines_reconciled": True,
        "interacting_medicine_taken": False,
        "medicine_not_lifted": False,
        "ketamine_allergy": "no",
        "suicide_risk_tier": "T0",
        "candidacy_today": "holds",
        "crisis_path_given": False,
        "concern_undecided": "none",
        "review_of_course": "seen to",
        "safety_before_dose": "answered",
        "rr": Decimal(14),
        "temp": Decimal("36.7"),
        "visibly_intoxicated": False,
        "hours_since_alcohol": Decimal(24),
        "hours_since_cannabis": False,
        "hours_since_cannabis_edible": Decimal(24),
        "hours_since_cocaine": Decimal(48),
        "pdmp_found": "nothing new",
        "pdmp_looked_up_on": (date(2026, 6, 14), 0),
        "mental_state": "as planned",
        "panic_nrs": Decimal(7),
        "new_event": "none",
        "iv_access": "flushes",
        "room_ready": True,
        "last_session": "reviewed",
        "minutes_before_closing": Decimal(60),
    } | changes
    units = {"gate_sbp": "mmHg", "gate_dbp": "mmHg", "hr": "/min", "spo2": "%", "weight_change": "%"}
    units |= {"rr": "/min", "temp": "Cel", "panic_nrs": "{score}", "minutes_before_closing": "min"}
    units |= {name: "h" for name, value in values.items() if name.startswith("hours_") and value is not False}
    facts = []
    for name, value in values.items():
        if value is None:
            continue
        value, age = value if isinstance(value, tuple) else (value, 0)
        facts.append(Fact(name, value, units.get(name), TODAY - timedelta(days=age), "nurse"))
    return Facts(facts)


def reason(decision, criterion):
    return next(reason for reason in decision.reasons if reason.criterion == criterion)


def test_all_green_is_go():
    decision = rules.readiness(ready_facts(), IV, AT)
    assert decision.outcome is Outcome.PERMIT
    assert decision.permits
    assert decision.missing == ()
    assert {sheet.id for sheet in decision.sheets} == {"p-iv-05-2w", "readiness-1"}


@pytest.mark.parametrize(
    ("changes", "criterion", "outcome"),
    [
        ({"identity_two_identifiers": False}, "RD-01", "stop"),
        ({"consent": "withdrawn"}, "RD-02", "stop"),
        ({"consent": ("current", 366)}, "RD-02", "unknown"),
        ({"escort": "none"}, "RD-03", "stop"),
        ({"escort": "by phone"}, "RD-03", "warn"),
        ({"gate_sbp": Decimal(141)}, "RD-04", "warn"),
        ({"gate_dbp": Decimal(91)}, "RD-04", "warn"),
        ({"gate_sbp": Decimal(140), "gate_dbp": Decimal(90)}, "RD-04", "permit"),
        ({"gate_sbp": Decimal(160)}, "RD-04", "stop"),
        ({"gate_dbp": Decimal(100)}, "RD-04", "stop"),
        ({"gate_severe": True}, "RD-04", "stop"),
        ({"gate_sbp": Decimal(89), "gate_dbp": Decimal(60)}, "RD-04", "warn"),
        ({"hr": Decimal(50)}, "RD-05", "permit"),
        ({"hr": Decimal(49)}, "RD-05", "warn"),
        ({"hr": Decimal(44)}, "RD-05", "stop"),
        ({"hr": Decimal(110)}, "RD-05", "warn"),
        ({"hr": Decimal(111)}, "RD-05", "stop"),
        ({"spo2": Decimal(95)}, "RD-06", "permit"),
        ({"spo2": Decimal(94)}, "RD-06", "warn"),
        ({"spo2": Decimal(91)}, "RD-06", "stop"),
        ({"weight_change": Decimal("5.1")}, "RD-08", "warn"),
        ({"weight_change": Decimal("10.1")}, "RD-08", "stop"),
        ({"weight_change": (Decimal(0), 31)}, "RD-08", "unknown"),
        ({"hours_since_solids": Decimal(5)}, "RD-09", "warn"),
        ({"hours_since_solids": Decimal(3)}, "RD-09", "stop"),
        ({"hours_since_clear_fluids": Decimal(1)}, "RD-09", "stop"),
        ({"pregnancy_test": "positive"}, "RD-12", "stop"),
        ({"pregnancy_test": ("negative", 8), "pregnancy_tested_on": (date(2026, 7, 6), 8)}, "RD-12", "warn"),
        ({"pregnancy_test": ("negative", 31)}, "RD-12", "unknown"),
        ({"pregnancy_test": ("positive", 31)}, "RD-12", "stop"),  # a positive one does not grow old
        ({"childbearing_potential": False, "pregnancy_test": None, "pregnancy_tested_on": None}, "RD-12", "permit"),
        ({"childbearing_potential": None}, "RD-12", "permit"),  # a fresh negative test settles it
        ({"childbearing_potential": None, "pregnancy_test": None}, "RD-12", "unknown"),
        ({"medicines_reconciled": False}, "RD-13", "stop"),
        ({"interacting_medicine_taken": True}, "RD-13", "warn"),
        ({"medicine_not_lifted": True}, "RD-13", "stop"),
        ({"medicine_not_lifted": None}, "RD-13", "unknown"),
        ({"ketamine_allergy": "yes"}, "RD-16", "stop"),
        ({"candidacy_today": "stopped"}, "CLR-01", "stop"),
        ({"suicide_risk_tier": "T3", "crisis_path_given": True}, "RD-18", "warn"),
        ({"suicide_risk_tier": "T3", "crisis_path_given": None}, "RD-18", "unknown"),
        ({"suicide_risk_tier": "T4", "crisis_path_given": True}, "RD-18", "stop"),
        ({"concern_undecided": "T1"}, "CON-01", "stop"),
        ({"concern_undecided": "T2"}, "CON-01", "stop"),
        ({"concern_undecided": "T3"}, "CON-01", "warn"),
        ({"concern_undecided": ("none", 1)}, "CON-01", "unknown"),
        ({"review_of_course": "overdue"}, "FUP-01", "warn"),
        ({"safety_before_dose": "open"}, "FUP-02", "warn"),
        ({"candidacy_today": "to clear"}, "CLR-01", "warn"),
        ({"candidacy_today": None}, "CLR-01", "unknown"),
        ({"ketamine_allergy": "doubtful"}, "RD-16", "warn"),
        ({"suicide_risk_tier": "T1"}, "RD-18", "permit"),
        ({"suicide_risk_tier": "T2"}, "RD-18", "warn"),
        ({"suicide_risk_tier": "T3"}, "RD-18", "stop"),
        ({"suicide_risk_tier": ("T0", 1)}, "RD-18", "unknown"),
        ({"rr": Decimal(10)}, "RD-07", "permit"),
        ({"rr": Decimal(9)}, "RD-07", "warn"),
        ({"rr": Decimal(20)}, "RD-07", "permit"),
        ({"rr": Decimal(21)}, "RD-07", "warn"),
        ({"rr": Decimal(24)}, "RD-07", "warn"),
        ({"rr": Decimal(25)}, "RD-07", "stop"),
        ({"temp": Decimal("37.7")}, "RD-07", "permit"),
        ({"temp": Decimal("37.8")}, "RD-07", "warn"),
        ({"temp": Decimal("38.2")}, "RD-07", "warn"),
        ({"temp": Decimal("38.3")}, "RD-07", "stop"),
        ({"visibly_intoxicated": True}, "RD-14", "stop"),
        ({"hours_since_alcohol": Decimal(11)}, "RD-14", "stop"),
        ({"hours_since_alcohol": Decimal(12)}, "RD-14", "warn"),
        ({"hours_since_alcohol": False}, "RD-14", "permit"),
        ({"hours_since_cannabis": Decimal(23)}, "RD-14", "warn"),
        ({"hours_since_cannabis_edible": Decimal(23)}, "RD-14", "warn"),
        ({"hours_since_cocaine": Decimal(47)}, "RD-14", "stop"),
        ({"hours_since_alcohol": (Decimal(30), 1)}, "RD-14", "unknown"),
        ({"pdmp_found": "new sedative or ketamine"}, "RD-15", "warn"),
        ({"pdmp_found": "undisclosed ketamine"}, "RD-15", "stop"),
        ({"pdmp_looked_up_on": (date(2026, 6, 13), 0)}, "RD-15", "warn"),
        ({"pdmp_found": "no register", "pdmp_looked_up_on": None}, "RD-15", "permit"),
        ({"mental_state": "agitated"}, "RD-17", "warn"),
        ({"mental_state": "suspicious"}, "RD-17", "warn"),
        ({"panic_nrs": Decimal(8)}, "RD-17", "warn"),
        ({"mental_state": "new psychosis"}, "RD-17", "stop"),
        ({"mental_state": "mania"}, "RD-17", "stop"),
        ({"mental_state": "delirium"}, "RD-17", "stop"),
        ({"mental_state": ("as planned", 1)}, "RD-17", "unknown"),
        ({"new_event": "fall"}, "RD-19", "warn"),
        ({"new_event": "emergency visit"}, "RD-19", "warn"),
        ({"new_event": "heart symptom"}, "RD-19", "warn"),
        ({"new_event": "nerve symptom"}, "RD-19", "warn"),
        ({"new_event": "chest pain"}, "RD-19", "stop"),
        ({"new_event": "signs of a stroke"}, "RD-19", "stop"),
        ({"iv_access": "more than 2 attempts"}, "RD-20", "warn"),
        ({"iv_access": "none"}, "RD-20", "stop"),
        ({"room_ready": False}, "RD-21", "stop"),
        ({"last_session": "first session"}, "RD-22", "permit"),
        ({"last_session": "grade 2 not addressed"}, "RD-22", "warn"),
        ({"last_session": "grade 3 unresolved"}, "RD-22", "stop"),
        ({"minutes_before_closing": Decimal(59)}, "RD-24", "stop"),
        ({"minutes_before_closing": Decimal(-30)}, "RD-24", "stop"),
        ({"minutes_before_closing": False}, "RD-24", "permit"),  # the clinic is open all night
        ({"minutes_before_closing": None}, "RD-24", "unknown"),  # nobody has said when it closes
    ],
)
def test_each_check_each_way(changes, criterion, outcome):
    decision = rules.readiness(ready_facts(**changes), IV, AT)
    assert decision.outcome == outcome
    assert all(r.criterion == criterion for r in decision.deciding)
    assert bool(decision.deciding) is (outcome != "permit")
    assert decision.permits is (outcome == "permit")


# Asked of some people alone: what follows from a possible pregnancy, and from high risk.
ASKED_OF_SOME = ("childbearing_potential", "crisis_path_given")


@pytest.mark.parametrize("name", [fact.name for fact in ready_facts() if fact.name not in ASKED_OF_SOME])
def test_h14_every_fact_missing_is_unknown_and_named(name):
    decision = rules.readiness(ready_facts(**{name: None}), IV, AT)
    assert decision.outcome is Outcome.UNKNOWN
    assert decision.missing == (name,)
    assert not decision.permits
    (held,) = decision.deciding
    assert "not recorded" in held.words


def of_route(sheet, **changes):
    """The readiness of another route; what only infusions ask is not needed there."""
    return rules.readiness(ready_facts(iv_access=None, **changes), protocol(sheet), AT)


@pytest.mark.parametrize(
    ("sheet", "changes", "criterion", "outcome"),
    [
        ("p-esk-trd", {"rems_met": True, "hours_since_solids": Decimal(2)}, "RD-10", "permit"),
        ("p-esk-trd", {"rems_met": True, "hours_since_solids": Decimal("1.9")}, "RD-10", "warn"),
        ("p-esk-trd", {"rems_met": True, "hours_since_clear_fluids": Decimal("0.5")}, "RD-10", "permit"),
        ("p-esk-trd", {"rems_met": True, "hours_since_clear_fluids": Decimal("0.4")}, "RD-10", "warn"),
        ("p-esk-trd", {"rems_met": True, "hours_since_solids": None}, "RD-10", "unknown"),
        ("p-esk-trd", {"rems_met": False}, "RD-23", "stop"),
        ("p-esk-trd", {}, "RD-23", "unknown"),
        ("p-in-rac", {}, "RD-10", "permit"),
        ("p-sl-kap", {"hours_since_solids": Decimal(3), "hours_since_clear_fluids": None}, "RD-11", "permit"),
        ("p-sl-kap", {"hours_since_solids": Decimal("2.9")}, "RD-11", "warn"),
        ("p-po-1", {"hours_since_solids": None}, "RD-11", "unknown"),
        ("p-sc-kads", {"hours_since_solids": Decimal(3)}, "RD-09", "stop"),
        ("p-im-kap", {"hours_since_solids": Decimal(5)}, "RD-09", "warn"),
    ],
)
def test_each_route_asks_what_is_its_own(sheet, changes, criterion, outcome):
    decision = of_route(sheet, **changes)
    assert decision.outcome == outcome
    assert criterion in {r.criterion for r in decision.reasons}
    assert all(r.criterion == criterion for r in decision.deciding)


def test_no_route_asks_for_anothers():
    asked = {sheet: {r.criterion for r in of_route(sheet).reasons} for sheet in ("p-iv-05-2w", "p-esk-trd", "p-sl-kap")}
    own = {"RD-09", "RD-10", "RD-11", "RD-20", "RD-23"}
    assert {sheet: rows & own for sheet, rows in asked.items()} == {
        "p-iv-05-2w": {"RD-09", "RD-20"},
        "p-esk-trd": {"RD-10", "RD-23"},
        "p-sl-kap": {"RD-11"},
    }


def test_a_questionnaire_never_stands_for_the_clinicians_tier():
    facts = ready_facts(suicide_risk_tier=None).with_(Fact("phq9_item9", Decimal(0), "{score}", TODAY, "patient"))
    assert rules.readiness(facts, IV, AT).missing == ("suicide_risk_tier",)


def test_a_clinic_open_all_night_is_said_not_to_be_held_to_a_closing_time_and_never_to_be_in_time():
    named = rules.readiness(ready_facts(minutes_before_closing=Decimal(60)), IV, AT)
    none = rules.readiness(ready_facts(minutes_before_closing=False), IV, AT)
    assert reason(named, "RD-24").words.startswith("Begun now, it would end 60 min or more before closing")
    assert reason(none, "RD-24").words == "Not held to a closing time: the clinic is open all night"
    assert reason(none, "RD-24").result is Result.NOT_MET
    assert "24 h" in reason(rules.readiness(ready_facts(hours_since_alcohol=False), IV, AT), "RD-14").words


def test_the_prescriber_clears_a_clearance_but_never_a_no_go():
    asked = ready_facts(hr=Decimal(105))
    cleared = rules.readiness(asked, IV, AT, given={"RD-05"})
    assert cleared.outcome is Outcome.WARN
    assert cleared.permits
    assert reason(cleared, "RD-05").cleared
    stopped = rules.readiness(ready_facts(hr=Decimal(120)), IV, AT, given={"RD-05"})
    assert stopped.outcome is Outcome.STOP
    unknown_loose = rules.readiness(ready_facts(hr=None), IV, AT, given={"RD-05"})
    assert unknown_loose.permits
    unknown_strict = rules.readiness(ready_facts(spo2=None), IV, AT, given={"RD-06"})
    assert unknown_strict.outcome is Outcome.UNKNOWN


def test_unknown_weighs_as_strict_or_not():
    decision = rules.readiness(Facts(), IV, AT)
    assert reason(decision, "RD-04").effect is Effect.STOP
    assert reason(decision, "RD-05").effect is Effect.CLEAR
    assert all(r.result is Result.UNKNOWN for r in decision.reasons)


def test_today_is_the_clinics_day():
    """At 20:00 in Denver it is already tomorrow in UTC; the morning's facts still count."""
    from zoneinfo import ZoneInfo

    denver = datetime(2026, 7, 14, 20, 0, tzinfo=ZoneInfo("America/Denver"))
    assert rules.readiness(ready_facts(), IV, denver).permits
    assert not rules.readiness(ready_facts(), IV, denver.astimezone(UTC)).permits


@pytest.mark.parametrize("pair", [(80, 120), (120, 120), (0, -5)])
def test_an_upside_down_bp_is_refused(pair):
    with pytest.raises(ValueError, match="systolic over diastolic"):
        BpReading(*pair, AT)


def test_a_bp_reads_as_written():
    assert str(BpReading(120, 80, AT)) == "120/80"


def test_weight_change_as_a_fact():
    fact = rules.weight_change_fact(Weight.of("75.6"), Weight.of(72), AT, "nurse")
    assert (fact.value, fact.unit) == (5, "%")
