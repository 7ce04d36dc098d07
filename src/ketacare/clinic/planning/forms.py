"""What the desk typed of a course, and an alternative as it travels through the page: signed, so that it comes back as
it was shown."""

from __future__ import annotations

from datetime import date

from django.core import signing
from django.http import QueryDict

from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.planning.queries import Asked
from ketacare.clinic.scheduling.carried import visit_in, visit_out
from ketacare.clinic.scheduling.forms import day_near, label_of
from ketacare.clinic.scheduling.planner import Alternative
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.scheduling.terms import Booked

# Of several spans away each has its fields: the first without a number. As many as a course has doses, and wishes.
AWAY = ("", *(f"-{number}" for number in range(2, 25)))
STANDS_S = 3600
SALT = "ketacare.planning.alternative"


def asked_in(fields: QueryDict, *, today: date, usual: Asked) -> Asked:
    """The form, or what is usual where nothing was asked yet."""
    if not set(fields) - {"rest"}:
        return usual
    first = day_in(fields, "first_on", today) or today
    away = tuple(span for place in AWAY if (span := away_in(fields, place, today)) is not None)
    return Asked(
        first_on=first,
        never_weekdays=frozenset(int(day) for day in fields.getlist("never") if day.isdecimal() and int(day) < 7),
        part=fields.get("part", "") if fields.get("part") in ("morning", "afternoon") else "",
        away=away,
        therapist=fields.get("therapist", ""),
        preparation=fields.get("preparation") == "on",
        reviews=fields.get("reviews") == "on",
        laboratory=fields.get("laboratory") == "on",
    )


def away_in(fields: QueryDict, place: str, today: date) -> tuple[date, date] | None:
    first, last = (day_in(fields, f"{name}{place}", today) for name in ("away_from", "away_to"))
    if first is None:
        return None
    if last is not None and last < first:
        rule = "The last day away is before the first."
        raise Refused(Refusal(f"away_to{place}", rule, "Give the earlier day first."))
    return first, last or first


def day_in(fields: QueryDict, field: str, today: date) -> date | None:
    text = fields.get(field, "").strip()
    if not text:
        return None
    try:
        return day_near(date.fromisoformat(text), today, field)
    except ValueError:
        raise Refused(Refusal(field, f"{label_of(field)} cannot be read as a day.", "Choose it from the calendar."))


def sealed(made: Alternative, patient: Patient, by: Actor) -> str:
    return signing.dumps(
        {"for": str(patient.pk), "by": str(by.user_id), "visits": [visit_out(one) for one in made.visits]}, salt=SALT
    )


def unsealed(text: str, patient: Patient, by: Actor) -> list[Booked]:
    try:
        held = signing.loads(text, salt=SALT, max_age=STANDS_S)
        if held["for"] != str(patient.pk) or held["by"] != str(by.user_id):
            raise signing.BadSignature
    except signing.SignatureExpired:
        rule = "was shown more than an hour ago, and others have booked since."
        raise Refused(Refusal("alternative", rule, "Ask for the proposals again."))
    except signing.BadSignature:
        raise Refused(Refusal("alternative", "is not one that was shown to you.", "Ask for the proposals again."))
    return [visit_in(one) for one in held["visits"]]
