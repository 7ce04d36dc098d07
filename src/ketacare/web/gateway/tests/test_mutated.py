"""G29, the part of every day: mutated messages are read or refused by name, each answered, none a crash.

A million of them go through the whole gateway in `python -m bench.devices g29`.
"""

import time
from zoneinfo import ZoneInfo

from bench.mutation import mutated, seeds

from ketacare.exchange.hl7v2.translate import FrameReader, acknowledgement, envelope_of_raw, framed, opened, read
from ketacare.exchange.mailroom.translate import Unreadable
from ketacare.web import clock

MESSAGES = 4000
UTC = ZoneInfo("UTC")


def outcome(message):
    """As the gateway does it for one message: what it says or why not, and an answer in any case."""
    envelope_of_raw(message)
    try:
        found = read(message, zone=UTC)
        faults, answer = found.faults, "AE" if found.faults else "AA"
    except Unreadable as unreadable:
        faults, answer = (unreadable.fault,), "AR"
    said = acknowledgement(message, answer, at=clock.now(), faults=faults, number="1")
    assert b"\rMSA|" + answer.encode() in said
    assert all(fault.words and fault.code for fault in faults)
    return answer


def test_g29_mutated_messages_are_read_or_refused_and_every_one_is_answered_at_once():
    whole, answers, slowest_s = seeds("STATION"), set(), 0.0
    for number in range(MESSAGES):
        raw = mutated(whole, number)
        began = time.thread_time()  # its own work: not what else the machine does
        frames = FrameReader()
        taken = frames.take(framed(raw))
        assert taken or frames.broken is not None or frames.unfinished
        for frame in taken:
            answers |= {outcome(message) for message in opened(frame.raw).messages}
        slowest_s = max(slowest_s, time.thread_time() - began)
    assert answers == {"AA", "AE", "AR"}
    assert slowest_s < 2


def test_g29_the_control_arm_that_trusts_its_input_dies_of_them():
    whole, died = seeds("STATION"), 0
    for number in range(300):
        try:
            fields = mutated(whole, number).decode().split("OBX|")[1].split("|")
            float(fields[4])
        except (UnicodeDecodeError, ValueError, IndexError):
            died += 1
    assert died > 30
