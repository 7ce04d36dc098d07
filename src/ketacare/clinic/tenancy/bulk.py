"""Many new rows of one table in one statement and one parameter.

As `bulk_create`, for what comes in hundreds each second: with a placeholder for every value, writing the statement cost
more than the database needed to carry it out. `COPY` would be quicker yet, and is refused where rows have walls.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import Any

import orjson
from django.db import connection, models
from django.db.models.expressions import DatabaseDefault


def insert(rows: Sequence[models.Model], *, ignore_conflicts: bool = False) -> None:
    """In their order, all with the same columns given. Numbers that the database gives are put into the rows, unless
    conflicts are ignored."""
    if not rows:
        return
    kind = type(rows[0])
    names = _given(rows[0])
    if any(type(row) is not kind or _given(row) != names for row in rows):
        raise ValueError(f"Rows of {kind.__name__} differ in the columns that are given. Insert each sort by itself.")
    numbered = kind._meta.pk.attname not in names and not ignore_conflicts
    text = _statement(kind, names, ignore_conflicts, numbered)
    plain = orjson.dumps([[getattr(row, name) for name in names] for row in rows], default=_as_text)
    with connection.cursor() as cursor:
        cursor.execute(text, [plain.decode()])
        if numbered:
            for row, (number,) in zip(rows, cursor.fetchall(), strict=True):
                row.pk = number
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def _given(row: models.Model) -> tuple[str, ...]:
    """The columns that have a value; the others have one of the database's."""
    fields = row._meta.concrete_fields
    return tuple(f.attname for f in fields if not (_is_numbered(f, row) or _is_default(f, row)))


def _is_numbered(field: models.Field[Any, Any], row: models.Model) -> bool:
    return isinstance(field, models.AutoField) and getattr(row, field.attname) is None


def _is_default(field: models.Field[Any, Any], row: models.Model) -> bool:
    return isinstance(getattr(row, field.attname), DatabaseDefault)


@cache
def _statement(kind: type[models.Model], names: tuple[str, ...], ignore_conflicts: bool, numbered: bool) -> str:
    """The rows lie in one JSON text, each as a list in the order of the columns. Column names are the models' own."""
    fields = [field for field in kind._meta.concrete_fields if field.attname in names]
    values = ", ".join(_value(place, field) for place, field in enumerate(fields))
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    table, key = connection.ops.quote_name(kind._meta.db_table), connection.ops.quote_name(kind._meta.pk.attname)
    rows = "jsonb_array_elements(%s::jsonb) with ordinality as told (line, place)"
    end = " on conflict do nothing" if ignore_conflicts else ""
    end += f" returning {key}" if numbered else ""
    return f"insert into {table} ({columns}) select {values} from {rows} order by place{end}"  # noqa: S608 - no input


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
