"""Paths by exception: what each replaces, whose signature, and that a condition left out keeps the stop."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from ketacare.medicine.candidacy import reader, rules
from ketacare.medicine.candidacy.rules import exceptions
from ketacare.medicine.candidacy.terms import Case, Clearance, DoseStep, Signatures, Stage, Trial
from ketacare.medicine.candidacy.terms.courses import Course, CourseKind, Side
from ketacare.medicine.candidacy.tests.calm import calm, fact
from ketacare.medicine.evidence.reader import SheetRefused, read_sheet
from ketacare.medicine.evidence.terms import Effect, Facts, Outcome, Reason, Result

ON = date(2026, 7, 14)
KNOWN = reader.shipped()
PATHS = {path.id: path for path in KNOWN.exceptions.paths}
BOTH, PRESCRIBER, SPECIALIST = Signatures.WITH_DIRECTOR, Signatures.PRESCRIBER, Signatures.WITH_SPECIALIST
NONE_OF = (
    *("aneurysmal_vascular_disease", "arteriovenous_malformation", "intracerebral_haemorrhage"),
    *("ketamine_hypersensitivity", "active_psychosis", "childbearing_potential"),
)
CLEAN = dict.fromkeys(NONE_OF, False) | {"diagnosis": "depression"}
HIGH = {"cssrs_2": True, "cssrs_3": False, "cssrs_4": True, "cssrs_5": False}
CRISIS = {
    "diagnosis": "depression",
    "episode_severity": "severe",
    "crisis_judged_emergency": True,
    "psychiatric_cover_24_h": True,
    "antidepressant_started": True,
    "safety_plan_on": ON,
    "means_counselled": True,
    "crisis_calls_planned": True,
}


def facts(**values):
    """A person with nothing against a dose but what is named; None leaves one out."""
    told = {name: value for name, value in (CLEAN | values).items() if value is not None and name not in RISK}
    known = [fact(name, value, ON) for name, value in told.items()]
    return Facts([*known, *calm(ON, **{name: value for name, value in values.items() if name in RISK})])


RISK = {known.name for known in calm(ON)}
CRISIS_OF_RISK = {name: value for name, value in CRISIS.items() if name in RISK}


def failed(medicine="sertraline", dose=100, days=56, **more):
    return Trial(medicine, (DoseStep(Decimal(dose), days),), Decimal(0), Decimal(95), True, **more)


def not_tolerated(medicine):
    return Trial(medicine, (DoseStep(Decimal(20), 9),), None, None, True, stopped_for_side_effects=True)


def signed(path, by=BOTH, given_on=ON, until=None):
    return Clearance(path, by, given_on, until)


def judged(known, *clearances, trials=(), courses=None, stage=Stage.EVALUATION):
    """The parts of this room alone: trials, risk and exceptions, as the whole composes them."""
    case = Case(ON, known, tuple(trials), clearances=clearances, courses=courses, stage=stage)
    parts = [rules.trials_reason(rules.count_trials(trials, KNOWN.trials), KNOWN.trials)]
    parts += exceptions.risk.reasons(case, KNOWN)
    told = exceptions.applied(parts, case, KNOWN)
    return {reason.criterion: reason for reason in told}


def holding(told):
    return {criterion for criterion, reason in told.items() if reason.holds_back}


# --- EXC-01 ----------------------------------------------------------------------------------------------------------


def test_rul_06_with_every_condition_recorded_the_crisis_path_stands_for_stop_and_too_few_trials():
    told = judged(facts(**CRISIS, **HIGH), signed("EXC-01"), trials=[failed()])
    path = told["EXC-01"]
    assert (path.result, path.effect, path.cleared, path.override) == (Result.MET, Effect.CLEAR, True, "P+MD")
    assert not {"CI-40", "IND-03"} & told.keys()
    assert "CI-40 (T3 high" in path.words
    assert "IND-03 (certain 1, possible 1" in path.words
    assert {"cssrs_4", "trials_certain", "crisis_judged_emergency"} <= {used.name for used in path.facts}
    assert all(used.name in KNOWN.facts or used.name.startswith("trials_") for used in path.facts)
    assert not holding(told)


def test_rul_06_the_whole_is_a_warning():
    case = Case(ON, facts(**CRISIS, **HIGH), (failed(),), clearances=(signed("EXC-01"),))
    decision = rules.judge(case, KNOWN)
    own = {"CI-40", "EXC-01", "IND-03", "SUI-PLAN"}
    assert {r.criterion for r in decision.reasons if r.criterion in own and r.result is Result.MET} == {"EXC-01"}
    assert decision.outcome in (Outcome.WARN, Outcome.UNKNOWN)


def test_rul_06_the_path_tells_the_end_of_its_own_signatures_in_the_whole():
    """Of its review after four weeks, not of the ninety days for which other clearances count at entry."""
    case = Case(ON, facts(**CRISIS, **HIGH), (failed(),), clearances=(signed("EXC-01", until=ON + timedelta(days=90)),))
    decision = rules.judge(case, KNOWN)
    path = next(reason for reason in decision.reasons if reason.criterion == "EXC-01")
    assert f"until {ON + timedelta(weeks=4):%d-%b-%Y}" in path.words
    assert f"{ON + timedelta(days=90):%d-%b-%Y}" not in path.words
    ((counted, why),) = rules.as_counted(case, KNOWN, decision.reasons)
    assert (counted.until - counted.given_on, why) == (timedelta(weeks=4), "")


CONDITIONS = {
    "diagnosis": "depressive episode",
    "episode_severity": "depressive episode",
    "crisis_judged_emergency": "a specialist judges it",
    "psychiatric_cover_24_h": "psychiatric cover",
    "antidepressant_started": "oral antidepressant",
    "safety_plan_on": "safety plan",
    "means_counselled": "access to means",
    "crisis_calls_planned": "calls at 24 h",
}
NOT_SO = {"diagnosis": "anxiety", "episode_severity": "mild"}


def test_rul_06_an_unsigned_crisis_path_names_the_signatures_beside_what_else_it_lacks():
    stop = judged(facts(**(CRISIS | {"means_counselled": False})), trials=[failed()])  # calm: no path is asked for
    assert "not both signed" not in stop["CI-40"].words
    stop = judged(facts(**(CRISIS | {"means_counselled": False}), **HIGH), trials=[failed()])["CI-40"]
    assert stop.words.endswith("not so; prescriber and medical director have not both signed")


@pytest.mark.parametrize("name", CONDITIONS)
def test_rul_06_a_condition_unknown_keeps_the_stop_and_names_it(name):
    told = judged(facts(**(CRISIS | {name: None}), **HIGH), signed("EXC-01"), trials=[failed()])
    stop, path = told["CI-40"], told["EXC-01"]
    assert (stop.result, stop.effect) == (Result.MET, Effect.STOP)
    assert f"The crisis path (EXC-01) is not open: {CONDITIONS[name]}" in stop.words
    assert (path.result, path.cleared) == (Result.UNKNOWN, False)
    assert name in path.missing
    assert told["IND-03"].result is Result.MET


@pytest.mark.parametrize("name", CONDITIONS)
def test_rul_06_a_condition_that_is_not_so_keeps_the_stop_and_names_it(name):
    outpatient = CRISIS | {"inpatient": False, name: NOT_SO.get(name, False)}
    told = judged(facts(**outpatient, **HIGH), signed("EXC-01"), trials=[failed()])
    assert told["CI-40"].result is Result.MET
    assert f"{CONDITIONS[name]}" in told["CI-40"].words
    assert "not so" in told["CI-40"].words
    assert (told["EXC-01"].result, told["EXC-01"].missing) == (Result.NOT_MET, ())


@pytest.mark.parametrize(
    "given",
    [
        (),
        (signed("EXC-01", PRESCRIBER),),
        (signed("EXC-01", SPECIALIST),),
        (signed("EXC-02"),),
        (signed("EXC-01", given_on=ON + timedelta(days=1)),),
        (signed("EXC-01", given_on=ON - timedelta(days=9), until=ON - timedelta(days=1)),),
        (replace(signed("EXC-01", given_on=ON - timedelta(days=9)), withdrawn_on=ON),),
    ],
)
def test_without_both_signatures_in_date_the_stop_stays_and_says_so(given):
    told = judged(facts(**CRISIS, **HIGH), *given, trials=[failed()])
    assert told["CI-40"].words.endswith("prescriber and medical director have not both signed")
    assert told["EXC-01"].result is Result.NOT_MET
    assert told["EXC-01"].override == "P+MD"


@pytest.mark.parametrize(("days", "open_path"), [(28, True), (29, False), (200, False)])
def test_rul_06_signatures_of_an_earlier_crisis_open_no_new_one(days, open_path):
    """The path is reviewed after four weeks, and its signatures end then, whatever day they were given until."""
    given_on = ON - timedelta(days=days)
    for until in (None, ON + timedelta(days=400)):
        told = judged(facts(**CRISIS, **HIGH), signed("EXC-01", given_on=given_on, until=until))
        assert ("CI-40" not in told) is open_path
    if not open_path:
        assert f"clearance expired on {given_on + timedelta(days=28):%d-%b-%Y}" in told["CI-40"].words
    sooner = signed("EXC-01", given_on=ON - timedelta(days=3), until=ON - timedelta(days=1))
    assert "CI-40" in judged(facts(**CRISIS, **HIGH), sooner)


@pytest.mark.parametrize(("name", "days"), [("episode_severity", 28), ("diagnosis", 90)])
def test_rul_06_every_fact_of_a_crisis_has_its_days(name, days):
    for ago, open_path in ((days, True), (days + 1, False)):
        known = Facts([f for f in facts(**CRISIS, **HIGH) if f.name != name])
        known = known.with_(fact(name, CRISIS[name], ON - timedelta(days=ago)))
        assert ("CI-40" not in judged(known, signed("EXC-01"))) is open_path, ago


def test_rul_06_at_a_dose_imminent_danger_is_asked_the_same_day():
    known = Facts([f for f in facts(**CRISIS, **HIGH) if f.name != "imminent_risk"])
    known = known.with_(fact("imminent_risk", False, ON - timedelta(days=1)))
    assert "CI-40" not in judged(known, signed("EXC-01"))
    told = judged(known, signed("EXC-01"), stage=Stage.DOSE)
    assert "asked today whether danger is imminent: no: not known" in told["CI-40"].words


def test_signed_until_today_counts_today():
    given = signed("EXC-01", given_on=ON - timedelta(days=9), until=ON)
    assert "CI-40" not in judged(facts(**CRISIS, **HIGH), given)


def test_every_condition_that_lacks_is_named_at_once():
    told = judged(facts(**HIGH), trials=[failed()])
    assert told["CI-40"].words.count(": not known") == 5
    assert "safety plan within 90 days: not so" in told["CI-40"].words
    assert "means talked about: not so" in told["CI-40"].words
    assert told["SUI-PLAN"].result is Result.MET


def test_a_plan_of_ninety_days_and_an_inpatient_are_enough():
    inpatient = CRISIS | {"psychiatric_cover_24_h": False, "inpatient": True, "safety_plan_on": ON - timedelta(days=90)}
    assert "CI-40" not in judged(facts(**inpatient, **HIGH), signed("EXC-01"))
    old = inpatient | {"safety_plan_on": ON - timedelta(days=91)}
    assert "CI-40" in judged(facts(**old, **HIGH), signed("EXC-01"))


@pytest.mark.parametrize(("days", "open_path"), [(28, True), (29, False)])
def test_what_was_recorded_for_a_crisis_counts_for_four_weeks(days, open_path):
    known = Facts([f for f in facts(**CRISIS, **HIGH) if f.name != "crisis_judged_emergency"])
    known = known.with_(fact("crisis_judged_emergency", True, ON - timedelta(days=days)))
    assert ("CI-40" not in judged(known, signed("EXC-01"))) is open_path


def test_bipolar_depression_only_on_a_mood_stabiliser():
    bipolar = CRISIS | {"diagnosis": "bipolar depression"}
    assert "CI-40" in judged(facts(**bipolar, mood_stabiliser_since=False, **HIGH), signed("EXC-01"))
    assert "CI-40" in judged(facts(**bipolar, **HIGH), signed("EXC-01"))
    on_lithium = facts(**bipolar, mood_stabiliser_since=ON - timedelta(days=60), **HIGH)
    assert "CI-40" not in judged(on_lithium, signed("EXC-01"))


def test_imminent_danger_has_no_path():
    told = judged(facts(**CRISIS, **HIGH, imminent_risk=True), signed("EXC-01"))
    assert (told["CI-40"].override, told["EXC-01"].result, told["EXC-01"].effect) == (
        "none",
        Result.NOT_MET,
        Effect.NOTE,
    )
    assert "imminent danger is for emergency services" in told["EXC-01"].words
    unknown = judged(facts(**CRISIS, **HIGH, imminent_risk=None), signed("EXC-01"))
    assert "imminent_risk" in unknown["EXC-01"].missing
    assert unknown["CI-40"].result is Result.MET


def test_moderate_risk_with_too_few_trials_has_no_path_of_its_own():
    moderate = facts(**CRISIS, cssrs_2=True, cssrs_3=True, cssrs_4=False, cssrs_5=False)
    told = judged(moderate, signed("EXC-01"), trials=[failed()])
    assert (told["EXC-01"].result, told["EXC-01"].holds_back) == (Result.NOT_MET, False)
    assert "the risk is moderate, not high" in told["EXC-01"].words
    assert (told["IND-03"].result, told["IND-03"].override) == (Result.MET, "P+MD")


def test_a_crisis_with_enough_trials_keeps_its_indication():
    told = judged(facts(**CRISIS, **HIGH), signed("EXC-01"), trials=[failed(), failed("venlafaxine", 225)])
    assert told["IND-01"].result is Result.MET
    assert told["EXC-01"].cleared
    assert "IND-01" not in told["EXC-01"].words


def test_the_rule_of_two_trials_is_waived_even_where_a_trial_is_not_known():
    trials = [failed(dose=100, days=None), failed("venlafaxine", 225)]
    assert judged(facts(), trials=trials)["TRIAL-11"].result is Result.UNKNOWN
    told = judged(facts(**CRISIS, **HIGH), signed("EXC-01"), trials=trials)
    assert "TRIAL-11" not in told
    assert not holding(told)
    assert told["EXC-01"].cleared


def test_at_a_dose_the_screener_of_the_day_is_a_condition_too():
    yesterday = [f for f in facts(**CRISIS) if f.name not in RISK]
    known = Facts([*yesterday, *calm(ON - timedelta(days=1), **(CRISIS_OF_RISK | HIGH))])
    assert "CI-40" not in judged(known, signed("EXC-01"))
    told = judged(known, signed("EXC-01"), stage=Stage.DOSE)
    assert "screener asked today: not known" in told["CI-40"].words
    assert told["EXC-01"].result is Result.UNKNOWN
    assert "CI-40" not in judged(facts(**CRISIS, **HIGH), signed("EXC-01"), stage=Stage.DOSE)


def test_while_the_tier_is_open_no_path_is_told():
    told = judged(facts(**CRISIS, cssrs_2=None), signed("EXC-01"))
    assert (told["CI-40"].result, "EXC-01" in told) == (Result.UNKNOWN, False)


def never_waived():
    """Of every kind of reason that the list of never waived names, one that holds."""
    for effect in (Effect.STOP, Effect.CLEAR, Effect.CAUTION, Effect.NOTE):
        for result in Result:
            yield Reason("CI-99", "Never waived", result, effect, "x")


@pytest.mark.parametrize("path", ["EXC-01", "EXC-02", "EXC-03", "EXC-04", "EXC-05"])
def test_nothing_but_what_a_path_names_is_touched(path):
    doors = {"ect_not_possible": True, "inpatient": True, "catatonia": True, "class_contraindicated": True}
    doors |= {"earlier_ketamine_response": True, "ect_or_tms_failed": True}
    case = Case(ON, facts(**CRISIS, **HIGH, **doors), (failed(),), clearances=(signed(path),))
    base = [rules.trials_reason(rules.count_trials(case.trials, KNOWN.trials), KNOWN.trials)]
    base += exceptions.risk.reasons(case, KNOWN)
    for other in never_waived():
        assert other in exceptions.applied([*base, other], case, KNOWN)
    assert PATHS[path].replaces <= {"CI-40", "IND-03", "TRIAL-11"}
    assert PATHS[path].never_waived


# --- too few trials --------------------------------------------------------------------------------------------------

DOORS = {
    "EXC-02": ({"ect_not_possible": True, "inpatient": True, "catatonia": True}, BOTH),
    "EXC-03": ({"class_contraindicated": True}, PRESCRIBER),
    "EXC-04": ({"earlier_ketamine_response": True}, PRESCRIBER),
    "EXC-05": ({"ect_or_tms_failed": True}, PRESCRIBER),
}


@pytest.mark.parametrize("path", DOORS)
def test_rul_05_a_path_replaces_too_few_trials_by_its_own_signature(path):
    door, by = DOORS[path]
    waiting = judged(facts(**door), trials=[failed()])[path]
    assert (waiting.result, waiting.effect, waiting.override, waiting.cleared) == (Result.MET, Effect.CLEAR, by, False)
    assert "IND-03 (certain 1" in waiting.words
    assert "signed" in waiting.words
    assert "IND-03" not in judged(facts(**door), trials=[failed()])
    given = judged(facts(**door), signed(path, by), trials=[failed()])[path]
    assert given.cleared
    assert {used.name for used in given.facts} >= set(door)


@pytest.mark.parametrize("path", DOORS)
def test_a_path_unknown_or_not_so_leaves_too_few_trials_and_is_told(path):
    door, _ = DOORS[path]
    for name in door:
        unknown = judged(facts(**(door | {name: None})), trials=[failed()])
        assert unknown["IND-03"].result is Result.MET
        assert (unknown[path].result, unknown[path].effect) == (Result.UNKNOWN, Effect.NOTE)
        assert name in unknown[path].missing
        refused = judged(facts(**(door | {name: False})), trials=[failed()])
        assert (refused[path].result, refused[path].effect) == (Result.NOT_MET, Effect.NOTE)
        assert not refused[path].holds_back


def test_with_enough_trials_there_is_nothing_to_replace():
    told = judged(facts(ect_or_tms_failed=True), trials=[failed(), failed("venlafaxine", 225)])
    assert not told.keys() & DOORS.keys()


def test_exc_02_is_not_signed_by_the_prescriber_alone():
    door, _ = DOORS["EXC-02"]
    told = judged(facts(**door), signed("EXC-02", PRESCRIBER), trials=[failed()])
    assert not told["EXC-02"].cleared
    assert told["EXC-02"].words.endswith("Prescriber and medical director have not both signed")


@pytest.mark.parametrize(
    ("illness", "is_open"),
    [
        ({"catatonia": True}, True),
        ({"catatonia": False, "diagnosis": "psychotic depression"}, True),
        ({"catatonia": False}, False),
        ({}, False),
    ],
)
def test_exc_02_is_open_where_ect_comes_first(illness, is_open):
    """Psychotic depression or catatonia; else IND-03 asks for the same two signatures (decision 17)."""
    told = judged(facts(**{"ect_not_possible": True, "inpatient": True} | illness), trials=[failed()])
    assert (told["EXC-02"].result is Result.MET) == is_open
    assert ("IND-03" in told) != is_open


def test_exc_03_says_what_it_lacks_its_own_condition_or_the_other_failure():
    own = "two intolerances, or whole classes contraindicated with the reason written: not so"
    for is_open, lacking in ((True, "an adequate trial that failed: not so"), (False, own)):
        told = judged(facts(class_contraindicated=is_open), trials=[])["EXC-03"]
        assert told.words == f"{PATHS['EXC-03'].title}: {lacking}"


def test_exc_03_two_intolerances_stand_for_one_failure_and_not_for_two():
    two = [not_tolerated("paroxetine"), not_tolerated("venlafaxine")]
    path = judged(facts(), trials=[failed("mirtazapine", 30, 42), *two])["EXC-03"]
    assert (path.result, path.effect, path.override) == (Result.MET, Effect.CLEAR, "P")
    assert {used.source for used in path.facts} == {"computed from the trials"}, "nobody told the rest"
    assert "IND-03" in judged(facts(), trials=[failed("mirtazapine", 30, 42), two[0]])
    assert "IND-03" in judged(facts(), trials=two)
    assert "IND-03" in judged(facts(class_contraindicated=True), trials=[])
    short = judged(facts(class_contraindicated=True), trials=[failed(days=30)])
    assert "IND-03" not in short


@pytest.mark.parametrize("path", ["EXC-04", "EXC-05"])
def test_exc_04_and_05_stand_for_the_whole_count(path):
    assert judged(facts(**DOORS[path][0]), trials=[])[path].result is Result.MET


def test_exc_05_a_course_as_it_was_given_is_enough():
    ect = Course(CourseKind.ECT, sessions=12, side=Side.BILATERAL, responded=False)
    assert judged(facts(), courses=(ect,))["EXC-05"].effect is Effect.CLEAR
    unclear = judged(facts(ect_or_tms_failed=False), courses=(replace(ect, responded=None),))["EXC-05"]
    assert (unclear.result, unclear.missing) == (Result.UNKNOWN, ("courses",))
    helped = judged(facts(ect_or_tms_failed=False), courses=(replace(ect, responded=True),))["EXC-05"]
    assert helped.result is Result.NOT_MET
    assert judged(facts(ect_or_tms_failed=False))["EXC-05"].result is Result.NOT_MET


def test_of_several_paths_the_signed_one_counts_else_the_lightest_signature():
    doors = DOORS["EXC-02"][0] | DOORS["EXC-04"][0] | DOORS["EXC-05"][0]
    told = judged(facts(**doors), trials=[failed()])
    assert told.keys() & DOORS.keys() == {"EXC-04"}
    told = judged(facts(**doors), signed("EXC-02"), trials=[failed()])
    assert told.keys() & DOORS.keys() == {"EXC-02"}
    told = judged(facts(**doors), signed("EXC-05", PRESCRIBER), signed("EXC-02"), trials=[failed()])
    assert told.keys() & DOORS.keys() == {"EXC-05"}


# --- EXC-06 ----------------------------------------------------------------------------------------------------------


def test_exc_06_is_a_note_once_somebody_has_told_what_the_payer_asks():
    assert (judged(facts(payer_asks_more=True))["EXC-06"].effect, "EXC-06" in judged(facts())) == (Effect.NOTE, False)
    assert judged(facts(payer_asks_more=False))["EXC-06"].result is Result.NOT_MET


# --- the sheet -------------------------------------------------------------------------------------------------------


def test_every_path_says_what_is_waived_and_whose_word():
    assert {path.id: path.signatures for path in KNOWN.exceptions.paths} == {
        "EXC-01": BOTH,
        **{path: by for path, (_, by) in DOORS.items()},
    }
    assert KNOWN.exceptions.path("EXC-01").stop == "CI-40"
    assert PATHS["EXC-01"].figures["review"].integer == 4


def test_a_sheet_with_a_torn_path_is_refused():
    sheet = read_sheet(reader.knowledge._KNOWLEDGE / "exceptions-1.toml")

    def torn(**changed):
        first = {**sheet.body["paths"][0], **changed}
        return replace(sheet, body={**sheet.body, "paths": (first, *sheet.body["paths"][1:])})

    with pytest.raises(SheetRefused, match="NOBODY"):
        reader.exceptions_from(torn(source="NOBODY"), KNOWN.facts)
    no_condition = ({"id": "x", "title": "X", "when": {"fact": "inpatient"}},)
    with pytest.raises(SheetRefused, match="names one fact"):
        reader.exceptions_from(torn(conditions=no_condition), KNOWN.facts)
    stranger = ({"id": "x", "title": "X", "when": {"fact": "moon", "is": True}},)
    with pytest.raises(SheetRefused, match="moon"):
        reader.exceptions_from(torn(conditions=stranger), KNOWN.facts)


# --- how it is told --------------------------------------------------------------------------------------------------


def shown(reason):
    """What a page draws beside the words: it is never left out."""
    path = PATHS[reason.criterion]
    return (reason.title, reason.sources, reason.grade, reason.override) == (
        path.title,
        path.sources,
        path.grade,
        path.signatures,
    )


def test_a_path_is_told_with_its_sources_whether_open_shut_or_not_asked_for():
    given = judged(facts(**CRISIS, **HIGH), signed("EXC-01"), trials=[failed()])["EXC-01"]
    lacking = judged(facts(**(CRISIS | {"means_counselled": False}), **HIGH), trials=[failed()])["EXC-01"]
    none = judged(facts(cssrs_1=True), trials=[failed()])["EXC-01"]
    few = judged(facts(class_contraindicated=True), trials=[failed()])["EXC-03"]
    shut = judged(facts(class_contraindicated=False), trials=[failed()])["EXC-03"]
    assert all(shown(reason) for reason in (given, lacking, none, few, shut))
    assert "cssrs_1" in {used.name for used in none.facts}
    assert {"class_contraindicated"} == {used.name for used in shut.facts}
    assert (lacking.effect, lacking.missing) == (Effect.CLEAR, ())
    assert lacking.words.startswith("The crisis path (EXC-01) is not open: access to means talked about: not so")


def test_what_a_path_says_word_by_word():
    given = judged(facts(**CRISIS, **HIGH), signed("EXC-01"), trials=[failed()])["EXC-01"]
    assert "In the place of IND-03 (certain 1" in given.words
    assert "); CI-40 (T3 high: question 4" in given.words
    assert given.words.endswith(")"), "signed: nobody is waited for"
    closed = judged(facts(ect_not_possible=False, inpatient=True, catatonia=True), trials=[failed()])["EXC-02"]
    assert (
        closed.words == f"{PATHS['EXC-02'].title}: ECT not possible or refused, specialist's opinion in writing: not so"
    )
    shut = judged(facts(inpatient=False, ect_not_possible=True, catatonia=True), trials=[failed()])["EXC-02"]
    assert shut.words == f"{PATHS['EXC-02'].title}: inpatient: not so"
    imminent = judged(facts(**CRISIS, **HIGH, imminent_risk=True))["EXC-01"]
    assert imminent.words.endswith("no path, imminent danger is for emergency services, not for a clinic")


def test_without_suicide_risk_judged_there_is_no_crisis_to_tell():
    case = Case(ON, facts(), (failed(),))
    told = exceptions.applied(
        [rules.trials_reason(rules.count_trials(case.trials, KNOWN.trials), KNOWN.trials)], case, KNOWN
    )
    assert "EXC-01" not in {reason.criterion for reason in told}


# --- for whoever opens one -------------------------------------------------------------------------------------------


def standings(known, *clearances, trials=(), courses=None):
    case = Case(ON, known, tuple(trials), clearances=clearances, courses=courses)
    return {found.path.id: found for found in rules.path_standings(case, rules.judge(case, KNOWN), KNOWN)}


def depressed(**values):
    return facts(diagnosis="depression", **values)


def results(found):
    return {condition.id: verdict.result for condition, verdict, _ in found.conditions}


def test_every_path_stands_with_its_conditions_and_whether_it_could_apply():
    told = {"ect_not_possible": True, "inpatient": None, "catatonia": True, "class_contraindicated": False}
    few = standings(depressed(**told), trials=[failed()])
    assert {path for path, found in few.items() if found.could_apply} == set(DOORS)
    assert results(few["EXC-02"]) == {"illness": Result.MET, "opinion": Result.MET, "inpatient": Result.UNKNOWN}
    assert results(few["EXC-03"]) == {"intolerance": Result.NOT_MET}
    assert [reads for _, _, reads in few["EXC-03"].conditions] == [("intolerances_enough", "class_contraindicated")]


def test_a_crisis_could_apply_at_high_risk_alone_and_reads_the_tier():
    high = standings(facts(**CRISIS, **HIGH), trials=[failed(), failed("venlafaxine", 225)])
    assert {path for path, found in high.items() if found.could_apply} == {"EXC-01"}
    assert set(results(high["EXC-01"]).values()) == {Result.MET}
    signed_now = standings(facts(**CRISIS, **HIGH), signed("EXC-01"), trials=[failed()])
    assert signed_now["EXC-01"].could_apply
    for calm_now in (facts(**CRISIS), facts(**CRISIS, **HIGH, imminent_risk=True), facts(**CRISIS, cssrs_2=None)):
        found = standings(calm_now, trials=[failed(), failed("venlafaxine", 225)])
        assert not any(path.could_apply for path in found.values())
    assert results(standings(facts(**CRISIS))["EXC-01"])["tier"] is Result.NOT_MET


def test_a_path_that_stands_for_too_few_trials_still_could_apply_and_the_others_not():
    by_path = standings(depressed(earlier_ketamine_response=True), trials=[failed()])
    assert {path for path, found in by_path.items() if found.could_apply} == {"EXC-04"}
    two = [not_tolerated("paroxetine"), not_tolerated("venlafaxine")]
    by_count = standings(depressed(), trials=[failed("mirtazapine", 30, 42), *two])
    assert results(by_count["EXC-03"]) == {"intolerance": Result.MET}
    enough = standings(depressed(), trials=[failed(), failed("venlafaxine", 225)])
    assert not any(found.could_apply for found in enough.values())


@pytest.mark.parametrize(
    ("criterion", "result", "effect", "is_closed"),
    [
        ("CI-30", Result.MET, Effect.STOP, True),
        ("CI-01", Result.MET, Effect.STOP, True),
        ("CI-30", Result.NOT_MET, Effect.STOP, False),
        ("CI-30", Result.MET, Effect.CAUTION, False),
        ("CI-99", Result.MET, Effect.STOP, False),
    ],
)
def test_the_crisis_path_is_closed_beside_a_stop_that_it_never_waives(criterion, result, effect, is_closed):
    case = Case(ON, facts(**CRISIS, **HIGH), (failed(),), clearances=(signed("EXC-01"),))
    base = [rules.trials_reason(rules.count_trials(case.trials, KNOWN.trials), KNOWN.trials)]
    base += exceptions.risk.reasons(case, KNOWN)
    told = exceptions.applied([*base, Reason(criterion, "", result, effect, "x")], case, KNOWN)
    stops = [reason for reason in told if reason.criterion == "CI-40" and reason.effect is Effect.STOP]
    assert bool(stops) is is_closed
    assert all(f"{criterion} stops, which it never waives" in stop.words for stop in stops)
