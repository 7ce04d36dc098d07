"""What was entered, taken back or corrected with its reason."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from ketacare.clinic.dosing import access, forms
from ketacare.clinic.dosing.actions import timeline as line
from ketacare.clinic.dosing.models import Kind
from ketacare.clinic.dosing.queries import bounds, chairside, flowsheet
from ketacare.clinic.dosing.views.chair import chair_answer
from ketacare.clinic.dosing.views.page import answered, now, opened, page, reader, visit_url
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring.models import Reading
from ketacare.clinic.people.access import NotHere, actor_of, guarded, may
from ketacare.medicine.monitoring.terms import Channel

AMEND_REASONS = (
    "Wrong value", "Wrong time", "Wrong patient", "Misread device", "Artefact", "Duplicate",
)  # fmt: skip


@guarded("readings", "U")
@require_POST
def undo(request: HttpRequest, visit_id: UUID, entry_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    held = opened(request, visit_id, "U", "readings").session
    entry = access.entry_of(actor, held, entry_id)

    def act() -> None:
        line.undo(session=held, entry=entry, by=actor, at=at)

    return chair_answer(request, held, act, "events")


@guarded("readings", "U")
def amend(request: HttpRequest, visit_id: UUID, entry_id: UUID) -> HttpResponse:
    """A line corrected, or marked as entered in error, with the reason."""
    actor, at = actor_of(request), now(request)
    held = opened(request, visit_id, "U", "readings").session
    entry = access.entry_of(actor, held, entry_id)

    def again(refused: list[dict[str, str]]) -> HttpResponse:
        return page(
            request, "amend", held.visit, held, status=422 if refused else 200, entry=entry, reading=None,
            words=chairside.words_of(entry), amend_reasons=AMEND_REASONS, refusals=refused,
        )  # fmt: skip

    if request.method != "POST":
        return again([])

    def act() -> None:
        form = reader(request)
        happened_at = form.moment("happened_at", at, actor.zone, held.started_at)
        body = dict(entry.body)
        if entry.kind == Kind.SCALE and form.text("value"):
            body["value"] = str(forms.score(form, "value", entry.name.capitalize()))
        form.done()
        line.amend(
            session=held, entry=entry, body=body, words=form.typed.get("words", entry.words),
            reason=form.text("reason_words") or form.text("reason"), in_error=form.text("in_error") == "on",
            happened_at=happened_at, by=actor, at=at,
        )  # fmt: skip

    return answered(request, act, again, visit_url(held.visit) + "#timeline")


@guarded("readings", "U")
def amend_reading(request: HttpRequest, visit_id: UUID, reading_id: int) -> HttpResponse:
    """A typed value corrected; chart, grid, note and PDF follow because they are derived (I2)."""
    actor, at = actor_of(request), now(request)
    held = opened(request, visit_id, "U", "readings").session
    row = Reading.objects.filter(pk=reading_id, visit=held.visit, source="hand").first()
    if row is None:
        raise NotHere

    def again(refused: list[dict[str, str]]) -> HttpResponse:
        words = f"{Channel(row.channel).label} {flowsheet.whole(row)}"
        return page(
            request, "amend", held.visit, held, status=422 if refused else 200, entry=None, reading=row, words=words,
            amend_reasons=AMEND_REASONS, refusals=refused,
        )  # fmt: skip

    if request.method != "POST":
        return again([])

    def act() -> None:
        form = reader(request)
        value = form.amount("value", "Value", "the same unit")
        form.done()
        monitoring.amend_reading(
            reading=row, value=value, reason=form.text("reason_words") or form.text("reason"),
            in_error=form.text("in_error") == "on", by=actor, at=at,
        )  # fmt: skip
        line.tell(held.visit, "event", {"kind": "reading_amended"})

    return answered(request, act, again, visit_url(held.visit) + "#grid")


@guarded("readings", "R")
def readings(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Every typed reading with its history, and the way to correct it."""
    actor, at = actor_of(request), now(request)
    held = opened(request, visit_id, "R", "readings").session
    rows = Reading.objects.filter(visit=held.visit, source="hand").select_related("recorded_by", "amended_by")
    return page(
        request, "readings", held.visit, held, rows=[reading_row(row) for row in rows.order_by("-taken_at", "channel")],
        sheet=flowsheet.grid(flowsheet.filled(held, at), bounds.of(held)) if held.started_at else None,
        may_amend=may(actor, "readings", "U"),
    )  # fmt: skip


def reading_row(row: Reading) -> dict[str, Any]:
    return {
        "row": row,
        "label": Channel(row.channel).label,
        "value": flowsheet.whole(row),
        "stands": not hasattr(row, "amended_by") and not row.in_error,
    }
