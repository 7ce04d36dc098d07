"""The session note as a page and as a PDF; signing and adding."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.dosing.actions import notes
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import note as queries
from ketacare.clinic.dosing.queries import rates, signed_notes, syringes
from ketacare.clinic.dosing.views.page import answered, now, opened, page, past_review, reader, visit_url
from ketacare.clinic.people.access import Actor, NotHere, actor_of, guarded, may
from ketacare.clinic.pharmacy import access as pharmacy
from ketacare.clinic.tenancy.paper import paper, review_line

TEMPLATE = Path(__file__).parent.parent / "templates" / "dosing" / "session_note.typ"


@guarded("notes", "R")
def note(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    return note_page(request, readable(opened(request, visit_id, "R", "notes").session))


def readable(session: Session) -> Session:
    """While a second person checks blind, no page shows them the first entry."""
    if syringes.waits_for_check(session) or rates.waiting(session) is not None:
        raise NotHere
    return session


def note_page(request: HttpRequest, session: Session, refusals: list[dict[str, str]] | None = None) -> HttpResponse:
    actor = actor_of(request)
    content, signed = queries.content(session, actor.zone), signed_notes.signed(session.visit)
    return page(
        request, "note", session.visit, session, status=422 if refusals else 200,
        note=content,
        signed=signed,
        addenda=signed_notes.addenda(session.visit),
        mark=signed_notes.mark_of(session, content, signed),
        words=signed_notes.draft_words(session.visit, actor.user_id),
        writer=signed_notes.written_by_another(session.visit, actor.user_id),
        missing=signed_notes.missing(session),
        may_sign=may(actor, "notes", "S"),
        meaning=notes.MEANING,
        refusals=refusals or [],
    )  # fmt: skip


@guarded("notes", "U")
@require_POST
def draft(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    session, actor, at = opened(request, visit_id, "U", "notes")

    def act() -> None:
        form = reader(request)
        if form.text("act") == "take_over":
            notes.take_over(session=session, reason=form.text("note_taken"), words=form.text("words"), by=actor, at=at)
        else:
            notes.keep_draft(session=session, words=form.text("words"), by=actor, at=at)

    return answered(
        request, act, lambda refused: note_page(request, session, refused), visit_url(session.visit, "note")
    )


@guarded("notes", "S")
@require_POST
def sign(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """With the signer's own password, at the act (K6)."""
    session, actor, at = opened(request, visit_id, "S", "notes")

    def act() -> None:
        form = reader(request)
        pharmacy.confirmed(actor.user_id, form.typed.get("password", ""))
        if form.text("part") == "addendum":
            notes.add(session=session, words=form.text("addendum"), by=actor, at=at)
        else:
            notes.sign(session=session, words=form.text("words"), zone=actor.zone, by=actor, at=at)

    return answered(
        request, act, lambda refused: note_page(request, session, refused), visit_url(session.visit, "note")
    )


@guarded("notes", "R")
def note_pdf(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """PDF/UA, from the same values as the page; each print is audited."""
    actor, at = actor_of(request), now(request)
    session = readable(opened(request, visit_id, "R", "notes").session)
    audit.note(by=actor, at=at, verb="note.print", on=session, patient=session.visit.patient)
    return paper(
        TEMPLATE,
        printed(session, actor, at),
        name="session-note",
        clinic=session.visit.clinic,
        called="The session note",
        read_at=visit_url(session.visit, "note"),
    )


def printed(session: Session, actor: Actor, at: Any) -> dict[str, Any]:
    content, signed = queries.content(session, actor.zone), signed_notes.signed(session.visit)
    clock = queries.Clock(actor.zone, session)

    def signature(row: Any) -> dict[str, str]:
        who = row.recorded_by.name if row.recorded_by else ""
        return {"who": who, "at": f"{clock.day(row.recorded_at)} {clock.at(row.recorded_at)}", "words": row.words,
                "meaning": row.meaning}  # fmt: skip

    return {
        "note": content,
        "mark": signed_notes.mark_of(session, content, signed),
        "signed": signature(signed) if signed else None,
        "addenda": [signature(row) for row in signed_notes.addenda(session.visit)],
        "printed": f"{clock.day(at)} {clock.at(at)} by {actor.name}",
        "overdue": review_line(past_review(session, at, actor.zone)),
    }
