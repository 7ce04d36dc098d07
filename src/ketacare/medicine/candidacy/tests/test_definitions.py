"""The same histories under everybody's definition: counts worked by hand."""

from decimal import Decimal

import pytest

from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.terms import Improvement, Ruling
from ketacare.medicine.candidacy.tests.given import LINES, trial
from ketacare.medicine.evidence.terms import Grade, Result

MET, NOT_MET, UNKNOWN = Result.MET, Result.NOT_MET, Result.UNKNOWN


def under(*history):
    return {row.definition.id: row for row in rules.definitions(history, LINES)}


def counts(name, *history):
    row = under(*history)[name]
    return row.certain, row.possible, row.met


def test_every_definition_answers_side_by_side():
    rows = under()
    assert list(rows) == [f"DEF-0{n}" for n in range(1, 10)] + ["PAY-01", "PAY-02"]
    assert {name for name, row in rows.items() if row.met is None} == {"DEF-06", "DEF-07", "DEF-08"}
    assert rows["DEF-01"].definition.grade is Grade.M
    assert rows["PAY-01"].definition.grade is Grade.V
    assert all(row.definition.sources and row.definition.words for row in rows.values())


def test_example_2_five_weeks_count_for_those_who_ask_four():
    history = (trial("escitalopram", (10, 5)), trial("bupropion", (300, 9), form="XL"))
    certain = {name: row.certain for name, row in under(*history).items()}
    assert certain == {
        **dict.fromkeys(["DEF-01", "DEF-02", "DEF-03", "DEF-06", "PAY-01"], 1),
        **dict.fromkeys(["DEF-04", "DEF-05", "DEF-07", "DEF-08", "DEF-09", "PAY-02"], 2),
    }
    assert under(*history)["DEF-05"].met is MET
    assert under(*history)["DEF-05"].trials == ("escitalopram", "bupropion")


SNRI = trial("venlafaxine", (150, 8))


@pytest.mark.parametrize(
    ("better", "at_most", "under_25", "under_50"),
    [("24", 2, 2, 2), ("25", 2, 1, 2), ("25.5", 1, 1, 2), ("49.9", 1, 1, 2), ("50", 1, 1, 1)],
)
def test_thresholds_of_failure(better, at_most, under_25, under_50):
    history = (trial("sertraline", (100, 8), better=better), SNRI)
    assert counts("DEF-01", *history)[0] == at_most
    assert counts("DEF-04", *history)[0] == under_25
    assert counts("DEF-05", *history)[0] == under_50


@pytest.mark.parametrize(
    ("came_to", "strict", "wide"), [(Improvement.NONE, 1, 1), (Improvement.PARTIAL, 0, 1), (Improvement.RESPONSE, 0, 0)]
)
def test_a_class_of_improvement_is_read_as_that_class(came_to, strict, wide):
    told = trial("sertraline", (100, 8), better=None, improvement=came_to)
    assert [counts(name, told)[0] for name in ("DEF-01", "DEF-04", "DEF-05")] == [strict, strict, wide]


@pytest.mark.parametrize(("weeks", "over_four"), [(4, 0), (5, 1)])
def test_def_08_asks_more_than_four_weeks(weeks, over_four):
    assert counts("DEF-08", trial("sertraline", (50, weeks)))[0] == over_four
    assert counts("DEF-07", trial("sertraline", (50, weeks)))[0] == 1


def test_a_relapse_counts_where_the_threshold_is_half_and_not_where_it_is_strict():
    relapsed = trial("sertraline", (50, 40), better=60, relapsed_on_dose=True)
    assert [counts(name, relapsed)[0] for name in ("DEF-01", "DEF-04", "DEF-05")] == [0, 0, 1]
    never_measured = trial("sertraline", (50, 40), better=10, relapsed_on_dose=True)
    assert counts("DEF-04", never_measured)[0] == 0


