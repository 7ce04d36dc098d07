"""Every message, raw, with the answer it was given; and the list of those somebody must look at."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from ketacare.clinic.people.models import Role, User
from ketacare.clinic.tenancy.models import Clinic, Organisation, Work


class Message(models.Model):
    """One message as it came and what was answered; append-only (I15).

    A repeat (same sender, number and body) finds its answer here and stores nothing new.
    """

    wall: ClassVar[str] = "own"
    append_only: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    standard = models.CharField(max_length=10)
    sender = models.CharField(max_length=200)
    control_id = models.CharField(max_length=200)
    sent_at = models.CharField(max_length=40, blank=True)
    received_at = models.DateTimeField()
    body = models.BinaryField()
    body_hash = models.CharField(max_length=64)
    whole_bytes = models.PositiveBigIntegerField(null=True, help_text="Its length, where only its beginning is kept")
    bears_number = models.BooleanField(default=True, help_text="Not if it was refused unread or its number was taken")
    answer = models.CharField(max_length=4)
    answer_body = models.BinaryField()
    faults = models.JSONField(default=list)
    unmapped = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "clinic", "sender", "control_id", "body_hash"], name="message_once"
            )
        ]
        indexes = [
            models.Index(fields=["organisation", "clinic", "received_at"]),
            models.Index(
                fields=["organisation", "clinic", "sender", "control_id"],
                condition=Q(bears_number=True) & ~Q(control_id=""),
                name="bearers_of_a_number",
            ),
        ]


class Refusal(Work):
    """Messages of one sender refused for one reason, until somebody has seen to it. A stream of them is one row."""

    sender = models.CharField(max_length=200)
    standard = models.CharField(max_length=10)
    code = models.CharField(max_length=10)
    words = models.CharField(max_length=300)
    owner_role = models.CharField(max_length=2, choices=Role, default=Role.AD)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    messages = models.PositiveIntegerField(default=0)
    last_message = models.ForeignKey(Message, models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "sender", "code", "words"],
                condition=Q(closed_at__isnull=True),
                name="one_open_refusal_a_reason",
            )
        ]


class UnknownParameter(Work):
    """What a sender measures and no map knows: kept raw in its messages, never guessed at, and shown here (H24)."""

    sender = models.CharField(max_length=200)
    code = models.CharField(max_length=200)
    unit = models.CharField(max_length=200, blank=True)
    last_value = models.CharField(max_length=200)
    owner_role = models.CharField(max_length=2, choices=Role, default=Role.AD)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    messages = models.PositiveIntegerField(default=0)
    last_message = models.ForeignKey(Message, models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "sender", "code", "unit"], name="one_line_an_unknown_parameter")
        ]
