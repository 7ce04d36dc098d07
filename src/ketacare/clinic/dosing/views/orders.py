"""The order, the draw, the blind double check, the time-out and the start."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from ketacare.clinic.dosing import access, forms
from ketacare.clinic.dosing.actions import orders, sessions
from ketacare.clinic.dosing.models import Kind, Session, SessionState
from ketacare.clinic.dosing.queries import readiness, schedule, timeline
from ketacare.clinic.dosing.views.page import answered, now, page, reader, shown, visit_url
from ketacare.clinic.dosing.views.preparing import preparing_page
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, actor_of, guarded, may
from ketacare.clinic.people.models import User
from ketacare.clinic.pharmacy import access as pharmacy
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.dosing import rules
from ketacare.medicine.dosing.rules.order import DoesNotFit
from ketacare.medicine.dosing.terms import HoldKind, Order, TwoPeople, Working
from ketacare.medicine.quantities.terms import (
    Concentration,
    Duration,
    ImpossibleAmount,
    Mass,
    MassPerWeight,
    RatePump,
    Weight,
)


@guarded("plan", "S")
def order(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """An empty order has no dose. It is worked out first, looked at, then signed with the prescriber's own password."""
    actor, at = actor_of(request), now(request)
    session = access.session_of(actor, visit_id, "S", at=at, object_name="plan")
    if request.method != "POST":
        return order_page(request, session)
    try:
        asked = order_asked(request, session, at)
    except (Refused, ImpossibleAmount, DoesNotFit) as wrong:
        return order_page(request, session, refusals=refusals_of(wrong))
    working = rules.work_out(asked)
    if reader(request).text("act") != "sign":
        return order_page(request, session, working=working, asked=asked)

    def act() -> None:
        form = reader(request)
        pharmacy.confirmed(actor.user_id, form.typed.get("password", ""))
        second = second_person(form, actor)
        signed = lifted(asked, form, actor, second)
        drug = schedule.protocol_of(session).drug
        orders.sign_order(session=session, order=signed, drug=drug, second=second, by=actor, at=at)

    def again(refused: list[dict[str, str]]) -> HttpResponse:
        return order_page(request, session, working=working, asked=asked, refusals=refused)

    return answered(request, act, again, visit_url(session.visit) + "#dose")


def refusals_of(wrong: Exception) -> list[dict[str, str]]:
    if isinstance(wrong, Refused):
        return [shown(refusal) for refusal in wrong.refusals]
    return [{"field": "dose", "rule": str(wrong), "remedy": "", "kind": "impossible"}]


def order_asked(request: HttpRequest, session: Session, at: datetime) -> Order:
    """What the form asks for, not yet judged."""
    form, sheet, visit = reader(request), schedule.protocol_of(session), session.visit
    dose = form.needed_amount("dose", "Dose", "mg/kg")
    minutes = form.needed_amount("minutes", "Time", "min")
    vial = form.needed_amount("vial", "Vial", "mg/mL")
    measure, plan = people.latest_measure(visit.patient), enrolment.plan_for(visit.patient)
    if measure is None:
        form.refuse("dose", "There is no weight.", "Weigh the patient first.")
    if dose == 0 or minutes == 0 or vial == 0:
        form.refuse("dose" if dose == 0 else "minutes" if minutes == 0 else "vial", "Cannot be zero.", "Enter it.")
    form.done()
    assert measure is not None
    return Order(
        protocol=sheet,
        dose=MassPerWeight(dose),
        weight=Weight(measure.weight_kg),
        weighed_at=measure.happened_at,
        vial=Concentration(vial),
        at=at,
        minutes=Duration(minutes),
        bag=sheet.bag,
        planned=MassPerWeight(plan.dose_mg_per_kg) if plan else None,
        last_given=last_given(session),
        confirmed_by_prescriber=form.text("confirm_high") == "yes",
    )


def last_given(session: Session) -> MassPerWeight | None:
    """What the last session was ordered at, by weight."""
    visits = session.visit.patient.visits.filter(starts_at__lt=session.visit.starts_at).order_by("-starts_at")
    earlier = next((found for visit in visits if (found := timeline.order_of(visit))), None)
    return MassPerWeight(earlier.dose_mg_per_kg) if earlier else None


def second_person(form: forms.Reader, actor: Actor) -> User | None:
    if not form.text("second"):
        return None
    return pharmacy.witness_of(actor, form.text("second"), form.typed.get("witness_password", ""))


