"""The watch over a visit: begun, and given what happens.

The engine is pure; here its state is locked, stepped, kept with what it was given and what it said, and announced, all
in the caller's transaction. A tick that changes nothing is not kept: the engine visits every deadline by itself, so a
replay of what is kept gives the same signals.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.monitoring import queries, states
from ketacare.clinic.monitoring.models import AlarmSignal, LimitsInForce, Watch, WatchStep
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy import bulk, prepared
from ketacare.clinic.tenancy.alone import Faults
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.monitoring import reader, rules
from ketacare.medicine.monitoring.terms import (
    Ask,
    Channel,
    Done,
    Given,
    Limits,
    Schedule,
    SetBaseline,
    Signal,
    State,
)

logger = logging.getLogger(__name__)

# Writing the whole state out costs more than a step does; so it is copied now and then, and the steps bridge the rest.
COPY_EVERY = 16
BUT_ITS_STATE = (  # which is large, and remembered
    "id", "organisation_id", "clinic_id", "version", "visit_id", "state_version", "begun_at", "ended_at", "next_at"
)  # fmt: skip


@transaction.atomic
def begin_watch(
    *,
    visit: Visit,
    by: Actor,
    at: datetime,
    limits: Limits | None = None,
    baseline: Mapping[Channel, Decimal] | None = None,
) -> Watch:
    """Start watching: adopted limits, sound on, nothing carried over (A10). Begun twice, it is the same watch."""
    access.require(by, "alarms", "C", patient=visit.patient)
    known = Watch.objects.filter(visit=visit).first()
    if known is not None:
        return known
    limits = limits or reader.limits()
    state = rules.begin(limits, at)
    watch = Watch.objects.create(
        organisation_id=visit.organisation_id,
        clinic_id=visit.clinic_id,
        created_at=at,
        visit=visit,
        begun_at=at,
        state=rules.to_json(state),
        next_at=rules.next_deadline(state),
    )
    keep_limits(visit, limits, by=by, at=at, why="adopted set at the start of the watch")
    if baseline:
        advance(visit, [SetBaseline(at, dict(baseline))], at=at, by=by)
    audit.note(by=by, at=at, verb="watch.begin", on=visit, patient=visit.patient_id)
    return watch


def keep_limits(visit: Visit, limits: Limits, *, by: Actor, at: datetime, why: str) -> LimitsInForce:
    return LimitsInForce.objects.create(
        organisation_id=visit.organisation_id,
        clinic_id=visit.clinic_id,
        happened_at=at,
        recorded_at=at,
        recorded_by_id=by.user_id,
        visit=visit,
        sheet=limits.id,
        sheet_version=limits.version,
        limits=rules.plain(limits),
        why=why,
    )


def advance(visit: Visit, given: Sequence[Given], *, at: datetime, by: Actor | None = None) -> tuple[Signal, ...]:
    """Give the engine what happened, in order; keep and announce what it says. Without a running watch: nothing.

    Inside the caller's transaction. Whoever advances several visits takes them in the order of their ids.
    """
    watch = Watch.objects.select_for_update().filter(visit=visit, ended_at__isnull=True).first()
    return () if watch is None else step_kept(watch, given, at=at, by=by)


def advance_if_it_can(
    visit: Visit, given: Sequence[Given], *, at: datetime, by: Actor | None = None
) -> tuple[Signal, ...] | None:
    """As advance, for what ends a watch or part of it: a session that cannot be stepped is closed all the same, and its
    monitor is free for the next patient (H26). That it cannot be stepped is told by the round that lets time pass. None
    when it could not."""
    faults = Faults()
    signals = faults.alone(visit.pk, partial(advance, visit, given, at=at, by=by))
    for kind in faults.kinds:
        logger.error("a watch could not be stepped by what happened: %s", kind)
    return signals


def step_kept(watch: Watch, given: Sequence[Given], *, at: datetime, by: Actor | None) -> tuple[Signal, ...]:
    """As advance, for a watch already locked."""
    step = _step(watch, queries.state_of(watch), given)
    _keep([step], at=at, by=by)
    if step.signals:
        tenancy.announce(**step.notice)
    return step.signals


def advance_many(given: Mapping[UUID, Sequence[Given]], *, at: datetime) -> dict[UUID, dict[str, Any]]:
    """As advance, for a batch: by visit, in one statement a table. Returns what is to be announced, by visit.

    The watches are locked in the order of their visits, as by everybody who advances several.
    """
    running = "visit_id = any(%s) and ended_at is null order by visit_id for update"
    watches = prepared.found(Watch, BUT_ITS_STATE, running, [sorted(given)])
    states = queries.states_of(watches)
    steps = [_step(watch, states[watch.pk], given[watch.visit_id]) for watch in watches]
    _keep(steps, at=at, by=None)
    return {step.watch.visit_id: step.notice for step in steps if step.signals}


@dataclass(frozen=True, slots=True)
class Step:
    """A watch already moved on by what it was given, not yet kept."""

    watch: Watch
    state: State
    given: Sequence[Given]
    signals: tuple[Signal, ...]
    copied: bool

    @property
    def place(self) -> dict[str, Any]:
        return {name: getattr(self.watch, name) for name in ("organisation_id", "clinic_id", "visit_id")}

    @property
    def notice(self) -> dict[str, Any]:
        body = {"version": self.watch.version, "signals": [rules.plain(_unnamed(signal)) for signal in self.signals]}
        where = {"clinic_id": self.watch.clinic_id, "organisation_id": self.watch.organisation_id}
        return {**where, "topic": f"visit:{self.watch.visit_id}", "kind": "alarm", "body": body}


def _step(watch: Watch, state: State, given: Sequence[Given]) -> Step:
    state, signals = _stepped(state, given)
    watch.version += 1
    watch.next_at = rules.next_deadline(state)
    copied = watch.version - watch.state_version >= COPY_EVERY
    if copied:
        watch.state, watch.state_version = rules.to_json(state), watch.version
    return Step(watch, state, given, signals, copied)


def _keep(steps: Sequence[Step], *, at: datetime, by: Actor | None) -> None:
    """Each watch with its step and signals, in one statement a table; copies of states apart, as they are large."""
    fields = ["version", "next_at"]
    bulk.update([step.watch for step in steps if not step.copied], fields)
    bulk.update([step.watch for step in steps if step.copied], [*fields, "state", "state_version"])
    bulk.insert(
        [
            WatchStep(
                **step.place, number=step.watch.version, at=at, given=[rules.given_to_plain(one) for one in step.given]
            )
            for step in steps
        ],
        numbered=False,
    )
    signals = [_row(signal, step.place, step.watch.version, by) for step in steps for signal in step.signals]
    bulk.insert(signals, numbered=False)
    for step in steps:
        transaction.on_commit(partial(states.remember, step.watch.pk, step.watch.version, step.state))


def _unnamed(signal: Signal) -> Signal:
    """What is announced carries nobody's name; the log has it (A18)."""
    return replace(signal, by=None)


