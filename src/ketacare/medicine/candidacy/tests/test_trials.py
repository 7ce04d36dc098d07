"""The worked examples, trials counted together, whether there are enough (RUL-05), and other disorders."""

from datetime import date
from decimal import Decimal
from itertools import permutations

import pytest

from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.rules import trials
from ketacare.medicine.candidacy.terms import DoseStep, Ruling, Side, Standing, Trial
from ketacare.medicine.candidacy.tests.given import LINES, SHEET, case, counted, course, standing, trial
from ketacare.medicine.evidence.terms import Result

THREE_TOGETHER = [
    ("bupropion", 300, ("escitalopram",)),
    ("escitalopram", 20, ("mirtazapine",)),
    ("mirtazapine", 30, ()),
]

# --- worked examples -------------------------------------------------------------------------------------------------


def test_example_1_escalation_is_one_trial():
    history = [trial("sertraline", (50, 8), (150, 6), better=20), trial("venlafaxine", (150, 7), form="XR")]
    assert counted(*history) == (2, 2)


def test_example_2_five_weeks_is_short():
    assert counted(trial("escitalopram", (10, 5)), trial("bupropion", (300, 9), form="XL")) == (1, 2)


def test_example_3_below_minimum_and_hypnotic_dose():
    assert counted(trial("sertraline", (25, 20)), trial("trazodone", (100, 52))) == (0, 0)


def test_example_4_augmentation_is_not_a_trial():
    history = [trial("fluoxetine", (40, 12)), trial("fluoxetine", (40, 8)), trial("aripiprazole", (5, 8))]
    assert counted(*history) == (1, 1)
    assert standing(history[2]) is Standing.AUGMENTATION


def test_of_one_medicine_tried_twice_the_attempt_that_counts_for_life_speaks():
    count = rules.count_trials([trial("sertraline", (25, 2), episode=False), trial("sertraline", (150, 8))], LINES)
    assert (count.certain, count.lifetime, count.strict) == (1, 1, 1)


def test_example_5_olanzapine_fluoxetine_counts_once():
    assert counted(trial("escitalopram", (20, 10)), trial("Symbyax", (6, 8))) == (2, 2)


def test_example_6_intolerance_is_shown_apart():
    paroxetine = Trial("paroxetine", (DoseStep(Decimal(20), 9),), None, None, True, stopped_for_side_effects=True)
    venlafaxine = Trial("venlafaxine", (DoseStep(Decimal(150), 20),), None, None, True, stopped_for_side_effects=True)
    count = rules.count_trials([paroxetine, venlafaxine, trial("mirtazapine", (30, 6))], LINES)
    assert (count.certain, count.intolerances) == (1, 2)


def test_example_7_poor_adherence_fails_a_level_proves():
    nortriptyline = trial("nortriptyline", (75, 6), adherence=None, level_ng_per_ml=Decimal(90))
    assert counted(trial("duloxetine", (60, 12), adherence=40), nortriptyline) == (1, 1)


def test_example_8_a_reduced_ceiling_counts():
    citalopram = trial("citalopram", (20, 8), reduced_ceiling_mg=Decimal(20))
    assert counted(citalopram, trial("vortioxetine", (10, 6))) == (2, 2)
    assert "reduced ceiling" in rules.judge_trial(citalopram, LINES).flags
    assert (
        standing(trial("citalopram", (20, 8), reduced_for="over 60", reduced_ceiling_mg=Decimal(20)))
        is Standing.CERTAIN
    )


@pytest.mark.parametrize("why", ["", "kidney"])
@pytest.mark.parametrize(
    ("medicine", "mg", "weeks", "expected"),
    [
        ("amitriptyline", 100, 8, Standing.SHORT),
        ("vortioxetine", 1, 8, Standing.SHORT),
        ("vortioxetine", 1, 3, Standing.NO),
        ("citalopram", 10, 8, Standing.SHORT),
        ("citalopram", 20, 8, Standing.CERTAIN),
    ],
)
def test_a_lower_ceiling_that_no_label_names_is_doubtful_and_the_prescriber_rules(medicine, mg, weeks, expected, why):
    """2.2: treatment at the *labelled* ceiling counts; any other one is somebody's word."""
    told = trial(medicine, (mg, weeks), reduced_ceiling_mg=Decimal(mg), reduced_for=why)
    assert standing(told) is expected
    said = " ".join(rules.judge_trial(told, LINES).why)
    assert ("no label here names" in said) is (expected is Standing.SHORT)
    assert ("without a reason" in said) is (expected is Standing.SHORT and not why)


