"""What the schedules ask before leaving is what the criteria ask (H12)."""

from dataclasses import replace

import pytest

from ketacare.medicine.dosing import rules
from ketacare.medicine.dosing.tests.test_release import IV, at, ex_1, frame, going_home, without
from ketacare.medicine.evidence.terms import Facts
from ketacare.medicine.protocols.reader import PROTOCOLS, protocol


@pytest.mark.parametrize("sheet", PROTOCOLS)
def test_h12_whatever_the_schedule_asks_before_leaving_is_asked_by_a_criterion(sheet):
    """MON-*, the last column: an x there is a fact without which nobody is ready."""
    found = protocol(sheet)
    asked = {one.parameter for one in found.readings if one.before_leaving}
    facts = {fact for name in asked for fact in (("sbp", "dbp") if name == "bp" else (name,))}
    bare = [fact for fact in [*frame(), *going_home()] if fact.name not in facts]
    assert facts <= set(rules.release(Facts(bare), found, at(125)).missing)


def test_h19_a_session_that_began_with_a_sheet_without_a_line_for_breaths_is_held_to_that():
    lines = {name: figure for name, figure in IV.release.figures.items() if name not in ("rr_least", "rr_most")}
    earlier = replace(IV, release=replace(IV.release, figures=lines))
    assert rules.release(Facts(without(ex_1(), "rr")), earlier, at(95)).ready is True
