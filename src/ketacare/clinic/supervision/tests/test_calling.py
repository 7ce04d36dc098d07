"""D6, D7: calls by pluggable ways, with receipts."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from ketacare.clinic import channels
from ketacare.clinic.channels import actions as calls
from ketacare.clinic.channels.models import Reach
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.tests.factories import browser, once, someone
from ketacare.clinic.supervision import actions, tasks
from ketacare.clinic.supervision.models import Call, RungTaken
from ketacare.clinic.supervision.tests.factories import Room, later
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.supervision.terms import Retry

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Room:
    """Dr Cho may be called by text; nobody's screen answers."""
    room = Room()
    calls.set_reach(mobile="+1 207 555 0100", by_text=True, by_voice=False, by_mail=True, by=room.second, at=later(-60))
    room.hurt()
    room.climb(30)
    return room


class Said:
    """A way that remembers, or does not take it."""

    def __init__(self, fault: str = "") -> None:
        self.fault, self.calls = fault, []

    def send(self, call: Call) -> None:
        if self.fault:
            raise channels.NotSent(self.fault)
        self.calls.append((call.address, call.words))


def states() -> dict[str, str]:
    return dict(Call.objects.filter(rung__rung="second", address__gt="").values_list("channel", "state"))


def receipt(call: Call, **more: str) -> int:
    body = {"id": channels.receipt_id(call), "state": "delivered"} | more
    return Client().post("/calls/receipts/", json.dumps(body), content_type="application/json").status_code


def test_h39_a_training_clinic_calls_nobody_outside_this_machine(room: Room, monkeypatch):
    """The real ways are configured; an exercise rings nobody's telephone. What is taken here, as in the demo, goes."""
    monkeypatch.setattr(Clinic, "is_training", property(lambda _: True, lambda *_: None))
    real, here = Said(), Said()
    here.is_local = True
    assert tasks.send_due(later(31), channels.Gateways({"text": real, "mail": here})) == 2
    assert (real.calls, len(here.calls)) == ([], 1)
    assert states() == {"text": "failed", "mail": "sent"}
    assert "training" in Call.objects.get(rung__rung="second", channel="text").failure
    assert channels.HttpGateway("http://127.0.0.1:8025/x", "t", "r").is_local
    assert not channels.HttpGateway("https://gateway.example.org/x", "t", "r").is_local
    assert not channels.Mail("smtps://relay.example.org", "a@example.org").is_local


def test_each_call_goes_by_the_way_that_is_configured_and_the_others_say_why_not(room: Room):
    text = Said()
    assert tasks.send_due(later(31), channels.Gateways({"text": text})) == 2
    room.bedside.clinic.refresh_from_db()
    assert text.calls == [("+12075550100", "High alarm, Chair 3")], "without the blanks it was typed with"
    assert states() == {"text": "sent", "mail": "failed"}
    assert Call.objects.get(channel="mail").failure == "no gateway is configured"
    assert tasks.send_due(later(32), channels.Gateways({"text": text})) == 0, "sent once"


def test_sent_is_not_delivered_and_the_ladder_moves_on_until_a_receipt_says_so(room: Room):
    tasks.send_due(later(31), channels.Gateways({"text": Said()}))
    assert RungTaken.objects.get().confirmed_at is None
    call = Call.objects.get(channel="text")
    assert actions.receive_receipt(receipt=call.receipt, delivered=True, at=later(34)) is not None
    room.climb(41, 59)
    assert [row.rung for row in RungTaken.objects.all()] == ["second"]
    room.climb(60)
    assert RungTaken.objects.count() == 2


def test_a_gateway_that_takes_nothing_brings_the_next_person(room: Room):
    tasks.send_due(later(31), channels.Gateways({"text": Said("the gateway answered 503"), "mail": Said()}))
    assert states() == {"text": "failed", "mail": "sent"}
    room.climb(39)
    assert RungTaken.objects.count() == 1
    room.climb(40)
    assert {row.rung for row in RungTaken.objects.all()} == {"second", "prescriber"}


def test_a_receipt_said_twice_is_the_same_and_a_delivery_is_never_taken_back(room: Room):
    call = Call.objects.get(channel="text")
    for delivered, second in ((False, 31), (True, 33), (True, 35), (False, 36)):
        actions.receive_receipt(receipt=call.receipt, delivered=delivered, why="line busy", at=later(second))
    call.refresh_from_db()
    assert (call.state, call.delivered_at) == ("delivered", later(33))
    assert RungTaken.objects.get().confirmed_at == later(33)


def test_a_receipt_that_came_before_we_noted_the_sending_stands(room: Room):
    call = taken_text()
    actions.receive_receipt(receipt=call.receipt, delivered=True, at=later(31))
    calls.note_sent(call, "", at=later(32))
    call.refresh_from_db()
    assert (call.state, call.sent_at) == ("delivered", later(32))


def taken_text() -> Call:
    """The text to Dr Cho, as its sender has it while it talks to the gateway."""
    (call,) = [row for row in calls.take(Call, later(31)) if row.channel == "text"]
    return call


def test_a_gateway_that_says_not_delivered_before_it_has_answered_is_believed(room: Room):
    call = taken_text()
    actions.receive_receipt(receipt=call.receipt, delivered=False, why="line busy", at=later(32))
    calls.note_sent(call, "", at=later(32))
    call.refresh_from_db()
    assert (call.state, call.failure, call.tries) == ("failed", "line busy", 1)


