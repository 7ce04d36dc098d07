"""The ways out of the door that are not the usual one: each complete, with what was said, who was told, what is owed.

Nothing here shortens anything: who is not ready is written down as not ready, and somebody calls afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from ketacare.clinic.dosing.actions.awaiting import keep_wait
from ketacare.clinic.dosing.actions.release import left
from ketacare.clinic.dosing.actions.timeline import write
from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import going_home
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, may
from ketacare.clinic.people.models import Role
from ketacare.clinic.tenancy.refusals import Refusal, Refused

CALL_OWED = duties.ends_by_word("leaving.call", "How they are, who is with them, and that nobody drives")
REVIEW_OWED = duties.ends_by_word("leaving.review", "What was decided for the next dose, and why")
EARLY, AGAINST, TRANSFER, SUPERVISED = "early", "against_advice", "transfer", "supervised"
WAYS = {
    EARLY: "Leaves early, the prescriber agrees",
    AGAINST: "Leaves against medical advice",
    TRANSFER: "Goes to hospital",
    SUPERVISED: "No escort: supervised transport to a responsible adult",
}
# What each way must have on paper before the door opens: the field, and what is asked.
NEEDS = {
    EARLY: ("why", "prescriber_told"),
    AGAINST: ("why", "understands", "retains", "weighs", "says_choice", "prescriber_told", "risks_told", "keys"),
    TRANSFER: ("why", "hospital", "called_at", "handed_to"),
    SUPERVISED: ("why", "adult_name", "adult_phone", "transport", "prescriber_told"),
}
ABILITIES = ("understands", "retains", "weighs", "says_choice")
ASKED = {
    "why": "Why, in the patient's words or yours",
    "prescriber_told": "Prescriber told: who, when, and what they said",
    "understands": "Understands what may happen",
    "retains": "Keeps it in mind",
    "weighs": "Weighs it",
    "says_choice": "Says a choice",
    "risks_told": "What was said of the risks: not driving, who to call",
    "keys": "Car keys: asked for, given up or refused",
    "hospital": "Hospital, and the service that drives",
    "called_at": "Emergency services called at",
    "handed_to": "Handed over to",
    "adult_name": "Responsible adult",
    "adult_phone": "Their telephone",
    "transport": "Transport, seen by",
}
CALL_WITHIN = {AGAINST: timedelta(hours=2), EARLY: timedelta(hours=2), SUPERVISED: timedelta(hours=2)}


@transaction.atomic
def call(
    *, session: Session, who: str, reached: bool, arrives: str, words: str, by: Actor, at: datetime
) -> TimelineEntry:
    """One call about the way home: whom, whether they were reached, and when they come."""
    access.require(by, "discharge", "S", patient=session.visit.patient)
    now = Session.objects.select_for_update(no_key=True).get(pk=session.pk)
    if now.state != SessionState.RECOVERY:
        raise Refused(Refusal("call", "about the way home follows the dose.", "End the dose first.", "policy"))
    if not who.strip():
        raise Refused(Refusal("who", "Who was called?", "Write the name or relation."))
    if reached and not (arrives.strip() or words.strip()):
        raise Refused(Refusal("arrives", "When do they come, or what did they say?", "Write the time or the words."))
    body = {"who": who.strip(), "reached": reached, "arrives": arrives.strip()}
    entry = write(visit=session.visit, kind=Kind.CALL, name="escort", body=body, words=words.strip(), by=by, at=at)
    keep_wait(session, entry, by=by, at=at)
    return entry


@dataclass(frozen=True, slots=True)
class Leaving:
    """How somebody leaves otherwise than ready, and what was asked and said. An ability is yes, no, or not asked."""

    way: str
    said: dict[str, str] = field(default_factory=dict)
    abilities: dict[str, bool | None] = field(default_factory=dict)


@transaction.atomic
def leave_otherwise(*, session: Session, leaving: Leaving, by: Actor, at: datetime) -> Session:
    """The door opens only when the form of this way is whole. What is owed afterwards is a duty at once."""
    visit = session.visit
    access.require(by, "discharge", "S", patient=visit.patient)
    if session.state != SessionState.RECOVERY:
        raise Refused(Refusal("way", "The dose has not ended here.", "End the dose first.", "policy"))
    refuse_if_not_whole(leaving, by)
    judged = going_home.release(session, at=at, zone=by.zone)
    form = {**{key: words.strip() for key, words in leaving.said.items() if words.strip()}, **leaving.abilities}
    body = {"way": leaving.way, "form": form, "override": f"{WAYS[leaving.way]}: {leaving.said['why'].strip()}"}
    entry = left(session, judged, body, by=by, at=at)
    within = CALL_WITHIN.get(leaving.way)
    if within is not None:
        call_owed(session, leaving.way, at + within, by=by, at=at)
    if leaving.way in (AGAINST, TRANSFER):
        review_owed(session, leaving.way, entry, by=by, at=at)
    return session


def refuse_if_not_whole(leaving: Leaving, by: Actor) -> None:
    if leaving.way not in WAYS:
        raise Refused(Refusal("way", "No way was chosen.", "Choose one."))
    faults = []
    for name in NEEDS[leaving.way]:
        if name in ABILITIES and leaving.abilities.get(name) is None:
            faults.append(Refusal(name, f"{ASKED[name]}: nobody asked.", "Ask, then answer yes or no."))
        elif name not in ABILITIES and not leaving.said.get(name, "").strip():
            faults.append(Refusal(name, f"{ASKED[name]} is empty.", "Write it."))
    if leaving.way == AGAINST and [name for name in ABILITIES if leaving.abilities.get(name) is False]:
        words = "Without capacity nobody leaves against advice."
        faults.append(Refusal("way", words, "Stay with them; crisis team or emergency services, by law.", "policy"))
    if leaving.way in (EARLY, SUPERVISED) and not may(by, "plan", "S"):
        faults.append(Refusal("way", "Only a prescriber agrees to this.", "Ask the prescriber.", "policy"))
    if faults:
        raise Refused(faults)


def call_owed(session: Session, way: str, due_at: datetime, *, by: Actor, at: datetime) -> None:
    duties.open_duty(
        kind=CALL_OWED,
        title="Call: left before ready",
        why=f"{WAYS[way]}. Ask how they are, who is with them, and that nobody drives.",
        link=f"/sessions/{session.visit_id}/release/",
        patient=session.visit.patient,
        visit_id=session.visit_id,
        owner_role=Role.RN,
        due_at=due_at,
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )


def review_owed(session: Session, way: str, entry: TimelineEntry, *, by: Actor, at: datetime) -> None:
    """The prescriber reads what happened, and says what the next dose is to be."""
    duties.open_duty(
        kind=REVIEW_OWED,
        title="Review: against advice" if way == AGAINST else "Review: taken to hospital",
        why="The patient did not leave the usual way; the next dose waits for a decision.",
        link=f"/sessions/{session.visit_id}/release/",
        patient=session.visit.patient,
        visit_id=session.visit_id,
        owner_role=Role.RX,
        due_at=entry.recorded_at + timedelta(hours=24),
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )
