"""Many rows in one statement: the same as one by one, in their order, exact to the digit and the byte."""

from decimal import Decimal

import pytest
from django.db import DataError, IntegrityError, transaction

from ketacare.clinic.monitoring.models import DeviceClock, Reading
from ketacare.clinic.monitoring.tests.factories import Bedside
from ketacare.clinic.people.tests.factories import AT
from ketacare.clinic.tenancy import bulk
from ketacare.clinic.tenancy.models import LiveEvent
from ketacare.exchange.mailroom.models import Message

pytestmark = pytest.mark.django_db


def a_message(bedside, number, **more):
    given = {
        "organisation_id": bedside.clinic.organisation_id, "clinic": bedside.clinic, "standard": "hl7v2",
        "sender": "S/é", "control_id": str(number), "received_at": AT, "body": bytes(range(256)), "answer": "AA",
        "body_hash": f"{number}", "answer_body": b"", "faults": [{"code": "1", "words": 'a "word" | \\ \r ü'}],
    }  # fmt: skip
    return Message(**given | more)


def a_reading(bedside, value):
    where = {"organisation_id": bedside.clinic.organisation_id, "clinic_id": bedside.clinic.pk}
    return Reading(
        **where, visit=bedside.visit, device=bedside.device, channel="SPO2", value=value, unit="%", taken_at=AT,
        received_at=AT, quality="good", source="device",
    )  # fmt: skip


def test_rows_come_back_as_they_were_each_under_the_number_it_was_given():
    bedside = Bedside()
    rows = [a_message(bedside, number) for number in range(300)]
    bulk.insert(rows)
    assert [row.pk for row in rows] == sorted(row.pk for row in rows)
    for row in rows[::50]:
        kept = Message.objects.get(pk=row.pk)
        same = ("control_id", "sender", "received_at", "faults", "unmapped", "whole_bytes", "bears_number")
        assert [getattr(kept, name) for name in same] == [getattr(row, name) for name in same]
        assert bytes(kept.body) == row.body


def test_decimals_are_exact_nothing_stays_nothing_and_a_twin_is_dropped_where_asked():
    bedside = Bedside()
    values = [Decimal("97.123456"), Decimal("97.123456"), Decimal("100"), Decimal("1E+2")]
    bulk.insert([a_reading(bedside, value) for value in values], ignore_conflicts=True)
    kept = Reading.objects.filter(visit=bedside.visit).order_by("id")
    assert [row.value for row in kept] == [Decimal("97.123456"), Decimal("100")]
    assert {row.recorded_by_id for row in kept} == {None}


def test_nothing_is_asked_for_no_rows_and_what_no_text_can_hold_is_refused_whole():
    bedside = Bedside()
    bulk.insert([])
    with pytest.raises(DataError), transaction.atomic():
        bulk.insert([a_message(bedside, 1), a_message(bedside, 2, sender="a\x00b")])
    with pytest.raises(TypeError), transaction.atomic():
        bulk.insert([a_message(bedside, 1, sender=object())])
    assert not Message.objects.exists()


@pytest.mark.parametrize("insert", [bulk.insert, Message.objects.bulk_create])
def test_text_too_long_for_its_column_is_refused_and_never_cut(insert):
    with pytest.raises(DataError), transaction.atomic():
        insert([a_message(Bedside(), 1, control_id="x" * 201)])
    assert not Message.objects.exists()


@pytest.mark.parametrize("insert", [bulk.insert, Message.objects.bulk_create])
def test_none_in_a_json_column_is_no_value_and_no_null_of_json(insert):
    with pytest.raises(IntegrityError, match="faults"), transaction.atomic():
        insert([a_message(Bedside(), 1, faults=None)])


def test_null_within_a_json_value_stays():
    row = a_message(Bedside(), 1, faults=[None, {"code": None}])
    bulk.insert([row])
    assert Message.objects.get(pk=row.pk).faults == [None, {"code": None}]


def test_rows_that_differ_in_the_columns_given_are_refused():
    """The second time would be dropped without a word: the columns are those of the first row."""
    clinic = Bedside().clinic
    where = {"clinic": clinic, "organisation_id": clinic.organisation_id, "topic": "x", "kind": "x", "body": {}}
    before = LiveEvent.objects.count()
    with pytest.raises(ValueError, match="differ in the columns"):
        bulk.insert([LiveEvent(**where), LiveEvent(**where, created_at=AT)])
    assert LiveEvent.objects.count() == before


def test_a_row_is_put_in_the_place_of_the_one_of_its_key_and_changed_where_asked_and_nowhere_else():
    bedside = Bedside()
    organisation = bedside.clinic.organisation_id
    clock = DeviceClock(device=bedside.device, organisation_id=organisation, skew_ms=400, skew_at=AT, way="hl7")
    bulk.put([clock])
    clock.skew_ms, clock.skew_at = None, None
    bulk.put([clock])
    kept = DeviceClock.objects.get()
    assert (kept.skew_ms, kept.skew_at, kept.way) == (None, None, "hl7")
    kept.skew_ms, kept.way = 7, "mqtt"
    bulk.update([kept], ["skew_ms"])
    kept.refresh_from_db()
    assert (kept.skew_ms, kept.way) == (7, "hl7")


def test_statements_of_one_trip_are_carried_out_in_their_order_and_a_fault_of_one_undoes_all():
    bedside = Bedside()
    with bulk.in_one_trip():
        bulk.insert([a_reading(bedside, Decimal("97"))], ignore_conflicts=True)
        assert [row.value for row in Reading.objects.filter(visit=bedside.visit)] == [Decimal("97")]
    more = [a_reading(bedside, Decimal("98")), a_message(bedside, 1, faults=None), a_reading(bedside, Decimal("99"))]
    with pytest.raises(IntegrityError, match="faults"), transaction.atomic():
        all_in_one_trip(more)
    assert [row.value for row in Reading.objects.filter(visit=bedside.visit)] == [Decimal("97")]


def all_in_one_trip(rows):
    with bulk.in_one_trip():
        for row in rows:
            bulk.insert([row], numbered=False)
