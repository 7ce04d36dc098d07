"""Devices and their pairings, readings, and the watch over each session: its state, its steps and its signals."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from ketacare.clinic.people.models import User
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.models import Clinic, Fact, Organisation, Work


class PairedDuring(Func):
    """The half-open period of a pairing; an open one has no end."""

    function = "tstzrange"
    output_field = DateTimeRangeField()


class Device(Work):
    """A bedside monitor, known by the address its messages carry."""

    INTERVAL_MOST_S = 60  # a slow gateway's: what promises less is silent for so long that nobody is watched (T2, H6)

    name = models.CharField(max_length=60)
    address = models.CharField(max_length=200, help_text="Bed at its station, equipment id, or sending application")
    serial = models.CharField(max_length=60, blank=True, help_text="As on its plate")
    channels = models.JSONField(default=list, help_text="What it promises to send while paired")
    interval_s = models.PositiveSmallIntegerField(default=1)
    token_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of its key for the JSON door")
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "address"], condition=Q(retired_at__isnull=True), name="device_address_once"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def promises_every_s(self) -> int:
        """One that was set up to be slower than any may be is missed all the same."""
        return min(self.interval_s, self.INTERVAL_MOST_S)


class Way(models.TextChoices):
    """How a message of a monitor comes to us; empty is not on record, as of what came before this was noted."""

    HL7 = "hl7", "HL7"
    JSON = "json", "JSON"
    MQTT = "mqtt", "MQTT"


class DeviceClock(models.Model):
    """How far a device's clock is from ours (I9), kept apart from the device because it moves with every message."""

    wall: ClassVar[str] = "own"
    grant: ClassVar[str] = "SELECT, INSERT, UPDATE"

    device = models.OneToOneField(Device, models.PROTECT, primary_key=True, related_name="clock")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    skew_ms = models.BigIntegerField(null=True)
    skew_at = models.DateTimeField(null=True)
    other_ms = models.BigIntegerField(null=True, help_text="A larger difference that is not yet believed")
    other_since = models.DateTimeField(null=True)
    last_received_at = models.DateTimeField(null=True)
    way = models.CharField(max_length=8, choices=Way, blank=True, default="", help_text="By which the last came")


class DeviceCuff(models.Model):
    """What a device last sent of its cuff under the time of the message, and when it last sent the same (H8)."""

    wall: ClassVar[str] = "own"
    grant: ClassVar[str] = "SELECT, INSERT, UPDATE"

    device = models.OneToOneField(Device, models.PROTECT, primary_key=True, related_name="cuff")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    values = models.JSONField(default=dict)
    last_at = models.DateTimeField()


class DeviceLease(models.Model):
    """Which gateway takes this monitor's messages, and until when if it says nothing more. By the database's clock."""

    wall: ClassVar[str] = "own"
    grant: ClassVar[str] = "SELECT, INSERT, UPDATE"

    device = models.OneToOneField(Device, models.PROTECT, primary_key=True, related_name="lease")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    holder = models.CharField(max_length=80)
    until = models.DateTimeField()
    peer = models.CharField(max_length=100, blank=True, default="", help_text="From which address it sent last")
    heard_at = models.DateTimeField(null=True)


