"""Triage of answers: tiers, times, and what is not known."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ketacare.medicine.safety import reader, rules, telephone
from ketacare.medicine.safety.terms import CrisisLine, Dosing, RiskTier, Tier, TriageContext

SHEET = reader.triage_sheet()
MONDAY = datetime(2026, 1, 5, 21, 0, tzinfo=UTC)
KNOWN = TriageContext(MONDAY, bipolar=False)


def tiers(instrument: str, answers: dict[str, int | None], context: TriageContext = KNOWN) -> list[str]:
    return [flag.tier.value for flag in rules.triage(instrument, answers, context, SHEET)]


@pytest.mark.parametrize(("code", "raised"), [(0, []), (1, ["T2"]), (2, ["T2"]), (3, ["T1"]), (None, [])])
def test_phq9_item_9_alone_raises_whatever_else_is_missing(code: int | None, raised: list[str]) -> None:
    assert tiers("phq-9", {"9": code}) == raised


@pytest.mark.parametrize(
    ("item", "code", "raised"),
    [
        ("s1", 0, []),
        ("s1", 1, ["T3"]),
        ("s1", 2, ["T2"]),
        ("s1", 3, ["T1"]),
        ("s2", 0, []),
        ("s2", 1, ["T2"]),
        ("s2", 2, ["T1"]),
        ("s3", 1, ["T3"]),
        ("s3", 2, ["T1"]),
        ("s4", 1, ["T3"]),
        ("s5", 1, ["T3"]),
        ("s5", None, []),
        ("unknown", 1, []),
    ],
)
def test_each_answer_of_the_safety_questions(item: str, code: int | None, raised: list[str]) -> None:
    assert tiers("safety-items", {item: code}) == raised


@pytest.mark.parametrize(
    ("item", "code", "raised"),
    [
        ("i1", 0, []),
        ("i1", 1, ["T3"]),
        ("i1", 2, ["T2"]),
        ("i1", 3, ["T1"]),
        ("i2", 0, []),
        ("i2", 1, ["T2"]),
        ("i2", 2, ["T1"]),
        ("i3", 1, ["T3"]),
        ("i1", None, []),
        ("s1", 3, []),
    ],
)
def test_each_answer_before_any_treatment(item: str, code: int | None, raised: list[str]) -> None:
    assert tiers("safety-first", {item: code}) == raised


def test_the_questions_before_treatment_are_the_same_in_spanish() -> None:
    english, spanish = reader.safety_first(), reader.safety_first("es-US")
    assert (english.language, spanish.language) == ("en", "es")
    for one, other in zip(english.items, spanish.items, strict=True):
        assert (one.id, [choice.code for choice in one.choices]) == (
            other.id,
            [choice.code for choice in other.choices],
        )
        assert one.words != other.words
        assert len({choice.words for choice in other.choices}) == len(other.choices)


def test_a_safety_question_is_found_by_its_id_in_either_sheet() -> None:
    found = [SHEET.item(name) for name in ("s1", "i1", "x1")]
    assert [item.id if item else None for item in found] == ["s1", "i1", None]


@pytest.mark.parametrize("bipolar", [True, None])
def test_little_sleep_weighs_more_unless_bipolar_illness_is_ruled_out(bipolar: bool | None) -> None:
    assert tiers("safety-items", {"s4": 1}, TriageContext(MONDAY, bipolar=bipolar)) == ["T2"]


def test_the_most_urgent_comes_first() -> None:
    assert tiers("safety-items", {"s5": 1, "s1": 2, "s2": 2}) == ["T1", "T2", "T3"]


@pytest.mark.parametrize(
    ("now", "before", "raised"),
    [(90, None, ["T3"]), (89, None, []), (60, 30, ["T3"]), (59, 30, []), (95, 40, ["T3", "T3"])],
)
def test_mood_at_the_end_of_the_scale_or_risen_by_30(now: int, before: int | None, raised: list[str]) -> None:
    assert tiers("mood-vas", {"1": now}, TriageContext(MONDAY, before_dose=before)) == raised


@pytest.mark.parametrize(
    ("now", "before", "raised"),
    [(90, None, ["T3"]), (89, 60, []), (60, 30, ["T3"]), (59, 30, []), (90, 10, ["T3"] * 2)],
)
def test_anxiety_has_an_end_and_a_rise_as_mood_has(now: int, before: int | None, raised: list[str]) -> None:
    assert tiers("anxiety-vas", {"1": now}, TriageContext(MONDAY, before_dose=before)) == raised


def test_a_rise_is_told_only_of_a_finished_form() -> None:
    context = TriageContext(MONDAY, before_dose=4)
    whole: dict[str, int | None] = {str(i): 1 for i in range(1, 9)} | {"9": 0}
    assert tiers("phq-9", whole, context) == []
    assert tiers("phq-9", whole | {"1": 2}, context) == ["T3"]
    assert tiers("phq-9", whole | {"1": 3, "2": None}, context) == []


def test_times_of_the_tiers_and_working_days() -> None:
    assert rules.due_by(Tier.T1, MONDAY, SHEET) == MONDAY + timedelta(minutes=15)
    assert rules.due_by(Tier.T2, MONDAY, SHEET) == MONDAY + timedelta(hours=4)
    friday = MONDAY + timedelta(days=4)
    assert rules.due_by(Tier.T3, friday, SHEET) == friday + timedelta(days=4)
    assert Tier.T1.holds_dose
    assert not Tier.T3.holds_dose


@pytest.mark.parametrize(
    "raised_at",
    [
        datetime(2026, 11, 1, 5, 50, tzinfo=UTC),  # 01:50 by summer time in New York: at 02:00 it is 01:00 again
        datetime(2026, 11, 1, 6, 20, tzinfo=UTC),  # the second 01:20 of that night
        datetime(2026, 3, 8, 6, 50, tzinfo=UTC),  # 01:50: at 02:00 it is 03:00
        datetime(2026, 7, 14, 6, 0, tzinfo=UTC),
    ],
)
def test_h21_a_quarter_of_an_hour_is_one_in_the_nights_the_clocks_change(raised_at: datetime) -> None:
    here = raised_at.astimezone(ZoneInfo("America/New_York"))
    due = {tier: rules.due_by(tier, here, SHEET) for tier in (Tier.T1, Tier.T2)}
    assert due[Tier.T1].astimezone(UTC) == raised_at + timedelta(minutes=15)
    assert due[Tier.T2].astimezone(UTC) == raised_at + timedelta(hours=4)
    assert due[Tier.T1].tzinfo is here.tzinfo


def test_h21_working_days_keep_the_hour_of_the_clinic_over_a_clock_change() -> None:
    friday = datetime(2026, 10, 30, 10, 0, tzinfo=ZoneInfo("America/New_York"))
    due = rules.due_by(Tier.T3, friday, SHEET)
    assert (due.date().isoformat(), due.hour) == ("2026-11-03", 10)
    assert due.astimezone(UTC) - friday.astimezone(UTC) == timedelta(days=4, hours=1)


@pytest.mark.parametrize(
    ("count", "tier", "words"),
    [
        (0, None, None),
        (1, Tier.T3, "1 safety check in a row not answered"),
        (2, Tier.T2, "2 safety checks in a row not answered"),
        (5, Tier.T2, "5 safety checks in a row not answered"),
    ],
)
def test_silence_is_a_sign(count: int, tier: Tier | None, words: str | None) -> None:
    flag = rules.missed_checks(count, KNOWN, SHEET)
    assert (flag.tier if flag else None) is tier
    assert (flag.reason if flag else None) == words


def test_a_flag_names_its_source() -> None:
    flag = rules.triage("phq-9", {"9": 1}, KNOWN, SHEET)[0]
    assert [source.label for source in flag.sources] == ["HOUSE", "ITEM-9"]
    assert flag.due_at == MONDAY + timedelta(hours=4)


def test_the_gravest_finding_of_a_day_stands_and_unknown_is_not_none() -> None:
    assert rules.gravest([RiskTier.T3, RiskTier.T0, RiskTier.TX]) is RiskTier.T3
    assert rules.gravest([]) is RiskTier.TX
    findings = reader.risk_findings()
    assert set(findings) == set(RiskTier)
    assert findings[RiskTier.TX].dosing is Dosing.NOT_READY
    assert findings[RiskTier.T3].dosing is Dosing.STOP


def test_help_is_named_where_it_is_known_and_only_there() -> None:
    line = reader.crisis_line("us")
    assert line is not None
    assert line.call == "988"
    assert line.name == "988 Suicide and Crisis Lifeline"
    spanish = reader.crisis_line("US", "es-MX")
    assert spanish is not None
    assert spanish.name == "Línea 988 de Prevención del Suicidio y Crisis"
    assert spanish.hours == "de día y de noche"
    same = replace(spanish, name=line.name, hours=line.hours, where=line.where)
    assert same == line, "the same line in other words"
    assert reader.crisis_line("ZZ") is None


@pytest.mark.parametrize(
    ("country", "call", "emergency"),
    [
        ("US", "988", "911"), ("CA", "988", "911"), ("GB", "116123", "999"), ("IE", "116123", "112"),
        ("AU", "131114", "000"), ("NZ", "1737", "111"), ("ES", "024", "112"), ("MX", "8009112000", "911"),
        ("DE", "08001110111", "112"), ("FR", "3114", "15"),
    ],
)  # fmt: skip
def test_each_country_has_its_line_and_its_emergency_number(country: str, call: str, emergency: str) -> None:
    line = reader.crisis_line(country)
    assert line is not None
    assert (line.dial, line.dial_emergency) == (call, emergency)
    assert line.sources
    assert line.where


@pytest.mark.parametrize(
    ("number", "dialled"),
    [
        ("+49 800 111-0111", "+498001110111"), ("09 2525 0111", "0925250111"), ("+1 (207) 555-0142", "+12075550142"),
        ("112", "112"), ("", ""), ("11٢", "11"),
    ],
)  # fmt: skip
def test_a_number_is_dialled_by_its_digits(number: str, dialled: str) -> None:
    assert telephone.dialled(number) == dialled


@pytest.mark.parametrize(("call", "doubtful"), [("988", False), ("ask at the desk", True)])
def test_a_number_that_may_not_be_dialled_is_doubted(call: str, doubtful: bool) -> None:
    line = CrisisLine("US", "A line", call, "", "911", "always")
    assert (line.is_doubtful, line.dial_emergency) == (doubtful, "911")


def test_the_countries_are_listed_by_name() -> None:
    lines = reader.crisis_lines()
    assert [line.country for line in lines] == ["AU", "CA", "FR", "DE", "IE", "MX", "NZ", "ES", "GB", "US"]


def test_every_side_effect_has_words_a_patient_knows() -> None:
    assert all(effect.words and effect.term for effect in reader.side_effects())


@pytest.mark.parametrize(
    ("told", "raised"),
    [
        ({"nausea": 1, "headache": 1}, []),
        ({"chest_pain": 1}, ["T1"]),
        ({"chest_pain": 0, "fainting": None}, []),
        ({"urinary": 1, "palpitations": 1}, ["T2", "T3"]),
        ({"confusion": 1}, ["T2"]),
        ({"no_such": 1}, []),
    ],
)
def test_a_side_effect_is_triaged_by_its_sheet(told: dict[str, int | None], raised: list[str]) -> None:
    assert tiers("side-effects", told) == raised


def test_a_flag_of_a_side_effect_says_it_in_the_words_that_were_asked() -> None:
    sheet = reader.triage_sheet()
    (flag,) = rules.triage("side-effects", {"urinary": 1}, TriageContext(MONDAY), sheet)
    assert flag.reason == "Side effect told: Pain, urgency or blood when passing urine"
    assert len(flag.sources) == 2
    item = sheet.item("urinary")
    assert item is not None
    assert item.words in flag.reason


@pytest.mark.parametrize("asked", [reader.safety_items, reader.side_effects_asked], ids=["safety", "effects"])
def test_our_own_questions_after_a_dose_are_the_same_in_spanish(asked: Any) -> None:
    english, spanish = asked("en"), asked("es-MX")
    assert (english.language, spanish.language) == ("en", "es")
    assert [one.id for one in english.items] == [one.id for one in spanish.items]
    assert all(
        one.words != other.words and len(one.choices) == len(other.choices)
        for one, other in zip(english.items, spanish.items, strict=True)
    )


@pytest.mark.parametrize(("bipolar", "tier"), [(False, "T3"), (None, "T2"), (True, "T2")])
def test_whom_others_find_unusually_up_is_told_as_little_sleep_is(bipolar, tier):
    for instrument, item in (("mania-items", "m1"), ("safety-items", "s4")):
        assert tiers(instrument, {item: 1}, TriageContext(MONDAY, bipolar=bipolar)) == [tier]
    assert reader.mania_items("es").items[0].words.startswith("En el último día")
    assert reader.triage_sheet().item("m1") is not None


def test_every_interview_follows_a_flag_that_there_is():
    sheet = reader.triage_sheet()
    known = {row.id for row in sheet.rows} | {f"{item}.1" for item in sheet.answer_tiers} | {"words.reply"}
    for one in sheet.interviews:
        assert all(any(rule.startswith(start) for rule in known) for start in one.after), one.asked
    assert sheet.interview("s1.1").asked == "c-ssrs-since-last-visit"
    assert sheet.interview("asrm.mania").asked == "ymrs"
    assert sheet.interview("cssrs.T2") is None


@pytest.mark.parametrize("asked", [reader.safety_items, reader.safety_first], ids=["after a dose", "before"])
def test_no_spanish_answer_to_whether_somebody_feels_safe_says_two_things(asked: Any) -> None:
    """ "No estoy seguro" is "I am not sure" and "I am not safe"."""
    (item,) = [item for item in asked("es").items if "a salvo" in item.words]
    assert [choice.words for choice in item.choices] == ["Sí", "No lo sé", "No"]
