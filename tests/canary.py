"""Canaries: names planted through the suite must never be seen in a log, a mail, a URL or a page title (section 9)."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.world import CANARY_WORDS


class Listener(logging.Handler):
    """Hears everything any logger says, whatever its level, formatted as a log file would have it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.sung: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        # SQL with its parameters exists at this level only under test; it is never configured to be written.
        if record.name.startswith(("django.db", "faker")):
            return
        text = self.format(record)
        self.sung += [f"{record.name}: {word}" for word in CANARY_WORDS if word in text]


@pytest.fixture(autouse=True)
def canary_in_logs_and_mail() -> Iterator[None]:
    """Every test, whether or not it thinks of it."""
    listener = Listener()
    root = logging.getLogger()
    level = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    yield
    root.removeHandler(listener)
    root.setLevel(level)
    from django.core import mail

    sent = [str(message.message()) for message in getattr(mail, "outbox", [])]
    heard = listener.sung + [f"mail: {word}" for text in sent for word in CANARY_WORDS if word in text]
    assert heard == [], "patient data was written where it must never be"
