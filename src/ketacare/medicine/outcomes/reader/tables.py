"""Parts of a sheet's body: a table, or its rows."""

from collections.abc import Mapping
from typing import Any


def table(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = body.get(name, {})
    return found


def rows(body: Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], ...]:
    found: tuple[Mapping[str, Any], ...] = body.get(name, ())
    return found
