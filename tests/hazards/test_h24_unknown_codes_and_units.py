"""H24: a code or a unit that no map knows is kept, shown and reported, and never becomes a value."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ketacare.clinic.duties.models import Duty
from ketacare.clinic.monitoring.models import Reading
from ketacare.clinic.monitoring.tests.factories import Bedside
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import AT, browser, once, someone
from ketacare.exchange.hl7v2 import receive
from ketacare.exchange.hl7v2.tests.examples import SPO2, SYSTOLIC_KPA, UNKNOWN, oru
from ketacare.exchange.hl7v2.translate import parameters, read
from ketacare.exchange.mailroom.models import Message, Refusal, UnknownParameter
from ketacare.exchange.mailroom.receive import Letter
from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.monitoring import reader
from ketacare.medicine.monitoring.terms import Channel

NOON = AT.replace(hour=12, minute=0)
UTC = ZoneInfo("UTC")


def obx(code, value, unit):
    return f"OBX|1|NM|{code}||{value}|{unit}|||||R".encode()


def translated(*observations):
    return read(oru(*observations), zone=UTC)


@pytest.mark.parametrize(
    ("code", "value", "unit", "taken"),
    [
        ("151708^MDC_CONC_AWAY_CO2_ET^MDC", "5.1", "265987^MDC_DIM_KILO_PASCAL^MDC", Decimal("38.3")),  # x 7.50062
        ("150344^MDC_TEMP^MDC", "98.6", "[degF]", Decimal("37.0")),  # (98.6 - 32) / 1.8
        ("188736^MDC_MASS_BODY_ACTUAL^MDC", "154", "lb", Decimal("69.9")),  # 154 x 0.45359237 = 69.853
    ],
)
def test_h24_another_unit_is_converted_only_where_the_map_says_so(code, value, unit, taken):
    [found] = translated(obx(code, value, unit)).observations
    assert (found.value, found.unusable) == (taken, "")


@pytest.mark.parametrize("code", ["150301^MDC_PRESS_CUFF_SYS^MDC", "150037^MDC_PRESS_BLD_ART_ABP_SYS^MDC"])
def test_h24_a_pressure_of_blood_in_kilopascal_is_no_measurement(code):
    found = translated(obx(code, "16.0", "265987^MDC_DIM_KILO_PASCAL^MDC"))
    assert (found.observations, [fault.where for fault in found.faults]) == ((), ["OBX^1^6"])


def test_h24_what_cannot_be_is_kept_and_no_measurement():
    [found] = translated(obx("188736^MDC_MASS_BODY_ACTUAL^MDC", "700", "kg")).observations
    assert found.unusable == "outside what is plausible"


def test_h24_every_parameter_of_the_map_has_its_unit_and_one_plausible_range():
    sheet = read_sheet(Path(parameters.__file__).parent.parent / "knowledge" / "parameters.toml")
    watched = reader.limits().plausible
    for row in sheet.body["parameters"]:
        name = row["channel"]
        assert (name in watched) != ("plausible" in row), name
        assert row["ucum"] in sheet.body["units"]["ucum"], name
        if name in watched:
            assert Channel(name).unit == row["ucum"]


@pytest.mark.django_db
def test_h24_the_unknown_is_kept_raw_shown_owned_and_closed_by_a_person():
    bedside = Bedside(at=NOON)
    raw = oru(SPO2, UNKNOWN, SYSTOLIC_KPA)
    receive.take([Letter(raw, NOON, "x")], clinic=bedside.clinic, at=NOON)
    assert [row.channel for row in Reading.objects.all()] == ["SPO2"]
    assert bytes(Message.objects.get().body) == raw
    unknown, refused, duty = UnknownParameter.objects.get(), Refusal.objects.get(), Duty.objects.get()
    assert (unknown.owner_role, refused.owner_role, duty.owner_role) == ("AD", "AD", "AD")
    here = browser(someone(bedside.clinic, Role.AD))
    assert b"999999^VENDOR_THING^99VENDOR = 42 /min" in here.get("/messages/").content
    page = here.get(f"/messages/unmapped/{unknown.pk}/").content
    assert b"150301^MDC_PRESS_CUFF_SYS^MDC" in page
    assert here.post(f"/messages/unmapped/{unknown.pk}/seen/", once()).status_code == 302
    duty.refresh_from_db()
    assert duty.is_open
    assert here.post(f"/messages/refused/{refused.pk}/close/", once()).status_code == 302
    duty.refresh_from_db()
    assert not duty.is_open
