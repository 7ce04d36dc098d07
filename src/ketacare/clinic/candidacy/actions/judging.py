"""Writing down what was thought through before deciding."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.actions.amending import amending
from ketacare.clinic.candidacy.actions.consenting import consent_of_course, no_longer_asked
from ketacare.clinic.candidacy.actions.found_since import own_what_was_found
from ketacare.clinic.candidacy.models import (
    Ability,
    Alternative,
    AlternativeConsidered,
    CapacityAssessment,
    ConsideredDiagnosis,
    InformationGiven,
    Stand,
    Weight,
)
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.people import access
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Consent, Patient
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused

ABILITIES = ("understands", "appreciates", "reasons", "chooses")


@transaction.atomic
def consider_diagnosis(
    *,
    patient: Patient,
    diagnosis: str,
    weight: Weight,
    speaks_for: str,
    speaks_against: str,
    by: Actor,
    at: datetime,
    amends: ConsideredDiagnosis | None = None,
    amend_reason: str = "",
) -> ConsideredDiagnosis:
    """One diagnosis weighed: what speaks for it and what against."""
    access.require(by, "evaluation", "U", patient=patient)
    if not diagnosis.strip():
        raise Refused(Refusal("diagnosis", "The diagnosis is empty.", "Name what was considered."))
    row = ConsideredDiagnosis.objects.create(
        **about(patient, by, at),
        diagnosis=diagnosis.strip()[:120],
        weight=weight,
        speaks_for=speaks_for.strip()[:500],
        speaks_against=speaks_against.strip()[:500],
        **amending(amends, amend_reason),
    )
    audit.note(by=by, at=at, verb="diagnosis.consider", on=row, patient=patient)
    return row


@transaction.atomic
def assess_capacity(
    *, patient: Patient, abilities: dict[str, Ability], words: str, by: Actor, at: datetime
) -> CapacityAssessment:
    """Capacity for this decision today. Every ability is judged; one in doubt says why."""
    access.require(by, "evaluation", "U", patient=patient)
    faults = [
        Refusal(name, "This ability is not judged.", "Choose one of the answers.")
        for name in ABILITIES
        if name not in abilities
    ]
    if not words.strip() and any(value != Ability.YES for value in abilities.values()):
        faults.append(Refusal("capacity_words", "Something is in doubt, and no words say why.", "Say what was seen."))
    if faults:
        raise Refused(faults)
    row = CapacityAssessment.objects.create(**about(patient, by, at), **abilities, words=words.strip()[:1000])
    audit.note(by=by, at=at, verb="capacity.assess", on=row, patient=patient)
    own_what_was_found(patient, by=by, at=at)
    return row


@transaction.atomic
def consider_alternatives(
    *, patient: Patient, stands: dict[Alternative, tuple[Stand, str]], by: Actor, at: datetime
) -> list[AlternativeConsidered]:
    """Where each other treatment stands; whatever is not simply offered says why."""
    access.require(by, "evaluation", "U", patient=patient)
    if not stands:
        raise Refused(Refusal("stand", "Nothing is chosen.", "Say where at least one alternative stands."))
    faults = [
        Refusal(f"why_{name}", f"{Alternative(name).label}: no reason is given.", "Say in a few words why.")
        for name, (stand, reason) in stands.items()
        if stand != Stand.OFFERED and not reason.strip()
    ]
    if faults:
        raise Refused(faults)
    rows = AlternativeConsidered.objects.bulk_create(
        AlternativeConsidered(**about(patient, by, at), alternative=name, stand=stand, reason=reason.strip()[:300])
        for name, (stand, reason) in stands.items()
    )
    for row in rows:
        audit.note(by=by, at=at, verb="alternative.consider", on=row, patient=patient, because=row.alternative)
    return rows


@transaction.atomic
def note_information(*, patient: Patient, elements: list[str], words: str, by: Actor, at: datetime) -> InformationGiven:
    """What was told so far, by the sheet that lists it; the list as a whole, as the list of medicines is."""
    access.require(by, "evaluation", "U", patient=patient)
    sheet = queries.consent_sheet(patient)
    known: dict[str, Any] = {element.id: element for element in sheet.elements}
    if not elements or not known.keys() >= set(elements):
        raise Refused(Refusal("elements", "Nothing of the list is chosen.", "Tick what was told and asked back."))
    row = InformationGiven.objects.create(
        **about(patient, by, at),
        sheet_id=sheet.ref.id,
        sheet_version=sheet.ref.version,
        elements=[name for name in known if name in set(elements)],
        words=words.strip()[:500],
    )
    audit.note(by=by, at=at, verb="information.note", on=row, patient=patient)
    return row


@transaction.atomic
def give_consent(*, patient: Patient, reason: str, by: Actor, at: datetime, product: str = "") -> Consent:
    """The patient signs for the product of the course, or for the one proposed, by the list that was told them, in its
    version. Told in full, with time to think; sooner only with a reason, as in a crisis. Never while a dose still
    acts."""
    access.require(by, "evaluation", "U", patient=patient)
    sheet, faults = queries.consent_sheet(patient), list[Refusal]()
    products = queries.products_to_sign(patient, queries.history(patient))
    product = product or next(iter(products), "")
    if product not in products:
        faults.append(Refusal("consent", "No product is proposed yet.", "Say first what the consent is for."))
    since = queries.told_all_since(patient, queries.told_for([product])) if product in products else None
    if product in products and since is None:
        faults.append(Refusal("elements", "Not all has been told that is owed.", "Tick what was told and asked back."))
    elif not reason.strip() and since is not None and since > at - timedelta(hours=sheet.time_to_think.integer):
        words = f"There were not {sheet.time_to_think.integer} h to think since all was told."
        faults.append(Refusal("consent_words", words, "Sign later, or say why not, as in a crisis."))
    after = timedelta(hours=sheet.after_dose.integer)
    if any(v.state in queries.GIVEN and v.starts_at <= at < v.ends_at + after for v in queries.dose_visits(patient)):
        words = f"A dose was given less than {sheet.after_dose.integer} h ago."
        faults.append(Refusal("consent", words, "Nobody consents anew under a dose: ask later.", "policy"))
    if faults:
        raise Refused(faults)
    assert since is not None  # else it was refused
    told_on = f"told by the list of {local_day(since, by.zone):%d-%b-%Y}"
    words = "; ".join(filter(None, [product, told_on, reason.strip()]))
    version = f"{sheet.ref.id} {sheet.ref.version}"
    row = people.record_consent(
        patient=patient, kind=queries.TREATMENT, text_version=version, given=True, words=words, by=by, at=at
    )
    no_longer_asked(patient, evidence=row, by=by, at=at)
    course = enrolled.current_enrolment(patient)
    if course is not None:
        consent_of_course(patient, enrolled.protocol_for(course), by=by, at=at)
    return row
