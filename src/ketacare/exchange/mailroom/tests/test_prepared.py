"""What a gateway asks again and again is planned once, behind the same walls, and answers as any other statement."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ketacare.clinic.monitoring.models import Device
from ketacare.clinic.people.tests.factories import AT, a_clinic
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy import prepared

pytestmark = pytest.mark.django_db
NAMED = ("id", "address")


def a_monitor(clinic, address):
    return Device.objects.create(
        organisation=clinic.organisation, clinic=clinic, created_at=AT, name=address, address=address,
        token_hash="", channels=["HR"],
    )  # fmt: skip


def monitors(*addresses):
    return prepared.found(Device, NAMED, "address = any(%s) order by address", [list(addresses)])


def planned():
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_prepared_statements where statement like '%%monitoring_device%%'")
        return cursor.fetchone()[0]


def test_it_is_planned_once_and_each_time_asked_with_its_own_values():
    clinic, before = a_clinic("Here"), planned()
    a_monitor(clinic, "A"), a_monitor(clinic, "B")
    assert [[one.address for one in monitors(*asked)] for asked in (("A",), ("A", "B"), ("C",))] == [
        ["A"],
        ["A", "B"],
        [],
    ]
    assert planned() == before + 1


def test_what_was_not_named_is_read_where_it_is_asked_for():
    clinic = a_clinic("Here")
    a_monitor(clinic, "A")
    found = monitors("A")[0]
    assert found.get_deferred_fields() >= {"name", "clinic_id"}
    assert (found.name, found.clinic, found.channels) == ("A", clinic, ["HR"])


def test_h4_one_plan_shows_each_tenant_its_own_rows_alone():
    here, there = a_clinic("Here"), a_clinic("There")
    for clinic in (here, there):
        tenancy.enter(organisation_id=clinic.organisation_id)
        a_monitor(clinic, "A")
    seen = []
    for clinic in (here, there, here):
        tenancy.enter(organisation_id=clinic.organisation_id)
        seen += [one.clinic_id for one in monitors("A")]
    assert seen == [here.pk, there.pk, here.pk]
    tenancy.enter()
    assert monitors("A") == []


def test_columns_out_of_order_or_of_json_are_refused():
    for names in (("address", "id"), ("id", "channels"), ("id", "no_such")):
        with pytest.raises(ValueError, match="Columns of Device"):
            prepared.found(Device, names, "true", [])


def test_what_was_asked_is_counted_with_all_other_statements():
    with CaptureQueriesContext(connection) as captured:
        monitors("A")
    assert "monitoring_device" in captured.captured_queries[0]["sql"]
