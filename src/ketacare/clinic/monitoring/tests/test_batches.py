"""A batch of many chairs is charted as each chair alone would be, for as many statements as one chair costs."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ketacare.clinic.monitoring import actions, queries, replays
from ketacare.clinic.monitoring.models import AlarmSignal, DeviceClock, Reading, Watch, WatchStep
from ketacare.clinic.monitoring.tests.factories import Bedside
from ketacare.clinic.people.tests.factories import AT
from ketacare.clinic.tenancy.models import LiveEvent
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.monitoring.terms import Reading as Value

pytestmark = pytest.mark.django_db
# Falls long enough to sound, and enough steps for the state to be copied on the way.
SPO2 = [97] * 4 + [79] * 30 + [97] * 6


def chairs(count, clinic=None):
    first = Bedside(clinic, address=f"S/{count}-0")
    return [first, *(Bedside(first.clinic, address=f"S/{count}-{number}") for number in range(1, count))]


def arrival(bedside, second, message):
    at = AT + timedelta(seconds=second)
    value = Value(Channel.SPO2, Decimal(SPO2[second % len(SPO2)]), at, at, device=str(bedside.device.pk))
    return actions.Arrival(bedside.device.pk, message, at, at, (value,))


def send(bedsides, second):
    batch = [arrival(one, second, 100 * second + index) for index, one in enumerate(bedsides)]
    return actions.record_readings(batch, clinic_id=bedsides[0].clinic.pk, at=AT + timedelta(seconds=second))


def said(bedside):
    signals = AlarmSignal.objects.filter(visit=bedside.visit).order_by("id")
    return list(signals.values_list("step", "at", "condition", "presence", "state", "sounding", "priority", "value"))


def told(bedside):
    return list(LiveEvent.objects.filter(topic=f"visit:{bedside.visit.pk}").order_by("id").values_list("kind", "body"))


def test_a1_chairs_in_one_batch_get_the_alarms_each_would_get_alone():
    together = chairs(3)
    alone = Bedside(together[0].clinic, address="S/alone")
    for second in range(len(SPO2)):
        send(together, second)
        send([alone], second)
    assert any(sounding for *_, sounding, _, _ in said(alone))
    for bedside in together:
        assert said(bedside) == said(alone)
        assert told(bedside) == told(alone)
        assert [signal.condition for signal in replays.signals(bedside.visit)] == [row[2] for row in said(alone)]
        assert Reading.objects.filter(visit=bedside.visit).count() == len(SPO2)
        steps = WatchStep.objects.filter(visit=bedside.visit)
        assert steps.count() == Watch.objects.get(pk=bedside.watch.pk).version - 1
        assert queries.standing(bedside.visit, at=AT).shown == queries.standing(alone.visit, at=AT).shown
    clocks = DeviceClock.objects.filter(device__in=[one.device for one in together])
    assert set(clocks.values_list("last_received_at", flat=True)) == {AT + timedelta(seconds=len(SPO2) - 1)}


def test_of_each_visit_the_alarm_is_told_before_the_values_that_raised_it():
    together = chairs(2)
    for second in range(12):
        LiveEvent.objects.all().delete()
        send(together, second)
        if LiveEvent.objects.filter(kind="alarm").exists():
            break
    events = LiveEvent.objects.order_by("id").values_list("topic", "kind")
    topics = [f"visit:{visit_id}" for visit_id in sorted(one.visit.pk for one in together)]
    assert list(events) == [(topic, kind) for topic in topics for kind in ("alarm", "reading")]


def test_a_batch_costs_as_many_statements_for_five_chairs_as_for_one():
    costs, first = [], chairs(1)
    for bedsides in (first, chairs(5, first[0].clinic)):
        send(bedsides, 0)
        with CaptureQueriesContext(connection) as captured:
            send(bedsides, 1)
        costs.append(len(captured.captured_queries))
    assert costs[0] == costs[1]


def test_i5_a_batch_sent_again_charts_nothing_twice():
    together = chairs(2)
    for _ in range(2):
        send(together, 0)
    assert [Reading.objects.filter(visit=one.visit).count() for one in together] == [1, 1]
