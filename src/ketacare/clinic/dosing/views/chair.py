"""One address for the whole visit, and the chairside page while the dose acts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ketacare.clinic.dosing import access
from ketacare.clinic.dosing.models import Session, SessionState
from ketacare.clinic.dosing.queries import (
    also,
    as_needed,
    beside,
    bounds,
    chairside,
    dose,
    effects,
    emergencies,
    flowsheet,
    helping,
    limits,
    moments,
    ordered,
    rates,
    repeating,
    schedule,
    signs,
    struck,
    supervising,
    syringes,
    timeline,
    timeline_words,
    trend,
    untaken,
    whose,
)
from ketacare.clinic.dosing.queries import card as cards
from ketacare.clinic.dosing.views import checking, preparing
from ketacare.clinic.dosing.views.page import answered, elapsed, now, page, visit_url
from ketacare.clinic.monitoring import access as monitoring_access
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.monitors import same_again_at
from ketacare.clinic.people.access import Actor, actor_of, guarded, may
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.supervision import queries as supervision
from ketacare.clinic.supervision.access import may_watch
from ketacare.clinic.tenancy.looks import one_look
from ketacare.medicine.dosing.rules.holds import most_of
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.quantities.terms import Mass, Weight
from ketacare.medicine.safety import reader as safety
from ketacare.medicine.supervision.reader import watching as watching_times

EVENTS = (
    {"key": "n", "label": "Nausea", "value": "nausea"},
    {"key": "d", "label": "Distress", "value": "distress"},
    {"key": "s", "label": "Dissociation", "value": "dissociation"},
    {"key": "h", "label": "Headache", "value": "headache"},
    {"key": "x", "label": "Vomiting", "value": "vomit"},
    {"key": "t", "label": "Toilet", "value": "toilet"},
    {"key": "w", "label": "Water", "value": "water"},
    {"key": "r", "label": "Reassured", "value": "reassured"},
)
SKIP_REASONS = ("Asleep and calm", "Cuff off", "Toilet", untaken.DECLINED, untaken.DEVICE_FAULT)
PAUSE_REASONS = (
    "Blood pressure",
    "Distress",
    "Nausea or vomiting",
    "Patient asks",
    "Line or pump",
    "Prescriber's order",
)


@guarded("session", "R")
def session(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """One address for the whole visit; what it shows follows the session's state."""
    actor, at = actor_of(request), now(request)
    visit = access.visit_of(actor, visit_id, at=at)
    held = Session.objects.filter(visit=visit).first()
    if held is None:
        return preparing.booked_page(request, visit)
    held.visit = visit
    return page_of(request, held)


def page_of(
    request: HttpRequest, held: Session, refusals: list[dict[str, str]] | None = None, part: str = ""
) -> HttpResponse:
    """What the session shows now, also to whoever was refused."""
    match held.state:
        case SessionState.PREPARING | SessionState.CALLED_OFF:
            return preparing.preparing_page(request, held, refusals, part)
        case SessionState.DRAWN | SessionState.CHECKED:
            return checking.waiting_page(request, held, refusals, part)
    return chair_page(request, held, refusals, part)


def chair_page(
    request: HttpRequest, session: Session, refusals: list[dict[str, str]] | None = None, part: str = ""
) -> HttpResponse:
    with one_look():  # the watch is led on once, and what is known of the person is read once
        return chair_now(request, session, refusals, part)


def chair_now(request: HttpRequest, session: Session, refusals: list[dict[str, str]] | None, part: str) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    visit = session.visit
    timeline.read_once(visit)
    order, standing, latest = ordered.order_of(visit), watch.standing(visit, at=at), watch.latest(visit)
    assert order is not None
    assert session.started_at is not None
    columns, own = flowsheet.filled(session, at), bounds.of(session)
    beside_it = also.lines(session, order, latest, at, actor.zone) if session.left_at is None else []
    sheet = flowsheet.grid(columns, own, breath=also.wants_breath(beside_it))
    sheet["totals"] = chairside.totals(session, order, at)
    sheet["groups"].append(beside.rows(session, order, columns, at))
    people = supervising.team(session, actor, at)
    change = rates.waiting(session)
    blind = change is not None and not rates.is_by(change, actor.user_id)
    hidden = change.pk if change is not None and blind else None
    ticket = monitoring_access.visit_ticket(actor, visit, at=at) if session.left_at is None else ""
    pause_url = visit_url(visit, "session-alarm-pause") if may(actor, "pause", "C") else ""
    return page(
        request, "chair", visit, session, status=422 if refusals else 200,
        order=order,
        wide=True,
        whose=whose.whose(session) if session.left_at is None else "",
        live=f"/live/stream?{urlencode({'ticket': ticket})}" if ticket else "",
        here=visit_url(visit),
        vitals=chairside.vitals(standing, latest, at, own),
        alarms=supervising.with_alarms(
            struck.marked(visit, standing, chairside.alarms(standing, at, alarm_url(visit.pk), pause_url)),
            people.oversight.missing,
            at_the_chair=True,
        ),
        people=people,
        card=cards.card(session, latest, at, hidden=hidden),
        first_acts=cards.first_acts(),
        presence=visit_url(visit, "session-presence") if ticket and may_watch(actor, visit) else "",
        **help_at_hand(session, at),
        audio=chairside.audio(standing, at, pause_url),
        pump_due=rates.pump_due(session, order, at),
        asides=limits.asides(standing),
        change=change,
        blind=blind,
        differed=None if change is None else rates.differed(session, change),
        spent=change is not None and rates.is_spent(session, change),
        **given_so_far(session, order, at, hide_rate=blind),
        elapsed=elapsed(session.started_at, session.left_at or at),
        to_stop=repeating.to_stop(session, order, standing, at),
        **owed_next(session, order, columns, latest, at),
        sheet=sheet,
        also=beside_it,
        chart=trend.chart(session, order, at, actor.zone),
        sentence=sentence(columns),
        trend_rows=trend_rows(sheet),
        standing_signs=signs.standing(standing),
        entries=timeline_words.entries(session, at, hidden=hidden),
        airway=effects.open_emergency(session, effects.AIRWAY),
        looks=[one for one in as_needed.looked_at(session) if one.found is None],
        **to_choose_from(visit, actor),
        **stage(session, order),
        part=part,
        refusals=refusals or [],
    )  # fmt: skip


