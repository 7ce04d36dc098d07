"""The pages of signing in speak Spanish to whoever chose it on their own pages, or whose browser asks for it: patients
sign in by the same pages as staff."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

from ketacare.clinic.links.words import chosen

WORDS = Path(__file__).parent / "account_words.toml"
PAGES = "/account/"


@cache
def catalogue() -> dict[str, dict[str, str]]:
    return tomllib.loads(WORDS.read_text())


def spoken(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(PAGES):
            return get_response(request)
        with translation.override(chosen(request.session, request.headers.get("Accept-Language", "").lower())):
            return get_response(request)

    return middleware


def context(request: HttpRequest) -> dict[str, Any]:
    language = (translation.get_language() or "en")[:2]
    return {"lang": language, "say": {key: words.get(language, words["en"]) for key, words in catalogue().items()}}
