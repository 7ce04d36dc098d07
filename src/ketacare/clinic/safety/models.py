"""A concern, its steps, and who is on call.

The concern row is the spine that lists read; every step is a fact. Nothing but a clinician's decision closes one:
the database refuses a closed concern that does not say who, what was found and what was done.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from ketacare.clinic.duties.models import Duty
from ketacare.clinic.people.models import BreakGlass, Patient, PatientFact, Role
from ketacare.clinic.tenancy.models import Work


class TsTzRange(Func):
    """Half-open, as every period here."""

    function = "TSTZRANGE"


class OnCall(Work):
    """Who answers concerns from then until then. Two people at once would each think the other has it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="on_call")
    role = models.CharField(max_length=2, choices=Role)
    telephone = models.CharField(max_length=40, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="on_call_ends_after_start"),
            ExclusionConstraint(
                name="one_person_on_call",
                expressions=[
                    ("clinic", RangeOperators.EQUAL),
                    (TsTzRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class Tier(models.IntegerChoices):
    """How soon a person must answer."""

    NOW = 1, "Now"
    SAME_DAY = 2, "Same day"
    BEFORE_NEXT_DOSE = 3, "Before the next dose"


class ConcernState(models.TextChoices):
    OPEN = "open", "Not yet seen"
    SEEN = "seen", "Seen, not decided"
    CLOSED = "closed", "Decided"


class Concern(Work):
    """An answer or observation that a clinician must judge."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="concerns")
    duty = models.OneToOneField(Duty, models.PROTECT, related_name="concern")
    tier = models.PositiveSmallIntegerField(choices=Tier)
    reason_code = models.CharField(max_length=60)
    source_kind = models.CharField(max_length=60)
    source_id = models.UUIDField()
    state = models.CharField(max_length=6, choices=ConcernState, default=ConcernState.OPEN)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="concerns")
    raised_at = models.DateTimeField()
    see_by = models.DateTimeField()
    decide_by = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["clinic", "state", "tier"])]
        constraints = [
            models.UniqueConstraint(fields=["source_id", "reason_code", "tier"], name="a_source_raises_each_once"),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False, closed_by__isnull=False)
                | ~Q(state="closed") & Q(closed_at__isnull=True, closed_by__isnull=True),
                name="concern_closed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"concern {str(self.pk)[:8]}"


class ConcernStep(PatientFact):
    """Raised, seen, decided: a fact each."""

    concern = models.ForeignKey(Concern, models.PROTECT, related_name="steps")
    step = models.CharField(max_length=8, choices=[("raised", "Raised"), ("seen", "Seen"), ("decided", "Decided")])
    finding = models.TextField(blank=True)
    action = models.TextField(blank=True)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(step="decided") | (~Q(finding="") & ~Q(action="") & Q(recorded_by__isnull=False)),
                name="a_decision_says_who_what_and_why",
            ),
        ]


class EmergencyReview(PatientFact):
    """What the director found about a record opened in an emergency. One each, and never by whoever opened it."""

    glass = models.OneToOneField(BreakGlass, models.PROTECT, related_name="review")
    was_right = models.BooleanField()
    finding = models.TextField()

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(finding=""), name="an_emergency_review_says_what_was_found"),
        ]
