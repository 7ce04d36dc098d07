"""What a process remembers of the engines' states, and what it must not."""

from datetime import timedelta

import pytest
from django.db import transaction

from ketacare.clinic.monitoring import states
from ketacare.clinic.monitoring.models import Watch
from ketacare.clinic.monitoring.tests.factories import Bedside
from ketacare.clinic.people.tests.factories import AT
from ketacare.medicine.monitoring import rules

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_remembered():
    states._remembered.clear()


def sent(bedside, *seconds):
    """By another process: this one remembers nothing of it."""
    for second in seconds:
        bedside.send(AT + timedelta(seconds=second), message=second, SPO2=80, HR=70 + second)


def test_what_was_found_once_is_led_on_by_the_steps_since(django_capture_on_commit_callbacks, monkeypatch):
    """A page that shows forty chairs reads no forty copies again."""
    bedside = Bedside()
    sent(bedside, *range(1, 8))
    with django_capture_on_commit_callbacks(execute=True):
        states.state_of(Watch.objects.get())
    sent(bedside, *range(8, 12))
    from_the_copy = states._led_on(watch := Watch.objects.get(), None, states.steps_since({watch: 1})[watch.visit_id])
    monkeypatch.setattr(rules, "from_json", None)
    assert rules.to_json(states.state_of(watch)) == rules.to_json(from_the_copy)


def test_a_copy_much_newer_than_what_is_remembered_is_read(django_capture_on_commit_callbacks):
    bedside = Bedside()
    with django_capture_on_commit_callbacks(execute=True):
        states.state_of(Watch.objects.get())
    sent(bedside, *range(1, 30))
    watch = Watch.objects.get()
    assert watch.state_version > 1 + states.READING_COSTS_STEPS
    assert states._nearest(watch) == (watch.state_version, None)


def test_what_is_rolled_back_is_not_remembered(django_capture_on_commit_callbacks):
    bedside = Bedside()
    begun = Watch.objects.get().version
    with django_capture_on_commit_callbacks(execute=True):
        with transaction.atomic():
            sent(bedside, 1)
            states.state_of(Watch.objects.get())
            transaction.set_rollback(True)
        assert not states._remembered
    sent(bedside, 2)
    heard = states.state_of(Watch.objects.get())
    assert Watch.objects.get().version == begun + 1
    assert "72" in rules.to_json(heard)


def test_an_older_version_does_not_take_the_place_of_a_newer():
    bedside = Bedside()
    watch = Watch.objects.get()
    state = rules.from_json(watch.state)
    states.remember(watch.pk, 5, state)
    states.remember(watch.pk, 4, state)
    assert states._remembered[watch.pk] == (5, state)
    assert bedside.visit.pk == watch.visit_id
