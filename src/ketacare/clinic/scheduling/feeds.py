"""What a calendar reads under a secret address: times, a place and one neutral word. Nothing clinical, no name."""

from __future__ import annotations

import base64
import binascii
import struct
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.utils.crypto import salted_hmac
from icalendar import Calendar, Event

from ketacare.clinic.people.access import NotHere
from ketacare.clinic.people.queries import colleagues
from ketacare.clinic.scheduling.models import HELD, CalendarFeed, Hold, Visit, VisitState
from ketacare.clinic.tenancy import actions as tenancy

SHAPE = struct.Struct("!16s16s")
# A patient's calendar is read by whoever shares it; a colleague's shows where they are wanted, not for what.
WORD = "Appointment"
WORD_STAFF = "Booked"
BEFORE, AHEAD = timedelta(days=14), timedelta(days=180)
SHOWN = (*HELD, VisitState.DISCHARGED, VisitState.CLOSED)


def signer() -> Signer:
    return Signer(sep=".", salt=f"{settings.LINK_SALT}.calendar")


def token_of(feed: CalendarFeed) -> str:
    packed = SHAPE.pack(feed.organisation_id.bytes, feed.pk.bytes)
    return signer().sign(base64.urlsafe_b64encode(packed).decode().rstrip("="))


def uid_of(feed: CalendarFeed, visit: Visit) -> str:
    """The same at every reading of this feed and in no other: whoever hosts a patient's calendar and a therapist's
    cannot tell by it that one visit stands in both."""
    named = salted_hmac(f"{settings.LINK_SALT}.calendar.event", f"{feed.pk}.{visit.pk}", algorithm="sha256")
    return f"{named.hexdigest()[:32]}@appointments.invalid"


def sequence_of(feed: CalendarFeed, visit: Visit) -> int:
    """It grows with every change of the visit and begins elsewhere in every feed: how often a visit was changed would
    tell as well as its name that two entries are one."""
    begins = salted_hmac(f"{settings.LINK_SALT}.calendar.sequence", f"{feed.pk}.{visit.pk}", algorithm="sha256")
    return int(begins.hexdigest()[:5], 16) + visit.version


def feed_under(token: str) -> CalendarFeed:
    """The open feed of a token, its tenant entered; forged, cut and taken-back ones are not here."""
    try:
        text = signer().unsign(token)
        organisation, feed = SHAPE.unpack(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (BadSignature, binascii.Error, struct.error, ValueError):
        raise NotHere
    tenancy.enter(organisation_id=UUID(bytes=organisation))
    row = CalendarFeed.objects.filter(pk=UUID(bytes=feed), revoked_at=None).select_related("clinic").first()
    if row is None or not still_works_here(row):
        raise NotHere
    return row


def still_works_here(feed: CalendarFeed) -> bool:
    """A colleague's feed ends with their last post in the clinic, on the next request (P6); a patient has none."""
    if feed.user_id is None:
        return True
    return colleagues(clinic_id=feed.clinic_id).filter(pk=feed.user_id).exists()


def visits_in(feed: CalendarFeed, at: datetime) -> list[Visit]:
    rows = Visit.objects.filter(
        clinic_id=feed.clinic_id, state__in=SHOWN, starts_at__gt=at - BEFORE, starts_at__lt=at + AHEAD
    )
    if feed.patient is not None:
        rows = rows.filter(patient=feed.patient)
    else:
        mine = Hold.objects.filter(user=feed.user, is_held=True, starts_at__gt=at - BEFORE)
        rows = rows.filter(pk__in=mine.values("visit_id"))
    return list(rows.order_by("starts_at"))


def written(feed: CalendarFeed, at: datetime) -> bytes:
    """RFC 5545, in the library's own folding and escaping; instants in UTC mean the same on every phone."""
    calendar = Calendar()
    calendar.add("prodid", "-//Clinic calendar//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", WORD + "s")
    for visit in visits_in(feed, at):
        event = Event()
        event.add("uid", uid_of(feed, visit))
        event.add("dtstamp", at)
        event.add("sequence", sequence_of(feed, visit))
        event.add("dtstart", visit.starts_at)
        event.add("dtend", visit.ends_at)
        event.add("summary", WORD if feed.patient_id else WORD_STAFF)
        if feed.patient_id:
            event.add("location", feed.clinic.address.replace("\n", ", "))
        calendar.add_component(event)
    return bytes(calendar.to_ical())