def owed_next(
    session: Session, order: ordered.Ordered, columns: list[moments.Column], latest: dict[Channel, Any], at: datetime
) -> dict[str, Any]:
    """What is to be measured next, and again."""
    due, pressure = chairside.next_due(columns), latest.get(Channel.NIBP_SYS)
    again = repeating.again(session, order, watch.repeat_of(session.visit), at)
    running, by = session.state == SessionState.RUNNING, None if again is None else again.by
    return {
        "due": due,
        "due_words": chairside.due_words(due, at),
        "next_look": None if session.left_at else flowsheet.next_look(due, by, at, running=running),
        "again": again,
        "pressure_known": pressure is not None,
        "same_again_at": same_again_at(session.visit, pressure),
    }


def given_so_far(session: Session, order: ordered.Ordered, at: datetime, *, hide_rate: bool) -> dict[str, Any]:
    """The dose bar, its pieces, and what today and the protocol still allow: more only where two people mean it."""
    most = most_of(schedule.protocol_of(session), Weight(order.weight_kg))
    return {
        "dose": chairside.dose_bar(session, order, at, hide_rate=hide_rate),
        "pieces": chairside.pieces(session, order, at),
        "today": dose.in_tenths(dose.today(session, at)),
        "most": max(most, Mass(order.dose_mg)),
        "second_in_hand": syringes.syringe_of(session, syringes.SECOND).stage in syringes.IN_HAND,
        "second": syringes.may_order_second(session) or syringes.syringe_of(session, syringes.SECOND).stage != "none",
    }


def to_choose_from(visit: Visit, actor: Actor) -> dict[str, Any]:
    """What can be charted with one tap, with which monitors, and by whom."""
    return {
        "events": EVENTS,
        "other_effects": other_effects(),
        "signs": signs.SIGNS,
        "skip_reasons": SKIP_REASONS,
        "reasons": PAUSE_REASONS,
        "pairings": watch.open_pairings(visit),
        "devices": watch.devices(actor),
        "prescriber": may(actor, "plan", "S"),
        "may_chart": may(actor, "readings", "C"),
        "may_see": may(actor, "presence", "C"),
        "may_dose": may(actor, "dose", "C"),
    }


def help_at_hand(session: Session, at: datetime) -> dict[str, Any]:
    """What somebody reaches for when it goes badly, and whether anybody is with the patient."""
    return {
        "card_laid": supervision.card_laid(session.visit),
        "emergency_acts": emergencies.ACTS,
        "was_emergency": emergencies.was_one(session),
        "event_sound": emergencies.sound_words(session),
        "distress": helping.distress(session, at),
        "presence_now": helping.presence(session, at),
        "whereabouts": supervising.PLACES,
        "sounds_after_s": int(watching_times().chair_sounds_after.total_seconds()),
    }


def stage(session: Session, order: ordered.Ordered) -> dict[str, bool]:
    """Where the dose stands, as the page asks it."""
    under_way = session.state in (SessionState.RUNNING, SessionState.PAUSED)
    return {
        "running": under_way,
        "running_pump": order.infused and under_way,
        "two_steps": dose.first_in_at(session, order) is not None and session.dose_ended_at is None,
        "paused": session.state == SessionState.PAUSED,
        "recovery": session.state == SessionState.RECOVERY,
    }


def other_effects() -> list[dict[str, str]]:
    """What has no button of its own yet, as the sheet of effects names it."""
    has = {effects.effect_of(item["value"]) for item in EVENTS} | MEASURED_NOT_TAPPED
    terms = safety.effects_sheet().terms.values()
    return [{"label": one.tap, "value": one.id} for one in terms if one.tap and one.id not in has]


MEASURED_NOT_TAPPED = frozenset({"hypertension", "tachycardia", "hypoxia"})


def alarm_url(visit_id: UUID) -> Any:
    return lambda condition: reverse("session-alarm-seen", kwargs={"visit_id": visit_id, "condition": condition})


def sentence(columns: Sequence[moments.Column]) -> str:
    """The trend for those who do not see it, and for paper: of every pressure that was kept, in the order taken."""
    pressures = [cell["value"] for cell in flowsheet.taken_of(columns, "bp")]
    if not pressures:
        return "No blood pressure yet."
    peak = max(pressures, key=lambda words: int(words.split("/")[0]))
    return f"Blood pressure {pressures[0]} at first, highest {peak}, last {pressures[-1]} mmHg."


def trend_rows(sheet: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    def word(column: dict[str, Any], key: str) -> str:
        return moments.in_words(column["cells"].get(key))

    return [
        (moments.named(column["t"], column["taken"]), word(column, "bp"), word(column, "hr"), word(column, "spo2"))
        for column in sheet["columns"]
        if column["cells"]
    ]


def chair_answer(request: HttpRequest, session: Session, act: Any, part: str) -> HttpResponse:
    """For htmx a word is enough: the page's parts follow the live channel."""
    answer = answered(
        request, act, lambda refused: page_of(request, session, refused, part), visit_url(session.visit) + f"#{part}"
    )
    if request.headers.get("HX-Request") and isinstance(answer, HttpResponseRedirect):
        return HttpResponse(status=204)
    return answer
