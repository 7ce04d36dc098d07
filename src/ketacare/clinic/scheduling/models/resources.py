"""What a visit needs: rooms, pumps, monitors and people with their skills, hours and absences; and the site's rules."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Deferrable, F, Func, Q

from ketacare.clinic.scheduling.models.visits import Chair, TsTzRange, Visit
from ketacare.clinic.tenancy.models import Fact, Work


class ResourceKind(models.TextChoices):
    ROOM = "room", "Room"
    PUMP = "pump", "Pump"
    MONITOR = "monitor", "Monitor"


class Resource(Work):
    """A room, pump or monitor that only one visit can have at a time. Chairs have a table of their own."""

    kind = models.CharField(max_length=8, choices=ResourceKind)
    name = models.CharField(max_length=40)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "kind", "name"], name="resource_named_once")]

    def __str__(self) -> str:
        return self.name


class Skill(models.TextChoices):
    """What a person is planned for."""

    INFUSION = "infusion", "Starts and watches a dose"
    THERAPY = "therapy", "Therapy"
    PRESCRIBE = "prescribe", "Evaluates, reviews and supervises"
    LABORATORY = "laboratory", "Takes blood"


class StaffSkill(Work):
    """That somebody is planned for a kind of work here, until it is taken back."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="skills")
    skill = models.CharField(max_length=10, choices=Skill)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "user", "skill"], condition=Q(ended_at__isnull=True), name="one_open_skill"
            )
        ]


class WeekHours(Fact):
    """The hours of a usual week, of the clinic itself or of one person, by the clinic's clock: weekday 0 to 6 to a
    pair of times. Another week amends this one; what was true before stays readable."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    week = models.JSONField(help_text='{"0": ["08:00", "17:00"]}: Monday is 0; a day that is left out is closed')

    class Meta(Fact.Meta):
        constraints = [
            *Fact.Meta.constraints,
            models.UniqueConstraint(
                fields=["clinic", "user"],
                condition=Q(amends__isnull=True),
                nulls_distinct=False,
                name="one_week_of_hours",
            ),
        ]


class SiteRules(Fact):
    """What this site holds a plan to. Amended with a reason; the rows before stay readable."""

    hands_on_min = models.PositiveSmallIntegerField(help_text="One nurse's hands from the start of a dose")
    watched_most = models.PositiveSmallIntegerField(help_text="Chairs that one nurse watches at once, in recovery")
    watched_acting = models.PositiveSmallIntegerField(null=True, help_text="While a dose acts")
    watched_nasal = models.PositiveSmallIntegerField(null=True, help_text="Of esketamine by the nose")
    end_before_closing_min = models.PositiveSmallIntegerField(help_text="The last chair is free so long before closing")
    needs_supervisor = models.BooleanField(default=True)

    class Meta(Fact.Meta):
        constraints = [
            *Fact.Meta.constraints,
            models.UniqueConstraint(fields=["clinic"], condition=Q(amends__isnull=True), name="site_rules_begin_once"),
            models.CheckConstraint(condition=Q(watched_most__gte=1, watched_most__lte=8), name="watched_chairs_sane"),
            models.CheckConstraint(
                condition=(Q(watched_acting=None) | Q(watched_acting__gte=1, watched_acting__lte=8))
                & (Q(watched_nasal=None) | Q(watched_nasal__gte=1, watched_nasal__lte=8)),
                name="watched_while_it_acts_sane",
            ),
        ]


class AbsenceKind(models.TextChoices):
    LEAVE = "leave", "Leave"
    ILL = "ill", "Ill"
    TRAINING = "training", "Training"
    HOLIDAY = "holiday", "The clinic is closed"


class Absence(Work):
    """Somebody is away, or the clinic is closed (nobody named). Taken back, it stays readable."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="absences")
    kind = models.CharField(max_length=8, choices=AbsenceKind)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    words = models.CharField(max_length=200, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="absence_ends_after_start"),
            models.CheckConstraint(
                condition=Q(kind="holiday", user__isnull=True) | ~Q(kind="holiday") & Q(user__isnull=False),
                name="a_holiday_is_nobodys_leave",
            ),
            ExclusionConstraint(
                name="no_overlapping_leave",
                expressions=[
                    ("clinic", RangeOperators.EQUAL),
                    ("user", RangeOperators.EQUAL),
                    (TsTzRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
                condition=Q(withdrawn_at__isnull=True, user__isnull=False),
            ),
        ]


class Outage(Work):
    """A chair or a resource that cannot be used, until it can be again."""

    chair = models.ForeignKey(Chair, models.PROTECT, null=True, blank=True, related_name="outages")
    resource = models.ForeignKey(Resource, models.PROTECT, null=True, blank=True, related_name="outages")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    words = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(chair__isnull=False, resource__isnull=True) | Q(chair__isnull=True, resource__isnull=False),
                name="an_outage_is_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("starts_at")), name="an_outage_ends_after_it_began"
            ),
        ]


class Lanes(Func):
    """The lanes of one person that a visit takes."""

    function = "INT4RANGE"


class Hold(Work):
    """A person, room, pump or monitor that a visit has from then until then. Lane 0 is a person's hands; the lanes from
    1 are the chairs that one nurse watches at once; a visit that wants the whole person takes all of them. The database
    gives nothing to two visits."""

    EVERY_LANE = 9

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="holds")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="holds")
    resource = models.ForeignKey(Resource, models.PROTECT, null=True, blank=True, related_name="holds")
    lane = models.PositiveSmallIntegerField(default=0)
    lane_until = models.PositiveSmallIntegerField(default=EVERY_LANE)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    is_held = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["clinic", "starts_at"], condition=Q(is_held=True), name="holds_by_day")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="hold_ends_after_start"),
            models.CheckConstraint(
                condition=Q(user__isnull=False, resource__isnull=True) | Q(user__isnull=True, resource__isnull=False),
                name="a_hold_is_of_one_thing",
            ),
            models.CheckConstraint(condition=Q(lane_until__lte=9, lane__lt=F("lane_until")), name="hold_lanes_bounded"),
            ExclusionConstraint(
                name="no_person_twice",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    (Lanes("lane", "lane_until"), RangeOperators.OVERLAPS),
                    (TsTzRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
                condition=Q(is_held=True, user__isnull=False),
                deferrable=Deferrable.IMMEDIATE,
            ),
            ExclusionConstraint(
                name="no_resource_twice",
                expressions=[
                    ("resource", RangeOperators.EQUAL),
                    (TsTzRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
                condition=Q(is_held=True, resource__isnull=False),
                deferrable=Deferrable.IMMEDIATE,
            ),
        ]
