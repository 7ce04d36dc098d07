"""What each scale raises, and how soon a person must act: every line of the triage sheet, met and just not met."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ketacare.medicine.outcomes import reader as outcomes
from ketacare.medicine.safety import reader, rules
from ketacare.medicine.safety.terms import TriageContext

SHEET = reader.triage_sheet()
AT = datetime(2026, 7, 14, 10, 0, tzinfo=UTC)


def raised(
    name: str, answers: dict[str, int | None], before: int | None = None, minutes: int | None = None
) -> list[str]:
    since = None if minutes is None else timedelta(minutes=minutes)
    context = TriageContext(at=AT, before_dose=before, since_dose=since, treated=before is not None)
    return [f"{flag.tier} {flag.rule}" for flag in rules.triage(name, answers, context, SHEET)]


def form(name: str, default: int = 0, **codes: int) -> dict[str, int | None]:
    return {item.id: codes.get(f"i{item.id}", default) for item in outcomes.instrument(name).items}


@pytest.mark.parametrize(
    ("name", "item", "tiers"),
    [
        ("qids-sr16", "12", {0: None, 1: "T3", 2: "T2", 3: "T1"}),
        ("qids-sr16-24h", "12", {0: None, 1: "T3", 2: "T2", 3: "T1"}),
        ("bdi-ii", "9", {0: None, 1: "T3", 2: "T2", 3: "T1"}),
        ("madrs", "10", {1: None, 2: "T3", 3: "T3", 4: "T2", 5: "T1", 6: "T1"}),
        ("madrs-24h", "10", {1: None, 2: "T3", 4: "T2", 5: "T1"}),
        ("hamd-17", "3", {1: None, 2: "T3", 3: "T2", 4: "T1"}),
        ("pcl-5", "16", {2: None, 3: "T3", 4: "T3"}),
        ("pcl-5-week", "16", {2: None, 3: "T3"}),
        ("dast-10", "9", {0: None, 1: "T3"}),
        ("moaa-s", "1", {5: None, 4: None, 3: "T2", 2: "T1", 0: "T1"}),
        ("bpic-ss", "blood", {0: None, 1: "T2"}),
        ("kset", "bladder", {0: None, 1: "T2"}),
        ("kset-r", "craving", {0: None, 1: "T2"}),
        ("cgi-i", "1", {0: None, 5: None, 6: "T2"}),
        ("pgi-c", "1", {5: None, 6: "T3"}),
        ("bprs-plus", "12", {3: None, 4: "T2"}),
        ("bprs-plus-1-7", "12", {4: None, 5: "T2"}),
        ("audit", "6", {1: None, 2: "T2"}),
    ],
)
def test_one_item_alone_on_a_form_left_unfinished(name: str, item: str, tiers: dict[int, str | None]) -> None:
    for code, tier in tiers.items():
        assert [told.split()[0] for told in raised(name, {item: code})] == ([tier] if tier else []), code


@pytest.mark.parametrize(
    ("name", "total", "expected"),
    [
        ("asrm", 5, []),
        ("asrm", 6, ["T2 asrm.hypomania"]),
        ("asrm", 12, ["T1 asrm.mania"]),
        ("ymrs", 11, []),
        ("ymrs", 12, ["T2 ymrs.hypomania"]),
        ("ymrs", 20, ["T1 ymrs.mania"]),
        ("audit", 15, []),
        ("audit", 16, ["T3 audit.harmful"]),
        ("audit", 20, ["T2 audit.dependence"]),
        ("dast-10", 5, []),
        ("dast-10", 6, ["T3 dast-10.total"]),
        ("bpic-ss", 18, []),
        ("bpic-ss", 19, ["T2 bpic-ss.total"]),
        ("ssi", 0, []),
        ("bss", 1, ["T2 bss.any"]),
        ("who-5", 8, []),
        ("who-5", 7, ["T3 who-5.low"]),
        ("gad-7", 21, []),
    ],
)
def test_a_total_typed_in(name: str, total: int, expected: list[str]) -> None:
    assert raised(name, {"total": total}) == expected


@pytest.mark.parametrize(
    ("name", "total", "before", "expected"),
    [
        ("asrm", 5, 1, ["T3 asrm.rise"]),
        ("asrm", 5, 2, []),
        ("ymrs", 10, 6, ["T3 ymrs.rise"]),
        ("pcl-5", 40, 25, ["T3 pcl-5.rise"]),
        ("pcl-5-week", 40, 26, []),
        ("bpic-ss", 9, 4, ["T3 bpic-ss.rise"]),
        ("gad-7", 15, 15, ["T3 gad-7.high"]),
        ("gad-7", 14, 9, []),
    ],
)
def test_a_rise_over_before_the_dose(name: str, total: int, before: int, expected: list[str]) -> None:
    assert raised(name, {"total": total}, before) == expected


@pytest.mark.parametrize(
    ("name", "answers", "before", "minutes", "expected"),
    [
        ("cadss", {"total": 9}, 4, 120, ["T2 cadss.rise"]),
        ("cadss", {"total": 9}, 4, 119, []),
        ("cadss", {"total": 60}, 4, 40, []),
        ("cadss", {"total": 8}, 4, 120, []),
        ("cadss", {"total": 9}, None, 120, []),
        ("cadss-6", {"total": 9}, 4, 130, ["T2 cadss-6.rise"]),
        ("cadss-6", {"total": 9}, 4, None, []),
        ("bprs-plus", {"12": 4}, None, 239, ["T2 bprs-plus.item"]),
        ("bprs-plus", {"12": 4}, None, 240, ["T1 bprs-plus.persists"]),
        ("bprs-plus", {"12": 3}, None, 240, []),
        ("bprs-plus-1-7", {"12": 5}, None, 240, ["T1 bprs-plus-1-7.persists"]),
        ("moaa-s", {"1": 4}, None, 119, []),
        ("moaa-s", {"1": 4}, None, 120, ["T3 moaa-s.not-back"]),
        ("moaa-s", {"1": 5}, None, 120, []),
        ("moaa-s", {"1": 3}, None, 120, ["T2 moaa-s.loud"]),
    ],
)
def test_what_passes_by_itself_is_a_sign_once_it_should_have_passed(name, answers, before, minutes, expected) -> None:
    assert raised(name, answers, before, minutes) == expected


def test_of_the_dsi_ss_the_gravest_line_counts_once() -> None:
    assert raised("dsi-ss", {"1": 1}) == ["T3 dsi-ss.any"]
    assert raised("dsi-ss", {"1": 1, "2": 2}) == ["T2 dsi-ss.plan"]
    assert raised("dsi-ss", {"1": 1, "2": 1, "3": 1}) == ["T2 dsi-ss.total"]
    assert raised("dsi-ss", form("dsi-ss", i4=3)) == ["T1 dsi-ss.now"]
    assert raised("dsi-ss", form("dsi-ss")) == []


def test_a_positive_screen_for_bipolar_disorder() -> None:
    positive = form("mdq", 1, iproblem=2) | {"same-period": 1}
    assert raised("mdq", positive) == ["T2 mdq.positive"]
    assert raised("mdq", positive | {"problem": 1}) == []


def test_a_rise_is_not_read_from_half_a_form() -> None:
    assert raised("pcl-5", {"1": 4, "2": 4, "3": 4, "4": 4, "5": 4}, before=0) == []


def test_beside_a_total_the_item_that_must_be_seen_raises_its_own() -> None:
    assert raised("bdi-ii", {"total": 40, "9": 3}) == ["T1 bdi-ii.9.now"]
    assert raised("bdi-ii", {"total": 40}) == []


@pytest.mark.parametrize(("treated", "tiers"), [(True, ["T3"]), (False, [])])
def test_h13_high_anxiety_after_treatment_is_a_sign_whether_or_not_it_was_asked_before(treated: bool, tiers) -> None:
    for before in (None, 18):
        context = TriageContext(at=AT, before_dose=before, treated=treated)
        flags = rules.triage("gad-7", form("gad-7", default=3), context, SHEET)
        assert [str(flag.tier) for flag in flags] == tiers


def test_every_line_names_an_instrument_and_an_item_that_exist() -> None:
    for row in SHEET.rows:
        sheet = outcomes.instrument(row.instrument)
        assert row.item is None or sheet.item(row.item), row.id
        assert not row.finding or row.finding in {one.id for one in sheet.findings}, row.id
        assert row.sources, row.id


def test_a_scale_of_which_the_sheet_says_nothing_raises_nothing():
    context = TriageContext(at=AT, before_dose=None)
    assert rules.triage("pcl-5", form("pcl-5", i16=4), context, SHEET)
    assert rules.triage("pcl-5", form("pcl-5", i16=4), context, replace(SHEET, rows=())) == []


@pytest.mark.parametrize("name", ["phq-9", "qids-sr16", "bdi-ii", "madrs", "hamd-17", "gad-7", "hama", "pcl-5"])
def test_h13_n7_worse_by_a_quarter_of_the_baseline_is_the_same_day_on_every_main_scale(name: str) -> None:
    """Evidence N7. A baseline of nothing, none at all and half a form say nothing of a share."""

    def now(total: int, baseline: int | None) -> list[str]:
        context = TriageContext(at=AT, baseline=baseline, treated=True)
        flags = rules.triage(name, answers_of(name, total), context, SHEET)
        return [f"{flag.tier} {flag.rule}" for flag in flags if flag.rule.endswith((".worse", ".rise"))]

    assert now(15, 12) == [f"T2 {name}.worse"]
    assert now(14, 12) == []
    assert now(10, 8) == [f"T2 {name}.worse"]
    assert now(12, 12) == now(3, 12) == now(12, 0) == now(12, None) == []
    half = dict(list(answers_of(name, 15).items())[: len(outcomes.instrument(name).items) // 2])
    context = TriageContext(at=AT, baseline=2, treated=True)
    assert not [flag for flag in rules.triage(name, half, context, SHEET) if flag.rule.endswith(".worse")]


def answers_of(name: str, total: int) -> dict[str, int | None]:
    """A whole form with this total that says nothing of suicide, or the total of a form by numbers."""
    sheet = outcomes.instrument(name)
    answers: dict[str, int | None] = dict.fromkeys((item.id for item in sheet.items), 0)
    for item in answers if name != "qids-sr16" else ("5", "10", "11", "13", "15", "1", "6"):
        most = min(3, total) if name in ("phq-9", "gad-7", "qids-sr16", "bdi-ii") else min(2, total)
        if (name, item) not in {("phq-9", "9"), ("bdi-ii", "9"), ("madrs", "10"), ("hamd-17", "3"), ("pcl-5", "16")}:
            answers[item], total = most, total - most
    assert total == 0, name
    return answers


def test_worse_than_the_baseline_stands_for_the_rise_since_the_last_dose() -> None:
    context = TriageContext(at=AT, before_dose=6, baseline=8, treated=True)
    flags = rules.triage("phq-9", answers_of("phq-9", 12), context, SHEET)
    assert [flag.rule for flag in flags] == ["phq-9.worse"]
    held = TriageContext(at=AT, before_dose=6, baseline=12, treated=True)
    assert [flag.rule for flag in rules.triage("phq-9", answers_of("phq-9", 12), held, SHEET)] == ["phq-9.rise"]


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("qids-sr16", "12"),
        ("qids-sr16-24h", "12"),
        ("bdi-ii", "9"),
        ("madrs", "10"),
        ("madrs-24h", "10"),
        ("hamd-17", "3"),
    ],
)
def test_h13_n7_new_or_worse_thoughts_of_suicide_are_the_same_day(name: str, item: str) -> None:
    """Also a 1 that the published tiers leave alone, where it was 0 before; what was not known is not new."""

    def now(code: int, before: int | None) -> list[str]:
        context = TriageContext(at=AT, baseline=9, baseline_items={item: before}, treated=True)
        return [f"{flag.tier} {flag.rule}" for flag in rules.triage(name, {item: code}, context, SHEET)]

    assert now(1, 0) == [f"T2 {name}.{item}.worse"]
    usual = [f"T3 {name}.{item}.before-dose"] if name[0] in "qb" else []
    assert now(1, 1) == now(1, None) == usual
    assert now(0, 0) == []
    assert now(6 if name[0] == "m" else 4 if name[0] == "h" else 3, 0) == [f"T1 {name}.{item}.now"]


def test_h13_n7_the_total_of_a_scale_of_suicide_is_held_against_its_baseline() -> None:
    def now(before: int | None) -> list[str]:
        context = TriageContext(at=AT, baseline=before, treated=True)
        flags = rules.triage("dsi-ss", {"1": 1, "2": 0, "3": 0, "4": 0}, context, SHEET)
        return [f"{flag.tier} {flag.rule}" for flag in flags]

    assert now(0) == ["T2 dsi-ss.worse"]
    assert now(1) == now(None) == ["T3 dsi-ss.any"]
