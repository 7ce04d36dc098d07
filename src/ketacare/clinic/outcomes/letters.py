"""What a message says when it goes out: a fixed sentence, a link, an emergency number. Nothing of the patient, and not
the clinic's name either."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from ketacare.clinic.channels import gateways
from ketacare.clinic.links import access as links
from ketacare.clinic.links.words import Phrases
from ketacare.clinic.outcomes import access, ways
from ketacare.clinic.outcomes.models import Ask, MessageOut, MessageState
from ketacare.clinic.people import queries as people
from ketacare.clinic.tenancy.help import crisis_line

PHRASES = Phrases(Path(__file__).parent / "words.toml")
MESSAGES = "messages"
GONE = (MessageState.READY, MessageState.SENT, MessageState.DELIVERED, MessageState.CAUGHT)


@dataclass(frozen=True)
class Letter:
    """A message as a gateway gets it."""

    organisation_id: UUID
    receipt: UUID
    channel: str
    address: str
    words: str
    subject: str
    body: str


def letter(message: MessageOut, channel: str = "") -> Letter:
    """Made when it is handed over, of what is so at that moment."""
    channel = channel or message.channel
    words = words_of(message, channel)
    return Letter(
        organisation_id=message.organisation_id,
        receipt=message.receipt,
        channel=channel,
        address=ways.address_of(people.contact(message.patient), channel),
        words=words,
        subject=PHRASES.say(message.language, "subject"),
        body=words,
    )


def words_of(message: MessageOut, channel: str = "", *, at: datetime | None = None) -> str:
    """`at`: when somebody reads it to hand it out.

    By text, STOP ends it; by mail, a link does: two long links in a text are hard to tell apart."""
    say = PHRASES.say
    line = crisis_line(message.clinic)
    emergency = line.emergency if line else say(message.language, "emergency_unknown")
    words = say(message.language, f"{message.code}_message", link=link_in(message, at=at), emergency=emergency)
    way = "mail" if (channel or message.channel) == gateways.MAIL else "text"
    return f"{words} {say(message.language, f'stop_by_{way}', link=stop_link(message))}"


def link_in(message: MessageOut, *, at: datetime | None = None) -> str:
    """It lives from when the message goes out; what a person still has to hand out, from when they look at it."""
    went = (message.sent_at or message.ready_at if message.state in GONE else at) or message.send_after
    if message.ask is not None:
        return link_of(message.ask, went)
    assert message.form_id is not None  # the constraint holds both
    assert message.form_serial is not None
    token = links.token(message.kind, message.organisation_id, message.form_id, message.form_serial, went)
    return settings.PUBLIC_ORIGIN + reverse(message.kind, args=[token])


def link_of(ask: Ask, at: datetime) -> str:
    return settings.PUBLIC_ORIGIN + reverse("check-in", args=[access.token_for(ask, at)])


def stop_token(message: MessageOut) -> str:
    """It ends with no form: who wants no more messages may say so whenever they find an old one."""
    return links.token(MESSAGES, message.organisation_id, message.pk, 1)


def stop_link(message: MessageOut) -> str:
    return settings.PUBLIC_ORIGIN + reverse("messages-stop", args=[stop_token(message)])
