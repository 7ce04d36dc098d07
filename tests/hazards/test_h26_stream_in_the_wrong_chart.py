"""H26, H29: a monitor's stream in the chart of somebody it is not on."""

from __future__ import annotations

import asyncio

import pytest

from ketacare.clinic.monitoring import actions
from ketacare.clinic.monitoring.models import Reading, StrayStream
from ketacare.clinic.monitoring.tests.factories import ADDRESS, Bedside, a_device
from ketacare.clinic.people.tests.factories import AT, a_clinic
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.exchange.hl7v2.tests.examples import SPO2, oru
from ketacare.exchange.mailroom.models import Refusal
from ketacare.exchange.mailroom.receive import Letter
from ketacare.web.gateway import listener
from ketacare.web.gateway.writer import Writer

pytestmark = pytest.mark.django_db


def sent(writer: Writer, number: str = "1") -> bytes:
    return writer.commit([Letter(oru(SPO2, number=number.encode()), AT, "10.0.0.9")])[0]


def test_h26_after_the_pairing_has_ended_nothing_goes_into_the_chart():
    bedside = Bedside()
    writer = Writer(lambda: AT)
    assert b"MSA|AA" in sent(writer)
    tenancy.enter(organisation_id=bedside.clinic.organisation_id)
    before = Reading.objects.count()
    assert before
    actions.end_watch(visit=bedside.visit, by=bedside.nurse, at=AT)
    sent(writer, number="2")
    tenancy.enter(organisation_id=bedside.clinic.organisation_id)
    assert Reading.objects.count() == before
    assert StrayStream.objects.get().address == ADDRESS


def test_h26_an_address_registered_in_two_clinics_is_charted_in_neither():
    """Else the patients of the second clinic would be charted, and sounded, on those of the first."""
    north = Bedside()
    south = a_clinic("South")
    a_device(south)
    writer = Writer(lambda: AT)
    answer = sent(writer)
    assert b"MSA|AE" in answer
    assert b"Two clinics" in answer
    for clinic in (north.clinic, south):
        tenancy.enter(organisation_id=clinic.organisation_id)
        assert not Reading.objects.exists()
    tenancy.enter(organisation_id=north.clinic.organisation_id)
    assert Refusal.objects.get().owner_role == "AD"


def test_h23_a_gateway_that_can_commit_nothing_ends_instead_of_listening_on(monkeypatch):
    """The supervisor starts it anew; a socket that takes messages for nobody would look like a working one."""

    async def fail(self: Writer) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(Writer, "run", fail)

    async def serve() -> None:
        async with asyncio.timeout(10):
            await listener.run("127.0.0.1", 0, lambda: AT, asyncio.Event())

    with pytest.raises(RuntimeError, match="broken"):
        asyncio.run(serve())
