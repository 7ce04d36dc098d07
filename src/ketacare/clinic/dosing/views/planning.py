"""Dose planning: regimens side by side for one patient. It explains and predicts; the order is written elsewhere."""

from __future__ import annotations

import logging
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from ketacare.clinic.dosing import access
from ketacare.clinic.dosing.forms import Reader
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import earlier, overlay, predicting, schedule, timeline, under_way
from ketacare.clinic.dosing.queries.predicting import Person, Planned, View
from ketacare.clinic.dosing.queries.under_way import UnderWay
from ketacare.clinic.dosing.views.page import now, opened, page, shown
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.people.access import Actor, actor_of, guarded, may
from ketacare.clinic.protocols import queries as protocols
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.looks import one_look
from ketacare.medicine.dosing.rules import choices
from ketacare.medicine.dosing.rules.choices import Choice, NoSuchRegimen
from ketacare.medicine.dosing.rules.descriptors import AMOUNTS, rules_by_id
from ketacare.medicine.dosing.rules.titration import SHEET as TITRATION
from ketacare.medicine.dosing.rules.titration import Rules, Suggestion, explained, suggestion
from ketacare.medicine.pharmacology.terms import Band, Site
from ketacare.medicine.protocols.terms import DosingRule, Protocol

log = logging.getLogger(__name__)
PLACES = ("a", "b", "c")
FIELDS = ("way", "dose", "unit", "over")
SITES = ((Site.VENOUS.value, "a vein"), (Site.ARTERIAL.value, "an artery"))
BANDS = (
    (Band.TRUE.value, "True concentrations", "how people differ"),
    (Band.MEASURED.value, "Measured values", "that, and what a laboratory adds: hold a lab result to this"),
)


