"""Laws that hold for any history: order never matters, and a fact added never turns certain into unknown."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.rules import trials
from ketacare.medicine.candidacy.terms import DoseStep, Standing, Trial
from ketacare.medicine.candidacy.tests.given import LINES, SHEET, case

NAMES = ["sertraline", "Zoloft", "escitalopram", "citalopram", "venlafaxine", "bupropion", "aripiprazole", "blue one"]


def maybe(*values):
    return st.sampled_from([None, *values])


steps = st.lists(
    st.builds(DoseStep, maybe(Decimal(10), Decimal(50), Decimal(300)), maybe(14, 28, 42, 60)), max_size=3
).map(tuple)
histories = st.lists(
    st.builds(
        Trial,
        st.sampled_from(NAMES),
        steps,
        maybe(Decimal(0), Decimal(25), Decimal(40), Decimal(60)),
        maybe(Decimal(30), Decimal(60), Decimal(90)),
        maybe(True, False),
        gap_days=st.sampled_from([0, 0, 5, 9]),
        started_with=st.sampled_from([(), (), ("bupropion",), ("sertraline",)]),
        days_alone=maybe(10, 50),
        stopped_for_side_effects=st.booleans(),
    ),
    max_size=5,
)


def summary(history):
    count = rules.count_trials(history, LINES)
    told = trials.reasons(case(history), SHEET)
    staged = rules.staging(case(history), SHEET)
    return (
        *(count.certain, count.short, count.unknown, count.intolerances, count.lifetime, count.strict),
        *(count.augmentations, dict(count.classes), set(count.counted), set(count.missing)),
        *((reason.criterion, reason.result, set(reason.missing)) for reason in told),
        *((score.least, score.most) for score in (staged.maudsley, staged.thase_rush, staged.mgh)),
    )


@settings(max_examples=150)
@given(histories, st.randoms(use_true_random=False))
def test_the_order_of_trials_never_matters(history, chance):
    mixed = list(history)
    chance.shuffle(mixed)
    assert summary(history) == summary(mixed)


@settings(max_examples=250)
@given(
    histories, st.sampled_from([Decimal(0), Decimal(60)]), st.sampled_from([Decimal(30), Decimal(90)]), st.booleans()
)
def test_a_known_fact_never_turns_certain_into_unknown(history, better, adherence, here):
    for trial in history:
        before = rules.judge_trial(trial, LINES).standing
        fuller = replace(
            trial,
            steps=tuple(replace(s, dose_mg=s.dose_mg or Decimal(50), days=s.days or 42) for s in trial.steps),
            improvement_percent=trial.improvement_percent if trial.improvement_percent is not None else better,
            adherence_percent=trial.adherence_percent if trial.adherence_percent is not None else adherence,
            in_current_episode=here if trial.in_current_episode is None else trial.in_current_episode,
        )
        after = rules.judge_trial(fuller, LINES).standing
        if before in (Standing.CERTAIN, Standing.NO):
            assert after is before
        if before is not Standing.UNKNOWN:
            assert after is not Standing.UNKNOWN


@settings(max_examples=150)
@given(histories)
def test_certain_is_never_more_than_possible_and_neither_more_than_the_trials(history):
    count = rules.count_trials(history, LINES)
    assert count.certain <= count.possible <= len(history)
    assert bool(count.missing) is bool(count.unknown)
    assert count.strict <= count.certain <= sum(count.classes.values())


@settings(max_examples=100)
@given(histories)
def test_a_reason_is_unknown_only_where_missing_facts_could_change_it(history):
    reason = trials.reasons(case(history), SHEET)[0]
    count = rules.count_trials(history, LINES)
    if reason.result == "unknown":
        assert count.certain < 2 <= count.possible
        assert reason.missing
