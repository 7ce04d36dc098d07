"""Putting right what was written: the new row names the old one and says why."""

from __future__ import annotations

from typing import Any

from ketacare.clinic.tenancy.refusals import Refusal, Refused


def amending(earlier: Any, reason: str) -> dict[str, Any]:
    """The columns of an amendment; refused without a reason, or when somebody amended it first."""
    if earlier is None:
        return {}
    if not reason.strip():
        raise Refused(Refusal("amend_reason", "The reason is empty.", "Say in a few words what was wrong."))
    if type(earlier).objects.filter(amends=earlier).exists():
        raise Refused(Refusal("amend_reason", "Somebody amended this already.", "Open it again.", "policy"))
    return {"amends": earlier, "amend_reason": reason.strip()}
