"""D4, D8, D10: a page answers, is proven audible, falls silent; and what the watch notes of it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.tests.factories import someone
from ketacare.clinic.scheduling.models import SiteRules, Visit
from ketacare.clinic.supervision import actions, queries
from ketacare.clinic.supervision.models import LapseStep, Screen, SelfTest
from ketacare.clinic.supervision.tests.factories import Room, later
from ketacare.medicine.supervision.terms import Missing

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Room:
    room = Room()
    room.look(0)
    return room


def steps(room: Room, missing: str) -> list[tuple[str, float]]:
    rows = LapseStep.objects.filter(visit=room.visit, missing=missing).order_by("id")
    return [(row.level, (row.since - later(0)).total_seconds()) for row in rows]


def test_d4_a_session_without_a_page_that_answers_is_medium_after_15_s_and_high_after_60(room: Room):
    room.look(14, 15, 30, 59, 60, 61)
    assert steps(room, "unwatched") == [("none", 0), ("medium", 0), ("high", 0)]


def test_d4_the_answer_of_a_visible_page_ends_it(room: Room):
    room.look(20)
    room.answer(room.nurse, 21)
    room.look(22, 35)
    assert steps(room, "unwatched") == [("none", 0), ("medium", 0), ("none", 21)]
    room.look(36)
    assert steps(room, "unwatched")[-1] == ("medium", 21)
    assert queries.time_without(room.visit, Missing.WATCHER, later(0), later(50)) == timedelta(seconds=50 - 0)


def test_d4_a_page_that_is_seen_but_not_heard_is_half_a_watcher(room: Room):
    for second in range(0, 65, 5):
        room.answer(room.nurse, second)
        room.look(second)
    assert steps(room, "unwatched") == [("none", 0)]
    assert [level for level, _ in steps(room, "inaudible")] == ["none", "medium", "high"]


def test_d4_d10_sound_counts_only_on_a_screen_whose_self_test_was_passed(room: Room):
    screen = room.screens.setdefault(room.nurse.person_id, uuid4())
    actions.answer(screen=screen, visit=room.visit, audible=True, by=room.nurse, at=later(1))
    assert queries.heard(room.visit, later(2)).listening is None
    room.test(room.nurse, 2, sounds=False)
    actions.answer(screen=screen, visit=room.visit, audible=True, by=room.nurse, at=later(3))
    assert queries.heard(room.visit, later(4)).listening is None
    assert [row.passed for row in SelfTest.objects.all()] == [False], "a failed test is kept too"
    room.answer(room.nurse, 5, audible=True)
    assert queries.heard(room.visit, later(6)).listening == later(5)


@pytest.mark.parametrize("wrong", [{"link_ms": None}, {"link_ms": 9000}, {"offset_ms": -9000}, {"lamps": False}])
def test_d10_a_self_test_fails_by_lamps_link_or_clock(room: Room, wrong):
    given = {"lamps": True, "sounds": True, "link_ms": 200, "offset_ms": 10, "paired": None, "awake": False} | wrong
    row = actions.record_self_test(screen=uuid4(), visit=None, by=room.nurse, at=later(1), **given)
    assert not row.passed


def test_d3_a_page_that_is_hidden_or_closed_says_so_and_counts_no_more(room: Room):
    room.answer(room.nurse, 5, audible=True)
    screen = room.screens[room.nurse.person_id]
    actions.leave(screen=screen, visit=room.visit, by=room.nurse, at=later(8))
    found = queries.heard(room.visit, later(9))
    assert (found.watching, found.listening) == (None, None)
    assert (found.last, found.audible_last) == (later(5), later(5)), "and yet somebody was there until then"
    room.look(19, 21)
    assert steps(room, "unwatched") == [("none", 0), ("medium", 5)]


def test_d4_a_page_that_shows_every_chair_watches_each(room: Room):
    room.answer(room.second, 5, everywhere=True)
    assert queries.heard(room.visit, later(6)).watching == later(5)


@pytest.mark.parametrize("role", ["FD", "AD", "PT", "RS"])
def test_d4_only_whoever_may_answer_an_alarm_is_a_watcher(room: Room, role: str):
    stranger = someone(room.clinic, role)
    for act in (
        lambda: actions.answer(screen=uuid4(), visit=room.visit, audible=True, by=stranger, at=later(1)),
        lambda: actions.leave(screen=uuid4(), visit=None, by=stranger, at=later(1)),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert not Screen.objects.exists()


def test_d4_of_every_chair_only_who_may_see_every_chair(room: Room):
    therapist = someone(room.clinic, "TH")
    with pytest.raises(NotAllowed):
        actions.answer(screen=uuid4(), visit=None, audible=False, by=therapist, at=later(1))


def test_d8_a_chair_may_be_silent_as_long_as_somebody_else_listens(room: Room):
    assert room.answer(room.nurse, 1, audible=True) is None, "one's own sound is no reason to be silent"
    room.answer(room.second, 2, audible=True, everywhere=True)
    assert room.answer(room.nurse, 4) == later(17)
    assert room.answer(room.nurse, 16) == later(17)
    assert room.answer(room.nurse, 17) is None


def test_d8_another_screen_beside_the_patient_is_no_listener(room: Room):
    """Two tablets in one room must not each be silent because of the other."""
    room.answer(room.second, 2, audible=True, in_room=True)
    assert room.answer(room.nurse, 4, in_room=True) is None
    assert queries.heard(room.visit, later(5)).listening == later(2), "it sounds all the same, and counts for that"


# -- supervision -------------------------------------------------------------------------------------------------------


def minutes(room: Room, until: float) -> float:
    return queries.time_without(room.visit, Missing.SUPERVISOR, later(0), later(until)).total_seconds()


def test_a_remote_supervisor_whose_page_freezes_is_none_and_the_time_is_counted(room: Room):
    actions.take(visit=room.visit, task="supervises", place="remote", by=room.prescriber, at=later(1))
    for second in range(2, 42, 5):
        room.answer(room.prescriber, second)
        room.look(second)
    assert minutes(room, 41) == 0
    room.look(53, 60, 120)
    assert steps(room, "unsupervised")[-1] == ("medium", 37), "and never graver"
    assert minutes(room, 120) == 83
    room.answer(room.prescriber, 130)
    room.look(130)
    assert minutes(room, 200) == 93
    state = queries.oversight(room.visit, later(0), None, later(131))
    assert state.supervisor_is_live
    assert state.unsupervised == timedelta(seconds=93)


def test_a_supervisor_in_the_house_is_there_until_they_end_it_and_nobody_before_anybody_took_it(room: Room):
    room.look(16, 29)
    actions.take(visit=room.visit, task="supervises", place="site", by=room.prescriber, at=later(30))
    room.look(31, 400)
    assert minutes(room, 400) == 31
    actions.end_posts(visit=room.visit, by=room.nurse, at=later(500))
    room.look(501, 514)
    assert minutes(room, 514) == 31
    room.look(516)
    assert minutes(room, 516) == 31 + 16


def test_h38_where_nobody_ever_supervised_the_sites_rule_decides_whether_that_is_an_alarm(room: Room):
    """A site that has set no rules is held to the sheet, as its calendar is: a prescriber is here for every dose. One
    that says that nobody need be has the time counted alone; whoever started the dose has said why."""
    room.look(0, 20, 100)
    assert steps(room, "unsupervised")[-1][0] == "medium"
    SiteRules.objects.create(
        organisation_id=room.visit.organisation_id, clinic_id=room.clinic.pk, happened_at=later(100),
        recorded_at=later(100), watched_most=3, hands_on_min=15, end_before_closing_min=60, needs_supervisor=False,
    )  # fmt: skip
    room.look(101)
    assert steps(room, "unsupervised")[-1][0] == "low"
    assert minutes(room, 101) == 101, "counted all the same"


def test_a_session_that_is_over_lacks_nobody(room: Room):
    room.look(20)
    Visit.objects.filter(pk=room.visit.pk).update(state="discharged")
    room.look(30, 31)
    assert [row[0] for row in steps(room, "unwatched")] == ["none", "medium", "none"]
    assert queries.time_without(room.visit, Missing.WATCHER, later(0), later(999)) == timedelta(seconds=30)


def test_screens_of_yesterday_are_forgotten_and_their_lapses_are_not(room: Room):
    room.answer(room.nurse, 1)
    room.look(80)
    assert actions.forget_screens(clinic_id=room.clinic.pk, at=later(3700)) == 1
    assert steps(room, "unwatched") == [("none", 0), ("high", 1)]
