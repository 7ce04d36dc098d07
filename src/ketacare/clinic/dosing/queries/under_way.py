"""The course of a session as seen now: so far as charted, as the pump is set, if stopped now, if slowed.

Predicted, not measured. It reads the timeline and writes nothing, and nothing that raises an alarm reads it (A19).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from math import isclose
from typing import Any

import numpy as np

from ketacare.clinic.dosing.models import Session, SessionState
from ketacare.clinic.dosing.queries import dose, given, ordered, overlay, predicting, rates
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.clinic.dosing.queries.overlay import Drawn, Picture, Scale
from ketacare.clinic.people.access import Actor
from ketacare.clinic.protocols import queries as protocols
from ketacare.medicine.dosing.rules.descriptors import figure
from ketacare.medicine.dosing.rules.on_board import OnBoard
from ketacare.medicine.dosing.rules.titration import SHEET as TITRATION
from ketacare.medicine.pharmacology.ahead import Ahead, ahead
from ketacare.medicine.pharmacology.exponentials import Array
from ketacare.medicine.pharmacology.predictions import Curve
from ketacare.medicine.pharmacology.regimens import models_of, site_of
from ketacare.medicine.pharmacology.terms import Band, Case, Dose, PredictionRefused, Site
from ketacare.medicine.pharmacology.terms import Patient as Body
from ketacare.medicine.quantities.terms import RatePump
from ketacare.medicine.supervision.reader import watching

VIRTUAL_PATIENTS = 300
STEP_MIN, AFTER_MIN, LEAST_MIN = 2, 120, 160
LOOK_AHEAD_MIN = (0, 15, 30)
EXACT = 3  # decimals of a stretch: the same charted course is the same case, however often it is looked at
MINUTES_PER_HOUR = 60
SECONDS_PER_MINUTE = 60
NEAR = 1e-3  # two stretches that meet, and are of one rate, are one
BLIND = "A second person is reading the pump. The course is shown once they agree."
NOTHING_GIVEN = "Nothing has been charted as given yet."
NOTHING_ON_BOARD = OnBoard()
NO_MODEL = "No model of this route is published, so no course can be drawn."


@dataclass(frozen=True)
class Column:
    """What one way of going on comes to: at minutes from now, and its highest value still to come, in ng/mL."""

    title: str
    style: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Lane:
    """The band as it lies above the dose bar of the trend: whole ng/mL at even minutes from T0, on a scale to `top`."""

    times: tuple[int, ...]
    low: tuple[int, ...]
    middle: tuple[int, ...]
    high: tuple[int, ...]
    now: int
    top: int

    def data(self, visit: str) -> dict[str, Any]:
        """For the script that draws it, on the trend of this visit alone."""
        return {"visit": visit, **asdict(self)}


@dataclass(frozen=True)
class UnderWay:
    """A course to be shown, or in `why` the reason that there is none."""

    why: tuple[str, ...] = ()
    picture: Picture | None = None
    lane: Lane | None = None
    columns: tuple[Column, ...] = ()
    board: OnBoard = NOTHING_ON_BOARD
    slowed_to: RatePump | None = None
    refused: str = ""
    weak: tuple[str, ...] = ()


def seen(session: Session, actor: Actor, *, at: datetime, slower: str = "") -> UnderWay:
    """What is charted as given decides; a rate that waits for its second person is not shown to them (H40)."""
    order = ordered.order_of(session.visit)
    change = rates.waiting(session)
    if change is not None and not rates.is_by(change, actor.user_id):
        return UnderWay((BLIND,))
    if order is None or session.started_at is None:
        return UnderWay((NOTHING_GIVEN,))
    way = given.way(order)
    if way is None:
        return UnderWay((NO_MODEL,))
    board = predicting.known(session.visit.patient, at=at, zone=actor.zone).on_board((way.route,))
    if board.refused:
        return UnderWay(board.refused, board=board)
    regimen = as_charted(session, order, at)
    if not regimen:
        return UnderWay((NOTHING_GIVEN,), board=board)
    slowed_to, refused = slowed_rate(session, order, at, slower)
    until = max(LEAST_MIN, STEP_MIN * round((regimen[-1].start_min + regimen[-1].duration_min + AFTER_MIN) / STEP_MIN))
    now_min = max(0.0, float((at - session.started_at).total_seconds() // SECONDS_PER_MINUTE))
    case = Case(
        patient=Body(float(order.actual_kg), float(predicting.age_of(session.visit.patient, at, actor.zone))),
        regimen=regimen,
        times_min=tuple(float(minute) for minute in range(0, max(until, int(now_min) + STEP_MIN) + 1, STEP_MIN)),
        site=Site.VENOUS,
        band=Band.TRUE,
        patients=VIRTUAL_PATIENTS,
        seed=predicting.SEED,
        conditions=board.names,
    )
    per_min = None if slowed_to is None else float(slowed_to.amount * dose.bag_concentration(order).amount)
    try:
        found = _ahead(case, now_min, None if per_min is None else per_min / MINUTES_PER_HOUR)
    except PredictionRefused as wrong:
        return UnderWay(wrong.faults, board=board)
    picture, told = drawn(case, found, slowed_to), columns(found, slowed_to)
    weak = weak_words(overlay.poorly_known_by(way, board), found.reservations)
    return UnderWay((), picture, lane(found), told, board, slowed_to, refused, weak)


FIELDS = {"patient.age_years": "Age", "patient.weight_kg": "Weight", "duration_min": "Minutes"}


def weak_words(poorly: str, reservations: tuple[str, ...]) -> tuple[str, ...]:
    """What stands under the table where the course leaves its data or is poorly known, in the words of the chair."""
    told = [f"{poorly[:1].upper()}{poorly[1:]}."] if poorly else []
    for one in reservations:
        field, _, rest = one.partition(": ")
        if not (poorly and field.startswith("route")):
            told.append(f"{FIELDS.get(field, field)}: {rest}")
    return tuple(told)


@lru_cache(maxsize=64)
def _ahead(case: Case, now_min: float, slowed: float | None) -> Ahead:
    """Kept by what was given and the minute: numbers only, nothing of a person."""
    found = ahead(case, now_min, slowed_to_mg_per_min=slowed)
    return replace(
        found,
        so_far=lean(found.so_far),
        as_planned=lean(found.as_planned),
        if_stopped=lean(found.if_stopped),
        if_slowed=None if found.if_slowed is None else lean(found.if_slowed),
    )


def lean(curve: Curve) -> Curve:
    """Without the virtual patients behind the band."""
    return replace(curve, patients=None)


# --- what is given ----------------------------------------------------------------------------------------------------


def as_charted(session: Session, order: Ordered, at: datetime) -> tuple[Dose, ...]:
    """As given so far, and what is running to its end; devices that are still due at their times."""
    past = list(given.as_given(session, order, at))
    if session.state == SessionState.RUNNING and order.infused:
        past = with_the_rest(past, session, order, at)
    return rounded((*past, *pieces_due(session, order, at, past)))


def with_the_rest(past: list[Dose], session: Session, order: Ordered, at: datetime) -> list[Dose]:
    """What the bag still holds, at the rate the pump is set to: the running stretch goes on, or a new one begins."""
    so_far, way = dose.so_far(session, order, at), given.way(order)
    per_min = float(so_far.rate.amount * dose.bag_concentration(order).amount) / MINUTES_PER_HOUR
    stops = so_far.flows_to or so_far.ordered
    left = float((stops - so_far.given).amount) if stops > so_far.given else 0.0
    if way is None or session.started_at is None or not per_min or not left:
        return past
    now_min = (at - session.started_at).total_seconds() / SECONDS_PER_MINUTE
    for_min = min(left / per_min, watching().pump_ahead_most.total_seconds() / SECONDS_PER_MINUTE)
    left = per_min * for_min
    last = past[-1] if past else None
    if last is not None and goes_on(last, now_min, per_min):
        whole = replace(last, dose_mg=last.dose_mg + left, duration_min=last.duration_min + for_min)
        return [*past[:-1], whole]
    return [*past, Dose(way.drug, way.route, now_min, left, for_min, way.product)]


def goes_on(last: Dose, now_min: float, per_min: float) -> bool:
    """Does this stretch reach until now, at the rate of now?"""
    reaches = isclose(last.start_min + last.duration_min, now_min, abs_tol=NEAR)
    return reaches and isclose(last.dose_mg, per_min * last.duration_min, rel_tol=NEAR)


def pieces_due(session: Session, order: Ordered, at: datetime, past: list[Dose]) -> list[Dose]:
    """Devices or sprays of the order that are still to come, each a rest after the one before."""
    due = dose.next_piece_at(session, order) if order.one_by_one else None
    if not past or due is None or session.started_at is None or session.state != SessionState.RUNNING:
        return []
    first = (max(due, at) - session.started_at).total_seconds() / 60
    left = (order.pieces or 0) - len(dose.pieces_given(session))
    rest = float(order.rest_min or 0)
    return [replace(past[-1], start_min=first + rest * number) for number in range(left)]


def rounded(doses: Iterable[Dose]) -> tuple[Dose, ...]:
    """Both edges, not the length: where one stretch ends the next begins. A second at the slowest rate is no dose."""
    return tuple(one for one in map(_rounded, doses) if one.dose_mg > 0)


def _rounded(one: Dose) -> Dose:
    start, end = round(one.start_min, EXACT), round(one.start_min + one.duration_min, EXACT)
    return replace(one, start_min=start, dose_mg=round(one.dose_mg, EXACT), duration_min=round(end - start, EXACT))


def slowed_rate(session: Session, order: Ordered, at: datetime, typed: str) -> tuple[RatePump | None, str]:
    """The rate to be looked at: as typed, or slower by the titration sheet's factor; only while the pump runs."""
    running = session.state == SessionState.RUNNING and order.infused
    rate = dose.so_far(session, order, at).rate if running else dose.PAUSED
    if not rate.amount:
        return None, ""
    rules = protocols.rules_under(session.clinic_id, TITRATION, session.sheets)
    usual = RatePump(rate.amount / figure(rules["TI-4"], "slower").value).rounded()
    if not typed.strip():
        return usual, ""
    try:
        asked = Decimal(typed.strip())
    except InvalidOperation:
        asked = Decimal(0)
    if not asked.is_finite() or not 0 < asked < rate.amount:
        return usual, f"If slowed to: {typed.strip()} is no rate below {rate.written()}. Enter mL/h."
    return RatePump(asked), ""


