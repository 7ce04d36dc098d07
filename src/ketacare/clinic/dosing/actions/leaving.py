"""The ways out of the door that are not the usual one: each complete, with what was said, who was told, what is owed.

Nothing here shortens anything: who is not ready is written down as not ready, and somebody calls afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from ketacare.clinic.dosing.actions import danger, owed_after
from ketacare.clinic.dosing.actions.awaiting import keep_wait
from ketacare.clinic.dosing.actions.held import hold
from ketacare.clinic.dosing.actions.release import TRANSFER, WhyNot, call_off, left, unmeasured, when_left
from ketacare.clinic.dosing.actions.timeline import write
from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import going_home, schedule
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, may
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety.models import Tier
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.dosing.terms import Release, ReleaseCriterion
from ketacare.medicine.evidence.terms import Result
from ketacare.medicine.safety.telephone import is_number

LEFT_UNSEEN = "leaving.gone"
NOT_MET = Result.NOT_MET
EARLY, AGAINST, SUPERVISED, GONE = "early", "against_advice", "supervised", "gone"
WAYS = {
    EARLY: "Leaves early, the prescriber agrees",
    AGAINST: "Leaves against medical advice",
    TRANSFER: "Goes to hospital",
    SUPERVISED: "No escort: supervised transport to a responsible adult",
    GONE: "Has gone without telling, or without capacity",
}
# What each way must have on paper before the door opens: the field, and what is asked.
NEEDS = {
    EARLY: ("why", "prescriber_told"),
    AGAINST: ("why", "understands", "retains", "weighs", "says_choice", "prescriber_told", "risks_told", "keys"),
    TRANSFER: ("why", "hospital", "called_at", "handed_to"),
    SUPERVISED: ("why", "adult_name", "adult_phone", "transport", "prescriber_told"),
    GONE: ("why", "last_seen", "who_was_called", "drove"),
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
    "last_seen": "Last seen: when, where, and how they were",
    "who_was_called": "Crisis team or emergency services: who was called, when, and what they said",
    "drove": "Drove off",
}
CHOICES = {"drove": (("yes", "Yes: emergency services as the law allows"), ("no", "No"), ("unknown", "Nobody knows"))}
# Read afterwards by whoever asks where the patient is: a dot or a dash says nothing.
TOLD = ("risks_told", "keys")
NAMED = ("why", "hospital", "handed_to", "adult_name", "prescriber_told", "transport", "last_seen", "who_was_called")
CALL_WITHIN = dict.fromkeys((AGAINST, EARLY, SUPERVISED), owed_after.CALLED_WITHIN) | {GONE: timedelta()}
REVIEWED = {
    AGAINST: "Review: against advice",
    TRANSFER: "Review: taken to hospital",
    GONE: "Review: went without telling, or without capacity",
}
BEFORE_THE_DOSE = frozenset({SessionState.PREPARING, SessionState.DRAWN, SessionState.CHECKED})


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
    why_not: WhyNot = field(default_factory=WhyNot)
    """Why what is asked for before leaving was not taken, where anybody goes home as others do."""
    left_at: datetime | None = None
    """When they left, of those who left before it was charted."""


@transaction.atomic
def leave_otherwise(*, session: Session, leaving: Leaving, by: Actor, at: datetime) -> Session:
    """The door opens only when the form of this way is whole. What is owed afterwards is a duty at once."""
    visit = session.visit
    access.require(by, "discharge", "S", patient=visit.patient)
    hold(session)
    before_the_dose = leaving.way == TRANSFER and session.state in BEFORE_THE_DOSE
    if session.state != SessionState.RECOVERY and not before_the_dose:
        raise Refused(Refusal("way", "The dose has not ended here.", "End the dose first.", "policy"))
    refuse_if_not_whole(leaving, by)
    form = {**{key: words.strip() for key, words in leaving.said.items() if words.strip()}, **leaving.abilities}
    why = f"{WAYS[leaving.way]}: {leaving.said['why'].strip()}"
    body = {"way": leaving.way, "form": form, "override": why}
    if before_the_dose:
        entry = taken_before_the_dose(session, body, why, by=by, at=at)
    else:
        when = when_left(session, leaving.left_at, at)
        judged = going_home.release(session, at=when, zone=by.zone)
        refuse_to_shorten(session, leaving.way, judged, when)
        if leaving.way == SUPERVISED:
            body |= unmeasured(session, leaving.why_not, by, at)
        entry = left(session, judged, body, by=by, at=at, left_at=when)
    if leaving.way == GONE:
        safety.raise_concern(patient=visit.patient, tier=Tier.NOW, reason_code=LEFT_UNSEEN, source=entry, by=by, at=at)
    if leaving.way in CALL_WITHIN:
        call_owed(session, leaving.way, entry, by=by, at=at)
    if leaving.way in REVIEWED:
        review_owed(session, leaving.way, entry, by=by, at=at)
    return session


def taken_before_the_dose(
    session: Session, body: dict[str, Any], why: str, *, by: Actor, at: datetime
) -> TimelineEntry:
    """Chest pain or a crisis before anything was given: the same form and the same review, and no dose today. Nobody
    waits for the witness of a drawn syringe: its waste is owed."""
    call_off(session=session, reason=why, waste_later=True, by=by, at=at)
    body = {"ready_at": None, "criteria": [], "escort": going_home.escort(session), **body}
    return write(visit=session.visit, kind=Kind.RELEASE, body=body, step="release", by=by, at=at)


def refuse_to_shorten(session: Session, way: str, judged: Release, at: datetime) -> None:
    """A prescriber's word opens no door over a high alarm or an open emergency, new intent, or the time a label asks
    for: then it is against advice, or hospital."""
    if way in (EARLY, SUPERVISED):
        stops = [one for one in judged.unmet if one.result is NOT_MET and stops_everybody(one)]
        least = schedule.protocol_of(session).release.figures["after_start"]
        if least.grade == "V" and session.started_at and at < session.started_at + timedelta(minutes=least.integer):
            words = f"The label asks for {least.integer} min from the start; nobody agrees to less."
            raise Refused(Refusal("way", words, "Whoever insists leaves against advice.", "policy"))
        if stops:
            raise Refused([Refusal("way", one.words, "See to it first.", "policy") for one in stops])
    if way not in (TRANSFER, GONE):
        danger.refuse_over_intent(session)


def stops_everybody(one: ReleaseCriterion) -> bool:
    """What was found, not what nobody looked at: of that a prescriber judges."""
    names = {fact.name for fact in one.facts}
    return bool(names) and (one.id == "RC-9" or (one.id == "RC-1" and "missed_check" not in names))


def refuse_if_not_whole(leaving: Leaving, by: Actor) -> None:
    if leaving.way not in WAYS:
        raise Refused(Refusal("way", "No way was chosen.", "Choose one."))
    faults = []
    for name in NEEDS[leaving.way]:
        if name in ABILITIES and leaving.abilities.get(name) is None:
            faults.append(Refusal(name, f"{ASKED[name]}: nobody asked.", "Ask, then answer yes or no."))
        elif name not in ABILITIES and not leaving.said.get(name, "").strip():
            faults.append(Refusal(name, f"{ASKED[name]} is empty.", "Write it."))
        elif name in NAMED and not says_a_name(leaving.said[name]):
            faults.append(Refusal(name, f"{ASKED[name]}: that names nobody.", "Write the name, or who it was."))
        elif name in TOLD and not says_a_name(leaving.said[name]):
            faults.append(Refusal(name, f"{ASKED[name]}: that says nothing.", "Write it in words."))
        elif name == "adult_phone" and not is_number(leaving.said[name].strip()):
            remedy = "Write the number as it is called, such as 555 0142."
            faults.append(Refusal(name, f"{ASKED[name]}: that is no telephone number.", remedy))
        elif name in CHOICES and leaving.said[name].strip() not in dict(CHOICES[name]):
            faults.append(Refusal(name, f"{ASKED[name]}: that is none of the answers.", "Choose one."))
    if leaving.way == AGAINST and [name for name in ABILITIES if leaving.abilities.get(name) is False]:
        words = "Without capacity nobody leaves against advice."
        faults.append(Refusal("way", words, "Stay with them; crisis team or emergency services, by law.", "policy"))
    if leaving.way in (EARLY, SUPERVISED) and not may(by, "plan", "S"):
        faults.append(Refusal("way", "Only a prescriber agrees to this.", "Ask the prescriber.", "policy"))
    if faults:
        raise Refused(faults)


def says_a_name(words: str) -> bool:
    return sum(letter.isalpha() for letter in words) > 1


def call_owed(session: Session, way: str, entry: TimelineEntry, *, by: Actor, at: datetime) -> None:
    title = "Call: has gone" if way == GONE else "Call: left before ready"
    why = f"{WAYS[way]}. Ask how they are, who is with them, and that nobody drives."
    owed_after.call(session, entry, title=title, why=why, within=CALL_WITHIN[way], by=by, at=at)


def review_owed(session: Session, way: str, entry: TimelineEntry, *, by: Actor, at: datetime) -> None:
    untold = " Nothing was written to them of driving: say from when." if way in going_home.UNTOLD_OF_DRIVING else ""
    why = f"The patient did not leave the usual way; the next dose waits for a decision.{untold}"
    owed_after.review(session, entry, title=REVIEWED[way], why=why, by=by, at=at)