class Pairing(Work):
    """This monitor is on this person, from then until then: explicit, exclusive, and never without an end (H26)."""

    device = models.ForeignKey(Device, models.PROTECT, related_name="pairings")
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="pairings")
    paired_at = models.DateTimeField()
    paired_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    until = models.DateTimeField(help_text="Ends by itself then, whatever people forget")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    end_reason = models.CharField(max_length=200, blank=True, help_text="Why a person took it off; empty at the end")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["device"], condition=Q(ended_at__isnull=True), name="one_patient_a_device"),
            ExclusionConstraint(
                name="pairings_do_not_overlap",
                expressions=[
                    ("device", RangeOperators.EQUAL),
                    (PairedDuring("paired_at", "ended_at", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("paired_at")), name="pairing_ends_after_it_began"
            ),
            models.CheckConstraint(condition=Q(until__gt=F("paired_at")), name="pairing_has_an_end"),
        ]


class Source(models.TextChoices):
    DEVICE = "device", "Device"
    HAND = "hand", "Typed"


class Reading(models.Model):
    """One value of one channel, as it came; append-only. Order of arrival is `id`, order of happening `taken_at`."""

    wall: ClassVar[str] = "own"
    append_only: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="readings", db_index=False)
    device = models.ForeignKey(Device, models.PROTECT, null=True, related_name="+", db_index=False)
    channel = models.CharField(max_length=12)
    value = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    unit = models.CharField(max_length=12)
    taken_at = models.DateTimeField()
    device_at = models.DateTimeField(null=True, help_text="What the device's own clock said, where it is another time")
    received_at = models.DateTimeField()
    quality = models.CharField(max_length=12)
    reason = models.CharField(max_length=160, blank=True)
    source = models.CharField(max_length=6, choices=Source)
    message = models.BigIntegerField(null=True, help_text="The kept message it came in")
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    amends = models.OneToOneField("self", models.PROTECT, null=True, related_name="amended_by")
    amend_reason = models.CharField(max_length=300, blank=True)
    in_error = models.BooleanField(default=False)

    class Meta:
        constraints = [
            # Also the index of every trend. A twin is dropped, whichever way it came (T8).
            models.UniqueConstraint(
                fields=["organisation", "visit", "channel", "taken_at", "device", "value", "amends"],
                nulls_distinct=False,
                name="reading_once",
            ),
            models.CheckConstraint(condition=Q(value__isnull=False) | ~Q(quality="good"), name="good_has_value"),
            models.CheckConstraint(
                condition=Q(source="device", device__isnull=False) | Q(source="hand", recorded_by__isnull=False),
                name="reading_has_an_origin",
            ),
            models.CheckConstraint(
                condition=Q(amends__isnull=True) | ~Q(amend_reason=""), name="reading_amend_says_why"
            ),
        ]

    @property
    def is_late_entry(self) -> bool:
        return self.source == Source.HAND and (self.received_at - self.taken_at).total_seconds() > 300


class StrayStream(Work):
    """A monitor that sends and is paired with nobody: messages are kept, listed here, and go into no chart (H26)."""

    address = models.CharField(max_length=200)
    device = models.ForeignKey(Device, models.PROTECT, null=True, related_name="+")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    messages = models.PositiveIntegerField(default=0)
    last_message = models.BigIntegerField(null=True)
    last_values = models.JSONField(default=dict, help_text="Its last pulse and saturation, to know it by at the chair")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "address"], condition=Q(closed_at__isnull=True), name="one_open_stray_an_address"
            )
        ]


class Watch(Work):
    """The alarm engine over one visit. `version` counts its steps.

    `state` is a copy of the engine's state as it was at `state_version`, as text, because the order of its parts
    matters; the steps since lead from there to now.
    """

    visit = models.OneToOneField(Visit, models.PROTECT, related_name="watch")
    state = models.TextField()
    state_version = models.PositiveIntegerField(default=1)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True, help_text="The next moment at which time alone may change something")

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "next_at"], condition=Q(ended_at__isnull=True), name="running_watches")
        ]


class WatchStep(models.Model):
    """What the engine was given, in its order, with every tick that mattered: replayed, the same signals come (A1)."""

    wall: ClassVar[str] = "own"
    append_only: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField(help_text="The version of the watch this step led to")
    at = models.DateTimeField()
    given = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "visit", "number"], name="watch_step_numbered_once")
        ]


class AlarmSignal(models.Model):
    """The alarm log (A18): every change people were told of. It cannot be switched off, changed or thinned."""

    wall: ClassVar[str] = "own"
    append_only: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="signals", db_index=False)
    step = models.PositiveIntegerField()
    at = models.DateTimeField()
    condition = models.CharField(max_length=80)
    kind = models.CharField(max_length=14)
    presence = models.CharField(max_length=10)
    state = models.CharField(max_length=14)
    sounding = models.BooleanField()
    priority = models.CharField(max_length=8, blank=True)
    rule = models.CharField(max_length=80, blank=True)
    channel = models.CharField(max_length=12, blank=True)
    value = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    limit = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    since = models.DateTimeField(null=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        indexes = [models.Index(fields=["organisation", "visit", "id"])]


class LimitsInForce(Fact):
    """Which limits judge a visit, from when, and why (A14)."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="limits")
    sheet = models.CharField(max_length=60)
    sheet_version = models.CharField(max_length=20)
    limits = models.JSONField()
    why = models.CharField(max_length=300)


class Beat(models.Model):
    """A process of ours says it is alive; screens say NOT LIVE when the watch stops saying so (D9)."""

    wall: ClassVar[str] = "own"
    grant: ClassVar[str] = "SELECT, INSERT, UPDATE"

    process = models.CharField(primary_key=True, max_length=40)
    at = models.DateTimeField()
    late_ms = models.PositiveIntegerField(default=0, help_text="How late what it did lately was, at the worst")
