"""Writes a sheet as TOML again, and takes the fingerprint of what it says.

A clinic keeps its own amended copy as text that this room's loader reads like any file. The fingerprint looks at what
is said and not at how: comments, order of tables, spaces and 0.50 for 0.5 leave it the same.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def fingerprint(table: Mapping[str, Any]) -> str:
    """SHA-256 over the content of a parsed sheet."""
    return hashlib.sha256(_canonical(table).encode()).hexdigest()


def _canonical(value: Any) -> str:
    if isinstance(value, Mapping):
        parts = (f"{json.dumps(key)}:{_canonical(value[key])}" for key in sorted(value))
        return "{" + ",".join(parts) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_canonical, value)) + "]"
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return f"{Decimal(value).normalize() + 0:f}"
    return f"date {value.isoformat()}" if isinstance(value, date) else json.dumps(value)


def written(table: Mapping[str, Any]) -> str:
    """A parsed sheet as TOML: a heading for each table, a line for each of its entries."""
    return "\n".join(line for name, part in table.items() for line in _section(name, part))


def _section(name: str, part: Any) -> Iterator[str]:
    if isinstance(part, Mapping):
        yield f"[{_key(name)}]"
        yield from _entries(part)
    elif isinstance(part, (list, tuple)) and part and all(isinstance(row, Mapping) for row in part):
        for row in part:
            yield f"[[{_key(name)}]]"
            yield from _entries(row)
    else:
        raise ValueError(f"{name}: stands outside a table. Put it under a heading.")


def _entries(table: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{_key(key)} = {_inline(value)}" for key, value in table.items())
    yield ""


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_inline(part)}" for key, part in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    return value.isoformat() if isinstance(value, date) else _text(value)


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _text(key)


def _text(words: str) -> str:
    return json.dumps(words, ensure_ascii=False).replace("\x7f", "\\u007f")
