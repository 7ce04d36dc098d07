"""What silence leads to: a call, a concern, a fresh link."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.outcomes import access as links
from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.actions.answering import (
    common,
    keep_answers,
    local,
    locked,
    own_silence,
    raise_flag,
    score,
    settle_messages,
)
from ketacare.clinic.outcomes.models import Answers, Ask, AskState, Call, CallResult, Source
from ketacare.clinic.people import access
from ketacare.clinic.people.above import telling_once
from ketacare.clinic.people.access import Actor
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety import queries as watch
from ketacare.clinic.safety.models import Tier
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.outcomes import reader, rules
from ketacare.medicine.safety import reader as safety_reader
from ketacare.medicine.safety import rules as safety_rules
from ketacare.medicine.safety.terms import TriageContext

SAFETY = {"safety-items", "safety-first"}


@telling_once()
def miss(ask: Ask, *, by: Actor, at: datetime) -> Ask:
    """The window closed unsent. What was kept so far stays and is scored; the follow-up duty stands; silence about
    safety is a flag itself; who was reached by telephone meanwhile was not silent."""
    ask.state, ask.version = AskState.MISSED, ask.version + 1
    ask.save(update_fields=["state", "version"])
    for row in filter(None, (queries.kept(ask, name) for name in ask.instruments)):
        score(row, by=by, at=at)
    if queries.is_safety_unknown(ask) and not was_reached(ask):
        context = TriageContext(at=local(ask.clinic, at))
        flag = safety_rules.missed_checks(missed_in_a_row(ask), context, safety_reader.triage_sheet())
        if flag is not None:
            raise_flag(flag, ask.patient, ask, by=by, at=at)
        own_silence(ask, by=by, at=at)
        hand_to_on_call(ask, by=by, at=at)
    audit.note(by=by, at=at, verb="ask.missed", on=ask, patient=ask.patient_id, because=ask.key)
    return ask


def was_reached(ask: Ask) -> bool:
    """Somebody spoke with them about it: what was found stands with the call."""
    return ask.calls.exclude(result=CallResult.NOT_REACHED).exists()


def hand_to_on_call(ask: Ask, *, by: Actor, at: datetime) -> None:
    """Where the clinic stays shut for longer than a night, nobody waits for Monday: whoever is on call then calls, the
    quiet hours over. With nobody on call it stays the desk's."""
    sheet = reader.outreach()
    call_at = rules.quiet_until(local(ask.clinic, at), sheet) or at
    shift = watch.on_call(ask.clinic_id, call_at)
    if shift is None or watch.staffed(ask.clinic, at) - at <= timedelta(hours=sheet.shut_longer_than.integer):
        return
    duty = duties.retime(ask.duty, due_at=min(ask.duty.due_at, call_at), by=by, at=at)
    duties.move(duty, to_role=shift.role, to=shift.user, reason="the clinic is closed until then", by=by, at=at)


@transaction.atomic
def record_call(
    *, ask: Ask, result: str, words: str, by: Actor, at: datetime, answers: Mapping[str, int | None] | None = None
) -> Call:
    """Somebody called. Reached, the duty is done; worried, a clinician must judge; not reached, it stays open.
    `answers`: to the safety questions of this check-in, read aloud; what they signal is a concern with it (H13). They
    stand with the call as they were given, whatever was tapped."""
    access.require(by, "scores", "C", patient=ask.patient)
    if result not in CallResult.values:
        raise Refused(Refusal("result", "is not chosen.", "Say what came of the call."))
    if result == CallResult.WELL and not may_say_well(by):
        remedy = "Hand the telephone to a clinician. If nobody was reached, or you are worried, say that."
        raise Refused(Refusal("result", "Only a clinician says that somebody is well.", remedy, "policy"))
    is_milder = bool(answers) and heard(ask, answers or {}, by=by, at=at)
    call = Call.objects.create(
        **common(ask.patient, by, at, at), ask=ask, result=result, words=words.strip(), said=dict(answers or {})
    )
    if is_milder:
        audit.note(by=by, at=at, verb="call.milder", on=call, patient=ask.patient_id)
    if result == CallResult.WORRIED:
        safety.raise_concern(
            patient=ask.patient, tier=Tier.SAME_DAY, reason_code="call.worried", source=call, by=by, at=at
        )
    if result != CallResult.NOT_REACHED:
        for duty in (ask.duty, queries.late_call(ask)):
            if duty is not None:
                duties.close_duty(duty, evidence=call, by=by, at=at)
        settle_messages(ask, call, by=by, at=at)
    audit.note(by=by, at=at, verb="ask.call", on=call, patient=ask.patient_id, because=result)
    return call


