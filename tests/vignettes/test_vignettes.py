"""Every vignette is judged as its author expected from the sources alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ketacare.medicine.candidacy import reader, rules
from ketacare.medicine.candidacy.reader.vignettes import Step
from ketacare.medicine.candidacy.terms import TrialCount
from ketacare.medicine.evidence.terms import Decision, Reason, Result
from ketacare.web.handbook.vignettes import ABSENT, plan, result_of
from tests.vignettes.expand import all_steps, case_of, outcomes

# What an ordinary candidate meets: an indication, and on the day a pressure at or below the first line.
ORDINARY = {"IND-01", "BP-1"}


def number(step: Step) -> str:
    return f"{step.vignette}.{step.place}"


def judged(step: Step) -> Any:
    """A difference that is open by name is expected to fail, and to be struck from the list once it does not."""
    reason = plan()["open"].get(number(step))
    marks = () if reason is None else pytest.mark.xfail(reason=reason, strict=True)
    return pytest.param(step, id=step.label, marks=marks)


def test_what_is_open_names_steps_that_exist():
    assert plan()["open"].keys() <= {number(step) for step in all_steps()}


@pytest.mark.parametrize("step", [judged(step) for step in all_steps()])
def test_a_vignette(step: Step):
    case = reader.case_from_json(step.case)
    decision = rules.judge(case, reader.shipped())
    count = rules.count_trials(case.trials or (), reader.shipped().trials)
    faults = [*of_whole(step, decision), *of_reasons(step, decision), *of_trials(step, count), *of_print(decision)]
    faults += [f"{r.criterion}: no title" for r in decision.reasons if r.criterion not in reader.shipped().titles]
    if faults:
        pytest.fail("\n".join([f"{step.label} ({step.title})", *faults, "", *told(decision)]), pytrace=False)


@pytest.mark.parametrize("stage", ["evaluation", "dose"])
def test_the_ordinary_candidate_is_held_back_by_nothing(stage):
    decision = rules.judge(reader.case_from_json(case_of([{"stage": stage}])), reader.shipped())
    assert decision.outcome == "permit", "\n".join(told(decision))
    met = {reason.criterion for reason in decision.reasons if reason.result is Result.MET}
    assert met <= ORDINARY
    assert [reason.criterion for reason in decision.reasons if reason.result is Result.UNKNOWN] == []


def of_whole(step: Step, decision: Decision) -> Iterator[str]:
    expected = step.expected
    if decision.outcome not in outcomes(step):
        yield f"outcome: expected {' or '.join(sorted(outcomes(step)))}, got {decision.outcome}"
    wanted = expected.get("needs_clearance")
    if wanted is not None and decision.needs_clearance is not wanted:
        yield f"needs clearance: expected {wanted}, got {decision.needs_clearance}"
    if "missing" in expected and set(expected["missing"]) != set(decision.missing):
        yield f"missing: expected {expected['missing']}, got {list(decision.missing)}"
    # What would settle it is the smallest set; what is asked names the other ways out as well.
    held = [reason for reason in decision.reasons if reason.result is Result.UNKNOWN and reason.holds_back]
    unasked = set(expected.get("asks", ())) - {name for reason in held for name in reason.missing}
    if unasked:
        yield f"missing: expected at least {sorted(unasked)} more, got {list(decision.missing)}"


def of_reasons(step: Step, decision: Decision) -> Iterator[str]:
    expected = step.expected
    for row, wanted in expected.get("reasons", {}).items():
        got = answers(decision, row)
        if not (any(fits(wanted, reason) for reason in got) if wanted != ABSENT else not got):
            yield f"{row}: expected {wanted}, got {shown(got)}"
    for row, words in expected.get("says", {}).items():
        said = " ".join(reason.words for reason in answers(decision, row))
        for wanted in [words] if isinstance(words, str) else words:
            if not any(part.strip().casefold() in said.casefold() for part in wanted.split("|")):
                yield f"{row}: expected to say {wanted!r}, says {said!r}"
    for row, wanted in expected.get("override", {}).items():
        if not any(
            reason.override == wanted and reason.result is not Result.NOT_MET for reason in answers(decision, row)
        ):
            yield f"{row}: expected override {wanted}, got {[reason.override for reason in answers(decision, row)]}"
    for row in expected.get("also", ()):
        if row not in {reason.criterion for reason in decision.reasons}:
            yield f"{row}: expected to be printed, is not"
    for row in expected.get("never", ()):
        if any(reason.result is Result.MET for reason in answers(decision, row)):
            yield f"{row}: expected never met, got {shown(answers(decision, row))}"
    for row in expected.get("cleared", ()):
        if not any(reason.cleared for reason in answers(decision, row)):
            yield f"{row}: expected cleared, got {shown(answers(decision, row))}"


def of_trials(step: Step, count: TrialCount) -> Iterator[str]:
    if step.expected.get("count", count.words) != count.words:
        yield f"trials: expected {step.expected['count']}, got {count.words}"
    for name, wanted in step.expected.get("trials", {}).items():
        judged = next(one for one in count.judgements if one.trial.medicine.casefold() == name.casefold())
        if judged.standing != wanted.get("standing", judged.standing):
            yield f"{name}: expected {wanted['standing']}, got {judged.standing} {judged.why}"
        unsaid = set(wanted.get("why", ())) - {rule for why in judged.why for rule in why.split(":")[0].split(", ")}
        unmarked = [flag for flag in wanted.get("flags", ()) if not any(flag in told for told in judged.flags)]
        if unmarked:
            yield f"{name}: expected the marks {unmarked}, got {judged.flags}"
        if unsaid:
            yield f"{name}: expected because of {sorted(unsaid)}, got {judged.why}"


def of_print(decision: Decision) -> Iterator[str]:
    """What a reason rests on is told with its age and who said so; what is unknown names what is missing."""
    known = reader.shipped().facts
    for reason in decision.reasons:
        for fact in reason.facts:
            if not fact.source or (fact.name in known and fact.age_days is None):
                yield f"{reason.criterion}: {fact.name} is printed without age or source"
        if reason.result is Result.UNKNOWN and not reason.missing:
            yield f"{reason.criterion}: unknown, and does not say what is missing"


def answers(decision: Decision, row: str) -> list[Reason]:
    """The answers of this row: the deciding ones alone, where a row with two outcomes has one that is met."""
    of_row = [reason for reason in decision.reasons if reason.criterion == row]
    for result in (Result.MET, Result.UNKNOWN):
        if any(reason.result is result for reason in of_row):
            return [reason for reason in of_row if reason.result is result]
    return of_row


def fits(wanted: str, reason: Reason) -> bool:
    result = result_of(wanted)
    effect = wanted.removeprefix(result).strip()
    return reason.result == result and effect in ("", reason.effect.name.lower())


def shown(reasons: list[Reason]) -> str:
    told = [f"{reason.result} {reason.effect.name.lower()} ({reason.words})" for reason in reasons]
    return "; ".join(told) or "nothing"


def told(decision: Decision) -> Iterator[str]:
    yield f"decision: {decision.outcome}, missing {list(decision.missing)}"
    for reason in decision.reasons:
        if reason.result is not Result.NOT_MET:
            yield f"  {reason.criterion} {shown([reason])}{' cleared' if reason.cleared else ''} {list(reason.missing)}"
