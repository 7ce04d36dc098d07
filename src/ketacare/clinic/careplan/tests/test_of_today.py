"""What a plan and its letter say of doses and dates is of this course and of this day (H5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ketacare.clinic.candidacy.tests.factories import some_medicines
from ketacare.clinic.careplan import actions, queries
from ketacare.clinic.careplan.queries import letters
from ketacare.clinic.careplan.tests.factories import LATER, Planned, a_dose_visit, planned, signed
from ketacare.clinic.enrolment import pausing
from ketacare.clinic.people.tests.factories import AT
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.clinic.therapy import actions as therapy
from ketacare.clinic.therapy.tests.factories import a_goal, a_running_session
from ketacare.medicine.careplan.terms import Section


@pytest.fixture
def here(db) -> Planned:
    return planned()


def test_h05_a_goal_says_on_which_day_it_stood_where_and_by_when_what_is_expected(here: Planned):
    goal = therapy.write_goal(
        patient=here.patient, said=a_goal(helper="Ana", obstacle="rain", if_then="the doorway"), by=here.staff["TH"],
        at=LATER,
    )  # fmt: skip
    version, at = signed(here), LATER + timedelta(days=2)
    therapy.scale_goals(patient=here.patient, levels={goal.case: "1"}, by=here.staff["TH"], at=at)
    said = {one.label: one for section in here.plan(at) for one in section.statements}
    assert (said["Goal: Get up"].value, said["Goal: Get up"].note) == (
        "By eight", "More than expected, said 16-Jul-2026",
    )  # fmt: skip
    by_when = said["By when: Get up"]
    assert by_when.value == "31-Dec-2026: Up by nine"
    for words in ("Mornings of seven", "8 of 10", "Set the alarm", "helped by Ana", "if rain, then the doorway"):
        assert words in by_when.note
    found = queries.gathered(here.patient, at=at, zone=here.clinic.zone)
    for language, expected in (
        ("en", ("stood at: By eight", "31 December 2026", "First step: Set the alarm", "not a promise", "kilogram")),
        ("es", ("estaba en: By eight", "31 de diciembre de 2026", "Primer paso:", "no una promesa", "kilogramo")),
    ):
        copy = queries.copy_of(version, found, language)
        words = "\n".join(words for part in copy.parts for words in part["paragraphs"])
        for one in (*expected, "Ana", "the doorway"):
            assert one in words, (language, one)
        assert "mg/kg" not in words
        assert not copy.has_changed, "a goal that has moved on is told as it is today"


def row_of(sections, label):
    return next(row["value"] for section in sections for row in section["rows"] if row["label"] == label)


def test_h05_doses_of_a_course_before_are_no_doses_of_this_one(here: Planned):
    a_dose_visit(here, AT - timedelta(days=30))
    a_running_session(here.patient.visits.earliest("starts_at"))
    found = queries.gathered(here.patient, at=LATER, zone=here.clinic.zone)
    assert (found.given, len(found.windows)) == (0, 1)
    a_running_session(here.patient.visits.latest("starts_at"))
    assert queries.gathered(here.patient, at=LATER, zone=here.clinic.zone).given == 1


def test_h05_a_letter_has_the_dates_and_doses_of_its_own_day(here: Planned):
    signed(here)
    actions.say_referrer(patient=here.patient, agrees=True, by=here.staff["RN"], at=LATER)
    a_running_session(here.patient.visits.get())
    a_dose_visit(here, AT + timedelta(days=4), 2)
    pausing.pause(
        enrolment=here.patient.enrolments.get(), reason="Away", by=here.staff["RX"], at=LATER + timedelta(minutes=1)
    )
    at = LATER + timedelta(days=2)
    body = actions.write_letter(patient=here.patient, to="referrer", by=here.staff["RX"], at=at).body
    dates = next(section for section in body["sections"] if section["title"] == "Next dates")
    assert [row["label"] for row in dates["rows"]] == ["The course is paused", "Dosing session 2"]
    assert row_of(body["sections"], "Doses given so far").startswith("1 of ")
    assert "paused since 14-Jul-2026" in body["paused"]


def test_h05_no_letter_is_written_about_medicines_that_have_changed(here: Planned):
    signed(here)
    actions.say_referrer(patient=here.patient, agrees=True, by=here.staff["RN"], at=LATER)
    some_medicines(here.patient, here.staff["RN"], {"name": "sertraline", "dose": "100 mg"}, at=LATER)
    with pytest.raises(Refused, match="moved on since the plan was signed: Medicines"):
        actions.write_letter(patient=here.patient, to="referrer", by=here.staff["RX"], at=LATER)
    signed(here, LATER + timedelta(minutes=1))
    at = LATER + timedelta(minutes=2)
    assert actions.write_letter(patient=here.patient, to="referrer", by=here.staff["RX"], at=at).body["paused"] == ""


def test_a_letter_tells_nothing_that_nobody_signed(here: Planned):
    """What comes afterwards and how other treatments stand are somebody's decisions; a forecast is the record's own."""
    version, now = signed(here), here.plan()
    changed = [with_value(one, "else", "Only just told") if one.id == "then" else one for one in now]
    assert letters.moved_on(version, changed) == ["If it does not help, or fades"]
    assert "Only just told" not in str(letters.as_told(version, changed))
    made = [with_value(one, "relapse", "Made 15-Jul-2026") if one.id == "then" else one for one in now]
    assert letters.moved_on(version, made) == []
    assert "Made 15-Jul-2026" in str(letters.as_told(version, made))


def with_value(section: Section, key: str, value: str) -> Section:
    rows = tuple(replace(one, value=value) if one.key == key else one for one in section.statements)
    assert rows != section.statements
    return replace(section, statements=rows)
