"""Moments are read as the driver reads them, to the microsecond, whatever the session's zone."""

from datetime import UTC, datetime

import psycopg
import pytest
from django.db import DataError, connection

from ketacare.clinic.tenancy.moments import Moments

pytestmark = pytest.mark.django_db
WRITTEN = (
    "2026-11-30 20:50:33.123456+00",
    "2026-11-30 20:50:33.1+00",
    "2026-11-30 20:50:33+00",
    "1890-01-01 12:00:00.000001+00",
    "9999-12-31 23:59:59.999999+00",
    "0001-01-01 00:00:00+00",
)
REACHED_BY = ("host", "port", "dbname", "user", "password")


def told(text, zone="UTC"):
    with connection.cursor() as cursor:
        cursor.execute("select set_config('TimeZone', %s, true)", [zone])
        cursor.execute("select %s::timestamptz, %s::timestamptz::text", [text, text])
        return cursor.fetchone()


@pytest.mark.parametrize("text", WRITTEN)
def test_a_moment_is_what_the_driver_reads(text):
    at, written = told(text)
    assert written == text
    same = {name: value for name, value in connection.get_connection_params().items() if name in REACHED_BY}
    with psycopg.connect(**same) as plain:
        plain.execute("set timezone to 'UTC'")
        assert at == plain.execute("select %s::timestamptz", [text]).fetchone()[0]
    assert at.tzinfo is UTC


@pytest.mark.parametrize(("zone", "offset"), [("America/St_Johns", "-03:30"), ("Australia/Lord_Howe", "+11")])
def test_a_session_with_another_zone_changes_no_moment(zone, offset):
    at, written = told("2026-11-30 20:50:33.25+00", zone)
    assert written.endswith(offset)
    assert at == datetime(2026, 11, 30, 20, 50, 33, 250_000, tzinfo=UTC)
    assert at.tzinfo is UTC


@pytest.mark.parametrize("text", ["infinity", "-infinity", "10000-01-01 00:00:00+00", "0044-03-15 00:00:00+00 BC"])
def test_what_no_calendar_of_ours_holds_is_refused_as_ever(text):
    with pytest.raises(DataError):
        told(text)


def test_every_connection_reads_so():
    connection.ensure_connection()
    assert connection.connection.adapters.get_loader(1184, psycopg.pq.Format.TEXT) is Moments