def lifted(asked: Order, form: forms.Reader, actor: Actor, second: User | None) -> Order:
    """With two names and a reason where a hold asks for two people."""
    if second is None or not form.text("reason"):
        return asked
    return replace(asked, two_people=TwoPeople(actor.name, second.name, form.text("reason")))


def order_page(
    request: HttpRequest,
    session: Session,
    *,
    working: Working | None = None,
    asked: Order | None = None,
    refusals: list[dict[str, str]] | None = None,
) -> HttpResponse:
    sheet, visit = schedule.protocol_of(session), session.visit
    return page(
        request, "order", visit, session, status=422 if refusals else 200,
        sheet=sheet,
        plan=enrolment.plan_for(visit.patient),
        measure=people.latest_measure(visit.patient),
        dosing_weight=readiness.dosing_weight(visit),
        asked=asked,
        working=working,
        chain=chain(asked, working) if asked and working else None,
        two_people=any(hold.kind is HoldKind.TWO_PEOPLE for hold in working.holds) if working else False,
        confirm=any(hold.kind is HoldKind.CONFIRM for hold in working.holds) if working else False,
        refused_hold=any(hold.kind is HoldKind.REFUSED for hold in working.holds) if working else False,
        earlier=earlier_orders(session),
        form=request.POST,
        refusals=refusals or [],
    )  # fmt: skip


def chain(asked: Order, working: Working) -> list[dict[str, str]]:
    """mg/kg → mg → mL → bag → mL/h, each with its working."""
    words = {step.name: step.words for step in working.steps}
    return [
        {"label": "Dose", **parts(working.dose.written()), "working": words["ordered"]},
        {"label": "Draw", **parts(working.draw.written()), "working": words["concentration"]},
        {"label": "Make up to", **parts(working.total.written()), "working": words["volume"]},
        {"label": "Set the pump to", **parts(working.rate.written()), "working": words["rate"]},
        {"label": "For", **parts(working.minutes.written()), "working": "by hand on the pump; nothing is sent to it"},
    ]


def parts(written: str) -> dict[str, str]:
    value, _, unit = written.partition(" ")
    return {"value": value, "unit": unit}


def earlier_orders(session: Session) -> list[tuple[Any, timeline.Order]]:
    visits = session.visit.patient.visits.filter(starts_at__lt=session.visit.starts_at).order_by("-starts_at")[:3]
    return [(visit, found) for visit in visits if (found := timeline.order_of(visit))]


# --- draw and double check -------------------------------------------------------------------------------------------


