"""What people do about alarms: acknowledge, pause, say a sign is there, set a parameter aside, change limits."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.monitoring import queries
from ketacare.clinic.monitoring.actions import ticking, watching
from ketacare.clinic.monitoring.actions.asking import ask_prescriber
from ketacare.clinic.monitoring.actions.seen_by_therapist import nurse_has_come, tell_a_nurse
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.alone import Faults
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.monitoring import rules
from ketacare.medicine.monitoring.rules.acknowledge import RENEWED, is_vital, may_be_set_aside, to_take_back
from ketacare.medicine.monitoring.terms import (
    Acknowledge,
    Channel,
    Emergency,
    EmergencyOver,
    Given,
    LimitLine,
    Limits,
    Observe,
    Pause,
    Presence,
    Rewatch,
    SetLimits,
    Side,
    Signal,
    TakeBack,
    Tick,
    Unpause,
    Unwatch,
)

_NOWHERE = Decimal(0)


@transaction.atomic
def acknowledge_alarm(*, visit: Visit, condition: str, by: Actor, at: datetime) -> tuple[Signal, ...]:
    """This person has seen this one condition; it is quiet for at most 120 s (A7). Of a therapist it holds the sound
    back, and a nurse is told to go there."""
    access.require(by, "alarms", "C", patient=visit.patient)
    signals = _given(visit, Acknowledge(at, condition, by.name), "alarm.acknowledge", by=by, at=at)
    if by.role == Role.TH:
        tell_a_nurse(visit, condition, signals, by=by, at=at)
    else:
        nurse_has_come(visit, by=by, at=at)
    return signals


@transaction.atomic
def take_back_acknowledgement(*, visit: Visit, condition: str, by: Actor, at: datetime) -> tuple[Signal, ...]:
    """Pressed by a slip: within ten seconds it is as if it had not been, and what is present sounds at once (V5)."""
    access.require(by, "alarms", "C", patient=visit.patient)
    state = watching.state_now(visit)
    slips = {c.key: c.answered.at for c in to_take_back(state) if c.answered is not None}
    until = timedelta(seconds=state.limits.times.undo_s)
    if condition not in slips or at > slips[condition] + until:
        words = "is no longer taken back; what is present sounds again by itself."
        raise Refused(Refusal("Alarm", words, "Look at the alarms of this page.", "policy"))
    return _given(visit, TakeBack(at, condition, by.name), "alarm.take_back", by=by, at=at)


@transaction.atomic
def pause_audio(*, visit: Visit, by: Actor, at: datetime) -> tuple[Signal, ...]:
    """Hold back the sound of what is present now, for at most 120 s (A8)."""
    access.require(by, "pause", "C", patient=visit.patient)
    signals = _given(visit, Pause(at, by.name), "alarm.pause", by=by, at=at)
    if any(signal.condition == RENEWED and signal.presence is Presence.PRESENT for signal in signals):
        _tell_prescriber_of_pauses(visit, by=by, at=at)
    return signals


def _tell_prescriber_of_pauses(visit: Visit, *, by: Actor, at: datetime) -> None:
    """A third renewal within ten minutes is no longer the chair's own affair, heard there or not (A8)."""
    why = "Alarms of this session were paused for the fourth time within 10 minutes. Go there or call."
    ask_prescriber(visit, "alarm.paused_again", "Sound paused again and again", why, by=by, at=at)


@transaction.atomic
def unpause_audio(*, visit: Visit, by: Actor, at: datetime) -> tuple[Signal, ...]:
    access.require(by, "alarms", "C", patient=visit.patient)
    return _given(visit, Unpause(at), "alarm.unpause", by=by, at=at)


@transaction.atomic
def observe_sign(*, visit: Visit, sign: str, by: Actor, at: datetime, present: bool = True) -> tuple[Signal, ...]:
    """A person's word raises an alarm at once, or ends it (A17)."""
    access.require(by, "alarms", "C", patient=visit.patient)
    return _charted(visit, Observe(at, sign, by.name, present), "alarm.sign", by=by, at=at)


@transaction.atomic
def begin_emergency(*, visit: Visit, by: Actor, at: datetime) -> tuple[Signal, ...]:
    """One press: only high alarms sound at this chair, all stay visible. Pressed again it is an act (A20)."""
    access.require(by, "alarms", "C", patient=visit.patient)
    return _charted(visit, Emergency(at, by.name), "alarm.emergency", by=by, at=at)


@transaction.atomic
def end_emergency(*, visit: Visit, by: Actor, at: datetime) -> tuple[Signal, ...]:
    """The event is closed: what is still there sounds."""
    access.require(by, "alarms", "C", patient=visit.patient)
    return _charted(visit, EmergencyOver(at, by.name), "alarm.emergency_over", by=by, at=at)


