"""What was entered, taken back or corrected with its reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from ketacare.clinic.dosing import access, forms
from ketacare.clinic.dosing.actions import owing
from ketacare.clinic.dosing.actions import timeline as line
from ketacare.clinic.dosing.models import Kind, Session
from ketacare.clinic.dosing.queries import beside, bounds, dose, emergencies, flowsheet, ordered, timeline_words
from ketacare.clinic.dosing.views.chair import chair_answer
from ketacare.clinic.dosing.views.page import answered, now, opened, page, reader, visit_url
from ketacare.clinic.monitoring.gaps import gaps
from ketacare.clinic.monitoring.models import Reading, Source
from ketacare.clinic.people.access import NotHere, actor_of, guarded, may
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.monitoring.terms.readings import CUFF

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
            words=timeline_words.words_of(entry), amend_reasons=AMEND_REASONS, refusals=refused,
            acts=emergencies.ACTS if emergencies.is_act(entry) else (), is_start=dose.is_start(entry),
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
            happened_at=happened_at, what=form.text("what"), by=actor, at=at,
        )  # fmt: skip

    return answered(request, act, again, visit_url(held.visit) + "#timeline")


@guarded("readings", "U")
def amend_reading(request: HttpRequest, visit_id: UUID, reading_id: int) -> HttpResponse:
    """A typed value corrected, a monitor's left out; chart, grid, note and PDF follow because they are derived (I2)."""
    actor, at = actor_of(request), now(request)
    held = opened(request, visit_id, "U", "readings").session
    row = Reading.objects.filter(pk=reading_id, visit=held.visit).first()
    if row is None or row.value is None:
        raise NotHere
    of_monitor = row.source == Source.DEVICE

    def again(refused: list[dict[str, str]]) -> HttpResponse:
        words = f"{Channel(row.channel).label} {flowsheet.whole(row)}"
        return page(
            request, "amend", held.visit, held, status=422 if refused else 200, entry=None, reading=row, words=words,
            of_monitor=of_monitor, amend_reasons=AMEND_REASONS, refusals=refused,
        )  # fmt: skip

    if request.method != "POST":
        return again([])

    def act() -> None:
        form = reader(request)
        value = None if of_monitor else form.amount("value", "Value", "the same unit")
        form.done()
        owing.amend_reading(
            session=held, reading=row, value=value, reason=form.text("reason_words") or form.text("reason"),
            in_error=of_monitor or form.text("in_error") == "on", by=actor, at=at,
        )  # fmt: skip
        line.tell(held.visit, "event", {"kind": "reading_amended"})

    return answered(request, act, again, visit_url(held.visit) + "#grid")


@guarded("readings", "R")
def readings(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Every typed reading with its history and the way to correct it; of the monitor's, what may be an artefact."""
    actor, at = actor_of(request), now(request)
    held = opened(request, visit_id, "R", "readings").session
    rows = Reading.objects.filter(visit=held.visit).select_related("recorded_by", "amended_by")
    typed = rows.filter(source=Source.HAND).order_by("-taken_at", "channel")
    return page(
        request, "readings", held.visit, held, rows=[reading_row(row) for row in typed],
        cuffs=[reading_row(row) for row in cuff_pressures(rows)],
        **suspects(held, rows, request.GET.get("before", "")),
        gaps=gaps(held.visit, until=held.left_at or at), sheet=sheet_down(held, at) if held.started_at else None,
        may_amend=may(actor, "readings", "U"),
    )  # fmt: skip


DOUBTFUL_MOST = 60


def sent(rows: QuerySet[Reading]) -> QuerySet[Reading]:
    return rows.filter(source=Source.DEVICE, value__isnull=False).order_by("-taken_at", "-id")


def cuff_pressures(rows: QuerySet[Reading]) -> QuerySet[Reading]:
    """Every one that the monitor sent: there are few."""
    return sent(rows).filter(channel__in=[str(channel) for channel in CUFF])


def suspects(held: Session, rows: QuerySet[Reading], before: str) -> dict[str, Any]:
    """Of the stream what lay beyond this person's lines, the newest, or those before the one last shown."""
    found = doubtful(held, rows)
    last = None
    if before:
        last = found.filter(pk=int(before)).first() if before.isdecimal() else None
        if last is None:
            raise NotHere
        found = found.filter(Q(taken_at__lt=last.taken_at) | Q(taken_at=last.taken_at, pk__lt=last.pk))
    newest = list(found[: DOUBTFUL_MOST + 1])
    shown, more = newest[:DOUBTFUL_MOST], len(newest) > DOUBTFUL_MOST
    return {
        "beyond": [reading_row(row) for row in shown],
        "beyond_most": DOUBTFUL_MOST,
        "before": last.taken_at if last else None,
        "older": shown[-1].pk if more else None,
    }


def doubtful(held: Session, rows: QuerySet[Reading]) -> QuerySet[Reading]:
    """An artefact hides nowhere else; without lines there is nothing beyond them."""
    asked = Q(pk__in=[])
    for channel, own in bounds.of(held).items():
        if own.low is not None:
            asked |= Q(channel=channel, value__lt=own.low)
        if own.high is not None:
            asked |= Q(channel=channel, value__gt=own.high)
    return sent(rows).filter(asked).exclude(channel__in=[str(channel) for channel in CUFF])


def sheet_down(held: Session, at: datetime) -> dict[str, Any]:
    """The flowsheet as it lies on paper, dose and events included."""
    columns = flowsheet.filled(held, at)
    sheet = flowsheet.grid(columns, bounds.of(held))
    order = ordered.order_of(held.visit)
    if order is not None:
        sheet["groups"].append(beside.rows(held, order, columns, at))
    return sheet


def reading_row(row: Reading) -> dict[str, Any]:
    return {
        "row": row,
        "label": Channel(row.channel).label,
        "value": flowsheet.whole(row),
        "stands": not hasattr(row, "amended_by") and not row.in_error,
    }
