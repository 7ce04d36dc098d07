"""Letters about a signed plan; and the family doctor, whom somebody asked the patient about."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy.queries.letters import addressed_to
from ketacare.clinic.careplan import queries
from ketacare.clinic.careplan.models import Addressee, CarePlanLetter, FamilyDoctor
from ketacare.clinic.careplan.queries.letters import CONSENT, TEXT_VERSION, moved_on, newest_letter
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about, record_consent
from ketacare.clinic.people.models import Consent, Patient
from ketacare.clinic.tenancy.refusals import Refusal, Refused

ANEW = "Written anew"
LONGEST_NAME, LONGEST_ADDRESS = 200, 1000


@transaction.atomic
def write_letter(*, patient: Patient, to: str, by: Actor, at: datetime) -> CarePlanLetter:
    """About the newest version, once to each; it is kept as it was written and says which letter it replaces."""
    access.require(by, "plan", "S", patient=patient)
    version, found = queries.newest(patient), queries.gathered(patient, at=at, zone=by.zone)
    if version is None:
        raise Refused(Refusal("letter", "The plan has not been signed.", "Sign it, then write.", "policy"))
    names = {str(addressee): lines for addressee, lines in queries.addressees(found).items()}
    if to not in names:
        words, remedy = (
            "Nobody is known there to whom a letter may go.",
            "Record who it is and that the patient agrees.",
        )
        raise Refused(Refusal("letter", words, remedy, "policy"))
    earlier = newest_letter(patient, to)
    if earlier is not None and earlier.version_id == version.pk:
        raise Refused(Refusal("letter", "This version has gone into a letter.", "Open that letter.", "policy"))
    changed = moved_on(version, queries.sections(found))
    if changed:
        rule = f"The record has moved on since the plan was signed: {', '.join(changed)}."
        raise Refused(Refusal("letter", rule, "Sign the plan as it is now, then write.", "policy"))
    row = CarePlanLetter.objects.create(
        **about(patient, by, at),
        version=version,
        to=Addressee(to),
        body=queries.letter_body(version, names[to], found, earlier, at),
        amends=earlier,
        amend_reason=ANEW if earlier else "",
    )
    audit.note(by=by, at=at, verb="care_plan.letter", on=row, patient=patient, because=to)
    return row


@transaction.atomic
def say_referrer(*, patient: Patient, agrees: bool | None, by: Actor, at: datetime) -> Consent:
    """Whether the patient agrees that the clinician who referred them reads about the plan: a consent like others,
    which the patient may take back by themselves."""
    access.require(by, "consents", "C", patient=patient)
    referral = queries.referral_by_a_clinician(patient)
    name = addressed_to(referral) if referral else ""
    if not name:
        raise Refused(Refusal("referrer", "No clinician is known who referred.", "Record the referral.", "policy"))
    if agrees is None:
        raise Refused(Refusal("referrer", "It is not said whether we may write.", "Ask the patient, choose one."))
    row = record_consent(
        patient=patient, kind=CONSENT, text_version=TEXT_VERSION, given=agrees, by=by, at=at, words=name
    )
    audit.note(by=by, at=at, verb="referrer.asked", on=row, patient=patient)
    return row


@transaction.atomic
def say_family_doctor(
    *, patient: Patient, name: str, address: str, agrees: bool | None, by: Actor, at: datetime
) -> FamilyDoctor:
    """Who it is, as the patient says; an empty name is that there is none."""
    access.require(by, "demographics", "U", patient=patient)
    name, address = name.strip(), address.strip()
    faults = []
    if len(name) > LONGEST_NAME or len(address) > LONGEST_ADDRESS:
        faults.append(Refusal("name", "Name or address is too long.", "Shorten it."))
    if name and agrees is None:
        faults.append(Refusal("agrees", "It is not said whether we may write to them.", "Ask the patient, choose one."))
    if faults:
        raise Refused(faults)
    earlier = queries.family_doctor(patient)
    row = FamilyDoctor.objects.create(
        **about(patient, by, at),
        name=name,
        address=address,
        agrees=bool(name and agrees),
        amends=earlier,
        amend_reason="asked again" if earlier else "",
    )
    audit.note(by=by, at=at, verb="family_doctor.record", on=row, patient=patient)
    return row
