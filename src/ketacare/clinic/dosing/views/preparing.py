"""Before the dose: today's sessions, check-in, the readiness list, go or no-go, call off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from ketacare.clinic.candidacy import queries as treatable
from ketacare.clinic.candidacy.forms import screening_from
from ketacare.clinic.dosing import access, forms
from ketacare.clinic.dosing.actions import identity, interview, preparing, release, sessions
from ketacare.clinic.dosing.actions.preparing import given_before
from ketacare.clinic.dosing.models import Kind, Session, SessionState
from ketacare.clinic.dosing.queries import (
    also,
    checklist,
    day,
    emergencies,
    going_home,
    last_session,
    ordered,
    readiness,
    reconciling,
    risk_today,
    schedule,
    timeline,
)
from ketacare.clinic.dosing.queries.facts import Known
from ketacare.clinic.dosing.views.page import answered, now, opened, page, past_review_before, reader, visit_url
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import Actor, NotHere, actor_of, guarded, may
from ketacare.clinic.people.models import AllergyState
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.scheduling import queries as scheduling
from ketacare.clinic.scheduling.models import Chair
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.looks import one_look
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.dosing import rules
from ketacare.medicine.quantities.terms import Weight

Answer = Callable[[forms.Reader, Session, datetime, str], dict[str, Known]]


@guarded("session", "R")
def sessions_today(request: HttpRequest) -> HttpResponse:
    actor, at = actor_of(request), now(request)

    def held(session: Session) -> list[str]:
        with one_look():
            return [f"no longer go: {one.rule}" for one in preparing.fallen(session, at=at, zone=actor.zone)]

    return render(request, "dosing/sessions.jinja", {"rows": day.sessions_of_day(actor, at=at, held=held)})


def preparing_page(
    request: HttpRequest, session: Session, refusals: list[dict[str, str]] | None = None, item: str = ""
) -> HttpResponse:
    """The readiness list with the answer so far, the order, and the next step."""
    with one_look():  # the person's whole case is gathered once
        return preparing_now(request, session, refusals, item)


def preparing_now(
    request: HttpRequest, session: Session, refusals: list[dict[str, str]] | None, item: str
) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    visit, protocol = session.visit, schedule.protocol_of(session)
    lifted = given_before(session, at=at)
    decision = readiness.decision(session, at=at, zone=actor.zone, given=lifted)
    order, check = ordered.order_of(visit), reconciling.checked(session, at, actor.zone)
    nobodys = {reconciling.CHECK} if check.beyond_prescriber else set[str]()
    binding, seen_to = preparing.binding(session, at=at, zone=actor.zone), preparing.seen_to(session)
    return page(
        request, "preparing", visit, session, status=422 if refusals else 200,
        checks=checklist.rows(session, decision, lifted, at=at, refused=item),
        decision=decision,
        at_odds=readiness.AT_ODDS,
        check=check,
        may_go=decision.permits,
        to_lift=[row for row in readiness.liftable(decision) if row.criterion not in nobodys],
        lifted=lifted,
        ticked=request.POST.getlist("seen_to"),
        binding=binding,
        conditions_open=[one for one in binding if one.key not in seen_to],
        decided=timeline.latest(visit, Kind.DECISION),
        order=order,
        also=also.lines(session, order, None, at, actor.zone),
        proposed=ordered.proposed(visit),
        products=products_for(actor.clinic_id, order, local_day(at, actor.zone)),
        prescriber=may(actor, "plan", "S"),
        pressures=readiness.pressures(session, at),
        undecided=checklist.concerns(actor, session),
        owed=readiness.reviews_overdue(session.visit.patient, at),
        asked_before=readiness.safety_before(session.visit),
        of_today=checklist.questions(session, at),
        last_open=last_session.still_open(session),
        repeat=checklist.repeat_due(session, at),
        high=going_home.high_words(session, at) if session.state == SessionState.PREPARING else "",
        **emergencies.before_the_dose(session, at),
        refusals=refusals or [],
        refused_item=item,
        part=item,
        risk_questions=treatable.risk_questions(),
        interview=risk_today.owed(visit.patient),
        hold_it=risk_today.HOLD_IT,
        offered=forms,
        asked=[check.id for check in protocol.readiness.checks if check.is_asked(protocol.drug, protocol.route)],
        today=local_day(at, actor.zone),
        overdue=past_review_before(session, at, actor.zone),
    )  # fmt: skip


def products_for(clinic_id: UUID, order: ordered.Ordered | None, on: date) -> list[Any]:
    """What is in the cabinet of exactly the ordered product: drug, and strength or content of a piece (H1)."""
    if order is None:
        return []
    stock = ledger.containers_in_stock(clinic_id=clinic_id, drug=order.drug, on=on)
    wanted = (order.vial_mg_per_ml, order.piece_mg)
    return [one for one in stock if (one.concentration_mg_per_ml, one.piece_mg) == wanted]


def booked_page(request: HttpRequest, visit: Any, refusals: list[dict[str, str]] | None = None) -> HttpResponse:
    actor, plan = actor_of(request), enrolment.plan_for(visit.patient)
    shown: dict[str, Any] = {
        "plan": plan,
        "chairs": scheduling.free_chairs(visit),
        "held": readiness.undecided(visit.patient),
        "sees_concerns": may(actor, "concerns", "R"),
    }
    return page(request, "booked", visit, status=422 if refusals else 200, refusals=refusals or [], **shown)


@guarded("session", "C")
@require_POST
def check_in(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    visit = access.visit_of(actor, visit_id, "C", at=at)

    def act() -> None:
        plan = enrolment.plan_for(visit.patient)
        if plan is None:
            raise Refused(Refusal("plan", "There is no signed plan.", "Ask the prescriber to sign one.", "policy"))
        chair = chosen_chair(request.POST.get("chair", ""), actor.clinic_id)
        if chair is None:
            raise Refused(Refusal("chair", "No chair was chosen.", "Choose a free chair."))
        sessions.check_in(
            visit=visit, protocol_id=plan.sheet_id, protocol_version=plan.sheet_version, chair=chair, by=actor, at=at
        )

    return answered(request, act, lambda refused: booked_page(request, visit, refused), visit_url(visit))


def chosen_chair(text: str, clinic_id: UUID) -> Chair | None:
    return next((chair for chair in scheduling.chairs(clinic_id) if str(chair.pk) == text), None)


# --- the list --------------------------------------------------------------------------------------------------------

ANSWERS: dict[str, Answer] = {
    "identity": lambda form, session, at, zone: forms.identity_facts(
        form,
        agrees=identity.same_person(session.visit.patient, form.text("birth_year"), form.text("initials")),
    ),
    "consent": lambda form, session, at, zone: forms.consent_facts(form),
    "escort": lambda form, session, at, zone: forms.escort_facts(form),
    "fasting": lambda form, session, at, zone: forms.fasting_facts(form, at, zone),
    "pregnancy": lambda form, session, at, zone: forms.pregnancy_facts(form),
    "allergies": lambda form, session, at, zone: forms.allergies_facts(form),
    "state": lambda form, session, at, zone: forms.state_facts(form),
    "today": lambda form, session, at, zone: forms.today_facts(form, checklist.questions(session, at)),
    "records": lambda form, session, at, zone: forms.records_facts(form),
    "room": lambda form, session, at, zone: forms.room_facts(form),
}


@guarded("session", "U")
@require_POST
def answer(request: HttpRequest, visit_id: UUID, item: str) -> HttpResponse:
    """One item of the list answered."""
    session, actor, at = opened(request, visit_id, "U")
    if item not in (*ANSWERS, risk_today.ITEM):
        raise NotHere

    def act() -> None:
        if item == risk_today.ITEM:
            ask_of_risk(request, session, actor, at)
            return
        form = reader(request)
        facts = ANSWERS[item](form, session, at, actor.zone)
        form.done()
        if item == "allergies":
            keep_allergies(form, session, actor, at)
        preparing.record_facts(session=session, item=item, facts=facts, words=form.text("words"), by=actor, at=at)

    again = visit_url(session.visit) + f"#{checklist.after(item)}"
    return answered(request, act, lambda refused: preparing_page(request, session, refused, item), again)


def ask_of_risk(request: HttpRequest, session: Session, actor: Actor, at: datetime) -> None:
    said = screening_from(request.POST)
    interview.record_interview(
        session=session,
        answers=said["answers"],
        refused=said["refused"],
        words=request.POST.get("words", ""),
        by=actor,
        at=at,
    )


def keep_allergies(form: forms.Reader, session: Session, actor: Any, at: datetime) -> None:
    """Confirmed "none known" today is dated today in the header as well; over a list that names some, with a reason."""
    if form.text("list") == "none_known":
        people.record_allergies(
            patient=session.visit.patient,
            state=AllergyState.NONE_KNOWN,
            entries=[],
            amend_reason=form.text("amend_reason"),
            by=actor,
            at=at,
        )


@guarded("readings", "C")
@require_POST
def vitals_before(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Today's vital signs before the dose. Every reading is kept; the last two decide."""
    session, actor, at = opened(request, visit_id, "C", "readings")

    def act() -> None:
        form = reader(request)
        values = forms.vital_signs(form)
        taken_at = form.moment("taken_at", at, actor.zone) or at
        form.done()
        monitoring.record_by_hand(visit=session.visit, values=values, taken_at=taken_at, by=actor, at=at)

    again = visit_url(session.visit) + "#vitals"
    return answered(request, act, lambda refused: preparing_page(request, session, refused, "vitals"), again)


