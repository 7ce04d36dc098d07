"""What is tapped and typed at the chair: events, a column of the flowsheet, a reading that was not taken."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from ketacare.clinic.dosing import forms
from ketacare.clinic.dosing.actions import danger, owing
from ketacare.clinic.dosing.actions import signs as sign
from ketacare.clinic.dosing.actions import timeline as line
from ketacare.clinic.dosing.actions.effects import chart
from ketacare.clinic.dosing.forms import Reader
from ketacare.clinic.dosing.models import Kind, Session
from ketacare.clinic.dosing.queries import flowsheet, signs, whose
from ketacare.clinic.dosing.views.chair import EVENTS, chair_answer
from ketacare.clinic.dosing.views.page import now, opened, reader
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.people.access import actor_of, guarded
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.safety import reader as safety_reader

LONGEST_WAIT = timedelta(hours=24)


def entered(form: Reader, at: datetime) -> datetime:
    """When the person pressed. A waiting entry, held on a screen without a connection, brings it along (G7); a screen
    whose clock is ahead entered it now."""
    text = form.text("entered_at")
    if not text:
        return at
    try:
        moment = datetime.fromisoformat(text)
        waited = at - moment
    except (ValueError, TypeError, OverflowError):
        form.refuse("entered_at", f"{text[:40]} is not a time.", "Enter it again.")
        return at
    if waited > LONGEST_WAIT:
        form.refuse("entered_at", "This was entered more than a day ago.", "Add it to the note instead.", "policy")
    return min(moment, at)


@guarded("presence", "C")
@require_POST
def event(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """One tap, stamped with the moment of the tap."""
    actor, at = actor_of(request), now(request)
    held = opened(request, visit_id, "C", "presence").session
    taps = ({item["value"] for item in EVENTS} | set(safety_reader.effects_sheet().terms)) - set(signs.LABELS)
    known = taps | set(signs.LABELS)

    def act() -> None:
        form = reader(request)
        name, words = form.text("kind"), form.text("words")
        ended = form.text("over")
        if name not in known and not words and not ended:
            form.refuse("words", "There is nothing to keep.", "Tap an event or write a remark.")
        pressed_at = entered(form, at)
        happened_at = form.moment("happened_at", pressed_at, actor.zone, held.started_at) or pressed_at
        if not ended and (name in taps or name not in known):  # what alarms, or ends it, is never held up
            whose.asked_of_waiting(form, held, at - pressed_at)
        form.done()
        if name in taps:
            grade = int(form.text("grade")) if form.text("grade").isdigit() else None
            chart(session=held, name=name, grade=grade, words=words, happened_at=happened_at, by=actor, at=at)
            return
        if ended:
            sign.over(session=held, sign=ended, happened_at=happened_at, by=actor, at=at)
        elif name in known:
            sign.seen(session=held, sign=name, words=words, happened_at=happened_at, by=actor, at=at)
        else:
            line.record(session=held, kind=Kind.REMARK, name="", words=words, by=actor, at=at, happened_at=happened_at)

    return chair_answer(request, held, act, "events")


@guarded("presence", "C")
@require_POST
def grid(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """A column of the flowsheet: vital signs go to the watch, scales to the timeline, both in one transaction.
    Distress alone may be told by whoever sits with the patient."""
    actor, at = actor_of(request), now(request)
    held = opened(request, visit_id, "C", "presence").session

    def act() -> None:
        form = reader(request)
        values = forms.vital_signs(form)
        scores = {name: forms.score(form, name, name.capitalize()) for name in flowsheet.SCALES}
        scores = {name: value for name, value in scores.items() if value is not None}
        pressed_at = entered(form, at)
        taken_at = form.moment("taken_at", pressed_at, actor.zone, held.started_at) or pressed_at
        if not values and not scores and not form.refusals:
            form.refuse("bp", "Nothing was entered.", "Type at least one value, for example 120/80.")
        whose.asked_of_waiting(form, held, at - pressed_at)
        form.done()
        line.still_open(held)
        keep_column(held, values, scores, taken_at, actor, at)

    return chair_answer(request, held, act, "grid")


def keep_column(
    held: Session, values: dict[Channel, Decimal], scores: dict[str, Any], taken_at: datetime, actor: Any, at: datetime
) -> None:
    if values:
        monitoring.record_by_hand(visit=held.visit, values=values, taken_at=taken_at, by=actor, at=at)
    if Channel.MOAAS in values:
        danger.not_back(session=held, value=values[Channel.MOAAS], taken_at=taken_at, by=actor, at=at)
        owing.look_again_at(held, values[Channel.MOAAS], taken_at, by=actor, at=at)
    for name, value in scores.items():
        line.score(session=held, name=name, value=str(value), happened_at=taken_at, by=actor, at=at)


@guarded("readings", "C")
@require_POST
def skip(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """A reading that was not taken has a reason; the gap stays a gap."""
    actor, at = actor_of(request), now(request)
    held = opened(request, visit_id, "C", "readings").session

    def act() -> None:
        form = reader(request)
        column = form.need("column", "Which reading?")
        reason = form.text("reason_words") or form.need("reason", "Say why it was not taken.")
        pressed_at = entered(form, at)
        whose.asked_of_waiting(form, held, at - pressed_at)
        form.done()
        line.skip(session=held, column=column, reason=reason, by=actor, at=at, happened_at=pressed_at)

    return chair_answer(request, held, act, "grid")
