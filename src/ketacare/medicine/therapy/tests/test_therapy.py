"""The integration window and its states."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ketacare.medicine.evidence.reader import SheetRefused, read_sheet
from ketacare.medicine.evidence.terms import Figure, Grade, Sheet, Source
from ketacare.medicine.protocols import reader as protocols
from ketacare.medicine.protocols.rules import induction_doses
from ketacare.medicine.scheduling.rules import morning_after
from ketacare.medicine.therapy import reader, rules
from ketacare.medicine.therapy.terms import AfterDose, Came, Dose, Visit, Window, WindowState

DOSE = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
WINDOW = rules.window_after(DOSE, reader.placement())


def figure(value: int, unit: str = "h"):
    return Figure(Decimal(value), unit, (Source("X", "a source"),), Grade.D)


def hours(number: float) -> datetime:
    return DOSE + timedelta(hours=number)


def test_the_window_is_24_to_72_hours_and_says_its_limit() -> None:
    assert (WINDOW.opens_at, WINDOW.closes_at) == (hours(24), hours(72))
    assert "No human study" in reader.placement().limit


@pytest.mark.parametrize(
    ("at", "visits", "state"),
    [
        (1, [], WindowState.NOT_YET),
        (1, [Visit(hours(48), False)], WindowState.BOOKED),
        (24, [], WindowState.OPEN),
        (50, [Visit(hours(48), False)], WindowState.OPEN),
        (72, [], WindowState.MISSED),
        (72, [Visit(hours(48), False)], WindowState.MISSED),
        (90, [Visit(hours(71.9), True)], WindowState.DONE),
        (90, [Visit(hours(72), True)], WindowState.DONE_OUTSIDE),
    ],
)
def test_states(at: float, visits: list[Visit], state: WindowState) -> None:
    assert rules.window_state(WINDOW, visits, hours(at)) is state


# Reference: clinical/evidence.md 3B, Ketacare default (D): one visit "per dose in induction, then every 2nd–3rd dose".
INDUCTIONS = {  # the doses that the sheet of the protocol calls its course or its induction
    "p-iv-05-2w": 6, "p-iv-05-3w": 6, "p-iv-05-60": 6, "p-iv-kap": 6, "p-iv-crt": 4, "p-iv-05-1": 1,  # intravenous
    "p-iv-10": 8, "p-im-05": 8, "p-im-kap": 6, "p-in-rac": 8,  # nothing follows in the sheet: as many as may be ordered
    "p-sl-kap": 6, "p-sl-home": 6, "p-po-1": 12,  # under the tongue, by mouth
    "p-esk-trd": 8, "p-esk-65": 8, "p-esk-si": 8,  # weeks 1 to 4; weeks 5 to 8 and maintenance follow
}  # fmt: skip


@pytest.mark.parametrize(("name", "doses"), INDUCTIONS.items())
def test_each_dose_of_the_induction_owes_a_visit_and_then_every_second(name: str, doses: int) -> None:
    protocol = protocols.protocol(name)
    phases = protocols.regimen(name).phases if name in protocols.REGIMENS else ()
    assert induction_doses(protocol, phases) == doses
    owed = [number for number in range(1, doses + 8) if rules.owes_visit(number, doses, reader.placement())]
    assert owed == [*range(1, doses + 1), doses + 2, doses + 4, doses + 6]


def test_where_number_or_course_is_not_known_the_visit_is_owed() -> None:
    place = reader.placement()
    assert (place.every_after_induction.value, place.every_after_induction.grade) == (2, Grade.D)
    for number, induction in ((None, 6), (7, None), (None, None)):
        assert rules.owes_visit(number, induction, place)
    third = replace(place, every_after_induction=figure(3, "1"))
    assert [number for number in range(7, 16) if rules.owes_visit(number, 6, third)] == [9, 12, 15]
    assert rules.none_owed_words(6, third) == "after the 6 doses of the induction a visit is owed after every 3rd dose"
    assert [rules.ordinal(number) for number in (1, 2, 3, 4, 11, 21)] == ["1st", "2nd", "3rd", "4th", "11th", "21st"]
    assert rules.spacing_words(1, place) == "after the first dose, then after every 2nd"
    assert rules.spacing_words(None, place) == "after each dose of the induction, then after every 2nd"
    assert rules.spacing_words(6, replace(place, every_after_induction=figure(1, "1"))) == "after each dose"


@pytest.mark.parametrize(
    ("at", "visits", "state"),
    [
        (1, [], WindowState.NONE_OWED),
        (50, [], WindowState.NONE_OWED),
        (90, [], WindowState.NONE_OWED),
        (1, [Visit(hours(48), False)], WindowState.BOOKED),
        (50, [Visit(hours(48), False)], WindowState.NONE_OWED),
        (90, [Visit(hours(48), True)], WindowState.DONE),
        (90, [Visit(hours(80), True)], WindowState.NONE_OWED),
    ],
)
def test_where_none_is_owed_nothing_is_missed_and_one_that_is_held_is_used(at, visits, state) -> None:
    assert rules.window_state(WINDOW, visits, hours(at), is_owed=False) is state


@pytest.mark.parametrize("every", [figure(0, "1"), figure(2, "d")])
def test_a_sheet_that_does_not_say_after_which_doses_does_not_load(every) -> None:
    sheet = read_sheet(Path(reader.__file__).parent / "knowledge" / "windows.toml")
    house = {**sheet.body["house"], "every_after_induction": every}
    with pytest.raises(SheetRefused, match="whole number above zero"):
        reader.placement_from(replace(sheet, body={**sheet.body, "house": house}))


def test_hours_are_true_hours_also_where_the_dose_bears_a_zone_whose_clocks_change() -> None:
    began = datetime(2026, 10, 31, 12, 0, tzinfo=ZoneInfo("America/New_York"))
    opened = rules.window_after(began, reader.placement())
    assert opened.opens_at.timestamp() - began.timestamp() == 24 * 3600
    assert opened.closes_at.timestamp() - began.timestamp() == 72 * 3600


@pytest.mark.parametrize("length", [0, -1])
def test_a_window_without_length_or_of_negative_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="closes before it opens"):
        Window(hours(24), hours(24 + length))


def test_a_dose_that_was_not_given_opens_nothing_and_a_stopped_one_keeps_its_window() -> None:
    place = reader.placement()
    assert rules.dose_window(Dose(DOSE, None, Came.NOT_GIVEN), place) is None
    assert rules.dose_window(Dose(DOSE, DOSE, Came.STOPPED), place) == WINDOW


def test_a_dose_moved_moves_its_window_and_the_hour_it_really_began_counts() -> None:
    place = reader.placement()
    assert rules.dose_window(Dose(hours(48), None, Came.PLANNED), place) == Window(hours(72), hours(120))
    assert rules.dose_window(Dose(DOSE, hours(2), Came.GIVEN), place) == Window(hours(26), hours(74))


def test_one_sheet_has_the_houses_hours_and_every_protocol_follows_up_within_them() -> None:
    house = reader.placement()
    assert house.sheet == reader.windows().sheet
    for name in protocols.PROTOCOLS:
        for one in protocols.protocol(name).follow_ups:
            if one.kind == "integration":
                assert (one.opens_h, one.due_h) == (house.opens.value, house.closes.value), name


def test_the_windows_that_were_studied() -> None:
    sheet = reader.windows()
    asat = sheet.row("asat")
    assert asat is not None
    assert (asat.opens.integer, asat.closes.integer, asat.count.integer, asat.grade) == (24, 120, 8, "V")
    assert rules.window_after(DOSE, asat) == Window(hours(24), hours(120))
    assert [row.id for row in sheet.rows if not row.has_hours] == ["cbt-after", "met", "montreal"]
    assert sheet.row("kap").grade == "M"
    assert sheet.row("nothing") is None
    assert set(sheet.floor) == {"released_first", "no_exposure", "no_great_decisions", "under_effect"}


def altered(change) -> Sheet:
    sheet = read_sheet(Path(reader.__file__).parent / "knowledge" / "windows.toml")
    rows = [dict(row) for row in sheet.body["rows"]]
    change(rows[0])
    return replace(sheet, body={**sheet.body, "rows": tuple(rows)})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda row: row.update(closes=figure(12)), "the window has no length"),
        (lambda row: row.update(opens=figure(120)), "the window has no length"),
        (lambda row: row.update(opens=figure(-24)), "before the dose"),
        (lambda row: row.pop("closes"), "stand together"),
        (lambda row: row.update(opens=figure(1, "d")), "is not h"),
        (lambda row: row.update(id="kap"), "same id"),
    ],
)
def test_a_sheet_with_an_impossible_window_does_not_load(change, said: str) -> None:
    with pytest.raises(SheetRefused, match=said):
        reader.windows_from(altered(change))


BOSTON = ZoneInfo("America/New_York")
DAYS = ((2026, 1, 5), (2026, 3, 7), (2026, 10, 31))  # one in winter, and the nights of the two changes of the clocks


@pytest.mark.parametrize(
    ("released", "days_on", "clock", "exposure", "rules_broken"),
    [
        (False, 0, "17:00", False, 1),
        (False, 0, "17:00", True, 2),
        (True, 0, "17:00", False, 0),
        (True, 0, "17:00", True, 1),
        (True, 1, "00:30", True, 1),
        (True, 1, "06:59", True, 1),
        (False, 1, "06:59", True, 2),
        (True, 1, "07:00", True, 0),
        (False, 1, "07:00", True, 0),
        (False, -1, "17:00", True, 0),
    ],
)
@pytest.mark.parametrize("day", DAYS)
def test_the_floor(
    released: bool, days_on: int, clock: str, exposure: bool, rules_broken: int, day: tuple[int, int, int]
) -> None:
    """A night's sleep lies before seven on the clinic's clock, in a night of 23 or 25 hours as in any."""
    began = datetime(*day, 10, tzinfo=BOSTON).astimezone(UTC)
    work_at = datetime.combine(date(*day) + timedelta(days=days_on), time.fromisoformat(clock), BOSTON).astimezone(UTC)
    after = AfterDose(began, morning_after(began, BOSTON.key), released)
    assert len(list(rules.against_the_floor(after, work_at, is_exposure=exposure))) == rules_broken


def test_skills_are_in_both_languages_and_an_act_is_small() -> None:
    practice = reader.practice()
    assert all(skill.words and skill.words_es and skill.title_es for skill in practice.skills)
    skill = practice.skill("breathing")
    assert skill is not None
    assert skill.in_language("es")[0] == "Respirar despacio"
    assert skill.in_language("en")[0] == "Slow breathing"
    assert practice.skill("nothing") is None
    assert (practice.least_days.integer, practice.most_days.integer, practice.most_minutes.integer) == (4, 7, 20)
