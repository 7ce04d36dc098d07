"""What goes out about a decision: the words for the patient, and the letter to whoever referred."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.audit import queries as audited
from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.models import Judgement, PatientWords, ReferrerLetter
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.tenancy.refusals import Refusal, Refused

DECIDED_ANEW = "Decided anew"
RELEASED_ANEW = "Released anew"
WENT_OUT = ("letter.print", "letter.read")  # the second in a training clinic alone, which prints nothing


@transaction.atomic
def release_words(*, judgement: Judgement, english: str, spanish: str, by: Actor, at: datetime) -> PatientWords:
    """The patient reads this from now on. Both languages, since nobody should read less than another."""
    patient = judgement.patient
    access.require(by, "evaluation", "S", patient=patient)
    if not judgement.in_force:
        raise Refused(Refusal("english", "This decision waits for its second signature.", "Release it then.", "policy"))
    refuse_outrun(judgement, by=by, at=at)
    faults = [
        Refusal(name, f"The words in {name.capitalize()} are empty.", "Write them, or take the draft.")
        for name, text in (("english", english), ("spanish", spanish))
        if not text.strip()
    ]
    if faults:
        raise Refused(faults)
    earlier = queries.issued(patient).words
    row = PatientWords.objects.create(
        **about(patient, by, at),
        judgement=judgement,
        english=english.strip(),
        spanish=spanish.strip(),
        amends=earlier,
        amend_reason=RELEASED_ANEW if earlier else "",
    )
    audit.note(by=by, at=at, verb="patient_words.release", on=row, patient=patient)
    for duty in owed.open_for(patient, "tell_patient"):
        duties.close_duty(duty, evidence=row, by=by, at=at)
    return row


def refuse_outrun(judgement: Judgement, *, by: Actor, at: datetime) -> None:
    """Nobody reads that they are offered what was found since to be held back: it is decided anew first."""
    found = queries.against_the_plan(queries.found_since_decided(judgement, at=at, zone=by.zone))
    if found:
        raise Refused(
            [
                Refusal(
                    "english", f"Found since it was accepted: {row.title} ({row.criterion}).", "Decide anew.", "policy"
                )
                for row in found
            ]
        )


@transaction.atomic
def write_letter(row: Judgement, *, by: Actor, at: datetime) -> ReferrerLetter | None:
    """The letter of this decision, kept as it was written; it names the letter that it replaces: the last that was
    ever printed or read."""
    access.require(by, "evaluation", "S", patient=row.patient)
    earlier = queries.letter(row.patient)
    body = queries.letter_body(row, went_out(earlier), at=at, zone=by.zone)
    if body is None:
        return None
    letter = ReferrerLetter.objects.create(
        **about(row.patient, by, at),
        judgement=row,
        body=body,
        amends=earlier,
        amend_reason=DECIDED_ANEW if earlier else "",
    )
    audit.note(by=by, at=at, verb="letter.write", on=letter, patient=row.patient)
    return letter


def went_out(letter: ReferrerLetter | None) -> ReferrerLetter | None:
    """The last of this letter and those before it that anybody holds."""
    while letter is not None and not any(audited.is_noted(verb, letter) for verb in WENT_OUT):
        before = letter.amends
        letter = before if isinstance(before, ReferrerLetter) else None
    return letter