def test_a_lower_ceiling_beside_an_unknown_dose_is_no_better_than_what_is_known():
    part = trial("vortioxetine", (1, 5), (None, 3), reduced_ceiling_mg=Decimal(1), reduced_for="kidney")
    assert standing(part) is Standing.SHORT
    assert standing(trial("vortioxetine", (1, 5), (None, 6), reduced_ceiling_mg=Decimal(1))) is Standing.SHORT


@pytest.mark.parametrize(
    ("ended", "weeks", "expected"),
    [
        (None, 5, Standing.UNKNOWN),
        (False, 5, Standing.SHORT),
        (True, 5, Standing.INTOLERANCE),
        (None, 6, Standing.CERTAIN),
        (None, 3, Standing.NO),
    ],
)
def test_trial_05_a_short_trial_of_which_nobody_knows_why_it_ended_is_not_yet_short(ended, weeks, expected):
    """TRIAL-05: an intolerance is never a failure; TRIAL-11: doubtful is what is known in full and short."""
    told = trial("paroxetine", (20, weeks), stopped_for_side_effects=ended)
    assert standing(told) is expected
    missing = rules.judge_trial(told, LINES).missing
    assert missing == (("paroxetine: why it ended",) if expected is Standing.UNKNOWN else ())


def test_example_9_two_started_together_are_one():
    bupropion = trial("bupropion", (300, 9), started_with=("escitalopram",))
    escitalopram = trial("escitalopram", (20, 9), started_with=("bupropion", "nobody knows"))
    assert counted(bupropion, escitalopram) == (1, 1)
    alone = trial("bupropion", (300, 9), started_with=("escitalopram",), days_alone=42)
    assert counted(alone, escitalopram) == (2, 2)
    told_once = trial("escitalopram", (20, 9))
    assert counted(bupropion, told_once) == counted(told_once, bupropion) == (1, 1), "whoever names whom"
    later = trial("escitalopram", (20, 9), began_on=date(2026, 3, 1))
    earlier = trial("bupropion", (300, 9), started_with=("escitalopram",), began_on=date(2026, 1, 1))
    assert counted(earlier, later) == (2, 2), "added later is its own trial (RUL-15)"
    three = [trial(n, (mg, 9), started_with=p) for n, mg, p in THREE_TOGETHER]
    assert {counted(*mixed) for mixed in permutations(three)} == {(1, 1)}


def test_example_10_an_earlier_episode_counts_for_life_only():
    count = rules.count_trials([trial("escitalopram", (20, 8), episode=False), trial("sertraline", (100, 8))], LINES)
    assert (count.certain, count.lifetime) == (1, 2)


def test_example_11_relapse_on_the_same_dose_counts_marked():
    fluoxetine = trial("fluoxetine", (20, 36), better=50, relapsed_on_dose=True)
    assert counted(fluoxetine, trial("desvenlafaxine", (50, 8))) == (2, 2)
    assert "relapse on the same dose" in rules.judge_trial(fluoxetine, LINES).flags


def test_example_12_unknown_never_counts_and_is_never_thrown_away():
    years_ago = [trial(name, better=None, adherence=None, episode=None) for name in ("Lexapro", "Cymbalta")]
    count = rules.count_trials(years_ago, LINES)
    assert (count.certain, count.possible) == (0, 2)
    assert count.words == "certain 0, possible 2"
    assert "Lexapro: dose" in count.missing
    assert "Cymbalta: in the current episode" in count.missing


def test_example_13_bipolar_is_counted_by_its_own_medicines():
    history = [trial("lamotrigine", (200, 12)), trial("quetiapine", (300, 8)), trial("sertraline", (100, 8))]
    (reason, *_) = trials.reasons(case(history, diagnosis="bipolar depression"), SHEET)
    assert (reason.criterion, reason.facts[0].value) == ("ADQ-09", 2)
    assert "treatment-resistant" in reason.words


