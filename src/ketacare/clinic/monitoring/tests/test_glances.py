"""The wall shows each chair as its own page does, whether its steps are gone through or only glanced at (T1, A11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ketacare.clinic.monitoring import actions, queries, states
from ketacare.clinic.monitoring.models import Watch
from ketacare.clinic.monitoring.tests.test_batches import SPO2, chairs, send
from ketacare.clinic.people.tests.factories import AT
from ketacare.medicine.monitoring import reader, rules
from ketacare.medicine.monitoring.terms import Channel

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(django_capture_on_commit_callbacks):
    """Two paired chairs, in a process that knows nothing of them yet; each look ends as a request does."""
    together = chairs(2)
    states._remembered.clear()

    def looked(second):
        with django_capture_on_commit_callbacks(execute=True):
            return queries.wall(together[0].nurse, at=AT + timedelta(seconds=second))

    return together, looked


def of_its_own_page(bay, second):
    """From its copy and every step since."""
    known = dict(states._remembered)
    states._remembered.clear()
    try:
        return queries.standing(bay.visit, at=AT + timedelta(seconds=second))
    finally:
        states._remembered.update(known)


def test_t1_the_wall_shows_at_a_glance_what_the_page_of_each_chair_shows(two, monkeypatch):
    together, looked = two
    glanced, led = [], rules.glanced
    monkeypatch.setattr(rules, "glanced", lambda state, given: glanced.append(led(state, given)) or glanced[-1])
    for second in range(len(SPO2)):
        send(together, second)
        for bay in looked(second):
            alone = of_its_own_page(bay, second)
            assert replace(bay.standing, live_number=0) == replace(alone, live_number=0)
    assert sum(one is not None for one in glanced) >= 2
    assert any(one.present for bay in looked(len(SPO2)) for one in bay.standing.conditions)


def test_t2_a_glance_at_a_chair_that_sends_no_more_is_as_old_as_its_last_value(two):
    together, looked = two
    for second in range(3):
        send(together, second)
        looked(second)
    (shown,) = (one for one in looked(20)[0].standing.shown if one.channel is Channel.SPO2)
    assert (shown.value, shown.last_value, shown.freshness) == (None, 97, "lost")


def test_a7_what_a_person_does_is_never_glanced_over(two):
    together, looked = two
    for second in range(20):
        send(together, second)
        looked(second)
    assert all("SPO2.low" in bay.standing.sounding for bay in looked(20))
    first = together[0]
    actions.acknowledge_alarm(visit=first.visit, condition="SPO2.low", by=first.nurse, at=AT + timedelta(seconds=20))
    heard = {bay.visit.pk: bay.standing.sounding for bay in looked(20)}
    assert "SPO2.low" not in heard[first.visit.pk]
    assert "SPO2.low" in heard[together[1].visit.pk]


def test_t1_lines_moved_and_a_monitor_taken_off_by_another_process_are_seen_at_the_next_look(two):
    together, looked = two
    first, second_chair = together

    def shows_its_own_page(second):
        bays = looked(second)
        alone = [replace(of_its_own_page(bay, second), live_number=0) for bay in bays]
        assert [replace(bay.standing, live_number=0) for bay in bays] == alone
        return bays

    for second in range(3):
        send(together, second)
        shows_its_own_page(second)
    higher = rules.moved(reader.limits(), "SPO2.low_high", Decimal(89))
    later = AT + timedelta(seconds=3)
    actions.change_limits(visit=first.visit, limits=higher, why="own baseline", by=first.nurse, at=later)
    shows_its_own_page(3)
    actions.unpair_device(pairing=first.pairing, reason="moved", by=first.nurse, at=later)
    assert any(one.freshness == "lost" for bay in shows_its_own_page(3) for one in bay.standing.shown)
    actions.end_watch(visit=first.visit, by=first.nurse, at=later)
    assert [bay.visit.pk for bay in looked(3)] == [second_chair.visit.pk]


def test_d9_a_glance_stands_for_no_watch_that_cannot_be_read(two):
    together, looked = two
    for second in range(3):
        send(together, second)
        looked(second)
    assert all(bay.standing.unjudged_since is None for bay in looked(3))
    states._remembered.clear()
    Watch.objects.filter(pk=together[0].watch.pk).update(state="{")
    assert {bay.visit.pk for bay in looked(3) if bay.standing.unjudged_since} == {together[0].visit.pk}
