"""A dosing session: its state, its one timeline, and its signed note.

Everything that happens between check-in and close is a line of the timeline; pages, note, discharge sheet and totals
are derived from those lines. The session row beside it holds only the state and the times a query must find quickly.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ketacare.clinic.people.models import PatientFact
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.models import Fact, Work


class SessionState(models.TextChoices):
    """From check-in to close. `dosing.actions.sessions` holds which may follow which."""

    PREPARING = "preparing", "Preparing"
    DRAWN = "drawn", "Waiting for the double check"
    CHECKED = "checked", "Ready to start"
    RUNNING = "running", "Infusing"
    PAUSED = "paused", "Paused"
    RECOVERY = "recovery", "Recovery"
    LEFT = "left", "Left"
    CLOSED = "closed", "Closed"
    CALLED_OFF = "called_off", "Called off"


UNDER_WATCH = (SessionState.RUNNING, SessionState.PAUSED, SessionState.RECOVERY)


class Session(Work):
    """The mutable spine of one dosing visit. `started_at` is T0 of every schedule."""

    visit = models.OneToOneField(Visit, models.PROTECT, related_name="dosing")
    protocol_id = models.CharField(max_length=40)
    protocol_version = models.CharField(max_length=20)
    sheets = models.JSONField(default=dict, help_text="The version of every sheet that this session keeps (H19)")
    state = models.CharField(max_length=12, choices=SessionState, default=SessionState.PREPARING)
    started_at = models.DateTimeField(null=True)
    dose_ended_at = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(started_at__isnull=False)
                | Q(state__in=["preparing", "drawn", "checked", "called_off"], dose_ended_at__isnull=True),
                name="session_runs_only_after_start",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["left", "closed"]) | Q(left_at__isnull=False), name="session_left_has_time"
            ),
        ]

    def __str__(self) -> str:
        return f"session {str(self.pk)[:8]}"


class Kind(models.TextChoices):
    """What a line of the timeline tells."""

    CHECK_IN = "check_in", "Check-in"
    FACT = "fact", "Readiness"
    DECISION = "decision", "Go or no-go"
    ORDER = "order", "Order"
    DRAW = "draw", "Draw"
    DOUBLE_CHECK = "double_check", "Double check"
    TIME_OUT = "time_out", "Time-out"
    DOSE = "dose", "Dose step"
    EVENT = "event", "Event"
    SCALE = "scale", "Scale"
    SKIPPED = "skipped", "Not taken"
    REMARK = "remark", "Remark"
    CRITERION = "criterion", "Release criterion"
    SUPERVISION = "supervision", "Supervision"
    ADVICE = "advice", "Advice"
    READ_BACK = "read_back", "Read back"
    EMERGENCY = "emergency", "Emergency"
    RELEASE = "release", "Release"
    CLOSE = "close", "Close"


class TimelineEntry(PatientFact):
    """One thing that happened in a session. Added, amended with a reason, never changed.

    `name` says which one of its kind (a fact's name, a dose step, an event); `body` holds values with their units;
    `step` is set for what may happen only once.
    """

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="timeline")
    kind = models.CharField(max_length=14, choices=Kind)
    name = models.CharField(max_length=40, blank=True)
    body = models.JSONField(default=dict)
    words = models.TextField(blank=True)
    step = models.CharField(max_length=60, null=True)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.UniqueConstraint(fields=["visit", "step"], name="timeline_step_once_per_visit"),
        ]
        indexes = [models.Index(fields=["visit", "happened_at"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"


class NotePart(models.TextChoices):
    NOTE = "note", "Session note"
    ADDENDUM = "addendum", "Addendum"


class SignedNote(PatientFact):
    """What was signed, as it stood: content, its digest, and what the signature means (I3)."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="notes")
    part = models.CharField(max_length=8, choices=NotePart, default=NotePart.NOTE)
    words = models.TextField(blank=True)
    content = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    meaning = models.CharField(max_length=120)

    class Meta(Fact.Meta):
        constraints = [
            models.UniqueConstraint(fields=["visit"], condition=Q(part="note"), name="one_signed_note_per_visit"),
        ]

    def __str__(self) -> str:
        return f"{self.get_part_display()} {self.pk}"


class NoteDraft(Work):
    """The author's own words before signing; the rest of the note is derived and needs no draft."""

    visit = models.OneToOneField(Visit, models.PROTECT, related_name="note_draft")
    author = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    words = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"draft {str(self.pk)[:8]}"
