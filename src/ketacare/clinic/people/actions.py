"""Writing down who somebody is, and who works here."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people import access
from ketacare.clinic.people.above import tell_above
from ketacare.clinic.people.access import Actor, system
from ketacare.clinic.people.models import (
    Allergies,
    AllergyState,
    BodyMeasure,
    CareRelation,
    Consent,
    Contact,
    Demographics,
    Patient,
    Staff,
    User,
)
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused

CONTACT = (
    *("telephone", "email", "language", "may_text", "may_email", "voicemail_is_safe"),
    *("shown_as", "quiet", "other_person"),
)
LEAST_DIGITS, TELEPHONE_MOST = 7, 40  # a local number without its area (design choice)
ADDRESS_MOST = 254  # of the column, and of an address that mail reaches
POUNDS_PER_KG = Decimal("2.20462262185")


def about(patient: Patient, by: Actor, at: datetime, happened_at: datetime | None = None) -> dict[str, Any]:
    """The columns every fact about a patient carries."""
    return {
        "patient": patient,
        "organisation_id": by.organisation_id,
        "clinic_id": by.clinic_id,
        "happened_at": happened_at or at,
        "recorded_at": at,
        "recorded_by_id": by.user_id,
    }


def next_record_number(clinic_id: Any) -> str:
    """One after the other, also when two people are registered at once: a number names one person (H4)."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"record number {clinic_id}"])
    return f"K{Patient.objects.filter(clinic_id=clinic_id).count() + 1001}"


@transaction.atomic
def register_patient(
    *,
    family: str,
    given: str,
    born_on: date,
    by: Actor,
    at: datetime,
    preferred: str = "",
    sex: str = "unknown",
    contact: dict[str, Any] | None = None,
) -> Patient:
    """A new person in this clinic, with their two identifiers. The caller has shown the look-alikes first."""
    access.require(by, "demographics", "C")
    if born_on > local_day(at, by.zone):
        raise Refused(Refusal("Date of birth", f"{born_on:%d-%b-%Y} is in the future.", "Check the year."))
    patient = Patient.objects.create(organisation_id=by.organisation_id, clinic_id=by.clinic_id, created_at=at)
    Demographics.objects.create(
        **about(patient, by, at),
        family=family,
        given=given,
        preferred=preferred,
        born_on=born_on,
        sex=sex,
        record_number=next_record_number(by.clinic_id),
    )
    if contact:
        Contact.objects.create(**about(patient, by, at), **contact)
    audit.note(by=by, at=at, verb="patient.register", on=patient, patient=patient)
    return patient


@transaction.atomic
def record_allergies(
    *,
    patient: Patient,
    state: AllergyState,
    entries: list[dict[str, str]],
    by: Actor,
    at: datetime,
    amend_reason: str = "",
) -> Allergies:
    """The list as asked today; the list before stays readable beneath it. Taking back an allergy that was listed has a
    reason: a click is not enough (H15)."""
    access.require(by, "demographics", "U", patient=patient)
    earlier = Allergies.objects.current().filter(patient=patient).order_by("recorded_at").last()
    kept = {entry["substance"].strip().casefold() for entry in entries}
    before = [entry["substance"] for entry in earlier.entries] if earlier is not None else []
    gone = [substance for substance in before if substance.strip().casefold() not in kept]
    if gone and not amend_reason.strip():
        named = ", ".join(gone)
        remedy = "Say why, or list it again." if entries else "Say why they are none, or list those that stand."
        raise Refused(Refusal("amend_reason", f"This takes back: {named}.", remedy))
    return keep_allergies(patient=patient, state=state, entries=entries, by=by, at=at, amend_reason=amend_reason)


@transaction.atomic
def keep_allergies(
    *,
    patient: Patient,
    state: AllergyState,
    entries: list[dict[str, str]],
    by: Actor,
    at: datetime,
    amend_reason: str = "",
) -> Allergies:
    """A part of an act of a room above, which has asked who may: a patient tells of their own allergies by link."""
    earlier = Allergies.objects.current().filter(patient=patient).order_by("recorded_at").last()
    row = Allergies.objects.create(
        **about(patient, by, at),
        state=state,
        entries=entries,
        amends=earlier,
        amend_reason=(amend_reason or "asked again") if earlier else "",
    )
    audit.note(by=by, at=at, verb="allergies.record", on=row, patient=patient)
    tell_above(patient, by=by, at=at)
    return row


