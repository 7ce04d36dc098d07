"""The draw, what was drawn wasted or put back, and the label of what was prepared."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.dosing.actions import drawing
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import label as labels
from ketacare.clinic.dosing.queries import syringes
from ketacare.clinic.dosing.queries.syringes import FIRST, Stage
from ketacare.clinic.dosing.views.checking import waiting_page
from ketacare.clinic.dosing.views.page import answered, opened, reader, visit_url
from ketacare.clinic.dosing.views.preparing import preparing_page
from ketacare.clinic.people.access import NotHere, guarded
from ketacare.clinic.pharmacy import access as pharmacy
from ketacare.clinic.tenancy.paper import paper

TEMPLATE = Path(__file__).parent.parent / "templates" / "dosing" / "label.typ"


@guarded("dose", "C")
@require_POST
def draw(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    session, actor, at = opened(request, visit_id, "C", "dose")

    def act() -> None:
        form = reader(request)
        chosen = request.POST.getlist("container")
        if not chosen:
            form.refuse("container", "Nothing was chosen.", "Choose what you have in your hand.")
        drawn_ml = form.amount("drawn_ml", "Volume drawn", "mL")
        form.done()
        containers = [pharmacy.container_of(actor, UUID(one)) for one in chosen]
        drawing.draw_dose(session=session, containers=containers, drawn_ml=drawn_ml, by=actor, at=at)

    def again(refused: list[dict[str, str]]) -> HttpResponse:
        if session.started_at is None:
            return preparing_page(request, session, refused, "draw")
        return waiting_page(request, session, refused)

    return answered(request, act, again, next_page(session))


def next_page(session: Session) -> str:
    return visit_url(session.visit, "session" if session.started_at is None else "session-second")


@guarded("dose", "C")
@require_POST
def undo_draw(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """What was drawn is wasted, what is counted goes back; with a witness."""
    session, actor, at = opened(request, visit_id, "C", "dose")

    def act() -> None:
        form = reader(request)
        witness = pharmacy.witness_of(actor, form.text("witness"), form.typed.get("witness_password", ""))
        drawing.undo_draw(session=session, witness=witness, reason=form.text("reason"), by=actor, at=at)

    return answered(request, act, lambda refused: waiting_page(request, session, refused), next_page(session))


@guarded("dose", "R")
def label_pdf(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """For the syringe or bag. Until a second person has checked, only who drew it may print it: it has the amounts."""
    session, actor, at = opened(request, visit_id, "R", "dose")
    syringe = syringes.in_hand(session)
    if syringe.drawn is None:
        raise NotHere
    if syringe.stage is Stage.DRAWN and syringe.drawn.recorded_by_id != actor.user_id:
        raise NotHere
    audit.note(by=actor, at=at, verb="label.print", on=session, patient=session.visit.patient)
    name = "label" if syringe.number == FIRST else "label-2"
    return paper(
        TEMPLATE,
        labels.content(session, syringe, actor.zone),
        name=name,
        clinic=session.visit.clinic,
        called="The label",
        read_at=next_page(session),
    )
