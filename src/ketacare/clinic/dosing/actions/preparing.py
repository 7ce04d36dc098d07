"""Before the dose: what is found at the chair, and the decision that follows from it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from msgspec.structs import replace

from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.candidacy.queries import LIFTED_BY, Under, kinds
from ketacare.clinic.dosing.actions import telling
from ketacare.clinic.dosing.actions.sessions import refuse_ended, refuse_paused
from ketacare.clinic.dosing.actions.timeline import write
from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import checklist, readiness, reconciling, risk_today, schedule, syringes, timeline
from ketacare.clinic.dosing.queries.facts import value_of
from ketacare.clinic.dosing.queries.syringes import Stage
from ketacare.clinic.people import access
from ketacare.clinic.people.above import telling_once
from ketacare.clinic.people.access import Actor, may
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.looks import one_look
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.candidacy.terms import Signatures
from ketacare.medicine.evidence.terms import Decision, Effect, Reason, Result

CLEARANCES, CONCERNS = readiness.CLEARANCES, readiness.CONCERNS
BY_BOTH = (
    "No dose today unless it is cleared on the page of clearances, or prescriber and medical director decide anew on "
    "the page of the evaluation."
)
BY_NOBODY = "Nobody lifts this today: call the dose off and book another visit."
# A probe slips, and somebody has just climbed the stairs: of what is measured in a moment the newest value is judged.
MEASURED = frozenset({"spo2", "hr", "rr", "temp"})
AGAIN = "Look at the probe and the patient and measure again; if it stands, call the dose off and book another visit."
# By the signatures a row asks for; a row that is not among them nobody lifts.
LIFTING: dict[str, str] = {
    Signatures.PRESCRIBER: "No dose today unless a prescriber clears it on the page of clearances.",
    Signatures.WITH_DIRECTOR: BY_BOTH,
    **{
        signatures: f"No dose today unless it is cleared on the page of clearances by {whose}."
        for signatures, whose in LIFTED_BY.items()
    },
}
# Answered again, these say something else of the same check: what was lifted was the answer before.
DECIDED_ANEW = {
    reconciling.ITEM: (reconciling.CHECK,),
    **{item: checklist.ITEMS[item][1] for item in ("risk", "state")},
}
BEFORE_START = frozenset({SessionState.PREPARING, SessionState.DRAWN, SessionState.CHECKED})
SECOND_ASKED = frozenset({Stage.ORDERED, Stage.DRAWN, Stage.CHECKED})
# What a first dose does not change: concerns, the decision to treat, consent, pregnancy, allergies, suicide risk today.
OF_ANY_DOSE = frozenset({CLEARANCES, CONCERNS, readiness.CONSENTED, "RD-12", "RD-16", "RD-18"})
# What has a page of its own is settled there, also under way.
SETTLED_ELSEWHERE = frozenset({CLEARANCES, CONCERNS, readiness.CONSENTED, risk_today.CHECK})
NO_SECOND = "It is settled before a first dose alone: give no second one today, and waste what was drawn."


@transaction.atomic
@telling_once()
def record_facts(
    *, session: Session, item: str, facts: dict[str, Any], words: str, by: Actor, at: datetime
) -> TimelineEntry:
    """The answers to one item of the readiness list. What was not answered stays unknown: it is not written."""
    access.require(by, "session", "U", patient=session.visit.patient)
    before_start(session)
    if not facts and not words.strip():
        raise Refused(Refusal(item, "Nothing was entered.", "Answer what is known; leave the rest open."))
    telling.tell(session, item, {name: value_of(kept) for name, kept in facts.items()}, by=by, at=at)
    return write(
        visit=session.visit, kind=Kind.FACT, name=item, body={"facts": facts}, words=words.strip(), by=by, at=at
    )


def before_start(session: Session) -> None:
    if session.state not in BEFORE_START:
        raise Refused(Refusal("Readiness", "is not changed after the start.", "Add a remark instead.", "policy"))


@transaction.atomic
def decide(
    *,
    session: Session,
    go: bool,
    overrides: dict[str, str],
    words: str,
    by: Actor,
    at: datetime,
    seen_to: Collection[str] = (),
) -> TimelineEntry:
    """Go or no-go, with every reason as it stood. What needs the prescriber only a prescriber lifts, with a reason.
    `seen_to`: the conditions of clearances that whoever decides has seen to for today."""
    access.require(by, "session", "S", patient=session.visit.patient)
    before_start(session)
    lifted = {check: reason.strip() for check, reason in overrides.items() if reason.strip()}
    if lifted and not may(by, "plan", "S"):
        raise Refused(Refusal("override", "Only a prescriber decides this.", "Ask the prescriber.", "policy"))
    with one_look():  # the whole case is judged once, whatever is asked of it
        standing = {**given_before(session, at=at), **lifted}
        decision = readiness.decision(session, at=at, zone=by.zone, given=standing)
        if go and not decision.permits:
            raise Refused(held_back(session, decision.reasons, at=at, zone=by.zone))
        asked = binding(session, at=at, zone=by.zone) if go else []
        if go:
            refuse_ended(session.visit)
            refuse_conditions(asked, seen_to)
        if not go and not words.strip():
            raise Refused(Refusal("words", "A no-go says why.", "Write what stands against a dose today."))
        changed = readiness.changed_since(session, at)
    body = {"overrides": lifted, "changed": changed,
            "reasons": [plain(reason) for reason in decision.reasons],
            "conditions": [{"key": one.key, "criterion": one.criterion, "words": one.words} for one in asked],
            "sheets": [f"{sheet.id} {sheet.version}" for sheet in decision.sheets]}  # fmt: skip
    return write(
        visit=session.visit, kind=Kind.DECISION, name="go" if go else "no_go", body=body, words=words.strip(),
        by=by, at=at,
    )  # fmt: skip


def refuse_conditions(asked: Sequence[Under], seen_to: Collection[str]) -> None:
    """A clearance under conditions lifts its row for nobody who has not read them (H14)."""
    left = [one for one in asked if one.key not in seen_to]
    if left:
        remedy = "See to it and tick it. Where it cannot be kept the clearance does not count today: take it back."
        raise Refused(
            [
                Refusal("conditions", f"{one.title} is cleared only under conditions: {one.words}", remedy, "policy")
                for one in left
            ]
        )


def binding(session: Session, *, at: datetime, zone: str) -> list[Under]:
    """The conditions that a go of today waits for."""
    return [one for one in candidacy.under(session.visit.patient, local_day(at, zone)) if one.binds]


def seen_to(session: Session) -> set[str]:
    """The conditions that were seen to when the go of today was decided."""
    entry = timeline.latest(session.visit, Kind.DECISION)
    return {one["key"] for one in entry.body.get("conditions", ())} if entry is not None else set()


def given_before(session: Session, *, at: datetime) -> dict[str, str]:
    """What a prescriber has lifted earlier today in this session. Medicines gone through anew are decided anew: what
    was said of the list before says nothing of what was added to it. So is how the patient is, and what has changed
    since of the decision to treat (H14)."""
    answers = timeline.latest_by_name(session.visit, Kind.FACT)
    lifted: dict[str, str] = {}
    known: set[str] = set()
    for entry in timeline.standing(session.visit, Kind.DECISION):
        lifted |= entry.body["overrides"]
        for item, checks in DECIDED_ANEW.items():
            if item in answers and entry.recorded_at < answers[item].recorded_at:
                for check in checks:
                    lifted.pop(check, None)
        if CLEARANCES in entry.body["overrides"]:
            known = set(entry.body.get("changed", ()))
    if risk_today.CHECK in lifted and asked_since(session, timeline.standing(session.visit, Kind.DECISION), at):
        del lifted[risk_today.CHECK]
    if CONCERNS in lifted and raised_since(session, timeline.standing(session.visit, Kind.DECISION)):
        del lifted[CONCERNS]
    if CLEARANCES in lifted and not known.issuperset(readiness.changed_since(session, at)):
        del lifted[CLEARANCES]
    return lifted


def asked_since(session: Session, decisions: Sequence[TimelineEntry], at: datetime) -> bool:
    """Was suicide risk asked or found after the prescriber's word about it?"""
    said = max(entry.recorded_at for entry in decisions if risk_today.CHECK in entry.body["overrides"])
    return any(one.recorded_at > said for one in risk_today.on_record(session.visit, at))


