"""Goals: written with their levels, scaled at a visit, ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.clinic.therapy import queries
from ketacare.clinic.therapy.models import Goal, GoalLevel
from ketacare.medicine.therapy import reader, rules
from ketacare.medicine.therapy.rules.goals import LEVELS

MOST = {"title": 200, "value": 200, "first_step": 200, "obstacle": 300}


@transaction.atomic
def write_goal(*, patient: Patient, said: Mapping[str, str], by: Actor, at: datetime) -> Goal:
    """A new goal with its five levels. At most as many as the sheet says: what is too much for one person is none."""
    access.require(by, "therapy", "C", patient=patient)
    scaling = reader.scaling()
    levels = {str(level): said.get(f"level{level}", "").strip() for level in LEVELS}
    weights = said.get("importance", ""), said.get("difficulty", "")
    found = [
        Refusal(*fault) for fault in rules.goal_faults(weights, said.get("start", ""), tuple(levels.values()), scaling)
    ]
    words = {name: said.get(name, "").strip() for name in MOST}
    if not words["title"]:
        found.append(Refusal("title", "The goal is empty.", "Write it as a specific act, in the patient's words."))
    if said.get("domain", "") not in scaling.domains:
        found.append(Refusal("domain", "is not chosen.", "Choose what it belongs to."))
    for name, text in words.items():
        if len(text) > MOST[name]:
            found.append(Refusal(name, f"is longer than {MOST[name]} letters.", "Shorten it."))
    if len(queries.goals(patient)) >= scaling.most_goals.integer:
        most = scaling.most_goals.integer
        found.append(Refusal("title", f"There are {most} goals already.", "End one first.", "policy"))
    if found:
        raise Refused(found)
    row = Goal.objects.create(
        **about(patient, by, at),
        **words,
        case=uuid4(),
        domain=said["domain"],
        levels=levels,
        importance=int(weights[0]),
        difficulty=int(weights[1]),
        start=int(said["start"]),
    )
    audit.note(by=by, at=at, verb="goal.write", on=row, patient=patient)
    return row


@transaction.atomic
def scale_goals(*, patient: Patient, levels: Mapping[UUID, str], by: Actor, at: datetime) -> list[GoalLevel]:
    """Where each goal stands today; a goal not spoken of keeps what was said before."""
    access.require(by, "therapy", "C", patient=patient)
    known = {goal.case for goal in queries.goals(patient)}
    allowed = {str(level) for level in LEVELS}
    given = {case: text for case, text in levels.items() if text}
    if not given:
        raise Refused(Refusal("levels", "No goal is scaled.", "Choose a level for at least one."))
    wrong = [case for case, text in given.items() if case not in known or text not in allowed]
    if wrong:
        raise Refused([Refusal(f"goal-{case}", "is not one of the five levels.", "Choose one.") for case in wrong])
    rows = [
        GoalLevel.objects.create(**about(patient, by, at), goal=case, level=int(text)) for case, text in given.items()
    ]
    for row in rows:
        audit.note(by=by, at=at, verb="goal.scale", on=row, patient=patient)
    return rows


@transaction.atomic
def end_goal(*, goal: Goal, words: str, by: Actor, at: datetime) -> Goal:
    """Reached, or let go; its history stays."""
    access.require(by, "therapy", "U", patient=goal.patient)
    if not words.strip():
        raise Refused(Refusal("words", "Why is empty.", "Say in a few words why it ends."))
    kept = ("case", "title", "domain", "levels", "importance", "difficulty", "start", "value", "first_step", "obstacle")
    row = Goal.objects.create(
        **about(goal.patient, by, at),
        **{name: getattr(goal, name) for name in kept},
        ended=True,
        amends=goal,
        amend_reason=words.strip()[:300],
    )
    audit.note(by=by, at=at, verb="goal.end", on=row, patient=goal.patient)
    return row
