"""One way to a channel, chosen by configuration alone.

The gateway is asked with POST {id, to, channel, words, report_to} and a bearer token, and answers 2xx when it has taken
the message. What became of it, it tells later by POST {id, state} to `report_to`; the id is signed, and proof enough.
Whoever runs another provider puts a few lines between the two; nothing here knows a provider's name.
"""

from __future__ import annotations

import base64
import json
import re
import smtplib
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import urlsplit
from uuid import UUID

from django.core.signing import Signer

TELEPHONE = re.compile(r"\+[0-9]{6,15}")
PATIENCE_S = 3.0
HERE = frozenset({"localhost", "127.0.0.1", "::1"})
CALLS = "calls"
TEXT, VOICE, MAIL = "text", "voice", "mail"
RECEIPT_HEADER = "X-Ketacare-Receipt"
# Answers of a gateway that another try may mend; any other refusal is its last word.
TRY_AGAIN = frozenset({408, 425, 429})
REFUSED = "it was refused"


class NotSent(Exception):
    """Nobody took it. Carries the kind of fault, never an address or a word of the message."""


class Reported(Protocol):
    """What a gateway reports on."""

    @property
    def organisation_id(self) -> UUID: ...
    @property
    def receipt(self) -> UUID: ...


class Letter(Reported, Protocol):
    """What is handed over: a row of the room that wrote it, or a value."""

    @property
    def channel(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def words(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def body(self) -> str: ...


class Way(Protocol):
    def send(self, letter: Letter) -> None:
        """Hand it over, or raise NotSent."""


@dataclass(frozen=True)
class Gateways:
    """Each channel with the way that is configured for it."""

    ways: Mapping[str, Way]

    def stays_here(self, channel: str) -> bool:
        """Is what is handed over for this channel taken on this machine, as by the catcher of a demo?"""
        return getattr(self.ways.get(channel), "is_local", False) is True

    def send(self, letter: Letter) -> None:
        way = self.ways.get(letter.channel)
        if way is None:
            raise NotSent("no gateway is configured")
        way.send(letter)


@dataclass(frozen=True)
class HttpGateway:
    address: str
    token: str
    report_to: str
    kind: str = CALLS

    @property
    def is_local(self) -> bool:
        return urlsplit(self.address).hostname in HERE

    def send(self, letter: Letter) -> None:
        said = {
            "id": receipt_id(letter, self.kind),
            "to": letter.address,
            "channel": letter.channel,
            "words": letter.words,
            "report_to": self.report_to,
        }
        request = urllib.request.Request(  # noqa: S310 - the address is the administrator's setting
            self.address,
            data=json.dumps(said).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S):  # noqa: S310
                return
        except urllib.error.HTTPError as answer:
            is_final = 400 <= answer.code < 500 and answer.code not in TRY_AGAIN
            raise NotSent(f"{REFUSED} ({answer.code})" if is_final else f"the gateway answered {answer.code}") from None
        except (OSError, ValueError) as fault:
            raise NotSent(f"the gateway does not answer ({type(fault).__name__})") from None


@dataclass(frozen=True)
class Mail:
    """smtp://user:password@host:port; smtps:// for TLS from the start. Taken by the relay is not yet delivered.

    A signed id travels in a header, as Message-ID and, where the relay knows delivery status notifications, as
    envelope id: what comes back to `bounces_to` is known by it. Replies and forwards carry it on, so it is no receipt:
    whoever has it can't say that the letter was delivered.
    """

    address: str
    sender: str
    kind: str = CALLS
    bounces_to: str = ""

    @property
    def is_local(self) -> bool:
        return urlsplit(self.address).hostname in HERE

    def send(self, letter: Letter) -> None:
        where = urlsplit(self.address)
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, letter.address, letter.subject
        token = message[RECEIPT_HEADER] = mail_id(letter, self.kind)
        message["Message-ID"] = f"<{token}@{self.sender.rpartition('@')[2].strip('> ') or 'localhost'}>"
        message.set_content(letter.body)
        kind = smtplib.SMTP_SSL if where.scheme == "smtps" else smtplib.SMTP
        try:
            with kind(where.hostname or "localhost", where.port or 25, timeout=PATIENCE_S) as relay:
                if where.username:
                    relay.login(where.username, where.password or "")
                relay.ehlo_or_helo_if_needed()
                knows = relay.has_extn("dsn")
                relay.send_message(
                    message,
                    from_addr=self.bounces_to or None,
                    mail_options=["RET=HDRS", f"ENVID={envelope_id(letter, self.kind)}"] if knows else (),
                    rcpt_options=["NOTIFY=FAILURE,DELAY"] if knows else (),
                )
        except smtplib.SMTPRecipientsRefused as fault:
            is_final = all(code >= 500 for code, _ in fault.recipients.values())
            raise NotSent(f"{REFUSED} (by the mail relay)" if is_final else "the mail relay put it off") from None
        except (OSError, ValueError, smtplib.SMTPException) as fault:
            raise NotSent(f"the mail relay refused it ({type(fault).__name__})") from None


def is_last_word(fault: str) -> bool:
    """A refusal: another try would be refused again."""
    return fault.startswith(REFUSED)


def receipt_id(letter: Reported, kind: str = CALLS) -> str:
    """Organisation and receipt, signed: whoever was given it may say what became of this one message."""
    return _signer(kind).sign(_named(letter))


def opened(receipt: str, kind: str = CALLS) -> tuple[UUID, UUID]:
    """The organisation and the receipt that it names; BadSignature for a forged one, or one of another kind."""
    return _ids(_signer(kind).unsign(receipt))


def mail_id(letter: Reported, kind: str = CALLS) -> str:
    """The same as it stands in a mail, where many can read it: known again when it comes back, and no receipt."""
    return _signer(kind, "mail").sign(_named(letter))


def mail_opened(mail: str, kind: str = CALLS) -> tuple[UUID, UUID]:
    return _ids(_signer(kind, "mail").unsign(mail))


def envelope_id(letter: Reported, kind: str = CALLS) -> str:
    """The same in fewer signs: an envelope id may have 100 of them (RFC 3461, 4.4)."""
    both = letter.organisation_id.bytes + letter.receipt.bytes
    return _signer(kind, "envelope").sign(base64.urlsafe_b64encode(both).decode().rstrip("="))


def envelope_opened(envelope: str, kind: str = CALLS) -> tuple[UUID, UUID]:
    both = base64.urlsafe_b64decode(_signer(kind, "envelope").unsign(envelope) + "=")
    return UUID(bytes=both[:16]), UUID(bytes=both[16:])


def _named(letter: Reported) -> str:
    return f"{letter.organisation_id.hex}{letter.receipt.hex}"


def _ids(text: str) -> tuple[UUID, UUID]:
    return UUID(text[:32]), UUID(text[32:])


def _signer(kind: str, use: str = "receipt") -> Signer:
    return Signer(sep=".", salt=f"ketacare.{use}.{kind}")


def configured(
    *,
    calls_url: str,
    calls_token: str,
    report_to: str,
    mail_url: str,
    mail_from: str,
    kind: str = CALLS,
    bounces_to: str = "",
) -> Gateways:
    """`kind`: what is sent by them. The receipt of one kind proves nothing about another."""
    ways: dict[str, Way] = {}
    if calls_url:
        http = HttpGateway(calls_url, calls_token, report_to, kind)
        ways |= {TEXT: http, VOICE: http}
    if mail_url:
        ways[MAIL] = Mail(mail_url, mail_from, kind, bounces_to)
    return Gateways(ways)
