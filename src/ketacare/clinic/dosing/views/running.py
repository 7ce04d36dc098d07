"""While the dose acts: the chairside page, what is tapped and typed there, alarms answered, the monitor paired."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from ketacare.clinic.dosing import access, forms
from ketacare.clinic.dosing.actions import orders, sessions
from ketacare.clinic.dosing.actions import timeline as line
from ketacare.clinic.dosing.models import Kind, Session, SessionState
from ketacare.clinic.dosing.queries import chairside, flowsheet, timeline, trend
from ketacare.clinic.dosing.views import orders as order_views
from ketacare.clinic.dosing.views import preparing
from ketacare.clinic.dosing.views.page import answered, elapsed, now, page, reader, visit_url
from ketacare.clinic.monitoring import access as monitoring_access
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.models import Reading
from ketacare.clinic.people.access import NotHere, actor_of, guarded, may
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.monitoring.terms import Channel

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
SKIP_REASONS = ("Asleep and calm", "Cuff off", "Toilet", "Patient declined", "Device fault")
PAUSE_REASONS = (
    "Blood pressure",
    "Distress",
    "Nausea or vomiting",
    "Patient asks",
    "Line or pump",
    "Prescriber's order",
)
AMEND_REASONS = (
    "Wrong value", "Wrong time", "Wrong patient", "Misread device", "Artefact", "Duplicate",
)  # fmt: skip
# Signs that raise an alarm the moment they are seen (A17).
SIGNS = (("chest_pain", "Chest pain"), ("severe_headache", "Severe headache"), ("visual_change", "Visual change"))


@guarded("session", "R")
def session(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """One address for the whole visit; what it shows follows the session's state."""
    actor, at = actor_of(request), now(request)
    visit = access.visit_of(actor, visit_id, at=at)
    held = Session.objects.filter(visit=visit).first()
    if held is None:
        return preparing.booked_page(request, visit)
    held.visit = visit
    match held.state:
        case SessionState.PREPARING | SessionState.CALLED_OFF:
            return preparing.preparing_page(request, held)
        case SessionState.DRAWN | SessionState.CHECKED:
            return order_views.waiting_page(request, held)
    return chair_page(request, held)


def chair_page(
    request: HttpRequest, session: Session, refusals: list[dict[str, str]] | None = None, part: str = ""
) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    visit = session.visit
    timeline.read_once(visit)
    order, standing, latest = timeline.order_of(visit), watch.standing(visit, at=at), watch.latest(visit)
    assert order is not None
    assert session.started_at is not None
    columns = flowsheet.filled(session, at)
    sheet = flowsheet.grid(columns)
    chart = trend.chart(session, order, at, actor.zone)
    due = chairside.next_due(columns)
    ticket = monitoring_access.visit_ticket(actor, visit, at=at) if session.left_at is None else ""
    return page(
        request, "chair", visit, session, status=422 if refusals else 200,
        order=order,
        wide=True,
        live=f"/live/stream?{urlencode({'ticket': ticket})}" if ticket else "",
        here=visit_url(visit),
        vitals=chairside.vitals(standing, latest, at),
        alarms=chairside.alarms(standing, at, alarm_url(visit.pk), visit_url(visit, "session-alarm-pause")),
        audio=chairside.audio(standing, at),
        dose=chairside.dose_bar(session, order, at),
        elapsed=elapsed(session.started_at, session.left_at or at),
        due=due,
        due_words=chairside.due_words(due, at),
        sheet=sheet,
        chart=chart,
        sentence=sentence(sheet, session),
        trend_rows=trend_rows(sheet),
        entries=chairside.entries(session, at),
        events=EVENTS,
        signs=SIGNS,
        skip_reasons=SKIP_REASONS,
        reasons=PAUSE_REASONS,
        pairings=watch.open_pairings(visit),
        devices=watch.devices(actor),
        may_chart=may(actor, "readings", "C"),
        may_dose=may(actor, "dose", "C"),
        running=session.state in (SessionState.RUNNING, SessionState.PAUSED),
        paused=session.state == SessionState.PAUSED,
        recovery=session.state == SessionState.RECOVERY,
        part=part,
        refusals=refusals or [],
    )  # fmt: skip


def alarm_url(visit_id: UUID) -> Any:
    return lambda condition: reverse("session-alarm-seen", kwargs={"visit_id": visit_id, "condition": condition})


