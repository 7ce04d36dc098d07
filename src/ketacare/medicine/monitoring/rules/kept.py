"""A state as JSON and back, exactly: decimals as text, moments with their zone, nothing rounded (A12)."""

import json
from collections.abc import Callable, Mapping
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
    parts = {
        name: _reader(part)(kept[name]) for name, part in _hints(State).items() if name in kept and name != "limits"
    }
    return State(limits=limits, **parts)


def plain(value: Any) -> Any:
    """Any value of this room as JSON knows it."""
    return _plain(value)


def given_to_plain(given: Given) -> dict[str, Any]:
    """What a step was given, with its kind, so that a kept session can be stepped again."""
    return {"kind": type(given).__name__, **_plain(given)}


def given_from_plain(kept: Mapping[str, Any]) -> Given:
    kind = {kind.__name__: kind for kind in get_args(Given)}[kept["kind"]]
    given: Given = _reader(kind)(kept)
    return given


def limits_from_plain(kept: Mapping[str, Any]) -> Limits:
    limits: Limits = _reader(Limits)(kept)
    return limits


# How each type is written and read is worked out once: asked again at every value, it took half of a batch's time.


def _plain(value: Any) -> Any:
    return _writer(value.__class__)(value)


@cache
def _writer(kind: type) -> Callable[[Any], Any]:
    if issubclass(kind, Enum):
        return lambda value: value.value
    if is_dataclass(kind):
        names = tuple(f.name for f in fields(kind))
        return lambda value: {name: _plain(part) for name in names if (part := getattr(value, name)) is not None}
    if issubclass(kind, Mapping):
        return lambda value: {_plain(key): _plain(part) for key, part in value.items()}
    if issubclass(kind, tuple):
        return lambda value: [_plain(part) for part in value]
    return str if issubclass(kind, Decimal) else datetime.isoformat if issubclass(kind, datetime) else _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """What makes a value of this kind from its JSON; None stays None."""
    make = _maker(kind)
    return lambda plain: None if plain is None else make(plain)


def _maker(kind: Any) -> Callable[[Any], Any]:
    if get_origin(kind) in (Union, UnionType):
        return _maker(next(part for part in get_args(kind) if part is not type(None)))
    if get_origin(kind) is tuple:
        each = _reader(get_args(kind)[0])
        return lambda plain: tuple([each(part) for part in plain])
    if get_origin(kind) is Mapping:
        read_key, read_part = map(_reader, get_args(kind))
        return lambda plain: {read_key(key): read_part(part) for key, part in plain.items()}
    if is_dataclass(kind):
        return _dataclass_maker(kind)
    if kind is datetime:
        return datetime.fromisoformat
    return kind if kind in (Decimal, int, str, bool) or issubclass(kind, Enum) else _as_it_is


def _dataclass_maker(kind: Any) -> Callable[[Any], Any]:
    """What an older text does not know keeps its default; what must be said and is not, is None."""
    parts = [(name, _reader(part), _must_be_said(kind, name)) for name, part in _hints(kind).items()]
    return lambda plain: kind(**{name: read(plain.get(name)) for name, read, must in parts if must or name in plain})


def _must_be_said(kind: Any, name: str) -> bool:
    field = kind.__dataclass_fields__[name]
    return field.default is MISSING and field.default_factory is MISSING


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
