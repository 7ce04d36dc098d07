"""The two roles and the database: the owner makes the tables, the application owns nothing."""

from __future__ import annotations

import psycopg
from psycopg import sql

OWNER = "ketacare_owner"
APPLICATION = "ketacare_app"
DATABASE = "ketacare"

UNPRIVILEGED = "login nosuperuser nocreatedb nocreaterole noreplication nobypassrls"
# Without being superuser one may not even deny these; a new role lacks them anyway.
UNPRIVILEGED_BY_DEFAULT = "login nocreatedb nocreaterole"


def ensure(connection: psycopg.Connection) -> None:
    """Roles and database exist and have exactly the rights they should. `connection` is the superuser's."""
    for role in (OWNER, APPLICATION):
        ensure_role(connection, role)
    if not exists(connection, "select from pg_database where datname = %s", DATABASE):
        create_database(connection, DATABASE)


def ensure_role(connection: psycopg.Connection, role: str, *, password: str = "") -> None:
    """The role exists without any privilege; with a password only where peer authentication can't serve."""
    verb = "alter" if exists(connection, "select from pg_roles where rolname = %s", role) else "create"
    rights = UNPRIVILEGED if is_superuser(connection) else UNPRIVILEGED_BY_DEFAULT
    statement = sql.SQL(f"{verb} role {{}} {rights}").format(sql.Identifier(role))
    connection.execute(statement + sql.SQL(" password {}").format(password) if password else statement)


def is_superuser(connection: psycopg.Connection) -> bool:
    return connection.info.parameter_status("is_superuser") == "on"


def create_database(
    connection: psycopg.Connection,
    name: str,
    template: str = "template0",
    *,
    owner: str = OWNER,
    strategy: str = "wal_log",
) -> None:
    """A database of the owner's that only our two roles may enter. Where nothing is written to the disk for good, the
    strategy "file_copy" is the quicker one."""
    words = {"name": sql.Identifier(name), "owner": sql.Identifier(owner), "template": sql.Identifier(template)}
    words |= {"app": sql.Identifier(APPLICATION), "strategy": sql.Identifier(strategy)}
    created = "create database {name} owner {owner} template {template} strategy {strategy}"
    connection.execute(sql.SQL(created).format(**words))
    connection.execute(sql.SQL("revoke all on database {name} from public").format(**words))
    connection.execute(sql.SQL("grant connect, temporary on database {name} to {app}").format(**words))


def exists(connection: psycopg.Connection, query: str, value: str) -> bool:
    return connection.execute(query, [value]).fetchone() is not None
