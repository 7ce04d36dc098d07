"""What a therapist and a patient write down between doses. What nobody else may read stands in `private`."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ketacare.clinic.links.models import Form
from ketacare.clinic.people.models import Patient, PatientFact
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.therapy.private import JournalEntry, JournalShare, ProcessNote

__all__ = [
    "Goal",
    "GoalLevel",
    "Homework",
    "HomeworkTick",
    "IntegrationNote",
    "JournalEntry",
    "JournalShare",
    "Preparation",
    "ProcessNote",
    "RelapsePlan",
    "WindowMissed",
]


class IntegrationNote(PatientFact):
    """That the visit took place, how long, and what it is agreed to work on. `visit` is the dose it follows."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="integration_notes")
    minutes = models.PositiveSmallIntegerField()
    summary = models.TextField()
    next_step = models.TextField(blank=True)
    themes = models.TextField(blank=True, help_text="Carried on to the next visit")
    unfinished = models.TextField(blank=True, help_text="What was left open; carried on until it is closed")
    act_24h = models.CharField(max_length=300, blank=True)
    act_7d = models.CharField(max_length=300, blank=True)
    is_exposure = models.BooleanField(default=False, help_text="Trauma exposure was part of it")
    floor_reason = models.CharField(
        max_length=300, blank=True, help_text="Why it was held below the floor all the same; empty: it was not"
    )

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(condition=Q(minutes__gte=5, minutes__lte=240), name="integration_minutes_plausible"),
            models.CheckConstraint(condition=~Q(summary=""), name="integration_note_says_something"),
        ]


class WindowMissed(PatientFact):
    """Why nobody met the patient in the window after a dose, and who says so."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="windows_missed")
    reason = models.CharField(max_length=20)
    said_by = models.CharField(max_length=12)
    words = models.CharField(max_length=300, blank=True)


class Preparation(PatientFact):
    """What was prepared with a patient. It stands for every dose until it is gone through again; touch, stop word and
    music have their one home in the calming plan."""

    minutes = models.PositiveSmallIntegerField()
    checklist = models.JSONField(default=list, help_text="What was gone through, by the keys of the sheet")
    intention = models.CharField(max_length=500, blank=True)
    expectations = models.TextField(blank=True)
    worries = models.TextField(blank=True)
    setting = models.CharField(max_length=300, blank=True, help_text="Light, sound, temperature, position")
    people = models.CharField(max_length=300, blank=True, help_text="Who may enter")
    mood = models.PositiveSmallIntegerField(null=True, blank=True, help_text="0 to 10, today")
    sleep = models.CharField(max_length=120, blank=True)
    must_know = models.CharField(max_length=300, blank=True, help_text="What the nurse must know")
    shown = models.JSONField(default=list, help_text="What the patient agrees to have shown at the chair")
    placed = models.CharField(max_length=30, blank=True, help_text="Whose hours the windows follow; empty is the house")

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(condition=Q(minutes__gte=5, minutes__lte=240), name="preparation_minutes_plausible"),
            models.CheckConstraint(condition=Q(mood__isnull=True) | Q(mood__lte=10), name="preparation_mood_to_ten"),
        ]


class Goal(PatientFact):
    """One goal with its five levels in the patient's words. Changed, the new row amends the one before; `case` is the
    same for all of them."""

    case = models.UUIDField()
    title = models.CharField(max_length=200)
    domain = models.CharField(max_length=20)
    levels = models.JSONField(help_text='{"-2": "...", ..., "2": "..."}')
    importance = models.PositiveSmallIntegerField()
    difficulty = models.PositiveSmallIntegerField()
    start = models.SmallIntegerField()
    value = models.CharField(max_length=200, blank=True, help_text="What it serves")
    by_on = models.DateField(null=True, blank=True, help_text="The day by which; none of a goal older than this field")
    measure = models.CharField(max_length=200, blank=True, help_text="What is counted, and how much is enough")
    confidence = models.PositiveSmallIntegerField(null=True, blank=True, help_text="0 to 10, as the patient says")
    helper = models.CharField(max_length=120, blank=True, help_text="Who helps with it")
    first_step = models.CharField(max_length=200, blank=True)
    obstacle = models.CharField(max_length=300, blank=True, help_text="What may come in the way")
    if_then = models.CharField(max_length=300, blank=True, help_text="What is done then")
    ended = models.BooleanField(default=False)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(importance__gte=1, importance__lte=3, difficulty__gte=1, difficulty__lte=3),
                name="a_goal_has_its_weight",
            ),
            models.CheckConstraint(condition=Q(start__in=[-2, -1]), name="a_goal_starts_below_expected"),
            models.CheckConstraint(
                condition=Q(confidence__isnull=True) | Q(confidence__lte=10), name="a_goals_confidence_to_ten"
            ),
        ]
        indexes = [models.Index(fields=["patient", "case"])]

    @property
    def weight(self) -> int:
        return self.importance * self.difficulty


class GoalLevel(PatientFact):
    """Where a goal stood on a day, as patient and therapist agreed."""

    goal = models.UUIDField(help_text="The case of the goal")
    level = models.SmallIntegerField()

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(condition=Q(level__gte=-2, level__lte=2), name="a_goal_has_five_levels"),
        ]
        indexes = [models.Index(fields=["patient", "goal"])]


class Homework(Form):
    """One small act a day for a few days after a dose, ticked by a signed link."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="homework")
    visit = models.ForeignKey(Visit, models.PROTECT, null=True, blank=True, related_name="homework")
    act = models.CharField(max_length=200)
    why = models.CharField(max_length=200, blank=True)
    skill = models.CharField(max_length=20, blank=True)
    minutes = models.PositiveSmallIntegerField()
    first_on = models.DateField()
    days = models.PositiveSmallIntegerField()
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"homework {str(self.pk)[:8]}"


class HomeworkTick(PatientFact):
    """What came of one day. Ticked again, the new row amends the one before."""

    homework = models.ForeignKey(Homework, models.PROTECT, related_name="ticks")
    day = models.DateField()
    done = models.BooleanField()
    mood = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(condition=Q(mood__isnull=True) | Q(mood__lte=10), name="tick_mood_to_ten"),
            models.UniqueConstraint(
                fields=["homework", "day"], condition=Q(amends__isnull=True), name="a_day_is_ticked_once"
            ),
        ]


class RelapsePlan(PatientFact):
    """What keeps this person well: their signs, what works, whom they call. Gone through again, a new version."""

    values = models.JSONField(help_text="field of the sheet -> the patient's words")
    review_on = models.DateField()
