"""Chairs and visits. A visit is what readings, doses and notes point to."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Deferrable, Func, Q

from ketacare.clinic.people.models import Patient, PatientFact
from ketacare.clinic.tenancy.models import Work


class TsTzRange(Func):
    """Half-open, as every period here: who leaves at noon and who comes at noon do not meet."""

    function = "TSTZRANGE"


class Chair(Work):
    """A chair, recliner or bed with its room."""

    name = models.CharField(max_length=40)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "name"], name="chair_named_once")]

    def __str__(self) -> str:
        return self.name


class VisitKind(models.TextChoices):
    EVALUATION = "evaluation", "Evaluation"
    PREPARATION = "preparation", "Preparation"
    DOSE = "dose", "Dosing session"
    INTEGRATION = "integration", "Integration therapy"
    REVIEW = "review", "Review"
    LABORATORY = "laboratory", "Laboratory"


class VisitState(models.TextChoices):
    """Where a visit stands; each change leaves an audit line and, in a session, a timeline entry."""

    BOOKED = "booked", "Booked"
    CHECKED_IN = "checked_in", "Checked in"
    RUNNING = "running", "Running"
    RECOVERY = "recovery", "Recovery"
    DISCHARGED = "discharged", "Discharged"
    CLOSED = "closed", "Closed"
    CANCELLED = "cancelled", "Cancelled"
    NO_SHOW = "no_show", "Did not come"


# A visit in one of these holds its patient, chair, room, people and devices; whoever has left holds nothing.
HELD = (VisitState.BOOKED, VisitState.CHECKED_IN, VisitState.RUNNING, VisitState.RECOVERY)
# What did not take place and will not.
GIVEN_UP = (VisitState.CANCELLED, VisitState.NO_SHOW)
IS_HELD = Q(state__in=["booked", "checked_in", "running", "recovery"])


class Visit(Work):
    """One appointment that takes place, or was meant to. Two that are held never share a patient or a chair: the
    database refuses it, whoever writes."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="visits")
    kind = models.CharField(max_length=12, choices=VisitKind)
    state = models.CharField(max_length=12, choices=VisitState, default=VisitState.BOOKED)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    dose_began_at = models.DateTimeField(null=True, blank=True, help_text="T0 of a dosing session, as it was started")
    chair = models.ForeignKey(Chair, models.PROTECT, null=True, blank=True, related_name="visits")
    number_in_course = models.PositiveSmallIntegerField(null=True, blank=True)
    course = models.ForeignKey("scheduling.Course", models.PROTECT, null=True, blank=True, related_name="visits")
    follows = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="followed_by")

    class Meta:
        indexes = [models.Index(fields=["clinic", "starts_at"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="visit_ends_after_start"
            ),
            models.UniqueConstraint(
                fields=["chair"],
                condition=models.Q(state__in=["checked_in", "running", "recovery"]),
                name="one_person_in_a_chair",
            ),
            # Deferrable, so that a re-plan may exchange two visits in one transaction; checked at once otherwise.
            ExclusionConstraint(
                name="no_chair_twice",
                expressions=[
                    ("chair", RangeOperators.EQUAL),
                    (TsTzRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
                condition=IS_HELD & Q(chair__isnull=False),
                deferrable=Deferrable.IMMEDIATE,
            ),
            ExclusionConstraint(
                name="no_patient_twice",
                expressions=[
                    ("patient", RangeOperators.EQUAL),
                    (TsTzRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
                condition=IS_HELD,
                deferrable=Deferrable.IMMEDIATE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {str(self.pk)[:8]}"

    def is_of(self, dose: Visit) -> bool:
        """Whether it counts for this dose. One that was booked for none, or for one that did not take place, counts for
        whichever dose it comes after."""
        return self.follows_id in (None, dose.pk) or (self.follows is not None and self.follows.state in GIVEN_UP)


class Happened(models.TextChoices):
    """What became of an appointment beside its being kept."""

    MOVED = "moved", "Moved"
    GIVEN_TO = "given_to", "Other place or person"
    CANCELLED = "cancelled", "Cancelled"
    NO_SHOW = "no_show", "Did not come"
    LATE = "late", "Comes late"
    OVERRIDDEN = "overridden", "Booked against a rule"
    ARRIVED = "arrived", "Noted as here"
    TAKEN_BACK = "taken_back", "Not here after all"


class VisitChange(PatientFact):
    """One thing that happened to an appointment, with its reason; times and chair before and after a move."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="changes")
    what = models.CharField(max_length=12, choices=Happened)
    reason = models.CharField(max_length=30)
    words = models.CharField(max_length=300, blank=True)
    from_at = models.DateTimeField(null=True, blank=True)
    to_at = models.DateTimeField(null=True, blank=True)
    from_chair = models.ForeignKey(Chair, models.PROTECT, null=True, blank=True, related_name="+")
    to_chair = models.ForeignKey(Chair, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta(PatientFact.Meta):
        indexes = [models.Index(fields=["visit", "recorded_at"])]
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(reason=""), name="a_changed_visit_says_why"),
            models.CheckConstraint(
                condition=~Q(what="moved") | Q(from_at__isnull=False, to_at__isnull=False),
                name="a_moved_visit_says_from_where",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_what_display()} {str(self.visit_id)[:8]}"
