"""The figures of the intake, and the little that is worked out from them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ketacare.medicine.candidacy.reader.intake import intake_from
from ketacare.medicine.candidacy.reader.knowledge import _KNOWLEDGE
from ketacare.medicine.candidacy.rules.intake import call_at, days_from, effect_from, units_from
from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.evidence.terms import Grade
from ketacare.medicine.outcomes.reader import instrument

LINES = intake_from(read_sheet(_KNOWLEDGE / "intake-1.toml"))
SENT = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)


def test_a_link_lasts_two_weeks_and_locks_after_five_wrong_years() -> None:
    assert (LINES.lasts.integer, LINES.lasts.unit, LINES.wrong_years.integer) == (14, "d", 5)
    assert LINES.ref.id == "intake-1"


def test_figures_that_were_not_read_in_their_source_say_so() -> None:
    assert (LINES.drink.grade, LINES.unit.grade) == (Grade.S, Grade.S)


@pytest.mark.parametrize(
    ("drinks", "units"),
    [("0", "0.0"), ("1", "1.8"), ("4", "7.0"), ("12", "21.0"), ("14", "24.5"), ("0.5", "0.9")],
)
def test_a_drink_of_14_g_is_one_and_three_quarters_units_of_8_g(drinks: str, units: str) -> None:
    assert units_from(Decimal(drinks), LINES) == Decimal(units)


def test_less_than_nothing_is_no_amount() -> None:
    with pytest.raises(ValueError, match="below zero"):
        units_from(Decimal(-1), LINES)


@pytest.mark.parametrize(
    ("visit_in", "called_in"),
    [
        (None, 72),
        (timedelta(days=10), 216),
        (timedelta(hours=30), 6),
        (timedelta(hours=5), 0),
        (timedelta(-1), 72),
        (timedelta(0), 72),
    ],
)
def test_somebody_calls_a_day_before_the_visit(visit_in: timedelta | None, called_in: int) -> None:
    visit_at = None if visit_in is None else SENT + visit_in
    assert call_at(SENT, visit_at, LINES) == SENT + timedelta(hours=called_in)


@pytest.mark.parametrize("name", ["audit", "audit-c"])
def test_the_audit_says_which_drink_is_meant_beside_the_questions_that_count_drinks(name: str) -> None:
    """The owner asks for it, and it differs by country: the drink of the intake, in the same words."""
    sheet = instrument(name)
    for language in ("en", "es-US"):
        assert sheet.explains("2", language) == sheet.explains("3", language) == LINES.which_drink(language)
    assert sheet.explains("1", "en") == ""
    assert instrument("phq-9").explains("2", "en") == ""


def test_which_drink_is_meant_is_said_in_both_languages() -> None:
    assert LINES.which_drink("en").startswith("One drink")
    assert LINES.which_drink("es-US").startswith("Una bebida")


@pytest.mark.parametrize(
    ("number", "unit", "days"),
    [("6", "weeks", 42), ("2", "months", 60), ("1.5", "years", 547), ("0.5", "weeks", 3), ("0.15", "weeks", 1)],
)
def test_how_long_in_whole_days(number: str, unit: str, days: int) -> None:
    assert days_from(Decimal(number), unit) == days


def test_less_than_a_day_is_no_duration() -> None:
    with pytest.raises(ValueError, match="less than a day"):
        days_from(Decimal("0.1"), "weeks")


@pytest.mark.parametrize(
    ("helped", "stopped", "effect"),
    [
        ("worse", "side_effects", "none"),
        ("none", "wore_off", "none"),
        ("little", "wore_off", "partial"),
        ("lot", "well", "response"),
        ("lot", "wore_off", "relapse"),
        ("well", "wore_off", "relapse"),
        ("unable", "no_help", "unknown"),
        ("refused", "wore_off", "unknown"),
    ],
)
def test_what_an_antidepressant_did(helped: str, stopped: str, effect: str) -> None:
    assert effect_from(helped, stopped, LINES) == effect
