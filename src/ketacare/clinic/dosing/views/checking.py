"""Between the draw and the patient: the blind double check, the time-out, the start; and the same for what follows."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from ketacare.clinic.dosing import forms
from ketacare.clinic.dosing.actions import checking, giving, identity
from ketacare.clinic.dosing.models import Kind, Session
from ketacare.clinic.dosing.queries import (
    emergencies,
    ordered,
    proving,
    rates,
    schedule,
    supervising,
    syringes,
    timeline,
)
from ketacare.clinic.dosing.queries.syringes import FIRST, Stage, Syringe
from ketacare.clinic.dosing.views.orders import refusals_of
from ketacare.clinic.dosing.views.page import answered, now, opened, page, reader, visit_url
from ketacare.clinic.dosing.views.preparing import products_for
from ketacare.clinic.monitoring import access as monitoring_access
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people.access import Actor, actor_of, guarded, may
from ketacare.clinic.pharmacy import access as pharmacy
from ketacare.clinic.supervision import queries as posts
from ketacare.clinic.supervision.models import Task
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.dosing.terms import DoseEntry
from ketacare.medicine.protocols.reader import time_out_lasts
from ketacare.medicine.protocols.terms import Means
from ketacare.medicine.quantities.terms import Concentration, ImpossibleAmount, Mass, RatePump, Volume

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


def waiting_page(
    request: HttpRequest, session: Session, refusals: list[dict[str, str]] | None = None, part: str = ""
) -> HttpResponse:
    """Drawn or checked: what the next person does. Amounts are shown only to who drew them and once checked."""
    actor, at = actor_of(request), now(request)
    syringe = syringes.in_hand(session)
    drawn, order = syringe.drawn, syringe.order
    mine = drawn is not None and drawn.recorded_by_id == actor.user_id
    to_start = syringe.stage is Stage.CHECKED and session.started_at is None and may(actor, "alarms", "C")
    ticket = monitoring_access.visit_ticket(actor, session.visit, at=at) if to_start else ""
    return page(
        request, "waiting", session.visit, session, status=422 if refusals else 200,
        live=f"/live/stream?{urlencode({'ticket': ticket})}" if ticket else "",
        here=visit_url(session.visit) if ticket else "",
        untried=proving.missing(session, actor, at=at) if to_start else (),
        paired=bool(watch.open_pairings(session.visit)),
        supervises=supervising.row(session, actor, Task.SUPERVISES, posts.post(session.visit, Task.SUPERVISES)),
        whereabouts=supervising.PLACES,
        syringe=syringe,
        drawn=drawn,
        mine=mine,
        order=order if mine or syringe.stage in (Stage.NONE, Stage.ORDERED, Stage.CHECKED) else None,
        products=products_for(actor.clinic_id, order, at) if syringe.stage is Stage.ORDERED else [],
        checks=[row for row in timeline.standing(session.visit, Kind.DOUBLE_CHECK) if row.name == ""],
        time_out=timeline.latest(session.visit, Kind.TIME_OUT),
        may_check=may(actor, "dose", "C") and not mine,
        may_order=may(actor, "plan", "S") and syringes.may_order_second(session),
        fresh=time_out_is_fresh(session, syringe, at),
        time_out_minutes=time_out_lasts() // timedelta(minutes=1),
        items=said_words(session),
        window=second_window(session),
        serial_each=schedule.serial_each(session),
        one_more=supervising.would_be_one_more(session, actor),
        **emergencies.before_the_dose(session, at),
        part=part,
        refusals=refusals or [],
    )  # fmt: skip


def said_words(session: Session) -> list[tuple[str, str]]:
    """What is read aloud, in the words of this route."""
    sheet = schedule.protocol_of(session)
    if sheet.means is Means.INFUSION:
        return list(SAID_WORDS)
    told = {
        "IM": "intramuscular; the site", "SC": "subcutaneous; the site", "PO": "by mouth", "SL": "under the tongue",
        "IN": "nose; blown once, head back",
    }  # fmt: skip
    words = dict(SAID_WORDS) | {
        "dose": "Dose: mg, and mL or pieces",
        "route": f"Route: {told.get(sheet.route, sheet.route)}",
    }
    return list(words.items())


def second_window(session: Session) -> str:
    rule = schedule.protocol_of(session).second
    return "" if rule is None else f"{rule.earliest} to {rule.latest} after the first"


def time_out_is_fresh(session: Session, syringe: Syringe, at: datetime) -> bool:
    entry = timeline.latest(session.visit, Kind.TIME_OUT)
    check = syringe.check
    after = entry is not None and check is not None and entry.recorded_at >= check.recorded_at
    return bool(after and entry and at - entry.recorded_at <= time_out_lasts())


@guarded("dose", "C")
def second_dose(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """The second injection of a session, step by step beside a patient who is watched already."""
    session = opened(request, visit_id, "C", "dose").session
    return waiting_page(request, session)


# --- the double check ------------------------------------------------------------------------------------------------


@guarded("dose", "C")
def double_check(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """A second person's own entry. The page knows the first one and shows nothing of it."""
    session, actor, at = opened(request, visit_id, "C", "dose")
    if request.method != "POST":
        return double_check_page(request, session)
    form = reader(request)
    try:
        if rates.waiting(session) is not None:
            differing = rate_checked(form, session, actor, at)
        else:
            differing = checked(form, session, actor, at)
    except (Refused, ImpossibleAmount) as wrong:
        return double_check_page(request, session, refusals=refusals_of(wrong))
    if differing:
        return double_check_page(request, session, differing=differing)
    second = session.started_at is not None and not schedule.protocol_of(session).bags
    return HttpResponseRedirect(visit_url(session.visit, "session-second" if second else "session"))


