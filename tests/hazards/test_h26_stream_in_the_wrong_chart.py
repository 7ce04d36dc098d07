"""H26, H29: a monitor's stream in the chart of somebody it is not on."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from ketacare.clinic.duties.models import Duty
from ketacare.clinic.monitoring import actions, queries
from ketacare.clinic.monitoring.models import AlarmSignal, Device, DeviceClock, Reading, StrayStream, Watch
from ketacare.clinic.monitoring.tests.factories import ADDRESS, Bedside, a_device, a_visit
from ketacare.clinic.people.tests.factories import AT, a_clinic, someone
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.exchange.hl7v2.tests.examples import SPO2, oru
from ketacare.exchange.mailroom.models import Refusal
from ketacare.exchange.mailroom.receive import Letter
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.monitoring.terms import Reading as Value
from ketacare.web.gateway import listener
from ketacare.web.gateway.writer import Writer

pytestmark = pytest.mark.django_db


def sent(writer: Writer, number: str = "1") -> bytes | None:
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


@pytest.mark.parametrize(("of", "what"), [(Writer, "run"), (listener, "tell_lateness")])
def test_h23_a_gateway_that_can_commit_or_tell_nothing_ends_instead_of_listening_on(monkeypatch, of, what):
    """The supervisor starts it anew; a socket that takes messages for nobody would look like a working one."""

    async def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(of, what, fail)
    monkeypatch.setattr(listener.monitoring, "beat", lambda **_: None)  # told by a connection of its own: it would stay

    async def serve() -> None:
        async with asyncio.timeout(10):
            await listener.run("127.0.0.1", 0, lambda: AT, asyncio.Event())

    with pytest.raises(RuntimeError, match="broken"):
        asyncio.run(serve())


def later(bedside: Bedside, taken: int, came: int, held: int = 0, value: int = 91) -> list[actions.Arrival]:
    """A value taken so many seconds after AT that came so many after it."""
    taken_at, came_at = AT + timedelta(seconds=taken), AT + timedelta(seconds=came)
    device = bedside.device
    reading = Value(Channel.SPO2, Decimal(value), taken_at, came_at, device=str(device.pk))
    arrival = actions.Arrival(device.pk, 1000 + came, taken_at, came_at, (reading,), timedelta(seconds=held))
    return actions.record_readings([arrival], clinic_id=bedside.clinic.pk, at=came_at)


def test_h26_what_waited_belongs_to_whom_it_was_taken_from_not_to_who_lies_there_now():
    first = Bedside()
    later(first, 0, 0)
    actions.end_watch(visit=first.visit, by=first.nurse, at=AT + timedelta(seconds=600))
    second = a_visit(first.clinic, someone(first.clinic, "FD"))
    actions.begin_watch(visit=second, by=first.nurse, at=AT + timedelta(seconds=1200))
    actions.pair_device(device=first.device, visit=second, by=first.nurse, at=AT + timedelta(seconds=1200))
    assert later(first, 300, 1300, held=1000) == []
    assert [stray.message for stray in later(first, 900, 1301, held=401)] == [2301]
    assert later(first, 1250, 1302, held=52) == []
    charted = {row.taken_at: row.visit_id for row in Reading.objects.all()}
    assert charted == {
        AT: first.visit.pk,
        AT + timedelta(seconds=300): first.visit.pk,
        AT + timedelta(seconds=1250): second.pk,
    }


def test_h26_a13_a_high_value_that_comes_after_the_session_does_not_sound_and_is_looked_at():
    bedside = Bedside()
    later(bedside, 0, 0)
    actions.end_watch(visit=bedside.visit, by=bedside.nurse, at=AT + timedelta(seconds=600))
    for second in (300, 301):
        later(bedside, second, 2000 + second, held=2000, value=70)
    assert not AlarmSignal.objects.filter(priority="high").exists()
    assert Duty.objects.get(kind="readings.review").visit_id == bedside.visit.pk


def test_h26_i9_what_an_agent_held_for_hours_says_nothing_of_the_device_s_clock():
    bedside = Bedside()
    later(bedside, 10, 14_410, held=14_400)
    assert Reading.objects.get().taken_at == AT + timedelta(seconds=10)
    assert Reading.objects.get().reason == ""
    assert DeviceClock.objects.get().skew_ms == 0


def test_h26_the_control_arm_without_the_time_held_takes_the_clock_for_wrong():
    """What held_by_agent prevents: the value would be charted hours after it was taken."""
    bedside = Bedside()
    later(bedside, 10, 14_410)
    assert Reading.objects.get().taken_at != AT + timedelta(seconds=10)


def test_h26_two_monitors_of_one_address_at_two_gateways_are_not_mixed(monkeypatch):
    """The second is refused once it is sure that the first goes on; its message is kept and owned."""
    bedside = Bedside()
    here, there = Writer(lambda: AT), Writer(lambda: AT)
    assert b"MSA|AA" in sent(here)
    letter = Letter(oru(SPO2, number=b"2"), AT, "10.0.0.10")
    assert there.commit([letter]) == [None]
    [refused] = there.commit([letter], frozenset({0}))
    assert b"MSA|AE" in refused
    assert b"Another gateway" in refused
    tenancy.enter(organisation_id=bedside.clinic.organisation_id)
    assert Reading.objects.count() == 1
    assert Refusal.objects.get().owner_role == "AD"


def test_h04_two_monitors_that_give_one_name_and_no_bed_at_one_gateway_are_not_mixed():
    """MSH-3 alone is a name that a factory gave: the second is refused while the first goes on, kept and owned."""
    bedside = Bedside(address="0011223344556677")
    here = Writer(lambda: AT)

    def from_peer(peer, number, seconds):
        raw = oru(SPO2, number=number).replace(b"CHAIR-3", b"")
        return here.commit([Letter(raw, AT + timedelta(seconds=seconds), peer)])[0]

    assert b"MSA|AA" in from_peer("10.0.0.9", b"1", 0)
    refused = from_peer("10.0.0.10", b"2", 30)
    assert b"MSA|AE" in refused
    assert b"Two machines send under this name" in refused
    assert b"MSA|AA" in from_peer("10.0.0.9", b"3", 31)
    alarm = AlarmSignal.objects.get(condition=f"{bedside.device.pk}.shared_name")
    assert (alarm.priority, alarm.kind, alarm.presence) == ("medium", "technical", "present")
    assert b"MSA|AE" in from_peer("10.0.0.10", b"4", 90)
    assert b"MSA|AA" in from_peer("10.0.0.10", b"5", 92), "the first has said nothing for a minute"
    tenancy.enter(organisation_id=bedside.clinic.organisation_id)
    assert Refusal.objects.filter(owner_role="AD").exists()
    assert AlarmSignal.objects.filter(condition=alarm.condition).count() == 1, "once, until it is put on anew"
    actions.unpair_device(
        pairing=bedside.pairing, reason="which is it", by=bedside.nurse, at=AT + timedelta(seconds=95)
    )
    assert AlarmSignal.objects.filter(condition=alarm.condition).latest("id").presence == "absent"


def test_h04_two_monitors_of_one_bed_at_one_gateway_are_not_mixed_and_the_chair_is_told():
    """The control arm is the third: the first has given nothing for as long as a value lives."""
    bedside = Bedside()
    here = Writer(lambda: AT)

    def from_peer(peer, value, seconds):
        raw = oru(SPO2.replace(b"|97|", b"|%d|" % value), number=b"%d" % seconds)
        return here.commit([Letter(raw, AT + timedelta(seconds=seconds), peer)])[0]

    assert b"MSA|AA" in from_peer("10.0.0.9", 97, 1)
    assert b"MSA|AE" in from_peer("10.0.0.10", 71, 2)
    assert b"MSA|AA" in from_peer("10.0.0.9", 96, 3)
    tenancy.enter(organisation_id=bedside.clinic.organisation_id)
    assert [int(row.value) for row in Reading.objects.order_by("id")] == [97, 96]
    assert Refusal.objects.get().owner_role == "AD"
    assert AlarmSignal.objects.get(condition__endswith=".shared_name").priority == "medium"
    assert b"MSA|AA" in from_peer("10.0.0.10", 95, 14)


def test_h04_of_slow_senders_the_second_is_refused_for_as_long_as_their_values_live():
    """Each of them sent every 60 s, and each in its turn was taken for the new one: two patients in one chart."""
    bedside = Bedside()
    Device.objects.filter(pk=bedside.device.pk).update(interval_s=60)
    here = Writer(lambda: AT)

    def from_peer(peer, seconds):
        raw = oru(SPO2, number=b"%d" % seconds)
        return here.commit([Letter(raw, AT + timedelta(seconds=seconds), peer)])[0]

    assert b"MSA|AA" in from_peer("10.0.0.9", 1)
    assert b"MSA|AE" in from_peer("10.0.0.10", 31)
    assert b"MSA|AA" in from_peer("10.0.0.9", 61)
    assert b"MSA|AE" in from_peer("10.0.0.10", 210)
    assert b"MSA|AA" in from_peer("10.0.0.10", 212), "150 s are over"


def test_h04_a_monitor_at_a_new_address_is_told_as_a_loss_is_until_a_person_has_looked():
    """A lease of the network, a station that fails over: "two monitors send" was false, and went on for ever (H9)."""
    bedside = Bedside()
    here = Writer(lambda: AT)
    sent_from = {1: "10.0.0.9", 3600: "10.0.0.10", 3601: "10.0.0.10"}
    for seconds, peer in sent_from.items():
        raw = oru(SPO2, number=b"%d" % seconds)
        assert b"MSA|AA" in here.commit([Letter(raw, AT + timedelta(seconds=seconds), peer)])[0]
    tenancy.enter(organisation_id=bedside.clinic.organisation_id)
    alarm = AlarmSignal.objects.get(condition=f"{bedside.device.pk}.new_address")
    assert (alarm.priority, alarm.kind, alarm.presence) == ("medium", "technical", "present")
    assert not AlarmSignal.objects.filter(condition__endswith=".shared_name").exists()
    actions.acknowledge_alarm(
        visit=bedside.visit, condition=alarm.condition, by=bedside.nurse, at=AT + timedelta(seconds=3605)
    )
    assert AlarmSignal.objects.filter(condition=alarm.condition).latest("id").presence == "absent"


def test_h26_a12_a_device_moves_to_another_gateway_when_its_lease_ends_or_is_let_go_and_the_alarms_stay():
    bedside = Bedside()
    here, there, third = Writer(lambda: AT), Writer(lambda: AT), Writer(lambda: AT)
    sent(here)
    actions.observe_sign(visit=bedside.visit, sign="vomiting", by=bedside.nurse, at=AT)
    tenancy.enter(organisation_id=bedside.clinic.organisation_id)
    before = queries.state_of(Watch.objects.get())
    assert before.conditions["sign.vomiting"].present
    with connection.cursor() as cursor:  # the first is killed: its lease ends by the database's clock
        cursor.execute("update monitoring_devicelease set until = clock_timestamp() - interval '1 second'")
    assert b"MSA|AA" in sent(there)  # a repeat is answered as it was
    tenancy.enter(organisation_id=bedside.clinic.organisation_id)
    assert queries.state_of(Watch.objects.get()) == before, "every alarm as it was"
    assert b"MSA|AA" in sent(there, number="2")
    tenancy.enter(organisation_id=bedside.clinic.organisation_id)
    assert queries.state_of(Watch.objects.get()).conditions == before.conditions
    assert third.commit([Letter(oru(SPO2, number=b"3"), AT, "x")]) == [None]
    there.let_go()
    assert b"MSA|AA" in sent(third, number="3")


def test_h04_of_slow_senders_at_two_gateways_the_second_is_refused_as_well():
    """Each gateway knew its own monitor alone, and no lease lasts from one message to the next; nor did one that was
    started anew know anything. The control arm is the last: the first has been silent for as long as a value lives."""
    bedside = Bedside()
    Device.objects.filter(pk=bedside.device.pk).update(interval_s=60)
    here, there = Writer(lambda: AT), Writer(lambda: AT)

    def from_peer(writer, peer, seconds):
        with connection.cursor() as cursor:
            cursor.execute("update monitoring_devicelease set until = clock_timestamp() - interval '1 second'")
        writer.clock = lambda: AT + timedelta(seconds=seconds)
        raw = oru(SPO2, number=b"%d" % seconds)
        return writer.commit([Letter(raw, AT + timedelta(seconds=seconds), peer)])[0]

    assert b"MSA|AA" in from_peer(here, "10.0.0.9", 1)
    assert b"MSA|AE" in from_peer(there, "10.0.0.10", 31)
    assert b"MSA|AA" in from_peer(here, "10.0.0.9", 61)
    assert b"MSA|AE" in from_peer(there, "10.0.0.10", 91)
    assert b"MSA|AE" in from_peer(Writer(lambda: AT), "10.0.0.10", 151), "started anew it knows as much"
    assert b"MSA|AA" in from_peer(there, "10.0.0.9", 181), "and the first may change its gateway"
    tenancy.enter(organisation_id=bedside.clinic.organisation_id)
    assert AlarmSignal.objects.get(condition__endswith=".shared_name").priority == "medium"
    assert b"MSA|AA" in from_peer(here, "10.0.0.10", 340)
