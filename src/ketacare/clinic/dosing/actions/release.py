"""Going home, and the end: criteria as recorded values, ready and left, witnessed waste, close; or no dose at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.dosing.actions import danger, owed_after, staying
from ketacare.clinic.dosing.actions.awaiting import keep_wait, wait_over
from ketacare.clinic.dosing.actions.drawing import place_open
from ketacare.clinic.dosing.actions.held import hold
from ketacare.clinic.dosing.actions.sessions import advance
from ketacare.clinic.dosing.actions.timeline import not_ahead, record, tell, write
from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import closing, emergencies, going_home, rems, syringes, untaken
from ketacare.clinic.dosing.queries.syringes import Stage
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as waiting
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, may
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.pharmacy import actions as pharmacy
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.pharmacy.models import Container, Place
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import VisitState
from ketacare.clinic.supervision import actions as supervision
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.dosing.terms import Release

TRANSFER = "transfer"
LETTERS_LEAST = 2  # a dot or a dash says nothing
WASTE_OWED = "session.waste"
RETURNED = "Returned unopened to the cabinet"


@transaction.atomic
def record_criteria(
    *, session: Session, facts: dict[str, Any], words: str, by: Actor, at: datetime, happened_at: datetime | None = None
) -> TimelineEntry:
    """Values found at the chair after the dose. They are what release is judged from; nothing is ticked (H12)."""
    access.require(by, "session", "U", patient=session.visit.patient)
    if session.state != SessionState.RECOVERY:
        raise Refused(Refusal("Release", "is judged after the dose has ended.", "End the dose first.", "policy"))
    if not facts:
        raise Refused(Refusal("Release", "Nothing was entered.", "Enter what was found."))
    entry = write(
        visit=session.visit, kind=Kind.CRITERION, body={"facts": facts}, words=words.strip(), by=by, at=at,
        happened_at=happened_at,
    )  # fmt: skip
    danger.heed(session, entry, by=by, at=at)
    keep_wait(session, entry, by=by, at=at)
    return entry


@transaction.atomic
def let_go(
    *, session: Session, by: Actor, at: datetime, why_not: WhyNot | None = None, left_at: datetime | None = None
) -> Session:
    """The patient is ready and leaves. Ready and left are two facts; every other way has a form of its own. `why_not`:
    why what the schedule asks for before leaving was not taken. `left_at`: of one who left before it was charted."""
    visit = session.visit
    access.require(by, "discharge", "S", patient=visit.patient)
    hold(session)
    when = when_left(session, left_at, at)
    judged = going_home.release(session, at=when, zone=by.zone)
    if not judged.ready:
        raise Refused(
            [Refusal(c.id, c.words, "Record it, or let the prescriber decide.", "policy") for c in judged.unmet]
        )
    gap = unmeasured(session, why_not or WhyNot(), by, at)
    danger.refuse_over_intent(session)
    left(session, judged, {"override": "", **gap}, by=by, at=at, left_at=when)
    return session


def when_left(session: Session, left_at: datetime | None, at: datetime) -> datetime:
    """As near as is known; not while the record still has them here (I10)."""
    if left_at is None:
        return at
    not_ahead(left_at, at, "left_at")
    if session.started_at is not None and left_at < (seen_at := going_home.last_seen(session, at)):
        if left_at + timedelta(minutes=1) > seen_at:  # typed in whole minutes
            return seen_at
        words = "is before what the record has of the patient here."
        raise Refused(Refusal("left_at", words, "Look at the last line and the last reading, and enter it again."))
    return left_at


def unmeasured(session: Session, why_not: WhyNot, by: Actor, at: datetime) -> dict[str, Any]:
    """Ready is not measured at the door: what the schedule asks for before leaving is taken before leaving, or it is
    said why not, as of every other moment; the gap stays, with its reason, beside who let them go."""
    owed = going_home.owed_at_leaving(session, at=at, zone=by.zone)
    if not owed:
        return {}
    if not why_not.reason.strip():
        remedy = "Take it again before they go, or say why it was not taken."
        raise Refused([Refusal(name, f"{words[0].upper()}{words[1:]}.", remedy, "policy") for name, words in owed])
    names = [name for name, _ in owed]
    return {"not_taken": names, "why_not": why_not.told(names)}


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why what is asked for before leaving was not taken: one of the reasons offered, or another in words."""

    reason: str = ""
    words: str = ""

    def told(self, names: list[str]) -> str:
        """As it stands in the record; refused where it is no reason of these."""
        reason, words = self.reason.strip(), self.words.strip()
        scored = ", ".join(untaken.scored(names)).lower()
        if reason == untaken.DEVICE_FAULT and scored:
            remedy = "Score it before they go, or choose another reason."
            raise Refused(Refusal("why_not", f"No device is needed for this: {scored}.", remedy, "policy"))
        if reason not in untaken.reasons(names):
            raise Refused(Refusal("why_not", f"“{reason}” is none of the reasons.", "Choose one, or another in words."))
        if reason != untaken.OTHER:
            return f"{reason}: {words}" if words else reason
        if sum(letter.isalpha() for letter in words) < LETTERS_LEAST:
            raise Refused(Refusal("why_not_words", "The other reason says nothing.", "Write it in words."))
        return words


