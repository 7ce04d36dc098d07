"""A patient answers on the phone while processes die: how one case is played, and what must hold after it.

The answer is a POST as the phone sends it, killed at a moment drawn from a seed and sent again until it is answered.
Then what calls people is killed at a write drawn too: the climbing of the ladder, the sending of the calls, the
escalation, and whole rounds of the caller and of the worker as they run; whoever looks next must find everything. What
must hold is checked after every death, not only at the end.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from django.db import transaction
from django.test import Client
from django.urls import reverse

from ketacare.clinic.channels import Gateways, Letter
from ketacare.clinic.channels import actions as calls
from ketacare.clinic.duties import tasks as duties
from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.outcomes import access, forms
from ketacare.clinic.outcomes.models import Answers, Ask
from ketacare.clinic.outcomes.tests.factories import the_asks
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety import tasks
from ketacare.clinic.safety.models import Concern, ConcernCall, ConcernRung
from ketacare.clinic.tenancy.actions import tenant
from ketacare.medicine.safety import reader, rules
from ketacare.medicine.safety.terms import TriageContext
from ketacare.web.commands import caller, worker
from tests.crash.house import clock_at
from tests.crash.killing import Moment, killed_at, writes_of

OWNED_WITHIN = timedelta(seconds=60)
# Who there is to answer: everybody, nobody on call, nobody but a nurse.
STAFFED = ("on call", "a gap", "a nurse alone")
Killer = Callable[[Moment, Callable[[], Any], random.Random], bool]


@dataclass(frozen=True)
class Case:
    """One answer, and the deaths around it."""

    number: int
    staffed: str
    key: str
    instrument: str
    item: str
    code: int
    deaths: tuple[Moment, ...]


@dataclass
class Tally:
    """What was seen over all cases; every list of faults must stay empty."""

    cases: int = 0
    dangerous: int = 0
    deaths: dict[str, int] = field(default_factory=dict)
    lost: list[int] = field(default_factory=list)
    doubled: list[int] = field(default_factory=list)
    alone: list[int] = field(default_factory=list)
    unowned: list[int] = field(default_factory=list)
    called_twice: list[int] = field(default_factory=list)

    def died(self, moment: str) -> None:
        self.deaths[moment] = self.deaths.get(moment, 0) + 1

    @property
    def every_list(self) -> tuple[list[int], ...]:
        return self.lost, self.doubled, self.alone, self.unowned, self.called_twice

    @property
    def faults(self) -> dict[str, list[int]]:
        names = ("lost", "doubled", "alone", "unowned", "called_twice")
        return {name: found for name in names if (found := getattr(self, name))}


def cases(seed: int, count: int) -> Iterator[Case]:
    chance = random.Random(seed)
    for number in range(count):
        key, instrument, items = chance.choice(ASKED)
        item, codes = chance.choice(items)
        yield Case(
            number,
            STAFFED[number % len(STAFFED)],
            key,
            instrument,
            item,
            chance.choice(codes),
            tuple(chance.choices(list(Moment), k=chance.randint(1, 3))),
        )


# The asks of the phone that hold questions of danger, with their items and codes.
ASKED: tuple[tuple[str, str, tuple[tuple[str, tuple[int, ...]], ...]], ...] = (
    ("next_day", "safety-items", (("s1", (0, 1, 2, 3)), ("s2", (0, 1, 2)), ("s3", (0, 1, 2)))),
    ("week", "phq-9", (("9", (0, 1, 2, 3)), ("3", (0, 3)))),
)


def expected(case: Case, at: datetime) -> list[int]:
    """The tiers that this answer must raise."""
    flags = rules.triage(case.instrument, {case.item: case.code}, TriageContext(at=at), reader.triage_sheet())
    return sorted(int(flag.tier[1]) for flag in flags)


@dataclass
class Ground:
    """A clinic for each way of being staffed, in the database Django is pointed at."""

    places: dict[str, Place]

    @classmethod
    def laid(cls) -> Ground:
        found = {}
        for staffed in STAFFED:
            with transaction.atomic():
                found[staffed] = a_place(staffed)
        return cls(found)


def a_place(staffed: str) -> Place:
    here = place(telephone="555 0100")
    here.staff(Role.RN)
    if staffed == "a nurse alone":
        return here
    director, doctor = here.staff(Role.MD), here.staff(Role.RX)
    for number, actor in enumerate((director, doctor)):
        calls.set_reach(mobile=f"+1207555010{number}", by_text=True, by_voice=True, by_mail=False, by=actor, at=AT)
    if staffed == "on call":
        put_on_call(doctor, director)
    return here


def put_on_call(doctor: Actor, director: Actor) -> None:
    safety.put_on_call(
        user=User.objects.get(pk=doctor.user_id),
        role=Role.RX,
        starts_at=AT,
        ends_at=AT + timedelta(days=60),
        by=director,
        at=AT,
    )


@dataclass
class Phone:
    """The patient's phone: one tap, the same however often it is sent."""

    ask: Ask
    at: datetime
    path: str
    body: dict[str, str]

    def send(self) -> Any:
        with clock_at(self.at):
            return Client().post(self.path, self.body)


def a_phone(here: Place, case: Case) -> Phone:
    with tenant(here.clinic.organisation_id):
        ask = the_asks(here)[case.key]
        token = access.token_for(ask)
        step = next(
            number
            for number, asked in enumerate(forms.questions(ask), start=1)
            if (asked.sheet.id, asked.item.id) == (case.instrument, case.item)
        )
    at = ask.opens_at + timedelta(minutes=1)
    path = reverse("check-in-step", args=[token, step])
    return Phone(ask, at, path, {"once": str(uuid4()), "answer": str(case.code)})


