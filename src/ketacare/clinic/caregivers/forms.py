"""What is typed when somebody is named."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict


def caregiver_from(post: QueryDict) -> dict[str, Any]:
    days = post.get("days", "")
    return {
        "name": post.get("name", ""),
        "relation": post.get("relation", ""),
        "agreed": post.getlist("agreed"),
        "days": int(days) if days.isascii() and days.isdecimal() else 0,
        "language": post.get("language", ""),
    }