def test_example_14_one_antidepressant_and_ect_that_failed():
    ect = (course("ECT", 8, side=Side.BILATERAL),)
    assert counted(trial("sertraline", (100, 6))) == (1, 1)
    assert rules.ect_or_tms_failed(ect, LINES) is Result.MET
    known = case([trial("sertraline", (100, 6))], ect)
    assert trials.reasons(known, SHEET)[0].criterion == "IND-03", "EXC-05 then replaces it by the prescriber's word"


# --- all trials -----------------------------------------------------------------------------------------------------


def test_two_molecules_of_one_class_are_two_trials_marked():
    count = rules.count_trials([trial("sertraline", (50, 8)), trial("escitalopram", (10, 8))], LINES)
    assert count.certain == 2
    assert "same class as escitalopram" in count.judgements[0].flags
    assert count.classes == {"SSRI": 2}
    joined = rules.count_trials([trial("citalopram", (20, 8)), trial("escitalopram", (10, 8))], LINES)
    assert "one molecule with escitalopram" in joined.judgements[0].flags
    assert joined.counted == ("citalopram",) or joined.counted == ("escitalopram",)


def test_the_strict_count_and_the_classes_stand_beside_the_label_count():
    history = [
        trial("sertraline", (100, 8), better=25),
        trial("venlafaxine", (225, 8), better=40),
        trial("the blue one", (5, 9), ruled=Ruling(True, "Dr Ada", "imipramine by the letter")),
        trial("aripiprazole", (5, 8)),
    ]
    count = rules.count_trials(history, LINES)
    assert (count.certain, count.strict, count.augmentations) == (3, 2, 1)
    assert count.classes == {"SNRI": 1, "SSRI": 1, "unknown": 1}


def test_a_gap_has_no_dose():
    with pytest.raises(ValueError, match="a gap has no dose"):
        DoseStep(Decimal(50), 7, taken=False)


# --- enough of them (RUL-05) ----------------------------------------------------------------------------------------

SURE = trial("venlafaxine", (225, 8))
SHORT = trial("escitalopram", (10, 5))
SHORT_TOO = trial("sertraline", (50, 5))
OPEN = trial("duloxetine", (None, 8))


@pytest.mark.parametrize(
    ("history", "criterion", "result", "override"),
    [
        ([SURE, trial("sertraline", (50, 8))], "IND-01", "met", "none"),
        ([SURE, OPEN], "TRIAL-11", "unknown", "P"),
        ([SHORT, OPEN], "TRIAL-11", "unknown", "P"),
        ([SURE, SHORT], "TRIAL-11", "met", "P"),
        ([SHORT, SHORT_TOO, OPEN], "TRIAL-11", "met", "P"),
        ([SURE], "IND-03", "met", "P+MD"),
        ([OPEN], "IND-03", "met", "P+MD"),
        ([], "IND-03", "met", "P+MD"),
        (None, "TRIAL-11", "unknown", "P"),
    ],
)
def test_rul_05_each_way(history, criterion, result, override):
    reason = trials.reasons(case(history), SHEET)[0]
    assert (reason.criterion, reason.result, reason.override) == (criterion, result, override)
    assert bool(reason.missing) is (result == "unknown")


def test_trials_nobody_asked_about_are_asked_by_that_name():
    assert trials.reasons(case(None), SHEET)[0].missing == ("trials",)
    bipolar = trials.reasons(case(None, diagnosis="bipolar depression"), SHEET)[0]
    assert (bipolar.criterion, bipolar.result, bipolar.holds_back) == ("ADQ-09", "unknown", False)


@pytest.mark.parametrize(
    ("history", "criterion", "missing"),
    [
        ([SURE, trial("sertraline", (50, 8))], "IND-01", ("diagnosis",)),
        ([SURE], "IND-03", ("diagnosis",)),
        ([SURE, OPEN], "TRIAL-11", ("diagnosis", "duloxetine: dose")),
        (None, "TRIAL-11", ("diagnosis", "trials")),
    ],
)
def test_while_the_diagnosis_is_not_known_no_row_of_depression_is_met(history, criterion, missing):
    reason = trials.reasons(case(history, diagnosis=None), SHEET)[0]
    assert (reason.criterion, reason.result, reason.missing) == (criterion, "unknown", missing)


