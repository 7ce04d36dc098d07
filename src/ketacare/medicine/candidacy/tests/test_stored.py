"""Stored cases judged by two versions of the knowledge."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import ketacare
from ketacare.medicine.candidacy import reader, rules
from ketacare.medicine.evidence.terms import Outcome

FOLDER = Path(ketacare.__file__).parents[2] / "vignettes"
CASES = {stored.name: stored for stored in reader.stored_cases(FOLDER)}
SHIPPED = reader.shipped()
V01 = next(stored for name, stored in CASES.items() if name.startswith("V01"))


def needing(trials):
    """The same knowledge, with so many trials needed for resistance."""
    needed = replace(SHIPPED.trials.needed, value=Decimal(trials))
    return replace(SHIPPED, trials=replace(SHIPPED.trials, needed=needed))


def test_every_vignette_is_a_stored_case_and_an_empty_folder_has_none(tmp_path):
    assert len(CASES) > 60
    assert reader.stored_cases(tmp_path) == ()


def test_the_same_knowledge_changes_nobody():
    assert rules.rejudged(list(CASES.values())[:5], SHIPPED, SHIPPED) == ()


def test_who_would_be_judged_otherwise_and_by_which_rows():
    (changed,) = rules.rejudged([V01], SHIPPED, needing(3))
    assert changed.stored is V01
    assert changed.outcome_changes
    assert changed.old.outcome is not changed.new.outcome
    told = {(new or old).criterion for old, new in changed.reasons}
    assert "IND-01" in told


def test_whose_outcome_changes_comes_first_and_a_row_alone_is_told_too():
    strict = replace(SHIPPED.criteria.criteria[0], override="nobody's")
    criteria = replace(SHIPPED.criteria, criteria=(strict, *SHIPPED.criteria.criteria[1:]))
    row_only = replace(SHIPPED, criteria=criteria)
    (changed,) = rules.rejudged([V01], SHIPPED, row_only)
    assert not changed.outcome_changes
    assert [(old.override, new.override) for old, new in changed.reasons] == [
        (SHIPPED.criteria.criteria[0].override, "nobody's")
    ]
    both = replace(needing(3), criteria=criteria)
    stopped = next(one for one in CASES.values() if rules.judge(one.case, SHIPPED).outcome is Outcome.STOP)
    listed = rules.rejudged([stopped, V01], SHIPPED, both)
    assert [one.outcome_changes for one in listed] == sorted((one.outcome_changes for one in listed), reverse=True)
    assert listed[0].stored is V01


def test_a_row_that_is_gone_stands_beside_nothing():
    fewer = replace(SHIPPED, criteria=replace(SHIPPED.criteria, criteria=SHIPPED.criteria.criteria[1:]))
    (changed,) = rules.rejudged([V01], SHIPPED, fewer)
    gone = SHIPPED.criteria.criteria[0].id
    assert any(new is None and old.criterion == gone for old, new in changed.reasons)
