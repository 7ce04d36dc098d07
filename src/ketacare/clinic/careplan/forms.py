"""What is typed about the family doctor."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

ANSWERS = {"yes": True, "no": False}


def family_doctor_from(post: QueryDict) -> dict[str, Any]:
    """No answer stays no answer; that there is none is a name left empty on purpose."""
    has_none = post.get("none") == "on"
    return {
        "name": "" if has_none else post.get("name", ""),
        "address": "" if has_none else post.get("address", ""),
        "agrees": ANSWERS.get(post.get("agrees", "")),
    }
