"""A course that was booked as a whole, who waits for a place, and the feeds that calendars read."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling.models.visits import VisitKind
from ketacare.clinic.tenancy.models import Work


class Course(Work):
    """Visits that were proposed and booked together, with the rules they were placed by as plain values: moving one
    later is held to the same."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="courses")
    sheet_id = models.CharField(max_length=40)
    sheet_version = models.CharField(max_length=20)
    rules = models.JSONField(help_text="Days between doses, doses a week, window and lengths, as they were booked")
    wishes = models.JSONField(default=dict)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=30, blank=True)
    end_words = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient"], condition=Q(ended_at__isnull=True), name="one_open_course_per_patient"
            )
        ]


class WaitingState(models.TextChoices):
    WAITING = "waiting", "Waits"
    PLACED = "placed", "Has a place"
    GONE = "gone", "Waits no longer"


class Waiting(Work):
    """Somebody who would take a place. Who is next follows from urgency and from how long they have waited."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="waiting")
    kind = models.CharField(max_length=12, choices=VisitKind)
    urgency = models.PositiveSmallIntegerField(help_text="1 soonest to 4")
    since = models.DateTimeField()
    wishes = models.JSONField(default=dict)
    words = models.CharField(max_length=300, blank=True)
    passed_over = models.PositiveSmallIntegerField(default=0, help_text="Times a later one got a place before them")
    state = models.CharField(max_length=8, choices=WaitingState, default=WaitingState.WAITING)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "kind"], condition=Q(state="waiting"), name="waits_once_for_a_kind"
            ),
            models.CheckConstraint(condition=Q(urgency__gte=1, urgency__lte=4), name="waiting_urgency_known"),
        ]


class CalendarFeed(Work):
    """A secret address under which a calendar reads one person's appointments, in words that tell nothing clinical.
    A new serial makes the old address useless."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="feeds")
    patient = models.ForeignKey(Patient, models.PROTECT, null=True, blank=True, related_name="feeds")
    serial = models.PositiveSmallIntegerField(default=1)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, patient__isnull=True) | Q(user__isnull=True, patient__isnull=False),
                name="a_feed_is_one_persons",
            ),
            models.UniqueConstraint(
                fields=["clinic", "user"],
                condition=Q(revoked_at__isnull=True, user__isnull=False),
                name="one_open_feed_per_user",
            ),
            models.UniqueConstraint(
                fields=["patient"],
                condition=Q(revoked_at__isnull=True, patient__isnull=False),
                name="one_open_feed_per_patient",
            ),
        ]
