"""Scores against an independent program's vectors, wording against the published form, and the course over time."""

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.reference_data import reference_file

from ketacare.medicine import outcomes
from ketacare.medicine.evidence.reader import SheetRefused, read_sheet, sheet_from, table_in
from ketacare.medicine.outcomes import reader, rules
from ketacare.medicine.outcomes.terms import Anchor, AnswersRefused, Change, Point

PHQ9 = reader.instrument("phq-9")
DOSE = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)


def phq9(*codes: int | None) -> dict[str, int | None]:
    return {str(place): code for place, code in enumerate(codes, start=1)}


def test_every_vector_of_the_independent_program() -> None:
    text = reference_file("instruments/phq9.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    assert rows
    for row in rows:
        answers = {str(i): int(row[f"q{i}"]) if row[f"q{i}"] else None for i in range(1, 10)}
        scored = rules.score(PHQ9, answers)
        assert scored.complete is (row["complete"] == "True")
        assert scored.sum_answered == Decimal(row["sum_answered"])
        assert scored.total == (Decimal(row["total"]) if row["total"] else None)
        if scored.complete:
            assert scored.band == row["severity"].replace("_", " ")
        assert scored.subscales["major_syndrome"] is (row["mds"] == "True")
        assert scored.subscales["other_syndrome"] is (row["ods"] == "True")
        assert bool(scored.flags) is (row["item9_positive"] == "True")


def test_the_wording_is_the_official_one() -> None:
    form = json.loads(reference_file("instruments/questionnaire-phq-9.json").read_text())
    published = [item for group in form["item"] for item in group.get("item", [])]
    assert [item["text"] for item in published] == [item.words for item in PHQ9.scored_items]
    assert [item["code"][0]["code"] for item in published] == [item.loinc for item in PHQ9.scored_items]
    assert form["item"][0]["text"] == PHQ9.stem
    assert form["item"][-1]["text"] == PHQ9.items[-1].words


@pytest.mark.parametrize(
    ("codes", "total", "band", "met"),
    [
        ((2, 2, 1, 2, 1, 1, 1, 0, 1), 11, "moderate", 4),
        ((3, 3, 3, 3, 2, 3, 2, 1, 2), 22, "severe", 8),
        ((1, 1, 0, 1, None, 0, 1, 0, 0), None, None, 0),
        ((1, 1, 1, 1, 0, 0, 0, 0, 1), 5, "mild", 1),
    ],
)
def test_worked_examples(codes: tuple[int | None, ...], total: int | None, band: str | None, met: int) -> None:
    scored = rules.score(PHQ9, phq9(*codes))
    assert (scored.total, scored.band, scored.subscales["symptoms_met"]) == (total, band, met)


def test_missing_is_never_zero_and_the_difficulty_item_is_not_summed() -> None:
    scored = rules.score(PHQ9, {"1": 3, "difficulty": 3})
    assert scored.total is None
    assert scored.missing == ("2", "3", "4", "5", "6", "7", "8", "9")
    assert rules.score(PHQ9, phq9(*[0] * 9) | {"difficulty": 3}).total == 0


@pytest.mark.parametrize("answers", [{"10": 1}, {"1": 4}, {"1": -1}, {"1": True}])
def test_answers_that_cannot_be_are_refused_by_item(answers: dict[str, int]) -> None:
    with pytest.raises(AnswersRefused, match="Item "):
        rules.score(PHQ9, answers)


def test_score_json_has_the_fixed_form() -> None:
    plain = json.loads(rules.score_json(rules.score(PHQ9, phq9(*[1] * 9))))
    assert list(plain) == ["instrument", "version", "total", "complete", "band", "subscales", "flags", "sources"]
    assert (plain["total"], plain["flags"]) == (9, ["item_9_positive"])


def test_a_scale_of_0_to_100_has_no_bands_and_no_response() -> None:
    mood = reader.instrument("mood-vas")
    scored = rules.score(mood, {"1": 100})
    assert (scored.total, scored.band) == (100, None)
    assert rules.assess(mood, Decimal(80), Point(DOSE, Decimal(10))).change is None
    with pytest.raises(AnswersRefused):
        rules.score(mood, {"1": 101})


def point(days: float, total: int | None) -> Point:
    return Point(DOSE + timedelta(days=days), None if total is None else Decimal(total))


def test_the_course_finds_baseline_response_and_remission() -> None:
    course = rules.trajectory(PHQ9, [point(7, 12), point(-2, 19), point(14, None), point(21, 9), point(28, 4)], [DOSE])
    assert course.baseline == point(-2, 19)
    assert [a.change for a in course.points[1:]] == [Change.PARTIAL, None, Change.RESPONSE, Change.RESPONSE]
    assert course.missing == (point(14, None).at,)
    assert course.response_at == point(21, 9).at
    assert course.remission_at == point(28, 4).at
    assert course.latest is not None
    assert course.latest.reliable is True


def test_an_old_form_is_no_baseline_and_then_nothing_is_claimed() -> None:
    course = rules.trajectory(PHQ9, [point(-15, 19), point(7, 4)], [DOSE])
    assert course.baseline is None
    assert course.response_at is None
    assert course.points[-1].remission is None


def test_worse_by_the_reliable_change_or_by_a_band_is_said_so() -> None:
    """12 to 17 is "not reliable but worse": a band up, and more than people notice."""
    assert rules.assess(PHQ9, Decimal(12), point(7, 18)).change is Change.WORSE
    assert rules.assess(PHQ9, Decimal(12), point(7, 17)).change is Change.WORSE
    assert rules.assess(PHQ9, Decimal(12), point(7, 17)).reliable is False
    assert rules.assess(PHQ9, Decimal(10), point(7, 14)).change is Change.NONE, "within its band"


def test_nobody_remits_from_below_the_line() -> None:
    assert rules.assess(PHQ9, Decimal(4), point(7, 2)).remission is None
    assert rules.assess(PHQ9, Decimal(0), point(7, 0)).change is None


def test_phq9_is_not_asked_in_the_first_days() -> None:
    asks = rules.due_asks(DOSE, reader.cadence())
    assert [(ask.key, (ask.due_at - DOSE) / timedelta(hours=1)) for ask in asks] == [
        ("same_evening", 6),
        ("next_day", 24),
        ("third_day", 72),
        ("week", 168),
    ]
    assert all("phq-9" not in ask.instruments for ask in asks[:3])
    assert "safety-items" in asks[1].instruments


def test_a_form_rests_and_the_next_dose_closes_what_is_open() -> None:
    rest = {"phq-9": PHQ9.again_after_days}
    answered = {"phq-9": DOSE + timedelta(days=3)}
    resting = rules.due_asks(DOSE, reader.cadence(), again_after_days=rest, answered_on=answered)
    assert [ask.key for ask in resting] == ["same_evening", "next_day", "third_day", "week"]
    assert resting[3].left_out == ("phq-9",), "mood, anxiety and safety are asked without it"
    asks = rules.due_asks(DOSE, reader.cadence(), next_dose_at=DOSE + timedelta(hours=22))
    assert [ask.closes_at for ask in asks[:2]] == [DOSE + timedelta(hours=8), DOSE + timedelta(hours=22)]


def test_two_doses_a_week_leave_a_phq9_before_a_dose_each_two_weeks() -> None:
    """Doses on Tuesday and Friday: what is asked before each takes the place of the week after the one before; the
    PHQ-9 looks back two weeks, and is asked when the last is as old."""
    rest, asked = {"phq-9": PHQ9.again_after_days}, {"phq-9": DOSE - timedelta(days=6)}
    early, kept = reader.cadence(Anchor.NEXT_DOSE), []
    for day in (0, 3, 7, 10, 14, 17, 21, 24, 28):
        given = DOSE + timedelta(days=day)
        following = given + timedelta(days=3 if day % 7 == 0 else 4) - timedelta(hours=24)
        before = rules.early_asks(given, early, again_after_days=rest, answered_on=asked)
        after = rules.due_asks(
            given, reader.cadence(), again_after_days=rest, answered_on=asked, next_dose_at=following
        )
        assert "week" not in {ask.key for ask in after}
        for ask in (*before, *after):
            asked |= dict.fromkeys(ask.instruments, ask.due_at)
            kept += [day] if "phq-9" in ask.instruments else []
    assert kept == [10, 24]


def test_a_scale_that_never_rests_is_asked_although_it_will_be_asked_again_later() -> None:
    later = {"mood-vas": DOSE + timedelta(days=4)}
    asks = rules.due_asks(DOSE, reader.cadence(), again_after_days={"mood-vas": 0}, answered_on=later)
    assert all("mood-vas" in ask.instruments for ask in asks)


def test_before_any_dose_the_last_complete_form_is_the_baseline() -> None:
    course = rules.trajectory(PHQ9, [point(-9, 17), point(-2, 19), point(-1, None)], [])
    assert course.baseline == point(-2, 19)
    assert course.response_at is None
    assert rules.trajectory(PHQ9, [], []).baseline is None


def test_an_unknown_instrument_and_a_sheet_that_lacks_a_part() -> None:
    with pytest.raises(KeyError, match="no such instrument"):
        reader.instrument("phq-99")
    sheet = read_sheet(Path(outcomes.__path__[0]) / "knowledge" / "mood-vas.toml")
    main = {key: part for key, part in sheet.body["instrument"].items() if key != "stem"}  # type: ignore[attr-defined]
    with pytest.raises(SheetRefused, match="stem"):
        reader.instrument_from(replace(sheet, body={**sheet.body, "instrument": main}))


def test_a_cadence_that_closes_before_it_is_due_is_refused() -> None:
    room = Path(outcomes.__path__[0])
    text = (room / "knowledge" / "cadence.toml").read_text().replace("value = 8,", "value = 6,")
    with pytest.raises(SheetRefused, match="same_evening: opens, due, closes are hours in that order"):
        reader.cadence_from(sheet_from(table_in(text, "cadence.toml"), "cadence.toml"))


@pytest.mark.parametrize(
    ("old", "new"),
    [('after = ["2", "3"]', 'after = ["11"]'), ('after = ["2", "3"]', 'after = ["9"]')],
)
def test_a_branch_that_names_no_item_or_a_later_one_is_refused(old: str, new: str) -> None:
    text = (Path(outcomes.__path__[0]) / "knowledge" / "audit.toml").read_text().replace(old, new)
    with pytest.raises(SheetRefused, match=r"skips\.1: names no items"):
        reader.instrument_from(sheet_from(table_in(text, "audit.toml"), "audit.toml"))
