"""Words that somebody typed, as long as their place is."""

from __future__ import annotations

from ketacare.clinic.tenancy.refusals import Refusal, Refused

LONG, SHORT, NAME = 300, 200, 40


def fitting(text: str, most: int, field: str = "words") -> str:
    text = text.strip()
    if len(text) > most:
        raise Refused(Refusal(field, f"is longer than {most} characters.", "Say it in fewer words."))
    return text