def left(
    session: Session,
    judged: Release,
    body: dict[str, Any],
    *,
    by: Actor,
    at: datetime,
    left_at: datetime,
) -> TimelineEntry:
    """Out of the door: ready and left as two facts, to whom handed over, nothing watched any more, and what follows."""
    visit = session.visit
    advance(session, SessionState.LEFT, left_at=left_at, ready_at=judged.ready_at)
    scheduling.move_visit(visit=visit, to=VisitState.DISCHARGED, by=by, at=at)
    body = {
        "ready_at": judged.ready_at.isoformat() if judged.ready_at else None,
        "criteria": [
            {"id": c.id, "title": c.title, "words": c.words, "result": str(c.result)} for c in judged.criteria
        ],
        "escort": going_home.escort(session),
        **body,
    }
    entry = write(visit=visit, kind=Kind.RELEASE, body=body, step="release", by=by, at=at, happened_at=left_at)
    if "not_taken" in body:
        owed_after.unmeasured(session, entry, by=by, at=at)
    wait_over(session, entry, by=by, at=at)
    staying.no_longer_stays(session, entry, by=by, at=at)
    if emergencies.event_begun(session) is not None:
        words = body["override"] or "Left"
        write(visit=visit, kind=Kind.EMERGENCY, name=emergencies.END, words=words, by=by, at=at)
    end_watching(session, entry, by=by, at=at)
    assert session.started_at is not None
    seen_at = going_home.last_seen(session, left_at)
    outcomes.schedule_asks(visit=visit, dose_at=session.started_at, seen_at=seen_at, by=by, at=at)
    free_at = going_home.drive_from(session)
    if free_at is not None and body.get("way") not in going_home.UNTOLD_OF_DRIVING:
        outcomes.write_driving(visit=visit, send_after=free_at, by=by, at=at)
    if rems.asked_of(session):
        owe_form(session, by=by, at=at)
    return entry


def owe_form(session: Session, *, by: Actor, at: datetime) -> None:
    """The monitoring form of the programme: due the next day, and never after the seventh (a breach)."""
    times = rems.times(session)
    duties.open_duty(
        kind=rems.DUTY,
        title="Send the REMS monitoring form",
        why="Asked of every outpatient session of esketamine within 7 days; its facts are in the record.",
        link=f"/sessions/{session.visit_id}/rems/",
        patient=session.visit.patient,
        visit_id=session.visit_id,
        owner_role=Role.RN,
        due_at=times.due_at,
        late_at=times.late_at,
        escalate_at=times.escalate_at,
        consequence=Consequence.RECORD,
        by=by,
        at=at,
    )


