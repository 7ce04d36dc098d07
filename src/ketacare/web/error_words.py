"""What error pages say, in Spanish to whoever chose it on their own pages or whose browser asks for it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest

from ketacare.clinic.links.words import chosen

# Read when the process starts: an error page needs no file, no database and no session.
WORDS: dict[str, dict[str, str]] = tomllib.loads((Path(__file__).parent / "error_words.toml").read_text())
ENGLISH = {key: words["en"] for key, words in WORDS.items()}


def asked_for(request: HttpRequest) -> str:
    """What the browser asks for."""
    return chosen({}, request.headers.get("Accept-Language", "").lower())


def language_of(request: HttpRequest) -> str:
    """What somebody chose; where nothing was chosen, or no session can be read, what the browser asks for."""
    try:
        return chosen(getattr(request, "session", {}), asked_for(request))
    except DatabaseError:
        return asked_for(request)


def spoken(language: str) -> dict[str, Any]:
    return {"lang": language, "error_words": {key: words[language] for key, words in WORDS.items()}}
