"""Goals: written with their levels and the day by which, scaled at a visit, agreed anew, ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.clinic.therapy import queries
from ketacare.clinic.therapy.models import Goal, GoalLevel
from ketacare.medicine.therapy import reader, rules
from ketacare.medicine.therapy.rules.goals import LEVELS

# What makes a goal one that can be worked at and told; agreed anew as often as it has to be.
SMART = {"measure": 200, "helper": 120, "first_step": 200, "obstacle": 300, "if_then": 300}
MOST = {"title": 200, "value": 200} | SMART
LASTING = ("case", "title", "domain", "levels", "importance", "difficulty", "start", "value")
AGREED = (*SMART, "by_on", "confidence")


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
    found += unfit(said, local_day(at, by.zone), MOST)
    if len(queries.goals(patient)) >= scaling.most_goals.integer:
        most = scaling.most_goals.integer
        found.append(Refusal("title", f"There are {most} goals already.", "End one first.", "policy"))
    if found:
        raise Refused(found)
    row = Goal.objects.create(
        **about(patient, by, at),
        **words,
        **day_and_confidence(said),
        case=uuid4(),
        domain=said["domain"],
        levels=levels,
        importance=int(weights[0]),
        difficulty=int(weights[1]),
        start=int(said["start"]),
    )
    audit.note(by=by, at=at, verb="goal.write", on=row, patient=patient)
    return row


def unfit(said: Mapping[str, str], today: date, most: Mapping[str, int]) -> list[Refusal]:
    """What keeps a goal from being worked at, and what is too long to be kept."""
    found = [Refusal(*fault) for fault in rules.smart_faults(said, today, reader.scaling())]
    too_long = {name: letters for name, letters in most.items() if len(said.get(name, "").strip()) > letters}
    return found + [
        Refusal(name, f"is longer than {letters} letters.", "Shorten it.") for name, letters in too_long.items()
    ]


def day_and_confidence(said: Mapping[str, str]) -> dict[str, Any]:
    return {"by_on": date.fromisoformat(said["by_on"].strip()), "confidence": int(said["confidence"])}


@transaction.atomic
def renew_goal(*, goal: Goal, said: Mapping[str, str], by: Actor, at: datetime) -> Goal:
    """The day by which and what goes with it, agreed anew; what the goal is, its levels and its history stay."""
    access.require(by, "therapy", "U", patient=goal.patient)
    found = unfit(said, local_day(at, by.zone), SMART)
    if found:
        raise Refused(found)
    row = Goal.objects.create(
        **about(goal.patient, by, at, happened_at=goal.happened_at),
        **{name: getattr(goal, name) for name in LASTING},
        **{name: said.get(name, "").strip() for name in SMART},
        **day_and_confidence(said),
        amends=goal,
        amend_reason="agreed anew",
    )
    audit.note(by=by, at=at, verb="goal.renew", on=row, patient=goal.patient)
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
    row = Goal.objects.create(
        **about(goal.patient, by, at),
        **{name: getattr(goal, name) for name in (*LASTING, *AGREED)},
        ended=True,
        amends=goal,
        amend_reason=words.strip()[:300],
    )
    audit.note(by=by, at=at, verb="goal.end", on=row, patient=goal.patient)
    return row
