"""Stored cases judged by two versions of the knowledge."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import ketacare
from ketacare.medicine.candidacy import reader, rules
from ketacare.medicine.candidacy.terms import Rejudged
from ketacare.medicine.evidence.terms import Effect, Outcome, Reason, Result

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


def with_rows(knowledge, *rows):
    """The same knowledge, with these contraindications and no others."""
    return replace(knowledge, contraindications=replace(knowledge.contraindications, criteria=tuple(rows)))


ROWS = SHIPPED.contraindications.criteria
ALONE = {row.id for row in ROWS if [other.id for other in ROWS].count(row.id) == 1}
# Somebody whom a contraindication holds back that is one criterion alone, and that criterion.
HELD, MET = next(
    (stored, reason.criterion)
    for stored in CASES.values()
    for reason in rules.judge(stored.case, SHIPPED).reasons
    if reason.result is Result.MET and reason.criterion in ALONE
)
FIRST = next(row for row in ROWS if row.id == MET)
OTHERS = [row for row in ROWS if row is not FIRST]


def test_whose_outcome_changes_comes_first_and_a_row_alone_is_told_too():
    strict = replace(FIRST, override="nobody's")
    (changed,) = rules.rejudged([HELD], SHIPPED, with_rows(SHIPPED, strict, *OTHERS))
    assert not changed.outcome_changes
    assert [(old.override, new.override) for old, new in changed.reasons] == [(FIRST.override, "nobody's")]
    listed = rules.rejudged([HELD, V01], SHIPPED, with_rows(needing(3), strict, *OTHERS))
    assert [one.outcome_changes for one in listed] == sorted((one.outcome_changes for one in listed), reverse=True)
    assert V01 in [one.stored for one in listed if one.outcome_changes]


def test_a_row_that_is_gone_stands_beside_nothing():
    (changed,) = rules.rejudged([HELD], SHIPPED, with_rows(SHIPPED, *OTHERS))
    assert [(old.criterion, new) for old, new in changed.reasons if new is None] == [(FIRST.id, None)]


def test_whoever_is_stopped_anyway_is_not_answered_otherwise_by_a_clearance():
    stopped = next(one for one in CASES.values() if rules.judge(one.case, SHIPPED).outcome is Outcome.STOP)
    decision = rules.judge(stopped.case, SHIPPED)
    asks = Reason("X-1", "A letter", Result.MET, Effect.CLEAR, "A letter is needed")
    with_letter = replace(decision, reasons=(*decision.reasons, asks))
    assert with_letter.needs_clearance
    assert not Rejudged(stopped, decision, with_letter, ()).outcome_changes
