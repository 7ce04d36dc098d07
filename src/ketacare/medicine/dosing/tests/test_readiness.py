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
        "ketamine_allergy": "no",
        "suicide_risk_tier": "T0",
        "candidacy_today": "holds",
    } | changes
    units = {"gate_sbp": "mmHg", "gate_dbp": "mmHg", "hr": "/min", "spo2": "%", "weight_change": "%"}
    units |= {"hours_since_solids": "h", "hours_since_clear_fluids": "h"}
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
        ({"childbearing_potential": False, "pregnancy_test": None, "pregnancy_tested_on": None}, "RD-12", "permit"),
        ({"childbearing_potential": None}, "RD-12", "permit"),  # a fresh negative test settles it
        ({"childbearing_potential": None, "pregnancy_test": None}, "RD-12", "unknown"),
        ({"medicines_reconciled": False}, "RD-13", "stop"),
        ({"interacting_medicine_taken": True}, "RD-13", "warn"),
        ({"ketamine_allergy": "yes"}, "RD-16", "stop"),
        ({"candidacy_today": "stopped"}, "CLR-01", "stop"),
        ({"candidacy_today": "to clear"}, "CLR-01", "warn"),
        ({"candidacy_today": None}, "CLR-01", "unknown"),
        ({"ketamine_allergy": "doubtful"}, "RD-16", "warn"),
        ({"suicide_risk_tier": "T1"}, "RD-18", "permit"),
        ({"suicide_risk_tier": "T2"}, "RD-18", "warn"),
        ({"suicide_risk_tier": "T3"}, "RD-18", "stop"),
        ({"suicide_risk_tier": ("T0", 1)}, "RD-18", "unknown"),
    ],
)
def test_each_check_each_way(changes, criterion, outcome):
    decision = rules.readiness(ready_facts(**changes), IV, AT)
    assert decision.outcome == outcome
    assert all(r.criterion == criterion for r in decision.deciding)
    assert bool(decision.deciding) is (outcome != "permit")
    assert decision.permits is (outcome == "permit")


@pytest.mark.parametrize("name", [fact.name for fact in ready_facts() if fact.name != "childbearing_potential"])
def test_h14_every_fact_missing_is_unknown_and_named(name):
    decision = rules.readiness(ready_facts(**{name: None}), IV, AT)
    assert decision.outcome is Outcome.UNKNOWN
    assert decision.missing == (name,)
    assert not decision.permits
    (held,) = decision.deciding
    assert "not recorded" in held.words


def test_a_questionnaire_never_stands_for_the_clinicians_tier():
    facts = ready_facts(suicide_risk_tier=None).with_(Fact("phq9_item9", Decimal(0), "{score}", TODAY, "patient"))
    assert rules.readiness(facts, IV, AT).missing == ("suicide_risk_tier",)


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
