"""Reads that other rooms share: who somebody is, and who might be the same person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from ketacare.clinic.people.access import Actor, patients_visible_to
from ketacare.clinic.people.models import (
    Allergies,
    BodyMeasure,
    BreakGlass,
    CareRelation,
    Consent,
    Contact,
    Demographics,
    Patient,
    Role,
    Staff,
    User,
)
from ketacare.clinic.people.standing import ahead_of, newest, standing, when
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.looks import looked_up


@dataclass(frozen=True)
class Identity:
    """The header strip of every page about a patient."""

    patient_id: UUID
    family: str
    given: str
    preferred: str
    born_on: date
    sex: str
    record_number: str
    allergy_state: str
    allergies: tuple[tuple[str, str], ...]
    allergies_asked_by: str
    allergies_asked_at: Any
    alerts: tuple[str, ...] = ()

    @property
    def initials(self) -> str:
        return f"{self.given[:1]}{self.family[:1]}"

    @property
    def name(self) -> str:
        return f"{self.family.upper()}, {self.given}" + (f" ({self.preferred})" if self.preferred else "")

    def age_on(self, on: date) -> int:
        return on.year - self.born_on.year - ((on.month, on.day) < (self.born_on.month, self.born_on.day))


def demographics(patient: Patient | UUID) -> Demographics:
    return Demographics.objects.current().filter(patient=patient).latest("recorded_at")


@looked_up
def identity(patient: Patient) -> Identity:
    """Two identifiers, allergies in their state. Raises if there is no name: that cannot be shown as a patient."""
    person = newest(Demographics, patient)
    if person is None:
        raise Demographics.DoesNotExist
    allergies = newest(Allergies, patient)
    return Identity(
        patient_id=patient.pk,
        family=person.family,
        given=person.given,
        preferred=person.preferred,
        born_on=person.born_on,
        sex=person.get_sex_display(),
        record_number=person.record_number,
        allergy_state=allergies.state if allergies else "not_asked",
        allergies=tuple((entry["substance"], entry.get("reaction", "")) for entry in allergies.entries)
        if allergies
        else (),
        allergies_asked_by=asked_by(allergies),
        allergies_asked_at=allergies.happened_at if allergies else None,
    )


def asked_by(allergies: Allergies | None) -> str:
    """Who asked; what came by a link was told in the intake and has no name."""
    if allergies is None:
        return ""
    return allergies.recorded_by.name if allergies.recorded_by else "the intake"


def initials(patients: Iterable[Patient]) -> dict[UUID, str]:
    """For screens that many people see, all at once. One without a name is missing here: it can't be shown."""
    named = Demographics.objects.current().filter(patient__in=list(patients)).order_by("recorded_at")
    return {person.patient_id: f"{person.given[:1]}{person.family[:1]}" for person in named}


ALLERGY_SHAPES = {"listed": "list", "none_known": "none", "not_asked": "not_asked"}


def header(patient: Patient, *, at: datetime, zone: str) -> dict[str, Any]:
    """The identity strip as the `patient_header` macro reads it."""
    who = identity(patient)
    return {
        "family": who.family,
        "given": who.given,
        "preferred": who.preferred,
        "born_on": who.born_on,
        "age": who.age_on(local_day(at, zone)),
        "sex": who.sex,
        "record_number": who.record_number,
        "photo": "",
        "mark": "Training" if patient.clinic.is_training else "",
        "href": f"/patients/{patient.pk}/",
        "allergies": {
            "state": ALLERGY_SHAPES.get(who.allergy_state, "failed"),
            "items": [{"what": what, "reaction": reaction} for what, reaction in who.allergies],
            "asked_by": who.allergies_asked_by,
            "asked_on": who.allergies_asked_at,
        },
    }


def identities(patients: Iterable[Patient]) -> dict[UUID, Identity]:
    """Identity of several patients, for lists."""
    return {patient.pk: identity(patient) for patient in patients}


def telephones(patients: Iterable[UUID]) -> dict[UUID, str]:
    """The number that stands, of several patients; not of whoever wants no texts to it."""
    rows = Contact.objects.current().filter(patient__in=list(patients)).order_by("recorded_at")
    return {row.patient_id: row.telephone if row.may_text is not False else "" for row in rows}


def emails(patients: Iterable[UUID]) -> dict[UUID, str]:
    """The address that stands, of several patients; not of whoever wants no mail to it."""
    rows = Contact.objects.current().filter(patient__in=list(patients)).order_by("recorded_at")
    return {row.patient_id: row.email if row.may_email is not False else "" for row in rows}


def contact(patient: Patient) -> Contact | None:
    return Contact.objects.current().filter(patient=patient).order_by("recorded_at").last()


def latest_measure(patient: Patient) -> BodyMeasure | None:
    return max(standing(BodyMeasure, patient), key=when, default=None)


def measure_before(row: BodyMeasure) -> BodyMeasure | None:
    """The weight that stood before this one was taken."""
    rows = BodyMeasure.objects.current().filter(patient=row.patient_id, happened_at__lt=row.happened_at)
    return rows.order_by("happened_at").last()


