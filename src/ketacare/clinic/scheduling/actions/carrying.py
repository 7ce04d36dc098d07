"""Carrying out a plan that somebody has seen: a day planned anew, or a dose with what goes with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.scheduling.actions.assigning import take_back
from ketacare.clinic.scheduling.actions.courses import answer_for, give_up, may_override, move_to, note_override, relane
from ketacare.clinic.scheduling.actions.keeping import held_once, later_check, one_at_a_time
from ketacare.clinic.scheduling.actions.placing import told_too_late
from ketacare.clinic.scheduling.actions.telling import because, tell_moved
from ketacare.clinic.scheduling.models import Visit, VisitState
from ketacare.clinic.scheduling.planner import worse_after
from ketacare.clinic.scheduling.queries.anew import setting_over
from ketacare.clinic.tenancy.refusals import Conflict, Refusal, Refused
from ketacare.medicine.scheduling.terms import NEVER_LIFTED, Booked, Violation

OVERRIDE_PLAN = "Plan again, or let a prescriber go on by name and with a reason."


@transaction.atomic
def carry_out(
    *,
    moves: Sequence[Booked],
    without_place: Sequence[str],
    versions: Mapping[str, int],
    reason: str,
    words: str,
    by: Actor,
    at: datetime,
    override: str = "",
    anew: bool = True,
) -> list[Visit]:
    """A plan as it was shown, `anew` for a day and else for one patient: every visit to its new place at once. It is
    judged again by the calendar as it is now; if one of them changed meanwhile or its hour has come, nothing is done.
    Against a rule only by name. Who is told another time becomes a duty of the desk, as does who has no place."""
    access.require(by, "appointments", "U")
    one_at_a_time(by)
    rows = {str(row.pk): row for row in Visit.objects.select_for_update().filter(
        clinic_id=by.clinic_id, pk__in=[*(one.key for one in moves), *without_place]
    )}  # fmt: skip
    for key, version in versions.items():
        if key not in rows or rows[key].version != version or rows[key].state != VisitState.BOOKED:
            raise Conflict(Refusal("plan", "A visit of this plan has changed since it was shown.", "Plan again."))
    for row in rows.values():
        access.require(by, "appointments", "U", patient=row.patient)
    if any(row.starts_at <= at for row in rows.values()) or any(one.span.starts <= at for one in moves):
        raise Conflict(Refusal("plan", "The hour of a visit of this plan has come.", "Plan again."))
    faults = refuse_worse(moves, without_place, rows, by=by, at=at, override=override)
    with held_once():
        later_check()
        stood = {row.pk: row.starts_at for row in rows.values()}
        moved = [move_to(rows[one.key], one, reason, words, by=by, at=at, is_told=False) for one in moves]
        for one in moves:
            against = [fault for fault in faults if one.key in fault.keys]
            note_override(rows[one.key], one, against, override, by=by, at=at)
        for key in without_place:
            give_up(rows[key], reason, words, by=by, at=at, anew=anew, with_it=[rows[one].pk for one in without_place])
        for row in {row.patient_id: row for row in moved if row.starts_at != stood[row.pk]}.values():
            tell_moved(row, because(reason, anew), by=by, at=at)
        take_back(rows.values(), by=by, at=at)
        relane({one.person for one in moves}, [one.span for one in moves], by) if moves else None
    audit.note(by=by, at=at, verb="day.replan", because=reason)
    return moved


def refuse_worse(
    moves: Sequence[Booked],
    without: Sequence[str],
    rows: Mapping[str, Visit],
    *,
    by: Actor,
    at: datetime,
    override: str,
) -> list[Violation]:
    """What the plan would break as the site is now; a rule that may be lifted is lifted by whoever signs plans."""
    # As far as they go and as far as they stood: a visit that is brought forward is judged where it goes, too.
    last = max([*(one.span.ends for one in moves), *(row.ends_at for row in rows.values())], default=at)
    setting = setting_over(by, at, until=last, of={row.patient_id for row in rows.values()})
    faults, _ = worse_after(setting, moves, without)
    said = list(dict.fromkeys(f"{fault.rule.capitalize()}: {fault.words}" for fault in faults))[:4]
    if any(fault.rule in NEVER_LIFTED for fault in faults):
        raise Conflict([Refusal("plan", words, "Plan again: the calendar has changed.") for words in said])
    touched = {rows[key].pk: rows[key].patient for fault in faults for key in fault.keys if key in rows}
    if faults and not (override.strip() and all(may_override(by, patient) for patient in touched.values())):
        raise Refused([Refusal("override", words, OVERRIDE_PLAN, "policy") for words in said])
    return faults


@transaction.atomic
def move_together(
    *,
    moves: Sequence[Booked],
    without_place: Sequence[str],
    versions: Mapping[str, int],
    reason: str,
    words: str,
    by: Actor,
    at: datetime,
    override: str = "",
) -> list[Visit]:
    """A dose and what goes with it, in one step as it was shown; told in time as a dose that moves alone."""
    one_at_a_time(by)
    rows = {str(row.pk): row for row in Visit.objects.filter(pk__in=[one.key for one in moves])}
    late = {one.key: told_too_late(one, rows.get(one.key), by=by, at=at) for one in moves}
    for key, faults in late.items():
        answer_for(faults, rows[key].patient, by=by, reason=override)
    moved = carry_out(
        moves=moves, without_place=without_place, versions=versions, reason=reason, words=words, by=by, at=at,
        override=override, anew=False,
    )  # fmt: skip
    for one in moves:
        note_override(rows[one.key], one, late[one.key], override, by=by, at=at)
    return moved
