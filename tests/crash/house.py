"""A clinic that opens its doors: its people, and how one step of the programme is sent as a browser would send it."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring.models import Device
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role, Staff, User
from ketacare.clinic.people.tests.factories import AT, a_clinic, browser, just_confirmed, someone
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.tenancy.actions import tenant
from ketacare.clinic.tenancy.models import Clinic
from ketacare.web import clock
from tests.crash.pages import Fields, form_for

ZONE = "America/New_York"
FIRST_DAY = date(2026, 7, 13)
BY_LINK, BY_DEVICE = "the link", "the monitor"
Look = Callable[["House"], Any]


def on(day: int, at: str) -> datetime:
    """A moment of the story: day 1 is the day the referral comes; the time is the clinic's own."""
    return datetime.combine(FIRST_DAY + timedelta(days=day - 1), time.fromisoformat(at), ZoneInfo(ZONE))


@dataclass(frozen=True)
class Step:
    """One POST of the programme: who sends it, when, from which page, and what they fill in."""

    name: str
    who: str
    route: str
    at: datetime
    fields: Fields | Callable[[House], Any] = field(default_factory=dict)
    page: str = ""  # the route of the page that shows the form; empty: the act's own address
    query: Fields | Callable[[House], Any] = field(default_factory=dict)
    first: Fields | None = None  # sent before, so that the page shows the form (worked out, then signed)
    about: dict[str, Look] = field(default_factory=dict)
    status: int = 302
    keeps_session: bool = True  # choosing a role renews the session: sent again, the old one is signed out
    repeated_in: frozenset[str] = frozenset()  # tables that note a repeat
    is_new: bool = True  # not the same act as one before it
    bare: bool = False  # no page shows a form for it

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Sending:
    """A request made ready, to be sent as often as one likes, by whoever made it."""

    path: str
    body: Any
    cookies: dict[str, str]
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = ""

    def send(self, **changes: Any) -> HttpResponseBase:
        client = Client(enforce_csrf_checks="csrfmiddlewaretoken" in self.body)
        for name, value in self.cookies.items():
            client.cookies[name] = value
        if self.content_type:
            return client.post(self.path, self.body | changes, content_type=self.content_type, headers=self.headers)
        return client.post(self.path, self.body | changes)


def words_of(response: Any) -> str:
    """What the page says, for whoever has to find out why it was refused."""
    main = response.content.decode().partition("<main")[2]
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())[:1500]


@dataclass
class House:
    """The clinic of one story, in whichever database Django is pointed at."""

    clinic: Clinic
    staff: dict[str, Actor]
    arguments: dict[str, Look]
    token: str

    def user(self, who: str) -> User:
        return User.objects.get(pk=self.staff[who].user_id)

    def post(self, who: str) -> Staff:
        return Staff.objects.get(user_id=self.staff[who].user_id, role=self.staff[who].role)

    @contextmanager
    def inside(self) -> Iterator[None]:
        with tenant(self.clinic.organisation_id):
            yield

    def told(self, what: Any) -> Any:
        return what(self) if callable(what) else what

    def path(self, route: str, about: dict[str, Look]) -> str:
        parameters = parameters_of(route)
        return reverse(route, kwargs={name: (about.get(name) or self.arguments[name])(self) for name in parameters})

    def prepare(self, step: Step) -> Sending:
        """Open the page, read its form, fill it in; everything but the sending."""
        with self.inside():
            path, entries, query = self.path(step.route, step.about), self.told(step.fields), self.told(step.query)
            page = self.path(step.page or step.route, step.about)
            client = Client(enforce_csrf_checks=True) if step.who == BY_LINK else None
            if step.who not in (BY_LINK, BY_DEVICE):
                client = just_confirmed(browser(self.staff[step.who]))
        if client is None:
            return from_device(path, entries, self.token)
        if step.bare:
            return Sending(path, {"once": str(uuid.uuid4()), **entries}, jar(client))
        client.handler.enforce_csrf_checks = True
        with clock_at(step.at):
            shown = client.get(page, query)
            assert shown.status_code == 200, f"{step.name}: GET {page} → {shown.status_code}: {words_of(shown)}"
            if step.first is not None:
                filled = form_for(shown.content.decode(), path, step.first).filled(step.first)
                shown = client.post(path, filled, follow=True)
        form = form_for(shown.content.decode(), path, entries)
        return Sending(path, form.filled(entries), jar(client))


def jar(client: Client) -> dict[str, str]:
    return {name: morsel.value for name, morsel in client.cookies.items()}


def from_device(path: str, entries: dict[str, Any], token: str) -> Sending:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())}
    return Sending(path, entries, {}, headers, "application/json")


def parameters_of(route: str) -> tuple[str, ...]:
    from tests.architecture.test_routes import ROUTES

    return next(found.parameters for found in ROUTES if found.name == route)


@contextmanager
def clock_at(at: datetime) -> Iterator[None]:
    with patch.object(clock, "now", lambda: at):
        yield


def a_house(arguments: dict[str, Look]) -> House:
    """Founded: one person in every role, a second nurse, a chair, a monitor. Everything else comes by POST."""
    with transaction.atomic():
        clinic = a_clinic(zone=ZONE)
        staff = {str(role): someone(clinic, role) for role in Role} | {"RN2": someone(clinic, Role.RN, "Ben Moss")}
        second_post(clinic, staff["AU"], Role.FD)
        scheduling.add_chair(name="Chair 1", by=staff["FD"], at=on(1, "08:00"))
        _, token = monitoring.register_device(
            name="Monitor 1", address="STATION/CHAIR-1", by=staff["AD"], at=on(1, "08:00")
        )
        assert Device.objects.count() == 1
    return House(clinic, staff, arguments, token)


def second_post(clinic: Clinic, actor: Actor, role: Role) -> None:
    Staff.objects.create(
        organisation_id=clinic.organisation_id, clinic=clinic, created_at=AT, user_id=actor.user_id, role=role
    )


def readings(*rows: tuple[str, int, str, datetime]) -> dict[str, Any]:
    """What the monitor says: channel, value, unit, moment."""
    listed = [
        {"channel": channel, "value": value, "unit": unit, "taken_at": at.isoformat()}
        for channel, value, unit, at in rows
    ]
    return {"sent_at": rows[-1][3].isoformat(), "readings": listed}


def as_json(body: Any) -> bytes:
    return json.dumps(body).encode()
