import asyncio
import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import pytest
import uvloop
from django.db import connection, transaction

from ketacare.clinic.monitoring import access
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.people.tests.factories import a_clinic, someone
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.web import clock
from ketacare.web.live import application
from ketacare.web.live.application import Live

HEARD, OTHER = "visit:11111111-1111-1111-1111-111111111111", "visit:22222222-2222-2222-2222-222222222222"


class Client:
    """An ASGI client of one stream, in this process."""

    def __init__(self, live, ticket, after=None):
        self.scope = {
            "type": "http",
            "method": "GET",
            "path": "/live/stream",
            "query_string": f"ticket={ticket}".encode(),
            "headers": [(b"last-event-id", str(after).encode())] if after is not None else [],
        }
        self.live, self.left, self.status, self.text = live, asyncio.Event(), None, ""
        self.arrived = asyncio.Event()

    async def __aenter__(self):
        self.task = asyncio.create_task(self.live(self.scope, self.receive, self.send))
        return self

    async def __aexit__(self, *_):
        self.left.set()
        await asyncio.wait_for(self.task, 30)

    async def receive(self):
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.status = message.get("status", self.status)
        self.text += message.get("body", b"").decode()
        self.arrived.set()

    async def until(self, enough, seconds=15):
        async with asyncio.timeout(seconds):
            while not enough(self):
                self.arrived.clear()
                await self.arrived.wait()

    def events(self, kind="reading"):
        blocks = [block.split("\n") for block in self.text.split("\n\n") if block]
        fields = [dict(line.split(": ", 1) for line in block) for block in blocks]
        return [event for event in fields if event["event"] == kind]

    def numbers(self):
        return [json.loads(event["data"])["body"]["n"] for event in self.events()]


@pytest.fixture
def stage(fresh_database):
    """A clinic whose commits are real, and a nurse in it."""
    with transaction.atomic():
        clinic = a_clinic()
        nurse = someone(clinic, "RN")
    return clinic, nurse


def say(clinic, *numbers, topic=HEARD):
    """Called in a thread, whose connection ends with it."""
    with tenancy.tenant(clinic.organisation_id):
        for number in numbers:
            tenancy.announce(
                clinic_id=clinic.pk,
                organisation_id=clinic.organisation_id,
                topic=topic,
                kind="reading",
                body={"n": number},
            )
    connection.close()


async def whole(scenario):
    live = Live()
    try:
        await scenario(live)
    finally:
        await live.close()


def run(scenario):
    asyncio.run(whole(scenario))


def test_d1_events_come_in_order_with_a_heartbeat_and_only_those_of_the_ticket(stage):
    clinic, nurse = stage
    ticket = access.ticket_for(nurse, [HEARD], at=clock.now())

    async def scenario(live):
        async with Client(live, ticket) as client:
            await client.until(lambda c: c.events("beat"))
            await asyncio.to_thread(say, clinic, 1, 2, 3)
            await asyncio.to_thread(say, clinic, 4, topic=OTHER)
            await client.until(lambda c: len(c.events("beat")) > 2 and c.numbers() == [1, 2, 3])
            beat = json.loads(client.events("beat")[-1]["data"])
            assert {"at", "number", "watch_at"} == beat.keys()

    run(scenario)


def test_a_stream_resumes_from_its_last_event_without_loss(stage):
    clinic, nurse = stage
    ticket = access.ticket_for(nurse, ["visit:*"], at=clock.now())

    async def scenario(live):
        async with Client(live, ticket, after=0) as client:
            await asyncio.to_thread(say, clinic, 1, 2)
            await client.until(lambda c: len(c.numbers()) == 2)
            last = client.events()[-1]["id"]
        await asyncio.to_thread(say, clinic, *range(3, 40))
        seen = [1, 2]
        async with Client(live, ticket, after=last) as client:
            await asyncio.gather(*(asyncio.to_thread(say, clinic, n) for n in range(40, 60)))
            await client.until(lambda c: len(c.numbers()) == 57)
            seen += client.numbers()
        assert seen[:39] == list(range(1, 40))
        assert sorted(seen) == list(range(1, 60))

    run(scenario)


def test_a_client_from_another_life_is_told_to_start_over(stage):
    _, nurse = stage
    ticket = access.ticket_for(nurse, [HEARD], at=clock.now())

    async def scenario(live):
        async with Client(live, ticket, after=99) as client:
            await client.until(lambda c: c.events("reset"))

    run(scenario)


def test_h29_forged_expired_and_missing_tickets_get_nothing(stage):
    _, nurse = stage
    good = access.ticket_for(nurse, [HEARD], at=clock.now())
    expired = access.ticket_for(nurse, [HEARD], at=clock.now() - timedelta(minutes=11))

    async def scenario(live):
        for ticket in (expired, good[:-2], good + "x", "", "%00"):
            async with Client(live, ticket) as client:
                await client.until(lambda c: c.status)
            assert (client.status, client.text) == (403, "")

    run(scenario)


def test_a_ticket_of_one_organisation_shows_nothing_of_another(stage):
    clinic, nurse = stage
    with transaction.atomic():
        other = a_clinic("South")
    stolen = access.ticket_for(replace(nurse, organisation_id=other.organisation_id), [HEARD], at=clock.now())

    async def scenario(live):
        async with Client(live, stolen, after=0) as client:
            await client.until(lambda c: c.events("beat"))
            await asyncio.to_thread(say, clinic, 1)
            await asyncio.sleep(1.5)
            assert client.numbers() == []

    run(scenario)


