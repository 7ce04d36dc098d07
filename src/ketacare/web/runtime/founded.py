"""Whether there is a clinic at all: without one nobody can sign in."""

from __future__ import annotations

import psycopg

from ketacare.web.runtime import databases

REMEDY = "Found it, with its director and administrator: ketacare found --help"


def is_nobody_here() -> bool:
    """For a hint alone: a database that does not answer in this moment is told of elsewhere."""
    try:
        with psycopg.connect(databases.app_address().url(), connect_timeout=5) as connection:
            return has_no_clinic(connection)
    except psycopg.Error:
        return False


def has_no_clinic(connection: psycopg.Connection) -> bool:
    migrated = connection.execute("select to_regclass('tenancy_clinic') is not null").fetchone() == (True,)
    return migrated and connection.execute("select exists (select from tenancy_clinic)").fetchone() == (False,)
