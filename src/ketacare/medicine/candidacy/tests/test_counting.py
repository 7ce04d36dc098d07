"""Which trials are one, which of them speaks for it, and what stands beside the count."""

from datetime import date

import pytest

from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.rules import trials
from ketacare.medicine.candidacy.tests.given import LINES, SHEET, case, counted, trial
from ketacare.medicine.evidence.terms import Grade, Result

SERTRALINE, VENLAFAXINE = trial("sertraline", (50, 8)), trial("venlafaxine", (150, 8))


def count(*history):
    return rules.count_trials(history, LINES)


def test_of_one_molecule_the_longest_trial_that_counts_speaks():
    assert count(trial("Zoloft", (50, 8)), trial("sertraline", (50, 10))).counted == ("sertraline",)
    assert count(trial("Zoloft", (50, 10)), trial("sertraline", (50, 8))).counted == ("Zoloft",)
    assert count(trial("Zoloft", (25, 40)), trial("sertraline", (50, 8))).counted == ("sertraline",)


def test_of_two_started_together_the_longer_one_gives_the_class():
    longer = trial("bupropion", (300, 12), started_with=("sertraline",))
    assert count(longer, SERTRALINE).classes == {"NDRI": 1}
    assert count(trial("bupropion", (300, 6), started_with=("sertraline",)), SERTRALINE).classes == {"SSRI": 1}


@pytest.mark.parametrize(("days_alone", "trials_of"), [(None, 1), (41, 1), (42, 2)])
def test_trial_08_alone_long_enough_it_is_its_own_trial(days_alone, trials_of):
    bupropion = trial("bupropion", (300, 9), started_with=("sertraline",), days_alone=days_alone)
    assert counted(bupropion, SERTRALINE) == (trials_of, trials_of)


def test_trial_08_where_only_one_first_day_is_known_they_may_have_begun_together():
    dated = trial("bupropion", (300, 9), started_with=("sertraline",), began_on=date(2026, 1, 1))
    assert counted(dated, SERTRALINE) == (1, 1)
    assert counted(dated, trial("sertraline", (50, 8), began_on=date(2026, 1, 1))) == (1, 1)


def test_an_augmentation_beside_two_antidepressants_makes_no_one_trial_of_them():
    for partners in ((), ("sertraline",), ("sertraline", "venlafaxine")):
        step = trial("aripiprazole", (5, 8), started_with=partners)
        assert counted(SERTRALINE, VENLAFAXINE, step) == (2, 2), partners
    with_it = [
        trial(n, (mg, 8), started_with=("aripiprazole",)) for n, mg in (("sertraline", 50), ("venlafaxine", 150))
    ]
    assert counted(*with_it, trial("aripiprazole", (5, 8))) == (2, 2)


def test_trial_07_each_is_marked_with_its_kin_and_never_with_itself():
    told = count(SERTRALINE, trial("fluoxetine", (20, 8)), trial("citalopram", (20, 8)), trial("escitalopram", (10, 8)))
    kin = [
        tuple(mark for mark in judged.flags if mark.startswith(("one molecule", "same class")))
        for judged in told.judgements
    ]
    assert kin == [
        ("same class as citalopram", "same class as escitalopram", "same class as fluoxetine"),
        ("same class as citalopram", "same class as escitalopram", "same class as sertraline"),
        ("one molecule with escitalopram", "same class as fluoxetine", "same class as sertraline"),
        ("one molecule with citalopram", "same class as fluoxetine", "same class as sertraline"),
    ]


def test_the_count_is_trusted_as_far_as_the_weakest_dose_it_rests_on():
    def grade(*history):
        return trials.reasons(case(history), SHEET)[0].grade

    assert grade(SERTRALINE) is Grade.D
    assert grade(SERTRALINE, trial("fluvoxamine", (100, 8))) is Grade.M, "its least dose is not confirmed"
    assert grade(trial("the blue one", (50, 8))) is LINES.needed.grade, "a name that no table knows has no dose"


QUETIAPINE, LAMOTRIGINE = trial("quetiapine", (300, 8)), trial("lamotrigine", (200, 12))


@pytest.mark.parametrize(
    ("history", "resistant"),
    [
        ([QUETIAPINE], False),
        ([QUETIAPINE, LAMOTRIGINE], True),
        ([QUETIAPINE, LAMOTRIGINE, trial("Latuda", (20, 6))], True),
    ],
)
def test_adq_09_two_failures_are_resistant_bipolar_depression(history, resistant):
    reason = trials.reasons(case(history, diagnosis="bipolar depression"), SHEET)[0]
    assert reason.words.endswith("; treatment-resistant") is resistant
    assert (reason.title, reason.result, reason.missing) == ("Trials in bipolar depression", Result.MET, ())


def test_trials_of_another_disorder_that_nobody_asked_about_are_asked_for():
    reason = trials.reasons(case(None, diagnosis="bipolar depression"), SHEET)[0]
    assert (reason.result, reason.missing, reason.facts) == (Result.UNKNOWN, ("trials",), ())
    assert reason.words == "Nobody has asked which medicines were tried"
