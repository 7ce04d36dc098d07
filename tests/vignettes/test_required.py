"""The required vignettes held against the table of the reference: what each expects, and the rows that it prints."""

import re

import pytest

from ketacare.medicine.candidacy import reader, rules
from ketacare.medicine.evidence.terms import Outcome, Result
from tests.reference.differences import deliberate
from tests.reference_tables import tables
from tests.vignettes.expand import all_steps, outcomes

WANTED = {row["#"]: row for row in tables("screening", "Vignettes for tests")}
# Go, caution and clear are told apart by whether somebody must clear it; a stop and an unknown are what they are.
OUTCOMES = {
    "Go": (Outcome.PERMIT, False),
    "Caution": (Outcome.WARN, False),
    "Clear": (Outcome.WARN, True),
    "Stop": (Outcome.STOP, None),
    "Unknown": (Outcome.UNKNOWN, None),
}
REASONS = "Reasons the engine must print"
SIGNED = r"P(?:\+[A-Za-z]+)*"
# Groups of classes that the table names in words, by the row that says so.
IN_WORDS = {"CYP3A4 inhibitor group": "PKG-1", "inducer group": "PKG-3"}


def steps(name):
    """The steps of a required vignette; the first is the case of the table."""
    return [step for step in all_steps() if step.vignette == f"V{int(name[1:]):02}"]


def rows_in(words):
    written = words + "".join(f" {row}" for told, row in IN_WORDS.items() if told in words)
    return re.findall(r"\b(?:IND|TRIAL|BP|CI|INT|PKG?|EXC|SUI|COM)-\d+[a-z]?\b", written)


def printed(expected):
    """Every row that a vignette asks to see, met, unknown or passed."""
    of_trials = {rule for trial in expected.get("trials", {}).values() for rule in trial.get("why", ())}
    return {*expected.get("reasons", {}), *expected.get("also", ()), *expected.get("says", {})} | of_trials


def test_the_table_has_the_required_vignettes():
    assert list(WANTED) == [f"V{number}" for number in range(1, 29)]


@pytest.mark.parametrize("name", WANTED)
def test_each_expects_what_the_table_expects(name):
    word = re.match(r"\w+", WANTED[name]["Expected"])[0]
    outcome, cleared = OUTCOMES[word]
    first = steps(name)[0]
    assert outcomes(first) == {outcome}
    assert first.expected.get("needs_clearance") is cleared


@pytest.mark.parametrize("name", WANTED)
def test_each_asks_for_every_reason_that_the_table_names(name):
    wanted = set(rows_in(WANTED[name][REASONS]))
    asked = set().union(*(printed(step.expected) for step in steps(name)))
    assert wanted <= asked


@pytest.mark.parametrize("name", WANTED)
def test_each_asks_for_the_signatures_that_the_table_names(name):
    expected, reasons = WANTED[name]["Expected"], WANTED[name][REASONS]
    named = {*re.findall(rf"\(({SIGNED})\)", expected), *re.findall(rf"needs ({SIGNED})", reasons)}
    named |= set(re.findall(rf"({SIGNED}) override", reasons))
    named |= {"none"} if re.search(r"no(ne may)? override", reasons) else set()
    asked = {who for step in steps(name) for who in step.expected.get("override", {}).values()}
    assert named <= asked


def figures(words):
    """The numbers of a text, without ids of rows and places of the reference."""
    return set(re.findall(r"(?<![\w.-])\d+(?:\.\d+)?", re.sub(r"path [\d.]+", "", words)))


def told_of(step):
    """All that is printed of a case: the words of every reason that counts, and why each trial does or does not."""
    case, knowledge = reader.case_from_json(step.case), reader.shipped()
    reasons = rules.judge(case, knowledge).reasons
    trials = rules.count_trials(case.trials or (), knowledge.trials).judgements
    said = [reason.words for reason in reasons if reason.result is not Result.NOT_MET]
    return " ".join([*said, *(why for trial in trials for why in trial.why)])


def test_every_figure_that_the_table_names_is_printed_or_told_why_not():
    found = {
        (name, REASONS)
        for name, row in WANTED.items()
        if figures(row[REASONS]) - set().union(*(figures(told_of(step)) for step in steps(name)))
    }
    assert found == deliberate("vignettes")
