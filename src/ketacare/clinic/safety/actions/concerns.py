"""Raising a concern, seeing it, deciding it: nothing but a clinician's decision closes one (H13)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Model

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence, Duty
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role, User
from ketacare.clinic.safety import queries
from ketacare.clinic.safety.actions import calling, flags, interviews
from ketacare.clinic.safety.models import Concern, ConcernState, ConcernStep, OnCall, Tier
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.safety import reader, rules, terms

DUTY = "concern.answer"
NEEDED = "A safety answer needs a clinician"
TITLES = {
    Tier.NOW: "Answer a concern now",
    Tier.SAME_DAY: "Answer a concern today",
    Tier.BEFORE_NEXT_DOSE: "Decide a concern before the next dose",
}


@transaction.atomic
def raise_concern(
    *,
    patient: Patient,
    tier: int,
    reason_code: str,
    source: Model,
    by: Actor,
    at: datetime,
    said_at: datetime | None = None,
    held: Collection[str] = (),
    why: str = "",
) -> Concern:
    """In the caller's transaction: the concern, its owner and the duty exist, or nothing of it was saved (H13).

    The caller has asked for the right to record what raises it; nobody's missing right may silence a concern.
    The same source raises the same concern once. `said_at`: when it was said, if not now; `held`: the interviews, as
    the cadence calls them, that a person has held since; `why`: what its duty says first, if not the usual.
    """
    tier = Tier(tier)
    earlier = Concern.objects.filter(source_id=source.pk, reason_code=reason_code, tier=tier).first()
    if earlier is not None:
        return earlier
    watch = queries.on_call(patient.clinic_id, at)
    see_by, decide_by = limits(patient.clinic, tier, at)
    concern_id = uuid4()
    concern = Concern.objects.create(
        id=concern_id,
        duty=open_its_duty(patient, tier, concern_id, watch, why=why or NEEDED, by=by, at=at),
        organisation_id=patient.organisation_id,
        clinic_id=patient.clinic_id,
        created_at=at,
        patient=patient,
        tier=tier,
        reason_code=reason_code,
        source_kind=source._meta.label_lower,
        source_id=source.pk,
        owner=watch.user if watch else None,
        raised_at=at,
        see_by=see_by,
        decide_by=decide_by,
    )
    write(concern, "raised", happened_at=said_at, by=by, at=at)
    interviews.owe_interview(concern, watch, held=held, by=by, at=at)
    calling.call_at_once(concern, at=at)
    return concern


def limits(clinic: Clinic, tier: Tier, at: datetime) -> tuple[datetime, datetime]:
    """By when somebody must have seen it, and by when a clinician must have decided; from the adopted sheet."""
    sheet, here = reader.triage_sheet(), at.astimezone(ZoneInfo(clinic.zone))
    seen = rules.due_by(terms.Tier(f"T{tier:d}"), here, sheet)
    decided = rules.due_by(terms.Tier.T2, here, sheet) if tier == Tier.NOW else seen
    return seen.astimezone(UTC), decided.astimezone(UTC)


def open_its_duty(
    patient: Patient, tier: Tier, concern_id: UUID, watch: OnCall | None, *, why: str, by: Actor, at: datetime
) -> Duty:
    """With nobody on call there is nobody to wait for: it is late at once and climbs the ladder at the next look."""
    late_at = limits(patient.clinic, tier, at)[0] if watch else at
    return duties.open_duty(
        kind=DUTY,
        title=TITLES[tier] if watch else f"{TITLES[tier]}: nobody is on call",
        patient=patient,
        owner_role=watch.role if watch else Role.RX,
        owner=watch.user if watch else None,
        due_at=at,
        late_at=late_at,
        escalate_at=late_at,
        why=why,
        link=queries.page(concern_id),
        consequence=Consequence.LIFE if tier < Tier.BEFORE_NEXT_DOSE else Consequence.SAFETY,
        by=by,
        at=at,
    )


@transaction.atomic
def acknowledge(concern: Concern, *, by: Actor, at: datetime) -> Concern:
    """I have seen it, and it is mine until it is decided. It stays open."""
    access.require(by, "concerns", "U", patient=concern.patient)
    concern = standing(concern)
    concern.owner = User.objects.get(pk=by.person_id)
    concern.state, concern.seen_at = ConcernState.SEEN, concern.seen_at or at
    concern.version += 1
    concern.save(update_fields=["owner", "state", "seen_at", "version"])
    write(concern, "seen", by=by, at=at)
    calling.needless(concern)
    if concern.duty.is_open:
        duties.hold(concern.duty, until=max(concern.decide_by, at + timedelta(minutes=15)), by=by, at=at)
    return concern


@transaction.atomic
def decide(concern: Concern, *, finding: str, action: str, by: Actor, at: datetime, flag: bool = False) -> Concern:
    """A clinician's decision, with name, finding and action: the only thing that closes a concern. `flag`: what was
    found puts up the flag of high risk, which outlasts this concern."""
    access.require(by, "concerns", "S", patient=concern.patient)
    concern = standing(concern)
    said = (("finding", "What you found", finding), ("action", "What was done", action))
    empty = [(name, title) for name, title, text in said if not text.strip()]
    if empty:
        raise Refused([Refusal(name, f"{title} is empty.", "Write it in your own words.") for name, title in empty])
    decision = write(concern, "decided", by=by, at=at, finding=finding.strip(), action=action.strip())
    concern.state, concern.closed_at, concern.closed_by_id = ConcernState.CLOSED, at, by.user_id
    concern.version += 1
    concern.save(update_fields=["state", "closed_at", "closed_by", "version"])
    if flag:
        flags.raise_flag(patient=concern.patient, words=finding, by=by, at=at)
    calling.needless(concern)
    duties.close_duty(concern.duty, evidence=decision, by=by, at=at)
    return concern


def standing(concern: Concern) -> Concern:
    """The concern, locked, if nobody has decided it."""
    concern = Concern.objects.select_for_update(of=("self",)).select_related("patient", "duty").get(pk=concern.pk)
    if concern.state == ConcernState.CLOSED:
        raise Refused(Refusal("concern", "This concern has been decided.", "Read the decision below.", "policy"))
    return concern


def write(
    concern: Concern,
    step: str,
    *,
    by: Actor,
    at: datetime,
    finding: str = "",
    action: str = "",
    happened_at: datetime | None = None,
) -> ConcernStep:
    row = ConcernStep.objects.create(
        organisation_id=concern.organisation_id,
        clinic_id=concern.clinic_id,
        patient_id=concern.patient_id,
        concern=concern,
        step=step,
        finding=finding,
        action=action,
        happened_at=min(at, happened_at or at),
        recorded_at=at,
        recorded_by_id=by.user_id,
    )
    audit.note(
        by=by, at=at, verb=f"concern.{step}", on=concern, patient=concern.patient_id, because=f"tier {concern.tier}"
    )
    return row
