"""What a mail relay says of a letter that it could not deliver: a delivery status notification (RFC 3464), read.

It is known again by the signed id that went out with it, in its Message-ID, in a header of its own, and as envelope id
(RFC 3461); the notification hands back one of them at least. Nothing of a patient is in any, and nothing of the
notification is kept but the kind of fault. Relays are asked for failures only, and anybody may write such a mail: that
something was delivered is never taken from one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage, Message
from email.policy import EmailPolicy
from email.utils import parseaddr
from typing import cast
from uuid import UUID

from django.core.signing import BadSignature

from ketacare.clinic.channels import gateways

MOST_BYTES = 512 * 1024
# As much of a sender or a subject as is read: the longest line of a mail's head (RFC 5322, 2.1.1).
HEAD_MOST = 998
WITHIN_MOST = 500
SIGNED = re.compile(r"[0-9a-f]{64}\.[A-Za-z0-9_-]{20,}")
CAME_BACK, HELD_UP = "the mail came back", "the mail is held up"
# What relays say in words alone of a letter that they try again.
STILL_TRIED = re.compile(
    r"\b(will|still)( (?!not\b|no\b|never\b|want\b|need\b|have\b|like\b|wish\b)\w+){0,3}? "
    r"(re)?(try|trying|tries|tried|attempt\w{0,3})\b|warning message only",
    re.IGNORECASE,
)
RELAYS = frozenset({"mailer-daemon", "postmaster"})
# Enhanced status codes (RFC 3463): what the second of their numbers is about.
SUBJECTS = {
    "1": "the address is not known",
    "2": "the mailbox takes nothing",
    "3": "their mail system takes nothing",
    "4": "their mail system cannot be reached",
    "5": "the two mail systems do not understand each other",
    "6": "the letter cannot be read there",
    "7": "their mail system refused it",
}


class Heads(EmailPolicy):
    """A mail's head as it was written, its subject alone decoded: the parser of the library reads a head of 512 KiB, as
    anybody may send one, for half an hour."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        head = "".join(value.splitlines())
        return str(super().header_fetch_parse(name, head[:HEAD_MOST])) if name.lower() == "subject" else head


HEADS = cast("EmailPolicy[EmailMessage]", Heads())
# What the parser stumbles over.
UNREADABLE = (MessageError, ValueError, LookupError, RecursionError)


def parsed(raw: bytes) -> EmailMessage:
    """One with more parts within parts than a person sends is not taken apart: each is read again for all around it."""
    if raw.lower().count(b"boundary") > WITHIN_MOST:
        raise MessageError("more parts within parts than are read")
    return message_from_bytes(raw, policy=HEADS)


def address_in(head: str) -> str:
    return parseaddr(head[:HEAD_MOST])[1]


@dataclass(frozen=True)
class Bounce:
    """What is said of one letter: it came back; or it is held up, because the relay still tries; or anything else."""

    organisation_id: UUID
    receipt: UUID
    came_back: bool
    why: str = ""
    is_held_up: bool = False


def read(raw: bytes, kind: str) -> Bounce | None:
    """None: no delivery status, or of no letter of ours."""
    try:
        message = parsed(raw[:MOST_BYTES])
        fields = list(recipients(message))
        if not fields and is_from_a_relay(message):
            named = next(filter(None, (opened(text, kind) for text in (*handed_back(message), *texts(message)))), None)
            if named is None:
                return None
            is_tried = any(STILL_TRIED.search(text) for text in (str(message.get("Subject", "")), *said(message)))
            return Bounce(*named, not is_tried, HELD_UP if is_tried else CAME_BACK, is_tried)
        named = next(filter(None, (opened(text, kind) for text in ids(message))), None) or envelope(message, kind)
    except UNREADABLE:
        return None
    if named is None or not fields:
        return None
    actions = {str(part.get("Action", "")).strip().lower() for part in fields}
    came_back = "failed" in actions
    is_held_up = "delayed" in actions and not came_back
    told = CAME_BACK if came_back else HELD_UP
    return Bounce(*named, came_back, why(fields, told) if came_back or is_held_up else "", is_held_up)


