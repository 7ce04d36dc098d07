"""The four stagings: arithmetic and edges worked by hand, and ranges where something is not known."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.terms import Case, Ruling, Side
from ketacare.medicine.candidacy.tests.given import LINES, ON, SHEET, case, course, trial
from ketacare.medicine.evidence.terms import Fact, Facts

# Fourteen molecules, so that every level of failures can be reached.
MOLECULES = [
    *(("sertraline", 50), ("venlafaxine", 150), ("bupropion", 300), ("mirtazapine", 30), ("vortioxetine", 10)),
    *(("fluoxetine", 20), ("duloxetine", 60), ("citalopram", 20), ("paroxetine", 20), ("vilazodone", 20)),
    *(("imipramine", 150), ("phenelzine", 45), ("trazodone", 300), ("nefazodone", 300)),
]
KNOWN = {"active_psychosis": False, "diagnosis": "depression"}


def failures(number):
    return [trial(name, (mg, 8)) for name, mg in MOLECULES[:number]]


def maudsley(history=(), courses=(), **facts):
    return rules.staging(case(history, courses, **(KNOWN | facts)), SHEET).maudsley


def points(score):
    return [int(part.least) if part.known else (int(part.least), int(part.most)) for part in score.parts]


# --- Maudsley -------------------------------------------------------------------------------------------------------


def test_the_arithmetic_from_3_to_15():
    least = maudsley(failures(1), episode_months=12, phq_9=4)
    assert (least.total, points(least), least.band) == (3, [1, 1, 1, 0, 0], "mild")
    everything = [*failures(11), trial("aripiprazole", (5, 8))]
    ect = (course("ECT", 8, side=Side.BILATERAL, responded=True),)
    most = maudsley(everything, ect, episode_months=25, active_psychosis=True)
    assert (most.total, points(most), most.band) == (15, [3, 5, 5, 1, 1], "severe")
    figures = SHEET.staging.maudsley
    assert (figures["total_least"].value, figures["total_most"].value) == (least.total, most.total)


@pytest.mark.parametrize(
    ("months", "expected"), [(0, 1), (12, 1), ("12.9", 1), (13, 2), (24, 2), ("24.9", 2), (25, 3), (400, 3)]
)
def test_duration_in_completed_months(months, expected):
    assert points(maudsley(failures(1), episode_months=Decimal(months), phq_9=4))[0] == expected


@pytest.mark.parametrize(
    ("number", "expected"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (6, 3), (7, 4), (10, 4), (11, 5), (14, 5)]
)
def test_failures_by_level(number, expected):
    score = maudsley(failures(number), episode_months=1, phq_9=4)
    assert points(score)[2] == expected
    assert len(score.counted) == number


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"phq_9": 4}, 1),
        ({"phq_9": 5}, 2),
        ({"phq_9": 9}, 2),
        ({"phq_9": 10}, 3),
        ({"phq_9": 19}, 3),
        ({"phq_9": 20}, 4),
        ({"qids_sr16": 15, "phq_9": 27}, 3),
        ({"qids_sr16": 16}, 4),
        ({"hdrs_17": 13, "qids_sr16": 27}, 2),
        ({"hdrs_17": 20}, 4),
        ({"madrs": 6, "hdrs_17": 50}, 1),
        ({"madrs": 34}, 3),
        ({"madrs": 35}, 4),
        ({"madrs": 7, "active_psychosis": True}, 5),
        ({"madrs": 7, "diagnosis": "psychotic depression"}, 5),
        ({"episode_severity": "moderate"}, 3),
        ({"episode_severity": "severe with psychosis"}, 5),
        ({"madrs": 20, "active_psychosis": None}, (3, 5)),
        ({}, (1, 4)),
        ({"active_psychosis": None}, (1, 5)),
    ],
)
def test_rul_16_severity_from_the_first_scale_taken(facts, expected):
    known = {name: value for name, value in (KNOWN | {"episode_months": 1} | facts).items() if value is not None}
    score = rules.staging(case(failures(1), (), **known), SHEET).maudsley
    assert points(score)[1] == expected


def test_rul_16_severity_is_the_worst_of_the_last_three_months():
    def on(days, value):
        return Fact("phq_9", Decimal(value), None, None if days is None else ON - timedelta(days=days), f"day {days}")

    def severity(*scores):
        return int(
            rules.staging(Case(ON, Facts([*scores, PSYCHOSIS]), tuple(failures(1))), SHEET).maudsley.parts[1].least
        )

    PSYCHOSIS = Fact("active_psychosis", False, None, ON, "test")
    assert severity(on(0, 4), on(91, 21)) == 4
    assert severity(on(0, 4), on(92, 21)) == 1
    assert severity(on(0, 4), on(None, 21)) == 1


def test_band_edges():
    by_total = {
        3: "mild",
        6: "mild",
        7: "moderate",
        10: "moderate",
        11: "severe",
        15: "severe",
    }
    for total, band in by_total.items():
        assert next(b.name for b in SHEET.staging.bands if b.holds(Decimal(total))) == band
    seven = maudsley(failures(3), episode_months=13, phq_9=12)
    assert (seven.total, seven.band) == (7, "moderate")


def test_without_a_failed_antidepressant_it_does_not_apply_ect_or_not():
    ect = (course("ECT", 8, side=Side.BILATERAL),)
    score = maudsley([trial("sertraline", (50, 8), better=60)], ect, episode_months=30, phq_9=21)
    assert not score.applies
    assert score.total is None
    assert score.words.startswith("Not applicable")


def test_example_4_one_medicine_and_an_augmentation():
    history = [trial("fluoxetine", (40, 12)), trial("fluoxetine", (40, 8)), trial("aripiprazole", (5, 8))]
    assert points(maudsley(history, episode_months=1, phq_9=21)) == [1, 4, 1, 1, 0]


def test_rul_16_olanzapine_fluoxetine_is_one_medicine_and_augmentation():
    history = [trial("escitalopram", (20, 10)), trial("Symbyax", (6, 8))]
    assert points(maudsley(history, episode_months=1, phq_9=21)) == [1, 4, 1, 1, 0]
    assert points(maudsley([history[0], trial("Symbyax", (None, 8))], episode_months=1, phq_9=4))[3] == (0, 1)


def test_what_is_not_known_is_a_range_and_never_a_number():
    nothing = rules.staging(case(None, None), SHEET).maudsley
    assert (nothing.total, nothing.least, nothing.most) == (None, 3, 15)
    assert nothing.missing == ("episode_months", "episode_severity", "active_psychosis", "trials", "courses")
    assert nothing.words == "not known: 3 to 15, mild to severe; not applicable if no adequate trial failed"
    open_third = [*failures(2), trial("bupropion", (None, 9))]
    score = maudsley(open_third, episode_months=13, phq_9=21)
    assert (score.total, score.least, score.most, score.missing) == (None, 7, 8, ("bupropion: dose",))
    assert score.words == "not known: 7 to 8, moderate"
    same_level = [*failures(1), trial("bupropion", (None, 9))]
    assert maudsley(same_level, episode_months=13, phq_9=21).total == 7, "one or two medicines are one point"


@pytest.mark.parametrize(
    ("courses", "expected"),
    [
        (None, (0, 1)),
        ((), 0),
        ((course("ECT", 6, side=Side.BILATERAL),), 1),
        ((course("ECT", 5, side=Side.BILATERAL),), 0),
        ((course("ECT", 8, side=Side.UNILATERAL_LOW),), 0),
        ((course("ECT", 8),), (0, 1)),
        ((course("ECT", 8, side=Side.BILATERAL, in_current_episode=False),), 0),
        ((course("ECT", 8, side=Side.BILATERAL, in_current_episode=None),), (0, 1)),
        ((course("rTMS", 30, weeks=Decimal(6)),), 0),
    ],
)
def test_ect_counts_when_a_course_was_adequate(courses, expected):
    assert points(maudsley(failures(1), courses, episode_months=1, phq_9=4))[4] == expected


# --- Thase-Rush -----------------------------------------------------------------------------------------------------

SSRI, SSRI_TOO, SNRI = trial("sertraline", (50, 8)), trial("fluoxetine", (20, 8)), trial("venlafaxine", (150, 8))
TCA, MAOI = trial("imipramine", (150, 8)), trial("phenelzine", (45, 8))
BILATERAL = (course("ECT", 8, side=Side.BILATERAL),)


def thase_rush(history, courses=()):
    return rules.staging(case(history, courses), SHEET).thase_rush


@pytest.mark.parametrize(
    ("history", "courses", "stage"),
    [
        ([], (), "stage 0"),
        ([SSRI], (), "stage I"),
        ([SSRI, SSRI_TOO], (), "stage I"),
        ([SSRI, trial("vilazodone", (20, 8))], (), "stage I"),
        ([SSRI, SNRI], (), "stage II"),
        ([SSRI, SNRI, MAOI], BILATERAL, "stage II"),
        ([SSRI, SNRI, TCA], (), "stage III"),
        ([SSRI, SNRI, trial("amoxapine", (200, 8))], (), "stage III"),
        ([SSRI, SNRI, TCA, MAOI], (), "stage IV"),
        ([SSRI, SNRI, TCA, MAOI], BILATERAL, "stage V"),
        ([SSRI, SNRI, TCA, MAOI], (course("ECT", 8, side=Side.UNILATERAL_HIGH),), "stage IV"),
        ([SSRI, SNRI, TCA, MAOI], (course("ECT", 8, side=Side.BILATERAL, responded=True),), "stage IV"),
        ([SSRI, SNRI, TCA, MAOI], None, "not known: stage IV to V"),
        ([SSRI, SNRI, TCA], None, "stage III"),
        ([SSRI, trial("venlafaxine", (None, 8))], (), "not known: stage I to II"),
        (None, (), "not known: stage 0 to V"),
    ],
)
def test_thase_rush(history, courses, stage):
    assert thase_rush(history, courses).words == stage


def test_thase_rush_asks_for_ect_only_where_ect_could_raise_the_stage():
    missing = thase_rush([SSRI, SNRI, TCA, MAOI], None).parts[0].missing
    assert any("ECT" in name or "courses" in name for name in missing)
    assert thase_rush([SSRI, SNRI, TCA], None).parts[0].missing == ()


def unnamed(name):
    """A medicine that no table knows, of which the prescriber has ruled that it was a trial."""
    return trial(name, (20, 8), ruled=Ruling(True, "Dr Rivera", "abroad, letter seen"))


@pytest.mark.parametrize(
    ("history", "stage"),
    [
        ([unnamed("Zorb")], "stage I"),
        ([unnamed("Zorb"), unnamed("Blax")], "not known: stage I to IV"),
        ([SSRI, unnamed("Zorb")], "not known: stage I to III"),
        ([SSRI, SNRI, unnamed("Zorb")], "not known: stage II to III"),
        ([SSRI, TCA, unnamed("Zorb")], "not known: stage III to IV"),
        ([SSRI, MAOI, unnamed("Zorb")], "not known: stage II to IV"),
        ([TCA, MAOI, unnamed("Zorb")], "stage IV"),
        ([SSRI, trial("Zorb", (20, 8))], "not known: stage I to III"),
    ],
)
def test_the_class_of_a_name_that_nobody_knows_may_be_that_of_another_and_is_asked(history, stage):
    found = thase_rush(history)
    assert found.words == stage
    asked = {f"{one.medicine}: which medicine" for one in history if one.medicine in ("Zorb", "Blax")}
    assert (set(found.parts[0].missing) == asked) is ("not known" in stage)


def test_two_ssris_stay_at_stage_i_beside_the_label_count():
    history = [SSRI, SSRI_TOO]
    assert rules.count_trials(history, LINES).certain == 2
    assert thase_rush(history).band == "I"


def test_stage_0_says_whether_anything_was_tried():
    assert "none tried" in thase_rush([]).parts[0].words
    assert "tried, none counts" in thase_rush([trial("sertraline", (25, 8))]).parts[0].words


# --- Massachusetts General Hospital ---------------------------------------------------------------------------------


def mgh(history, courses=()):
    return rules.staging(case(history, courses), SHEET).mgh


@pytest.mark.parametrize(
    ("history", "courses", "total"),
    [
        ([], (), "0"),
        ([SSRI, SNRI], (), "2"),
        ([trial("sertraline", (50, 8), (150, 6)), SNRI], (), "2.5"),
        ([trial("sertraline", (50, 6), (100, 4), (200, 6)), SNRI], (), "3"),
        ([trial("sertraline", (25, 6), (50, 8)), SNRI], (), "2"),
        ([trial("fluoxetine", (40, 12)), SNRI], (), "2.5"),
        ([SSRI, SNRI, trial("aripiprazole", (5, 8))], (), "2.5"),
        ([trial("bupropion", (300, 9), started_with=("sertraline",)), SSRI], (), "1.5"),
        ([SSRI, SNRI], BILATERAL, "5"),
        ([trial("escitalopram", (20, 10)), trial("Symbyax", (6, 8))], (), "2.5"),
    ],
)
def test_mgh_sum(history, courses, total):
    score = mgh(history, courses)
    assert score.total == Decimal(total)
    assert score.words == total


def test_mgh_ranges():
    assert mgh([SSRI, trial("venlafaxine", (None, 8))]).words == "not known: 1 to 3"
    assert mgh([SSRI], None).words == "not known: 1 to 4"
    assert mgh(None).words == "not known: 0 or more"


# --- European -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weeks", "stage"),
    [
        ((5, 6), "not resistant"),
        ((6, 6), "TRD1"),
        ((8, 9), "TRD1"),
        ((9, 9), "TRD2"),
        ((12, 12), "TRD3"),
        ((15, 15), "TRD4"),
        ((18, 18), "TRD5"),
        ((40, 40), "TRD5"),
    ],
)
def test_european_stage_by_weeks(weeks, stage):
    history = [trial("sertraline", (50, weeks[0])), trial("venlafaxine", (150, weeks[1]))]
    assert rules.staging(case(history), SHEET).european.words.startswith(stage)


def test_two_trials_that_count_may_be_too_short_for_the_first_stage():
    """Zuranolone counts after its own two weeks: with six of sertraline that is less than the least of TRD1."""
    short = [trial("zuranolone", (50, 2)), trial("sertraline", (50, 6))]
    assert rules.count_trials(short, LINES).certain == 2
    assert rules.staging(case(short), SHEET).european.words == "not resistant, 8 weeks in 2 counted trials"


def test_one_long_trial_is_not_resistance_and_open_ones_leave_it_open():
    european = rules.staging(case([trial("sertraline", (50, 40))]), SHEET).european
    assert european.words == "not resistant, 40 weeks in 1 counted trial"
    left_open = rules.staging(case([SSRI, trial("venlafaxine", (None, 8))]), SHEET).european
    assert left_open.words.startswith("not known whether resistant, 8 weeks in 1 counted trial")
    two = [SSRI, trial("mirtazapine", (30, 8)), trial("venlafaxine", (None, 8))]
    assert rules.staging(case(two), SHEET).european.words.startswith("at least TRD1, 16 weeks in 2 counted trials")


# --- all of them ----------------------------------------------------------------------------------------------------


def test_every_staging_has_its_sources_and_grade():
    staged = rules.staging(case([]), SHEET)
    for score in (staged.maudsley, staged.thase_rush, staged.mgh, staged.european):
        assert score.sources
        assert score.grade


@settings(max_examples=60)
@given(st.permutations(MOLECULES), st.integers(1, 13))
def test_staging_never_falls_when_one_more_trial_fails(order, number):
    def staged(count):
        history = [trial(name, (mg, 8)) for name, mg in order[:count]]
        answers = rules.staging(case(history, (), episode_months=1, phq_9=4, **KNOWN), SHEET)
        return [answers.maudsley.total, answers.thase_rush.total, answers.mgh.total, answers.european.total]

    assert all(before <= after for before, after in zip(staged(number), staged(number + 1), strict=True))


def test_each_part_says_what_it_rests_on():
    score = maudsley(failures(2), episode_months=1, phq_9=21)
    told = {part.name: part.words for part in score.parts}
    assert told["Antidepressants that failed"].startswith("2 (")
    assert told["Antidepressants that failed"].endswith(", level 1")
    assert (told["Augmentation"], told["ECT"]) == ("not used", "not used")


def test_what_a_part_lacks_is_asked_by_its_name_and_nothing_else():
    def lacks(*courses, **facts):
        told = maudsley(failures(1), courses, **({"episode_months": 1} | facts))
        return {part.name: part.missing for part in told.parts if part.missing}

    assert lacks(phq_9=4) == {}
    assert lacks() == {"Severity at its worst": ("episode_severity",)}
    earlier = course("ECT", 8, side=Side.BILATERAL, in_current_episode=None)
    assert lacks(earlier, phq_9=4) == {"ECT": ("ECT: in the current episode",)}
    assert lacks(course("ECT", 8), phq_9=4) == {"ECT": ("ECT: side",)}
    unasked = rules.staging(case(failures(1), (), episode_months=1), SHEET).maudsley.parts[1]
    assert unasked.missing == ("episode_severity", "active_psychosis")


def test_a_total_that_is_known_is_told_with_its_band():
    assert maudsley(failures(3), episode_months=13, phq_9=12).words == "7, moderate"


def test_the_maudsley_score_names_the_sources_of_the_points_it_adds():
    told = maudsley(failures(1), episode_months=1, phq_9=4)
    assert {source for band in SHEET.staging.failures for source in band.points.sources} <= set(told.sources)


def test_the_parts_of_the_mgh_sum_say_how_many_and_at_what():
    parts = mgh([SSRI, trial("venlafaxine", (None, 8)), trial("aripiprazole", (None, 8))]).parts
    assert [part.words for part in parts] == ["1 to 2 at 1", "0 to 2 at 0.5", "0 to 1 at 0.5", "0 at 3"]
    assert mgh(None).parts[2].words == "0 to 1 at 0.5", "one step at least may have been taken"


@pytest.mark.parametrize(
    ("told", "total"),
    [
        (trial("sertraline", (50, 4), (50, 4)), "1"),
        (trial("sertraline", (50, 4), (100, 4)), "1.5"),
        (trial("sertraline", (100, 6), (50, 11)), "1"),
        (trial("sertraline", (100, 6), (50, 12)), "1.5"),
        (trial("sertraline", (50, 8), (100, None)), "1.5"),
        (trial("the blue one", (5, 40), ruled=Ruling(True, "Dr Ada", "imipramine by the letter")), "1"),
    ],
)
def test_mgh_counts_a_raise_of_an_adequate_dose_and_a_long_time_at_one(told, total):
    assert mgh([told]).total == Decimal(total)