def _stepped(state: State, given: Sequence[Given]) -> tuple[State, tuple[Signal, ...]]:
    signals: list[Signal] = []
    for one in given:
        state, more = rules.step(state, one)
        signals += more
    return state, tuple(signals)


def _row(signal: Signal, place: dict[str, Any], step: int, by: Actor | None) -> AlarmSignal:
    return AlarmSignal(
        **place,
        step=step,
        at=signal.at,
        condition=signal.condition,
        kind=signal.kind,
        presence=signal.presence,
        state=signal.state,
        sounding=signal.sounding,
        priority=signal.priority.word if signal.priority else "",
        rule=signal.rule,
        channel=signal.channel or "",
        value=signal.value,
        limit=signal.limit,
        since=signal.since,
        by_id=by.user_id if by else None,
    )


# -- what the session tells the watch ----------------------------------------------------------------------------------


def set_baseline(*, visit: Visit, baseline: Mapping[Channel, Decimal], by: Actor, at: datetime) -> None:
    """The patient's own values, from which relative limits are measured (A14). A dose begins with it: none begins
    under alarms that nobody judges (D9)."""
    access.require(by, "readings", "C", patient=visit.patient)
    if advance_if_it_can(visit, [SetBaseline(at, dict(baseline))], at=at, by=by) is None:
        raise not_judged()


def schedule_checks(*, visit: Visit, asks: Sequence[Ask], at: datetime, by: Actor) -> None:
    """The timed readings and checks still owed; replaces those known before (T5, T6). It is no question here whether a
    dose may begin to act."""
    advance_if_it_can(visit, [Schedule(at, tuple(asks))], at=at, by=by)


def check_done(*, visit: Visit, ask: str, at: datetime, by: Actor) -> None:
    """A person did a timed check, or gave the reason for leaving it out. It is charted whatever becomes of the watch:
    an ask that stays open makes noise."""
    advance_if_it_can(visit, [Done(at, ask)], at=at, by=by)


def not_judged() -> Refused:
    """What only the engine can do: nothing is pretended."""
    words = "of this session cannot be judged now: NOT LIVE."
    return Refused(Refusal("Alarms", words, "Go by the bedside monitor, stay with the patient, and chart.", "policy"))


def state_now(visit: Visit) -> State:
    """The state of a running watch, or a refusal that says that nobody can read it."""
    watch = running(visit)
    state = states.readable([watch]).get(watch.pk)
    if state is None:
        raise not_judged()
    return state


def running(visit: Visit) -> Watch:
    """The watch of this visit, or a refusal that says what is missing."""
    watch = Watch.objects.filter(Q(visit=visit) & Q(ended_at__isnull=True)).first()
    if watch is None:
        raise Refused(Refusal("Session", "is not being watched.", "Start the session first.", kind="policy"))
    return watch
