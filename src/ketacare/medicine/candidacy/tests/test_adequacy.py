"""One trial at every line of the TRIAL rules, and what is asked where something is missing."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.terms import DoseStep, Improvement, Ruling, Standing, Trial
from ketacare.medicine.candidacy.tests.given import LINES, counted, standing, trial
from ketacare.medicine.evidence.terms import Grade, Result

# --- one trial at its lines ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "expected"), [(42, "counts"), (41, "short or doubtful"), (28, "short or doubtful"), (27, "does not count")]
)
def test_trial_02_days(days, expected):
    one = Trial("sertraline", (DoseStep(Decimal(50), days),), Decimal(0), Decimal(95), True)
    assert standing(one) == expected


@pytest.mark.parametrize(
    ("gap", "days", "expected"),
    [(7, 49, "counts"), (7, 48, "short or doubtful"), (8, 60, "cannot tell"), (8, 30, "does not count")],
)
def test_rul_15_gaps_do_not_count_and_long_ones_restart(gap, days, expected):
    one = Trial("sertraline", (DoseStep(Decimal(50), days),), Decimal(0), Decimal(95), True, gap_days=gap)
    assert standing(one) == expected


def steps(*told, **more):
    """A trial of sertraline in steps of (mg or None for a gap, days)."""
    made = tuple(DoseStep(None if mg == "gap" else mg and Decimal(mg), days, mg != "gap") for mg, days in told)
    return Trial("sertraline", made, Decimal(0), Decimal(95), True, **more)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([(50, 20), ("gap", 7), (50, 22)], "counts"),
        ([(50, 20), ("gap", 8), (50, 22)], "does not count"),
        ([(50, 20), ("gap", 8), (50, 42)], "counts"),
        ([(50, 20), ("gap", 4), (50, 15), ("gap", 4), (50, 20)], "short or doubtful"),
        ([(50, 41), ("gap", 1)], "short or doubtful"),
        ([(50, 30), ("gap", None), (50, 30)], "cannot tell"),
    ],
)
def test_rul_15_a_gap_whose_place_is_known_restarts_after_it(told, expected):
    assert standing(steps(*told)) == expected


def test_rul_15_days_since_the_gap_settle_where_it_was():
    assert standing(steps((50, 70), gap_days=9)) is Standing.UNKNOWN
    assert rules.judge_trial(steps((50, 70), gap_days=9), LINES).missing == ("sertraline: days since the gap",)
    assert standing(steps((50, 70), gap_days=9, days_since_gap=42)) is Standing.CERTAIN
    assert standing(steps((50, 70), gap_days=9, days_since_gap=20)) is Standing.NO


@pytest.mark.parametrize(
    ("adherence", "witnessed", "expected"),
    [
        (80, False, "counts"),
        (79, False, "short or doubtful"),
        (79, True, "counts"),
        (50, False, "short or doubtful"),
        (49, True, "does not count"),
        (None, True, "cannot tell"),
    ],
)
def test_trial_03_adherence(adherence, witnessed, expected):
    assert standing(trial("sertraline", (50, 8), adherence=adherence, adherence_witnessed=witnessed)) == expected


@pytest.mark.parametrize(
    ("better", "expected", "strict"),
    [("25", "counts", True), ("25.5", "counts", False), ("49.9", "counts", False), ("50", "does not count", False)],
)
def test_trial_04_outcome_unrounded(better, expected, strict):
    judgement = rules.judge_trial(trial("sertraline", (50, 8), better=better), LINES)
    assert judgement.standing == expected
    assert ("strict failure (25 % or less)" in judgement.flags) is strict


def test_a_certain_no_settles_whatever_else_is_unknown():
    assert standing(trial("sertraline", (25, 20), better=None, adherence=None, episode=None)) is Standing.NO


def test_an_unknown_dose_only_matters_where_it_could_change_the_answer():
    known = trial("sertraline", (50, 8), (None, 4))
    assert standing(known) is Standing.CERTAIN
    assert standing(trial("sertraline", (None, 3))) is Standing.NO
    assert standing(trial("sertraline", (None, 5), (25, 5))) is Standing.UNKNOWN
    assert standing(trial("sertraline", (50, None))) is Standing.UNKNOWN
    assert standing(trial("sertraline", (50, 4), (None, 1))) is Standing.SHORT


def test_a_dose_below_the_minimum_breaks_the_run():
    assert standing(trial("sertraline", (50, 4), (25, 2), (50, 4))) is Standing.SHORT


def test_forms_levels_and_own_durations():
    assert standing(trial("paroxetine", (20, 8))) is Standing.CERTAIN
    assert standing(trial("paroxetine", (20, 8), form="cr")) is Standing.NO
    assert standing(trial("zuranolone", (50, 2))) is Standing.CERTAIN
    assert standing(trial("nortriptyline", (50, 8), level_ng_per_ml=Decimal(151))) is Standing.NO
    assert standing(trial("imipramine", (100, 8), level_ng_per_ml=Decimal(200))) is Standing.CERTAIN


def test_low_doses_are_shown_not_counted():
    judgement = rules.judge_trial(trial("venlafaxine", (75, 8)), LINES)
    assert judgement.standing is Standing.NO
    assert "low dose: adequate by some sources only" in judgement.flags


def test_a_medicine_nobody_knows_is_never_safe_nor_counted():
    judgement = rules.judge_trial(trial("the blue one", (50, 8)), LINES)
    assert judgement.standing is Standing.UNKNOWN
    assert judgement.why[0].startswith("MED-UNK")
    assert judgement.missing == ("the blue one: which medicine",)


def test_an_unconfirmed_least_dose_says_so():
    judgement = rules.judge_trial(trial("fluvoxamine", (100, 8)), LINES)
    assert judgement.grade is Grade.M
    assert "least dose unconfirmed" in judgement.flags


@pytest.mark.parametrize(("one", "other"), [("citalopram", "escitalopram"), ("venlafaxine", "desvenlafaxine")])
def test_rul_15_one_molecule_is_one_trial(one, other):
    assert counted(trial(one, (150, 8)), trial(other, (150, 8))) == (1, 1)


def test_trial_07_an_open_trial_of_a_molecule_already_counted_asks_nothing():
    count = rules.count_trials([trial("sertraline", (50, 8)), trial("Zoloft", (None, 8))], LINES)
    assert (count.certain, count.possible, count.missing) == (1, 1, ())


def test_the_table_has_every_medicine_once_with_figure_and_source():
    rows = {medicine.id: medicine for medicine in LINES.medicines.values()}
    assert sorted(rows) == [f"MED-{number:02}" for number in range(1, 39)]
    assert all(row.least.sources for row in rows.values())


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: DoseStep(Decimal(0), 7),
        lambda: DoseStep(Decimal("NaN"), 7),
        lambda: DoseStep(Decimal(50), 0),
        lambda: trial("sertraline", better=101),
        lambda: trial("sertraline", adherence=-1),
        lambda: trial("sertraline", gap_days=-1),
    ],
)
def test_impossible_trials_are_refused(wrong):
    with pytest.raises(ValueError, match="Enter"):
        wrong()


# --- classes of improvement, levels, ceilings, other uses ------------------------------------------------------------


@pytest.mark.parametrize(
    ("came_to", "expected", "strict"),
    [
        (Improvement.NONE, "counts", True),
        (Improvement.PARTIAL, "counts", False),
        (Improvement.RESPONSE, "does not count", False),
    ],
)
def test_trial_04_a_class_of_improvement_stands_for_its_percentages(came_to, expected, strict):
    judgement = rules.judge_trial(trial("sertraline", (50, 8), better=None, improvement=came_to), LINES)
    assert judgement.standing == expected
    assert ("strict failure (25 % or less)" in judgement.flags) is strict


def test_trial_05_side_effects_before_enough_are_an_intolerance_and_after_it_none():
    early = Trial("sertraline", (DoseStep(Decimal(50), 41),), None, Decimal(95), True, stopped_for_side_effects=True)
    assert standing(early) is Standing.INTOLERANCE
    late = trial("sertraline", (50, 6), stopped_for_side_effects=True)
    assert standing(late) is Standing.CERTAIN
    low = trial("sertraline", (25, 20), stopped_for_side_effects=True)
    assert standing(low) is Standing.NO, "20 weeks at a low dose were not cut short"
    unknown = trial("sertraline", (50, None), stopped_for_side_effects=True)
    assert rules.judge_trial(unknown, LINES).missing == ("sertraline: duration",)


def test_a_reduced_ceiling_by_reason_takes_the_figure_of_the_table():
    judgement = rules.judge_trial(trial("citalopram", (20, 8), reduced_for="over 60 years"), LINES)
    assert (judgement.standing, judgement.least_mg) == (Standing.CERTAIN, Decimal(20))
    assert "reduced ceiling" in judgement.flags
    unlisted = rules.judge_trial(trial("sertraline", (25, 8), reduced_for="liver"), LINES)
    assert unlisted.standing is Standing.NO, "without a labelled ceiling the minimum stays"


def test_a_dose_for_sleep_says_so():
    judgement = rules.judge_trial(trial("trazodone", (100, 52)), LINES)
    assert judgement.why == ("TRIAL-01: 100 mg is a dose for sleep, never a trial",)


def test_a_name_with_its_form_behind_it_is_found():
    assert standing(trial("Effexor XR", (150, 8))) is Standing.CERTAIN
    assert standing(trial("Paxil CR", (20, 8))) is Standing.NO, "the form has a minimum of its own"
    assert standing(trial("Wellbutrin XL", (300, 8))) is Standing.CERTAIN


def test_the_judgement_says_what_it_was_held_against():
    judgement = rules.judge_trial(trial("sertraline", (50, 2), (100, 5)), LINES)
    assert (judgement.trial.highest_mg, judgement.least_mg) == (Decimal(100), Decimal(50))
    assert (judgement.least_days, judgement.enough_days, judgement.adequate) == (49, 42, Result.MET)


# --- augmentation ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "adequate"),
    [
        (trial("aripiprazole", (2, 4)), Result.MET),
        (trial("aripiprazole", (2, 3)), Result.NOT_MET),
        (trial("aripiprazole", (None, 4)), Result.UNKNOWN),
        (trial("Seroquel XR", (150, 4)), Result.MET),
        (trial("aripiprazole", (5, 8), episode=False), Result.NOT_MET),
        (trial("liothyronine", ("0.025", 4)), Result.MET),
        (trial("liothyronine", ("0.02", 4)), Result.NOT_MET),
        (trial("lamotrigine", (100, 7)), Result.NOT_MET),
        (trial("modafinil", (200, 52)), Result.NOT_MET),
        (trial("lithium", (900, 4)), Result.UNKNOWN),
        (trial("lithium", (300, 4)), Result.UNKNOWN),
        (trial("lithium", (None, 4), level_mmol_per_l=Decimal("0.6")), Result.MET),
        (trial("lithium", (900, 4), level_mmol_per_l=Decimal("0.5")), Result.NOT_MET),
    ],
)
def test_trial_09_a_step_of_augmentation_is_adequate_by_its_own_row(step, adequate):
    judgement = rules.judge_trial(step, LINES)
    assert (judgement.standing, judgement.adequate) == (Standing.AUGMENTATION, adequate)


def test_lithium_without_a_level_is_doubtful_and_asks_for_it():
    doubtful = rules.judge_trial(trial("lithium", (900, 4)), LINES)
    assert doubtful.missing == ("lithium: level",)
    assert "without a level is doubtful" in doubtful.why[-1]
    assert rules.judge_trial(trial("modafinil", (200, 9)), LINES).why[1] == (
        "TRIAL-09: modafinil is recorded and never counts"
    )


# --- a prescriber's ruling -----------------------------------------------------------------------------------------


def test_a_ruling_stands_above_the_computed_standing_and_both_are_shown():
    ruling = Ruling(True, "Dr Ada", "pharmacy has 150 mg for 9 weeks, the form was misread")
    judgement = rules.judge_trial(trial("sertraline", (25, 9), ruled=ruling), LINES)
    assert (judgement.standing, judgement.computed) == (Standing.CERTAIN, Standing.NO)
    assert judgement.why[0].startswith("Ruled by Dr Ada: pharmacy has 150 mg")
    assert judgement.why[1].startswith("TRIAL-01")
    assert judgement.counts_for_life
    against = Ruling(False, "Dr Ada", "never took it")
    assert counted(trial("sertraline", (50, 9), ruled=against), trial("venlafaxine", (150, 9))) == (1, 1)
    settled = rules.count_trials([trial("sertraline", (None, 9), ruled=against)], LINES)
    assert settled.missing == ()


@pytest.mark.parametrize(("by", "reason"), [("", "because"), ("Dr Ada", " ")])
def test_a_ruling_has_a_name_and_a_reason(by, reason):
    with pytest.raises(ValueError, match="Enter both"):
        Ruling(True, by, reason)


# --- edges -----------------------------------------------------------------------------------------------------------


def test_the_upper_edge_of_a_level_is_still_in_range():
    assert standing(trial("nortriptyline", (50, 8), level_ng_per_ml=Decimal(150))) is Standing.CERTAIN


def test_trial_05_days_without_the_medicine_are_no_exposure_to_it():
    taken_a_month = steps((50, 30), ("gap", 20), stopped_for_side_effects=True)
    assert standing(taken_a_month) is Standing.INTOLERANCE


@pytest.mark.parametrize(("mg", "why"), [(150, "is a dose for"), (151, "fewer than")])
def test_the_highest_dose_of_another_use_is_still_that_use(mg, why):
    assert why in rules.judge_trial(trial("trazodone", (mg, 8)), LINES).why[-1]


def test_what_the_page_marks_beside_a_trial():
    assert "recall only" in rules.judge_trial(trial("sertraline", (50, 8)), LINES).flags
    assert "recall only" not in rules.judge_trial(trial("sertraline", (50, 8), source="pharmacy"), LINES).flags
    low = "low dose: adequate by some sources only"
    at_least = rules.judge_trial(trial("bupropion", (300, 8), form="SR"), LINES)
    assert low not in at_least.flags
    assert low in rules.judge_trial(trial("bupropion", (150, 8), form="SR"), LINES).flags


@pytest.mark.parametrize(
    ("improved", "words"),
    [(Improvement.NONE, "25 % better or less"), (Improvement.PARTIAL, "more than 25 % and less than 50 % better")],
)
def test_trial_04_a_class_of_improvement_is_told_in_its_percentages(improved, words):
    told = trial("sertraline", (50, 8), better=None, improvement=improved)
    assert f"TRIAL-04: {words} is a failure" in rules.judge_trial(told, LINES).why
    assert "TRIAL-04: 30 % better is a failure" in rules.judge_trial(trial("sertraline", (50, 8), better=30), LINES).why


def test_a_medicine_that_the_table_has_only_as_a_patch_is_found_by_name_and_form():
    patch = Trial("selegiline", (DoseStep(Decimal(6), 42),), Decimal(0), Decimal(95), True, form="patch")
    assert standing(patch) is Standing.CERTAIN
    by_mouth = rules.judge_trial(replace(patch, form="oral"), LINES)
    assert (by_mouth.standing, by_mouth.missing) == (Standing.NO, ())
    assert by_mouth.why == ("TRIAL-01: selegiline oral is not a trial; selegiline patch is",)
    assert standing(replace(patch, form="")) is Standing.UNKNOWN, "patch or tablet is asked"
    assert rules.count_for([patch], LINES.disorders["anxiety"], LINES)[0].standing is not Standing.UNKNOWN


def test_a_name_that_no_table_knows_has_no_days_that_count():
    assert rules.judge_trial(trial("the blue one", (50, 8)), LINES).least_days == 0
    by_mouth = Trial("selegiline", (DoseStep(Decimal(6), 42),), Decimal(0), Decimal(95), True, form="oral")
    assert rules.judge_trial(by_mouth, LINES).least_days == 0


def test_trial_09_a_step_too_short_asks_nothing_about_its_episode():
    judgement = rules.judge_trial(trial("aripiprazole", (5, 2), episode=None), LINES)
    assert (judgement.adequate, judgement.missing) == (Result.NOT_MET, ())
    assert judgement.why[1:] == ("TRIAL-01, TRIAL-02: 14 days at 2 mg or more, fewer than 28",)


def test_what_proves_the_dose_is_told():
    why = rules.judge_trial(trial("nortriptyline", (50, 8), level_ng_per_ml=Decimal(100)), LINES).why
    assert "TRIAL-02: 56 days at level in range" in why
    assert "TRIAL-02: 56 days at 75 mg or more" in rules.judge_trial(trial("nortriptyline", (75, 8)), LINES).why


@pytest.mark.parametrize(
    ("told", "ceiling", "expected"),
    [
        ([(25, 28)], 25, Standing.SHORT),
        ([(25, 27)], 25, Standing.NO),
        ([(50, 30), (None, 42)], 50, Standing.UNKNOWN),
    ],
)
def test_a_lower_ceiling_counts_from_28_days_on_and_only_below_the_least_dose(told, ceiling, expected):
    assert standing(steps(*told, reduced_ceiling_mg=Decimal(ceiling), reduced_for="liver")) is expected


@pytest.mark.parametrize(
    ("told", "stopped", "expected"),
    [
        ([(25, 41)], True, Standing.INTOLERANCE),
        ([(25, 42)], True, Standing.NO),
        ([(25, 41), (25, None)], True, Standing.INTOLERANCE),
        ([(50, 30), (25, 11)], None, Standing.UNKNOWN),
        ([(50, 30), (25, 12)], None, Standing.SHORT),
    ],
)
def test_trial_05_six_weeks_at_whatever_dose_were_not_cut_short(told, stopped, expected):
    assert standing(steps(*told, stopped_for_side_effects=stopped)) is expected


def test_a_trial_that_may_just_have_been_six_weeks_is_neither_short_nor_an_intolerance():
    after_a_gap = {"gap_days": 8, "days_since_gap": 42}
    assert standing(steps((50, None), stopped_for_side_effects=True, **after_a_gap)) is Standing.UNKNOWN
    assert standing(steps((50, 30), (50, None), **after_a_gap)) is Standing.UNKNOWN


@pytest.mark.parametrize(
    ("told", "gap", "missing"),
    [
        ([(50, 30), ("gap", None), (50, 30)], 0, ("sertraline: duration",)),
        ([(50, 30), (None, 30)], 0, ("sertraline: dose",)),
        ([(50, 30), (50, None)], 7, ("sertraline: duration",)),
        ([(50, 30), (50, None)], 8, ("sertraline: duration", "sertraline: days since the gap")),
    ],
)
def test_trial_11_only_what_could_change_the_count_is_asked(told, gap, missing):
    assert rules.judge_trial(steps(*told, gap_days=gap), LINES).missing == missing
