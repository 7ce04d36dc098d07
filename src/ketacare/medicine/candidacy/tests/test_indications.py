"""For what it may be offered, and whether the episode is moderate or severe."""

from datetime import timedelta
from decimal import Decimal

import pytest

from ketacare.medicine.candidacy.tests.given import ON, SHEET
from ketacare.medicine.candidacy.tests.ordinary import a_fact, judged, ordinary, reason
from ketacare.medicine.evidence.terms import Fact, Outcome, Result

SCALES = {"phq_9": None, "madrs": None, "qids_sr16": None}


@pytest.mark.parametrize(
    ("diagnosis", "criterion", "effect", "override"),
    [
        ("bipolar depression", "IND-04", "needs clearance", "P"),
        ("post-traumatic stress", "IND-05", "needs clearance", "P"),
        ("anxiety", "IND-06", "needs clearance", "P+MD"),
        ("obsessive-compulsive", "IND-07", "needs clearance", "P+MD"),
        ("alcohol use", "IND-08", "needs clearance", "P+MD"),
        ("depression after birth", "IND-09", "needs clearance", "P+MD"),
        ("persistent, adjustment or personality alone", "IND-10", "stop", "P+MD"),
        ("chronic pain", "IND-11", "stop", "P+MD"),
        ("other", "IND-12", "stop", "none"),
    ],
)
def test_the_main_diagnosis_decides(diagnosis, criterion, effect, override):
    told = reason(judged(ordinary(diagnosis=diagnosis)), criterion)
    assert (str(told.result), str(told.effect), told.override) == ("met", effect, override)
    assert reason(judged(), criterion).result is Result.NOT_MET
    assert reason(judged(ordinary(diagnosis=None)), criterion).result is Result.UNKNOWN


@pytest.mark.parametrize(("scale", "line"), [("phq_9", 15), ("madrs", 20), ("qids_sr16", 11)])
def test_rul_04_one_scale_over_its_line_is_enough(scale, line):
    low = {"phq_9": 0, "madrs": 0, "qids_sr16": 0}
    assert reason(judged(ordinary(**low | {scale: line})), "SEV-01").result is Result.NOT_MET
    below = judged(ordinary(**low | {scale: line - 1}))
    assert (reason(below, "SEV-01").result, below.needs_clearance) == (Result.MET, True)
    assert reason(judged(ordinary(**SCALES | {scale: line - 1})), "SEV-01").result is Result.MET


def test_rul_04_without_scale_and_statement_it_is_unknown():
    told = reason(judged(ordinary(**SCALES)), "SEV-01")
    assert (told.result, told.missing) == (Result.UNKNOWN, ("phq_9",))
    signed = judged(ordinary(**SCALES, severity_statement=True))
    assert reason(signed, "SEV-01").result is Result.NOT_MET
    unsigned = judged(ordinary(**SCALES, severity_statement=None))
    assert reason(unsigned, "SEV-01").result is Result.UNKNOWN


def test_rul_04_a_scale_counts_fourteen_days():
    for days, result in ((14, Result.NOT_MET), (15, Result.UNKNOWN)):
        known = ordinary(**SCALES).with_(a_fact("phq_9", 21, days))
        assert reason(judged(known), "SEV-01").result is result


@pytest.mark.parametrize("change", [{"first_of_series": False}, {"diagnosis": "anxiety"}])
def test_rul_04_judged_at_entry_and_for_depression_only(change):
    told = reason(judged(ordinary(**SCALES | change)), "SEV-01")
    assert (told.result, told.words) == (Result.NOT_MET, "Judged at the entry to a series, and for depression only")
    assert len(told.facts) == 1


def test_a_score_that_is_none_is_refused():
    wrong = Fact("phq_9", "high", "1", ON - timedelta(days=1), "test")
    with pytest.raises(TypeError, match="'high' is not a score"):
        judged(ordinary(phq_9=None).with_(wrong))


@pytest.mark.parametrize(
    ("positive", "interview", "result"),
    [(True, False, "met"), (True, True, "not met"), (False, False, "not met"), (True, None, "unknown")],
)
def test_mdq_01_a_positive_screen_asks_for_an_interview(positive, interview, result):
    decision = judged(ordinary(mdq_positive=positive, mdq_interview_done=interview))
    assert reason(decision, "MDQ-01").result == result


def test_the_gate_reads_its_lines_from_the_sheet():
    assert {name: line.value for name, line in SHEET.indications.gate.lines.items()} == {
        "phq_9": Decimal(15),
        "madrs": Decimal(20),
        "qids_sr16": Decimal(11),
    }
    assert judged(ordinary(diagnosis=None)).outcome is Outcome.UNKNOWN