def end_watching(session: Session, entry: TimelineEntry, *, by: Actor, at: datetime) -> None:
    """The dose no longer acts here, the monitor is free for the next patient (H26), and no alarm waits for anybody."""
    monitoring.hold_pairings(visit=session.visit)
    monitoring.dose_acting(visit=session.visit, acting=False, by=by, at=at)
    monitoring.end_pairings(visit=session.visit, by=by, at=at)
    monitoring.end_watch(visit=session.visit, by=by, at=at)
    supervision.end_rungs(visit=session.visit, evidence=entry, by=by, at=at)
    supervision.end_posts(visit=session.visit, by=by, at=at)


@transaction.atomic
def waste_rest(*, session: Session, vial_too: bool, method: str, witness: User | None, by: Actor, at: datetime) -> None:
    """What is left of the draw, computed and not typed; and the rest of the vial if it goes too. Witnessed now (L3)."""
    visit = session.visit
    access.require(by, "ledger", "C", patient=None)
    container = ledger.drawn_container(visit)
    if container is None or not may_waste(session):
        raise Refused(Refusal("Waste", "follows the end of the dose.", "End the dose first.", "policy"))
    if syringes.syringe_of(session, syringes.SECOND).stage in (Stage.DRAWN, Stage.CHECKED):
        words = "The second syringe is drawn and not given."
        raise Refused(Refusal("Waste", words, "Give it in its time, or waste it at its own page first.", "policy"))
    if not method.strip():
        raise Refused(Refusal("method", "Waste says how it was made unusable.", "Choose the method."))
    if method == RETURNED:
        return_unopened(session, witness, by=by, at=at)
        waste_done(session, by=by, at=at)
        return

    def wasted(one: Container, source: Place, amount_mg: Decimal) -> None:
        if amount_mg > 0:
            pharmacy.waste(
                container=one, source=source, amount_mg=amount_mg, witness=witness, reason=method, visit=visit,
                by=by, at=at,
            )  # fmt: skip

    for one, open_mg in ledger.open_in(visit):
        wasted(one, Place.SYRINGE, open_mg)
    container.refresh_from_db()
    if vial_too:
        wasted(container, Place.CONTAINER, container.balance_mg)
    for one in ledger.used_in(visit):
        pharmacy.discard(container=one, visit=visit, witness=witness, reason=method, by=by, at=at)
    audit.note(by=by, at=at, verb="session.waste", on=session, patient=visit.patient)
    waste_done(session, by=by, at=at)
    tell(visit, "event", {"kind": "waste"})


def may_waste(session: Session) -> bool:
    """After the dose; or where somebody was taken to hospital with the dose drawn and not begun."""
    if session.state == SessionState.CALLED_OFF:
        return ledger.amounts_of(session.visit).open_mg != Decimal(0)
    return session.state in (SessionState.RECOVERY, SessionState.LEFT)


def owe_waste(session: Session, *, by: Actor, at: datetime) -> None:
    duties.open_duty(
        kind=WASTE_OWED,
        title="Waste what was drawn, with a witness",
        why="The patient was taken to hospital before the dose; what is in the syringe has no place yet.",
        link=f"/sessions/{session.visit_id}/release/",
        patient=session.visit.patient,
        visit_id=session.visit_id,
        owner_role=Role.RN,
        due_at=at,
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )


def waste_done(session: Session, *, by: Actor, at: datetime) -> None:
    for duty in waiting.open_for(session.visit.patient, WASTE_OWED).filter(visit_id=session.visit_id):
        duties.close_duty(duty, evidence=session, by=by, at=at)


def return_unopened(session: Session, witness: User | None, *, by: Actor, at: datetime) -> None:
    """Devices and lozenges that nobody opened go back to the cabinet. A drawn syringe never does after the dose."""
    if any(one.piece_mg is None for one, _ in ledger.open_in(session.visit)):
        raise Refused(Refusal("method", "What was drawn into a syringe is wasted.", "Choose how it was wasted."))
    place_open(session, witness, RETURNED, by=by, at=at)
    tell(session.visit, "event", {"kind": "waste"})


