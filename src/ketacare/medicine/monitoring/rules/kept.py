"""A state as JSON and back, exactly: decimals as text, moments with their zone, nothing rounded (A12)."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from ketacare.medicine.monitoring.terms import Given, Limits, State


def to_json(state: State, *, with_limits: bool = True) -> str:
    """The same state gives the same text, to the byte. Limits seldom change and are most of it: who keeps them beside
    the state leaves them out here and hands them back on reading."""
    whole = _plain(state)
    if not with_limits:
        del whole["limits"]
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False)


def from_json(text: str, limits: Limits | None = None) -> State:
    kept = json.loads(text)
    if limits is None:
        limits = limits_from_plain(kept["limits"])
    parts = {name: _read(part, kept[name]) for name, part in _hints(State).items() if name in kept and name != "limits"}
    return State(limits=limits, **parts)


def plain(value: Any) -> Any:
    """Any value of this room as JSON knows it."""
    return _plain(value)


def given_to_plain(given: Given) -> dict[str, Any]:
    """What a step was given, with its kind, so that a kept session can be stepped again."""
    return {"kind": type(given).__name__, **_plain(given)}


def given_from_plain(kept: Mapping[str, Any]) -> Given:
    kind = {kind.__name__: kind for kind in get_args(Given)}[kept["kind"]]
    given: Given = _read(kind, kept)
    return given


def limits_from_plain(kept: Mapping[str, Any]) -> Limits:
    limits: Limits = _read(Limits, kept)
    return limits


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return {f.name: _plain(part) for f in fields(value) if (part := getattr(value, f.name)) is not None}
    if isinstance(value, Mapping):
        return {_plain(key): _plain(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, datetime) else value


def _read(kind: Any, plain: Any) -> Any:
    if plain is None:
        return None
    if get_origin(kind) in (Union, UnionType):
        return _read(next(part for part in get_args(kind) if part is not type(None)), plain)
    if get_origin(kind) is tuple:
        return tuple(_read(get_args(kind)[0], part) for part in plain)
    if get_origin(kind) is Mapping:
        key_kind, part_kind = get_args(kind)
        return {_read(key_kind, key): _read(part_kind, part) for key, part in plain.items()}
    if isinstance(kind, type) and is_dataclass(kind):
        return kind(
            **{name: _read(part, plain.get(name)) for name, part in _hints(kind).items() if _given(kind, name, plain)}
        )
    if kind is datetime:
        return datetime.fromisoformat(plain)
    return kind(plain) if kind in (Decimal, int, str, bool) or issubclass(kind, Enum) else plain


def _given(kind: Any, name: str, plain: Mapping[str, Any]) -> bool:
    """Said, or must be said: what an older text does not know keeps its default."""
    field = kind.__dataclass_fields__[name]
    return name in plain or (field.default is MISSING and field.default_factory is MISSING)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