def raised_since(session: Session, decisions: Sequence[TimelineEntry]) -> bool:
    """Is there a concern that the prescriber's word was not about, because it came after it?"""
    said = max(entry.recorded_at for entry in decisions if CONCERNS in entry.body["overrides"])
    return any(concern.raised_at > said for concern in readiness.undecided(session.visit.patient))


def held_back(session: Session, reasons: Sequence[Reason], *, at: datetime, zone: str) -> list[Refusal]:
    """Everything that stands against a go, each with what can be done about it."""
    held = [reason for reason in reasons if reason.holds_back]
    of_medicines = any(one.criterion == reconciling.CHECK for one in held)
    found = reconciling.checked(session, at, zone) if of_medicines else None
    if found is not None and found.beyond_prescriber:  # whatever the clinic's own list says of it
        held = [replace(one, effect=Effect.STOP) if one.criterion == reconciling.CHECK else one for one in held]
    unknown = found.unknown_of_two if found is not None else ()
    stops = any(one.criterion == CLEARANCES and one.effect is Effect.STOP for one in held)
    rows = readiness.stopping(session, at) if stops else ()
    return [
        of_pregnancy(session, one, at)
        or of_interview(one)
        or of_the_day(session, one, at)
        or Refusal(one.criterion, by_name(session, one, at), remedy_for(one, unknown, rows), "policy")
        for one in held
    ]


