"""Invented people for tests: a clinic, someone in each role, a patient, and a browser signed in as one of them."""

from __future__ import annotations

import re
import time
import uuid
from datetime import UTC, date, datetime
from typing import Any

from django.test import Client

from ketacare.clinic.people import actions
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role, Staff, User
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.models import Clinic, Organisation

AT = datetime(2026, 7, 14, 14, 5, tzinfo=UTC)
PASSWORD = "a-long-test-passphrase"


def a_clinic(name: str = "North", zone: str = "America/New_York", organisation: Organisation | None = None) -> Clinic:
    """A clinic with its head, open all night so that no test hangs on the hour; its tenant is entered for the rest of
    the test's transaction."""
    organisation = organisation or tenancy.found_organisation(name=f"{name} organisation")
    clinic = tenancy.found_clinic(
        organisation=organisation, name=name, zone=zone, address="1 Example Street", telephone="555 0100",
        is_open_all_night=True,
    )  # fmt: skip
    tenancy.enter(organisation_id=organisation.pk)
    return clinic


def someone(clinic: Clinic, role: Role | str, name: str = "") -> Actor:
    """A new person with one post in the clinic."""
    user = User.objects.create_user(f"{uuid.uuid4().hex}@example.org", PASSWORD, name=name or f"A {Role(role).label}")
    Staff.objects.create(
        organisation_id=clinic.organisation_id, clinic=clinic, created_at=AT, user=user, role=Role(role)
    )
    return Actor(
        user_id=user.pk,
        name=user.name,
        role=str(Role(role)),
        clinic_id=clinic.pk,
        organisation_id=clinic.organisation_id,
        zone=clinic.zone,
    )


def a_patient(by: Actor, family: str = "Reed", given: str = "Jo", **details: Any) -> Patient:
    """Registered by someone who may (front desk or integration)."""
    return actions.register_patient(
        family=family, given=given, born_on=details.pop("born_on", date(1985, 7, 14)), by=by, at=AT, **details
    )


def browser(actor: Actor) -> Client:
    """A client signed in as this person, past the second factor."""
    from allauth.mfa.models import Authenticator

    client = Client()
    user = User.objects.get(pk=actor.user_id)
    Authenticator.objects.get_or_create(user=user, type=Authenticator.Type.TOTP, defaults={"data": {"secret": "-"}})
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def without_chance(page: str) -> str:
    """The page without what was drawn by lot (form tokens, names of records): a figure is sought in the rest."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page)
    return re.sub(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|ticket=[^\"&]+", "", page)


def just_confirmed(client: Client) -> Client:
    """As if the person had typed the password again a moment ago (K6)."""
    from allauth.account.internal.flows import login

    session = client.session
    session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "password", "at": time.time(), "reauthenticated": True}
    ]
    session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = session["_auth_user_id"]
    session.save()
    return client


def once(**fields: Any) -> dict[str, Any]:
    """A form's fields with a one-time key of its own."""
    return {"once": str(uuid.uuid4()), **fields}