# --- what is shown ----------------------------------------------------------------------------------------------------


def whole(found: Ahead) -> Curve:
    """So far and as the pump is set, in one."""
    parts = (found.so_far, found.as_planned)

    def joined(name: str) -> Array:
        joint: Array = np.concatenate([getattr(parts[0], name), getattr(parts[1], name)[1:]])
        return joint

    names = ("times", "typical", *(("p05", "p50", "p95") if parts[0].p05 is not None else ()))
    return Curve(**{name: joined(name) for name in names})


def drawn(case: Case, found: Ahead, slowed_to: RatePump | None) -> Picture:
    curve = whole(found)
    others = [("stopped", "if stopped now", found.if_stopped if found.planned_mg > found.given_mg else None)]
    if slowed_to is not None:
        others.append(("slowed", f"if slowed to {slowed_to.written()}", found.if_slowed))
    shown = [(style, words, one) for style, words, one in others if one is not None]
    scale = Scale([curve, *(one for _, _, one in shown)])
    lines = [Drawn("", style, scale.band(one), scale.line(one), words) for style, words, one in shown]
    main = Drawn("A", "a", scale.band(curve), scale.line(curve), "as charted, and on as the pump is set")
    models = models_of(case.regimen, case.model)
    sites = " and ".join(dict.fromkeys(f"{site_of(model, case.site)} blood" for model, _ in models))
    names = " and ".join(f"{model.id} {model.header.version}" for model, _ in models)
    caption = f"{sites[:1].upper()}{sites[1:]}, by {names}. Band: {overlay.BAND_WORDS[case.band]}."
    return Picture((main, *lines), scale.minute_marks, scale.level_marks, caption, 100 * found.now_min / scale.end)


