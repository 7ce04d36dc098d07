"""Naming somebody with consent, taking it back at once, and that the page was opened."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.caregivers.models import IF_AGREED, Caregiver, Part
from ketacare.clinic.links.access import holds_link
from ketacare.clinic.people import access
from ketacare.clinic.people import actions as people
from ketacare.clinic.people import queries as known
from ketacare.clinic.people.access import Actor, NotAllowed
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.outcomes import reader

CONSENT, TEXT_VERSION = "caregiver", "1"
DAYS = (7, 30, 90)  # how long a link may live; named again it lives on
MOST = 5


@transaction.atomic
def name_caregiver(
    *, patient: Patient, name: str, relation: str, agreed: Iterable[str], days: int, language: str, by: Actor,
    at: datetime,
) -> Caregiver:  # fmt: skip
    """With the consent that it rests on, in one act."""
    access.require(by, "consents", "C", patient=patient)
    refuse(patient, name, relation, days, language, at)
    shown = [str(part) for part in IF_AGREED if part in set(agreed)]
    row = Caregiver.objects.create(
        organisation_id=patient.organisation_id,
        clinic_id=patient.clinic_id,
        created_at=at,
        patient=patient,
        name=name.strip(),
        relation=relation.strip(),
        agreed=shown,
        language=language,
        link_until=at + timedelta(days=days),
    )
    audit.note(by=by, at=at, verb="caregiver.name", on=row, patient=patient)
    people.record_consent(
        patient=patient, kind=CONSENT, text_version=TEXT_VERSION, given=True, by=by, at=at,
        words=f"{row.name}: {', '.join(part.label for part in row.parts)}",
    )  # fmt: skip
    return row


def refuse(patient: Patient, name: str, relation: str, days: int, language: str, at: datetime) -> None:
    faults = []
    if not name.strip():
        faults.append(Refusal("name", "The name is empty.", "Write whom you mean."))
    if len(name) > 120 or len(relation) > 80:
        faults.append(Refusal("name", "Name or relation is too long.", "Shorten it."))
    if days not in DAYS:
        faults.append(Refusal("days", "How long is not chosen.", "Choose one of the answers."))
    if language not in ("en", "es"):
        faults.append(Refusal("language", "The language is not chosen.", "Choose one of the answers."))
    if Caregiver.objects.filter(patient=patient, ended_at__isnull=True, link_until__gt=at).count() >= MOST:
        faults.append(Refusal("name", f"{MOST} people can see something already.", "End one first.", "policy"))
    if faults:
        raise Refused(faults)


@transaction.atomic
def end(*, caregiver: Caregiver, by: Actor, at: datetime) -> Caregiver:
    """From the next request on the link opens nothing. Ended twice is ended once."""
    access.require(by, "consents", "C", patient=caregiver.patient)
    row = Caregiver.objects.select_for_update(of=("self",)).select_related("patient").get(pk=caregiver.pk)
    if row.ended_at is not None:
        return row
    row.ended_at, row.link_serial, row.version = at, row.link_serial + 1, row.version + 1
    row.save(update_fields=["ended_at", "link_serial", "version"])
    audit.note(by=by, at=at, verb="caregiver.end", on=row, patient=row.patient)
    people.record_consent(
        patient=row.patient, kind=CONSENT, text_version=TEXT_VERSION, given=False, by=by, at=at, words=row.name
    )
    return row


@transaction.atomic
def stop_showing(*, caregiver: Caregiver, part: str, by: Actor, at: datetime) -> Caregiver:
    """One part is taken back, and from the next request on it is not even read; the rest of the page stays. Taken back
    twice is taken back once."""
    access.require(by, "consents", "C", patient=caregiver.patient)
    if part not in IF_AGREED:
        words = "This is shown for as long as the link lives."
        raise Refused(Refusal("part", words, "Take the whole link back instead.", "policy"))
    row = Caregiver.objects.select_for_update(of=("self",)).select_related("patient").get(pk=caregiver.pk)
    if part not in row.agreed:
        return row
    row.agreed, row.version = [one for one in row.agreed if one != part], row.version + 1
    row.save(update_fields=["agreed", "version"])
    audit.note(by=by, at=at, verb="caregiver.part", on=row, patient=row.patient, because=part)
    people.record_consent(
        patient=row.patient, kind=CONSENT, text_version=TEXT_VERSION, given=False, by=by, at=at,
        words=f"{row.name}: {Part(part).label}",
    )  # fmt: skip
    return row


@transaction.atomic
def try_year(*, caregiver: Caregiver, year: int, by: Actor, at: datetime) -> bool:
    """Whether this is the patient's birth year. A wrong one is counted; too many lock the link, and the patient sees
    it. By whoever holds the link."""
    if not holds_link(by, caregiver.patient, caregiver, object_name="consents", act="R"):
        raise NotAllowed("consents", "R")
    row = Caregiver.objects.select_for_update(of=("self",)).select_related("patient").get(pk=caregiver.pk)
    if row.locked_at is not None:
        return False
    is_right = year == known.demographics(row.patient).born_on.year
    row.wrong_years = 0 if is_right else row.wrong_years + 1
    row.locked_at = at if row.wrong_years >= reader.outreach().wrong_years.integer else None
    row.version += 1
    row.save(update_fields=["wrong_years", "locked_at", "version"])
    if not is_right:
        audit.note(by=by, at=at, verb="caregiver.wrong_year", on=row, patient=row.patient, outcome="refused")
    return is_right


def note_opened(caregiver: Caregiver, *, by: Actor, at: datetime) -> None:
    """Each opening is a line of the audit, and the patient sees it."""
    audit.note(by=by, at=at, verb="caregiver.open", on=caregiver, patient=caregiver.patient, purpose="caregiver")


def first_name(patient: Patient) -> str:
    """As little of the name as tells whom it is about."""
    person = known.demographics(patient)
    return person.preferred or person.given