@transaction.atomic
def stop_monitoring(*, visit: Visit, channel: Channel, reason: str, by: Actor, at: datetime) -> tuple[Signal, ...]:
    """A parameter is set aside by a named person for a stated reason; the engine bounds it (A9)."""
    access.require(by, "limits", "U", patient=visit.patient)
    if not reason.strip():
        raise Refused(Refusal("Reason", "is missing.", f"Say why {channel.label} is not monitored."))
    if by.role != Role.RX and is_vital(channel) and _dose_acts(visit):
        words = "is watched from the dose to discharge; only the prescriber sets it aside, for 10 minutes."
        raise Refused(Refusal(channel.label, words, "Call the prescriber.", kind="policy"))
    if is_vital(channel) and _dose_acts(visit) and _was_set_aside_before(visit, channel, at):
        words = "was set aside a while ago; ten minutes follow no ten minutes."
        raise Refused(Refusal(channel.label, words, "Watch it for as long first, or stay with them.", kind="policy"))
    return _given(visit, Unwatch(at, channel, by.name, reason), "alarm.not_monitored", by=by, at=at)


def _was_set_aside_before(visit: Visit, channel: Channel, at: datetime) -> bool:
    """By when it was last watched again, whether somebody said so or its time was over: as of `at`, though no tick has
    come since."""
    state, _ = rules.step(watching.state_now(visit), Tick(at))
    return not may_be_set_aside(state, channel, at)


@transaction.atomic
def monitor_again(*, visit: Visit, channel: Channel, by: Actor, at: datetime) -> tuple[Signal, ...]:
    access.require(by, "alarms", "C", patient=visit.patient)
    return _given(visit, Rewatch(at, channel), "alarm.monitored", by=by, at=at)


@transaction.atomic
def change_limits(*, visit: Visit, limits: Limits, why: str, by: Actor, at: datetime) -> tuple[Signal, ...]:
    """Other limits from now on, with who and why (A14). They exist only if low is under high: `Limits` sees to that."""
    access.require(by, "limits", "U", patient=visit.patient)
    if not why.strip():
        raise Refused(Refusal("Reason", "is missing.", "Say why the limits are changed."))
    watching.running(visit)
    sheet = Faults().alone(visit.pk, partial(queries.limits_begun_with, visit))
    if sheet is None:
        raise watching.not_judged()
    refusals = [Refusal(*said, kind="policy") for said in _not_allowed(sheet, limits, by)]
    if refusals:
        raise Refused(refusals)
    watching.keep_limits(visit, limits, by=by, at=at, why=why)
    return _given(visit, SetLimits(at, limits), "limits.change", by=by, at=at)


def _not_allowed(sheet: Limits, limits: Limits, by: Actor) -> list[tuple[str, str, str]]:
    """What the adopted sheet does not let this person change; the sheet's own lines are its hard range."""
    found = [
        (field.name.removesuffix("_s"), f"would be longer than the {bound} s of the sheet.", "Keep it or shorten it.")
        for field in fields(sheet.times)
        if getattr(limits.times, field.name) > (bound := getattr(sheet.times, field.name))
    ]
    if _without_places(limits) != _without_places(sheet):
        found.append(("Limits", "would miss lines or signs of the sheet, or raise them otherwise.", "Move lines only."))
        return found
    new = {line.id: line for line in limits.lines}
    for old in sheet.lines:
        found += _line_not_allowed(old, new[old.id], sheet, by)
    return found


def _without_places(limits: Limits) -> tuple[object, ...]:
    """All that a change of limits leaves alone: which lines there are, what they raise, which signs alarm."""
    lines = {replace(line, threshold=None, change=_NOWHERE, change_percent=None, delay_s=0) for line in limits.lines}
    return (
        lines,
        limits.id,
        limits.version,
        dict(limits.signs),
        dict(limits.plausible),
        dict(limits.jumps),
        dict(limits.reach),
        limits.signs_of_pressure,
    )


def _line_not_allowed(old: LimitLine, new: LimitLine, sheet: Limits, by: Actor) -> list[tuple[str, str, str]]:
    if (possible := sheet.out_of_reach(new)) is not None:
        return [(new.id, f"at {new.threshold} can never be crossed.", f"{possible.low} to {possible.high}.")]
    if by.role != Role.RX and (_is_wider(old, new) or new.delay_s > old.delay_s):
        return [(new.id, "would alarm later than the sheet says; only a prescriber may.", "Call the prescriber.")]
    return []


def _is_wider(old: LimitLine, new: LimitLine) -> bool:
    """Further out than the sheet's line, or measured in another way than it is."""
    for place in ("threshold", "change", "change_percent"):
        was, now = getattr(old, place), getattr(new, place)
        if (was is None) != (now is None):
            return True
        if was is not None and (now > was if old.side is Side.HIGH else now < was):
            return True
    return False


def _dose_acts(visit: Visit) -> bool:
    return watching.state_now(visit).dose_since is not None


def _charted(visit: Visit, given: Given, verb: str, *, by: Actor, at: datetime) -> tuple[Signal, ...]:
    """As _given, for what stands in the record whatever becomes of the watch (D9)."""
    watching.running(visit)
    signals = ticking.advance_or_tell(visit, [given], at=at, by=by)
    audit.note(by=by, at=at, verb=verb, on=visit, patient=visit.patient_id)
    return signals or ()


def _given(visit: Visit, given: Given, verb: str, *, by: Actor, at: datetime) -> tuple[Signal, ...]:
    watching.running(visit)
    signals = watching.advance_if_it_can(visit, [given], at=at, by=by)
    if signals is None:
        raise watching.not_judged()
    audit.note(by=by, at=at, verb=verb, on=visit, patient=visit.patient_id)
    return signals
