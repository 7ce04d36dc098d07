"""Every route that acts is a step of the programme, which `tests/crash` sends, repeats, alters and kills (I5, I6)."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import get_resolver
from tests.architecture.test_routes import ROUTES
from tests.crash.house import a_house, clock_at
from tests.crash.steps import ARGUMENTS, PROGRAMME

from ketacare.clinic.people.access import Guard

# What a view that acts cannot do without.
ACTS = ("require_POST", '"POST"', "request.POST")


def accepts_post(name: str) -> bool:
    return any(word in inspect.getsource(inspect.unwrap(callback_of(name))) for word in ACTS)


def is_no_act(guard: Guard | None) -> bool:
    return guard is not None and (guard.reads_only or guard.beats)


def callback_of(name: str) -> Callable[..., Any]:
    for entry in walk(get_resolver().url_patterns):
        if entry.name == name:
            return entry.callback
    raise KeyError(name)


def walk(patterns: list[Any]) -> Any:
    for entry in patterns:
        yield from walk(entry.url_patterns) if hasattr(entry, "url_patterns") else [entry]


def test_every_post_route_is_a_step():
    """Searches that are posted to keep names out of addresses only look (`reads_only`), and a page's sign of life
    (`beats`) is nobody's act. allauth's own pages (account/) are not ours: it guards, counts and tests them itself."""
    acts = {route.name for route in ROUTES if accepts_post(route.name) and not is_no_act(route.guard)}
    steps = {step.route for step in PROGRAMME}
    assert acts - steps == set()
    assert steps - acts == set()


@pytest.mark.skipif("KETACARE_PROOF" not in os.environ, reason="tests/crash sends every act; this plays them once only")
def test_each_act_is_answered_as_it_says(fresh_database):
    """For whoever adds a step: KETACARE_PROOF=1 plays the programme undisturbed, in a fraction of the time."""
    house = a_house(ARGUMENTS)
    for step in PROGRAMME:
        sending = house.prepare(step)
        with clock_at(step.at):
            answer = sending.send()
        refused = answer.content.decode().partition("data-errors")[2][:600]
        assert answer.status_code == step.status, f"{step}: {answer.status_code} {refused}"