def by_name(session: Session, reason: Reason, at: datetime) -> str:
    """What has changed of the decision to treat is told beside it, each row by its name."""
    changed = readiness.changed_since(session, at) if reason.criterion == CLEARANCES else []
    return f"{reason.words}: {'; '.join(changed)}." if changed else reason.words


def of_the_day(session: Session, reason: Reason, at: datetime) -> Refusal | None:
    """The decision to treat is not settled while what only this day can answer is open."""
    if reason.criterion != CLEARANCES or reason.result is not Result.UNKNOWN:
        return None
    found = readiness.questions_open(session, at)
    if not found:
        return None
    titles = "; ".join(kinds()[name].title for name in found)
    return Refusal(CLEARANCES, "What is asked on the day is not answered.", f"Ask today: {titles}.", "policy")


def of_pregnancy(session: Session, reason: Reason, at: datetime) -> Refusal | None:
    if not readiness.at_odds(session, reason, at):
        return None
    remedy = "A prescriber rules between the records on the evaluation page, or amends the one that is wrong."
    return Refusal(reason.criterion, f"{readiness.AT_ODDS}.", remedy, "policy")


def of_interview(reason: Reason) -> Refusal | None:
    """The C-SSRS belongs to each dose, and no reason takes its place (screening 6.2, instruments.md 8)."""
    if reason.criterion != risk_today.CHECK or reason.result is not Result.UNKNOWN:
        return None
    return Refusal(reason.criterion, f"{reason.words}.", risk_today.HOLD_IT, "policy")


def by_whose_word(stopping: Collection[Reason]) -> str:
    """What can be done about the rows by which the decision to treat stops, by who may lift each."""
    met = [row for row in stopping if row.result is Result.MET]
    if any(row.override not in LIFTING for row in met):
        return BY_NOBODY
    told = [LIFTING[signatures] for signatures in LIFTING if signatures in {row.override for row in met}]
    stale = [row for row in stopping if row.result is Result.UNKNOWN]
    if stale:
        names = ", ".join(f"{row.title} ({row.criterion})" for row in stale)
        told.insert(0, f"Ask again on the page of the evaluation: {names}. What is found is judged anew.")
    return " ".join(told)


def remedy_for(reason: Reason, unknown: tuple[str, ...] = (), stopping: Collection[Reason] = ()) -> str:
    """`unknown`: what nobody lifts of the medicines because it is not known. `stopping`: by what the decision to treat
    stops."""
    owed = readiness.to_record(reason)
    if reason.criterion == readiness.CONSENTED and owed:
        remedy = "Tell what is owed and sign for this product in the evaluation."
    elif owed:
        remedy = f"Record: {', '.join(kinds()[name].title if name in kinds() else name for name in owed)}."
    elif reason.criterion == reconciling.CHECK and reason.effect is Effect.STOP and unknown:
        remedy = f"Find out and go through them again: {', '.join(unknown)}."
    elif reason.criterion == CLEARANCES and reason.effect is Effect.STOP:
        remedy = by_whose_word(stopping)
    elif reason.criterion == reconciling.CHECK and reason.effect is Effect.STOP:
        remedy = "Go through them; what more than the prescriber must sign is cleared on the page of clearances."
    elif reason.criterion == CONCERNS and reason.effect is Effect.STOP:
        remedy = "A clinician decides the concern on its page."
    elif reason.effect is Effect.STOP:
        of = {fact.name for fact in reason.facts}
        remedy = AGAIN if of and of <= MEASURED else BY_NOBODY
    else:
        remedy = "The prescriber decides, with a reason."
    return remedy


