"""The list of medicines against what was told: neither is taken for the other, and a person settles it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec import structs

from ketacare.medicine.candidacy.rules.derived import with_derived
from ketacare.medicine.candidacy.terms import Clearance, Route, Signatures, TakenMedicine
from ketacare.medicine.candidacy.tests.given import ON
from ketacare.medicine.candidacy.tests.ordinary import SHEET, a_case, a_fact, ago, judged, ordinary, reason
from ketacare.medicine.evidence.terms import Outcome, Result

BIPOLAR = {"diagnosis": "bipolar depression", "mood_stabiliser_since": ago(90), "qt_drug": True}


def took(name, *, as_needed=False, days=200):
    return TakenMedicine(name, "", Decimal(25), as_needed, Decimal(12), days)


def protected(*medicines, **changes):
    return reason(judged(ordinary(**BIPOLAR | changes), medicines=medicines), "CI-33")


@pytest.mark.parametrize("medicines", [(), (took("sertraline"),), (took("lamotrigine", days=5),)])
def test_ci_33_a_stabiliser_that_is_told_and_on_no_list_protects_nobody(medicines):
    """CI-33 is established by the medicine list; RUL-14: lamotrigine not alone in bipolar I."""
    told = protected(*medicines)
    assert (told.result, told.missing) == (Result.UNKNOWN, ("mood_stabiliser_since",))
    assert "records disagree" in told.words


@pytest.mark.parametrize("medicines", [(took("quetiapine"),), (took("lamotrigine"), took("quetiapine"))])
def test_ci_33_a_stabiliser_on_the_list_bears_out_what_was_told(medicines):
    assert protected(*medicines).result is Result.NOT_MET


def test_ci_33_a_list_with_a_name_nobody_knows_and_a_list_nobody_asked_for_contradict_nothing():
    assert protected(took("Zorbaxin")).result is Result.NOT_MET
    assert reason(judged(ordinary(**BIPOLAR), medicines=None), "CI-33").result is Result.NOT_MET
    assert protected(mood_stabiliser_since=False).result is Result.MET


@pytest.mark.parametrize(
    ("days_ago", "medicines", "result"),
    [
        (0, (), Result.NOT_MET),
        (1, (), Result.UNKNOWN),
        (1, (took("lamotrigine"),), Result.NOT_MET),
        (10, (took("lamotrigine", days=5),), Result.UNKNOWN),
    ],
    ids=["today", "yesterday", "bipolar II", "begun since"],
)
def test_ci_33_a_ruling_settles_it_for_its_day_and_for_what_was_taken_by_then(days_ago, medicines, result):
    ruling = a_fact("mood_stabiliser_since", {"event_days_ago": 90}, days_ago, "prescriber", settles=True)
    known = ordinary(**BIPOLAR | {"mood_stabiliser_since": None}).with_(ruling)
    assert reason(judged(known, medicines=medicines), "CI-33").result is result


CRISIS = {
    **dict.fromkeys(("cssrs_1", "cssrs_2", "cssrs_4", "crisis_judged_emergency", "inpatient"), True),
    **dict.fromkeys(("psychiatric_cover_24_h", "antidepressant_started", "means_counselled"), True),
    "crisis_calls_planned": True,
    "safety_plan_on": ago(1),
    "risk_tier_found": None,
}


@pytest.mark.parametrize(
    ("medicines", "outcome"),
    [((), Outcome.STOP), ((took("lorazepam"),), Outcome.STOP), ((took("Zoloft"),), Outcome.WARN)],
)
def test_exc_01_an_antidepressant_that_is_on_no_list_opens_no_path_in_a_crisis(medicines, outcome):
    signed = Clearance("EXC-01", Signatures.WITH_DIRECTOR, ON, ON + timedelta(days=7))
    decision = judged(ordinary(**CRISIS), medicines=medicines, trials=(), clearances=(signed,))
    assert decision.outcome is outcome
    stop = [one for one in decision.reasons if one.criterion == "CI-40" and one.result is Result.MET]
    assert all("oral antidepressant started or optimised: not known" in one.words for one in stop)


@pytest.mark.parametrize(
    ("medicine", "mg", "says"),
    [
        ("quetiapine", 300, "quetiapine is added to an antidepressant and is none (TRIAL-09)"),
        ("lithium", 900, "lithium is added to an antidepressant and is none (TRIAL-09)"),
        ("buspirone", 30, "buspirone is added to an antidepressant and is none (TRIAL-09)"),
        ("trazodone", 50, "trazodone up to 150 mg is for sleep (MED-16)"),
        ("trazodone", 150, "trazodone up to 150 mg is for sleep (MED-16)"),
        ("trazodone", None, "trazodone, of which no dose is told, may be for sleep"),
        ("doxepin", 6, "doxepin up to 6 mg is for sleep (MED-23)"),
        ("Emsam patch", 6, "selegiline is not taken by mouth"),
        ("methylene blue", 50, "none of them is on it"),
        ("trazodone", 200, ""),
        ("sertraline", 25, ""),
        ("sertraline", None, ""),
    ],
)
def test_exc_01_what_is_added_or_for_sleep_is_no_antidepressant_that_was_begun(medicine, mg, says):
    dose = None if mg is None else Decimal(mg)
    name = medicine.removesuffix(" patch")
    taken = TakenMedicine(name, "" if name == medicine else "patch", dose, False, Decimal(12), 10)
    signed = Clearance("EXC-01", Signatures.WITH_DIRECTOR, ON, ON + timedelta(days=7))
    decision = judged(ordinary(**CRISIS), medicines=(taken,), trials=(), clearances=(signed,))
    path = reason(decision, "EXC-01")
    assert decision.outcome is (Outcome.STOP if says else Outcome.WARN)
    assert path.result is (Result.UNKNOWN if says else Result.MET)
    sources = " ".join(fact.source for fact in path.facts if fact.name == "antidepressant_started")
    assert says in sources


@pytest.mark.parametrize("medicine", ["quetiapine", "lithium", "lamotrigine", "lurasidone", "sertraline"])
def test_adq_09_in_bipolar_depression_its_own_medicines_are_begun_too(medicine):
    case = a_case(ordinary(**CRISIS | {"diagnosis": "bipolar depression"}), medicines=(took(medicine),))
    assert not [fact for fact in with_derived(case, SHEET).facts.all("antidepressant_started") if fact.value is False]


@pytest.mark.parametrize(
    ("medicine", "why"), [("aripiprazole", "aripiprazole is added to an antidepressant"), ("lorazepam", "none of them")]
)
def test_adq_09_what_is_none_of_them_is_not_begun_in_bipolar_depression_either(medicine, why):
    case = a_case(ordinary(**CRISIS | {"diagnosis": "bipolar depression"}), medicines=(took(medicine),))
    (no,) = [fact for fact in with_derived(case, SHEET).facts.all("antidepressant_started") if fact.value is False]
    assert why in no.source


def test_exc_01_a_dose_that_nobody_told_is_not_known_rather_than_a_no():
    """What was said of the antidepressant is out of date: the list alone says no only where it can."""
    for mg, result in ((None, Result.UNKNOWN), (50, Result.NOT_MET)):
        dose = None if mg is None else Decimal(mg)
        known = ordinary(**CRISIS | {"antidepressant_started": None}).with_(a_fact("antidepressant_started", True, 40))
        decision = judged(known, medicines=(TakenMedicine("trazodone", "", dose, False, Decimal(12), 10),), trials=())
        assert reason(decision, "EXC-01").result is result


def test_exc_01_a_ruling_about_the_antidepressant_holds_for_its_day():
    ruling = a_fact("antidepressant_started", True, 0, "prescriber", settles=True)
    for ago_days, unsettled in ((0, 0), (1, 1)):
        told = structs.replace(ruling, known_at=ago(ago_days))
        known = ordinary(**CRISIS | {"antidepressant_started": None}).with_(told)
        case = with_derived(a_case(known, medicines=(took("quetiapine"),)), SHEET)
        assert sum(fact.value is False for fact in case.facts.all("antidepressant_started")) == unsettled


@pytest.mark.parametrize(("as_needed", "result"), [(False, Result.UNKNOWN), (True, Result.NOT_MET)])
def test_int_27_cannabis_every_day_on_the_list_beside_a_no_is_a_disagreement(as_needed, result):
    decision = judged(ordinary(cannabis_daily=False), medicines=(took("cannabis", as_needed=as_needed),))
    assert {one.result for one in decision.reasons if "cannabis_daily" in [fact.name for fact in one.facts]} == {result}
    assert ("cannabis_daily" in decision.missing) is (result is Result.UNKNOWN)


def test_rdy_01_a_dose_without_a_route_is_not_ready_and_nobody_overrides_that():
    """6.2: missing identity of the product cannot be overridden by anybody."""
    decision = judged(dose=True, route=None)
    told = reason(decision, "RDY-01")
    assert (decision.outcome, told.result, told.override) == (Outcome.UNKNOWN, Result.UNKNOWN, "none")
    assert decision.missing == ("route",)
    signed = Clearance("RDY-01", Signatures.WITH_GUARDIAN, ON)
    assert judged(dose=True, route=None, clearances=(signed,)).outcome is Outcome.UNKNOWN
    assert judged(route=None).outcome is Outcome.PERMIT, "at the evaluation the route is open"


@pytest.mark.parametrize(("tsh", "outcome"), [("high", "warn"), ("normal", "permit")])
def test_wk_11_a_high_tsh_can_look_like_depression_and_the_prescriber_judges_it_first(tsh, outcome):
    decision = judged(ordinary(tsh_result=tsh))
    assert decision.outcome == outcome
    assert reason(decision, "WK-11").result is (Result.MET if tsh == "high" else Result.NOT_MET)


@pytest.mark.parametrize(
    ("medicines", "result"),
    [
        ((), "met"),
        ((took("sertraline"),), "not met"),
        ((took("bupropion"),), "met"),
        (None, None),
        ((took("Zorb"),), None),
    ],
)
def test_ind_01_esketamine_alone_is_off_label_in_the_european_union(medicines, result):
    """IND-01: EU on label with an SSRI or SNRI; US since 2025 also alone. A note, no bar (RUL-17)."""
    decision = judged(route=Route.IN, medicines=medicines)
    assert [str(one.result) for one in decision.reasons if one.criterion == "EU-LABEL"] == ([result] if result else [])
    assert not [one for one in judged(medicines=medicines).reasons if one.criterion == "EU-LABEL"]
    other = judged(ordinary(diagnosis="post-traumatic stress"), route=Route.IN, medicines=medicines)
    assert not [one for one in other.reasons if one.criterion == "EU-LABEL"]
