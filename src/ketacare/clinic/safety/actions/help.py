"""Which numbers a person in danger is shown: chosen by the clinic's country, or written down where no line is known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.safety import reader
from ketacare.medicine.safety.telephone import is_number

COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class OwnHelp:
    """What a clinic writes down where its country has no row."""

    name: str = ""
    number: str = ""
    hours: str = ""
    emergency: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.name or self.number or self.hours or self.emergency)


@transaction.atomic
def set_crisis_help(*, country: str, own: OwnHelp, by: Actor, at: datetime) -> Clinic:
    """From now on every page, message, letter and plan of this clinic names these numbers."""
    access.require(by, "settings", "U")
    country = country.strip().upper()
    faults = refusals(country, own)
    if faults:
        raise Refused(faults)
    clinic = Clinic.objects.get(pk=by.clinic_id)
    because = f"{clinic.country} > {country}" if country != clinic.country else country
    values = {
        "country": country,
        "crisis_name": own.name,
        "crisis_number": own.number,
        "crisis_hours": own.hours,
        "emergency_number": own.emergency,
    }
    Clinic.objects.filter(pk=clinic.pk).update(**values)
    audit.note(by=by, at=at, verb="clinic.crisis_help", on=clinic, because=because)
    clinic.refresh_from_db()
    return clinic


def refusals(country: str, own: OwnHelp) -> list[Refusal]:
    if country == "UK":
        return [Refusal("country", "UK is no country code of ISO 3166: the United Kingdom's is GB.", "Write GB.")]
    if not COUNTRY.fullmatch(country):
        return [Refusal("country", "is no country code.", "Write two letters, as US or ES.")]
    known = reader.crisis_line(country)
    if known is not None:
        rule = f"{known.where} has its line, {known.call}, which every patient is shown."
        return [] if own.is_empty else [Refusal("crisis_number", rule, "Leave the clinic's own numbers empty.")]
    told = {"crisis_number": own.number, "emergency_number": own.emergency}
    remedy = "Write its digits as they are dialled, as 116 123."
    return [
        Refusal(field, "is missing, or is no number that can be called.", remedy)
        for field, number in told.items()
        if not is_number(number)
    ]
