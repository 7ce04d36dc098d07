"""Asking for a clearance, answering by link or from a letter, the director's second name, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy import access as door
from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.actions.amending import amending
from ketacare.clinic.candidacy.actions.ending import SECOND_NAME, no_longer_told, no_second_name, two_names
from ketacare.clinic.candidacy.actions.following import days, owe_the_decision
from ketacare.clinic.candidacy.actions.found_since import own_what_was_found
from ketacare.clinic.candidacy.models import ClearanceAnswer, ClearanceRequest, RequestState, Verdict
from ketacare.clinic.candidacy.models.clearance import GIVEN
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient, Role, User
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.candidacy.terms import Signatures

# Whose word one record may hold. What a row asks for beyond these is put together from several of them, never claimed.
RECORDED = (Signatures.PRESCRIBER, Signatures.WITH_DIRECTOR, Signatures.WITH_SPECIALIST)
WAITS = "clearance.waits"
LOCKED = "clearance.locked"


@dataclass(frozen=True)
class Opinion:
    """What somebody says of one criterion."""

    verdict: Verdict
    conditions: str = ""
    words: str = ""
    until: date | None = None


# -- asking -------------------------------------------------------------------------------------------------------


@transaction.atomic
def ask_clearance(
    *,
    patient: Patient,
    criteria: list[str],
    specialty: str,
    to_name: str,
    question: str,
    by: Actor,
    at: datetime,
    to_address: str = "",
) -> ClearanceRequest:
    """A request with its link; the prescriber owes a look when nobody has answered in two weeks."""
    access.require(by, "evaluation", "U", patient=patient)
    known = queries.clearable(patient, at=at, zone=by.zone)
    faults = [
        Refusal("criteria", f"{name}: nothing to clear by this name.", "Choose from the list.")
        for name in criteria
        if name not in known
    ]
    faults += [] if criteria else [Refusal("criteria", "Nothing is chosen.", "Choose what is to be cleared.")]
    named = {
        "specialty": (specialty, "specialty"),
        "to_name": (to_name, "recipient"),
        "question": (question, "question"),
    }
    faults += [
        Refusal(field, f"The {words} is empty.", "Write it in a few words.")
        for field, (value, words) in named.items()
        if not value.strip()
    ]
    if faults:
        raise Refused(faults)
    row = ClearanceRequest.objects.create(
        organisation_id=by.organisation_id,
        clinic_id=by.clinic_id,
        created_at=at,
        patient=patient,
        criteria=[known[name].as_json() for name in criteria],
        specialty=specialty.strip(),
        to_name=to_name.strip(),
        to_address=to_address.strip(),
        question=question.strip(),
        asked_by=User.objects.get(pk=by.person_id),
        link_until=at + days(queries.following(patient).link_lasts),
    )
    for kind in ("clearance", queries.CLEARED_ON):
        for duty in owed.open_for(patient, kind):
            duties.close_duty(duty, evidence=row, by=by, at=at)
    no_longer_told(patient, criteria, evidence=row, by=by, at=at)
    again_at = at + days(queries.following(patient).ask_again_after)
    open_duty(row, WAITS, "Ask again for the clearance", again_at, "No answer yet", by=by, at=at)
    audit.note(by=by, at=at, verb="clearance.ask", on=row, patient=patient, because=" ".join(criteria))
    return row


def open_duty(
    row: ClearanceRequest,
    kind: str,
    title: str,
    due_at: datetime,
    why: str,
    *,
    by: Actor,
    at: datetime,
) -> None:
    duties.open_duty(
        kind=kind,
        title=title,
        patient=row.patient,
        owner_role=Role.RX,
        due_at=due_at,
        why=why,
        link=queries.place_of_letter(row),
        by=by,
        at=at,
    )


def locked(row: ClearanceRequest) -> ClearanceRequest:
    return ClearanceRequest.objects.select_for_update(of=("self",)).select_related("patient", "clinic").get(pk=row.pk)


@transaction.atomic
def renew_link(row: ClearanceRequest, *, by: Actor, at: datetime) -> ClearanceRequest:
    """A new link; the one before opens nothing any more."""
    access.require(by, "evaluation", "U", patient=row.patient)
    row = waiting(locked(row))
    row.link_serial, row.wrong_tries, row.version = row.link_serial + 1, 0, row.version + 1
    row.link_until = at + days(queries.following(row.patient).link_lasts)
    row.save(update_fields=["link_serial", "wrong_tries", "link_until", "version"])
    close_locked(row, by=by, at=at)
    audit.note(by=by, at=at, verb="clearance.renew_link", on=row, patient=row.patient)
    return row


@transaction.atomic
def withdraw_request(row: ClearanceRequest, *, by: Actor, at: datetime) -> ClearanceRequest:
    access.require(by, "evaluation", "U", patient=row.patient)
    row = end(waiting(locked(row)), RequestState.WITHDRAWN, at)
    close_waiting(row, evidence=row, by=by, at=at)
    close_locked(row, by=by, at=at)
    owe_the_decision(row.patient, by=by, at=at)
    audit.note(by=by, at=at, verb="clearance.withdraw_request", on=row, patient=row.patient)
    return row


def close_locked(row: ClearanceRequest, *, by: Actor, at: datetime) -> None:
    for duty in owed.open_for(row.patient, LOCKED).filter(link=queries.place_of_letter(row)):
        duties.close_duty(duty, evidence=row, by=by, at=at)


def waiting(row: ClearanceRequest) -> ClearanceRequest:
    if not row.is_waiting:
        raise Refused(Refusal("request", "It has ended already.", "Open the list again.", "policy"))
    return row


def end(row: ClearanceRequest, state: RequestState, at: datetime) -> ClearanceRequest:
    row.state, row.ended_at, row.version = state, at, row.version + 1
    row.save(update_fields=["state", "ended_at", "version"])
    return row


def close_waiting(
    row: ClearanceRequest, *, evidence: ClearanceRequest | ClearanceAnswer, by: Actor, at: datetime
) -> None:
    if not ClearanceRequest.objects.filter(patient=row.patient, state=RequestState.ASKED).exists():
        for duty in owed.open_for(row.patient, WAITS):
            duties.close_duty(duty, evidence=evidence, by=by, at=at)


# -- answering ----------------------------------------------------------------------------------------------------


@transaction.atomic
def note_try(row: ClearanceRequest, *, right: bool, by: Actor, at: datetime) -> ClearanceRequest:
    """Whoever holds the link says the patient's date of birth; after five wrong ones the link opens nothing."""
    door.may_answer(by, row)
    row = locked(row)
    if queries.is_locked(row):
        return row  # two tries at once: the other was the last
    if right:
        row.opened_at = row.opened_at or at
    else:
        row.wrong_tries += 1
        if queries.is_locked(row):
            read_at = at + days(queries.following(row.patient).read_clearance_within)
            open_duty(row, LOCKED, "A letter’s link is locked: call, and send a new one", read_at,
                      "Too many wrong dates of birth", by=by, at=at)  # fmt: skip
    row.save(update_fields=["opened_at", "wrong_tries"])
    audit.note(
        by=by, at=at, verb="clearance.open" if right else "clearance.wrong_birth_date", on=row, patient=row.patient
    )
    return row


