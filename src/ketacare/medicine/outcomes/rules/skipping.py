"""Items that a form's own rule leaves out: nothing was asked because nothing could be, so that they count 0."""

from __future__ import annotations

from ketacare.medicine.outcomes.terms import Answers, Instrument, Skip


def skipped(instrument: Instrument, answers: Answers) -> tuple[str, ...]:
    """The items without an answer that a rule of the form leaves out, in its order."""
    left_out = {item for skip in instrument.skips if holds(skip, answers) for item in skip.items}
    return tuple(item.id for item in instrument.items if item.id in left_out and answers.get(item.id) is None)


def holds(skip: Skip, answers: Answers) -> bool:
    """Never where what it leaves out was answered otherwise all the same: then the form contradicts itself."""
    asked = [answers.get(item) for item in skip.after]
    known = [code for code in asked if code is not None]
    return len(known) == len(asked) and sum(known) <= skip.at_most and not any(answers.get(item) for item in skip.items)


def filled(instrument: Instrument, answers: Answers) -> Answers:
    """The answers with a 0 for each item that was left out by rule."""
    return dict(answers) | dict.fromkeys(skipped(instrument, answers), 0)
