"""By which way a message may go: what the patient allows, has an address for, and a gateway carries."""

from __future__ import annotations

import re

from ketacare.clinic.channels.gateways import MAIL, TELEPHONE, TEXT
from ketacare.clinic.outcomes.models import MessageOut, Way
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.models import Contact

WAYS = {Way.TEXT: (TEXT,), Way.EMAIL: (MAIL,), Way.ANY: (TEXT, MAIL)}


def way_out(message: MessageOut, channels: frozenset[str]) -> tuple[str | None, str]:
    """The first way that the patient allows, that has an address and a gateway; else why there is none."""
    contact, why_not = people.contact(message.patient), ""
    for channel in WAYS[Way(message.way)]:
        why = _why_not(contact, channel, channels)
        if not why:
            return channel, ""
        why_not = why_not or why
    return None, why_not


def _why_not(contact: Contact | None, channel: str, channels: frozenset[str]) -> str:
    """Not asked is not yes."""
    words = {TEXT: "text messages", MAIL: "mail"}[channel]
    allowed = (contact.may_text if channel == TEXT else contact.may_email) if contact else None
    if not address_of(contact, channel):
        return f"No address for {words} is known"
    if allowed is not True:
        return f"They do not want {words}" if allowed is False else f"Not asked whether {words} are safe"
    if channel == TEXT and not TELEPHONE.fullmatch(address_of(contact, channel)):
        return "The telephone number does not begin with + and the country"
    return "" if channel in channels else f"No gateway for {words} is connected"


def address_of(contact: Contact | None, channel: str) -> str:
    """As a gateway needs it: a number without the signs that people write between its digits."""
    if contact is None:
        return ""
    return re.sub(r"[ ()./-]", "", contact.telephone) if channel == TEXT else contact.email