@guarded("prediction", "R")
def planning(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Nothing is kept: what is compared stands in the address, as doses and minutes only."""
    actor, at = actor_of(request), now(request)
    visit = access.visit_of(actor, visit_id, at=at, object_name="prediction")
    session = Session.objects.filter(visit=visit).first()
    if session is not None:
        session.visit = visit
    with one_look():
        return planning_page(request, visit, session)


def planning_page(request: HttpRequest, visit: Visit, session: Session | None) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    protocol = protocol_for(visit, session)
    common: dict[str, Any] = {"may_order": may(actor, "plan", "S") and session is not None, "here": here(visit)}
    if protocol is None:
        return page(request, "planning", visit, session, protocol=None, wide=True, **common)
    who = predicting.person(visit.patient, protocol.weight, at=at, zone=actor.zone)
    form = Reader({name: str(value) for name, value in request.GET.items()})
    typed = typed_or_first(request.GET, protocol)
    chosen, view = read_choices(Reader(typed), form), read_view(form)
    before = earlier.sessions_before(visit)
    found = predicting.planned(who, chosen, view) if chosen and not who.missing else []
    return page(
        request, "planning", visit, session, status=422 if form.refusals else 200,
        protocol=protocol,
        wide=True,
        person=who,
        typed_in=typed,
        view=view,
        refusals=[shown(refusal) for refusal in form.refusals],
        before=before,
        **told(who, found, view, before),
        **rules_for(protocol, visit, who, before, at, titration_for(visit, session)),
        **choices_of_page(here(visit), typed),
        **common,
    )  # fmt: skip


LABELS = (*(("now" if minute == 0 else f"in {minute} min") for minute in under_way.LOOK_AHEAD_MIN), "highest to come")


@guarded("prediction", "R")
def prediction(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """The course of a running session, for the chairside page or alone. Whatever fails here is told in words here."""
    session, actor, at = opened(request, visit_id, "R", "prediction")
    with one_look():
        timeline.read_once(session.visit)
        context: dict[str, Any] = {"seen": seen(session, actor, at, request.GET.get("slower", "")), "labels": LABELS}
        context["visit_id"] = str(session.visit_id)
    if request.headers.get("HX-Request"):
        return render(request, "dosing/_prediction.jinja", context)
    return page(request, "prediction", session.visit, session, **context)


def seen(session: Session, actor: Actor, at: datetime, slower: str) -> UnderWay:
    """A fault of the prediction is a word on the page and never a page that does not come."""
    try:
        with transaction.atomic():
            return under_way.seen(session, actor, at=at, slower=slower)
    except Exception:
        log.exception("the course of a session failed")
        return UnderWay((predicting.FAILED,))


def here(visit: Visit) -> str:
    return reverse("session-planning", kwargs={"visit_id": visit.pk})


def protocol_for(visit: Visit, session: Session | None) -> Protocol | None:
    """The session's own, in its versions; before check-in that of the course; None where nobody is enrolled."""
    if session is not None:
        return schedule.protocol_of(session)
    course = enrolment.current_enrolment(visit.patient)
    return None if course is None else enrolment.protocol_for(course)


def titration_for(visit: Visit, session: Session | None) -> Rules:
    """The rules between sessions, in the version that the session or else the course began with (H19)."""
    began = session or enrolment.current_enrolment(visit.patient)
    return protocols.rules_under(visit.clinic_id, TITRATION, began.sheets if began else {})


# --- what is compared -------------------------------------------------------------------------------------------------


def typed_or_first(asked: QueryDict, protocol: Protocol) -> dict[str, str]:
    """What the address says; with nothing in it, the protocol's own dose stands first."""
    names = [f"{place}_{field}" for place in PLACES for field in FIELDS]
    typed = {name: asked.get(name, "").strip() for name in names}
    if any(typed.values()):
        return typed
    first = choices.of_protocol(protocol).choice
    return typed if first is None else typed | in_address("a", first)


def in_address(place: str, one: Choice) -> dict[str, str]:
    values = (one.way.key, number(one.amount), one.unit, number(one.minutes))
    return {f"{place}_{field}": value for field, value in zip(FIELDS, values, strict=True)}


def number(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def read_choices(typed: Reader, form: Reader) -> list[Choice]:
    """Every regimen that is written; what is wrong with one is told beside its field, the others are still drawn."""
    found = []
    for place in PLACES:
        if not typed.text(f"{place}_dose"):
            continue
        amount = typed.amount(f"{place}_dose", "Dose", typed.text(f"{place}_unit") or "its unit")
        over = typed.amount(f"{place}_over", "Over", "min")
        if amount is None:
            continue
        try:
            found.append(choices.choice(typed.text(f"{place}_way"), amount, typed.text(f"{place}_unit"), over))
        except NoSuchRegimen as wrong:
            field = {"amount": "dose", "minutes": "over"}.get(wrong.field, wrong.field)
            form.refuse(f"{place}_{field}", str(wrong), "")
    form.refusals += typed.refusals
    return found


def read_view(form: Reader) -> View:
    level = form.amount("level", "Level", "ng/mL")
    return View(
        site=Site.ARTERIAL if form.text("site") == Site.ARTERIAL else Site.VENOUS,
        band=Band.MEASURED if form.text("band") == Band.MEASURED else Band.TRUE,
        level=level or predicting.landmark()[1],
        weight=form.text("weight"),
    )


def choices_of_page(address: str, typed: dict[str, str]) -> dict[str, Any]:
    free = next((place for place in PLACES if not typed[f"{place}_dose"]), PLACES[-1])
    return {
        "ways": [(way.key, way.words[:1].upper() + way.words[1:]) for way in choices.WAYS],
        "units": [(choices.MG_PER_KG, "mg/kg"), (choices.MG, "mg"), (choices.DEVICES, "devices")],
        "sites": SITES,
        "bands": BANDS,
        "slots": PLACES,
        "presets": [
            (one, "" if one.choice is None else f"{address}?{urlencode(typed | in_address(free, one.choice))}")
            for one in choices.presets()
        ],
    }


# --- what is told -----------------------------------------------------------------------------------------------------


def told(who: Person, found: list[Planned], view: View, before: list[earlier.Before]) -> dict[str, Any]:
    """The picture, the numbers beneath, and everything that must be read with them."""
    if not found or view.level is None:
        return {"planned": [], "picture": None}
    behind = earlier.Behind()
    if view.site is Site.VENOUS and any(one.prediction for one in found):
        until = max(int(one.prediction.case.times_min[-1]) for one in found if one.prediction)
        behind = earlier.drawn(before, until, predicting.STEP_MIN, who.age, view.band)
    level_words = f"Stays under {view.level.normalize():f} ng/mL from"
    return {
        "planned": found,
        "poorly": [overlay.poorly_known(one) for one in found],
        "letters": overlay.LETTERS,
        "picture": overlay.picture(found, behind.curves),
        "not_drawn": behind.missing,
        "rows": overlay.rows(found, level_words),
        "course_rows": overlay.course_rows(found),
        "reservations": overlay.reservations(found),
        "board": board_of(found),
        "models": overlay.other_models(found[0]),
    }


def board_of(found: list[Planned]) -> dict[str, Any]:
    """What is on board, once, whatever regimen it was asked for."""
    return {
        "told": list(dict.fromkeys(one for plan in found for one in plan.board.told)),
        "unknown": list(dict.fromkeys(words for plan in found for words in plan.board.unknown)),
    }


def rules_for(
    protocol: Protocol, visit: Visit, who: Person, before: list[earlier.Before], at: Any, titration: Rules
) -> dict[str, Any]:
    """No model of a route is a reason for no course, and none for no rules."""
    drug = choices.drug_of(protocol.drug)
    if drug is None:
        return {"suggested": None, "rules": caps(protocol)}
    improvement = earlier.improvement(visit.patient, at)
    judged = [one.judged for one in before]
    rules = (*caps(protocol), *explained(drug, protocol.route, who.age, titration))
    due = earlier.due_at(visit, before, protocol, titration)
    when = max(at, visit.starts_at)
    found: Suggestion = suggestion(
        drug, protocol.route, judged, improvement, when, due=due, sheet=protocol, rules=titration
    )
    return {"suggested": found, "improvement": improvement, "rules": rules}


CAPS = ("WD-3", "WD-4", "WD-5", "WD-6")


def caps(protocol: Protocol) -> tuple[DosingRule, ...]:
    """The most of a dose, a day and a week, and what asks to be confirmed by this route."""
    about = ("all", protocol.route.upper())
    return tuple(rule for rule in rules_by_id(AMOUNTS).values() if rule.id in CAPS and rule.applies in about)