@transaction.atomic
def answer_by_link(
    row: ClearanceRequest, *, said: Mapping[str, Opinion], given_by: str, by: Actor, at: datetime
) -> list[ClearanceAnswer]:
    """Every criterion answered at once, or nothing is kept. Ends the request; the prescriber is told."""
    door.may_answer(by, row)
    row = waiting(locked(row))
    asked = [criterion["id"] for criterion in row.criteria]
    asked_for = {criterion["id"]: criterion.get("effect", "") for criterion in row.criteria}
    known, today = queries.clearable(row.patient, at=at, zone=row.clinic.zone), local_day(at, row.clinic.zone)
    faults = [fault for name in asked for fault in faults_of(name, said.get(name), known.get(name), today=today)]
    faults += [
        Refusal(f"words-{name}", "The reason is empty.", "Write why not, or what you would need to know first.")
        for name in asked
        if name in said and said[name].verdict not in GIVEN and not said[name].words.strip()
    ]
    if not given_by.strip():
        faults.append(Refusal("given_by", "Your name is empty.", "Write your name and profession."))
    if faults:
        raise Refused(faults)
    rows = [
        keep(
            row.patient,
            name,
            said[name],
            Signatures.WITH_SPECIALIST,
            given_by,
            by=by,
            at=at,
            request=row,
            given_for=asked_for[name],
        )
        for name in asked
    ]
    end(row, RequestState.ANSWERED, at)
    close_waiting(row, evidence=rows[0], by=by, at=at)
    read_at = at + days(queries.following(row.patient).read_clearance_within)
    open_duty(
        row, queries.ARRIVED, "Read and accept the clearance that arrived", read_at, "Answered by link", by=by, at=at
    )
    return rows