def sentence(sheet: dict[str, Any], session: Session) -> str:
    """The trend for those who do not see it, and for paper."""
    pressures = [column["cells"]["bp"]["value"] for column in sheet["columns"] if "bp" in column["cells"]]
    if not pressures:
        return "No blood pressure yet."
    peak = max(pressures, key=lambda words: int(words.split("/")[0]))
    return f"Blood pressure {pressures[0]} at first, highest {peak}, last {pressures[-1]} mmHg."


def trend_rows(sheet: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    def word(column: dict[str, Any], key: str) -> str:
        return column["cells"][key]["value"] if key in column["cells"] else "–"

    return [
        (column["t"], word(column, "bp"), word(column, "hr"), word(column, "spo2"))
        for column in sheet["columns"]
        if column["cells"]
    ]


# --- what is tapped and typed ----------------------------------------------------------------------------------------


def running_session(request: HttpRequest, visit_id: UUID, act: str, object_name: str) -> Session:
    return access.session_of(actor_of(request), visit_id, act, at=now(request), object_name=object_name)


def chair_answer(request: HttpRequest, session: Session, act: Any, part: str) -> HttpResponse:
    """For htmx a word is enough: the page's parts follow the live channel."""
    answer = answered(
        request, act, lambda refused: chair_page(request, session, refused, part), visit_url(session.visit) + f"#{part}"
    )
    if request.headers.get("HX-Request") and isinstance(answer, HttpResponseRedirect):
        return HttpResponse(status=204)
    return answer


@guarded("readings", "C")
@require_POST
def event(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """One tap, stamped with the server's time."""
    actor, at = actor_of(request), now(request)
    held = running_session(request, visit_id, "C", "readings")
    known = {item["value"] for item in EVENTS} | {sign for sign, _ in SIGNS}

    def act() -> None:
        form = reader(request)
        name, words = form.text("kind"), form.text("words")
        if name not in known and not words:
            form.refuse("words", "There is nothing to keep.", "Tap an event or write a remark.")
        happened_at = form.moment("happened_at", at, actor.zone, held.started_at)
        form.done()
        kind = Kind.EVENT if name in known else Kind.REMARK
        line.record(
            session=held, kind=kind, name=name if name in known else "", words=words, by=actor, at=at,
            happened_at=happened_at,
        )  # fmt: skip
        if name in {sign for sign, _ in SIGNS}:
            monitoring.observe_sign(visit=held.visit, sign=name, by=actor, at=at)

    return chair_answer(request, held, act, "events")


@guarded("readings", "C")
@require_POST
def grid(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """A column of the flowsheet: vital signs go to the watch, scales to the timeline, both in one transaction."""
    actor, at = actor_of(request), now(request)
    held = running_session(request, visit_id, "C", "readings")

    def act() -> None:
        form = reader(request)
        values = forms.vital_signs(form)
        scores = {name: forms.score(form, name, name.capitalize()) for name in flowsheet.SCALES}
        scores = {name: value for name, value in scores.items() if value is not None}
        taken_at = form.moment("taken_at", at, actor.zone, held.started_at) or at
        if not values and not scores and not form.refusals:
            form.refuse("bp", "Nothing was entered.", "Type at least one value, for example 120/80.")
        form.done()
        line.still_open(held)
        keep_column(held, values, scores, taken_at, actor, at)

    return chair_answer(request, held, act, "grid")


def keep_column(
    held: Session, values: dict[Channel, Decimal], scores: dict[str, Any], taken_at: datetime, actor: Any, at: datetime
) -> None:
    if values:
        monitoring.record_by_hand(visit=held.visit, values=values, taken_at=taken_at, by=actor, at=at)
    for name, value in scores.items():
        line.score(session=held, name=name, value=str(value), happened_at=taken_at, by=actor, at=at)


@guarded("readings", "C")
@require_POST
def skip(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """A reading that was not taken has a reason; the gap stays a gap."""
    actor, at = actor_of(request), now(request)
    held = running_session(request, visit_id, "C", "readings")

    def act() -> None:
        form = reader(request)
        column = form.need("column", "Which reading?")
        reason = form.text("reason_words") or form.need("reason", "Say why it was not taken.")
        form.done()
        line.skip(session=held, column=column, reason=reason, by=actor, at=at)

    return chair_answer(request, held, act, "grid")


@guarded("dose", "C")
@require_POST
def dose_step(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Pause, resume, change the rate, stop, complete: time, old and new, and why."""
    actor, at = actor_of(request), now(request)
    held = running_session(request, visit_id, "C", "dose")

    def act() -> None:
        form = reader(request)
        reason = form.text("reason_words") or form.text("reason")
        match form.text("step"):
            case "pause":
                sessions.pause(session=held, reason=reason, by=actor, at=at)
            case "resume":
                sessions.resume(session=held, reason=reason, by=actor, at=at)
            case "rate":
                change_rate(form, held, reason, actor, at)
            case "stop" | "complete" as name:
                pump_ml = form.amount("pump_ml", "Volume", "mL")
                form.done()
                ask_if_far(form, held, pump_ml, at)
                sessions.stop(
                    session=held, reason=reason, complete=name == "complete", pump_ml=pump_ml, by=actor, at=at
                )
            case _:
                raise Refused(Refusal("step", "No step was chosen.", "Choose one."))

    return chair_answer(request, held, act, "dose")


def change_rate(form: forms.Reader, held: Session, reason: str, actor: Any, at: datetime) -> None:
    new = form.needed_amount("new_ml_per_h", "New rate", "mL/h")
    order = timeline.order_of(held.visit)
    assert order is not None
    if new == 0 or new > order.rate_ml_per_h * 2:
        form.refuse(
            "new_ml_per_h", f"New rate: {new} mL/h is not between 0 and twice the order.", "Pause, or re-order."
        )
    form.done()
    old = chairside.dose_bar(held, order, at)["so_far"].rate
    sessions.change_rate(
        session=held, old_ml_per_h=str(old.amount), new_ml_per_h=str(new), reason=reason, by=actor, at=at
    )


def ask_if_far(form: forms.Reader, held: Session, pump_ml: Decimal | None, at: datetime) -> None:
    """The pump's own volume against rate and time: over 10 % apart is asked about once (H40)."""
    order = timeline.order_of(held.visit)
    if pump_ml is None or order is None or form.confirms("pump_ml"):
        return
    if pump_ml > order.bag_ml:
        form.refuse("pump_ml", f"{pump_ml} mL is more than the {order.bag_ml} mL in the bag.", "Read the pump again.")
    else:
        expected = chairside.dose_bar(held, order, at)["so_far"].given.amount / (order.dose_mg / order.bag_ml)
        if abs(expected - pump_ml) > order.bag_ml / 10:
            words = f"The pump shows {pump_ml} mL; by rate and time it would be {expected:.1f} mL."
            form.refuse("pump_ml", words, "Check for an uncharted change; confirm if the pump is right.", "unlikely")
    form.done()


# --- corrections -----------------------------------------------------------------------------------------------------


@guarded("readings", "U")
@require_POST
def undo(request: HttpRequest, visit_id: UUID, entry_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    held = running_session(request, visit_id, "U", "readings")
    entry = access.entry_of(actor, held, entry_id)

    def act() -> None:
        line.undo(session=held, entry=entry, by=actor, at=at)

    return chair_answer(request, held, act, "events")


@guarded("readings", "U")
def amend(request: HttpRequest, visit_id: UUID, entry_id: UUID) -> HttpResponse:
    """A line corrected, or marked as entered in error, with the reason."""
    actor, at = actor_of(request), now(request)
    held = running_session(request, visit_id, "U", "readings")
    entry = access.entry_of(actor, held, entry_id)

    def again(refused: list[dict[str, str]]) -> HttpResponse:
        return page(
            request, "amend", held.visit, held, status=422 if refused else 200, entry=entry, reading=None,
            words=chairside.words_of(entry), amend_reasons=AMEND_REASONS, refusals=refused,
        )  # fmt: skip

    if request.method != "POST":
        return again([])

    def act() -> None:
        form = reader(request)
        happened_at = form.moment("happened_at", at, actor.zone, held.started_at)
        body = dict(entry.body)
        if entry.kind == Kind.SCALE and form.text("value"):
            body["value"] = str(forms.score(form, "value", entry.name.capitalize()))
        form.done()
        line.amend(
            session=held, entry=entry, body=body, words=form.typed.get("words", entry.words),
            reason=form.text("reason_words") or form.text("reason"), in_error=form.text("in_error") == "on",
            happened_at=happened_at, by=actor, at=at,
        )  # fmt: skip

    return answered(request, act, again, visit_url(held.visit) + "#timeline")


@guarded("readings", "U")
def amend_reading(request: HttpRequest, visit_id: UUID, reading_id: int) -> HttpResponse:
    """A typed value corrected; chart, grid, note and PDF follow because they are derived (I2)."""
    actor, at = actor_of(request), now(request)
    held = running_session(request, visit_id, "U", "readings")
    row = Reading.objects.filter(pk=reading_id, visit=held.visit, source="hand").first()
    if row is None:
        raise NotHere

    def again(refused: list[dict[str, str]]) -> HttpResponse:
        words = f"{Channel(row.channel).label} {flowsheet.whole(row)}"
        return page(
            request, "amend", held.visit, held, status=422 if refused else 200, entry=None, reading=row, words=words,
            amend_reasons=AMEND_REASONS, refusals=refused,
        )  # fmt: skip

    if request.method != "POST":
        return again([])

    def act() -> None:
        form = reader(request)
        value = form.amount("value", "Value", "the same unit")
        form.done()
        monitoring.amend_reading(
            reading=row, value=value, reason=form.text("reason_words") or form.text("reason"),
            in_error=form.text("in_error") == "on", by=actor, at=at,
        )  # fmt: skip
        line.tell(held.visit, "event", {"kind": "reading_amended"})

    return answered(request, act, again, visit_url(held.visit) + "#grid")


@guarded("readings", "R")
def readings(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Every typed reading with its history, and the way to correct it."""
    actor, at = actor_of(request), now(request)
    held = running_session(request, visit_id, "R", "readings")
    rows = Reading.objects.filter(visit=held.visit, source="hand").select_related("recorded_by", "amended_by")
    return page(
        request, "readings", held.visit, held, rows=[reading_row(row) for row in rows.order_by("-taken_at", "channel")],
        sheet=flowsheet.grid(flowsheet.filled(held, at)) if held.started_at else None,
        may_amend=may(actor, "readings", "U"),
    )  # fmt: skip


def reading_row(row: Reading) -> dict[str, Any]:
    return {
        "row": row,
        "label": Channel(row.channel).label,
        "value": flowsheet.whole(row),
        "stands": not hasattr(row, "amended_by") and not row.in_error,
    }


# --- alarms and the monitor ------------------------------------------------------------------------------------------


@guarded("alarms", "C")
@require_POST
def alarm_seen(request: HttpRequest, visit_id: UUID, condition: str) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    held = running_session(request, visit_id, "C", "alarms")

    def act() -> None:
        monitoring.acknowledge_alarm(visit=held.visit, condition=condition, by=actor, at=at)

    return chair_answer(request, held, act, "alarms")


@guarded("alarms", "C")
@require_POST
def alarm_pause(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    held = running_session(request, visit_id, "C", "alarms")

    def act() -> None:
        monitoring.pause_audio(visit=held.visit, by=actor, at=at)

    return chair_answer(request, held, act, "alarms")


@guarded("readings", "C")
def monitor(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Pair a monitor at the chair: who the patient is, said again, then look that the pulse is theirs (H4)."""
    actor, at = actor_of(request), now(request)
    held = running_session(request, visit_id, "C", "readings")
    visit = held.visit

    def again(refused: list[dict[str, str]]) -> HttpResponse:
        ticket = monitoring_access.visit_ticket(actor, visit, at=at)
        return page(
            request, "monitor", visit, held, status=422 if refused else 200,
            devices=watch.devices(actor), pairings=watch.open_pairings(visit),
            vitals=chairside.vitals(watch.standing(visit, at=at), watch.latest(visit), at)[:2],
            live=f"/live/stream?{urlencode({'ticket': ticket})}", refusals=refused,
        )  # fmt: skip

    if request.method != "POST":
        return again([])

    def act() -> None:
        form = reader(request)
        chosen = form.need("device", "No monitor was chosen.")
        form.done()
        if form.text("act") == "unpair":
            monitoring.unpair_device(pairing=monitoring_access.pairing_of(actor, UUID(chosen)), by=actor, at=at)
            return
        orders.require_same_person(visit.patient, form.text("birth_year"), form.text("initials"))
        device = monitoring_access.device_of(actor, UUID(chosen), "C")
        monitoring.pair_device(device=device, visit=visit, by=actor, at=at)

    return answered(request, act, again, visit_url(visit, "session-monitor"))
