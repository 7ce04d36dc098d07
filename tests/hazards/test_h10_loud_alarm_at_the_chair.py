"""H10: a loud alarm at the chair of a dissociating patient; and a silent one that nobody hears."""

from __future__ import annotations

import pytest
from django.test import Client

from ketacare.clinic.dosing.queries import helping
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.people.tests.factories import browser
from ketacare.clinic.scheduling.models import Chair
from ketacare.clinic.supervision import actions
from ketacare.clinic.supervision.access import help_token
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
    bright = client.get(f"/sessions/{day.visit.pk}/").content.decode()
    assert "data-quiet" not in bright
    assert 'data-sounds-after="30"' in bright, "one press dims it, and it knows then too"
    client.cookies["theme"] = "room"
    assert 'data-quiet data-sounds-after="30"' in client.get(f"/sessions/{day.visit.pk}/").content.decode()


# -- the light outside the door (D8) -----------------------------------------------------------------------------------


def test_h10_d8_the_light_outside_the_door_shows_the_worst_alarm_and_nobody_s_name(room: Room, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: later(3))
    monitoring.beat(process="watch", at=later(2))
    door = f"/room/{help_token(room.visit.chair)}/door/"
    calm = Client().get(door).content.decode()
    assert "In session. Quiet, please." in calm
    assert " alarm" not in calm.split("<main", 1)[1].split("door__lost")[0].replace("alarm--", "")
    room.hurt(1)
    loud = Client().get(door).content.decode()
    assert "High alarm" in loud
    assert "alarm--high alarm--flash" in loud
    assert "Reed" not in loud
    monitoring.acknowledge_alarm(visit=room.visit, condition="sign.chest pain", by=room.nurse, at=later(2))
    assert "High alarm, somebody has seen it" in Client().get(door).content.decode()


def test_h10_d9_while_the_alarm_watch_is_silent_the_door_shows_no_light_and_no_calm(room: Room, monkeypatch):
    door = f"/room/{help_token(room.visit.chair)}/door/"

    def is_covered(second: float) -> bool:
        monkeypatch.setattr("ketacare.web.clock.now", lambda: later(second))
        answer = Client().get(door)
        page = answer.content.decode().split("<main", 1)[1]
        lost = 'class="door__lost" role="alert" hidden' not in page
        calm = "In session" in page
        assert (answer.status_code == 503) == lost == ('aria-live="polite" hidden' in page) != calm
        return lost

    assert is_covered(0), "it never lived"
    monitoring.beat(process="watch", at=later(1))
    assert not is_covered(5.9)
    assert is_covered(6)
    monitoring.beat(process="watch", at=later(7))
    assert not is_covered(8)


def test_h10_d8_the_door_of_a_free_room_is_dark_and_an_old_link_is_refused(room: Room):
    free = Chair.objects.create(
        organisation_id=room.clinic.organisation_id, clinic=room.clinic, created_at=later(0), name="Chair 9"
    )
    assert helping.light(free, later(3)) == helping.Light(occupied=False)
    token = help_token(free)
    Chair.objects.filter(pk=free.pk).update(version=free.version + 1)
    assert Client().get(f"/room/{token}/door/").status_code == 410


def test_h10_d8_that_nobody_watches_lights_the_door_too(room: Room):
    room.look(0, 17, 62)
    assert helping.light(room.visit.chair, later(62)).priority == "high"