def unnamed(raw: bytes) -> dict[str, str]:
    """Of a status that hands back nothing of ours: each address to which a letter did not get, and why."""
    try:
        fields = list(recipients(parsed(raw[:MOST_BYTES])))
    except UNREADABLE:
        return {}
    found: dict[str, str] = {}
    for part in fields:
        told = {"failed": CAME_BACK, "delayed": HELD_UP}.get(str(part.get("Action", "")).strip().lower())
        address = str(part.get("Original-Recipient") or part.get("Final-Recipient") or "").rpartition(";")[2].strip()
        if told and "@" in address:
            found[address.casefold()] = why([part], told)
    return found


def is_from_a_relay(message: Message) -> bool:
    """Some mail systems say in plain text alone that a letter came back (before RFC 3464). A person may have such an
    address too: what a relay says of a letter has no sender to return to, or says itself that no person wrote it."""
    by_itself = str(message.get("Auto-Submitted", "no")).split(";")[0].strip().lower() not in ("", "no")
    return is_named_as_one(message) and (by_itself or str(message.get("Return-Path", "")).strip() == "<>")


def is_named_as_one(message: Message) -> bool:
    return address_in(str(message.get("From", ""))).partition("@")[0].lower() in RELAYS


def texts(message: Message) -> Iterator[str]:
    """Where the letter was handed back as text."""
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            told = part.get_payload(decode=True)
            yield told.decode("utf-8", "replace") if isinstance(told, bytes) else ""


def said(part: Message) -> Iterator[str]:
    """What the relay itself says: without the letter that it hands back."""
    if part.get_content_type() == "text/plain":
        yield from texts(part)
    elif not part.get_content_type().startswith("message/"):
        for one in blocks(part):
            yield from said(one)


def recipients(message: Message) -> Iterator[Message]:
    """Of the machine-readable part, what is said of each recipient: all but the fields about the letter itself."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            yield from (one for one in blocks(part) if "Action" in one)


def ids(message: Message) -> Iterator[str]:
    """Wherever a signed id may have come back."""
    yield from handed_back(message)
    yield from (str(message.get(name, "")) for name in ("In-Reply-To", "References"))


def handed_back(message: Message) -> Iterator[str]:
    """With the letter itself, or with its head."""
    for part in message.walk():
        if part.get_content_type() in ("message/rfc822", "message/global"):
            yield from headers(*blocks(part))
        elif part.get_content_type() in ("text/rfc822-headers", "message/global-headers"):
            told = part.get_payload(decode=True)
            yield from headers(parsed(told if isinstance(told, bytes) else b""))


def envelope(message: Message, kind: str) -> tuple[UUID, UUID] | None:
    """Where the letter itself was not sent back."""
    for part in message.walk():
        for one in blocks(part) if part.get_content_type() == "message/delivery-status" else ():
            try:
                return gateways.envelope_opened(str(one.get("Original-Envelope-Id", "")).strip(), kind)
            except (BadSignature, ValueError):
                continue
    return None


def blocks(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def headers(*returned: Message) -> Iterator[str]:
    for one in returned:
        yield from (str(one.get(name, "")) for name in (gateways.RECEIPT_HEADER, "Message-ID"))


def opened(text: str, kind: str) -> tuple[UUID, UUID] | None:
    """The organisation and the receipt of an id that we signed."""
    found = SIGNED.search(text)
    if found is None:
        return None
    try:
        return gateways.mail_opened(found.group(), kind)
    except (BadSignature, ValueError):
        return None


def why(fields: list[Message], told: str) -> str:
    """The kind of fault by its status code; its words name addresses, and are not kept."""
    codes = (str(part.get("Status", "")).strip().split(".") for part in fields if part.get("Action") != "delivered")
    subject = next((SUBJECTS.get(code[1]) for code in codes if len(code) > 1 and code[1] in SUBJECTS), None)
    return f"{told}, {subject}" if subject else told
