"""Raising a concern, seeing it, deciding it, and who is on call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import Model

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as duty_queries
from ketacare.clinic.duties.models import Consequence, Duty
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import EMERGENCY, Actor, NotAllowed
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import BreakGlass, EmergencyReason, Patient, Role, User
from ketacare.clinic.safety import queries
from ketacare.clinic.safety.models import Concern, ConcernState, ConcernStep, EmergencyReview, OnCall, Tier
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.safety import reader, rules, terms

DUTY = "concern.answer"
EMERGENCY_DUTY = "emergency.review"
OPEN_FOR = timedelta(minutes=60)
REVIEW_WITHIN_DAYS = 3
WORDS_MOST = 300
TITLES = {
    Tier.NOW: "Answer a concern now",
    Tier.SAME_DAY: "Answer a concern today",
    Tier.BEFORE_NEXT_DOSE: "Decide a concern before the next dose",
}


@transaction.atomic
def raise_concern(*, patient: Patient, tier: int, reason_code: str, source: Model, by: Actor, at: datetime) -> Concern:
    """In the caller's transaction: the concern, its owner and the duty exist, or nothing of it was saved (H13).

    The caller has asked for the right to record what raises it; nobody's missing right may silence a concern.
    The same source raises the same concern once.
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
        duty=open_its_duty(patient, tier, concern_id, watch, by=by, at=at),
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
    write(concern, "raised", by=by, at=at)
    return concern


def limits(clinic: Clinic, tier: Tier, at: datetime) -> tuple[datetime, datetime]:
    """By when somebody must have seen it, and by when a clinician must have decided; from the adopted sheet."""
    sheet, here = reader.triage_sheet(), at.astimezone(ZoneInfo(clinic.zone))
    seen = rules.due_by(terms.Tier(f"T{tier:d}"), here, sheet)
    decided = rules.due_by(terms.Tier.T2, here, sheet) if tier == Tier.NOW else seen
    return seen.astimezone(UTC), decided.astimezone(UTC)