def faults_of(name: str, said: Opinion | None, about: queries.Clearable | None, *, today: date) -> list[Refusal]:
    if said is None:
        return [Refusal(f"verdict-{name}", "Nothing is chosen.", "Choose one of the answers.")]
    faults = []
    if said.verdict is Verdict.CONDITIONS and not said.conditions.strip():
        faults.append(Refusal(f"conditions-{name}", "The conditions are empty.", "Write what must be observed."))
    if said.verdict in GIVEN and said.until is None:
        faults.append(Refusal(f"until-{name}", "The last day is missing.", "Write until when it holds, as 2027-01-31."))
    if said.until is not None and said.until < today:
        faults.append(Refusal(f"until-{name}", f"{said.until:%d-%b-%Y} is gone by.", "Write a day from today on."))
    most = about.most_days if about is not None else None
    if said.until is not None and most is not None and said.until > today + timedelta(days=most):
        words = f"{name} is cleared for {most} days at most, as it stands now."
        faults.append(Refusal(f"until-{name}", words, f"Write {today + timedelta(days=most)} or a day before it."))
    return faults


def keep(
    patient: Patient,
    criterion: str,
    said: Opinion,
    signatures: Signatures,
    given_by: str,
    *,
    by: Actor,
    at: datetime,
    request: ClearanceRequest | None = None,
    given_for: str = "",
    written_at: datetime | None = None,
) -> ClearanceAnswer:
    row = ClearanceAnswer.objects.create(
        **about(patient, by, at, written_at),
        criterion=criterion,
        verdict=said.verdict,
        signatures=signatures,
        given_by=given_by.strip(),
        conditions=said.conditions.strip(),
        words=said.words.strip(),
        until=said.until,
        request=request,
        given_for=given_for,
    )
    no_longer_told(patient, [criterion], evidence=row, by=by, at=at)
    if signatures is Signatures.PRESCRIBER:
        no_second_name(patient, criterion, evidence=row, by=by, at=at)
    audit.note(by=by, at=at, verb=f"clearance.{said.verdict}", on=row, patient=patient, because=criterion)
    own_what_was_found(patient, by=by, at=at)
    return row