def may_say_well(by: Actor) -> bool:
    """Silence is ended by whoever may judge what they hear; the desk says whom it could not reach, or worries."""
    return access.may(by, "concerns", "U")


def heard(ask: Ask, answers: Mapping[str, int | None], *, by: Actor, at: datetime) -> bool:
    """Kept beside what was tapped, by whoever asked. Nothing that a patient tapped is taken back by what is said to
    somebody else (H13): the graver answer stands, and a milder one with the call alone; whether there was one. Whoever
    called may not read what was tapped. What was scored when the window closed is scored again."""
    name = next(name for name in ask.instruments if name in SAFETY)
    tapped = tapped_before(ask, name)
    # The codes of each safety question rise with what they mean.
    milder = {item for item, code in answers.items() if item in tapped and (code is None or code < tapped[item])}
    new = {item: code for item, code in answers.items() if item not in milder}
    if not new:
        return True
    row = keep_answers(
        patient=ask.patient,
        instrument=name,
        answers=new,
        source=Source.CLINICIAN,
        happened_at=at,
        by=by,
        at=at,
        ask=ask,
        further=True,
    )
    ask.refresh_from_db()
    if ask.state in (AskState.ANSWERED, AskState.MISSED):
        score(row, by=by, at=at)
    return bool(milder)


def tapped_before(ask: Ask, name: str) -> dict[str, int]:
    """The patient's own last answers to these questions, whatever was written to them since."""
    own = Answers.objects.filter(ask=ask, instrument=name, source=Source.PATIENT, in_error=False)
    row = own.order_by("-recorded_at").first()
    return {item: code for item, code in row.values.items() if code is not None} if row else {}


def missed_in_a_row(ask: Ask) -> int:
    """How many safety checks in a row, ending with this one, left the safety questions open. Two that the
    same dose ended are one silence."""
    ended = set()
    asked = Ask.objects.filter(patient=ask.patient, closes_at__lte=ask.closes_at).exclude(state=AskState.STOPPED)
    for earlier in asked.order_by("-closes_at"):
        if SAFETY.isdisjoint(earlier.instruments):
            continue
        if earlier.state == AskState.WAITING or not queries.is_safety_unknown(earlier) or was_reached(earlier):
            break
        ended.add(earlier.closes_at)
    return len(ended)


@transaction.atomic
def new_link(ask: Ask, *, by: Actor, at: datetime) -> Ask:
    """A fresh link for a patient who lost theirs; the old one stops working."""
    access.require(by, "scores", "C", patient=ask.patient)
    ask = locked(ask)
    if ask.state in (AskState.ANSWERED, AskState.STOPPED):
        state = "has been answered" if ask.state == AskState.ANSWERED else "is not asked any more"
        raise Refused(Refusal("Check-in", f"{state}.", "Nothing needs to be sent.", "policy"))
    ask.link_serial, ask.version = ask.link_serial + 1, ask.version + 1
    ask.link_until = max(ask.link_until, at + links.link_lives())
    ask.wrong_years, ask.locked_at = 0, None
    ask.save(update_fields=["link_serial", "link_until", "wrong_years", "locked_at", "version"])
    audit.note(by=by, at=at, verb="ask.new_link", on=ask, patient=ask.patient_id)
    return ask
