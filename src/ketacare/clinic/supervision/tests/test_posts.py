"""D5: a task is somebody's until somebody else has accepted it. Alice may, Bob may read, Charlie may not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ketacare.clinic.enrolment.tests.factories import a_plan
from ketacare.clinic.monitoring.tests.factories import Bedside
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.tests.factories import someone
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.above import above
from ketacare.clinic.scheduling.models import Visit, VisitState
from ketacare.clinic.scheduling.queries import watching
from ketacare.clinic.supervision import actions, queries
from ketacare.clinic.supervision.models import Post
from ketacare.clinic.supervision.tests.factories import Room, later
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.scheduling.terms import Watch

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Room:
    room = Room()
    actions.take(visit=room.visit, task="watches", place="room", by=room.nurse, at=later(0))
    return room


def watcher(room: Room) -> str:
    held = queries.post(room.visit, "watches")
    assert held is not None
    return held.person.name


def offer(room: Room, second: float = 10) -> None:
    actions.offer(visit=room.visit, task="watches", to=room.user(room.second), by=room.nurse, at=later(second))


def test_d5_until_accepted_the_old_watcher_stays_responsible(room: Room):
    offer(room)
    assert watcher(room) == room.nurse.name
    actions.accept(visit=room.visit, task="watches", place="site", by=room.second, at=later(20))
    assert watcher(room) == "Ben Moss"
    assert [(row.since, row.ended_at, row.offered_to) for row in Post.objects.order_by("since")] == [
        (later(0), later(20), None),
        (later(20), None, None),
    ]


def test_d5_declined_or_taken_back_it_stays_where_it_was(room: Room):
    for by in (room.second, room.nurse):
        offer(room)
        actions.decline(visit=room.visit, task="watches", by=by, at=later(20))
        assert watcher(room) == room.nurse.name
        with pytest.raises(Refused, match="not offered to you"):
            actions.accept(visit=room.visit, task="watches", place="site", by=room.second, at=later(21))
        with pytest.raises(Refused, match="not offered to you"):
            actions.decline(visit=room.visit, task="watches", by=room.second, at=later(22))


def another(room: Room, number: int) -> Room:
    return Room(Bedside(clinic=room.clinic, address=f"bed {number}"), chair=f"Chair {10 + number}")


def test_d5_one_person_watches_two_chairs_while_the_dose_acts_and_a_third_in_recovery_only_with_a_word_why(room: Room):
    second, third, fourth = (another(room, number) for number in (2, 3, 4))
    common = {"task": "watches", "place": "room", "by": room.nurse, "at": later(1)}
    Visit.objects.filter(pk=second.visit.pk).update(state=VisitState.RECOVERY)
    actions.take(visit=fresh(second), **common)  # one of two and one of three are less than the whole
    with pytest.raises(Refused, match="You watch 2 chairs already: with this one more than one person may"):
        actions.take(visit=third.visit, **common)
    Visit.objects.filter(pk__in=[room.visit.pk, third.visit.pk]).update(state=VisitState.RECOVERY)
    actions.take(visit=fresh(third), **common)  # three in recovery
    with pytest.raises(Refused, match="You watch 3 chairs already"):
        actions.take(visit=fourth.visit, **common)


def test_d5_of_nasal_esketamine_four(room: Room, monkeypatch):
    monkeypatch.setattr(watching, "watches_of", lambda patients: dict.fromkeys(patients, Watch.NASAL))
    common = {"task": "watches", "place": "room", "by": room.nurse, "at": later(1)}
    for number in (2, 3, 4):
        actions.take(visit=another(room, number).visit, **common)
    with pytest.raises(Refused, match="You watch 4 chairs already"):
        actions.take(visit=another(room, 5).visit, **common)


def test_d5_a_large_dose_is_watched_alone_by_the_plan_and_by_an_order_of_today(room: Room, monkeypatch):
    large, other = another(room, 2), another(room, 3)
    common = {"task": "watches", "place": "room", "by": room.second, "at": later(1)}
    a_plan(large.visit.patient, room.clinic, room.prescriber, dose_mg_per_kg=Decimal("0.75"))
    actions.take(visit=large.visit, **common)
    with pytest.raises(Refused, match="You watch 1 chair already"):
        actions.take(visit=other.visit, **common)
    monkeypatch.setattr(above, "ordered", lambda visit: ("ketamine (racemic)", "IV", Decimal("0.75")))
    with pytest.raises(Refused, match="You watch 1 chair already"):
        actions.take(visit=other.visit, **common | {"by": room.nurse})


@pytest.mark.parametrize(
    ("planned", "ordered", "watched"),
    [
        (Watch.NASAL, ("ketamine (racemic)", "IM", Decimal("0.75")), Watch.LARGE),
        (Watch.NASAL, ("ketamine (racemic)", "IN", None), Watch.USUAL),
        (Watch.USUAL, ("esketamine", "IN", None), Watch.USUAL),
        (None, ("esketamine", "IN", None), Watch.NASAL),
        (Watch.NASAL, None, Watch.NASAL),
    ],
)
def test_d5_of_the_plan_and_the_order_of_today_the_closer_one_holds(room: Room, monkeypatch, planned, ordered, watched):
    monkeypatch.setattr(watching, "watches_of", lambda patients: dict.fromkeys(patients if planned else (), planned))
    monkeypatch.setattr(above, "ordered", lambda visit: ordered)
    assert watching.watch_now([room.visit]) == {room.visit.pk: watched}


def fresh(room: Room) -> Visit:
    return Visit.objects.select_related("patient").get(pk=room.visit.pk)


def test_d5_a_site_has_its_own_number_and_one_more_is_taken_only_with_a_word_why(room: Room):
    eyes = {"watched_acting": 4, "watched_most": 4, "watched_nasal": 4}
    scheduling.set_site_rules(
        **eyes, hands_on_min=15, end_before_closing_min=60, needs_supervisor=True, by=room.director, at=later(0)
    )

    def take(other: Room, **more: str) -> None:
        actions.take(visit=other.visit, task="watches", place="room", by=room.nurse, at=later(number), **more)

    for number in (2, 3, 4):
        take(another(room, number))
    fifth, sixth = another(room, 5), another(room, 6)
    with pytest.raises(Refused, match="You watch 4 chairs already"):
        take(fifth)
    assert queries.post(fifth.visit, "watches") is None
    actions.take(visit=fifth.visit, task="watches", place="room", by=room.second, at=later(4))
    room.answer(room.second, 4, everywhere=True)
    with pytest.raises(Refused, match="is Ben Moss's, whose screen answers"):
        take(fifth)  # a word why would not help
    actions.leave(screen=room.screens[room.second.person_id], visit=None, by=room.second, at=later(4))
    take(fifth, words="Ben is at lunch")
    actions.take(visit=sixth.visit, task="watches", place="room", by=room.second, at=later(9))
    actions.offer(visit=sixth.visit, task="watches", to=room.user(room.nurse), by=room.second, at=later(10))
    with pytest.raises(Refused, match="You watch 5 chairs already"):
        actions.accept(visit=sixth.visit, task="watches", place="room", by=room.nurse, at=later(11))
    actions.accept(visit=sixth.visit, task="watches", place="room", words="Ben leaves", by=room.nurse, at=later(12))
    for other in (room, fifth, sixth):
        actions.take(visit=other.visit, task="supervises", place="site", by=room.prescriber, at=later(13))


def test_d5_nobody_accepts_what_was_offered_to_somebody_else(room: Room):
    offer(room)
    with pytest.raises(Refused, match="not offered to you"):
        actions.accept(visit=room.visit, task="watches", place="site", by=room.prescriber, at=later(20))


def test_d5_it_is_offered_only_to_whoever_may_hold_it_and_never_to_oneself(room: Room):
    for name in (someone(room.clinic, "FD"), room.nurse):
        with pytest.raises(Refused, match="may not take this"):
            actions.offer(visit=room.visit, task="watches", to=room.user(name), by=room.nurse, at=later(1))
    with pytest.raises(Refused, match="is not yours"):
        actions.offer(visit=room.visit, task="watches", to=room.user(room.nurse), by=room.second, at=later(1))


def test_d5_somebody_whose_screen_answers_is_not_relieved_of_it(room: Room):
    room.answer(room.nurse, 100)
    with pytest.raises(Refused, match="whose screen answers"):
        actions.take(visit=room.visit, task="watches", place="site", by=room.second, at=later(110), words="Gone?")
    with pytest.raises(Refused, match="is yours already"):
        actions.take(visit=room.visit, task="watches", place="site", by=room.nurse, at=later(110))


def test_d5_of_somebody_who_fell_ill_beside_an_open_screen_a_prescriber_takes_it_over_and_says_why(room: Room):
    room.answer(room.nurse, 100)
    act = {"visit": room.visit, "task": "watches", "place": "room", "by": room.prescriber, "at": later(110)}
    with pytest.raises(Refused, match="whose screen answers"):
        actions.take(**act, words=" ")
    actions.take(**act, words="Ann has fainted")
    assert watcher(room) == room.prescriber.name
    assert Post.objects.get(person_id=room.nurse.user_id).ended_at == later(110)


def test_d5_of_somebody_who_does_not_answer_it_is_taken_over_with_a_word_why(room: Room):
    room.answer(room.nurse, 100)
    with pytest.raises(Refused, match="has not handed over"):
        actions.take(visit=room.visit, task="watches", place="site", by=room.second, at=later(170))
    actions.take(visit=room.visit, task="watches", place="site", by=room.second, at=later(170), words="Fell ill")
    assert watcher(room) == "Ben Moss"


def test_from_another_place_it_is_the_same_person_with_a_time_for_each_place(room: Room):
    actions.move(visit=room.visit, task="watches", place="remote", by=room.nurse, at=later(50))
    assert list(Post.objects.order_by("since").values_list("place", "ended_at")) == [
        ("room", later(50)),
        ("remote", None),
    ]
    with pytest.raises(Refused, match="Where you are"):
        actions.move(visit=room.visit, task="watches", place="moon", by=room.nurse, at=later(51))


def test_only_who_may_write_orders_supervises(room: Room):
    actions.take(visit=room.visit, task="supervises", place="remote", by=room.prescriber, at=later(1))
    for role in ("RN", "TH", "AU", "FD"):
        with pytest.raises(NotAllowed):
            actions.take(visit=room.visit, task="supervises", place="site", by=someone(room.clinic, role), at=later(2))


def test_only_who_may_answer_an_alarm_watches(room: Room):
    for role in ("FD", "AU", "AD", "RS"):
        with pytest.raises(NotAllowed):
            actions.take(visit=room.visit, task="watches", place="site", by=someone(room.clinic, role), at=later(2))


def test_at_the_end_of_the_session_everybody_s_task_ends(room: Room):
    assert actions.end_posts(visit=room.visit, by=room.nurse, at=later(60)) == 1
    assert actions.end_posts(visit=room.visit, by=room.nurse, at=later(61)) == 0
    assert queries.post(room.visit, "watches") is None
    with pytest.raises(NotAllowed):
        actions.end_posts(visit=room.visit, by=someone(room.clinic, "FD"), at=later(62))
