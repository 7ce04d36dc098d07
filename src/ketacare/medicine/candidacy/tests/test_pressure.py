"""Blood pressure before a dose: the value that decides, and the band it falls into."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.terms import Awaited, Pressure
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
        ([(136, 84), (190, 116), (194, 118)], (192, 117, True)),  # a calm first reading excuses no later one
        ([(190, 116), (194, 118), (136, 84)], (165, 101, True)),
        ([(138, 88), (172, 104)], None),  # raised after a calm one: its repeat is due
        ([(138, 88), (172, 104), (168, 100)], (170, 102, False)),
        ([(138, 88), (136, 84), (140, 90)], (138, 88, False)),
        ([(176, 104), (174, 102), (172, 102), (138, 86), (138, 86), (136, 84)], (173, 102, False)),  # up to three
        ([(176, 104), (174, 102), (172, 102), (178, 96)], None),
        ([(148, 92), (142, 88), (138, 86), (170, 90), (160, 88)], (165, 89, False)),  # and the worse counts
        ([(166, 98), (162, 96), (160, 94), (142, 92), (138, 84)], (161, 95, False)),
        ([(150, 90), (138, 84), (180, 88)], None),  # a severe one is repeated at once
        ([(150, 90), (138, 84), (180, 88), (138, 84)], (159, 86, False)),
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
    assert {fact.known_at for fact in (sbp, dbp, severe)} == {AT - timedelta(minutes=20)}, "as of the newest reading"


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


@pytest.mark.parametrize(
    ("pairs", "due"),
    [
        ([], None),
        ([(140, 90)], None),
        ([(148, 92)], Awaited.AFTER_REST),
        ([(136, 84), (148, 92)], Awaited.AFTER_REST),
        ([(148, 92), (144, 88)], Awaited.ONCE_MORE),
        ([(148, 92), (138, 88)], None),
        ([(148, 92), (144, 88), (142, 88)], None),
        ([(148, 92), (144, 88), (142, 88), (150, 90)], Awaited.AFTER_REST),
        ([(184, 100)], Awaited.AT_ONCE),
        ([(148, 92), (144, 110)], Awaited.AT_ONCE),
        ([(184, 100), (182, 101)], Awaited.ONCE_MORE),
    ],
)
def test_rul_08_what_is_measured_next(pairs, due):
    assert rules.bp_awaited(bp(*pairs), LINES) == due


def at(*rows, **more):
    """Readings so many seconds before the case, and whatever else was told."""
    taken = tuple(Pressure(AT - timedelta(seconds=ago), systolic, diastolic) for ago, systolic, diastolic in rows)
    return judged(ordinary(**more), dose=True, at=AT, pressures=taken)


NO_GATE = {"gate_sbp": None, "gate_dbp": None, "gate_severe": None}


def test_6_3_of_readings_that_are_too_near_each_other_the_worse_of_each_number_counts():
    near = [Pressure(AT + timedelta(minutes=i), *pair) for i, pair in enumerate([(150, 70), (126, 95), (138, 72)])]
    (one,) = rules.sittings(near, LINES)
    assert (str(one), one.taken_at) == ("150/95", near[-1].taken_at)


def test_6_3_what_is_read_seconds_after_a_raised_reading_is_no_repeat_of_it():
    """6.3: readings 5 min apart. Two within that are one reading, of which the worse counts."""
    for seconds in (3, 299):
        soon = at((300, 150, 70), (300 - seconds, 125, 70), **NO_GATE)
        assert (soon.outcome, reason(soon, "BP-2").result) == ("unknown", "unknown"), seconds
    assert at((300, 150, 70), (0, 125, 70), **NO_GATE).outcome == "permit"
    after = at((600, 150, 70), (597, 125, 70), (300, 141, 70), **NO_GATE)
    assert reason(after, "BP-2").result is Result.MET, "mean of 150 and 141, not of 125 and 141"
    assert at((300, 128, 70), (297, 172, 70), **NO_GATE).outcome == "unknown", "the worse of both is raised"


def test_6_3_a_severe_reading_is_repeated_at_once_and_counts():
    assert reason(at((20, 184, 100), (0, 182, 101), **NO_GATE), "BP-4").result is Result.MET
    assert reason(at((20, 184, 90), (0, 140, 80), **NO_GATE), "BP-3").result is Result.MET, "mean 162"
    hidden = at((300, 150, 90), (297, 185, 112), (294, 186, 112), **NO_GATE)
    assert reason(hidden, "BP-4").result is Result.MET


def test_rul_08_a_value_told_beside_a_raised_reading_hides_nothing():
    """RUL-08: repeat at once. A gate value of 128/78 in the same case is not one of after that reading."""
    for reading in ((120, 190, 115), (120, 165, 95)):
        beside = at(reading, gate_sbp=128, gate_dbp=78, gate_severe=False)
        assert beside.outcome is Outcome.UNKNOWN, reading
        assert {"gate_sbp", "gate_dbp"} <= set(beside.missing)


def test_rul_08_the_words_name_every_reading_that_decides():
    worse = rules.bp_gate(bp((148, 92), (142, 88), (138, 86), (170, 90), (160, 88)), LINES)
    assert worse.words == "mean of 142/88 and 138/86; again raised: mean of 170/90 and 160/88, all 5 kept"
    severe = rules.bp_gate(bp((190, 116), (194, 118), (136, 84)), LINES)
    assert severe.words == "severe twice in a row; mean of 194/118 and 136/84, all 3 kept"


@pytest.mark.parametrize("later", [(190, 116), (172, 104), (145, 80)])
def test_rul_08_no_calm_first_reading_permits_what_comes_after_it(later):
    """Until the repeat is taken the day is not ready; a repeat as high decides as if the calm one had not been."""
    assert with_pressure((136, 84), later).outcome is Outcome.UNKNOWN
    assert with_pressure((136, 84), later, later).outcome == with_pressure(later, later).outcome


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
