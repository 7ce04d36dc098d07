"""Statements that a gateway sends many times a second: for a connection the database reads and plans each only once.

With its values written into it, as elsewhere, a statement is another each time, and planning it cost more than carrying
it out. Only for statements whose text stays the same, and that name their columns: a plan outlives a new column.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

import psycopg
from django.db import connection, models
from django.db.backends.utils import CursorWrapper

Row = TypeVar("Row", bound=models.Model)
NEVER_BY_ITSELF = 1_000_000_000  # the driver prepares what is asked through here, and nothing because it came often


class _Prepared(psycopg.Cursor[Any]):
    def execute(self, *given: Any, **options: Any) -> Any:
        return super().execute(*given, **{**options, "prepare": True})

    def _convert_query(self, *given: Any) -> Any:
        self._query = super()._convert_query(*given)  # where Django looks for what was asked
        return self._query


def cursor() -> CursorWrapper:
    connection.ensure_connection()
    wire = connection.connection
    wire.prepare_threshold = NEVER_BY_ITSELF
    bare: Any = _Prepared(wire)
    return connection.make_debug_cursor(bare) if connection.queries_logged else connection.make_cursor(bare)


def found(kind: type[Row], names: tuple[str, ...], where: str, values: Sequence[Any]) -> list[Row]:
    """Rows with these columns, in the order of the model; what else is asked of one is read then. `where` is our own
    words, and no input."""
    with cursor() as asked:
        asked.execute(_selecting(kind, names) + where, values)
        return [kind.from_db(connection.alias, names, row) for row in asked.fetchall()]


@cache
def _selecting(kind: type[models.Model], names: tuple[str, ...]) -> str:
    fields = [field for field in kind._meta.concrete_fields if field.attname in names]
    if tuple(field.attname for field in fields) != names or any(isinstance(f, models.JSONField) for f in fields):
        raise ValueError(f"Columns of {kind.__name__} are named in the order of the model, and none of JSON.")
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    return f"select {columns} from {connection.ops.quote_name(kind._meta.db_table)} where "  # noqa: S608
