"""How staff may be called at work, and a call to one person by one channel, for the rooms that call somebody."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models

from ketacare.clinic.tenancy.models import Clinic, Work


class Reach(Work):
    """How a member of staff may be called at work, by their own choice. No patient is in it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="reaches")
    mobile = models.CharField(max_length=40, blank=True)
    by_text = models.BooleanField(default=True)
    by_voice = models.BooleanField(default=False)
    by_mail = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "user"], name="one_reach_a_person")]

    def __str__(self) -> str:
        return f"reach {str(self.pk)[:8]}"


def reaches(users: Iterable[uuid.UUID], clinic_id: uuid.UUID) -> dict[uuid.UUID, Reach]:
    """How each may be called for this clinic: as they said here; or by the telephone they gave at another clinic of
    the organisation: at 02:00 one has one telephone for all of them (H13). What was given at a training clinic is not
    used by one at work; a training clinic takes it, and before one that was given for work."""
    rows = Reach.objects.filter(user__in=list(users)).order_by("created_at").select_related("clinic")
    from_training = Clinic.objects.filter(pk=clinic_id, is_training=True).exists()
    able = [row for row in rows if row.mobile and (from_training or not row.clinic.is_training)]
    found = {row.user_id: row for row in sorted(able, key=lambda row: row.clinic.is_training)}
    return found | {row.user_id: row for row in rows if row.clinic_id == clinic_id}


class Channel(models.TextChoices):
    SCREEN = "screen", "On their screen"
    TEXT = "text", "Text message"
    VOICE = "voice", "Telephone call"
    MAIL = "mail", "Mail"


class CallState(models.TextChoices):
    WAITING = "waiting", "To be sent"
    SENT = "sent", "Sent, not confirmed"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Not delivered"


class OneCall(Work):
    """One message to one person by one channel, of a `rung` that its room adds. Its words name no patient (D7)."""

    rung: Any  # a foreign key to whatever was climbed, with `confirmed_at` and `version`

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    channel = models.CharField(max_length=6, choices=Channel)
    address = models.CharField(max_length=254, blank=True)
    words = models.CharField(max_length=120)
    state = models.CharField(max_length=9, choices=CallState, default=CallState.WAITING)
    receipt = models.UUIDField(default=uuid.uuid4, unique=True, help_text="By which the gateway reports")
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=60, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    try_after = models.DateTimeField(null=True, help_text="It failed, and is handed over again from then on")
    taken_until = models.DateTimeField(null=True, help_text="A sender is handing it over until then")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"call {str(self.pk)[:8]}"

    @property
    def subject(self) -> str:
        return self.words

    @property
    def body(self) -> str:
        return self.words

    def deliver(self, at: datetime) -> None:
        """They have it; the rung is confirmed by the first call that arrives."""
        self.state, self.delivered_at, self.failure, self.version = CallState.DELIVERED, at, "", self.version + 1
        self.save(update_fields=["state", "delivered_at", "failure", "version"])
        rung = type(self.rung).objects.select_for_update().get(pk=self.rung.pk)
        if rung.confirmed_at is None:
            rung.confirmed_at, rung.version = at, rung.version + 1
            rung.save(update_fields=["confirmed_at", "version"])
