from datetime import timedelta

import hl7
import pytest
from tests.reference_data import ketacare_reference_data

from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries
from ketacare.clinic.monitoring.models import AlarmSignal, Pairing, Reading, StrayStream
from ketacare.clinic.monitoring.monitors import same_again_at
from ketacare.clinic.monitoring.tests.factories import Bedside, a_device
from ketacare.clinic.people.tests.factories import AT
from ketacare.exchange.hl7v2 import receive, send
from ketacare.exchange.hl7v2.tests.examples import OWN_ALARMS, SPO2, SYSTOLIC, SYSTOLIC_KPA, UNKNOWN, oru
from ketacare.exchange.mailroom.models import Message, Refusal
from ketacare.exchange.mailroom.receive import Letter
from ketacare.medicine.monitoring.terms import Ask, Channel

pytestmark = pytest.mark.django_db
NOON = AT.replace(hour=12, minute=0)


def take(bedside, *raws, at=NOON, peer="10.0.0.9"):
    answers = receive.take([Letter(raw, at, peer) for raw in raws], clinic=bedside.clinic, at=at)
    return [str(hl7.parse(answer.decode()).segment("MSA")[1]) for answer in answers]


@pytest.fixture
def bedside():
    return Bedside(at=NOON - timedelta(minutes=1))


def test_a_result_is_kept_raw_and_charted_with_its_message(bedside):
    assert take(bedside, oru(SPO2, UNKNOWN)) == ["AA"]
    message = Message.objects.get()
    assert bytes(message.body) == oru(SPO2, UNKNOWN)
    assert [one["code"] for one in message.unmapped] == ["999999^VENDOR_THING^99VENDOR"]
    reading = Reading.objects.get()
    assert (reading.channel, reading.value, reading.taken_at, reading.message) == ("SPO2", 97, NOON, message.pk)


def test_i5_a_repeat_gets_the_same_answer_and_stores_nothing_new(bedside):
    letters = [Letter(oru(SPO2), NOON, "x")] * 2
    first = receive.take(letters, clinic=bedside.clinic, at=NOON)
    later = receive.take(letters, clinic=bedside.clinic, at=NOON + timedelta(seconds=20))
    assert {*first, *later} == {first[0]}
    assert (Message.objects.count(), Reading.objects.count()) == (1, 1)


def test_the_same_number_with_another_body_is_refused_and_kept(bedside):
    other = oru(SPO2.replace(b"|97|", b"|90|"))
    assert take(bedside, oru(SPO2)) == ["AA"]
    assert take(bedside, other) == ["AE"]
    assert take(bedside, other) == ["AE"]
    assert Message.objects.count() == 2
    assert Reading.objects.get().value == 97
    assert Refusal.objects.get().code == "205"


def test_a_monitor_that_restarted_may_count_from_one_again(bedside):
    assert take(bedside, oru(SPO2)) == ["AA"]
    later = oru(SPO2).replace(b"20260714120000", b"20260714121000")
    assert take(bedside, later, at=NOON + timedelta(minutes=10)) == ["AA"]
    assert Reading.objects.count() == 2


def test_h24_kilopascal_is_answered_ae_kept_and_listed_with_an_owner(bedside):
    assert take(bedside, oru(SPO2, SYSTOLIC_KPA)) == ["AE"]
    assert [reading.channel for reading in Reading.objects.all()] == ["SPO2"]
    refusal = Refusal.objects.get()
    assert (refusal.code, refusal.owner_role, refusal.messages) == ("103", "AD", 1)
    take(bedside, oru(SYSTOLIC_KPA, number=b"1002"))
    assert Refusal.objects.get().messages == 2


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        (b"nonsense", "AR"),
        (b"\x00\xff\x0b", "AR"),
        (oru(SPO2).replace(b"ORU^R01^ORU_R01", b"ADT^A01"), "AR"),
        (oru(SPO2).replace(b"ORU^R01^ORU_R01", b"ORU^R40^ORU_R40"), "AR"),
        (oru(SPO2).replace(b"|1001|", b"||"), "AE"),
        (oru(UNKNOWN.replace(b"|42|", b"|\\X00\\\x00|")), "AA"),
    ],
)
def test_i15_whatever_comes_is_kept_and_answered(bedside, raw, answer):
    assert take(bedside, raw) == [answer]
    assert take(bedside, raw) == [answer]
    assert bytes(Message.objects.get().body) == raw
    assert Reading.objects.count() == 0
    assert Refusal.objects.exists() is (answer != "AA")


