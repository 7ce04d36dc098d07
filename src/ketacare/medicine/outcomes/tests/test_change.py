"""Change against baseline for scales of every kind, and totals that were added up elsewhere."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ketacare.medicine.outcomes import reader, rules
from ketacare.medicine.outcomes.rules.holding import complete_since
from ketacare.medicine.outcomes.terms import AnswersRefused, Assessed, Change, Point

DAY = timedelta(days=1)
AT = datetime(2026, 1, 12, 10, 0, tzinfo=UTC)


def assessed(name: str, baseline: int, now: int) -> Assessed:
    return rules.assess(reader.instrument(name), Decimal(baseline), Point(AT, Decimal(now)))


def test_a_course_of_the_madrs() -> None:
    """Baseline 34; 7 days 16; sixth dose 9; month 21; the 24-hour form is a measure of its own."""
    week, sixth, month = (assessed("madrs", 34, now) for now in (16, 9, 21))
    assert [round(one.percent_fall or 0, 1) for one in (week, sixth, month)] == [
        Decimal("52.9"),
        Decimal("73.5"),
        Decimal("38.2"),
    ]
    assert [one.change for one in (week, sixth, month)] == [Change.RESPONSE, Change.RESPONSE, Change.PARTIAL]
    assert [one.remission for one in (week, sixth, month)] == [False, True, False]
    assert assessed("madrs", 9, 21).change is Change.WORSE
    points = [Point(AT + day * DAY, Decimal(total)) for day, total in ((0, 34), (7, 16), (21, 9), (49, 21))]
    course = rules.trajectory(reader.instrument("madrs"), points, [AT + DAY])
    assert course.risen_from == points[2], "a rise of 12 from 9: worsening is shown"
    assert rules.trajectory(reader.instrument("madrs"), points[:3], [AT + DAY]).risen_from is None
    assert reader.instrument("madrs-24h").recall_days == 1


@pytest.mark.parametrize(
    ("name", "baseline", "now", "worse"),
    [
        ("qids-sr16", 10, 24, True), ("qids-sr16", 6, 10, False), ("hamd-17", 10, 40, True), ("hama", 18, 25, True),
        ("bdi-ii", 19, 40, True), ("bdi-ii", 19, 21, False), ("isi", 8, 15, True), ("isi", 14, 15, False),
        ("phq-9", 12, 17, True), ("phq-9", 12, 14, False), ("promis-depression-8a", 20, 34, True),
    ],
)  # fmt: skip
def test_a_worse_band_by_what_people_notice_is_worse(name: str, baseline: int, now: int, worse: bool) -> None:
    assert (assessed(name, baseline, now).change is Change.WORSE) is worse


@pytest.mark.parametrize(
    ("now", "change", "reliable"), [(24, Change.NONE, False), (25, Change.WORSE, True), (45, Change.WORSE, True)]
)
def test_a_scale_without_bands_is_worse_by_more_than_it_varies_by_itself(
    now: int, change: Change, reliable: bool
) -> None:
    """Of the MADRS-24h 4.16 points."""
    found = assessed("madrs-24h", 20, now)
    assert (found.change, found.reliable) == (change, reliable)
    assert assessed("madrs-24h", 20, 15).reliable is True


def test_who_began_at_nothing_can_get_worse() -> None:
    """A rise of the reliable change is worse, also where no percentage of the baseline can be said."""
    assert assessed("phq-9", 0, 10).change is Change.WORSE
    assert assessed("phq-9", 0, 3).change is None
    assert assessed("pcl-5", 20, 45).change is Change.WORSE


@pytest.mark.parametrize(
    ("baseline", "now", "index", "reliable"),
    [(19, 9, "-3.21", True), (19, 14, "-1.61", False), (12, 17, "1.61", False)],
)
def test_reliable_change_of_the_phq9(baseline: int, now: int, index: str, reliable: bool) -> None:
    found = assessed("phq-9", baseline, now)
    assert found.index is not None
    assert round(found.index, 2) == Decimal(index)
    assert found.reliable is reliable


@pytest.mark.parametrize(("name", "least"), [("phq-9", "6.10"), ("gad-7", "5.14"), ("madrs-24h", "4.16")])
def test_the_change_that_is_more_than_noise(name: str, least: str) -> None:
    spread = reader.instrument(name).spread
    assert spread is not None
    assert abs(rules.reliable_from(spread) - Decimal(least)) <= Decimal("0.01")


def test_remission_at_the_line_and_nobody_remits_from_within_it() -> None:
    assert [assessed("madrs", 30, now).remission for now in (10, 11)] == [True, False]
    assert assessed("madrs", 10, 4).remission is None
    assert [assessed("qids-sr16", 16, now).remission for now in (5, 6)] == [True, False]
    assert assessed("isi", 20, 7).remission is True
    assert assessed("cadss", 30, 2).remission is None


def test_percentages_only_where_nothing_is_zero_and_less_is_better() -> None:
    assert assessed("who-5", 6, 12).percent_fall is None
    assert assessed("promis-depression-8a", 30, 20).percent_fall is None
    assert assessed("cgi-s", 5, 2).percent_fall is None
    assert assessed("cadss", 20, 10).percent_fall == 50
    assert assessed("cadss", 20, 10).change is None
    assert assessed("cgi-s", 5, 2).remission is True


def test_the_pcl5_by_points() -> None:
    """Instruments, PCL-5: improved from 10 points, reliably improved from 15."""
    told = [assessed("pcl-5", 50, now).change for now in (41, 40, 36, 35, 20)]
    assert told == [None, Change.IMPROVED, Change.IMPROVED, Change.RELIABLY, Change.RELIABLY]
    assert [assessed("pcl-5", 50, now).reliable for now in (36, 35)] == [False, True]
    assert [assessed("pcl-5", 50, now).remission for now in (29, 28)] == [False, True]


# --- totals ---


def test_a_total_added_up_elsewhere_has_band_and_what_must_be_seen() -> None:
    beck = reader.instrument("bdi-ii")
    scored = rules.score_as_given(beck, {"total": 23, "9": 2})
    assert (scored.total, scored.band, scored.complete, scored.flags) == (23, "moderate", True, ("item_9_positive",))
    assert rules.score_as_given(beck, {"total": 23}).flags == ()
    assert rules.score_as_given(reader.instrument("q-les-q-sf"), {"total": 42}).subscales == {"percent": 50}
    told = rules.score_as_given(reader.instrument("bpic-ss"), {"total": 19}).subscales
    assert told == {"at_19_or_more": True}


@pytest.mark.parametrize(
    ("name", "answers", "words"),
    [
        ("bdi-ii", {"total": 64}, "Total: 64 is not a whole number from 0 to 63"),
        ("q-les-q-sf", {"total": 13}, "Total: 13 is not a whole number from 14 to 70"),
        ("bdi-ii", {"total": None}, "Total: is not a whole number"),
        ("bdi-ii", {"total": True}, "Total: is not a whole number"),
        ("bdi-ii", {"total": 23, "1": 2}, "Item 1: beside a total it is not kept"),
        ("bdi-ii", {"total": 23, "9": 7}, "Item 9: 7 is not one of its answers"),
        ("kset", {"total": 3}, "Total: KSET has none"),
        ("phq-a", {"total": 3}, "Total: PHQ-A has none"),
        ("phq-a", {"1": 0}, "the programme treats adults"),
    ],
)
def test_a_total_that_cannot_be(name: str, answers: dict[str, int | None], words: str) -> None:
    with pytest.raises(AnswersRefused, match=words):
        rules.score_as_given(reader.instrument(name), answers)


# --- versions ---


def test_a_score_is_read_by_the_version_that_made_it() -> None:
    old = reader.at_version("phq-9", "1.0.0")
    assert old is not None
    assert (old.version, old.findings) == ("1.0.0", ())
    assert reader.at_version("phq-9", reader.instrument("phq-9").version) == reader.instrument("phq-9")
    assert reader.at_version("phq-9", "0.1.0") is None


def test_other_names_and_names_nearby() -> None:
    assert reader.called()["pgi-i"] == "pgi-c"
    assert reader.near("PHQ9").startswith("Did you mean phq-9")
    assert reader.near("zzz").startswith("Known: ")
    assert [item.id for item in reader.instrument("phq-9").risk_items] == ["9"]
    assert reader.instrument("audit").items[0].name == "how often"
    assert reader.instrument("cadss").items[0].name == "Item 1"


def test_what_came_late_or_too_soon_is_shown_and_no_response_is_reached_by_it() -> None:
    sheet, first = reader.instrument("phq-9"), AT
    hours = [(-24, 21, {}), (23, 8, {"too_soon": True}), (200, 6, {"late_of": first}), (400, 9, {})]
    points = [Point(first + timedelta(hours=hour), Decimal(total), **more) for hour, total, more in hours]
    course = rules.trajectory(sheet, points, [first])
    assert course.response_at == points[-1].at
    assert [one.change for one in course.points][1] is None, "another measure"
    assert len(complete_since(course)) == 1
    assert course.latest is not None
    assert course.latest.point == points[-1]