def rate_checked(form: forms.Reader, session: Session, actor: Actor, at: datetime) -> tuple[str, ...]:
    rate = form.needed_amount("rate", "Pump rate", "mL/h")
    form.done()
    return checking.check_rate(session=session, rate=RatePump(rate).rounded(), by=actor, at=at)


def checked(form: forms.Reader, session: Session, actor: Actor, at: datetime) -> tuple[str, ...]:
    """What this route has is asked for, and all of it."""
    year, initials = form.need("birth_year", "Birth year is empty."), form.need("initials", "Initials are empty.")
    drug, dose = form.need("drug", "Drug is empty."), form.needed_amount("dose", "Dose", "mg")
    route = form.need("route", "Say by which route.")
    found: dict[str, object] = {}
    sheet = schedule.protocol_of(session)
    if sheet.means is Means.COUNTED:
        pieces = form.needed_amount("pieces", "How many", "pieces")
        if pieces % 1:
            form.refuse("pieces", f"{pieces} is no whole number.", "Count the pieces.")
        found |= {"pieces": int(pieces)}
        if sheet.pieces[0].serial_each:
            found |= {"serials": tuple(form.need("serials", "Serials are empty.").casefold().replace(",", " ").split())}
    else:
        strength = form.needed_amount("concentration", "Concentration", "mg/mL")
        found |= {"volume": Volume(form.needed_amount("volume", "Volume in the syringe", "mL"))}
        found |= {"concentration": Concentration(strength)} if strength else {}
    if sheet.means is Means.INFUSION:
        found |= {"total": Volume(form.needed_amount("total", "Made up to", "mL"))}
        found |= {"rate": RatePump(form.needed_amount("rate", "Pump rate", "mL/h"))}
    form.done()
    entry = DoseEntry(identity.as_said(year, initials), full_name(drug, session), Mass(dose), route=route, **found)  # type: ignore[arg-type]
    return checking.check_blind(session=session, found=entry, by=actor, at=at)


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
    change, syringe = rates.waiting(session), syringes.in_hand(session)
    first = syringe.drawn if change is None else rates.as_entered(change)
    sheet = schedule.protocol_of(session)
    return page(
        request, "double_check", session.visit, session, status=422 if refusals else 200,
        change=change is not None,
        infused=sheet.means is Means.INFUSION,
        counted=sheet.means is Means.COUNTED,
        serials=sheet.means is Means.COUNTED and sheet.pieces[0].serial_each,
        mine=first is not None and first.recorded_by_id == actor_of(request).user_id,
        waits=change is not None or syringe.stage is Stage.DRAWN,
        spent=rates.is_spent(session, change) if change else syringes.is_spent(session, syringe),
        differing=differing,
        routes=list(ordered.ROUTES.items()),
        form=request.POST,
        refusals=refusals or [],
    )  # fmt: skip


# --- time-out and start ----------------------------------------------------------------------------------------------


@guarded("dose", "S")
@require_POST
def time_out(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Read aloud; the person who will start the pump proves who they are (K6) and who the patient is (H4)."""
    session, actor, at = opened(request, visit_id, "S", "dose")

    def act() -> None:
        form = reader(request)
        pharmacy.confirmed(actor.user_id, form.typed.get("password", ""))
        checking.time_out(
            session=session, said=set(request.POST.getlist("said")), birth_year=form.text("birth_year"),
            initials=form.text("initials"), by=actor, at=at,
        )  # fmt: skip

    name = "session" if syringes.in_hand(session).number == FIRST else "session-second"
    again = visit_url(session.visit, name) + "#start"
    return answered(request, act, lambda refused: waiting_page(request, session, refused), again)


@guarded("dose", "C")
@require_POST
def start(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """One press sets T0; of a second injection, the moment it is given."""
    session, actor, at = opened(request, visit_id, "C", "dose")
    first = syringes.in_hand(session).number == FIRST

    def act() -> None:
        form = reader(request)
        if first:
            begun_at = form.moment("begun_at", at, actor.zone)
            form.done()
            giving.start(
                session=session, words=form.text("words"), serial=form.text("serial"), unproven=form.text("unproven"),
                begun_at=begun_at, all_the_same=form.text("all_the_same"), by=actor, at=at,
            )  # fmt: skip
        else:
            done_at = form.moment("done_at", at, actor.zone, session.started_at)
            form.done()
            giving.give_second(
                session=session, done_at=done_at, all_the_same=form.text("all_the_same"), by=actor, at=at
            )

    def refused_page(refused: list[dict[str, str]]) -> HttpResponse:
        # As it is stored: what was refused has not begun, and its fields and the live line stay (E2).
        return waiting_page(request, opened(request, visit_id, "C", "dose").session, refused)

    return answered(request, act, refused_page, visit_url(session.visit))