def test_h26_a_stranger_s_messages_are_kept_and_listed_and_in_no_chart(bedside):
    stranger = oru(SPO2).replace(b"0011223344556677", b"FFEEDDCCBBAA9988")
    assert take(bedside, stranger, stranger.replace(b"|1001|", b"|1002|")) == ["AA", "AA"]
    stray = StrayStream.objects.get()
    assert (stray.address, stray.messages, stray.device) == ("FFEEDDCCBBAA9988/CHAIR-3", 2, None)
    monitoring.unpair_device(pairing=bedside.pairing, reason="Patient is up", by=bedside.nurse, at=NOON)
    take(bedside, oru(SPO2))
    assert StrayStream.objects.get(device=bedside.device).messages == 1
    assert Reading.objects.count() == 0


def test_one_letter_that_breaks_something_does_not_hold_up_the_others(bedside, monkeypatch):
    charted = receive.mailroom.chart

    def breaks(opened, **more):
        if any(b"|66|" in one.letter.raw for one in opened):
            raise LookupError
        charted(opened, **more)

    monkeypatch.setattr(receive.mailroom, "chart", breaks)
    bad = oru(SPO2.replace(b"|97|", b"|66|"), number=b"1002")
    assert take(bedside, oru(SPO2), bad, oru(SPO2, number=b"1003")) == ["AA", "AE", "AA"]
    assert Message.objects.count() == 3
    assert Refusal.objects.get().code == "207"


def test_every_captured_message_is_kept_and_answered(bedside):
    folder = ketacare_reference_data() / "hl7"
    raws = [path.read_bytes() for path in sorted(folder.glob("*.hl7"))]
    assert set(take(bedside, *raws)) == {"AA"}
    assert Message.objects.count() == len(raws) == 8


def test_what_we_play_is_what_we_read(bedside):
    monitoring.register_device(name="P", address="PLAYER/1", by=_administrator(bedside), at=NOON)
    values = [(Channel.HR, 70), (Channel.SPO2, None), (Channel.NIBP_SYS, 120), (Channel.DISTRESS, 3)]
    raw = send.results(values, station="0011223344556677", bed="CHAIR-3", number="n1", at=NOON)
    assert take(bedside, raw) == ["AA"]
    kept = {reading.channel: (reading.value, reading.quality) for reading in Reading.objects.all()}
    assert kept == {"HR": (70, "good"), "SPO2": (None, "none"), "NIBP_SYS": (120, "good")}
    answer = receive.take([Letter(raw, NOON, "x")], clinic=bedside.clinic, at=NOON)[0]
    assert send.answer_of(answer) == ("AA", "n1")
    assert send.answer_of(b"") == ("", "")


def _administrator(bedside):
    from ketacare.clinic.people.tests.factories import someone

    return someone(bedside.clinic, "AD")


def test_t3_a_monitor_whose_own_alarms_are_off_is_said_to_be_so_until_they_are_on(bedside):
    for second, said in enumerate((b"enabled", b"audio-off", b"audio-off", b"enabled")):
        one = oru(OWN_ALARMS % said, number=b"70%d" % second)
        assert take(bedside, one, at=NOON + timedelta(seconds=second)) == ["AA"]
    signals = AlarmSignal.objects.filter(condition=f"{bedside.device.pk}.alarms_off").order_by("id")
    assert [(row.priority, row.kind, row.presence) for row in signals] == [
        ("medium", "technical", "present"),
        ("medium", "technical", "absent"),
    ]
    assert (signals[0].at, signals[1].at) == (NOON + timedelta(seconds=1), NOON + timedelta(seconds=3))


FEW_MS = timedelta(milliseconds=4)  # as long as an agent has whatever it hands on


def alarms_off(bedside):
    rows = AlarmSignal.objects.filter(condition=f"{bedside.device.pk}.alarms_off").order_by("id")
    return [row.presence for row in rows]


@pytest.mark.parametrize("held", [timedelta(), FEW_MS, timedelta(seconds=50)])
def test_t3_what_comes_through_an_agent_says_so_too_and_the_last_word_holds(bedside, held):
    for second, said in enumerate((b"alarm-off", b"enabled", b"alarm-off")):
        at = NOON + timedelta(seconds=second)
        letter = Letter(oru(OWN_ALARMS % said, number=b"70%d" % second), at, "10.0.0.9", held=held)
        receive.take([letter], clinic=bedside.clinic, at=at)
    assert alarms_off(bedside) == ["present", "absent", "present"]


