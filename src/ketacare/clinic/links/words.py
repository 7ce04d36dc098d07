"""What a patient reads around the questions, in both languages: the shared phrases and a room's own."""

from __future__ import annotations

import tomllib
from functools import cached_property
from pathlib import Path

SHARED = Path(__file__).parent / "words.toml"


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
