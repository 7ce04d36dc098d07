"""Organisation and clinic, the two shapes every record takes, and the tables the walls themselves need.

A *fact* is added and never changed: an amendment is a new row that names the old one. A *work* row is the mutable
spine beside facts (a queue entry, a state, a draft) and carries a version. `wall` classifies every table; the walls
(row policies, grants, triggers) are raised from that word by `ketacare migrate`.
"""

from __future__ import annotations

import uuid
from functools import cache
from typing import Any, ClassVar, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.encoding import force_str

from ketacare.clinic.tenancy.walls import APPLICATION_ROLE, TENANT


class Organisation(models.Model):
    """The tenant: nothing below one organisation is visible to another."""

    wall: ClassVar[str] = "global"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


class Clinic(models.Model):
    """A site with its own clock, address and audit chain."""

    wall: ClassVar[str] = "global"
    # Seen by everybody, changed in a few columns and only from inside its own organisation.
    wall_sql: ClassVar[tuple[str, ...]] = (
        f"grant update (doses_over_by, is_open_all_night, country, crisis_name, crisis_number, crisis_hours, "
        f"emergency_number) on tenancy_clinic to {APPLICATION_ROLE}",
        "alter table tenancy_clinic enable row level security",
        *(f"drop policy if exists {name} on tenancy_clinic" for name in ("seen", "founded", "changed")),
        "create policy seen on tenancy_clinic for select using (true)",
        "create policy founded on tenancy_clinic for insert with check (true)",
        f"create policy changed on tenancy_clinic for update using (organisation_id = {TENANT})",
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="clinics")
    name = models.CharField(max_length=200)
    zone = models.CharField(max_length=64, help_text="IANA time zone, for example America/New_York")
    address = models.TextField(blank=True)
    telephone = models.CharField(max_length=40, blank=True)
    country = models.CharField(max_length=2, default="US", help_text="ISO 3166; it chooses the crisis line")
    crisis_name = models.CharField(max_length=80, blank=True, help_text="Own crisis line, where no sheet knows one")
    crisis_number = models.CharField(max_length=30, blank=True)
    crisis_hours = models.CharField(max_length=40, blank=True)
    emergency_number = models.CharField(max_length=30, blank=True)
    opens_at = models.TimeField(default="07:30")
    closes_at = models.TimeField(default="17:30")
    doses_over_by = models.TimeField(
        null=True, blank=True, help_text="When the last patient has gone home; empty: nobody has said"
    )
    is_open_all_night = models.BooleanField(
        default=False, help_text="Somebody stays through the night, so that no start is held to an hour"
    )
    is_training = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name

    @property
    def paper(self) -> str:
        """The sheets that lie in its printers."""
        return "us-letter" if self.country in ("US", "CA", "MX") else "a4"


class ClinicHead(models.Model):
    """The last numbers given out in a clinic; moved only by the database at commit."""

    wall: ClassVar[str] = "own"
    grant: ClassVar[str] = "SELECT, INSERT"

    clinic = models.OneToOneField(Clinic, models.PROTECT, primary_key=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    live_number = models.BigIntegerField(default=0)
    audit_number = models.BigIntegerField(default=0)
    audit_hash = models.CharField(max_length=64, default="")


FactRow = TypeVar("FactRow", bound=models.Model, covariant=True)


class FactQuerySet(models.QuerySet[FactRow]):
    """Facts, with the word `current` for those that still stand."""

    def current(self) -> Self:
        return self.filter(amended_by__isnull=True, in_error=False)


@cache
def _labels(field: models.Field[Any, Any]) -> dict[object, object]:
    return dict(field.flatchoices)


class Told(models.Model):
    """What a row says in words. Django lays out all labels of a field anew for each row it is asked of; a page of
    hundreds of rows looks them up in one table."""

    class Meta:
        abstract = True

    def _get_FIELD_display(self, field: models.Field[Any, Any]) -> str:
        value = getattr(self, field.attname)
        return force_str(_labels(field).get(value, value), strings_only=True)


class Fact(Told):
    """Append-only. `happened_at` is when it was true, `recorded_at` when it was written down."""

    wall: ClassVar[str] = "fact"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    amends = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="amended_by")
    amend_reason = models.CharField(max_length=300, blank=True)
    in_error = models.BooleanField(default=False)

    objects = FactQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(amends__isnull=True) | ~Q(amend_reason=""), name="%(app_label)s_%(class)s_amend_says_why"
            )
        ]

    @property
    def is_late_entry(self) -> bool:
        """More than five minutes between happening and recording shows as "late entry"."""
        return (self.recorded_at - self.happened_at).total_seconds() > 300


class Work(Told):
    """Mutable spine with a version; never holds a clinical fact that exists nowhere else."""

    wall: ClassVar[str] = "work"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True


class LiveEvent(models.Model):
    """What happened on a live topic. Numbered per clinic by the database at commit, so no reader can skip one."""

    wall: ClassVar[str] = "own"
    grant: ClassVar[str] = "SELECT, INSERT, DELETE"

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    number = models.BigIntegerField(null=True)
    topic = models.CharField(max_length=80)
    kind = models.CharField(max_length=20)
    body = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "number"], name="live_number_once_per_clinic")]


class OnceKey(models.Model):
    """A request that has been answered: the same key and body get the same answer (I5)."""

    wall: ClassVar[str] = "own"
    grant: ClassVar[str] = "SELECT, INSERT, UPDATE, DELETE"

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    actor_id = models.UUIDField()
    key = models.UUIDField()
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "actor_id", "key"], name="once_key_once")]
