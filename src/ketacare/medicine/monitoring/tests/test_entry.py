"""Vital signs as people type them: impossible, unlikely, abnormal are three different answers (E1)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ketacare.medicine.monitoring import reader, rules
from ketacare.medicine.monitoring.terms import Channel, Entry, Remark, Tier

LIMITS, LIKELY = reader.limits(), reader.likely()
AT = datetime(2026, 1, 5, 9, 35, tzinfo=UTC)


def pressure(text: str) -> Entry:
    return rules.parse_blood_pressure(text, LIMITS, LIKELY)


@pytest.mark.parametrize("text", ["120/80", "120 80", "120-80", " 120 / 80 "])
def test_pressure_in_every_way_people_write_it(text: str) -> None:
    assert pressure(text) == Entry({Channel.NIBP_SYS: Decimal(120), Channel.NIBP_DIA: Decimal(80)})


def test_pressure_with_its_mean() -> None:
    assert pressure("120/80/93").values[Channel.NIBP_MEAN] == 93
    assert not pressure("120/80/130").accepted


@pytest.mark.parametrize(
    ("text", "rule", "remedy"),
    [
        ("80/120", "diastolic 120 is not below systolic 80.", "Write systolic first, as 120/80."),
        ("80/80", "diastolic 80 is not below systolic 80.", "Write systolic first, as 120/80."),
        ("11647", "needs two numbers, systolic first.", "Write it as 116/47."),
        ("high", "needs two numbers, systolic first.", "Write it as 120/80."),
    ],
)
def test_refused_pressure_says_field_rule_and_remedy(text: str, rule: str, remedy: str) -> None:
    entry = pressure(text)
    assert not entry.accepted
    assert entry.remarks == (Remark("Blood pressure", Tier.IMPOSSIBLE, rule, remedy),)


@pytest.mark.parametrize(
    ("text", "tiers", "accepted"),
    [
        ("350/120", ["impossible", "abnormal"], False),
        ("250/120", ["unlikely", "abnormal"], True),
        ("210/120", ["abnormal", "abnormal"], True),
        ("130/85", [], True),
    ],
)
def test_three_tiers(text: str, tiers: list[str], accepted: bool) -> None:
    entry = pressure(text)
    assert [remark.tier.value for remark in entry.remarks] == tiers
    assert entry.accepted is accepted
    assert len(entry.to_confirm) == tiers.count("unlikely")


@pytest.mark.parametrize(
    ("text", "note"), [("97", ""), ("97ra", "room air"), ("97 2l", "oxygen 2 L/min"), ("97% RA", "room air")]
)
def test_saturation_with_what_is_breathed(text: str, note: str) -> None:
    entry = rules.parse_spo2(text, LIMITS, LIKELY)
    assert (entry.values[Channel.SPO2], entry.note, entry.remarks) == (97, note, ())


@pytest.mark.parametrize("text", ["140", "ninety"])
def test_a_saturation_that_cannot_be(text: str) -> None:
    assert not rules.parse_spo2(text, LIMITS, LIKELY).accepted


def test_rates() -> None:
    assert rules.parse_rate("72", Channel.HR, LIMITS, LIKELY).values == {Channel.HR: 72}
    assert not rules.parse_rate("7.2", Channel.HR, LIMITS, LIKELY).accepted
    low = rules.parse_rate("45", Channel.HR, LIMITS, LIKELY).remarks[0]
    assert (low.tier, low.rule) == (Tier.ABNORMAL, "45 is below the medium limit 50.")


@pytest.mark.parametrize(
    ("text", "value", "tier", "words"),
    [
        ("38", 38, None, ""),
        ("38 mmHg", 38, None, ""),
        ("55", 55, Tier.ABNORMAL, "Act as the limit asks"),
        ("90", 90, Tier.UNLIKELY, "Check it; confirm"),
        ("5", 5, Tier.UNLIKELY, "Write 5kpa if the capnograph shows kPa (38 mmHg); confirm if it is 5 mmHg."),
        ("5 mmHg", 5, Tier.UNLIKELY, "Check it; confirm"),
        ("0", 0, Tier.UNLIKELY, "Check it; confirm"),
        ("151", None, Tier.IMPOSSIBLE, "Measure again"),
        ("5.1", None, Tier.IMPOSSIBLE, "Write 5.1kpa if it is, or the whole mmHg, as 38."),
        ("5,1", None, Tier.IMPOSSIBLE, "Write 5.1kpa if it is, or the whole mmHg, as 38."),
        ("38.5", None, Tier.IMPOSSIBLE, "Write it as 38, or a number of kPa as 5.1kpa."),
        ("5.1kPa", 38, None, ""),
        ("5,1 kpa", 38, None, ""),
        ("25 kpa", None, Tier.IMPOSSIBLE, "Measure again"),
        ("low", None, Tier.IMPOSSIBLE, "Write 38, or 5.1kpa for kilopascal."),
    ],
)
def test_h24_a_carbon_dioxide_that_may_be_kilopascal_is_not_taken_as_mmhg(
    text: str, value: int | None, tier: Tier | None, words: str
) -> None:
    entry = rules.parse_end_tidal_co2(text, LIMITS, LIKELY)
    assert entry.accepted is (value is not None)
    assert value is None or entry.values == {Channel.ETCO2: Decimal(value)}
    assert [remark.tier for remark in entry.remarks] == ([] if tier is None else [tier])
    assert all(words in remark.remedy for remark in entry.remarks)


def test_temperature_says_its_unit_back() -> None:
    assert rules.parse_temperature("36,8", LIMITS, LIKELY).note == "36.8 °C"
    fahrenheit = rules.parse_temperature("98.2f", LIMITS, LIKELY)
    assert (fahrenheit.values[Channel.TEMP], fahrenheit.note) == (Decimal("36.8"), "98.2 °F is 36.8 °C")
    assert rules.parse_temperature("98.2", LIMITS, LIKELY).remarks[0].remedy.endswith("write 98.2f.")
    assert not rules.parse_temperature("98.2c", LIMITS, LIKELY).accepted
    assert not rules.parse_temperature("warm", LIMITS, LIKELY).accepted


@pytest.mark.parametrize(
    ("text", "minute"), [("0930", 30), ("930", 30), ("09:30", 30), ("-5", 30), ("t+10", 10), ("T + 35", 35)]
)
def test_times(text: str, minute: int) -> None:
    began_at = AT.replace(minute=0)
    assert rules.parse_time(text, at=AT, began_at=began_at) == AT.replace(minute=minute)


@pytest.mark.parametrize(("text", "second"), [("0935", 45), ("t+35", 45), ("0934", 0)])
def test_a16_the_minute_that_runs_is_now_and_not_its_beginning(text: str, second: int) -> None:
    """Read as its beginning, a value typed at once would come too late to sound (A13)."""
    typed_at = AT.replace(second=45)
    answer = rules.parse_time(text, at=typed_at, began_at=AT.replace(minute=0))
    assert answer == (typed_at if second else AT.replace(minute=34))


@pytest.mark.parametrize("text", ["0936", "2460", "9", "soon", "t+40"])
def test_times_that_cannot_be(text: str) -> None:
    answer = rules.parse_time(text, at=AT, began_at=AT - timedelta(minutes=30))
    assert isinstance(answer, Remark)
    assert answer.remedy


def test_no_session_no_t_plus() -> None:
    assert isinstance(rules.parse_time("t+1", at=AT), Remark)
