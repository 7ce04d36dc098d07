"""Every route that acts is a step of the programme, which `tests/crash` sends, repeats, alters and kills (I5, I6)."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from django.urls import get_resolver
from tests.architecture.test_routes import ROUTES
from tests.crash.steps import PROGRAMME

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