@transaction.atomic
def keep_contact(*, patient: Patient, by: Actor, at: datetime, amend_reason: str, **told: Any) -> Contact:
    """How somebody wishes to be reached, as they say it now; what they do not speak of stays as it was. A part of an
    act of a room above, which has asked who may."""
    earlier = Contact.objects.current().filter(patient=patient).order_by("recorded_at").last()
    kept = {name: getattr(earlier, name) for name in CONTACT} if earlier else {}
    row = Contact.objects.create(
        **about(patient, by, at),
        **(kept | told),
        amends=earlier,
        amend_reason=amend_reason if earlier else "",
    )
    audit.note(by=by, at=at, verb="contact.record", on=row, patient=patient)
    return row


@transaction.atomic
def amend_contact(
    *, patient: Patient, telephone: str, email: str, may_text: bool | None, may_email: bool | None, reason: str,
    by: Actor, at: datetime,
) -> Contact:  # fmt: skip
    """Number and address put right by staff, as the patient tells them, and whether messages may go there."""
    access.require(by, "demographics", "U", patient=patient)
    found = []
    if telephone.strip() and sum(sign.isdigit() for sign in telephone) < LEAST_DIGITS:
        found.append(Refusal("telephone", "This is no telephone number.", "Write it with + and the country."))
    try:
        validate_email(email.strip() or "nobody@example.org")
    except ValidationError:
        found.append(Refusal("email", "This is no address.", "Write it as name@example.org, or leave none."))
    if len(telephone.strip()) > TELEPHONE_MOST:
        found.append(Refusal("telephone", f"The number is longer than {TELEPHONE_MOST} letters.", "Write one number."))
    if len(email.strip()) > ADDRESS_MOST:
        found.append(Refusal("email", f"The address is longer than {ADDRESS_MOST} letters.", "Write one address."))
    if not reason.strip():
        found.append(Refusal("reason", "The reason is empty.", "Say who told you, and how you know that it is them."))
    if found:
        raise Refused(found)
    told = {"telephone": telephone.strip(), "email": email.strip(), "may_text": may_text, "may_email": may_email}
    return keep_contact(patient=patient, by=by, at=at, amend_reason=reason.strip()[:300], **told)


@transaction.atomic
def record_measure(
    *,
    patient: Patient,
    weight_kg: Decimal,
    by: Actor,
    at: datetime,
    happened_at: datetime | None = None,
    height_cm: Decimal | None = None,
    typed: str = "",
    amends: BodyMeasure | None = None,
    amend_reason: str = "",
) -> BodyMeasure:
    """A weight as measured. An amendment names the one it replaces and says why; that one stays readable (I1)."""
    access.require(by, "readings", "C", patient=patient)
    if amends is not None and BodyMeasure.objects.filter(amends=amends).exists():
        raise Refused(Refusal("amend_reason", "Somebody amended this already.", "Open it again.", "policy"))
    if amends is not None and not amend_reason.strip():
        raise Refused(Refusal("amend_reason", "The reason is empty.", "Say in a few words what was wrong."))
    row = BodyMeasure.objects.create(
        **about(patient, by, at, amends.happened_at if amends else happened_at),
        weight_kg=weight_kg,
        height_cm=height_cm,
        typed=typed,
        amends=amends,
        amend_reason=amend_reason.strip() if amends else "",
    )
    audit.note(by=by, at=at, verb="measure.record", on=row, patient=patient)
    tell_above(patient, by=by, at=at)
    return row


@transaction.atomic
def record_consent(
    *, patient: Patient, kind: str, text_version: str, given: bool, by: Actor, at: datetime, words: str = ""
) -> Consent:
    access.require(by, "consents", "C", patient=patient)
    row = Consent.objects.create(
        **about(patient, by, at), kind=kind, text_version=text_version, given=given, words=words[:500]
    )
    audit.note(by=by, at=at, verb="consent.given" if given else "consent.withdrawn", on=row, patient=patient)
    return row


