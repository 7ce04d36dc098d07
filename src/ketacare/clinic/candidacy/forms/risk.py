"""The screener, a finding and a call as they were typed; and the safety plan's fields."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.monitoring.rules import entry
from ketacare.medicine.monitoring.terms import Remark
from ketacare.medicine.safety import reader

YES_NO = {"yes": True, "no": False}


def screening_from(post: Any) -> dict[str, Any]:
    """Which form, and each question that was answered; one left alone was not asked."""
    given = {question: YES_NO.get(post.get(f"q-{question}", "")) for question in reader.risk_sheet().questions}
    return {
        "form": post.get("which", ""),
        "answers": {question: answer for question, answer in given.items() if answer is not None},
        "refused": "refused" in post,
    }


def assessment_from(post: Any) -> dict[str, Any]:
    return {
        "found": post.get("found", ""),
        "finding": post.get("finding", ""),
        "action": post.get("action", ""),
        "is_full": "is_full" in post,
        "means": post.get("means", "") if post.get("means", "") in YES_NO else "",
    }


def asked_at(post: Any, at: datetime, zone: str) -> datetime | None:
    """When it was asked, if not now: 0930, or -20 for twenty minutes ago."""
    text = post.get("happened_at", "").strip()
    if not text:
        return None
    found = entry.parse_time(text, at=at.astimezone(ZoneInfo(zone)))
    if isinstance(found, Remark):
        raise Refused(Refusal("happened_at", f"Asked at: {found.rule}", found.remedy))
    if found > at:
        raise Refused(Refusal("happened_at", "Asked at: this is still to come.", "Correct the time."))
    return found


def plan_from(post: Any) -> dict[str, Any]:
    """Every field of the plan as written, and what is said about it."""
    return {
        "entries": {field.id: post.get(field.id, "") for field in reader.safety_plan_sheet().fields},
        "made_with": post.get("made_with", ""),
        "review_on": day_of(post.get("review_on", "").strip()),
        "copy_given": YES_NO.get(post.get("copy_given", "")),
        "consent_to_share": YES_NO.get(post.get("consent_to_share", "")),
        "after": whole(post.get("after", "")),
    }


def day_of(text: str) -> date | None:
    """A day from the calendar; one that cannot be read is as if left empty, and is then asked for."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def whole(text: str) -> int:
    return int(text) if text.isdecimal() else 0