def test_t3_what_an_agent_held_from_before_the_pairing_is_nobody_s(bedside):
    letter = Letter(oru(OWN_ALARMS % b"alarm-off"), NOON, "10.0.0.9", held=timedelta(minutes=10))
    receive.take([letter], clinic=bedside.clinic, at=NOON)
    assert alarms_off(bedside) == []


def test_h8_t5_a_pressure_sent_again_under_the_time_of_its_message_pays_nothing_that_falls_due(bedside):
    """OBX-14 is missing, as many monitors leave it out: the cuff's last values come each second."""
    ask = Ask("bp", "Blood pressure", NOON + timedelta(minutes=10), (Channel.NIBP_SYS, Channel.NIBP_DIA))
    monitoring.schedule_checks(visit=bedside.visit, asks=[ask], by=bedside.nurse, at=NOON)
    diastolic = SYSTOLIC.replace(b"150301", b"150302").replace(b"SYS", b"DIA").replace(b"|120|", b"|80|")
    for number, second in enumerate((0, 30, 60, *range(110, 660, 50)), start=1):
        at = NOON + timedelta(seconds=second)
        moment = at.strftime("%Y%m%d%H%M%S+0000").encode()
        raw = oru(SYSTOLIC, diastolic, number=str(number).encode()).replace(b"20260714120000+0000", moment)
        assert b"MSA|AA" in receive.take([Letter(raw, at, "10.0.0.9")], clinic=bedside.clinic, at=at)[0]
    assert [row.taken_at for row in Reading.objects.filter(channel="NIBP_SYS")] == [NOON]
    monitoring.tick(clinic=bedside.clinic, at=NOON + timedelta(minutes=12))
    assert AlarmSignal.objects.filter(condition="due.bp", presence="present", rule="late").exists()


def test_h8_a16_an_old_pressure_sent_in_parts_and_minutes_apart_confirms_and_pays_nothing(bedside):
    """Each part in a message of its own, then all again five and ten minutes later: still the one measurement."""
    ask = Ask("bp", "Blood pressure", NOON + timedelta(minutes=10), (Channel.NIBP_SYS, Channel.NIBP_DIA))
    monitoring.schedule_checks(visit=bedside.visit, asks=[ask], by=bedside.nurse, at=NOON)
    systolic = SYSTOLIC.replace(b"|120|", b"|185|")
    diastolic = SYSTOLIC.replace(b"150301", b"150302").replace(b"SYS", b"DIA").replace(b"|120|", b"|80|")
    for number, (second, part) in enumerate(
        (base + later, part) for base in (0, 300, 600) for later, part in ((0, systolic), (1, diastolic))
    ):
        at = NOON + timedelta(seconds=second)
        moment = at.strftime("%Y%m%d%H%M%S+0000").encode()
        raw = oru(part, number=b"8%d" % number).replace(b"20260714120000+0000", moment)
        assert b"MSA|AA" in receive.take([Letter(raw, at, "10.0.0.9")], clinic=bedside.clinic, at=at)[0]
    assert Reading.objects.filter(channel__startswith="NIBP").count() == 2
    monitoring.tick(clinic=bedside.clinic, at=NOON + timedelta(minutes=12))
    assert set(AlarmSignal.objects.filter(condition="NIBP_SYS.high").values_list("priority", flat=True)) == {"medium"}
    assert AlarmSignal.objects.filter(condition="due.bp", presence="present", rule="late").exists()


def pressed(bedside, second, *parts, number):
    at = NOON + timedelta(seconds=second)
    moment = at.strftime("%Y%m%d%H%M%S+0000").encode()
    raw = oru(*parts, number=b"9%d" % number).replace(b"20260714120000+0000", moment)
    assert b"MSA|AA" in receive.take([Letter(raw, at, "10.0.0.9")], clinic=bedside.clinic, at=at)[0]


@pytest.mark.parametrize("between", [True, False], ids=["each once", "nobody can know"])
def test_a16_a_second_pressure_with_the_same_numbers_is_taken_or_told_of(bedside, between):
    """Of a monitor that sends its cuff only when it measured, it confirms; where nothing came between, people are
    asked."""
    systolic = SYSTOLIC.replace(b"|120|", b"|185|")
    pressed(bedside, 0, systolic, number=0)
    for number in range(1, 4) if between else ():
        pressed(bedside, 60 * number, SPO2, number=number)
    pressed(bedside, 300, systolic, number=5)
    rows = list(Reading.objects.filter(channel="NIBP_SYS").order_by("taken_at"))
    assert len(rows) == (2 if between else 1)
    told = same_again_at(bedside.visit, rows[-1])
    assert told == (None if between else NOON + timedelta(seconds=300))
    standing = queries.standing(bedside.visit, at=NOON + timedelta(seconds=301))
    assert standing.loudest.priority.word == ("high" if between else "medium")


