"""H13: what a total alone says of the item about suicide that stands in it."""

from datetime import UTC, datetime

import pytest

from ketacare.medicine.outcomes import reader as outcomes
from ketacare.medicine.outcomes import rules as scoring
from ketacare.medicine.outcomes.terms import AnswersRefused
from ketacare.medicine.safety import reader, rules
from ketacare.medicine.safety.terms import TriageContext

SHEET = reader.triage_sheet()
CONTEXT = TriageContext(at=datetime(2026, 7, 14, 14, tzinfo=UTC))


@pytest.mark.parametrize(
    ("instrument", "total", "raised"),
    [
        ("phq-9", 27, "phq-9.9.now"),
        ("phq-9", 26, "phq-9.9.same-day"),
        ("phq-9", 25, "phq-9.9.same-day"),
        ("phq-9", 24, None),
        ("madrs", 60, "madrs.10.now"),
        ("madrs", 59, "madrs.10.now"),
        ("madrs", 58, "madrs.10.same-day"),
        ("madrs", 56, "madrs.10.before-dose"),
        ("madrs", 55, None),
        ("bdi-ii", 63, "bdi-ii.9.now"),
        ("bdi-ii", 62, "bdi-ii.9.same-day"),
        ("bdi-ii", 61, "bdi-ii.9.before-dose"),
        ("bdi-ii", 60, None),
        ("hamd-17", 52, "hamd-17.3.now"),
        ("hamd-17", 51, "hamd-17.3.same-day"),
        ("hamd-17", 50, "hamd-17.3.before-dose"),
        ("hamd-17", 49, None),
        ("qids-sr16", 27, "qids-sr16.12.now"),
        ("qids-sr16", 26, "qids-sr16.12.same-day"),
        ("qids-sr16", 25, "qids-sr16.12.before-dose"),
        ("qids-sr16", 24, None),
    ],
)
def test_h13_a_total_that_cannot_be_without_suicidal_thoughts_raises_its_row(instrument, total, raised):
    """The rest of the form at its most leaves the item at least so high: total - (most of all - most of the item)."""
    flags = rules.triage(instrument, {"total": total}, CONTEXT, SHEET)
    assert [flag.rule for flag in flags] == ([raised] if raised else [])


@pytest.mark.parametrize(
    ("instrument", "answers", "span"),
    [
        ("phq-9", {"total": 27, "9": 0}, "item 9 at 0: the total is then from 0 to 24"),
        ("phq-9", {"total": 0, "9": 3}, "item 9 at 3: the total is then from 3 to 27"),
        ("phq-9", {"total": 2, "9": 3}, "from 3 to 27"),
        ("phq-9", {"total": 25, "9": 0}, "from 0 to 24"),
        ("madrs", {"total": 60, "10": 1}, "from 1 to 55"),
        ("bdi-ii", {"total": 63, "9": 2}, "from 2 to 62"),
        ("hamd-17", {"total": 1, "3": 4}, "from 4 to 52"),
        ("qids-sr16", {"total": 27, "12": 2}, "from 2 to 26"),
    ],
)
def test_h13_a_total_that_the_item_beside_it_does_not_allow_is_refused(instrument, answers, span):
    with pytest.raises(AnswersRefused, match=r"^Total: .* cannot be with .*Read both again on the form\.$") as refused:
        scoring.score_as_given(outcomes.instrument(instrument), answers)
    assert span in str(refused.value)


@pytest.mark.parametrize(
    ("instrument", "answers"),
    [
        ("phq-9", {"total": 3, "9": 3}),
        ("phq-9", {"total": 24, "9": 0}),
        ("phq-9", {"total": 24, "9": None}),
        ("bdi-ii", {"total": 62, "9": 2}),
        ("qids-sr16", {"total": 26, "12": 2}),
    ],
)
def test_a_total_at_the_edge_of_what_the_item_allows_stands(instrument, answers):
    assert scoring.score_as_given(outcomes.instrument(instrument), answers).total == answers["total"]


@pytest.mark.parametrize(
    ("instrument", "answers", "tier"),
    [
        ("phq-9", {"total": 0}, None),
        ("phq-9", {"total": 1}, "T2"),
        ("phq-9", {"total": 12}, "T1"),
        ("phq-9", {"total": 26}, "T1"),
        ("phq-9", {"total": 27}, None),
        ("phq-9", {"total": 12, "9": 0}, None),
        ("madrs", {"total": 1}, None),
        ("madrs", {"total": 2}, "T3"),
        ("madrs", {"total": 40}, "T1"),
        ("bdi-ii", {"total": 41}, "T1"),
        ("gad-7", {"total": 12}, None),
    ],
)
def test_h13_what_a_total_leaves_open_of_suicide_is_as_grave_as_it_may_be(instrument, answers, tier):
    rows = [row for row in SHEET.rows if row.id.startswith((f"{instrument}.9.", f"{instrument}.10."))]
    assert rules.unsettled(instrument, answers, rows) == tier


@pytest.mark.parametrize(("total", "before", "worse"), [(12, 0, False), (56, 1, True), (56, 2, False)])
def test_h13_a_total_makes_the_item_worse_than_before_only_where_it_cannot_be_less(total, before, worse):
    """Of 56 on the MADRS at least 2 stand in the item; of 12 none need to, though all of them may."""
    context = TriageContext(at=CONTEXT.at, baseline=9, baseline_items={"10": before}, treated=True)
    flags = rules.triage("madrs", {"total": total}, context, SHEET)
    assert ("madrs.10.worse" in {flag.rule for flag in flags}) is worse
