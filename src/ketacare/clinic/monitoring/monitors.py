"""The clinic's monitors: where each is now, and which of them may be at this chair."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ketacare.clinic.monitoring.models import Device, DeviceCuff, Pairing, Reading, StrayStream
from ketacare.clinic.monitoring.queries import devices, strays
from ketacare.clinic.people.access import Actor
from ketacare.clinic.scheduling.models import Visit
from ketacare.medicine.monitoring.rules.clocks import Clock

SENDS_NOW = timedelta(seconds=10)  # as long as a value counts as not lost (T2)


@dataclass(frozen=True, slots=True)
class Monitor:
    """A monitor as its keeper reads it; of a patient only the chair."""

    device: Device
    paired: bool
    chair: str
    sends: bool
    heard_at: datetime | None
    clock_words: str


def monitors(actor: Actor) -> list[Monitor]:
    """Every monitor of the clinic, with where it is now."""
    rows = list(devices(actor).select_related("clock"))
    pairings = Pairing.objects.filter(device__in=rows, ended_at__isnull=True).select_related("visit__chair")
    on = {pairing.device_id: pairing for pairing in pairings}
    stray = {row.device_id: row for row in strays(actor).filter(device__in=rows)}
    return [_monitor(row, on.get(row.pk), stray.get(row.pk)) for row in rows]


def monitor(actor: Actor, device: Device) -> Monitor:
    pairing = Pairing.objects.filter(device=device, ended_at__isnull=True).select_related("visit__chair").first()
    return _monitor(device, pairing, strays(actor).filter(device=device).first())


def _monitor(device: Device, pairing: Pairing | None, stray: StrayStream | None) -> Monitor:
    clock = getattr(device, "clock", None)
    heard = [at for at in (clock.last_received_at if clock else None, stray.last_at if stray else None) if at]
    known = Clock(timedelta(milliseconds=clock.skew_ms)) if clock and clock.skew_ms is not None else None
    words = "not known" if known is None else known.words or "right"
    chair = pairing.visit.chair.name if pairing and pairing.visit.chair else ""
    return Monitor(device, pairing is not None, chair, stray is not None, max(heard, default=None), words)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A monitor that may be at this chair, and the pulse it sends this moment: the person's, if it is theirs."""

    device: Device
    elsewhere: str  # the chair of the session it is on; empty when it is on nobody
    pulse: str
    pulse_at: datetime | None
    is_live: bool


def candidates(actor: Actor, *, at: datetime) -> list[Candidate]:
    """Those that send now first. A monitor on somebody else is named, and its numbers stay theirs."""
    found = [_candidate(one, at) for one in monitors(actor)]
    stray = {row.device_id: row for row in strays(actor).filter(device__isnull=False)}
    with_pulse = [_with_pulse(one, stray.get(one.device.pk), at) for one in found]
    return sorted(with_pulse, key=lambda one: (bool(one.elsewhere), not one.is_live, one.device.name))


def _candidate(one: Monitor, at: datetime) -> Candidate:
    elsewhere = (one.chair or "another session") if one.paired else ""
    return Candidate(one.device, elsewhere, "", None, is_live=False)


def _with_pulse(one: Candidate, stray: StrayStream | None, at: datetime) -> Candidate:
    said = {} if stray is None or one.elsewhere else stray.last_values
    last = said.get("PR") or said.get("HR")
    if last is None:
        return one
    pulse_at = datetime.fromisoformat(last["at"])
    return replace(one, pulse=last["value"], pulse_at=pulse_at, is_live=at - pulse_at <= SENDS_NOW)


def same_again_at(visit: Visit, last: Reading | None) -> datetime | None:
    """When a monitor at this chair sent the numbers of its last pressure again, and nobody can know whether they were
    measured anew (A16, T5); None once a later pressure is charted. Since it is with this patient: of one of whom no
    pressure is charted yet, the last numbers may be those of whoever had it before (H26)."""
    here = dict(Pairing.objects.filter(visit=visit, ended_at__isnull=True).values_list("device", "paired_at"))
    told = DeviceCuff.objects.filter(device__in=list(here)).values_list("device", "values__same_at")
    known = [(here[device], datetime.fromisoformat(text)) for device, text in told if text]
    newest = max((at for paired_at, at in known if at >= paired_at), default=None)
    return newest if newest is not None and (last is None or newest > last.taken_at) else None