def latest_height(patient: Patient) -> BodyMeasure | None:
    measured = (row for row in standing(BodyMeasure, patient) if row.height_cm is not None)
    return max(measured, key=when, default=None)


def consent(patient: Patient, kind: str) -> Consent | None:
    """What was said last of this kind of consent."""
    if ahead_of(Consent, patient) is not None:
        told = [row for row in standing(Consent, patient) if row.kind == kind]
        return max(told, key=when, default=None)
    rows = Consent.objects.current().filter(patient=patient, kind=kind)
    return rows.order_by("happened_at", "recorded_at").last()


def visible_patients(actor: Actor) -> QuerySet[Patient]:
    return Patient.objects.filter(patients_visible_to(actor)).distinct()


def look_alikes(*, clinic_id: UUID, family: str, given: str, born_on: date) -> list[Demographics]:
    """Possible duplicates: same birth date and a like name, or the same name with another birth date."""
    rows = Demographics.objects.current().filter(clinic_id=clinic_id).select_related("patient")
    same_day = rows.filter(born_on=born_on)
    same_name = rows.filter(family__iexact=family, given__istartswith=given[:1])
    alike = [
        row
        for row in same_day
        if row.family[:2].lower() == family[:2].lower() or row.given[:2].lower() == given[:2].lower()
    ]
    return list({row.patient_id: row for row in [*alike, *same_name]}.values())


def search(actor: Actor, text: str) -> list[Demographics]:
    """Any of name part, birth date (YYYY-MM-DD), record number; birth date is always shown in the result."""
    rows = Demographics.objects.current().filter(patient__in=visible_patients(actor)).select_related("patient")
    for word in text.split():
        match = Q(family__istartswith=word) | Q(given__istartswith=word) | Q(record_number__iexact=word)
        try:
            match |= Q(born_on=date.fromisoformat(word))
        except ValueError:
            match |= Q(preferred__istartswith=word)
        rows = rows.filter(match)
    return list(rows.order_by("family", "given")[:50])


def colleagues(*, clinic_id: UUID, role: Role | None = None) -> QuerySet[User]:
    posts = Staff.objects.filter(clinic_id=clinic_id, ended_at__isnull=True)
    return User.objects.filter(
        pk__in=(posts.filter(role=role) if role else posts).values("user_id"), is_active=True
    ).order_by("name")


def at_work(clinic_id: UUID) -> QuerySet[User]:
    """Whose hours and leave a clinic plans with: no patient, referrer or researcher, and no machine."""
    posts = Staff.objects.filter(clinic_id=clinic_id, ended_at__isnull=True)
    posts = posts.exclude(role__in=(Role.PT, Role.IC, Role.RC, Role.RS))
    return User.objects.filter(pk__in=posts.values("user_id"), is_active=True).order_by("name")


def roles_of(user: User, clinic_id: UUID) -> set[str]:
    """What somebody is in one clinic."""
    return set(Staff.objects.filter(user=user, clinic_id=clinic_id, ended_at=None).values_list("role", flat=True))


def posts_of(user: User) -> list[Staff]:
    return list(Staff.objects.filter(user=user, ended_at__isnull=True).select_related("clinic").order_by("created_at"))


def emergencies_of(post: Staff, at: datetime) -> frozenset[UUID]:
    """Patients whose record this person has open now in an emergency, in this clinic and role (P5)."""
    rows = BreakGlass.objects.filter(user_id=post.user_id, role=post.role, clinic_id=post.clinic_id)
    return frozenset(rows.filter(happened_at__lte=at, until__gt=at).values_list("patient_id", flat=True))


def care_team(patient: Patient, today: date) -> list[CareRelation]:
    """Who is assigned to a patient today: not ended, and the last day, if one was named, not over."""
    rows = CareRelation.objects.filter(patient=patient, ended_at__isnull=True).select_related("user")
    rows = rows.filter(Q(until__isnull=True) | Q(until__gte=today))
    # Assigned in one act, who stays comes before who stands in for a time.
    return list(rows.order_by("kind", "created_at", F("until").desc(nulls_first=True)))


def last_post_of(user: User) -> Staff | None:
    """Where somebody worked last."""
    return Staff.objects.filter(user=user).select_related("clinic").order_by("ended_at").last()


def everybody_who_worked_here(clinic_id: UUID) -> QuerySet[User]:
    """Staff now and before, by name; patients are not among them."""
    posts = Staff.objects.filter(clinic_id=clinic_id).exclude(role=Role.PT)
    return User.objects.filter(pk__in=posts.values("user_id")).order_by("name")


def by_record_number(clinic_id: UUID, record_number: str) -> UUID | None:
    """Whose record number this is, or ever was."""
    rows = Demographics.objects.filter(clinic_id=clinic_id, record_number__iexact=record_number)
    return rows.values_list("patient_id", flat=True).first()


def record_numbers(patient_ids: Iterable[UUID]) -> dict[UUID, str]:
    """For lists that name nobody."""
    rows = Demographics.objects.current().filter(patient__in=list(patient_ids))
    return dict(rows.values_list("patient_id", "record_number"))
