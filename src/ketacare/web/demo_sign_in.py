"""In a demo clinic the sign-in page lists the demo accounts and their current codes; nowhere else."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def context(request: HttpRequest) -> dict[str, Any]:
    return {"demo_accounts": demo_accounts() if settings.DEMO else []}


def demo_accounts() -> list[dict[str, str]]:
    return []
