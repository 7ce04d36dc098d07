"""Asks follow the course: made before a planned dose and as months go by; moved or stopped when it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Model

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.actions.answering import locked, settle_messages
from ketacare.clinic.outcomes.actions.asking import (
    PHQ9,
    in_time,
    link_until,
    make_ask,
    message_times,
    open_follow_up,
    opening,
    recalls,
    rests,
    write_messages,
)
from ketacare.clinic.outcomes.actions.staffing import open_staff_duty
from ketacare.clinic.outcomes.models import Ask, AskState, MessageState
from ketacare.clinic.outcomes.until_next import asked_until_next
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.safety import queries as watch
from ketacare.clinic.scheduling.models import Visit, VisitKind
from ketacare.medicine.outcomes import reader, rules
from ketacare.medicine.outcomes import terms as words

SIDE_EFFECTS = "side-effects"
BEFORE_ANY = {"safety-items": "safety-first"}  # questions that speak of no treatment


@transaction.atomic
def schedule_early(visit: Visit, *, by: Actor, at: datetime) -> list[Ask]:
    """Before a planned dose: made once, when its time comes near. Before the first nothing rests that would be too old
    to count as baseline once the dose begins."""
    asked = queries.asked_by(visit.patient)
    is_first = not Visit.objects.filter(patient=visit.patient, kind=VisitKind.DOSE, state__in=queries.GIVEN).exists()
    rest = fresh if is_first or asked.treated.doses == 0 else dict
    due = rules.early_asks(
        visit.starts_at,
        asked.rules(words.Anchor.NEXT_DOSE),
        again_after_days=rest(rests(asked.version)),
        recall_days=rest(recalls(asked.version)),
        answered_on=queries.last_asked(visit.patient),
        beside=asked_until_next([visit.patient_id], at)[visit.patient_id],
    )
    there = set(Ask.objects.filter(visit=visit).values_list("key", flat=True))
    new = [moment for moment in due if moment.key not in there]
    if is_first:
        new = [first_of_all(moment) for moment in new]
    return [make_ask(visit, visit.starts_at, moment, asked.version, by=by, at=at) for moment in new]


def fresh(rests: Mapping[str, int]) -> dict[str, int]:
    """A day less than counts as baseline: a dose begins later than it was planned."""
    within = {name: reader.instrument(name).baseline_days for name in reader.INSTRUMENTS}
    return {name: min(days, within[name] - 1) if name in within else days for name, days in rests.items()}


def first_of_all(moment: words.Ask) -> words.Ask:
    """Before a first dose nothing can have come of one."""
    asked = tuple(BEFORE_ANY.get(name, name) for name in moment.instruments if name != SIDE_EFFECTS)
    return replace(moment, instruments=asked, title="Before the first dose")


@transaction.atomic
def schedule_course(visit: Visit, first_dose_at: datetime, *, by: Actor, at: datetime) -> list[Ask]:
    """What this month or quarter asks for. `visit`: the last dose, on whose page they stand. What would be asked beside
    it is asked with it; what is open already is waited for."""
    asked = queries.asked_by(visit.patient)
    of_course = asked.rules(words.Anchor.COURSE)
    made = Ask.objects.filter(patient=visit.patient, created_at__gte=first_dose_at)
    there, beside = set(made.values_list("key", flat=True)), open_now(visit.patient, at)
    plan = rules.course_asks(first_dose_at, at, of_course, beside=beside)
    new = {moment.key: moment.title for moment in plan if moment.key not in there}
    if not new:
        return []
    waiting = [moment for moment, ask in beside.items() if ask.state == AskState.WAITING]
    taken = rules.taken_in(first_dose_at, at, of_course, waiting)
    rows = [locked(beside[moment]) for moment in taken]
    if any(row.state != AskState.WAITING for row in rows):  # answered just now: the next look finds it so
        return []
    for row in rows:
        stop_ask(row, f"Asked with the {min(new.values()).lower()}", by=by, at=at)
    due = rules.course_asks(
        first_dose_at,
        at,
        of_course,
        again_after_days=rests(asked.version),
        recall_days=recalls(asked.version),
        answered_on=queries.last_asked(visit.patient),
        beside=beside,
        taken=taken,
    )
    return [make_ask(visit, one.opens_at, one, asked.version, by=by, at=at) for one in due if one.key in new]


def open_now(patient: Patient, at: datetime) -> dict[words.Ask, Ask]:
    """What was asked of somebody by their doses and is not over."""
    asks = Ask.objects.filter(patient=patient, closes_at__gt=at).exclude(state=AskState.STOPPED)
    return {
        as_asked(ask): ask
        for ask in asks.order_by("opens_at")
        if queries.rule_for(ask).anchor is not words.Anchor.COURSE
    }


def as_asked(ask: Ask) -> words.Ask:
    return words.Ask(
        ask.key,
        ask.title,
        tuple(ask.instruments),
        ask.opens_at,
        ask.due_at,
        ask.closes_at,
        staff=tuple(ask.staff_instruments),
        checks=tuple(ask.checks),
    )


@transaction.atomic
def keep_in_step(ask: Ask, now: words.Ask | None, why: str, *, by: Actor, at: datetime) -> Ask:
    """`now`: its times as the course has them today; None where it is asked no longer, and `why`."""
    ask = locked(ask)
    if ask.state != AskState.WAITING:
        return ask
    return stop_ask(ask, why, by=by, at=at) if now is None else move_ask(ask, now, by=by, at=at)


def stop_ask(ask: Ask, why: str, *, by: Actor, at: datetime) -> Ask:
    """No longer asked: its link says so, nobody is reminded, nobody has to call. What was answered stays."""
    ask.state, ask.stopped_why, ask.version = AskState.STOPPED, why, ask.version + 1
    ask.save(update_fields=["state", "stopped_why", "version"])
    end_duties(ask, ask, by=by, at=at)
    audit.note(by=by, at=at, verb="ask.stop", on=ask, patient=ask.patient_id, because=why)
    return ask


@transaction.atomic
def wake(ask: Ask, *, by: Actor, at: datetime) -> Ask:
    """Asked again after a pause: with a duty of its own and the messages that are still to come."""
    ask = locked(ask)
    if ask.state != AskState.STOPPED:
        return ask
    moment = words.Ask(ask.key, ask.title, tuple(ask.instruments), ask.opens_at, ask.due_at, ask.closes_at)
    ask.state, ask.stopped_why, ask.version = AskState.WAITING, "", ask.version + 1
    ask.duty = open_follow_up(ask.visit, moment, by=by, at=at)
    ask.staff_duty = open_staff_duty(ask.visit, moment, ask.staff_instruments, ask.checks, by=by, at=at)
    ask.save(update_fields=["state", "stopped_why", "version", "duty", "staff_duty"])
    write_messages(ask, at=at)
    audit.note(by=by, at=at, verb="ask.wake", on=ask, patient=ask.patient_id, because=ask.key)
    return ask


def end_duties(ask: Ask, evidence: Model, *, by: Actor, at: datetime) -> None:
    for duty in (ask.duty, ask.staff_duty):
        if duty is not None:
            duties.close_duty(duty, evidence=evidence, by=by, at=at)
    settle_messages(ask, evidence, by=by, at=at)


def restored(ask: Ask, now: words.Ask, at: datetime) -> words.Ask:
    """With what an earlier move took away, where there is time for it again and it was not answered too lately. Before
    a first dose nothing was."""
    rule = queries.rule_for(ask)
    if rule.anchor is words.Anchor.COURSE or set(BEFORE_ANY.values()) & set(now.instruments):
        return now
    asked = queries.asked_by(ask.patient, of_dose_at=ask.dose_at)
    whole = next((one for one in asked.rules(rule.anchor) if one.key == rule.key), rule)
    lacking = [name for name in whole.instruments if name not in (*now.instruments, *ask.staff_instruments)]
    if rule.anchor is words.Anchor.DOSE:
        lacking = [name for name in lacking if name == PHQ9]  # nothing else is ever left out for want of time
    lacking = [name for name in lacking if queries.shown(ask.organisation_id, name, ask.language).is_worded]
    if not lacking:
        return now
    fresh = rules.early_asks(
        ask.visit.starts_at if rule.anchor is words.Anchor.NEXT_DOSE else ask.dose_at,
        [whole],
        again_after_days=rests(asked.version),
        recall_days=recalls(asked.version),
        answered_on=queries.last_scored(ask.patient),
        beside=asked_until_next([ask.patient_id], at)[ask.patient_id] if rule.anchor is words.Anchor.NEXT_DOSE else (),
    )
    back = {name for one in fresh for name in one.instruments if name in lacking}
    names = tuple(name for name in whole.instruments if name in back or name in now.instruments)
    return in_time(replace(now, instruments=(*(one for one in now.instruments if one not in names), *names)))


def move_ask(ask: Ask, now: words.Ask, *, by: Actor, at: datetime) -> Ask:
    """Another time: its messages that have not gone out, and its duties, move along. What has no time there is asked
    no longer; what had none before and has it again is asked again."""
    now = restored(ask, now, at)
    ask.instruments = list(now.instruments)
    ask.opens_at, ask.due_at, ask.closes_at = opening(now), now.due_at, now.closes_at
    ask.link_until, ask.version = link_until(now), ask.version + 1
    if queries.rule_for(ask).anchor is words.Anchor.NEXT_DOSE:
        ask.dose_at = ask.visit.starts_at
    ask.save(update_fields=["instruments", "opens_at", "due_at", "closes_at", "link_until", "dose_at", "version"])
    unsent = ask.messages.filter(state=MessageState.WAITING, duty__isnull=True, code__in=["first", "reminder"])
    times = message_times(ask)[-unsent.count() :]
    for message, (_, send_after) in zip(unsent.order_by("send_after"), times, strict=False):
        message.send_after, message.version = send_after, message.version + 1
        message.save(update_fields=["send_after", "version"])
    duties.retime(ask.duty, due_at=watch.staffed(ask.clinic, ask.closes_at), by=by, at=at)
    if ask.staff_duty is not None:
        duties.retime(ask.staff_duty, due_at=watch.staffed(ask.clinic, ask.due_at), by=by, at=at)
    audit.note(by=by, at=at, verb="ask.move", on=ask, patient=ask.patient_id, because=ask.key)
    return ask
