"""The one place where the clock is read. Everything below is handed `at`."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - this is the edge the rule points to
