"""Courses of other treatment as they are typed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from ketacare.clinic.candidacy.forms.typed import YES_NO, Typed, days_in, in_field
from ketacare.clinic.candidacy.models import EctSide, Response, TherapyKind, TreatmentCourse, TrialSource


def course_told(post: Any, today: date) -> dict[str, Any]:
    typed = Typed(post, today, [])
    kind = typed.chosen("kind", "Treatment", TherapyKind)
    if not kind:
        typed.fault("kind", "Treatment: nothing is chosen.", "Choose which treatment it was.")
    sessions = typed.whole("sessions", "Sessions", 2000)
    side = typed.chosen("side", "Side", EctSide)
    if side and kind and kind != TherapyKind.ECT:
        typed.fault("side", "Side: only ECT has a side.", "Leave it out.")
    days = in_field(typed, "course_weeks", "Weeks", days_in)
    told = {
        "kind": kind,
        "sessions": sessions or None,
        "weeks": None if days is None else (Decimal(days) / 7).quantize(Decimal("0.1")),
        "side": side,
        "response": typed.chosen("response", "What it did", Response, Response.UNKNOWN),
        "in_current_episode": YES_NO.get(typed.text("course_episode")),
        "by_manual": YES_NO.get(typed.text("by_manual")),
        "trauma_focused": YES_NO.get(typed.text("trauma_focused")),
        "source": typed.chosen("course_source", "Known from", TrialSource, TrialSource.RECALL),
    }
    if kind and kind != TherapyKind.PSYCHOTHERAPY and (told["by_manual"] or told["trauma_focused"]):
        typed.fault("by_manual", "By a manual: only psychotherapy follows one.", "Leave it out.")
    typed.done()
    return told


def course_as_typed(row: TreatmentCourse) -> dict[str, Any]:
    answers = {True: "yes", False: "no", None: ""}
    return {
        "kind": row.kind,
        "sessions": row.sessions or "",
        "course_weeks": "" if row.weeks is None else f"{row.weeks.normalize():f}",
        "side": row.side,
        "response": row.response,
        "course_episode": answers[row.in_current_episode],
        "by_manual": answers[row.by_manual],
        "trauma_focused": answers[row.trauma_focused],
        "course_source": row.source,
    }