def by_writes(moment: Moment, send: Callable[[], Any], chance: random.Random, *, protected: bool = True) -> bool:
    """In a process of its own, before the write drawn; whether it came to that."""
    drawn = chance.randint(2, 40)
    # Where the moment is no write, none kills: else a phone would count as told that never was.
    at_write = {Moment.BEFORE_FIRST_WRITE: 1, Moment.BETWEEN_WRITES: drawn}.get(moment, 0)
    return killed_at(moment, send, at_write=at_write, protected=protected).came


def play(ground: Ground, case: Case, tally: Tally, *, kill: Killer = by_writes) -> None:
    chance, here = random.Random(f"{case.number} deaths"), ground.places[case.staffed]
    phone = a_phone(here, case)
    tiers = expected(case, phone.at)
    tally.cases += 1
    tally.dangerous += bool(tiers)
    for moment in case.deaths:
        if kill(moment, phone.send, chance):
            tally.died(moment.value)
        look(here, phone, case, tiers, tally, answered=moment is Moment.AFTER_REPLY)
    if phone.send().status_code != 303:
        tally.lost.append(case.number)
    look(here, phone, case, tiers, tally, answered=True)
    if tiers:
        call_and_die(here, phone, case, tally, kill, chance)


def look(here: Place, phone: Phone, case: Case, tiers: list[int], tally: Tally, *, answered: bool) -> None:
    """Nothing or all of it, whatever has died; and all of it once the phone was told."""
    with tenant(here.clinic.organisation_id):
        rows = list(Answers.objects.filter(ask=phone.ask))
        concerns = list(Concern.objects.filter(source_id=phone.ask.pk))
        if len(rows) > 1 or len(concerns) > len(tiers):
            tally.doubled.append(case.number)
        kept = bool(rows) and rows[-1].values.get(case.item) == case.code
        if answered and not kept:
            tally.lost.append(case.number)
        if bool(rows) != (len(concerns) == len(tiers)) and tiers:
            tally.alone.append(case.number)
        # At the answer itself whoever is on call has it; without anybody what is for now is somebody's all the same,
        # and for the rest the ladder finds somebody within the minute.
        at_once = [one for one in concerns if case.staffed == "on call" or one.tier < 3]
        if not all(is_owned(concern) for concern in at_once):
            tally.unowned.append(case.number)


# Whatever the tier: what is asked about thoughts of suicide has a named owner. Of the rest a concern that may wait for
# the next dose is a duty of its role, and calls nobody.
ABOUT_SUICIDE = {"s1", "9"}


def must_be_owned(case: Case, concern: Concern) -> bool:
    return concern.tier < 3 or case.item in ABOUT_SUICIDE


def is_owned(concern: Concern) -> bool:
    return concern.owner_id is not None and concern.duty.owner_id is not None


@dataclass(frozen=True)
class Taken:
    """A gateway that takes what it is given; nothing is delivered, so nobody is reached."""

    def send(self, letter: Letter) -> None:
        pass


GATEWAYS = Gateways({name: Taken() for name in ("text", "voice", "mail")})


def caller_round(at: datetime) -> None:
    """One round of the line of concerns, as `ketacare caller` goes it: the ladder, then the sending."""
    done = Event()
    done.set()
    aloud = patch.object(caller, "alone", lambda _, do: do(at))  # a fault of its own is no death
    with clock_at(at), aloud, patch.object(caller, "gateways", lambda *_: GATEWAYS):
        caller.hand_on(caller.concerns(), done)


def worker_round(at: datetime) -> None:
    """One round of `ketacare worker`, with its signs of life."""
    with clock_at(at):
        assert worker.round_of(worker.chores(), after_each=worker.alive())


def send_due(at: datetime) -> None:
    tasks.send_due(at, GATEWAYS)


# What calls people.
CALLING: tuple[Callable[[datetime], Any], ...] = (
    tasks.climb_due, send_due, duties.escalate_due, caller_round, worker_round,
)  # fmt: skip


def call_and_die(here: Place, phone: Phone, case: Case, tally: Tally, kill: Killer, chance: random.Random) -> None:
    """Three of what calls people are killed at a write drawn, one after the other; a minute on, what lives looks
    once."""
    for seconds, process in zip((20, 40, 59), chance.sample(CALLING, 3), strict=True):
        at = phone.at + timedelta(seconds=seconds)
        if kill(chance.choice(list(Moment)), lambda process=process, at=at: process(at), chance):
            tally.died(f"{process.__name__}, {seconds} s on")
    then = phone.at + OWNED_WITHIN
    for process in (tasks.climb_due, send_due, tasks.climb_due):
        process(then)
    with tenant(here.clinic.organisation_id):
        for concern in Concern.objects.filter(source_id=phone.ask.pk).select_related("duty"):
            if concern.state != "open" or (must_be_owned(case, concern) and not is_owned(concern)):
                tally.unowned.append(case.number)
            rungs = ConcernRung.objects.filter(concern=concern)
            called = list(ConcernCall.objects.filter(rung__concern=concern).values_list("rung", "user", "channel"))
            if len(called) != len(set(called)) or rungs.count() != len(set(rungs.values_list("rung", flat=True))):
                tally.called_twice.append(case.number)


def writes_in(ground: Ground, case: Case) -> int:
    """How many writes this answer is, for the arm without its transaction."""
    return writes_of(a_phone(ground.places[case.staffed], case).send)
