"""What a patient reads around the questions, in both languages: the shared phrases and a room's own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

SHARED = Path(__file__).parent / "words.toml"
CHOSEN, LARGE = "me_language", "me_large"


def chosen(session: Mapping[str, Any], otherwise: str) -> str:
    """The language in which somebody signed in chose to read their own pages; else the one they told the clinic."""
    return "es" if str(session.get(CHOSEN) or otherwise).startswith("es") else "en"


MONTHS = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
    *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
)


def day_in(day: date, language: str) -> str:
    """As a form that came by a link says a day."""
    return f"{day.day} de {MONTHS[day.month - 1]} de {day.year}" if language[:2] == "es" else f"{day:%d-%b-%Y}"


class Phrases:
    """The phrases of one room on top of the shared ones."""

    def __init__(self, *own: Path) -> None:
        self.paths = (SHARED, *own)

    @cached_property
    def catalogue(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for path in self.paths:
            found |= tomllib.loads(path.read_text())
        return found

    def say(self, language: str, key: str, **values: object) -> str:
        """The words of a key in a language, or in English where the language is not ours."""
        phrases = self.catalogue[key]
        return phrases.get(language[:2], phrases["en"]).format(**values)


SHARED_PHRASES = Phrases()
