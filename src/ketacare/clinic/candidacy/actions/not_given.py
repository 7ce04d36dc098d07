"""A specialist's letter on paper that does not clear: kept like an answer by link, and what follows is owed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.actions.clearance import Opinion, amended, keep
from ketacare.clinic.candidacy.actions.following import owe_the_decision
from ketacare.clinic.candidacy.actions.reading import owe_what_follows
from ketacare.clinic.candidacy.models import ClearanceAnswer
from ketacare.clinic.candidacy.models.clearance import GIVEN
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.candidacy.terms import Signatures


@transaction.atomic
def record_not_given(
    *, patient: Patient, criterion: str, said: Opinion, given_by: str, written_at: datetime, by: Actor, at: datetime
) -> ClearanceAnswer:
    """Whoever may clear writes down that a specialist did not, or could not say: an earlier yes of a specialist on the
    same row lifts nothing from now on, and what follows is the prescriber's."""
    access.require(by, "evaluation", "S", patient=patient)
    known = queries.clearable(patient, at=at, zone=by.zone)
    faults = faults_of(said, given_by, written_at, at=at)
    if criterion not in known:
        faults.append(Refusal("criterion", f"{criterion}: nothing to clear by this name.", "Choose from the list."))
    if faults:
        raise Refused(faults)
    row = keep(
        patient,
        criterion,
        said,
        Signatures.WITH_SPECIALIST,
        given_by,
        by=by,
        at=at,
        given_for=known[criterion].effect,
        written_at=written_at,
    )
    owe_what_follows(row, by=by, at=at)
    owe_the_decision(patient, by=by, at=at)
    return row


@transaction.atomic
def amend_not_given(
    row: ClearanceAnswer, *, said: Opinion, given_by: str, written_at: datetime, reason: str, by: Actor, at: datetime
) -> ClearanceAnswer:
    """What was written down wrongly of such a letter, with the reason. A slip put right buys no time: what is owed
    stays due as it was."""
    access.require(by, "evaluation", "S", patient=row.patient)
    if row.gives or row.withdrawn or row.request_id is not None:
        raise Refused(Refusal("verdict", "It is no letter of that kind.", "Open the list again.", "policy"))
    faults = faults_of(said, given_by, written_at, at=at)
    if faults:
        raise Refused(faults)
    told = {"verdict": said.verdict, "words": said.words.strip(), "given_by": given_by.strip()}
    new = amended(row, reason, by=by, at=at, happened_at=written_at, **told)
    place = queries.place_of_clearance(row)
    for duty in owed.open_for(row.patient, queries.NOT_GIVEN).filter(link=place):
        duties.close_duty(duty, evidence=new, by=by, at=at)
        owe_what_follows(new, by=by, at=at, due_at=duty.due_at)
    audit.note(by=by, at=at, verb="clearance.amend", on=new, patient=row.patient, because=row.criterion)
    return new


def faults_of(said: Opinion, given_by: str, written_at: datetime, *, at: datetime) -> list[Refusal]:
    faults = []
    if said.verdict in GIVEN:
        faults.append(Refusal("verdict", "This letter clears.", "Record it as a clearance.", "policy"))
    if not given_by.strip():
        faults.append(Refusal("given_by", "The specialist's name is empty.", "Write who gave the opinion."))
    if written_at > at:
        faults.append(Refusal("written_on", "This day is still to come.", "Write the day on the letter."))
    if not said.words.strip():
        faults.append(Refusal("words", "The reason is empty.", "Write why not, or what they want to know first."))
    return faults