def test_d2_without_an_answer_from_the_database_there_is_no_heartbeat(stage, monkeypatch):
    _, nurse = stage
    ticket = access.ticket_for(nurse, [HEARD], at=clock.now())
    monkeypatch.setattr("ketacare.web.live.hub.ANSWER_WITHIN_S", 0.5)

    async def scenario(live):
        async with Client(live, ticket) as client:
            await client.until(lambda c: c.events("beat"))

            async def hang(*_):
                await asyncio.sleep(60)

            live.hub._pumping.query = hang
            await asyncio.sleep(1)
            beats = len(client.events("beat"))
            await asyncio.sleep(2.5)
            assert len(client.events("beat")) == beats

    run(scenario)


SLOW = "select 0, 1, '{}'::jsonb from pg_sleep(20) where num_nonnulls(%s, %s, %s) = 3"


def test_d9_no_connection_is_closed_under_who_waits_on_it_and_the_process_lives_on(stage, monkeypatch):
    """Closed by another task, the socket's number goes to the next one and uvloop ends the process with all screens."""
    clinic, nurse = stage
    ticket = access.ticket_for(nurse, [HEARD], at=clock.now())
    monkeypatch.setattr("ketacare.web.live.hub.ANSWER_WITHIN_S", 0.3)
    waiting, closed_under = Counter(), []
    wait, close = psycopg.AsyncConnection.wait, psycopg.AsyncConnection.close

    async def counted(self, *given, **named):
        waiting[id(self)] += 1
        try:
            return await wait(self, *given, **named)
        finally:
            waiting[id(self)] -= 1

    async def noted(self):
        closed_under.append(waiting[id(self)])
        await close(self)

    monkeypatch.setattr(psycopg.AsyncConnection, "wait", counted)
    monkeypatch.setattr(psycopg.AsyncConnection, "close", noted)

    async def scenario(live):
        async with Client(live, ticket) as first:
            await first.until(lambda c: c.events("beat"))
            with monkeypatch.context() as meanwhile:
                meanwhile.setattr("ketacare.web.live.hub.HEAD", SLOW)
                live.hub.feeds.clear()  # so that each who joins reads the head
                async with Client(live, ticket):
                    await asyncio.sleep(2)
            async with Client(live, ticket) as last:
                await last.until(lambda c: c.events("beat"))
                await asyncio.to_thread(say, clinic, 1)
                await last.until(lambda c: c.numbers() == [1])

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(whole(scenario))
    assert closed_under
    assert not any(closed_under)


def test_d2_the_ticket_says_before_it_ends_that_another_is_to_be_asked_for_and_then_that_it_has_ended(stage):
    _, nurse = stage
    ticket = access.ticket_for(nurse, [HEARD], at=clock.now() - access.TICKET_LASTS + timedelta(seconds=4))

    async def scenario(live):
        async with Client(live, ticket) as client:
            await client.until(lambda c: c.events("renew"))
            assert not client.task.done()
            beats = len(client.events("beat"))
            await client.until(lambda c: len(c.events("renew")) == 2)
            assert len(client.events("beat")) > beats, "until then it went on"
            before, at_the_end = (json.loads(event["data"])["left_s"] for event in client.events("renew"))
            assert 0 < before <= 15
            assert at_the_end == 0

    run(scenario)


def test_a_client_that_does_not_read_is_dropped_and_resumes(stage, monkeypatch):
    clinic, nurse = stage
    monkeypatch.setattr(application, "SEND_WITHIN_S", 0.3)
    ticket = access.ticket_for(nurse, [HEARD], at=clock.now())

    class Stuck(Client):
        async def send(self, message):
            await super().send(message)
            if self.events():
                await asyncio.sleep(60)

    async def scenario(live):
        async with Stuck(live, ticket) as stuck:
            await stuck.until(lambda c: c.events("beat"))
            await asyncio.to_thread(say, clinic, *range(1, 400))
            await asyncio.wait_for(stuck.task, 30)
        async with Client(live, ticket, after=stuck.events()[-1]["id"]) as client:
            await client.until(lambda c: c.numbers() and c.numbers()[-1] == 399)
            assert len(stuck.numbers()) + len(client.numbers()) == 399

    run(scenario)


def the_watch_beats():
    """Called in a thread, whose connection ends with it."""
    monitoring.beat(process="watch", at=clock.now())
    connection.close()


def test_d9_only_the_screen_of_a_session_that_fails_is_told_that_nothing_is_judged(stage):
    """Once every screen of every clinic said NOT LIVE while one session could not be stepped."""
    clinic, nurse = stage
    with transaction.atomic(), tenancy.tenant(clinic.organisation_id):
        monitoring.beat(process="watch", at=clock.now())
        failed = [UUID(HEARD.removeprefix("visit:"))]
        monitoring.tell_of_failures(clinic=clinic, visits=failed, lately=None, at=clock.now())

    async def scenario(live):
        silent = []
        for topics in ([HEARD], [HEARD, OTHER], [OTHER], ["visit:*"]):
            await asyncio.to_thread(the_watch_beats)
            if live.hub is not None:
                live.hub.watch_at = None  # whoever subscribes next hears it anew
            async with Client(live, access.ticket_for(nurse, topics, at=clock.now())) as client:
                await client.until(lambda c: c.events("beat"))
                beat = json.loads(client.events("beat")[0]["data"])
                apart = datetime.fromisoformat(beat["at"]) - datetime.fromisoformat(beat["watch_at"])
                silent.append(apart > timedelta(seconds=4))
        assert silent == [True, False, False, False]

    run(scenario)


def test_other_paths_are_not_here():
    async def scenario(live):
        client = Client(live, "")
        client.scope["path"] = "/live/other"
        async with client:
            await client.until(lambda c: c.status)
        assert client.status == 404

    run(scenario)