@guarded("readings", "C")
@require_POST
def weigh(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Today's weight, against the dosing weight; a slip of pounds for kilograms is asked about (H3)."""
    session, actor, at = opened(request, visit_id, "C", "readings")
    visit = session.visit

    def act() -> None:
        form = reader(request)
        weight = forms.weight(form)
        if weight is not None and not form.confirms("weight"):
            ask_about(form, session, weight)
        form.done()
        assert weight is not None
        people.record_measure(
            patient=visit.patient, weight_kg=weight.amount, typed=form.text("weight"), by=actor, at=at
        )

    again = visit_url(visit) + "#weight"
    return answered(request, act, lambda refused: preparing_page(request, session, refused, "weight"), again)


def ask_about(form: forms.Reader, session: Session, weight: Weight) -> None:
    sheet = schedule.protocol_of(session).weight
    height = checklist.height_cm(session.visit)
    for hold in rules.weight_holds(weight, sheet, dosing=readiness.dosing_weight(session.visit), height_cm=height):
        if hold.kind == "ask":
            rule, _, remedy = hold.words.rpartition(". ")
            form.refuse("weight", f"{rule}.", remedy, "unlikely")


# --- the decision ----------------------------------------------------------------------------------------------------


@guarded("session", "S")
@require_POST
def decide(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    session, actor, at = opened(request, visit_id, "S")

    def act() -> None:
        form = reader(request)
        lifted = {name[5:]: form.text(name) for name in form.typed if name.startswith("lift-")}
        go = form.need("decision", "Choose go or no-go.") == "go"
        form.done()
        preparing.decide(
            session=session, go=go, overrides=lifted, seen_to=request.POST.getlist("seen_to"),
            words=form.text("words"), by=actor, at=at,
        )  # fmt: skip

    again = visit_url(session.visit) + "#decision"
    return answered(request, act, lambda refused: preparing_page(request, session, refused, "decision"), again)


@guarded("session", "S")
@require_POST
def call_off(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    session, actor, at = opened(request, visit_id, "S")

    def act() -> None:
        form = reader(request)
        release.call_off(session=session, reason=form.text("reason"), over=form.text("over"), by=actor, at=at)

    return answered(
        request, act, lambda refused: preparing_page(request, session, refused, "call_off"), visit_url(session.visit)
    )
