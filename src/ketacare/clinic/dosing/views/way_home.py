"""The ways home that are not the usual one, what goes along to hospital, and what is sent and counted afterwards."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.dosing.actions import leaving, programme
from ketacare.clinic.dosing.actions.release import TRANSFER
from ketacare.clinic.dosing.forms import Reader
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import card, effects, emergencies, going_home, ordered, rates, rems
from ketacare.clinic.dosing.queries import note as notes
from ketacare.clinic.dosing.views import release as release_views
from ketacare.clinic.dosing.views.page import answered, now, opened, page, reader, visit_url
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, NotHere, actor_of, guarded
from ketacare.clinic.tenancy.refusals import Refusal, Refused


@guarded("discharge", "S")
def way_home(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """A call about the way home, or leaving otherwise than ready; opened, it is the release page."""
    session = opened(request, visit_id, "S", "discharge").session
    if request.method != "POST":
        return release_views.shown_page(request, session)
    again = visit_url(session.visit, "session-release")
    return answered(
        request, lambda: act(request, session),
        lambda refused: release_views.shown_page(request, session, refused, "otherwise"), again,
    )  # fmt: skip


def act(request: HttpRequest, session: Session) -> None:
    form, by, at = reader(request), actor_of(request), now(request)
    match form.text("act"):
        case "call":
            leaving.call(
                session=session, who=form.text("who"), reached=form.answer("reached") is True,
                arrives=form.text("arrives"), words=form.text("words"), by=by, at=at,
            )  # fmt: skip
        case "leave":
            leaving.leave_otherwise(session=session, leaving=way_of(form, session, by, at), by=by, at=at)
        case "form_sent":
            programme.form_sent(session=session, words=form.text("words"), by=by, at=at)
        case _:
            raise Refused(Refusal("act", "Nothing was chosen.", "Choose one."))


def way_of(form: Reader, session: Session, by: Actor, at: datetime) -> leaving.Leaving:
    """As it was said; a time is a time, and all that is amiss is told at once (E7)."""
    way = leaving.Leaving(
        way=form.text("way"),
        said={name: form.text(name) for name in leaving.ASKED if name not in leaving.ABILITIES},
        abilities={name: form.answer(name) for name in leaving.ABILITIES},
        why_not=release_views.why_not(form),
        left_at=form.moment("left_at", at, by.zone, session.started_at),
    )
    if way.way == leaving.GONE and not form.text("left_at"):  # nobody who charts it saw them go just now
        remedy = "Enter it as near as is known; if nobody saw it, when last seen."
        form.refuse("left_at", "When they left is empty.", remedy)
    if way.way == TRANSFER and way.said["called_at"]:
        called_at = form.moment("called_at", at, by.zone, session.started_at)
        if called_at is not None and called_at > at:
            form.refuse("called_at", "That time has not come yet.", "Write when they were called.")
        elif called_at is not None:
            way.said["called_at"] = f"{called_at.astimezone(ZoneInfo(by.zone)):%H:%M}"
    try:
        leaving.refuse_if_not_whole(way, by)
    except Refused as refused:
        raise Refused([*form.refusals, *refused.refusals]) from None
    form.done()
    return way


@guarded("session", "R")
def transfer(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """The sheet that goes along to hospital: who, what was given and when, how it went. Printing it is audited."""
    session, actor, at = opened(request, visit_id)
    audit.note(by=actor, at=at, verb="transfer.print", on=session, patient=session.visit.patient)
    own, own_words = card.medicines(session.visit.patient)
    return page(
        request, "transfer", session.visit, session,
        note=notes.content(session, actor.zone, rates.hidden_from(session, actor.user_id)),
        found=effects.found(session),
        clinic=session.visit.clinic,
        contact=people.contact(session.visit.patient),
        escort=going_home.escort(session),
        doses=notes.given_words(session) or card.given_words(session, ordered.order_of(session.visit), at),
        given_more=card.given_more(session),
        emergency=emergencies.event_lines(session),
        own=own,
        own_words=own_words,
    )  # fmt: skip


@guarded("session", "R")
def rems_form(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """The facts of the programme's monitoring form, from the record; the form itself is the programme's."""
    session = opened(request, visit_id).session
    if session.started_at is None or not rems.asked_of(session):
        raise NotHere
    return page(
        request, "rems", session.visit, session,
        form=rems.form(session),
        times=rems.times(session) if session.left_at else None,
        duty=rems.open_duty(session),
        identity=people.identity(session.visit.patient),
        clinic=session.visit.clinic,
    )  # fmt: skip