def open_its_duty(
    patient: Patient, tier: Tier, concern_id: UUID, watch: OnCall | None, *, by: Actor, at: datetime
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
        why="A safety answer needs a clinician",
        link=f"/concerns/{concern_id}/",
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
    if concern.duty.is_open:
        duties.hold(concern.duty, until=max(concern.decide_by, at + timedelta(minutes=15)), by=by, at=at)
    return concern


@transaction.atomic
def decide(concern: Concern, *, finding: str, action: str, by: Actor, at: datetime) -> Concern:
    """A clinician's decision, with name, finding and action: the only thing that closes a concern."""
    access.require(by, "concerns", "S", patient=concern.patient)
    concern = standing(concern)
    empty = [name for name, text in (("finding", finding), ("action", action)) if not text.strip()]
    if empty:
        raise Refused([Refusal(name, "is empty.", "Write it in your own words.") for name in empty])
    decision = write(concern, "decided", by=by, at=at, finding=finding.strip(), action=action.strip())
    concern.state, concern.closed_at, concern.closed_by_id = ConcernState.CLOSED, at, by.user_id
    concern.version += 1
    concern.save(update_fields=["state", "closed_at", "closed_by", "version"])
    duties.close_duty(concern.duty, evidence=decision, by=by, at=at)
    return concern


def standing(concern: Concern) -> Concern:
    """The concern, locked, if nobody has decided it."""
    concern = Concern.objects.select_for_update(of=("self",)).select_related("patient", "duty").get(pk=concern.pk)
    if concern.state == ConcernState.CLOSED:
        raise Refused(Refusal("Concern", "has been decided.", "Read the decision on its page.", "policy"))
    return concern


def write(concern: Concern, step: str, *, by: Actor, at: datetime, finding: str = "", action: str = "") -> ConcernStep:
    row = ConcernStep.objects.create(
        organisation_id=concern.organisation_id,
        clinic_id=concern.clinic_id,
        patient_id=concern.patient_id,
        concern=concern,
        step=step,
        finding=finding,
        action=action,
        happened_at=at,
        recorded_at=at,
        recorded_by_id=by.user_id,
    )
    audit.note(
        by=by, at=at, verb=f"concern.{step}", on=concern, patient=concern.patient_id, because=f"tier {concern.tier}"
    )
    return row


@transaction.atomic
def put_on_call(
    *, user: User, role: str, starts_at: datetime, ends_at: datetime, by: Actor, at: datetime, telephone: str = ""
) -> OnCall:
    """One person answers concerns in this time. Overlapping somebody else is refused."""
    access.require(by, "concerns", "A")
    if not people.colleagues(clinic_id=by.clinic_id, role=Role(role)).filter(pk=user.pk).exists():
        raise Refused(Refusal("Person", "does not work here in that role.", "Choose from the list."))
    try:
        with transaction.atomic():
            row = OnCall.objects.create(
                organisation_id=by.organisation_id,
                clinic_id=by.clinic_id,
                created_at=at,
                user=user,
                role=Role(role),
                telephone=telephone,
                starts_at=starts_at,
                ends_at=ends_at,
            )
    except IntegrityError:
        raise Refused(
            Refusal("Time", "overlaps somebody else on call, or ends before it starts.", "Change one of the two.")
        )
    audit.note(by=by, at=at, verb="on_call.set", on=row)
    return row


@transaction.atomic
def open_in_emergency(patient: Patient, *, reason_class: str, words: str, by: Actor, at: datetime) -> BreakGlass:
    """One record, to read, for an hour, for somebody it is not assigned to; the director's duty in the same
    transaction (P5). The caller has proved who sits there (K6). Opening again while it is open is the same opening."""
    access.require(by, "emergency", "C")
    glass = open_now(patient, by, at)
    if glass is not None:
        return glass
    refuse_without_need(patient, by)
    refuse_without_reason(reason_class, words)
    glass = BreakGlass.objects.create(
        **about(patient, by, at),
        user_id=by.person_id,
        role=Role(by.role),
        reason_class=reason_class,
        words=words.strip(),
        until=at + OPEN_FOR,
    )
    audit.note(by=by, at=at, verb="emergency.open", on=glass, patient=patient, because=reason_class)
    ask_for_review(glass, by=by, at=at)
    return glass


def open_now(patient: Patient, by: Actor, at: datetime) -> BreakGlass | None:
    rows = BreakGlass.objects.filter(patient=patient, user_id=by.person_id, role=by.role, clinic_id=by.clinic_id)
    return rows.filter(happened_at__lte=at, until__gt=at).first()


def refuse_without_need(patient: Patient, by: Actor) -> None:
    """Whoever may read the record has no need; another clinic's is not here; a role it would not open gains nothing."""
    if patient.clinic_id != by.clinic_id:
        raise access.NotHere
    relations = access.relations_to(by, patient)
    if access.granted(by.role, "demographics", "R", relations):
        raise Refused(Refusal("Record", "You may read this record already.", "Open the chart.", "policy"))
    if not access.granted(by.role, "demographics", "R", relations | {EMERGENCY}):
        raise NotAllowed("emergency", "C")


def refuse_without_reason(reason_class: str, words: str) -> None:
    wrong = []
    if reason_class not in EmergencyReason:
        wrong.append(Refusal("reason_class", "No reason is chosen.", "Choose the one that fits best."))
    if not words.strip() or len(words.strip()) > WORDS_MOST:
        rule = "is empty." if not words.strip() else f"is longer than {WORDS_MOST} letters."
        wrong.append(Refusal("words", f"What has happened {rule}", "Say it in a sentence; the director reads it."))
    if wrong:
        raise Refused(wrong)


def ask_for_review(glass: BreakGlass, *, by: Actor, at: datetime) -> Duty:
    """The director is told at once; late after three business days."""
    late_at = queries.business_days_after(glass.clinic, REVIEW_WITHIN_DAYS, at)
    return duties.open_duty(
        kind=EMERGENCY_DUTY,
        title="Review a record opened in an emergency",
        patient=glass.patient,
        owner_role=Role.MD,
        due_at=at,
        late_at=late_at,
        escalate_at=late_at,
        why="Somebody who is not assigned opened it; your finding is due in three business days",
        link=queries.emergency_page(glass),
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )


@transaction.atomic
def review_emergency(
    glass: BreakGlass, *, was_right: bool | None, finding: str, by: Actor, at: datetime
) -> EmergencyReview:
    """The director's finding closes the duty. Nobody reviews their own act."""
    access.require(by, "emergency", "A", patient=glass.patient)
    if glass.user_id == by.user_id:
        raise Refused(Refusal("Review", "is not for whoever opened the record.", "Ask another director.", "policy"))
    if EmergencyReview.objects.filter(glass=glass).exists():
        raise Refused(Refusal("Review", "has been written.", "Read it on this page.", "policy"))
    wrong = [Refusal("was_right", "Not answered.", "Choose one.")] if was_right is None else []
    if not finding.strip():
        wrong.append(Refusal("finding", "is empty.", "Write what you found and with whom you spoke."))
    if was_right is None or wrong:
        raise Refused(wrong)
    review = EmergencyReview.objects.create(
        **about(glass.patient, by, at), glass=glass, was_right=was_right, finding=finding.strip()
    )
    because = "right" if was_right else "not right"
    audit.note(by=by, at=at, verb="emergency.review", on=glass, patient=glass.patient, because=because)
    for duty in duty_queries.open_for(glass.patient, EMERGENCY_DUTY).filter(link=queries.emergency_page(glass)):
        duties.close_duty(duty, evidence=review, by=by, at=at)
    return review
