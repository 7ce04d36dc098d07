"""A clinic and its first two people, whom nobody in it could have asked for; everybody else comes by these two."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people.access import system
from ketacare.clinic.people.models import Role, Staff, User
from ketacare.clinic.posts import queries
from ketacare.clinic.posts.actions import NAME_MOST, is_address
from ketacare.clinic.recovery import passwords
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.models import Clinic, Organisation
from ketacare.clinic.tenancy.refusals import Refusal, Refused


@dataclass(frozen=True)
class Person:
    name: str
    address: str


@dataclass(frozen=True)
class First:
    """One of the two, and the password that opens the account once; none for whoever signs in already."""

    user: User
    role: Role
    password: str


@transaction.atomic
def found(
    *, organisation: str, name: str, zone: str, country: str, address: str, telephone: str,
    director: Person, administrator: Person, at: datetime, joins: bool = False,
) -> tuple[Clinic, list[First]]:  # fmt: skip
    """All of it or nothing. `joins`: the organisation is here already, and gets another clinic; or one of its clinics,
    where nobody is left who asks for a post and another who gives it, gets the two anew."""
    refuse_what_is_wrong(name, zone, country, {"director": director, "administrator": administrator})
    long = [field for field, text, most in (("name", name, 200), ("telephone", telephone, 40)) if len(text) > most]
    if long or len(organisation) > 200:
        raise Refused([Refusal(field, "It is too long.", "Shorten it.") for field in long or ["organisation"]])
    whose = Organisation.objects.filter(name=organisation).first()
    if whose is None and joins:
        raise Refused(Refusal("organisation", "None of this name is here.", "Write it as it was founded."))
    if whose is not None and not joins:
        rule, remedy = (
            f"{organisation} is here already.",
            "Name it with --organisation, or give the clinic another name.",
        )
        raise Refused(Refusal("organisation", rule, remedy))
    whose = whose or tenancy.found_organisation(name=organisation)
    clinic, verb = Clinic.objects.filter(organisation=whose, name=name).first(), "clinic.two_anew"
    if clinic is None:
        clinic, verb = tenancy.found_clinic(
            organisation=whose, name=name, zone=zone, country=country, address=address, telephone=telephone
        ), "clinic.found"  # fmt: skip
    else:
        tenancy.enter(organisation_id=whose.pk)
        if queries.two_are_left(clinic.pk):
            raise Refused(Refusal("name", f"{organisation} has a clinic of this name.", "Give it another name."))
    pairs = ((Role.MD, "director", director), (Role.AD, "administrator", administrator))
    firsts = [admit(clinic, role, field, person, at=at) for role, field, person in pairs]
    audit.note(by=system(clinic), at=at, verb=verb, on=clinic)
    return clinic, firsts


def refuse_what_is_wrong(name: str, zone: str, country: str, people: dict[str, Person]) -> None:
    wrong = []
    if not name.strip():
        wrong.append(Refusal("name", "The clinic has no name.", "Write it as it stands on its letters."))
    if not is_zone(zone):
        wrong.append(Refusal("zone", f"{zone!r} is no time zone.", "Write it as in America/New_York."))
    if len(country) != 2 or not country.isalpha() or not country.isupper():
        wrong.append(Refusal("country", f"{country!r} is no country code.", "Two capitals of ISO 3166: US."))
    for field, person in people.items():
        if not person.name or len(person.name) > NAME_MOST or not is_address(person.address):
            remedy = "Write it in quotes: 'Amara Osei <amara.osei@example.org>'."
            wrong.append(Refusal(field, "This is no name with an e-mail address.", remedy))
    addresses = [person.address.lower() for person in people.values()]
    if len(set(addresses)) < len(addresses):
        wrong.append(Refusal("administrator", "Both have one address.", "Two people: nobody gives a post alone."))
    if wrong:
        raise Refused(wrong)


def is_zone(zone: str) -> bool:
    try:
        return bool(ZoneInfo(zone).key)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return False


def admit(clinic: Clinic, role: Role, field: str, person: Person, *, at: datetime) -> First:
    user = User.objects.filter(email__iexact=person.address).first()
    password = ""
    if user is None:
        password = passwords.drawn()
        user = User.objects.create_user(person.address, password, name=person.name)
        user.temporary_until = at + passwords.LASTS
        user.save(update_fields=["temporary_until"])
    elif not user.is_active:
        raise Refused(Refusal(field, "This account is shut.", "Name another address, or somebody else."))
    elif user.name.casefold() != person.name.casefold():
        rule = "This address signs in already, under another name."
        raise Refused(Refusal(field, rule, "Ask them which name and address are theirs."))
    if queries.posts_here(clinic.pk).filter(user=user, role=role).exists():
        return First(user, role, "")
    post = Staff.objects.create(
        organisation_id=clinic.organisation_id, clinic=clinic, created_at=at, user=user, role=role
    )
    audit.note(by=system(clinic), at=at, verb="post.begin", on=post, because=role)
    return First(user, role, password)