def test_what_is_missing_is_possible_and_named():
    open_one = trial("duloxetine", (None, 8))
    assert counts("DEF-01", SNRI, open_one) == (1, 2, UNKNOWN)
    assert under(SNRI, open_one)["DEF-01"].missing == ("duloxetine: dose",)
    assert counts("DEF-01", SNRI, trial("the blue one", (50, 8))) == (1, 2, UNKNOWN)
    assert counts("DEF-05", SNRI, trial("sertraline", (50, 8), better=None)) == (1, 2, UNKNOWN)
    assert counts("DEF-01", SNRI, trial("sertraline", (50, 8), better=None)) == (1, 2, UNKNOWN)
    assert counts("DEF-01", SNRI, trial("sertraline", (50, 8), adherence=60)) == (1, 2, UNKNOWN)
    assert counts("DEF-01", SNRI, trial("sertraline", (50, 8), episode=None)) == (1, 2, UNKNOWN)


def test_augmentation_intolerance_and_rulings():
    assert counts("DEF-05", SNRI, trial("aripiprazole", (5, 8)))[:2] == (1, 1)
    cut_short = trial("sertraline", (50, 5), stopped_for_side_effects=True)
    assert counts("DEF-05", SNRI, cut_short)[:2] == (1, 1)
    for counted, expected in ((True, 2), (False, 1)):
        ruled = trial("sertraline", (25, 8), ruled=Ruling(counted, "Dr Ada", "records"))
        assert counts("DEF-05", SNRI, ruled)[:2] == (expected, expected)


def test_def_01_asks_for_medicines_by_mouth():
    patch = trial("Emsam", (6, 8))
    assert counts("DEF-01", patch)[:2] == (0, 0)
    assert counts("DEF-02", patch)[:2] == (1, 1)


def test_pay_01_asks_for_different_classes():
    two_ssris = (trial("sertraline", (50, 8)), trial("fluoxetine", (20, 8)))
    assert counts("PAY-01", *two_ssris) == (1, 1, NOT_MET)
    assert counts("PAY-01", two_ssris[0], SNRI) == (2, 2, MET)
    together = (trial("bupropion", (300, 9), started_with=("sertraline",)), two_ssris[0])
    assert counts("PAY-01", *together) == (1, 1, NOT_MET)


def test_a_medicine_with_a_duration_of_its_own_keeps_it():
    assert counts("DEF-01", trial("zuranolone", (50, 2)))[0] == 1


EARLIER = [trial("sertraline", (50, 8), episode=False), trial("fluoxetine", (20, 8), episode=False)]
AUGMENTED = trial("aripiprazole", (5, 8))


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([*EARLIER, SNRI, AUGMENTED], (3, 3, MET)),
        ([*EARLIER, SNRI], (3, 3, NOT_MET)),
        ([*EARLIER, SNRI, trial("aripiprazole", (None, 8))], (3, 3, UNKNOWN)),
        ([*EARLIER, trial("venlafaxine", (150, 8), episode=False), AUGMENTED], (3, 3, NOT_MET)),
        ([*EARLIER, trial("venlafaxine", (150, 8), episode=None), AUGMENTED], (3, 3, UNKNOWN)),
        ([*EARLIER, trial("venlafaxine", (150, 7), better=30), AUGMENTED], (2, 2, NOT_MET)),
        ([*EARLIER, trial("venlafaxine", (375, 8), better=30), AUGMENTED], (3, 3, MET)),
        ([*EARLIER, trial("venlafaxine", (225, 8), better=30), AUGMENTED], (2, 2, NOT_MET)),
        ([*EARLIER, trial("venlafaxine", (None, 8), better=30), AUGMENTED], (2, 3, UNKNOWN)),
    ],
)
def test_pay_02_three_over_life_one_here_and_an_augmentation(history, expected):
    assert counts("PAY-02", *history) == expected


def test_order_never_matters():
    history = [*EARLIER, SNRI, AUGMENTED, trial("duloxetine", (None, Decimal(8)))]
    there, back = under(*history), under(*history[::-1])
    assert {n: (r.certain, r.possible, r.met) for n, r in there.items()} == {
        n: (r.certain, r.possible, r.met) for n, r in back.items()
    }


def test_of_one_medicine_in_two_episodes_the_trial_of_this_one_counts_for_it():
    """PAY-02 asks for trials of this episode: the same medicine taken before as well takes nothing away."""
    before, now = trial("venlafaxine", (150, 8), episode=False), trial("venlafaxine", (150, 8))
    alone, both = (under(*EARLIER, *history, AUGMENTED)["PAY-02"].met for history in ((now,), (before, now)))
    assert both is alone is MET
