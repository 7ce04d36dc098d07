"""A batch of HL7 messages in one transaction: kept, charted, stepped, announced. Answers leave once this returns."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import IntegrityError, InterfaceError, OperationalError

from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy import bulk
from ketacare.clinic.tenancy.models import Clinic
from ketacare.exchange.hl7v2 import translate
from ketacare.exchange.hl7v2.translate.observations import read_time
from ketacare.exchange.mailroom import receive as mailroom
from ketacare.exchange.mailroom.lists import list_what_was_not_charted
from ketacare.exchange.mailroom.receive import Letter, Opened
from ketacare.exchange.mailroom.translate import Envelope, Fault, Translation, Unreadable

logger = logging.getLogger(__name__)

STANDARD = "hl7v2"
TAKEN_BEFORE = Fault(
    "MSH^1^10", mailroom.NUMBER_TAKEN, "This control id was used for another message. This one is kept and not charted."
)
OUR_FAULT = Fault("MSH", "207", "The message is kept, but a fault of ours kept it from the chart. Somebody is told.")


TWO_OWNERS = Fault(
    "PV1^1^3",
    "207",
    "Two clinics have a monitor with this address; it is charted in neither until one goes.",
)


ANOTHER_HAS_IT = Fault(
    "PV1^1^3",
    "207",
    "Another gateway is receiving from a monitor of this address: two monitors may bear it. Kept and not charted.",
)

TWO_SENDERS = Fault(
    "MSH^1^3",
    "207",
    "Two machines send under this name and name neither bed nor equipment: nobody knows whose values these are. Kept "
    "and not charted.",
)

TWO_OF_A_BED = Fault(
    "PV1^1^3",
    "207",
    "Another machine sends under this bed or equipment now: nobody knows whose values these are. Kept and not charted.",
)


def refuse(letters: Sequence[Letter], refusal: Fault, *, clinic: Clinic, at: datetime) -> list[bytes]:
    """Kept, listed with an owner, answered with the reason, and charted nowhere."""
    return answered(_take(letters, clinic=clinic, at=at, refusal=refusal))


def answered(answers: Sequence[bytes | None]) -> list[bytes]:
    """Where no other gateway is asked, each has its answer."""
    found = [answer for answer in answers if answer is not None]
    assert len(found) == len(answers)
    return found


def take(letters: Sequence[Letter], *, clinic: Clinic, at: datetime, holder: str = "") -> list[bytes | None]:
    """The answer to each letter, in order, all kept. Raises only when the database does not answer: then nothing is.

    None for a letter of a device that another gateway has: it is not kept yet, and is to be tried again.

    A letter that breaks something must not hold up its neighbours: the batch is then taken letter by letter, and the
    one at fault is kept with an answer that says so.
    """
    try:
        return _take(letters, clinic=clinic, at=at, holder=holder)
    except (OperationalError, InterfaceError):
        raise
    except IntegrityError:  # the same message came through another gateway this very moment
        return [_take_alone(letter, clinic=clinic, at=at, holder=holder) for letter in letters]
    except Exception as fault:  # noqa: BLE001 - said, and each letter is tried alone; its text may quote a record
        logger.error("a batch could not be taken as a whole: %s", type(fault).__name__)
        return [_take_alone(letter, clinic=clinic, at=at, holder=holder) for letter in letters]


def _take_alone(letter: Letter, *, clinic: Clinic, at: datetime, holder: str) -> bytes | None:
    try:
        return _take([letter], clinic=clinic, at=at, holder=holder)[0]
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:  # noqa: BLE001 - said, kept, answered and listed; its text may quote a record
        logger.error("a message is kept uncharted: %s", type(fault).__name__)
        return _take([letter], clinic=clinic, at=at, refusal=OUR_FAULT)[0]


def _take(
    letters: Sequence[Letter], *, clinic: Clinic, at: datetime, refusal: Fault | None = None, holder: str = ""
) -> list[bytes | None]:
    zone = ZoneInfo(clinic.zone)
    envelopes = [letter.envelope or translate.envelope_of_raw(letter.raw) for letter in letters]
    with tenancy.tenant(clinic.organisation_id):
        numbers = [(mailroom.sender_of(letter, e), e.control_id) for letter, e in zip(letters, envelopes, strict=True)]
        known = mailroom.earlier(clinic, numbers, [letter.digest for letter in letters])
        devices = mailroom.devices_of(envelopes, clinic)
        elsewhere = mailroom.held_elsewhere(letters, envelopes, devices, clinic=clinic, holder=holder)
        found = [*zip(letters, envelopes, numbers, strict=True)]
        answers, opened = _open(found, known, elsewhere, zone, clinic=clinic, at=at, refusal=refusal)
        bulk.insert([one.row for one in opened])
        good = [one for one in opened if one.translation.says_something]
        if good:
            sent = [read_time(one.translation.envelope.sent_at, zone, one.letter.heard_at) for one in good]
            mailroom.chart(good, clinic=clinic, at=at, sent_at=sent, devices=devices)
        list_what_was_not_charted(
            [(one.row, one.faults, one.translation.unmapped) for one in opened], clinic=clinic, at=at
        )
    return answers


def _open(
    letters: Sequence[tuple[Letter, Envelope, mailroom.Number]],
    known: mailroom.Known,
    elsewhere: set[int],
    zone: ZoneInfo,
    *,
    clinic: Clinic,
    at: datetime,
    refusal: Fault | None,
) -> tuple[list[bytes | None], list[Opened]]:
    """The answers to all, and those letters that are new."""
    answers: list[bytes | None] = []
    opened: list[Opened] = []
    for place, (letter, envelope, number) in enumerate(letters):
        row = mailroom.repeat_of(letter, known[number])
        if row is None and place in elsewhere:
            answers.append(None)
            continue
        if row is None:
            taken = bool(envelope.control_id) and mailroom.number_taken(letter, envelope, known[number])
            why_not = TAKEN_BEFORE if taken else refusal or letter.refusal
            one = _judged(letter, envelope, zone, why_not, clinic=clinic, at=at)
            opened.append(one)
            row = one.row
            known[number].append(row)
        answers.append(bytes(row.answer_body))
    return answers, opened


def _judged(
    letter: Letter, envelope: Envelope, zone: ZoneInfo, refusal: Fault | None, *, clinic: Clinic, at: datetime
) -> Opened:
    """One new letter: read, and answered AA, AE for its content or AR for what can never be taken."""
    answer: translate.Answer = "AE"
    faults: tuple[Fault, ...] = ()
    found = Translation(envelope)
    if refusal is not None:
        answer, faults = "AR" if refusal is letter.refusal else "AE", (refusal,)
    else:
        try:
            found = translate.read(letter.raw, zone=zone, heard_at=letter.heard_at)
            answer, faults = "AE" if found.faults else "AA", tuple(found.faults)
        except Unreadable as unreadable:
            answer, faults = "AE" if unreadable.takable else "AR", (unreadable.fault,)
    body = translate.acknowledgement(letter.raw, answer, at=at, faults=faults, number=letter.digest[:20])
    row = mailroom.kept(
        letter,
        envelope,
        clinic=clinic,
        standard=STANDARD,
        answer=answer,
        answer_body=body,
        faults=faults,
        unmapped=found.unmapped,
    )
    return Opened(letter, row, found, faults)
