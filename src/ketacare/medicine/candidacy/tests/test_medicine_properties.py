"""Laws of the medicine list: order, names and ignorance never make it better."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.medicine.candidacy import reader
from ketacare.medicine.candidacy.rules import medicines as judging
from ketacare.medicine.candidacy.rules.formulary import matched
from ketacare.medicine.candidacy.terms import Action, Case, Route, Stage, TakenMedicine
from ketacare.medicine.evidence.rules import outcome_of
from ketacare.medicine.evidence.terms import Facts, Outcome, Result

KNOWLEDGE = reader.shipped()
DRUGS = KNOWLEDGE.formulary.drugs
ON = date(2026, 7, 14)
# From the best answer to the worst: unknown never counts as better than a warning.
WORSE = (Outcome.PERMIT, Outcome.WARN, Outcome.UNKNOWN, Outcome.STOP)

maybe = st.none() | st.booleans()
amounts = st.none() | st.decimals(min_value=0, max_value=400, places=1)
listed = st.builds(
    TakenMedicine,
    name=st.sampled_from([name for drug in DRUGS for name in drug.names]),
    form=st.sampled_from(["", "XR", "IR", "tablet", "nasal", "patch"]),
    daily_dose_mg=amounts,
    as_needed=maybe,
    hours_since_last=amounts,
    stable_days=st.none() | st.integers(0, 400),
)
stages, routes = st.sampled_from(Stage), st.none() | st.sampled_from(Route)


def reasons(medicines, stage=Stage.DOSE, route=None):
    return judging.reasons(Case(ON, Facts(), (), tuple(medicines), stage, route), KNOWLEDGE)


@settings(max_examples=150, deadline=None)
@given(st.lists(listed, max_size=6), st.randoms(use_true_random=False), stages, routes)
def test_order_never_matters(medicines, chance, stage, route):
    shuffled = list(medicines)
    chance.shuffle(shuffled)
    assert set(reasons(shuffled, stage, route)) == set(reasons(medicines, stage, route))
    assert [r.criterion for r in reasons(shuffled, stage, route)] == [
        r.criterion for r in reasons(medicines, stage, route)
    ]


@settings(max_examples=150, deadline=None)
@given(st.lists(listed, max_size=5), st.sampled_from(["", "seen the bottle"]), stages, routes)
def test_an_unmatched_medicine_never_makes_it_better(medicines, accepted, stage, route):
    before = outcome_of(reasons(medicines, stage, route))
    after = outcome_of(reasons([*medicines, TakenMedicine("Blue pills", accepted_unchecked=accepted)], stage, route))
    assert WORSE.index(after) >= WORSE.index(before)
    if not accepted:
        assert after in (Outcome.UNKNOWN, Outcome.STOP)


@settings(max_examples=150, deadline=None)
@given(st.lists(listed, min_size=1, max_size=5), stages, routes)
def test_another_matched_medicine_never_makes_it_better(medicines, stage, route):
    before = outcome_of(reasons(medicines[1:], stage, route))
    assert WORSE.index(outcome_of(reasons(medicines, stage, route))) >= WORSE.index(before)


@settings(max_examples=200, deadline=None)
@given(listed, routes, st.decimals(min_value=0, max_value=400, places=1))
def test_knowing_when_never_turns_a_settled_answer_into_unknown(medicine, route, since):
    """A missing time is asked for; once told, that question is closed."""
    told = TakenMedicine(medicine.name, medicine.form, medicine.daily_dose_mg, medicine.as_needed, since, 30)
    asked = {name for r in reasons([told], route=route) if r.result is Result.UNKNOWN for name in r.missing}
    assert f"{medicine.name}: hours since last" not in asked


@pytest.mark.parametrize("drug", DRUGS, ids=lambda drug: drug.name)
def test_every_drug_alone_yields_its_rows_action(drug):
    judged = judging.judged_medicine(TakenMedicine(drug.name), Case(ON, Facts(), (), ()), KNOWLEDGE)
    assert judged.drug is drug
    assert {row.id for row in judged.rows} == {*(use.row for use in drug.uses), *drug.groups}
    wanted = {Action.ASK if use.consult else use.action for use in drug.uses}
    if not wanted and not drug.groups:
        assert judged.action is Action.NOTHING_KNOWN
    elif wanted and "strong" not in drug.groups.values():
        assert judged.action in wanted
    assert {reason.criterion for reason in judged.reasons} <= {row.id for row in judged.rows} | {"MED-NONE"}
    for hold in judged.holds:
        assert str(hold.value) in " ".join([judged.words, *(r.words for r in judged.reasons)])


@pytest.mark.parametrize("drug", DRUGS, ids=lambda drug: drug.name)
def test_brand_and_ingredient_give_the_same_answer(drug):
    for name in (*drug.brands, *drug.also, *drug.spanish):
        assert matched(name.upper(), "", KNOWLEDGE.formulary).drug is drug
        by_name = judging.judged_medicine(taken(name), Case(ON, Facts(), (), (), Stage.DOSE), KNOWLEDGE)
        plain = judging.judged_medicine(taken(drug.name), Case(ON, Facts(), (), (), Stage.DOSE), KNOWLEDGE)
        assert (by_name.action, by_name.words, by_name.hours_left) == (plain.action, plain.words, plain.hours_left)
        answers = [[(r.criterion, r.result, r.effect, r.override) for r in one.reasons] for one in (by_name, plain)]
        assert answers[0] == answers[1]
    for name, form in drug.brands_by_form.items():
        assert matched(name, "", KNOWLEDGE.formulary) == matched(drug.name, form, KNOWLEDGE.formulary)


def taken(name):
    return TakenMedicine(name, "", Decimal(10), False, Decimal(5), 30)