@transaction.atomic
def record_clearance(
    *,
    patient: Patient,
    criterion: str,
    said: Opinion,
    signatures: Signatures,
    by: Actor,
    at: datetime,
    given_by: str = "",
) -> ClearanceAnswer:
    """The prescriber's own word, or a specialist's letter that came on paper. Where the director must sign too, it
    waits for that second name and lifts nothing until then."""
    access.require(by, "evaluation", "S", patient=patient)
    known = queries.clearable(patient, at=at, zone=by.zone)
    faults = faults_of(criterion, said, known.get(criterion), today=local_day(at, by.zone))
    if criterion not in known:
        faults.append(Refusal("criterion", f"{criterion}: nothing to clear by this name.", "Choose from the list."))
    if not said.words.strip():
        faults.append(Refusal("words", "The reason is empty.", "Say why in words a colleague would understand."))
    if said.verdict not in GIVEN:
        remedy = "Record a specialist's letter as one that does not clear; your own no is the decision."
        faults.append(Refusal("verdict", "This does not clear.", remedy, "policy"))
    if signatures not in RECORDED:
        words = f"{signatures} is nobody's to sign alone."
        faults.append(Refusal("signatures", words, "Record each person's word by itself.", "policy"))
    elif criterion in known and signatures not in known[criterion].signed_by:
        words = f"{criterion} is not lifted so."
        faults.append(Refusal("signatures", words, f"Its row asks for {known[criterion].whose}.", "policy"))
    if signatures is Signatures.WITH_SPECIALIST and not given_by.strip():
        faults.append(Refusal("given_by", "The specialist's name is empty.", "Write who gave the opinion."))
    if faults:
        raise Refused(faults)
    mark = Signatures.PRESCRIBER if signatures is Signatures.WITH_DIRECTOR else signatures
    row = keep(patient, criterion, said, mark, given_by or by.name, by=by, at=at, given_for=known[criterion].effect)
    owed_already = owed.open_for(patient, SECOND_NAME).filter(why=two_names(criterion)).exists()
    if signatures is Signatures.WITH_DIRECTOR and not owed_already:
        duties.open_duty(
            kind=SECOND_NAME,
            title="Sign a clearance as second person",
            patient=patient,
            owner_role=Role.MD,
            due_at=at + days(queries.following(patient).read_clearance_within),
            why=two_names(criterion),
            link=f"/patients/{patient.pk}/clearances/",
            by=by,
            at=at,
        )
    owe_the_decision(patient, by=by, at=at)
    return row


@transaction.atomic
def countersign(row: ClearanceAnswer, *, words: str, by: Actor, at: datetime) -> ClearanceAnswer:
    """The medical director's second name. Nobody signs twice for the same thing."""
    access.require(by, "evaluation", "A", patient=row.patient)
    if row.recorded_by_id == by.person_id:
        raise Refused(Refusal("words", "You signed this yourself.", "Another person gives the second name.", "policy"))
    if row.signatures != Signatures.PRESCRIBER or not row.gives:
        raise Refused(Refusal("words", "It does not wait for a second name.", "Open the list again.", "policy"))
    signed = amended(row, words or "second signature", by=by, at=at, signatures=Signatures.WITH_DIRECTOR,
                     given_by=f"{row.given_by}; {by.name}")  # fmt: skip
    no_second_name(row.patient, row.criterion, evidence=signed, by=by, at=at)
    audit.note(by=by, at=at, verb="clearance.countersign", on=signed, patient=row.patient, because=row.criterion)
    own_what_was_found(row.patient, by=by, at=at)
    owe_the_decision(row.patient, by=by, at=at)
    return signed


@transaction.atomic
def withdraw_clearance(row: ClearanceAnswer, *, reason: str, by: Actor, at: datetime) -> ClearanceAnswer:
    """From now on it lifts nothing; what was given stays readable beneath."""
    access.require(by, "evaluation", "S", patient=row.patient)
    gone = amended(row, reason, by=by, at=at, withdrawn=True)
    no_longer_told(row.patient, [row.criterion], evidence=gone, by=by, at=at)
    if row.signatures == Signatures.PRESCRIBER:
        no_second_name(row.patient, row.criterion, evidence=gone, by=by, at=at)
    audit.note(by=by, at=at, verb="clearance.withdraw", on=gone, patient=row.patient, because=row.criterion)
    own_what_was_found(row.patient, by=by, at=at)
    owe_the_decision(row.patient, by=by, at=at)
    return gone


def amended(row: ClearanceAnswer, reason: str, *, by: Actor, at: datetime, **changes: object) -> ClearanceAnswer:
    kept = {
        name: getattr(row, name)
        for name in (
            "criterion",
            "verdict",
            "signatures",
            "given_by",
            "conditions",
            "words",
            "until",
            "request",
            "given_for",
        )
    }
    told = about(row.patient, by, at, row.happened_at) | kept | changes | amending(row, reason)
    return ClearanceAnswer.objects.create(**told)