def lane(found: Ahead) -> Lane | None:
    """As charted, and on as the pump is set; nothing where only the typical course is published."""
    curve = whole(found)
    if curve.p05 is None or curve.p95 is None:
        return None
    low, middle, high = (
        tuple(round(float(value)) for value in values) for values in (curve.p05, overlay.middle(curve), curve.p95)
    )
    top = round(Scale([curve]).top)
    return Lane(tuple(round(float(time)) for time in curve.times), low, middle, high, round(found.now_min), top)


def columns(found: Ahead, slowed_to: RatePump | None) -> tuple[Column, ...]:
    told = [column("As set", "a", found.as_planned, found.now_min)]
    if found.planned_mg > found.given_mg:
        told.append(column("If stopped now", "stopped", found.if_stopped, found.now_min))
    if found.if_slowed is not None and slowed_to is not None:
        told.append(column(f"If slowed to {slowed_to.written()}", "slowed", found.if_slowed, found.now_min))
    return tuple(told)


def column(title: str, style: str, curve: Curve, now_min: float) -> Column:
    centre = overlay.middle(curve)
    places = [int(np.abs(curve.times - (now_min + ahead_min)).argmin()) for ahead_min in LOOK_AHEAD_MIN]
    cells = [value_at(curve, place) for place in places]
    return Column(title, style, (*cells, value_at(curve, int(centre.argmax()))))


def value_at(curve: Curve, place: int) -> tuple[str, str]:
    spread = "" if curve.p05 is None or curve.p95 is None else f"{curve.p05[place]:.0f} to {curve.p95[place]:.0f}"
    return f"{overlay.middle(curve)[place]:.0f}", spread
