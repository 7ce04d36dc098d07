"""A duty and the steps of its life. A duty is work; each step is a fact, so who was told when stays readable."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.tenancy.models import Fact, Work


class Consequence(models.IntegerChoices):
    """What follows if nobody does it. The worklist sorts by this before it looks at the clock."""

    LIFE = 1, "Somebody may come to harm"
    SAFETY = 2, "A safety check is missing"
    CARE = 3, "Care waits"
    RECORD = 4, "A record is unfinished"


class DutyState(models.TextChoices):
    OPEN = "open", "Open"
    CLOSED = "closed", "Done"


class Duty(Work):
    """Something owed, by a person or a role. Titles name the act, never the patient: names are joined at display."""

    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    why = models.CharField(max_length=300)
    link = models.CharField(max_length=200, help_text="Where it is done: a path of ours")
    consequence = models.PositiveSmallIntegerField(choices=Consequence, default=Consequence.CARE)
    patient = models.ForeignKey(Patient, models.PROTECT, null=True, blank=True, related_name="duties")
    visit_id = models.UUIDField(null=True, blank=True)
    owner_role = models.CharField(max_length=2, choices=Role)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="duties")
    due_at = models.DateTimeField()
    late_at = models.DateTimeField()
    escalate_at = models.DateTimeField(null=True, blank=True)
    escalations = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=6, choices=DutyState, default=DutyState.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "state", "consequence", "due_at"]),
            models.Index(fields=["patient", "kind"], condition=Q(state="open"), name="open_duties_of_a_patient"),
            models.Index(fields=["escalate_at"], condition=Q(state="open"), name="duties_that_may_escalate"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True) | Q(state="closed", closed_at__isnull=False),
                name="duty_closed_has_its_time",
            ),
            models.CheckConstraint(condition=Q(late_at__gte=models.F("due_at")), name="duty_late_after_due"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {str(self.pk)[:8]}"

    @property
    def is_open(self) -> bool:
        return self.state == DutyState.OPEN


class Step(models.TextChoices):
    OPENED = "opened", "Opened"
    TAKEN = "taken", "Taken"
    PASSED = "passed", "Passed on"
    ESCALATED = "escalated", "Escalated"
    CLOSED = "closed", "Done"


class DutyStep(Fact):
    """What happened to a duty: to whom it went, and for a closing, the record that proves it."""

    duty = models.ForeignKey(Duty, models.PROTECT, related_name="steps")
    step = models.CharField(max_length=10, choices=Step)
    to_role = models.CharField(max_length=2, choices=Role, blank=True)
    to_user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    evidence_kind = models.CharField(max_length=60, blank=True)
    evidence_id = models.UUIDField(null=True, blank=True)

    class Meta(Fact.Meta):
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(step="closed") | Q(evidence_id__isnull=False), name="duty_is_closed_by_evidence"
            ),
        ]
