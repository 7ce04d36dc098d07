"""P1, P2 over every route there is: found from the resolver, so a route added tomorrow is tried tomorrow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from tests.world import ARGUMENTS, CANARY_WORDS, a_world, absent

from ketacare.clinic.people.access import Guard, NotAllowed, admit, guard_of, may
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser, once

# Their parameters name a sheet, a page or a figure of ours, no clinic's record.
OF_THE_PRODUCT = ("protocols", "styleguide", "programme")
FOR_STRANGERS = ("emergency-open",)  # the one page for whoever is not assigned: it says how, and nothing of the patient
FRAMEWORK = re.compile(r"^account/")  # allauth's own pages: no patient data, guarded by itself


@dataclass(frozen=True)
class Route:
    pattern: str
    name: str
    guard: Guard | None
    parameters: tuple[str, ...]

    def __str__(self) -> str:
        return self.name or self.pattern

    def path(self, arguments: dict[str, Any]) -> str:
        return reverse(self.name, kwargs={name: arguments[name] for name in self.parameters})


def routes(patterns: list[Any] | None = None, prefix: str = "") -> Iterator[Route]:
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, pattern)
        elif isinstance(entry, URLPattern) and not FRAMEWORK.match(pattern):
            yield Route(pattern, entry.name or "", guard_of(entry.callback), tuple(entry.pattern.converters))


ROUTES = list(routes())
GUARDED = [route for route in ROUTES if route.guard and route.guard.kind == "guarded"]


def test_there_are_routes():
    assert len(ROUTES) > 3


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_route_is_named_and_classified(route):
    assert route.name, f"{route.pattern} has no name"
    assert route.guard, f"{route.pattern}: decorate its view with @guarded, @signed_in, @by_link, @by_device or @public"
    if route.guard.kind in ("public", "by_link", "device"):
        assert route.guard.why, f"{route.pattern} says nothing about why it needs no sign-in"


@pytest.mark.parametrize("route", GUARDED, ids=str)
def test_every_parameter_is_known_to_the_harness(route):
    for parameter in route.parameters:
        assert parameter in ARGUMENTS, f"{route.pattern}: teach tests/world.py what <{parameter}> is"


def arguments_of(world: Any, route: Route) -> dict[str, Any]:
    return {name: ARGUMENTS[name](world) for name in route.parameters}


@pytest.mark.parametrize("method", ["get", "post"])
def test_p2_refusals_carry_no_byte_of_a_patient(db, method):
    """Every guarded route × every role without the right: 403 (or 405 before), nothing of the patient in the answer."""
    world = a_world()
    leaks, wrong = [], []
    for role in Role:
        client = browser(world.staff[role])
        for route in GUARDED:
            if admits(world.staff[role], route.guard):
                continue
            path = route.path(arguments_of(world, route))
            answer = client.get(path) if method == "get" else client.post(path, once())
            if answer.status_code not in (403, 405):
                wrong.append((role, route.name, answer.status_code))
            leaks += [(role, route.name, word) for word in CANARY_WORDS if carries(answer, word)]
    assert wrong == []
    assert leaks == []


def admits(actor: Any, guard: Guard) -> bool:
    try:
        admit(actor, guard)
    except NotAllowed:
        return False
    return True


def test_p1_a_patients_account_opens_no_page_of_the_staff():
    """The own record is read and told on pages of its own: what else a patient opens is named here, each with words for
    them. A right to the own record alone opens no worklist, no outbox and no form that staff answer for."""
    own = {route.name for route in GUARDED if route.guard.is_own}
    assert {name for name in own if name != "me" and not name.startswith("me-")} == {
        "patients", "evaluation", "safety-plan", "plan-summary", "medicines-sheet", "caregivers", "caregiver-end",
    }  # fmt: skip
    assert {route.name for route in GUARDED if route.pattern.startswith("me/")} <= own


def carries(answer: Any, word: str) -> bool:
    return word.encode() in answer.content or word in str(dict(answer.headers))


TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"')  # drawn anew for each page


def test_p2_another_clinics_record_answers_exactly_like_none(db):
    """The same organisation, another clinic: 404, byte for byte the answer for a record that does not exist."""
    north = a_world("North")
    south = a_world("South", organisation=north.clinic.organisation)
    different = []
    for role in Role:
        client = browser(south.staff[role])
        for route in GUARDED:
            if not route.parameters or not may(south.staff[role], route.guard.object_name, route.guard.act):
                continue
            if route.guard.object_name in OF_THE_PRODUCT:
                continue
            theirs, nothing = (
                asked(client, route.path(arguments))
                for arguments in (arguments_of(north, route), {name: absent(name) for name in route.parameters})
            )
            pages = [TOKEN.sub(b"", answer.content) for answer in (theirs, nothing)]
            if theirs.status_code != nothing.status_code or pages[0] != pages[1]:
                different.append((role, route.name, theirs.status_code, nothing.status_code))
            if theirs.status_code not in (403, 404):
                different.append((role, route.name, theirs.status_code))
    assert different == []


def asked(client: Any, path: str) -> Any:
    """Opened; or, where there is only an act, acted on."""
    answer = client.get(path)
    return client.post(path, once()) if answer.status_code == 405 else answer


def test_unassigned_relation_is_refused(db):
    """A therapist and a referring clinician without a relation to the patient get 403 on every patient's route."""
    world = a_world()
    wrong = []
    for role in ("TH", "RC"):
        client = browser(world.staff[role])
        for route in GUARDED:
            if not route.parameters or not may(world.staff[role], route.guard.object_name, route.guard.act):
                continue
            grants_all = route.guard.object_name in OF_THE_PRODUCT
            answer = client.get(route.path(arguments_of(world, route)))
            answers = (302,) if route.name in FOR_STRANGERS else (403, 404, 405)  # who sits there is asked first (K6)
            if answer.status_code not in answers and not grants_all:
                wrong.append((role, route.name, answer.status_code))
            wrong += [(role, route.name, word) for word in CANARY_WORDS if carries(answer, word)]
    assert wrong == []


def test_nobody_signed_in_sees_nothing(db):
    """Every route that is not public, opened by a stranger, each time without a cookie."""
    world = a_world()
    leaks, wrong = [], []
    for route in ROUTES:
        if route.guard is None or route.guard.kind == "public":
            continue
        arguments = {name: ARGUMENTS[name](world) if name in ARGUMENTS else absent(name) for name in route.parameters}
        answer = Client().get(route.path(arguments))
        if answer.status_code not in (302, 400, 401, 403, 404, 405, 410):
            wrong.append((route.name, answer.status_code))
        leaks += [(route.name, word) for word in CANARY_WORDS if carries(answer, word)]
    assert wrong == []
    assert leaks == []
