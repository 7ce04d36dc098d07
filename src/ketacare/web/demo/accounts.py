"""The demo accounts. In a demo clinic, and only there, the sign-in page lists them with their current codes."""

from __future__ import annotations

import base64
import hashlib
import time
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.conf import settings
from django.http import HttpRequest

from ketacare.clinic.people.models import Role, User

PASSWORD = "ketacare-demo"  # noqa: S105 - printed on the sign-in page of every demo clinic
CODE_SECONDS = 30


@dataclass(frozen=True)
class Account:
    role: Role
    name: str

    @property
    def email(self) -> str:
        return f"{self.role.label.lower().replace(' ', '.')}@demo.example"


ACCOUNTS = (
    Account(Role.FD, "Robin Castellanos"),
    Account(Role.RN, "Noor Haddad"),
    Account(Role.RX, "Dr Ines Okafor"),
    Account(Role.TH, "Teo Lindqvist"),
    Account(Role.ET, "Mina Sorokin"),
    Account(Role.MD, "Dr Mara Feldt"),
    Account(Role.AU, "Ada Brandt"),
    Account(Role.AD, "Sam Ito"),
    Account(Role.RC, "Dr Paul Nkemelu"),
    Account(Role.RS, "Lena Vogt"),
    Account(Role.IC, "Monitor integration"),
    Account(Role.PT, "Jo Reed"),
)
SECOND_NURSE = Account(Role.RN, "Kit Alvarez")
SECOND_NURSE_EMAIL = "nurse.two@demo.example"


def totp_secret(email: str) -> str:
    """The same secret on every start of a demo, so that an authenticator app keeps working."""
    return base64.b32encode(hashlib.sha256(f"ketacare demo {email}".encode()).digest()[:20]).decode()


def code_now(email: str) -> str:
    """The six digits an authenticator would show; the wall clock is what both sides count by."""
    return str(format_hotp_value(hotp_value(totp_secret(email), int(time.time()) // CODE_SECONDS)))


def make_account(email: str, name: str) -> User:
    """An account that signs in with the demo password and its code."""
    user = User.objects.filter(email=email).first() or User.objects.create_user(email, PASSWORD, name=name)
    if not Authenticator.objects.filter(user=user).exists():
        TOTP.activate(user, totp_secret(email))
    return user


def context(request: HttpRequest) -> dict[str, Any]:
    return {"demo_accounts": demo_accounts() if settings.DEMO else []}


def demo_accounts() -> list[dict[str, str]]:
    listed = [(account.role.label, account.email) for account in ACCOUNTS if account.role != Role.IC]
    listed.insert(2, ("Nurse (second person)", SECOND_NURSE_EMAIL))
    return [{"role": role, "email": email, "password": PASSWORD, "code": code_now(email)} for role, email in listed]
