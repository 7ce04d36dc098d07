"""H10: a loud alarm at the chair of a dissociating patient; and a silent one that nobody hears."""

from __future__ import annotations

import pytest

from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people.tests.factories import browser
from ketacare.clinic.supervision import actions
from ketacare.clinic.supervision.tests.factories import Room, later

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Room:
    """The station listens, proven; the chair asks each five seconds whether it may be silent."""
    room = Room()
    room.answer(room.second, 0, audible=True, everywhere=True)
    return room


def test_h10_the_chair_is_silent_while_somebody_is_proven_to_listen_elsewhere(room: Room):
    assert room.answer(room.nurse, 1, in_room=True) == later(15)
    room.answer(room.second, 5, audible=True, everywhere=True)
    assert room.answer(room.nurse, 6, in_room=True) == later(20)


def test_h10_the_listener_s_page_closes_and_the_chair_s_next_question_within_5_s_ends_its_silence(room: Room):
    room.answer(room.nurse, 1, in_room=True)
    screen = room.screens[room.second.person_id]
    actions.leave(screen=screen, visit=None, by=room.second, at=later(3))
    assert room.answer(room.nurse, 6, in_room=True) is None


def test_h10_the_listener_freezes_and_the_lease_ends_by_itself_with_no_word_from_anybody(room: Room):
    lease = room.answer(room.nurse, 14, in_room=True)
    assert lease == later(15), "a lease, not a switch: one second later the chair sounds"
    assert room.answer(room.nurse, 15, in_room=True) is None


def test_h10_a_listener_whose_sound_was_never_proven_is_none(room: Room):
    actions.leave(screen=room.screens[room.second.person_id], visit=None, by=room.second, at=later(1))
    room.answer(room.prescriber, 2, everywhere=True)
    assert room.answer(room.nurse, 3, in_room=True) is None


def test_h10_only_a_dimmed_chair_is_ever_silent_and_it_knows_when_a_high_alarm_waited_too_long():
    day = f.a_day()
    f.to_running(day)
    client = browser(day.nurse)
    assert "data-quiet" not in client.get(f"/sessions/{day.visit.pk}/").content.decode()
    client.cookies["theme"] = "room"
    assert 'data-quiet data-sounds-after="30"' in client.get(f"/sessions/{day.visit.pk}/").content.decode()