@transaction.atomic
def close(
    *, session: Session, by: Actor, at: datetime, why: Mapping[str, str] | None = None, why_rest: str = ""
) -> Session:
    """Only what is complete closes: left, every milligram drawn has a place (H17, L6), and every gap its reason, by
    column in `why`, or one for all the rest."""
    access.require(by, "session", "S", patient=session.visit.patient)
    refusals = [Refusal("Close", words, "", "policy") for words in closing.missing(session)]
    gaps = closing.unexplained(session)
    said = {gap.id: (why or {}).get(gap.id, "").strip() or why_rest.strip() for gap in gaps}
    for gap in gaps:
        if not said[gap.id]:
            rule = f"{gap.t}: not taken, and nobody said why: {closing.not_taken(gap)}."
            refusals.append(Refusal(f"why_{gap.id}", rule, "Choose the reason."))
    if refusals:
        raise Refused(refusals)
    for name, words in said.items():
        record(session=session, kind=Kind.SKIPPED, name=name, body={"column": name}, words=words, by=by, at=at)
    advance(session, SessionState.CLOSED, closed_at=at)
    scheduling.move_visit(visit=session.visit, to=VisitState.CLOSED, by=by, at=at)
    write(visit=session.visit, kind=Kind.CLOSE, step="close", by=by, at=at)
    return session


@transaction.atomic
def call_off(
    *, session: Session, reason: str, by: Actor, at: datetime, waste_later: bool = False, over: str = ""
) -> Session:
    """No dose today. A drawn syringe goes back or to waste first, so no milligram is left open; only whoever goes to
    hospital waits for no witness, and the waste is owed. `over`: the high alarms that a prescriber has read and calls
    off over, as where the patient refuses hospital or has walked out and nobody can measure again (CI-16); a call and a
    decision for the next dose are owed then. An emergency is ended first, by whoever says how it ended (A20)."""
    visit = session.visit
    access.require(by, "session", "S", patient=visit.patient)
    if not reason.strip():
        raise Refused(Refusal("reason", "Calling off says why.", "Write the reason."))
    if not waste_later and emergencies.event_begun(session) is not None:
        remedy = "End it first, with how it ended; or send the patient to hospital."
        raise Refused(Refusal("Session", "An emergency is under way.", remedy, "policy"))
    is_drawn = ledger.amounts_of(visit).open_mg != Decimal(0)
    high = "" if waste_later else going_home.high_words(session, at)
    if high:
        refuse_over_high(high, over, by)
    if is_drawn and not waste_later:
        raise Refused(Refusal("Session", "still has drug in a syringe.", "Waste it with a witness first.", "policy"))
    advance(session, SessionState.CALLED_OFF)
    scheduling.move_visit(visit=visit, to=VisitState.CANCELLED, by=by, at=at)
    words = f"{reason.strip()} (over a high alarm: {high})" if high else reason.strip()
    entry = write(visit=visit, kind=Kind.CLOSE, name="called_off", words=words, step="close", by=by, at=at)
    if emergencies.event_begun(session) is not None:
        write(visit=visit, kind=Kind.EMERGENCY, name=emergencies.END, words=words, by=by, at=at)
    monitoring.end_pairings(visit=visit, by=by, at=at)
    monitoring.end_watch(visit=visit, by=by, at=at)
    supervision.end_rungs(visit=visit, evidence=entry, by=by, at=at)
    supervision.end_posts(visit=visit, by=by, at=at)
    if high:
        owed_after.called_off_over(high, session, entry, by=by, at=at)
    if is_drawn:
        owe_waste(session, by=by, at=at)
    return session


def refuse_over_high(high: str, over: str, by: Actor) -> None:
    """A prescriber who has read just these calls off over them; nobody else does."""
    if not may(by, "plan", "S"):
        remedy = "See to it first, ask the prescriber, or send the patient to hospital."
        raise Refused(Refusal("Session", f"A high alarm stands, or was seen by nobody: {high}.", remedy, "policy"))
    if over != high:
        remedy = "Tick that the session is called off over it, and write what was decided."
        raise Refused(Refusal("over", f"A high alarm stands, or was seen by nobody: {high}.", remedy, "policy"))
