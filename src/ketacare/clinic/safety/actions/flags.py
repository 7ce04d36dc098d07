"""The standing flag of high risk: raised by what a clinician found, lowered by two people with a reason."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.safety import queries
from ketacare.clinic.safety.models import FlagState, FlagStep, RiskFlag, Tier
from ketacare.clinic.tenancy.refusals import Refusal, Refused

SECOND_LOOK = "risk_flag.second_look"


@transaction.atomic
def raise_flag(*, patient: Patient, words: str, by: Actor, at: datetime) -> RiskFlag:
    """In the transaction of what was found, by whoever may record that. It stands until two people lower it; found
    again, lowering is off."""
    if not words.strip():
        raise Refused(Refusal("words", "Why the flag stands is empty.", "Write what you found."))
    flag = RiskFlag.objects.select_for_update().filter(patient=patient).exclude(state=FlagState.LOWERED).first()
    if flag is None:
        flag = RiskFlag.objects.create(
            organisation_id=patient.organisation_id,
            clinic_id=patient.clinic_id,
            created_at=at,
            patient=patient,
            since=at,
        )
        write(flag, "raised", words, by=by, at=at)
        return flag
    step = write(flag, "again", words, by=by, at=at)
    if flag.state == FlagState.ASKED:
        back_up(flag, step, by=by, at=at)
    return flag


@transaction.atomic
def ask_to_lower(flag: RiskFlag, *, reason: str, by: Actor, at: datetime, despite: str = "") -> RiskFlag:
    """A reason, in words; the flag stands until another person has looked too. `despite`: why it may be lowered while
    concerns are open, which stands with the reason."""
    access.require(by, "concerns", "S", patient=flag.patient)
    flag = locked(flag, FlagState.STANDING, "Somebody has asked for that already.")
    if not reason.strip():
        raise Refused(Refusal("reason", "Why it may be lowered is empty.", "Write what has changed, and how you know."))
    reason = reason.strip() + over_what_is_open(flag.patient, despite)
    flag.state, flag.reason, flag.asked_by_id, flag.version = (
        FlagState.ASKED,
        reason,
        by.user_id,
        flag.version + 1,
    )
    flag.save(update_fields=["state", "reason", "asked_by", "version"])
    write(flag, "asked", reason, by=by, at=at)
    duties.open_duty(
        kind=SECOND_LOOK,
        title="Second look: may the high-risk flag be lowered?",
        patient=flag.patient,
        owner_role=Role.RX,
        due_at=at,
        why="Two people lower it: one with a reason, another who looked too",
        link=queries.flag_page(flag.patient_id),
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )
    return flag


@transaction.atomic
def look_again(
    flag: RiskFlag, *, agrees: bool | None, words: str, by: Actor, at: datetime, despite: str = ""
) -> RiskFlag:
    """The second look, by somebody else: lowered, or kept up. Both say why. `despite`: as where it was asked for."""
    access.require(by, "concerns", "S", patient=flag.patient)
    flag = locked(flag, FlagState.ASKED, "Nobody has asked to lower it.")
    if flag.asked_by_id == by.user_id:
        raise Refused(Refusal("agrees", "A second look is not for whoever asked.", "Ask another prescriber.", "policy"))
    wrong = [Refusal("agrees", "Not answered.", "Choose one.")] if agrees is None else []
    if not words.strip():
        wrong.append(Refusal("words", "What you saw is empty.", "Write it in your own words."))
    if wrong:
        raise Refused(wrong)
    words = words.strip() + (over_what_is_open(flag.patient, despite) if agrees else "")
    step = write(flag, "lowered" if agrees else "kept", words, by=by, at=at)
    if not agrees:
        back_up(flag, step, by=by, at=at)
        return flag
    flag.state, flag.lowered_at, flag.lowered_by_id, flag.version = FlagState.LOWERED, at, by.user_id, flag.version + 1
    flag.save(update_fields=["state", "lowered_at", "lowered_by", "version"])
    close_second_look(flag, step, by=by, at=at)
    return flag


def over_what_is_open(patient: Patient, despite: str) -> str:
    """What no clinician has decided, and an interview that nobody held, do not go down with the flag unseen (H13): each
    of the two says why it may."""
    rows = queries.standing(patient)
    count, now = rows.count(), rows.filter(tier=Tier.NOW).count()
    parts = [f"{count} {'concern is' if count == 1 else 'concerns are'} open"] if count else []
    parts += [f"{now} that called at once"] if now else []
    parts += [f"“{duty.title}” was not done" for duty in queries.interviews_owed(patient)]
    if not parts:
        return ""
    said = ", ".join(parts)
    if not despite.strip():
        remedy = "Do that first, or say why the flag may be lowered before it."
        raise Refused(Refusal("despite", f"{said}: about this person.", remedy))
    return f" ({said}. Lowered before that, because: {despite.strip()})"


def back_up(flag: RiskFlag, step: FlagStep, *, by: Actor, at: datetime) -> None:
    flag.state, flag.reason, flag.asked_by, flag.version = FlagState.STANDING, "", None, flag.version + 1
    flag.save(update_fields=["state", "reason", "asked_by", "version"])
    close_second_look(flag, step, by=by, at=at)


def close_second_look(flag: RiskFlag, step: FlagStep, *, by: Actor, at: datetime) -> None:
    for duty in owed.open_for(flag.patient, SECOND_LOOK):
        duties.close_duty(duty, evidence=step, by=by, at=at)


def locked(flag: RiskFlag, state: FlagState, otherwise: str) -> RiskFlag:
    flag = RiskFlag.objects.select_for_update(of=("self",)).select_related("patient").get(pk=flag.pk)
    if flag.state != state:
        raise Refused(Refusal("Flag", otherwise, "Read the page again.", "policy"))
    return flag


def write(flag: RiskFlag, step: str, words: str, *, by: Actor, at: datetime) -> FlagStep:
    row = FlagStep.objects.create(**about(flag.patient, by, at), flag=flag, step=step, words=words.strip())
    audit.note(by=by, at=at, verb=f"risk_flag.{step}", on=flag, patient=flag.patient)
    return row