@transaction.atomic
def relate(
    *,
    patient: Patient,
    user: User,
    kind: str,
    by: Actor,
    at: datetime,
    until: date | None = None,
    by_booking: bool = False,
    goes_on: CareRelation | None = None,
) -> CareRelation:
    """Let a therapist or referring clinician see this patient's record; with a last day, no longer than its midnight
    where the clinic is. Named again with another last day, that one counts; whom a booking assigned and somebody names
    stays without one."""
    access.require(by, "demographics", "U", patient=patient)
    if until is not None and until < local_day(at, by.zone):
        raise Refused(Refusal("until", "The last day is over.", "Choose today or a later day."))
    row, _ = CareRelation.objects.get_or_create(
        patient=patient,
        user=user,
        kind=kind,
        ended_at=None,
        defaults={
            "organisation_id": by.organisation_id,
            "clinic_id": by.clinic_id,
            "created_at": at,
            "until": until,
            "by_booking": by_booking,
            "goes_on": goes_on,
        },
    )
    if (row.until, row.by_booking) != (until, row.by_booking and by_booking):
        row.until, row.by_booking, row.version = until, row.by_booking and by_booking, row.version + 1
        row.save(update_fields=["until", "by_booking", "version"])
    audit.note(by=by, at=at, verb="relation.begin", on=row, patient=patient)
    return row


@transaction.atomic
def end_relation(relation: CareRelation, *, by: Actor, at: datetime) -> None:
    """From the next request on this person sees the record no more."""
    access.require(by, "demographics", "U", patient=relation.patient)
    close_relation(relation, because="", by=by, at=at)


WITH_BOOKING = "booking"


def close_relation(relation: CareRelation, *, because: str, by: Actor, at: datetime) -> None:
    """Part of an act that was allowed: who may take a visit back takes back what it alone opened. What anything else
    ended no booking begins anew."""
    as_booked = relation.by_booking and because == WITH_BOOKING
    rows = CareRelation.objects.filter(pk=relation.pk, ended_at__isnull=True)
    rows.update(ended_at=at, by_booking=as_booked)
    audit.note(by=by, at=at, verb="relation.end", on=relation, patient=relation.patient, because=because)


def set_last_day(
    relation: CareRelation, until: date | None, *, by_booking: bool, because: str, by: Actor, at: datetime
) -> None:
    """Part of an act that was allowed: who stood in is the patient's own from here on, or who was that goes."""
    relation.until, relation.by_booking, relation.version = until, by_booking, relation.version + 1
    relation.save(update_fields=["until", "by_booking", "version"])
    audit.note(by=by, at=at, verb="relation.begin", on=relation, patient=relation.patient, because=because)


def end_sessions_of_removed(user_id: UUID, *, at: datetime) -> int:
    """Every sign-in of somebody who had a post and has none, or whose account is shut; how many were ended. Somebody
    who never had a post is left alone: they may be setting up their second factor."""
    tenancy.enter(user_id=user_id)
    posts = list(Staff.objects.filter(user_id=user_id).select_related("clinic", "user").order_by("created_at"))
    if not posts or (posts[-1].user.is_active and any(post.ended_at is None for post in posts)):
        return 0
    last = max(posts, key=lambda post: post.ended_at or at)
    tenancy.enter(organisation_id=last.organisation_id)
    sessions = list(UserSession.objects.filter(user_id=user_id))
    for session in sessions:
        session.end()
        audit.note(by=system(last.clinic), at=at, verb="session.end", on=last.user, because="post ended")
    return len(sessions)


@transaction.atomic
def end_sessions(sessions: list[UserSession], *, by: Actor, at: datetime) -> int:
    """One's own sign-ins on other browsers (K4). Somebody else's are not here."""
    if any(session.user_id != by.person_id for session in sessions):
        raise access.NotHere
    for session in sessions:
        session.end()
        audit.note(by=by, at=at, verb="session.end", kind="people.user", because="by its owner")
    return len(sessions)
