"""What stands of a person, by kind of fact; a page that shows all of it reads all kinds in one statement.

`read_ahead` is for a page about one person inside a look: each table then costs a line of one statement instead of a
question of its own. What comes back is the same rows that the model's own manager gives, with who wrote each and what
it amends already there. The walls hold as for any other statement: it runs as the application, in the same tenant.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, TypeVar, cast
from uuid import UUID

from django.db import connection, models
from django.db.models.base import ModelState

from ketacare.clinic.people.models import Patient, PatientFact, User
from ketacare.clinic.tenancy.looks import kept, looked_up

FactOf = TypeVar("FactOf", bound=PatientFact)
RowOf = TypeVar("RowOf", bound=models.Model)
Read = Callable[[Any], Any]


def standing(kind: type[FactOf], patient: Patient) -> list[FactOf]:
    """The facts of one kind that nobody amended or took back, in the order they were written down."""
    rows = ever(kind, patient)
    amended = {amended_by(row) for row in rows}
    return [row for row in rows if row.pk not in amended and not row.in_error]


def newest(kind: type[FactOf], patient: Patient) -> FactOf | None:
    """The fact of one kind that stands and was written down last."""
    return next(reversed(standing(kind, patient)), None)


def when(row: PatientFact) -> tuple[datetime, datetime]:
    """Facts in the order they happened; of one moment, in the order they were written down."""
    return row.happened_at, row.recorded_at


def amended_by(row: PatientFact) -> UUID | None:
    """The key of the fact that this one amends."""
    key: UUID | None = row.amends_id  # type: ignore[attr-defined]  # of a concrete fact
    return key


@looked_up
def ever(kind: type[FactOf], patient: Patient) -> list[FactOf]:
    """Every fact of one kind, those amended too, in the order they were written down."""
    ahead = kept(("read ahead", patient.pk))
    if ahead is not None and kind in ahead:
        return cast(list[FactOf], ahead[kind])
    rows = kind._default_manager.filter(patient=patient).select_related("recorded_by", "amends")
    return cast(list[FactOf], list(rows.order_by("recorded_at", "pk")))


def read_ahead(patient: Patient, kinds: Mapping[type[models.Model], str]) -> None:
    """All rows of these kinds in one statement, kept for the look that is open; without a look it reads nothing.

    Facts are read whole; of any other kind the rows that its condition names: whoever asks for them asks for no more.
    """
    kept(("read ahead", patient.pk), lambda: all_of(patient, kinds))


def ahead_of(kind: type[RowOf], patient: Patient | UUID) -> list[RowOf] | None:
    """What was read ahead of a kind, of facts those amended too; None where the database is to be asked."""
    ahead = kept(("read ahead", patient.pk if isinstance(patient, Patient) else patient))
    return cast(list[RowOf], ahead[kind]) if ahead is not None and kind in ahead else None


def all_of(patient: Patient, kinds: Mapping[type[models.Model], str]) -> dict[type[models.Model], list[Any]]:
    wanted = tuple(kinds)
    with connection.cursor() as cursor:
        cursor.execute(statement(tuple(kinds.items())), {"patient": patient.pk})
        told = cursor.fetchall()
    found: dict[type[models.Model], list[Any]] = {kind: [] for kind in wanted}
    for number, text in told:
        kind = wanted[number]
        found[kind].append(row_of(kind, EXACT.decode(text)))
    facts = {kind: rows for kind, rows in found.items() if issubclass(kind, PatientFact)}
    join(facts, patient)
    for kind in found.keys() - facts.keys():
        for row in found[kind]:
            row._state.fields_cache["patient"] = patient
    return found | {kind: sorted(rows, key=lambda row: (row.recorded_at, row.pk)) for kind, rows in facts.items()}


@cache
def statement(kinds: tuple[tuple[type[models.Model], str], ...]) -> str:
    """One line for each table; names and conditions are our own, never anything that was typed."""
    each = (
        f"select {number}, to_jsonb(t)::text from {connection.ops.quote_name(kind._meta.db_table)} t"  # noqa: S608
        f" where t.patient_id = %(patient)s{f' and {only}' if only else ''}"
        for number, (kind, only) in enumerate(kinds)
    )
    return " union all ".join(each)


def join(found: Mapping[Any, list[Any]], patient: Patient) -> None:
    """Who wrote each fact and what it amends, as the objects they are."""
    writers = writers_of({row.recorded_by_id for rows in found.values() for row in rows if row.recorded_by_id})
    for rows in found.values():
        by_key: dict[UUID | None, PatientFact] = {row.pk: row for row in rows}
        for row in rows:
            row._state.fields_cache["patient"] = patient
            row._state.fields_cache["recorded_by"] = writers.get(row.recorded_by_id)
            row._state.fields_cache["amends"] = by_key.get(amended_by(row))


def writers_of(keys: set[UUID]) -> dict[UUID, User]:
    if not keys:
        return {}
    names, columns = readers(User)
    with connection.cursor() as cursor:
        listed = ", ".join(connection.ops.quote_name(column) for column, _ in columns)
        table = connection.ops.quote_name(User._meta.db_table)
        cursor.execute(f"select {listed} from {table} where id = any(%s)", [list(keys)])  # noqa: S608 - our own names
        users = [made(User, names, values) for values in cursor.fetchall()]
    return {user.pk: user for user in users}


def row_of(kind: type[RowOf], told: dict[str, Any]) -> RowOf:
    names, columns = readers(kind)
    return made(kind, names, [read(told[column]) if told[column] is not None else None for column, read in columns])


def made(kind: type[RowOf], names: Iterable[str], values: Iterable[Any]) -> RowOf:
    """A row as it stands in the database. As where one is unpickled, its values are put into it and its `__init__` is
    passed over, which would set each through its descriptor: none of our tables listens to that."""
    row = kind.__new__(kind)
    row.__dict__.update(zip(names, values, strict=True))
    row._state = ModelState()
    row._state.adding, row._state.db = False, connection.alias
    return row


@cache
def readers(kind: type[models.Model]) -> tuple[list[str], list[tuple[str, Read]]]:
    """How each column of a table is read back from JSON; a kind of column that nobody thought of is refused."""
    fields = kind._meta.concrete_fields
    return [field.attname for field in fields], [(str(field.column), reader_of(field)) for field in fields]


def reader_of(field: Any) -> Read:
    if isinstance(field, models.ForeignKey):
        return reader_of(field.target_field)
    for types, read in READ:
        if isinstance(field, types):
            return read
    raise TypeError(f"{field}: no way to read a {type(field).__name__} ahead")


# Made once: a page reads hundreds of rows.
EXACT = json.JSONDecoder(parse_float=Decimal)


def as_it_is(value: Any) -> Any:
    return value


@lru_cache(maxsize=4096)
def key_of(told: str) -> UUID:
    """Few keys stand in many rows: whose they are, of which clinic, by whom."""
    return UUID(told)


def document(value: Any) -> Any:
    """A JSON document as the model gives it: its fractions are floats again."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {key: document(inner) for key, inner in value.items()}
    return [document(inner) for inner in value] if isinstance(value, list) else value


READ: tuple[tuple[Any, Read], ...] = (
    (models.UUIDField, key_of),
    (models.DateTimeField, datetime.fromisoformat),
    (models.DateField, date.fromisoformat),
    (models.TimeField, time.fromisoformat),
    (models.DecimalField, Decimal),
    (models.FloatField, float),
    (models.JSONField, document),
    ((models.CharField, models.TextField, models.BooleanField, models.IntegerField), as_it_is),
)
