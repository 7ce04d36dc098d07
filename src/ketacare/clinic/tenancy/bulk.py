"""Many rows of one table in one statement and one parameter.

As `bulk_create` and `bulk_update`, for what comes in hundreds each second: with a placeholder for every value, writing
the statement cost more than the database needed to carry it out. `COPY` would be quicker yet, and is refused where rows
have walls.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import cache
from typing import Any

import orjson
from django.db import connection, models
from django.db.models.expressions import DatabaseDefault

from ketacare.clinic.tenancy import prepared


@contextmanager
def in_one_trip() -> Iterator[None]:
    """Statements whose answers nobody reads go to the database together, in their order; only what is read waits. A
    fault of one is raised where the next answer is read, or at the end: what must survive a fault has no place here."""
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def insert(rows: Sequence[models.Model], *, ignore_conflicts: bool = False, numbered: bool = True) -> None:
    """In their order, all with the same columns given. Numbers that the database gives are put into the rows, unless
    conflicts are ignored or nobody asks for them."""
    if not rows:
        return
    kind, names = type(rows[0]), _columns_of(rows)
    numbered = numbered and kind._meta.pk.attname not in names and not ignore_conflicts
    end = " on conflict do nothing" if ignore_conflicts else ""
    end += f" returning {connection.ops.quote_name(kind._meta.pk.attname)}" if numbered else ""
    with prepared.cursor() as cursor:
        cursor.execute(_inserting(kind, names) + end, [_told(rows, names)])
        if numbered:
            for row, (number,) in zip(rows, cursor.fetchall(), strict=True):
                row.pk = number
    _are_kept(rows)


def put(rows: Sequence[models.Model]) -> None:
    """As insert, each in the place of the one of its key, if there is one. No key twice."""
    if rows:
        kind, names = type(rows[0]), _columns_of(rows)
        with prepared.cursor() as cursor:
            cursor.execute(_inserting(kind, names) + _in_their_place(kind, names), [_told(rows, names)])
        _are_kept(rows)


def update(rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """These columns of the rows as they are now."""
    if rows:
        kind = type(rows[0])
        with prepared.cursor() as cursor:
            cursor.execute(_updating(kind, tuple(names)), [_told(rows, (kind._meta.pk.attname, *names))])


def _told(rows: Sequence[models.Model], names: Sequence[str]) -> str:
    """The rows in one JSON text, each as a list in the order of the columns."""
    return orjson.dumps([[getattr(row, name) for name in names] for row in rows], default=_as_text).decode()


def _are_kept(rows: Sequence[models.Model]) -> None:
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def _columns_of(rows: Sequence[models.Model]) -> tuple[str, ...]:
    kind = type(rows[0])
    names = _given(rows[0])
    if any(type(row) is not kind or _given(row) != names for row in rows):
        raise ValueError(f"Rows of {kind.__name__} differ in the columns that are given. Insert each sort by itself.")
    return names


def _given(row: models.Model) -> tuple[str, ...]:
    """The columns that have a value; the others have one of the database's."""
    always, whether = _fields(type(row))
    left_out = {f.attname for f in whether if _is_numbered(f, row) or _is_default(f, row)}
    return always if not left_out else tuple(name for name in always if name not in left_out)


@cache
def _fields(kind: type[models.Model]) -> tuple[tuple[str, ...], tuple[models.Field[Any, Any], ...]]:
    """All columns, and those to which the database may give the value."""
    fields = kind._meta.concrete_fields
    whether = tuple(f for f in fields if isinstance(f, models.AutoField) or f.has_db_default())
    return tuple(f.attname for f in fields), whether


def _is_numbered(field: models.Field[Any, Any], row: models.Model) -> bool:
    return isinstance(field, models.AutoField) and getattr(row, field.attname) is None


def _is_default(field: models.Field[Any, Any], row: models.Model) -> bool:
    return isinstance(getattr(row, field.attname), DatabaseDefault)


# Column names are the models' own, and no input.


@cache
def _inserting(kind: type[models.Model], names: tuple[str, ...]) -> str:
    fields = [field for field in kind._meta.concrete_fields if field.attname in names]
    values = ", ".join(_value(place, field) for place, field in enumerate(fields))
    columns = ", ".join(_name(field) for field in fields)
    table = connection.ops.quote_name(kind._meta.db_table)
    rows = "jsonb_array_elements(%s::jsonb) with ordinality as told (line, place)"
    return f"insert into {table} ({columns}) select {values} from {rows} order by place"  # noqa: S608


@cache
def _in_their_place(kind: type[models.Model], names: tuple[str, ...]) -> str:
    fields = [f for f in kind._meta.concrete_fields if f.attname in names and not f.primary_key]
    new = ", ".join(f"{_name(field)} = excluded.{_name(field)}" for field in fields)
    return f" on conflict ({_name(kind._meta.pk)}) do update set {new}"


@cache
def _updating(kind: type[models.Model], names: tuple[str, ...]) -> str:
    fields = {field.attname: field for field in kind._meta.concrete_fields}
    new = ", ".join(f"{_name(fields[name])} = {_value(place, fields[name])}" for place, name in enumerate(names, 1))
    table, key = connection.ops.quote_name(kind._meta.db_table), f"{_name(kind._meta.pk)} = {_value(0, kind._meta.pk)}"
    return f"update {table} set {new} from jsonb_array_elements(%s::jsonb) told (line) where {key}"  # noqa: S608


def _name(field: Any) -> str:
    return connection.ops.quote_name(str(field.column))


def _value(place: int, field: Any) -> str:
    """As Django would write it: None is no value also in a JSON column, and no cast cuts text that is too long."""
    if isinstance(field, models.JSONField):
        return f"nullif(line -> {place}, 'null'::jsonb)"
    if isinstance(field, models.CharField):
        return f"line ->> {place}"
    if isinstance(field, models.BinaryField):
        return f"decode(line ->> {place}, 'base64')"
    return f"(line ->> {place})::{field.db_type(connection)}"


def _as_text(value: Any) -> str:
    """What JSON has no word for; the database reads decimals exactly from text."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (bytes, memoryview)):
        return b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} has no text for the database")