def test_a_diagnosis_without_a_rule_of_trials_says_nothing_about_them():
    assert trials.reasons(case([], diagnosis="chronic pain"), SHEET) == ()


# --- other disorders (TRIAL-12) -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("diagnosis", "tried", "expected"),
    [
        ("obsessive-compulsive", trial("sertraline", (50, 4), (200, 8)), Standing.CERTAIN),
        ("obsessive-compulsive", trial("sertraline", (200, 8)), Standing.SHORT),
        ("obsessive-compulsive", trial("sertraline", (200, 8), (100, None)), Standing.UNKNOWN),
        ("obsessive-compulsive", trial("sertraline", (100, 14)), Standing.NO),
        ("obsessive-compulsive", trial("escitalopram", (20, 12)), Standing.CERTAIN),
        ("obsessive-compulsive", trial("bupropion", (300, 12)), Standing.NO),
        ("post-traumatic stress", trial("sertraline", (100, 8)), Standing.CERTAIN),
        ("post-traumatic stress", trial("sertraline", (50, 8)), Standing.NO),
        ("anxiety", trial("sertraline", (50, 8)), Standing.CERTAIN),
        ("anxiety", trial("sertraline", (50, 7)), Standing.SHORT),
        ("anxiety", trial("mirtazapine", (30, 12)), Standing.NO),
        ("bipolar depression", trial("lamotrigine", (200, 8)), Standing.CERTAIN),
        ("bipolar depression", trial("lamotrigine", (200, 7)), Standing.SHORT),
        ("bipolar depression", trial("Seroquel XR", (300, 6)), Standing.CERTAIN),
        ("bipolar depression", trial("quetiapine", (200, 6)), Standing.NO),
        ("bipolar depression", trial("Latuda", (20, 6)), Standing.CERTAIN),
        ("bipolar depression", trial("lithium", (900, 6), level_mmol_per_l=Decimal("0.7")), Standing.CERTAIN),
        ("bipolar depression", trial("lithium", (900, 6)), Standing.SHORT),
        ("bipolar depression", trial("sertraline", (100, 8)), Standing.NO),
        ("bipolar depression", trial("the blue one", (100, 8)), Standing.UNKNOWN),
    ],
)
def test_trial_12_another_disorder_has_its_own_doses_and_weeks(diagnosis, tried, expected):
    (judgement,) = rules.count_for([tried], LINES.disorders[diagnosis], LINES)
    assert judgement.standing is expected


def test_adq_06_weeks_without_the_medicine_are_no_part_of_the_whole():
    apart = (DoseStep(Decimal(200), 56), DoseStep(None, 28, taken=False))
    tried = Trial("sertraline", apart, Decimal(0), Decimal(95), in_current_episode=True)
    (judgement,) = rules.count_for([tried], LINES.disorders["obsessive-compulsive"], LINES)
    assert judgement.standing is Standing.SHORT
    assert judgement.why == ("ADQ-06: 56 days in all is short of 84",)


@pytest.mark.parametrize(
    ("courses", "expected"),
    [
        (None, Result.UNKNOWN),
        ((), Result.NOT_MET),
        ((course("psychotherapy", 8, trauma_focused=True),), Result.MET),
        ((course("psychotherapy", 7, trauma_focused=True),), Result.NOT_MET),
        ((course("psychotherapy", 8),), Result.UNKNOWN),
        ((course("psychotherapy", None, trauma_focused=True),), Result.UNKNOWN),
        ((course("psychotherapy", 20, trauma_focused=False), course("ECT", 8)), Result.NOT_MET),
    ],
)
def test_adq_07_trauma_focused_therapy_offered(courses, expected):
    assert rules.therapy_offered(courses, LINES.disorders["post-traumatic stress"]) is expected
    assert rules.therapy_offered(courses, LINES.disorders["anxiety"]) is Result.MET
