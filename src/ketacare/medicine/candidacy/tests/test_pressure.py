"""Blood pressure before a dose: the value that decides, and the band it falls into."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.terms import Pressure
from ketacare.medicine.candidacy.tests.given import SHEET
from ketacare.medicine.candidacy.tests.ordinary import judged, ordinary, reason
from ketacare.medicine.evidence.terms import Outcome, Result

AT = datetime(2026, 7, 14, 8, 20, tzinfo=UTC)
LINES = SHEET.pressure.lines


def bp(*pairs, start=AT - timedelta(minutes=30)):
    return [Pressure(start + timedelta(minutes=5 * i), s, d) for i, (s, d) in enumerate(pairs)]


# --- rest and repeat -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pairs", "gate"),
    [
        ([(128, 78)], (128, 78, False)),
        ([(148, 92)], None),  # raised: the repeat is due
        ([(148, 90), (142, 88), (138, 86)], (140, 87, False)),  # EX-2
        ([(146, 84), (142, 82), (138, 80)], (140, 81, False)),  # EX-6
        ([(152, 94), (146, 92)], (149, 93, False)),  # V12
        ([(166, 98), (162, 96)], (164, 97, False)),  # V13
        ([(141, 80), (140, 81)], (141, 81, False)),  # means are rounded up
        ([(184, 100)], None),
        ([(184, 100), (182, 101)], (183, 101, True)),
        ([(184, 100), (150, 88), (138, 86)], (144, 87, False)),
        ([], None),
    ],
)
def test_rul_08_gate_value(pairs, gate):
    answer = rules.bp_gate(bp(*pairs), LINES)
    assert (answer and (answer.systolic, answer.diastolic, answer.severe)) == gate


def test_the_gate_does_not_depend_on_the_order_readings_arrive_in():
    readings = bp((148, 90), (142, 88), (138, 86))
    assert {rules.bp_gate(list(mixed), LINES) for mixed in permutations(readings)} == {rules.bp_gate(readings, LINES)}


def test_bp_readings_become_facts_once_the_gate_is_settled():
    assert rules.bp_facts(bp((148, 92)), LINES, "nurse") == ()
    sbp, dbp, severe = rules.bp_facts(bp((148, 90), (142, 88), (138, 86)), LINES, "nurse")
    assert (sbp.value, dbp.value, severe.value) == (140, 87, False)


# --- bands -----------------------------------------------------------------------------------------------------------


def with_pressure(*pairs, **more):
    """The gate value comes from the readings alone."""
    facts = ordinary(gate_sbp=None, gate_dbp=None, gate_severe=None)
    return judged(facts, dose=True, at=AT, pressures=tuple(bp(*pairs)), **more)


BANDS = {"BP-1": "note", "BP-2": "needs clearance", "BP-3": "stop", "BP-4": "stop", "BP-5": "needs clearance"}
SAME = {"BP-2": "CI-13", "BP-3": "CI-15", "BP-4": "CI-16"}


@pytest.mark.parametrize(
    ("pairs", "band", "outcome"),
    [
        ([(140, 90)], "BP-1", "permit"),
        ([(141, 90), (141, 90)], "BP-2", "warn"),
        ([(140, 91), (140, 91)], "BP-2", "warn"),
        ([(159, 99), (159, 99)], "BP-2", "warn"),
        ([(160, 80), (160, 80)], "BP-3", "stop"),
        ([(150, 100), (150, 100)], "BP-3", "stop"),
        ([(179, 109), (179, 109)], "BP-3", "stop"),
        ([(180, 80), (181, 80)], "BP-4", "stop"),
        ([(150, 110), (150, 111)], "BP-4", "stop"),
        ([(184, 100), (150, 88), (138, 86)], "BP-2", "warn"),
        ([(89, 60)], "BP-5", "warn"),
    ],
)
def test_rul_08_each_band_at_its_lines(pairs, band, outcome):
    decision = with_pressure(*pairs)
    assert decision.outcome == outcome
    told = {name: reason(decision, name).result for name in BANDS}
    also = {"BP-1"} if band == "BP-5" else set()
    assert {name for name, result in told.items() if result is Result.MET} == {band} | also
    assert reason(decision, band).effect == BANDS[band]
    for name, same in SAME.items():
        assert reason(decision, same).result is reason(decision, name).result
        assert reason(decision, same).override == reason(decision, name).override


def test_v12_a_little_high_twice_is_the_prescribers_decision():
    decision = with_pressure((152, 94), (146, 92))
    assert decision.outcome is Outcome.WARN
    assert (reason(decision, "BP-2").override, decision.needs_clearance) == ("P", True)


def test_v13_too_high_stops_for_today_and_two_may_override():
    decision = with_pressure((166, 98), (162, 96))
    assert decision.outcome is Outcome.STOP
    assert reason(decision, "BP-3").override == "P+MD"


def test_a_raised_reading_that_awaits_its_repeat_is_not_settled():
    decision = with_pressure((152, 94))
    assert decision.outcome is Outcome.UNKNOWN
    assert {"gate_sbp", "gate_dbp"} <= set(decision.missing)


def test_readings_of_yesterday_settle_nothing_today():
    facts = ordinary(gate_sbp=None, gate_dbp=None, gate_severe=None)
    yesterday = tuple(bp((120, 80), start=AT - timedelta(days=1)))
    assert judged(facts, dose=True, at=AT, pressures=yesterday).outcome is Outcome.UNKNOWN


def test_both_sheets_draw_the_same_lines():
    """Each row reads its own sheet; an amendment of one that raises a line changes nothing until both do."""
    for pairs in ([(140, 90)], [(150, 95)] * 2, [(165, 85)] * 2, [(185, 112)] * 2):
        decision = with_pressure(*pairs)
        for one, other in SAME.items():
            assert reason(decision, one).result is reason(decision, other).result
