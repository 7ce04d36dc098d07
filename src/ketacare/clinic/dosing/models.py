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
    MEDICINE = "medicine", "Medicine as needed"
    AIRWAY = "airway", "Airway after vomiting"
    CALL = "call", "Call about the way home"
    REMARK = "remark", "Remark"
    CRITERION = "criterion", "Release criterion"
    SUPERVISION = "supervision", "Supervision"
    ALARMS = "alarms", "Alarms"
    ADVICE = "advice", "Advice"
    READ_BACK = "read_back", "Read back"
    EMERGENCY = "emergency", "Emergency"
    TAKE_HOME = "take_home", "On paper to take home"
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


class Relatedness(models.TextChoices):
    NOT_JUDGED = "not_judged", "Not judged yet"
    UNRELATED = "unrelated", "Unrelated"
    UNLIKELY = "unlikely", "Unlikely"
    POSSIBLE = "possible", "Possible"
    PROBABLE = "probable", "Probable"
    DEFINITE = "definite", "Definite"


class Outcome(models.TextChoices):
    ONGOING = "ongoing", "Not yet resolved"
    RESOLVED = "resolved", "Resolved"
    SEQUELAE = "sequelae", "Resolved with lasting effects"
    FATAL = "fatal", "Fatal"
    SET_ASIDE = "set_aside", "Looked at: no adverse event"


class AdverseEvent(PatientFact):
    """What a dose may have done that is more than an effect: judged by a person, followed until it is over.

    Each look is a fact that amends the one before; `case` is the same for all of them. `happened_at` is the onset.
    """

    case = models.UUIDField()
    visit = models.ForeignKey(Visit, models.PROTECT, null=True, related_name="adverse_events")
    effect = models.CharField(max_length=40, help_text="Which of the effect sheet, by id")
    term = models.CharField(max_length=80)
    grade = models.PositiveSmallIntegerField(help_text="1 to 5")
    relatedness = models.CharField(max_length=10, choices=Relatedness, default=Relatedness.NOT_JUDGED)
    action = models.CharField(max_length=200, blank=True, help_text="What was done with the dose, and what was given")
    serious = models.JSONField(default=list, help_text="What makes it serious, by the ids of the sheet")
    transient = models.BooleanField(default=False, help_text="Over before the patient left")
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.ONGOING)
    resolved_at = models.DateTimeField(null=True)
    words = models.TextField(blank=True)
    shown_grade = models.PositiveSmallIntegerField(default=0, help_text="What the record showed when this was said")
    reported_at = models.DateTimeField(null=True, help_text="When a serious one was told to those who must know")
    reported_how = models.CharField(max_length=200, blank=True, help_text="To whom, by which way, its number")

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(condition=Q(grade__gte=1, grade__lte=5), name="adverse_event_has_a_grade"),
            models.CheckConstraint(
                condition=~Q(outcome__in=["resolved", "sequelae"]) | Q(resolved_at__isnull=False),
                name="adverse_event_resolved_has_its_time",
            ),
        ]
        indexes = [models.Index(fields=["clinic", "case"])]

    def __str__(self) -> str:
        return f"{self.term}, grade {self.grade}"

    @property
    def is_open(self) -> bool:
        return self.outcome == Outcome.ONGOING


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
