"""The steps of a running dose: pause, resume, another rate, stop, complete."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from ketacare.clinic.dosing import forms
from ketacare.clinic.dosing.actions import giving, second_step, sessions
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import ordered, rates, whose
from ketacare.clinic.dosing.views.chair import chair_answer
from ketacare.clinic.dosing.views.page import now, opened, reader
from ketacare.clinic.people.access import actor_of, guarded
from ketacare.clinic.tenancy.refusals import Refusal, Refused

NEVER_HELD_UP = frozenset({"pause", "stop"})


@guarded("dose", "C")
@require_POST
def dose_step(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Pause, resume, change the rate, the next device, stop, complete: time, old and new, and why."""
    actor, at = actor_of(request), now(request)
    held = opened(request, visit_id, "C", "dose").session

    def act() -> None:
        form = reader(request)
        reason = ": ".join(part for part in (form.text("reason"), form.text("reason_words")) if part)
        second, all_the_same = form.text("step") == "second_step", form.text("all_the_same")
        done_at = form.moment(second_step.AT if second else "done_at", at, actor.zone, held.started_at)
        if form.text("step") not in NEVER_HELD_UP:
            whose.asked(form, held)
        match form.text("step"):
            case "pause":
                form.done()
                sessions.pause(session=held, reason=reason, by=actor, at=at, done_at=done_at)
            case "resume":
                form.done()
                sessions.resume(
                    session=held, reason=reason, by=actor, at=at, done_at=done_at, all_the_same=all_the_same
                )
            case "rate":
                change_rate(form, held, reason, actor, at, done_at)
            case "stop" | "complete" as name:
                pump_ml = form.amount("pump_ml", "Volume", "mL")
                form.done()
                ask_if_far(form, held, pump_ml, done_at or at)
                giving.stop(
                    session=held, reason=reason, complete=name == "complete", pump_ml=pump_ml, done_at=done_at,
                    by=actor, at=at,
                )  # fmt: skip
            case "read_pump":
                shown_ml = form.needed_amount("shown_ml", "Volume", "mL")
                form.done()
                ask_if_far(form, held, shown_ml, at, early=True)
                giving.read_pump(session=held, pump_ml=shown_ml, by=actor, at=at)
            case "second_step":
                form.done()
                second_step.start_second_step(
                    session=held, stable=form.text("stable") == "yes", done_at=done_at, all_the_same=all_the_same,
                    by=actor, at=at,
                )  # fmt: skip
            case "piece":
                form.done()
                giving.give_piece(
                    session=held, serial=form.text("serial"), early=form.text("early"), done_at=done_at,
                    all_the_same=all_the_same, by=actor, at=at,
                )  # fmt: skip
            case _:
                raise Refused(Refusal("step", "No step was chosen.", "Choose one."))

    return chair_answer(request, held, act, "dose")


def change_rate(
    form: forms.Reader, held: Session, reason: str, actor: Any, at: datetime, done_at: datetime | None
) -> None:
    new = form.needed_amount("new_ml_per_h", "New rate", "mL/h")
    form.done()
    giving.change_rate(session=held, new_ml_per_h=new, reason=reason, by=actor, at=at, done_at=done_at)


def ask_if_far(
    form: forms.Reader, held: Session, pump_ml: Decimal | None, at: datetime, *, early: bool = False
) -> None:
    """The pump's own volume against rate and time: far apart is asked about once (H40). By the bag at the end;
    early in an infusion, by what should have run in by then."""
    order, name = ordered.order_of(held.visit), "shown_ml" if early else "pump_ml"
    if pump_ml is None or order is None or order.bag_ml is None:
        return
    over = rates.over_bag(order, pump_ml, name)
    if over is not None:
        form.refusals.append(over)
    elif not form.confirms(name):
        expected = rates.expected_ml(held, order, at)
        if rates.is_far(pump_ml, expected, expected if early else order.bag_ml):
            words = f"The pump shows {pump_ml} mL; by rate and time it would be {expected:.1f} mL."
            form.refuse(name, words, "Check for an uncharted change; confirm if the pump is right.", "unlikely")
    form.done()
