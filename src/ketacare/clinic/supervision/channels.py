"""The ways out: text and voice by an HTTP gateway, mail by SMTP. One to a channel, chosen by configuration alone.

The gateway is asked with POST {id, to, channel, words, report_to} and a bearer token, and answers 2xx when it has taken
the call. What became of it, it tells later by POST {id, state} to `report_to`; the id is signed, and proof enough.
Whoever runs another provider puts a few lines between the two; nothing here knows a provider's name.
"""

from __future__ import annotations

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

from ketacare.clinic.supervision.models import Call, Channel

TELEPHONE = re.compile(r"\+[0-9]{6,15}")
PATIENCE_S = 3.0


class NotSent(Exception):
    """Nobody took it. Carries the kind of fault, never an address or a word of the message."""


class Way(Protocol):
    def send(self, call: Call) -> None:
        """Hand it over, or raise NotSent."""


@dataclass(frozen=True)
class Gateways:
    """Each channel with the way that is configured for it."""

    ways: Mapping[str, Way]

    def send(self, call: Call) -> None:
        way = self.ways.get(call.channel)
        if way is None:
            raise NotSent("no gateway is configured")
        way.send(call)


@dataclass(frozen=True)
class HttpGateway:
    address: str
    token: str
    report_to: str

    def send(self, call: Call) -> None:
        said = {
            "id": receipt_id(call),
            "to": call.address,
            "channel": call.channel,
            "words": call.words,
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
            raise NotSent(f"the gateway answered {answer.code}") from None
        except (OSError, ValueError) as fault:
            raise NotSent(f"the gateway does not answer ({type(fault).__name__})") from None


@dataclass(frozen=True)
class Mail:
    """smtp://user:password@host:port; smtps:// for TLS from the start. Taken by the relay is not yet delivered."""

    address: str
    sender: str

    def send(self, call: Call) -> None:
        where = urlsplit(self.address)
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, call.address, call.words
        message.set_content(f"{call.words}. Go there.")
        kind = smtplib.SMTP_SSL if where.scheme == "smtps" else smtplib.SMTP
        try:
            with kind(where.hostname or "localhost", where.port or 25, timeout=PATIENCE_S) as relay:
                if where.username:
                    relay.login(where.username, where.password or "")
                relay.send_message(message)
        except (OSError, smtplib.SMTPException) as fault:
            raise NotSent(f"the mail relay refused it ({type(fault).__name__})") from None


def receipt_id(call: Call) -> str:
    """Organisation and receipt, signed: whoever was given it may say what became of this one call."""
    return _signer().sign(f"{call.organisation_id.hex}{call.receipt.hex}")


def opened(receipt: str) -> tuple[UUID, UUID]:
    """The organisation and the receipt that it names; BadSignature for a forged one."""
    text = _signer().unsign(receipt)
    return UUID(text[:32]), UUID(text[32:])


def _signer() -> Signer:
    return Signer(sep=".", salt="ketacare.receipt")


def configured(*, calls_url: str, calls_token: str, report_to: str, mail_url: str, mail_from: str) -> Gateways:
    ways: dict[str, Way] = {}
    if calls_url:
        http = HttpGateway(calls_url, calls_token, report_to)
        ways |= {Channel.TEXT: http, Channel.VOICE: http}
    if mail_url:
        ways[Channel.MAIL] = Mail(mail_url, mail_from)
    return Gateways(ways)
