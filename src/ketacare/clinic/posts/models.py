"""Posts that were asked for, and why one ended. The post itself is `people.Staff`."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from ketacare.clinic.people.models import Role, Staff
from ketacare.clinic.tenancy.models import Fact, Work

# Who acts by a licence of their own.
LICENSED = (Role.RN, Role.RX, Role.TH, Role.ET, Role.MD)
# Those that a clinic gives to people who work with it. A patient's comes from their record, a client's from its key.
GIVEN = tuple((role.value, role.label) for role in Role if role not in (Role.PT, Role.IC))


class PostAsked(Work):
    """Somebody is to work here; another person says yes or no (safety.md section 6: two people)."""

    name = models.CharField(max_length=200)
    address = models.EmailField()
    role = models.CharField(max_length=2, choices=GIVEN)
    words = models.CharField(max_length=300)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_words = models.CharField(max_length=300, blank=True)
    post = models.OneToOneField(Staff, models.PROTECT, null=True, related_name="asked")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "address", "role"],
                condition=Q(decided_at=None, withdrawn_at=None),
                name="one_post_is_asked_for_once",
            ),
            models.CheckConstraint(
                condition=Q(decided_at=None) | Q(withdrawn_at=None), name="a_post_is_decided_or_taken_back"
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")), name="a_post_is_two_people"
            ),
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_by=None, post=None)
                | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="a_post_is_given_by_whoever_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"post asked {str(self.pk)[:8]}"

    @property
    def waits(self) -> bool:
        return self.decided_at is None and self.withdrawn_at is None


class PostEnd(Fact):
    """Who ended a post, and why."""

    post = models.OneToOneField(Staff, models.PROTECT, related_name="end")
    words = models.CharField(max_length=300)

    def __str__(self) -> str:
        return f"post end {str(self.pk)[:8]}"


class Licence(Fact):
    """Until when somebody's licence was seen to last. What was noted last of a person counts; nobody is planned for
    what they would do past their last day."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="licences")
    number = models.CharField(max_length=60)
    issuer = models.CharField(max_length=120)
    until = models.DateField()

    class Meta(Fact.Meta):
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["clinic", "user", "recorded_at"])]

    def __str__(self) -> str:
        return f"licence {str(self.pk)[:8]}"