def test_what_a_sender_has_is_no_other_sender_s_until_that_one_must_have_died(room: Room):
    taken = taken_text()
    text = Said()
    assert tasks.send_due(later(40), channels.Gateways({"text": text})) == 0
    assert tasks.send_due(later(31 + 61), channels.Gateways({"text": text})) == 2
    assert [to for to, _ in text.calls] == [taken.address]


def test_d6_a_receipt_that_comes_after_the_acknowledgement_calls_nobody_again(room: Room):
    from ketacare.clinic.monitoring import actions as monitoring

    call = taken_text()
    monitoring.acknowledge_alarm(visit=room.visit, condition="sign.chest pain", by=room.nurse, at=later(31))
    room.climb(32)
    again = Retry(3, timedelta(seconds=15))
    calls.receive_receipt(Call, receipt=call.receipt, delivered=False, why="busy", at=later(33), retry=again)
    calls.note_sent(call, "", at=later(34), retry=again)
    call.refresh_from_db()
    assert call.state == "failed"


def test_a_sender_that_was_too_slow_takes_nothing_from_the_one_after_it(room: Room):
    slow = taken_text()
    (quick,) = [row for row in calls.take(Call, later(31 + 61)) if row.channel == "text"]
    calls.note_sent(slow, "the gateway does not answer (TimeoutError)", at=later(93))
    assert [row for row in calls.waiting(Call, later(94)) if row.channel == "text"] == []
    calls.note_sent(quick, "", at=later(95))
    assert states()["text"] == "sent"


def test_d6_no_lock_is_kept_while_a_gateway_is_talked_to(room: Room, monkeypatch: pytest.MonkeyPatch):
    """An acknowledgement, the next rung and the gateway's own receipt need the rows that are being sent."""
    before, talk, seen = len(connection.savepoint_ids), calls._handed_over, []

    def talking(*given: Any) -> list[str]:
        seen.append(len(connection.savepoint_ids))
        return talk(*given)

    monkeypatch.setattr(calls, "_handed_over", talking)
    assert tasks.send_due(later(31), channels.Gateways({"text": Said()})) == 2
    assert seen == [before]


def test_d6_an_acknowledgement_while_the_gateway_hangs_ends_the_call_and_waits_for_nobody(room: Room):
    from ketacare.clinic.monitoring import actions as monitoring

    call = taken_text()
    monitoring.acknowledge_alarm(visit=room.visit, condition="sign.chest pain", by=room.nurse, at=later(31))
    room.climb(32)
    calls.note_sent(call, "the gateway answered 503", at=later(40))
    call.refresh_from_db()
    assert (call.state, call.failure) == ("failed", "answered before it was sent")
    assert tasks.send_due(later(90), channels.Gateways({"text": Said()})) == 0


def test_whoever_is_answered_for_before_it_was_sent_is_not_called(room: Room):
    from ketacare.clinic.monitoring import actions as monitoring

    monitoring.acknowledge_alarm(visit=room.visit, condition="sign.chest pain", by=room.nurse, at=later(31))
    room.climb(32)
    assert tasks.send_due(later(33), channels.Gateways({"text": Said()})) == 0
    assert Call.objects.get(channel="text").failure == "answered before it was sent"


# -- the door of receipts ----------------------------------------------------------------------------------------------


def test_the_door_takes_a_signed_receipt_and_nothing_else(room: Room):
    call = Call.objects.get(channel="text")
    assert receipt(call) == 204
    assert receipt(call) == 204
    assert receipt(call, state="seen") == 422
    assert receipt(call, more="words") == 422
    assert receipt(call, id="x") == 403
    assert receipt(call, id=channels.receipt_id(call)[:-2] + "zz") == 403
    client = Client()
    assert client.post("/calls/receipts/", "no", content_type="application/json").status_code == 422
    assert client.post("/calls/receipts/", "[1]", content_type="application/json").status_code == 422
    assert client.post("/calls/receipts/", "x" * 5000, content_type="application/json").status_code == 413


def test_a_gateway_or_relay_that_is_not_there_says_so_without_an_address(room: Room):
    call = Call.objects.get(channel="text")
    ways = channels.configured(
        calls_url="http://127.0.0.1:9/send", calls_token="", report_to="", mail_url="smtp://127.0.0.1:9",
        mail_from="a@example.org",
    )  # fmt: skip
    for channel in ("text", "mail"):
        with pytest.raises(channels.NotSent) as fault:
            ways.ways[channel].send(call)
        assert "127.0.0.1" not in str(fault.value)
        assert "0100" not in str(fault.value)


# -- how one is called -------------------------------------------------------------------------------------------------


def test_one_s_own_telephone_is_set_by_oneself_and_a_number_nobody_can_call_is_refused(room: Room):
    with pytest.raises(Refused, match="can be called"):
        calls.set_reach(mobile="0100", by_text=True, by_voice=False, by_mail=False, by=room.nurse, at=later(1))
    stranger = someone(room.clinic, "FD")
    with pytest.raises(NotAllowed):
        calls.set_reach(mobile="", by_text=False, by_voice=False, by_mail=True, by=stranger, at=later(1))
    client = browser(room.nurse)
    assert client.post("/calls/reach/", once(mobile="12", by_text="on")).status_code == 422
    assert client.post("/calls/reach/", once(mobile="+12075550111", by_voice="on")).status_code == 302
    row = Reach.objects.get(user=room.user(room.nurse))
    assert (row.mobile, row.by_text, row.by_voice, row.by_mail) == ("+12075550111", False, True, False)
    assert "+12075550111" in client.get("/calls/reach/?kept=1").content.decode()