@guarded("dose", "C")
@require_POST
def draw(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    session = access.session_of(actor, visit_id, "C", at=at, object_name="dose")

    def act() -> None:
        form = reader(request)
        chosen = form.need("container", "No vial was chosen.")
        form.done()
        orders.draw_dose(session=session, container=pharmacy.container_of(actor, UUID(chosen)), by=actor, at=at)

    return answered(
        request, act, lambda refused: preparing_page(request, session, refused, "draw"), visit_url(session.visit)
    )


@guarded("dose", "C")
@require_POST
def undo_draw(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """The syringe goes back, with a witness."""
    actor, at = actor_of(request), now(request)
    session = access.session_of(actor, visit_id, "C", at=at, object_name="dose")

    def act() -> None:
        form = reader(request)
        witness = pharmacy.witness_of(actor, form.text("witness"), form.typed.get("witness_password", ""))
        orders.undo_draw(session=session, witness=witness, reason=form.text("reason"), by=actor, at=at)

    return answered(request, act, lambda refused: waiting_page(request, session, refused), visit_url(session.visit))


def waiting_page(request: HttpRequest, session: Session, refusals: list[dict[str, str]] | None = None) -> HttpResponse:
    """Drawn or checked: what the next person does. Amounts are shown only to who drew them and once checked."""
    actor = actor_of(request)
    drawn = timeline.latest(session.visit, Kind.DRAW)
    order = timeline.order_of(session.visit)
    mine = drawn is not None and drawn.recorded_by_id == actor.user_id
    return page(
        request, "waiting", session.visit, session, status=422 if refusals else 200,
        drawn=drawn,
        mine=mine,
        order=order if mine or session.state == SessionState.CHECKED else None,
        checks=timeline.standing(session.visit, Kind.DOUBLE_CHECK),
        time_out=timeline.latest(session.visit, Kind.TIME_OUT),
        may_check=may(actor, "dose", "C") and not mine,
        fresh=time_out_is_fresh(session, now(request)),
        items=SAID_WORDS,
        refusals=refusals or [],
    )  # fmt: skip


SAID_WORDS = (
    ("patient", "Patient: full name and birth date, said by the patient"),
    ("drug", "Drug: on the syringe and on the order"),
    ("dose", "Dose: mg, mL and pump rate"),
    ("route", "Route: intravenous; line flushes"),
    ("allergies", "Allergies"),
    ("consent", "Consent: the patient still wants this today"),
    ("escort", "Escort: who, and when they come"),
    ("emergency_kit", "Oxygen, suction, bag and mask, emergency box at hand"),
)


def time_out_is_fresh(session: Session, at: datetime) -> bool:
    entry = timeline.latest(session.visit, Kind.TIME_OUT)
    check = timeline.latest(session.visit, Kind.DOUBLE_CHECK)
    after = entry is not None and check is not None and entry.recorded_at >= check.recorded_at
    return bool(after and entry and at - entry.recorded_at <= sessions.TIME_OUT_LASTS)


@guarded("dose", "C")
def double_check(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """A second person's own entry. The page knows the first one and shows nothing of it."""
    actor, at = actor_of(request), now(request)
    session = access.session_of(actor, visit_id, "C", at=at, object_name="dose")
    if request.method != "POST":
        return double_check_page(request, session)
    try:
        differing = checked(reader(request), session, actor, at)
    except (Refused, ImpossibleAmount) as wrong:
        return double_check_page(request, session, refusals=refusals_of(wrong))
    if differing:
        return double_check_page(request, session, differing=differing)
    return HttpResponseRedirect(visit_url(session.visit))


def checked(form: forms.Reader, session: Session, actor: Actor, at: datetime) -> tuple[str, ...]:
    year, initials = form.need("birth_year", "Birth year is empty."), form.need("initials", "Initials are empty.")
    drug = form.need("drug", "Drug is empty.")
    dose = form.needed_amount("dose", "Dose", "mg")
    concentration = form.needed_amount("concentration", "Concentration", "mg/mL")
    rate = form.needed_amount("rate", "Pump rate", "mL/h")
    form.done()
    return orders.check_blind(
        session=session, birth_year=year, initials=initials, drug=full_name(drug, session), dose=Mass(dose),
        concentration=Concentration(concentration), rate=RatePump(rate), by=actor, at=at,
    )  # fmt: skip


def full_name(typed: str, session: Session) -> str:
    """ "ketamine" means the protocol's racemic ketamine; "esketamine" means something else and must differ."""
    drug = schedule.protocol_of(session).drug
    return drug if typed.casefold() in (drug.casefold(), drug.partition(" (")[0].casefold()) else typed


def double_check_page(
    request: HttpRequest,
    session: Session,
    *,
    differing: tuple[str, ...] = (),
    refusals: list[dict[str, str]] | None = None,
) -> HttpResponse:
    drawn = timeline.latest(session.visit, Kind.DRAW)
    return page(
        request, "double_check", session.visit, session, status=422 if refusals else 200,
        drawn=drawn,
        mine=drawn is not None and drawn.recorded_by_id == actor_of(request).user_id,
        waits=session.state == SessionState.DRAWN,
        differing=differing,
        form=request.POST,
        refusals=refusals or [],
    )  # fmt: skip


# --- time-out and start ----------------------------------------------------------------------------------------------


@guarded("dose", "S")
@require_POST
def time_out(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Read aloud; the person who will start the pump proves who they are (K6) and who the patient is (H4)."""
    actor, at = actor_of(request), now(request)
    session = access.session_of(actor, visit_id, "S", at=at, object_name="dose")

    def act() -> None:
        form = reader(request)
        pharmacy.confirmed(actor.user_id, form.typed.get("password", ""))
        orders.time_out(
            session=session, said=set(request.POST.getlist("said")), birth_year=form.text("birth_year"),
            initials=form.text("initials"), by=actor, at=at,
        )  # fmt: skip

    return answered(
        request, act, lambda refused: waiting_page(request, session, refused), visit_url(session.visit) + "#start"
    )


@guarded("dose", "C")
@require_POST
def start(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """One press sets T0."""
    actor, at = actor_of(request), now(request)
    session = access.session_of(actor, visit_id, "C", at=at, object_name="dose")

    def act() -> None:
        sessions.start_infusion(session=session, by=actor, at=at)

    return answered(request, act, lambda refused: waiting_page(request, session, refused), visit_url(session.visit))
