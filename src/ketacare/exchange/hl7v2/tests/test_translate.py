import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import hl7
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference_data import ketacare_reference_data

from ketacare.exchange.hl7v2.tests.examples import OWN_ALARMS, SPO2, SYSTOLIC, SYSTOLIC_KPA, UNKNOWN, oru
from ketacare.exchange.hl7v2.translate import (
    BadFraming,
    FrameReader,
    acknowledgement,
    envelope_of_raw,
    framed,
    parameters,
    read,
)
from ketacare.exchange.hl7v2.translate import segments as grammar
from ketacare.exchange.mailroom.translate import OwnAlarms, Unreadable
from ketacare.medicine.evidence.reader import SheetRefused, read_sheet

NOON = datetime(2026, 7, 14, 12, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Rome")


def samples():
    folder = ketacare_reference_data(skip=False)
    if folder is None:
        return [pytest.param(None, None, marks=pytest.mark.skip("reference data absent"))]
    table = json.loads((folder / "hl7" / "expected.json").read_text("utf-8"))
    return [pytest.param(folder / "hl7" / row["file"], row["expected"], id=row["file"]) for row in table]


@pytest.mark.parametrize(("path", "expected"), samples())
def test_captured_messages_give_the_values_read_from_them(path, expected):
    found = read(path.read_bytes(), zone=ZONE)
    assert not found.faults
    assert len(found.observations) == len(expected)
    for row in expected:
        (observation,) = [o for o in found.observations if o.channel == row["channel"]]
        assert observation.value == Decimal(str(row["value"]))
        assert observation.unit == row["unit"]
        assert observation.usable is row["usable"]
        assert observation.unusable == row.get("reason", "")
        if "measured_at" in row:
            assert observation.taken_at == datetime.fromisoformat(row["measured_at"]).replace(tzinfo=ZONE)


@pytest.mark.parametrize(("path", "expected"), samples())
def test_fields_agree_with_the_oracle(path, expected):
    raw = path.read_bytes()
    text = raw.decode("latin-1" if b"8859/1" in raw else "utf-8")
    oracle = hl7.parse(text)
    ours = grammar.read(raw)
    assert [s.name for s in ours] == [str(s[0]) for s in oracle]
    for segment, other in zip(ours, oracle, strict=True):
        for number in range(1, len(other)):
            assert segment.raw(number) == str(other[number])


def test_times_without_an_offset_are_in_the_zone_given():
    message = oru(SPO2.replace(b"20260714120000+0000", b"20260714140000"))
    assert read(message, zone=ZONE).observations[0].taken_at == NOON


def test_the_observation_time_falls_back_to_its_group_then_to_the_message():
    assert read(oru(SYSTOLIC), zone=ZONE).observations[0].taken_at == NOON
    no_group_time = oru(SYSTOLIC).replace(b"|||20260714120000+0000\r", b"\r")
    assert read(no_group_time, zone=ZONE).observations[0].taken_at == NOON


def test_h24_kilopascal_is_refused_as_a_measurement_and_the_rest_is_kept():
    found = read(oru(SPO2, SYSTOLIC_KPA), zone=ZONE)
    assert [o.channel for o in found.observations] == ["SPO2"]
    (fault,) = found.faults
    assert (fault.where, fault.code) == ("OBX^2^6", "103")
    assert "kPa" in fault.words
    assert "mm[Hg]" in fault.words


@pytest.mark.parametrize("unit", [b"", b"furlong", b"262688^MDC_DIM_MMHG^MDC"])
def test_h24_a_unit_that_is_missing_unknown_or_contradictory_is_refused(unit):
    found = read(oru(SYSTOLIC.replace(b"266016^MDC_DIM_MMHG^MDC", unit)), zone=ZONE)
    assert not found.observations
    assert found.faults[0].where == "OBX^1^6"


def test_h24_an_unknown_parameter_is_reported_raw_and_never_guessed():
    found = read(oru(SPO2, UNKNOWN), zone=ZONE)
    (unmapped,) = found.unmapped
    assert (unmapped.code, unmapped.value, unmapped.unit) == ("999999^VENDOR_THING^99VENDOR", "42", "/min")


def test_h24_a_code_whose_name_says_something_else_is_not_trusted():
    assert read(oru(SPO2.replace(b"MDC_PULS_OXIM_SAT_O2", b"MDC_ECG_HEART_RATE")), zone=ZONE).unmapped
    assert read(oru(SPO2.replace(b"150456^MDC_PULS_OXIM_SAT_O2^MDC", b"007000^Something else")), zone=ZONE).unmapped


@pytest.mark.parametrize("value", [b"97~71", b"^x", b"more than 97"])
def test_h24_what_is_there_and_is_no_single_number_is_never_dropped_without_a_word(value):
    found = read(oru(SPO2.replace(b"|97|", b"|" + value + b"|")), zone=ZONE)
    assert not found.observations
    (fault,) = found.faults
    assert (fault.where, fault.code) == ("OBX^1^5", "102")
    assert "SPO2" in fault.words


@pytest.mark.parametrize(
    ("value", "read_as"),
    [(b"^97", [97]), (b"=^97", [97]), (b">^97", []), (b"^97^-^99", []), (b"^97^^", [97])],
)
def test_h24_a_structured_number_counts_where_it_says_no_more_than_a_number(value, read_as):
    found = read(oru(SPO2.replace(b"|NM|", b"|SN|").replace(b"|97|", b"|" + value + b"|")), zone=ZONE)
    assert [one.value for one in found.observations] == read_as
    assert len(found.faults) == 1 - len(read_as)


@pytest.mark.parametrize("value", [b"", b'""', b" "])
def test_a_heading_without_a_value_is_no_fault(value):
    found = read(oru(SPO2.replace(b"|97|", b"|" + value + b"|")), zone=ZONE)
    assert not found.observations
    assert not found.faults


@pytest.mark.parametrize(
    ("value", "why"), [(b"-999", "sentinel"), (b"8388607", "sentinel"), (b"0", "zero means not entered")]
)
def test_numbers_that_mean_nothing_are_kept_and_not_usable(value, why):
    (observation,) = read(oru(SPO2.replace(b"|97|", b"|" + value + b"|")), zone=ZONE).observations
    assert observation.unusable == why


@pytest.mark.parametrize(
    ("said", "own", "reported"),
    [
        (["enabled"], OwnAlarms(True), 0),
        (["audio-paused"], OwnAlarms(False, "Monitor's alarm sound is paused"), 0),
        (["alarm-off"], OwnAlarms(False, "Monitor's alarms are off"), 0),
        (["audio-off", "enabled"], OwnAlarms(False, "Monitor's alarm sound is off"), 0),
        (["enabled", "alarm-paused"], OwnAlarms(False, "Monitor's alarms are paused"), 0),
        (["alert-acknowledged"], None, 0),
        (["sleeping"], None, 1),
        ([""], None, 0),
    ],
)
def test_t3_a_monitor_says_whether_its_own_alarms_are_on(said, own, reported):
    found = read(oru(SPO2, *(OWN_ALARMS % one.encode() for one in said)), zone=ZONE)
    assert found.own_alarms == own
    assert [one.value for one in found.unmapped] == ["sleeping"] * reported
    assert len(found.observations) == 1


@pytest.mark.parametrize("said", [b"enabled", b"alarm-off"])
def test_h39_a_test_message_or_a_withdrawn_word_says_nothing_of_the_alarms(said):
    heard = oru(SPO2, OWN_ALARMS % said)
    assert read(heard, zone=ZONE).own_alarms is not None
    for processing in (b"|T|2.6", b"|D|2.6"):
        assert read(heard.replace(b"|P|2.6", processing), zone=ZONE).own_alarms is None
    line = OWN_ALARMS % said
    for status in (b"D", b"W", b"X", b"N", b"x"):
        assert read(oru(SPO2, line.removesuffix(b"F") + status), zone=ZONE).own_alarms is None


def test_h24_an_apnoea_in_seconds_is_read_and_one_in_anything_else_is_none():
    apnoea = SPO2.replace(b"150456^MDC_PULS_OXIM_SAT_O2", b"199680^MDC_EVT_APNEA").replace(b"|97|", b"|24|")
    (observation,) = read(oru(apnoea.replace(b"262688^MDC_DIM_PERCENT", b"264320^MDC_DIM_SEC")), zone=ZONE).observations
    assert (observation.channel, observation.value, observation.unit) == ("APNOEA", 24, "s")
    assert not observation.unusable
    assert read(oru(apnoea), zone=ZONE).faults


def test_h39_a_test_message_holds_no_measurement():
    message = oru(SPO2).replace(b"|P|2.6", b"|T|2.6")
    assert read(message, zone=ZONE).observations[0].unusable == "test"


def test_a_value_that_is_no_number_is_a_fault():
    (fault,) = read(oru(SPO2.replace(b"|97|", b"|ninety|")), zone=ZONE).faults
    assert (fault.where, fault.code) == ("OBX^1^5", "102")


@pytest.mark.parametrize(
    ("change", "where", "takable"),
    [
        ((b"ORU^R01^ORU_R01", b"ADT^A01^ADT_A01"), "MSH^1^9^1^1", False),
        ((b"ORU^R01^ORU_R01", b"ORU^R30^ORU_R30"), "MSH^1^9^1^2", False),
        ((b"|1001|", b"||"), "MSH^1^10", True),
        ((b"|2.6", b"|3.0"), "MSH^1^12", False),
        ((b"UNICODE UTF-8", b"KOI8-R"), "MSH^1^18", True),
        ((b"\rOBX", b"\r!!X"), "segment 4", True),
        ((b"MSH|^~\\&", b"MSH||"), "MSH^1^2", False),
        ((b"MSH", b"HSM"), "MSH", False),
    ],
)
def test_e5_an_unreadable_message_names_the_place(change, where, takable):
    with pytest.raises(Unreadable) as refused:
        read(oru(SPO2).replace(*change), zone=ZONE)
    assert refused.value.fault.where == where
    assert refused.value.takable is takable


def test_own_separators_and_escapes_are_honoured():
    message = oru(SPO2, UNKNOWN.replace(b"|42|", rb"|a\F\b\X41\ \Zq\ c\T\|"))
    other = message.translate(bytes.maketrans(b"|^", b"#*"))
    assert [o.value for o in read(other, zone=ZONE).observations] == [97]
    segment = next(s for s in grammar.read(message) if "VENDOR_THING" in s.text)
    assert segment.part(5) == r"a|bA \Zq\ c&"


def test_h4_the_sender_is_known_by_bed_then_equipment_and_by_its_station_only_where_neither_is_named():
    equipment = SPO2 + b"||||000F14049B507238^BIG^000F14049B507238^EUI-64"
    assert envelope_of_raw(oru(equipment)).senders == (
        "0011223344556677/CHAIR-3",
        "000F14049B507238",
    )
    alone = envelope_of_raw(oru(SPO2).replace(b"CHAIR-3", b""))
    assert (alone.senders, alone.names_station_only) == (("0011223344556677",), True)
    assert not envelope_of_raw(oru(SPO2)).names_station_only
    assert envelope_of_raw(b"nonsense").senders == ()


def test_e5_the_acknowledgement_carries_place_rule_and_words():
    message = oru(SPO2, SYSTOLIC_KPA)
    faults = read(message, zone=ZONE).faults
    answer = hl7.parse(acknowledgement(message, "AE", at=NOON, faults=faults, number="7").decode())
    assert str(answer.segment("MSH")[9]) == "ACK^R01^ACK"
    assert str(answer.segment("MSH")[5]) == "MONITOR"
    assert [str(answer.segment("MSA")[n]) for n in (1, 2)] == ["AE", "1001"]
    error = answer.segment("ERR")
    assert str(error[2]) == "OBX^2^6"
    assert str(error[3]) == "103^Table value not found^HL70357"
    assert str(error[4]) == "E"
    assert "kPa" in str(error[8])


def test_a_message_without_a_header_is_still_answered():
    answer = acknowledgement(b"\x00\xff", "AR", at=NOON, number="1")
    assert b"MSA|AR|" in answer


def test_the_sheet_refuses_an_entry_without_a_source_or_mapped_twice():
    sheet = read_sheet(Path(parameters.__file__).parent.parent / "knowledge" / "parameters.toml")
    row = {"channel": "A", "ucum": "%", "codes": ("MDC:1",), "source": "MDC", "grade": "V"}
    for rows in [(row | {"source": ""},), (row | {"grade": "X"},), (row, row | {"channel": "B"})]:
        with pytest.raises(SheetRefused):
            parameters.from_sheet(replace(sheet, body=dict(sheet.body) | {"parameters": rows}))


class TestFraming:
    def test_messages_arrive_whole_however_the_bytes_are_cut(self):
        stream = framed(b"one") + b"\r\n" + framed(b"two") + framed(b"three")
        for size in range(1, len(stream) + 1):
            reader = FrameReader()
            cut = [stream[start : start + size] for start in range(0, len(stream), size)]
            assert [message for piece in cut for message in reader.feed(piece)] == [b"one", b"two", b"three"]
            assert reader.unfinished == b""

    @pytest.mark.parametrize(
        "stream", [b"MSH|no frame", b"\x0bone\x1cX", b"\x0bone\x0btwo\x1c\r", b"\x0b" + b"x" * 40, framed(b"x" * 31)]
    )
    def test_wrong_framing_and_giant_messages_are_refused(self, stream):
        reader = FrameReader(most_bytes=30)
        assert reader.feed(framed(b"whole") + stream) == [b"whole"]
        with pytest.raises(BadFraming):
            reader.check()


mutations = st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=4), st.integers(0, 6)), max_size=12)


@settings(max_examples=400, deadline=None)
@given(mutations, st.sampled_from([oru(SPO2, SYSTOLIC, UNKNOWN), oru(SYSTOLIC_KPA)]))
def test_a_mutilated_message_is_read_or_refused_and_always_answered(changes, message):
    for place, piece, removed in changes:
        start = place % (len(message) + 1)
        message = message[:start] + piece + message[start + removed :]
    faults = ()
    try:
        faults = read(message, zone=ZONE).faults
    except Unreadable as refused:
        faults = (refused.fault,)
    assert b"MSA|AE|" in acknowledgement(message, "AE", at=NOON, faults=faults, number="1")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_noise_is_refused_by_name(noise):
    with pytest.raises(Unreadable):
        read(noise, zone=ZONE)
