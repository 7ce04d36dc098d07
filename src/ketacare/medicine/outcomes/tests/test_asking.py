"""When to ask, over doses, courses and clock changes; when a patient is not written to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ketacare.medicine import outcomes
from ketacare.medicine.evidence.reader import SheetRefused, sheet_from, table_in
from ketacare.medicine.outcomes import reader, rules
from ketacare.medicine.outcomes.terms import UNSAID, Anchor, Ask, Treated

DOSE = datetime(2026, 7, 14, 14, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OUTREACH = reader.outreach()
COURSE = reader.cadence(Anchor.COURSE)
EARLY = reader.cadence(Anchor.NEXT_DOSE)


def refused(change: tuple[str, str]) -> str:
    room = Path(outcomes.__path__[0]) / "knowledge" / "cadence.toml"
    with pytest.raises(SheetRefused) as fault:
        reader.cadence_from(sheet_from(table_in(room.read_text().replace(*change), "cadence.toml"), "cadence.toml"))
    return str(fault.value)


@pytest.mark.parametrize(
    ("next_after_h", "closes_h"),
    [(None, 80), (200, 80), (96, 72), (90, 66), (72, 48)],
)
def test_the_third_day_is_narrowed_by_what_is_asked_before_the_next_dose(
    next_after_h: int | None, closes_h: int
) -> None:
    """Windows of 66 to 80 h; the questions before a dose open a day before it and take the place of what is open."""
    closed_by = DOSE + (next_after_h - 24) * HOUR if next_after_h else None
    asks = {ask.key: ask for ask in rules.due_asks(DOSE, reader.cadence(), next_dose_at=closed_by)}
    if closes_h <= 66:
        assert "third_day" not in asks
    else:
        assert (asks["third_day"].opens_at - DOSE, asks["third_day"].closes_at - DOSE) == (66 * HOUR, closes_h * HOUR)


def test_no_form_is_asked_inside_its_own_recall_in_the_first_days() -> None:
    for ask in rules.due_asks(DOSE, reader.cadence()):
        for name in (name for name in ask.instruments if name in reader.INSTRUMENTS):
            looks_back = reader.instrument(name).recall_days * DAY
            assert ask.due_at - DOSE >= min(looks_back, 7 * DAY), (ask.key, name)


def test_what_staff_rate_the_next_day_looks_back_a_day() -> None:
    rule = reader.ask_rules()["next_day"]
    assert rule.staff == ("madrs-24h",)
    assert "24 hours" in reader.instrument("madrs-24h").recall_words
    assert reader.instrument("madrs-24h").id != reader.instrument("madrs").id


def test_before_the_next_dose_a_day_ahead_until_it_begins() -> None:
    (ask,) = rules.early_asks(DOSE, EARLY)
    assert (ask.opens_at, ask.due_at, ask.closes_at) == (DOSE - 24 * HOUR, DOSE - 2 * HOUR, DOSE)


@pytest.mark.parametrize(
    ("next_after_h", "next_day", "before"),
    [
        (22, (20, 22), (8, 22)),
        (24, (20, 24), (8, 24)),
        (26, (20, 26), (8, 26)),
        (28, (20, 28), (8, 28)),
        (30, (20, 30), (8, 30)),
        (36, (20, 30), (12, 36)),
        (48, (20, 30), (30, 48)),
        (72, (20, 30), (48, 72)),
    ],
)
def test_h13_the_evening_and_the_day_after_a_dose_are_asked_however_soon_the_next_one_comes(
    next_after_h: int, next_day: tuple[int, int], before: tuple[int, int]
) -> None:
    """Two doses a day apart are given for severe suicidality: their hours are the last that may go unasked. What is
    asked before the second comes in no infusion, and asks nothing twice but safety."""
    begins_at, treated = DOSE + next_after_h * HOUR, Treated("depression", "p-si-2", 1)
    asks = rules.due_asks(
        DOSE, reader.cadence(Anchor.DOSE, treated), next_dose_at=begins_at - 24 * HOUR, begins_at=begins_at
    )
    evening, day = asks[:2]
    assert [(one.key, one.opens_at - DOSE, one.closes_at - DOSE) for one in (evening, day)] == [
        ("same_evening", 4 * HOUR, 8 * HOUR),
        ("next_day", next_day[0] * HOUR, next_day[1] * HOUR),
    ]
    assert {"madrs-24h", "c-ssrs-since-last-visit"} <= set(day.staff)
    assert "c-ssrs-since-last-visit" in evening.staff
    early = reader.cadence(Anchor.NEXT_DOSE, treated)
    (ask,) = rules.early_asks(begins_at, early, beside=asks)
    assert ((ask.opens_at - DOSE) / HOUR, (ask.closes_at - DOSE) / HOUR) == before
    assert ask.opens_at <= ask.due_at <= ask.closes_at
    twice = set(ask.instruments) & set(day.instruments)
    assert twice == ({"safety-items"} if before[0] < next_day[1] else set(day.instruments))


def test_a_course_under_an_earlier_cadence_goes_on_by_it() -> None:
    began = reader.cadence(version="4.0.0")
    asks = rules.due_asks(DOSE, began, next_dose_at=DOSE + 22 * HOUR, begins_at=DOSE + 46 * HOUR)
    assert {one.key: one.closes_at - DOSE for one in asks} == {"same_evening": 8 * HOUR, "next_day": 22 * HOUR}


@pytest.mark.parametrize(
    ("day", "keys"),
    [
        (0, []),
        (27.9, []),
        (28, ["monthly-1"]),
        (34.9, ["monthly-1"]),
        (35, []),
        (56, ["monthly-2"]),
        (84, ["quarterly-1"]),
        (90, ["quarterly-1"]),
        (112, ["monthly-4"]),
        (168, ["quarterly-2"]),
        (364, ["monthly-13"]),
    ],
)
def test_months_and_quarters_are_counted_from_the_first_dose(day: float, keys: list[str]) -> None:
    assert [ask.key for ask in rules.course_asks(DOSE, DOSE + day * DAY, COURSE)] == keys


def test_a_form_rests_in_a_month_too_and_with_nothing_left_nothing_is_asked() -> None:
    rest = {"phq-9": 7, "gad-7": 7}
    answered = {"phq-9": DOSE + 27 * DAY}
    (ask,) = rules.course_asks(DOSE, DOSE + 28 * DAY, COURSE, again_after_days=rest, answered_on=answered)
    assert "phq-9" not in ask.instruments
    assert ask.left_out == ("phq-9",)
    rare = replace(COURSE[0], instruments=("phq-9",))
    assert not rules.course_asks(DOSE, DOSE + 28 * DAY, [rare], again_after_days=rest, answered_on=answered)


NAMES = tuple(reader.INSTRUMENTS)
PAUSES = dict(reader.cadence_sheet().rests)
RESTS = {name: reader.instrument(name).again_after_days for name in NAMES} | PAUSES
RECALLS = {name: reader.instrument(name).recall_days for name in NAMES} | PAUSES


def week_of(dose_at: datetime, by_day: float) -> list[Ask]:
    """What stands open or waits of one dose, by its week."""
    asks = rules.due_asks(dose_at, reader.cadence(Anchor.DOSE, Treated("depression", "p-si-1")))
    return [one for one in asks if one.key == "week" and one.closes_at > DOSE + by_day * DAY]


@pytest.mark.parametrize("after_h", [0, 5, 24, 48])
def test_a_month_asks_what_the_week_would_beside_it_no_later_than_the_week_would(after_h: int) -> None:
    (week,) = week_of(DOSE + 21 * DAY + after_h * HOUR, 28)
    week = replace(week, opens_at=week.due_at)  # as with the PHQ-9
    now = DOSE + 28 * DAY
    assert rules.taken_in(DOSE, now, COURSE, [week]) == (week,)
    (month,) = rules.course_asks(DOSE, now, COURSE, beside=[week], taken=[week])
    assert {*week.instruments, *week.staff} <= {*month.instruments, *month.staff}
    assert {"gad-7", "kset-r"} <= {*month.instruments, *month.staff}
    asked_once = (*month.instruments, *month.staff)
    assert len(set(asked_once)) == len(asked_once)
    assert month.instruments[-1] == "safety-items"
    assert (month.opens_at, month.due_at, month.closes_at) == (now, week.due_at, week.closes_at)


def test_a_month_waits_for_what_is_open_and_then_leaves_out_what_was_asked() -> None:
    (week,) = week_of(DOSE + 21 * DAY - HOUR, 28)
    last = dict.fromkeys((*week.instruments, *week.staff), week.due_at)
    more = {"beside": [week], "answered_on": last, "again_after_days": RESTS, "recall_days": RECALLS}
    assert not rules.taken_in(DOSE, DOSE + 28 * DAY, COURSE, [week])
    assert not rules.course_asks(DOSE, DOSE + 28 * DAY, COURSE, **more)
    (month,) = rules.course_asks(DOSE, week.closes_at, COURSE, **more)
    again = {*month.instruments, *month.staff} & {*week.instruments, *week.staff}
    assert again == {"side-effects", "safety-items", "c-ssrs-since-last-visit"}, "what is asked each time"
    assert {"pgi-c", "phq-9"} <= set(month.left_out)


def test_a_week_after_the_month_was_due_is_not_the_months() -> None:
    (later,) = week_of(DOSE + 24 * DAY + HOUR, 28)
    assert not rules.taken_in(DOSE, DOSE + 28 * DAY, COURSE, [later])
    assert "no ask is called fortnight" in refused(
        ('takes_in = "week"\nevery = { value = 28', 'takes_in = "fortnight"\nevery = { value = 28')
    )


def test_what_looks_back_on_no_days_rests_less_than_two_reviews_are_apart() -> None:
    assert dict.fromkeys(("pgi-c", "cgi-i", "kset-r"), 5) == PAUSES
    early = reader.cadence(Anchor.NEXT_DOSE, Treated(doses=4))
    asked = {"last week": 6.5, "two days ago": 2.0}
    kept = {}
    for when, days in asked.items():
        last = dict.fromkeys(PAUSES, DOSE - days * DAY)
        (ask,) = rules.early_asks(DOSE, early, again_after_days=RESTS, recall_days=RECALLS, answered_on=last)
        kept[when] = set(PAUSES) & {*ask.instruments, *ask.staff}
    assert kept == {"last week": set(PAUSES), "two days ago": set()}


def test_an_ask_moves_with_its_dose_and_ends_without_it() -> None:
    (ask,) = rules.early_asks(DOSE, EARLY)
    later = rules.moved(ask, EARLY[0], DOSE + DAY, None)
    assert later is not None
    assert (later.opens_at, later.closes_at, later.instruments) == (DOSE, DOSE + DAY, ask.instruments)
    assert rules.moved(ask, EARLY[0], None, None) is None
    third = next(one for one in rules.due_asks(DOSE, reader.cadence()) if one.key == "third_day")
    rule = reader.ask_rules()["third_day"]
    narrowed = rules.moved(third, rule, DOSE, DOSE + 70 * HOUR)
    assert narrowed is not None
    assert narrowed.closes_at - DOSE == 70 * HOUR
    assert rules.moved(third, rule, DOSE, DOSE + 60 * HOUR) is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('quiet = "send"', 'quiet = "never"'), "quiet is 'never'"),
        (('anchor = "course"\nevery', 'anchor = "dose"\nevery'), "says every"),
        (
            (
                'key = "before_dose"\ntitle = "Before the next dose"\nanchor = "next_dose"',
                'key = "b"\ntitle = "B"\nanchor = "course"',
            ),
            "says every",
        ),
    ],
)
def test_a_cadence_that_contradicts_itself_is_refused(change: tuple[str, str], says: str) -> None:
    assert says in refused(change)


# -- by what is treated ------------------------------------------------------------------------------------------------


def asked(key: str, **treated: Any) -> tuple[tuple[str, ...], ...]:
    """What comes to an ask for this person that is not for everybody: the forms, what staff rate, what they see to."""
    rule = next(one for anchor in Anchor for one in reader.cadence(anchor, Treated(**treated)) if one.key == key)
    plain = next(one for anchor in Anchor for one in reader.cadence(anchor) if one.key == key)
    return tuple(
        tuple(name for name in getattr(rule, part) if name not in getattr(plain, part))
        for part in ("instruments", "staff", "checks")
    )


REVIEW_FORMS, REVIEW_STAFF = ("asrm", "pgi-c"), ("madrs", "cgi-s", "cgi-i", "kset-r")
FIRST = ("gad-7", "isi", "asrm", "wsas", "who-5", "audit", "dast-10")
FIRST_STAFF = ("madrs", "madrs-24h", "cgi-s", "kset-r", "bpic-ss", "c-ssrs-screener")
SIXTH = ("gad-7", "isi", "wsas", "who-5")
SUICIDALITY = [
    (key, {"protocol": protocol}, ("dsi-ss",) if key == "week" else (), ("c-ssrs-since-last-visit",), ())
    for key in ("same_evening", "next_day", "third_day", "week")
    for protocol in ("p-esk-si", "p-si-1", "p-si-2")
]
PTSD, BIPOLAR = "post-traumatic stress", "bipolar depression"


@pytest.mark.parametrize(
    ("key", "treated", "forms", "staff", "checks"),
    [
        ("week", {"diagnosis": PTSD}, ("pcl-5-week",), (), ()),
        ("before_dose", {"diagnosis": PTSD, "doses": 0}, (*FIRST, "pcl-5", "pcl-5-week"), FIRST_STAFF, ()),
        ("before_dose", {"diagnosis": BIPOLAR, "doses": 0}, (*FIRST, "qids-sr16"), (*FIRST_STAFF, "ymrs"), ()),
        ("before_dose", {"diagnosis": "anxiety", "doses": 0}, FIRST, (*FIRST_STAFF, "hama"), ()),
        ("before_dose", {"diagnosis": PTSD, "doses": 1}, (), (), ()),
        ("before_dose", {"diagnosis": PTSD, "doses": 2}, (*REVIEW_FORMS, "pcl-5-week"), REVIEW_STAFF, ()),
        ("before_dose", {"diagnosis": PTSD, "doses": 6}, (*REVIEW_FORMS, *SIXTH, "pcl-5", "pcl-5-week"),
         (*REVIEW_STAFF, "bpic-ss"), ()),
        ("quarterly", {"diagnosis": PTSD}, ("pcl-5",), (), ()),
        ("before_dose", {"diagnosis": BIPOLAR, "doses": 1}, ("qids-sr16", "asrm"), (), ()),
        ("before_dose", {"diagnosis": BIPOLAR, "doses": 4}, (*REVIEW_FORMS, "qids-sr16"), (*REVIEW_STAFF, "ymrs"), ()),
        ("week", {"diagnosis": BIPOLAR}, ("qids-sr16",), (), ()),
        ("monthly", {"diagnosis": "depression"}, ("qids-sr16",), (), ()),
        ("week", {"diagnosis": "depression"}, ("qids-sr16",), (), ()),
        ("before_dose", {"diagnosis": "anxiety", "doses": 1}, ("gad-7",), (), ()),
        ("quarterly", {"diagnosis": "anxiety"}, (), ("hama",), ()),
        ("before_dose", {"diagnosis": "alcohol use"}, (), (), ("Drinks in the last 72 h asked, breath test",)),
        ("week", {"diagnosis": "obsessive-compulsive"}, (), (), ()),
        ("third_day", {"diagnosis": PTSD}, (), (), ()),
        *SUICIDALITY,
    ],
)  # fmt: skip
def test_what_is_asked_follows_what_is_treated(key, treated, forms, staff, checks) -> None:
    assert asked(key, **treated) == (forms, staff, checks)


# Columns of the cadence table in clinical/instruments.md, section 5: what is required of everybody, or of depression.
TABLE = [
    ("week", 0, ["qids-sr16", "madrs", "mood-vas", "anxiety-vas", "safety-items", "asrm", "cgi-s", "cgi-i", "pgi-c"]),
    ("before_dose", 0, ["phq-9", "qids-sr16", "madrs", "madrs-24h", "mood-vas", "anxiety-vas", "safety-items",
                        "c-ssrs-screener", "c-ssrs-since-last-visit", "gad-7", "isi", "wsas", "who-5", "asrm", "audit",
                        "dast-10", "kset-r", "bpic-ss", "cgi-s"]),
    ("before_dose", 4, ["qids-sr16", "madrs", "c-ssrs-since-last-visit", "asrm", "kset-r", "cgi-s", "cgi-i", "pgi-c"]),
    ("before_dose", 6, ["phq-9", "gad-7", "isi", "wsas", "who-5", "bpic-ss", "asrm", "kset-r", "madrs", "pgi-c"]),
    ("monthly", 0, ["phq-9", "qids-sr16", "madrs", "c-ssrs-since-last-visit", "gad-7", "wsas", "who-5", "asrm",
                    "kset-r", "bpic-ss", "cgi-s", "cgi-i", "pgi-c"]),
    ("quarterly", 0, ["phq-9", "madrs", "c-ssrs-screener", "gad-7", "isi", "wsas", "who-5", "asrm", "audit", "dast-10",
                      "kset-r", "bpic-ss", "cgi-s", "cgi-i", "pgi-c"]),
]  # fmt: skip


@pytest.mark.parametrize(("key", "doses", "required"), TABLE)
def test_what_the_cadence_table_requires_is_asked(key: str, doses: int, required: list[str]) -> None:
    treated = Treated("depression", doses=doses)
    (rule,) = [rule for anchor in Anchor for rule in reader.cadence(anchor, treated) if rule.key == key]
    assert set(required) <= {*rule.instruments, *rule.staff}
    assert not {*rule.instruments} & {*rule.staff}


def test_safety_is_asked_last() -> None:
    for diagnosis in ("depression", PTSD, BIPOLAR, "anxiety"):
        for anchor in Anchor:
            for rule in reader.cadence(anchor, Treated(diagnosis, "p-si-1", 6)):
                assert rule.instruments[-1] == "safety-items"


def test_the_month_form_takes_the_place_of_the_week_form_unless_it_rests() -> None:
    rules_now = reader.cadence(Anchor.NEXT_DOSE, Treated(PTSD, doses=6))
    rest = {"pcl-5": 28, "pcl-5-week": 7}
    (fresh,) = rules.early_asks(DOSE, rules_now, again_after_days=rest)
    assert ("pcl-5" in fresh.instruments, "pcl-5-week" in fresh.instruments) == (True, False)
    (young,) = rules.early_asks(DOSE, rules_now, again_after_days=rest, answered_on={"pcl-5": DOSE - 20 * DAY})
    assert ("pcl-5" in young.instruments, "pcl-5-week" in young.instruments) == (False, True)
    both = {"pcl-5": DOSE - 20 * DAY, "pcl-5-week": DOSE - 3 * DAY}
    (neither,) = rules.early_asks(DOSE, rules_now, again_after_days=rest, answered_on=both)
    assert not {"pcl-5", "pcl-5-week"} & set(neither.instruments)


def test_nobody_rates_the_same_days_twice() -> None:
    rules_now = reader.cadence(Anchor.NEXT_DOSE, Treated("depression", doses=2))
    recall = {"madrs": 7, "cgi-s": 7}
    (ask,) = rules.early_asks(DOSE, rules_now, recall_days=recall, answered_on={"madrs": DOSE - 3 * DAY})
    assert ask.staff == ("c-ssrs-since-last-visit", "cgi-s", "cgi-i", "kset-r")


@pytest.mark.parametrize("treated", [Treated(PTSD), Treated(BIPOLAR), Treated("anxiety"), Treated("depression")])
@pytest.mark.parametrize("gap_days", [3, 7, 14])
def test_over_a_course_no_form_comes_back_inside_its_own_rest(treated: Treated, gap_days: int) -> None:
    rest = {name: reader.instrument(name).again_after_days for name in reader.INSTRUMENTS}
    answered: dict[str, datetime] = {}
    for number in range(12):
        given, now = DOSE + number * gap_days * DAY, replace(treated, doses=number)
        early, late = reader.cadence(Anchor.NEXT_DOSE, now), reader.cadence(Anchor.DOSE, now)
        closed_by = given + (gap_days - 1) * DAY
        asks = [*rules.early_asks(given, early, again_after_days=rest, answered_on=answered)]
        for ask in asks:
            answered |= held_apart(ask, answered, rest)
        for ask in rules.due_asks(given, late, again_after_days=rest, answered_on=answered, next_dose_at=closed_by):
            answered |= held_apart(ask, answered, rest)


def held_apart(ask: Ask, answered: dict[str, datetime], rest: dict[str, int]) -> dict[str, datetime]:
    for name in ask.instruments:
        assert name not in answered or ask.due_at - answered[name] >= rest.get(name, 0) * DAY, (name, ask.key)
    return dict.fromkeys(ask.instruments, ask.due_at)


def test_a_course_keeps_the_cadence_it_began_with() -> None:
    began, now = reader.cadence_sheet("2.0.0"), reader.cadence_sheet()
    assert (began.version, now.version) == ("2.0.0", "4.3.0")
    assert reader.ask_rules("2.0.0")["week"].only_with == "phq-9"
    assert reader.cadence(Anchor.DOSE, Treated(PTSD), "2.0.0") == reader.cadence(Anchor.DOSE, UNSAID, "2.0.0")
    assert reader.cadence_sheet("1.0.0") == now, "a version that is not on file is the newest"


def test_what_comes_to_an_ask_that_is_not_there_is_refused() -> None:
    assert "no ask is called fortnight" in refused(('to = "quarterly"', 'to = "fortnight"'))


# -- clock changes: New York moves by an hour, Lord Howe by half of one ------------------------------------------------

ZONES = {
    "US spring": ("America/New_York", datetime(2026, 3, 7, 15, 0, tzinfo=UTC), timedelta(hours=1)),
    "US autumn": ("America/New_York", datetime(2026, 10, 31, 15, 0, tzinfo=UTC), timedelta(hours=-1)),
    "Lord Howe autumn": ("Australia/Lord_Howe", datetime(2026, 4, 4, 2, 0, tzinfo=UTC), timedelta(minutes=-30)),
    "Lord Howe spring": ("Australia/Lord_Howe", datetime(2026, 10, 3, 2, 0, tzinfo=UTC), timedelta(minutes=30)),
}


@pytest.mark.parametrize("case", ZONES)
def test_h21_hours_pass_as_hours_whatever_the_wall_says(case: str) -> None:
    zone, dose_at, shift = ZONES[case]
    for given in (dose_at, dose_at.astimezone(ZoneInfo(zone))):
        asks = {ask.key: ask for ask in rules.due_asks(given.astimezone(UTC), reader.cadence())}
        assert (asks["next_day"].due_at - dose_at, asks["third_day"].due_at - dose_at) == (24 * HOUR, 72 * HOUR)
        wall = asks["next_day"].due_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert wall - dose_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == 24 * HOUR + shift


@pytest.mark.parametrize("case", ZONES)
@pytest.mark.parametrize(
    ("clock", "until"),
    [
        ("20:59", None),
        ("21:00", ("08:00", 1)),
        ("23:59", ("08:00", 1)),
        ("00:00", ("08:00", 0)),
        ("07:59", ("08:00", 0)),
        ("08:00", None),
        ("12:00", None),
    ],
)
def test_quiet_hours_are_those_on_the_wall_in_a_night_of_a_clock_change(
    case: str, clock: str, until: tuple[str, int] | None
) -> None:
    name, dose_at, _ = ZONES[case]
    zone = ZoneInfo(name)
    for day in (0, 1, 2):
        today = dose_at.astimezone(zone).date() + day * DAY
        here = datetime.fromisoformat(f"{today}T{clock}").replace(tzinfo=zone)
        over = rules.quiet_until(here, OUTREACH)
        if until is None:
            assert over is None
        else:
            assert over is not None
            assert (over.astimezone(zone).strftime("%H:%M"), over.date()) == (until[0], today + until[1] * DAY)
            assert over.astimezone(UTC) > here.astimezone(UTC)


def test_a_house_that_is_quiet_at_noon_is_so_within_the_day() -> None:
    noon = replace(
        OUTREACH,
        quiet_begins=replace(OUTREACH.quiet_ends, value=Decimal(12)),
        quiet_ends=replace(OUTREACH.quiet_ends, value=Decimal(14)),
    )
    here = datetime(2026, 7, 14, 13, 0, tzinfo=UTC)
    assert rules.quiet_until(here, noon) == datetime(2026, 7, 14, 14, 0, tzinfo=UTC)
    assert rules.quiet_until(here + HOUR, noon) is None


def test_an_hour_that_no_day_has_is_refused() -> None:
    room = Path(outcomes.__path__[0]) / "knowledge" / "outreach.toml"
    text = room.read_text().replace("value = 21", "value = 24")
    with pytest.raises(SheetRefused, match=r"quiet.begins: is no hour of the day"):
        reader.outreach_from(sheet_from(table_in(text, "outreach.toml"), "outreach.toml"))


def test_a_closing_that_is_not_in_hours_is_refused() -> None:
    room = Path(outcomes.__path__[0]) / "knowledge" / "outreach.toml"
    text = room.read_text().replace('value = 16, unit = "h"', 'value = 960, unit = "min"')
    with pytest.raises(SheetRefused, match=r"shut.longer_than: is not in hours"):
        reader.outreach_from(sheet_from(table_in(text, "outreach.toml"), "outreach.toml"))


@pytest.mark.parametrize(
    "words",
    ["STOP", "stop.", " Stop! ", "ALTO", "Baja", "unsubscribe", "STOP please", "Please stop", "stop stop STOP",
     "opt out", "Opt-out", "revoke", "no más", "No mas mensajes, por favor", "DETENER", "stop all"],
)  # fmt: skip
def test_one_word_that_means_stop_stops(words: str) -> None:
    assert rules.is_stop(words, OUTREACH)


@pytest.mark.parametrize(
    "words",
    ["", "please do not stop", "stop it hurts", "I want to end it", "ok", "5", "stopp", "please", "thank you",
     "end my life", "no", "no puedo más", "ya no más", "I can't stop crying"],
)  # fmt: skip
def test_more_than_the_word_is_for_a_person_to_read(words: str) -> None:
    assert not rules.is_stop(words, OUTREACH)


@pytest.mark.parametrize(
    ("words", "bars"),
    [("STOP", True), (" Stop. ", True), ("Opt-out", True), ("No más", True), ("START", False), ("unstop", False),
     ("Stop. I am fine now", None), ("stop please", None), ("STOP 2", None), ("unstop please", None),
     ("start tomorrow?", None), ("", None)],
)  # fmt: skip
def test_h13_carriers_hear_a_stop_or_a_start_only_where_it_is_the_whole_message(words: str, bars: bool | None) -> None:
    assert rules.bars_carriers(words, OUTREACH) is bars


def test_a_stop_with_more_after_it_is_both() -> None:
    for words in (
        "Stop. I want to die",
        "Unsubscribe. Quiero morir",
        "stop\nOn Monday you wrote:",
        "Please stop! It hurts",
    ):
        assert not rules.is_stop(words, OUTREACH)
        assert rules.begins_with_stop(words, OUTREACH)
    others = (
        "Cancel. I can't make it tomorrow",
        "Alto: 180/110 hoy",
        "Fin, por fin me siento mejor",
        "Parar. ¿Lo dejo?",
    )
    for words in ("I can't stop. Help", "stop it hurts", "no. I am fine", "", *others):
        assert not rules.begins_with_stop(words, OUTREACH)


def test_the_lines_between_ticks_hold() -> None:
    """A person has a message that nobody takes within a minute: the tries, and the wait for the sender itself."""
    assert OUTREACH.tries.integer * OUTREACH.again_after.integer <= 60
    assert OUTREACH.not_taken.integer + 10 <= 60  # the worker looks every ten seconds


def test_after_how_long_a_closing_whoever_is_on_call_calls_stands_in_the_sheet():
    assert (OUTREACH.shut_longer_than.value, OUTREACH.shut_longer_than.unit) == (16, "h")


def test_in_bipolar_depression_two_questions_of_ours_stand_in_for_the_mania_scale() -> None:
    asked = {rule.key: rule.instruments for rule in reader.cadence(Anchor.DOSE, Treated("bipolar depression"))}
    assert {key for key, names in asked.items() if "mania-items" in names} == {"next_day", "third_day"}
    assert all(names[-1] == "safety-items" for names in asked.values())
    assert not any("mania-items" in rule.instruments for rule in reader.cadence())
    assert all("safety-items" in names for names in asked.values())  # s4 is the other
    assert "asrm" in asked["week"]


def test_what_a_person_asks_after_a_sign_of_suicide_stands_with_each_ask_of_a_dose() -> None:
    assert {rule.if_flagged for rule in reader.cadence()} == {("c-ssrs-since-last-visit",)}
    assert reader.cadence_sheet("4.1.0").rules[0].if_flagged == ()
    assert (reader.cadence_sheet().fresh_days, reader.cadence_sheet("4.1.0").fresh_days) == (7, 0)