def test_h26_the_last_patients_numbers_sent_again_with_no_pressure_of_this_one_are_told_of(bedside):
    """The cuff says what it last said, and nothing of this patient is charted: unknown, and somebody measures."""
    systolic = SYSTOLIC.replace(b"|120|", b"|185|")
    pressed(bedside, 0, systolic, number=0)
    pressed(bedside, 300, systolic, number=5)
    assert same_again_at(bedside.visit, None) == NOON + timedelta(seconds=300)
    Pairing.objects.filter(visit=bedside.visit).update(paired_at=NOON + timedelta(seconds=301))
    assert same_again_at(bedside.visit, None) is None, "it was told of before it came to this patient"


@pytest.mark.parametrize(
    ("groups", "between", "count"),
    [((-5, -5, 300, 300), False, 2), ((-5, 65, 305, 395), False, 1), ((-5, 65, 305, 395), True, 2)],
    ids=["it stays", "another clock", "another clock, oxygen in between"],
)
def test_a16_the_time_of_a_group_is_when_it_was_measured_where_it_stays(bedside, groups, between, count):
    """OBR-7 stays at the measurement while messages go on. One that goes on with them would confirm itself (H8): it
    adds nothing to the numbers, of which a second is believed where others came in between, and no third."""
    for number, (second, group) in enumerate(zip((0, 70, 310, 400), groups, strict=True)):
        at = NOON + timedelta(seconds=second)
        sent, measured = ((NOON + timedelta(seconds=one)).strftime("%Y%m%d%H%M%S+0000") for one in (second, group))
        header, rest = oru(SYSTOLIC, number=b"6%d" % number).split(b"OBR|", 1)
        raw = header.replace(b"20260714120000+0000", sent.encode()) + b"OBR|"
        raw += rest.replace(b"20260714120000+0000", measured.encode())
        assert b"MSA|AA" in receive.take([Letter(raw, at, "10.0.0.9")], clinic=bedside.clinic, at=at)[0]
        if between:
            pressed(bedside, second + 1, SPO2, number=number)
    assert Reading.objects.filter(channel="NIBP_SYS").count() == count


def test_h4_of_many_beds_behind_a_registered_station_none_is_the_station_s_patient(bedside):
    station, _ = a_device(bedside.clinic, "0011223344556677")
    monitoring.unpair_device(pairing=bedside.pairing, reason="Another is used", by=bedside.nurse, at=NOON)
    monitoring.pair_device(device=station, visit=bedside.visit, by=bedside.nurse, at=NOON)
    at = NOON + timedelta(seconds=1)
    other_bed = oru(SPO2, number=b"1").replace(b"CHAIR-3", b"CHAIR-9")
    receive.take([Letter(other_bed, at, "10.0.0.9")], clinic=bedside.clinic, at=at)
    assert not Reading.objects.exists()
    assert StrayStream.objects.get().address == "0011223344556677/CHAIR-9"
    no_bed = oru(SPO2, number=b"2").replace(b"CHAIR-3", b"").replace(b"20260714120000", b"20260714120001")
    receive.take([Letter(no_bed, at, "10.0.0.9")], clinic=bedside.clinic, at=at)
    assert Reading.objects.count() == 1, "a station that is the monitor itself names no bed"


def test_h26_a_stray_is_known_by_what_it_measures_now_also_through_an_agent(bedside):
    monitoring.unpair_device(
        pairing=bedside.pairing, reason="Patient is up", by=bedside.nurse, at=NOON - timedelta(seconds=30)
    )
    for number, value, held in ((b"1", b"97", FEW_MS), (b"2", b"81", timedelta(minutes=10))):
        letter = Letter(oru(SPO2.replace(b"|97|", b"|%b|" % value), number=number), NOON, "10.0.0.9", held=held)
        receive.take([letter], clinic=bedside.clinic, at=NOON)
    assert StrayStream.objects.get().last_values["SPO2"]["value"] == "97"


def test_a_stream_of_low_values_raises_an_alarm(bedside):
    for second in range(20):
        at = NOON + timedelta(seconds=second)
        raw = send.results([(Channel.SPO2, 80)], station="0011223344556677", bed="CHAIR-3", number=str(second), at=at)
        take(bedside, raw, at=at)
    assert AlarmSignal.objects.filter(priority="high", sounding=True).exists()