def plain(reason: Reason) -> dict[str, Any]:
    return {
        "criterion": reason.criterion,
        "title": reason.title,
        "result": str(reason.result),
        "effect": str(reason.effect),
        "words": reason.words,
        "cleared": reason.cleared,
        "holds_back": reason.holds_back,
    }


def fallen(session: Session, *, at: datetime, zone: str) -> list[Refusal]:
    """What stands against the go that was decided, until the start, and then against a second injection that is asked
    for (H14). Before the draw it may be still to come."""
    if session.state == SessionState.RECOVERY:
        if schedule.protocol_of(session).second is None:
            return []
        stage = syringes.syringe_of(session, syringes.SECOND).stage
        return refused_by(require_go_for_more, session, at, zone) if stage in SECOND_ASKED else []
    entry = timeline.latest(session.visit, Kind.DECISION)
    undecided = entry is None or entry.name != "go"
    if session.state not in BEFORE_START or (undecided and session.state == SessionState.PREPARING):
        return []
    return refused_by(require_still_go, session, at, zone)


def refused_by(require: Callable[..., object], session: Session, at: datetime, zone: str) -> list[Refusal]:
    try:
        require(session, at=at, zone=zone)
    except Refused as refused:
        return list(refused.refusals)
    return []


def require_not_fallen(session: Session, *, at: datetime, zone: str) -> None:
    """An order may be written before the decision, and none is signed on a go that stands no longer (H14)."""
    if session.state == SessionState.RECOVERY:
        require_go_for_more(session, at=at, zone=zone)
    elif held := fallen(session, at=at, zone=zone):
        raise Refused(held)


def require_go_for_more(session: Session, *, at: datetime, zone: str) -> None:
    """A second injection is judged by what is known now of the person and of their consent, as the first was. How they
    are under the first, and for how long nothing was eaten, has rules of its own."""
    refuse_paused(session.visit)
    refuse_ended(session.visit)
    try:
        refuse_conditions(binding(session, at=at, zone=zone), seen_to(session))
    except Refused as refused:
        raise Refused([no_second(one) for one in refused.refusals]) from None
    with one_look():
        given = given_before(session, at=at)
        decision = readiness.decision(session, at=at.astimezone(ZoneInfo(zone)), zone=zone, given=given)
        of_any_dose = [one for one in decision.reasons if one.criterion in OF_ANY_DOSE]
        if held := held_back(session, of_any_dose, at=at, zone=zone):
            raise Refused([one if one.field in SETTLED_ELSEWHERE else no_second(one) for one in held])


def no_second(held: Refusal) -> Refusal:
    """What the list of the day alone writes down is not written down any more, so the way on is another one (E4)."""
    return Refusal(held.field, held.rule, NO_SECOND, held.kind)


def require_still_go(session: Session, *, at: datetime, zone: str) -> Decision:
    """At draw, time-out and start everything is judged again: what was fresh at the decision may have become stale
    (H14)."""
    entry = timeline.latest(session.visit, Kind.DECISION)
    if entry is None or entry.name != "go":
        raise Refused(Refusal("Start", "There is no go for today.", "Finish the readiness list first.", "policy"))
    refuse_paused(session.visit)
    refuse_ended(session.visit)
    refuse_conditions(binding(session, at=at, zone=zone), seen_to(session))
    with one_look():
        given = given_before(session, at=at)
        decision = readiness.decision(session, at=at.astimezone(ZoneInfo(zone)), zone=zone, given=given)
        if not decision.permits:
            raise Refused(held_back(session, decision.reasons, at=at, zone=zone))
    return decision
