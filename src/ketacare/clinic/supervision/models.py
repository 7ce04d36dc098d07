"""Posts at a session, screens that answer, stretches without, and the rungs of the ladder with the calls they made."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from ketacare.clinic.channels.models import OneCall
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.people.models import PatientFact, Role, User
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.models import Clinic, Fact, Organisation, Work


class Task(models.TextChoices):
    """What a person answers for at a session."""

    SUPERVISES = "supervises", "Supervises"
    WATCHES = "watches", "Watches"


class Place(models.TextChoices):
    ROOM = "room", "In the room"
    SITE = "site", "On site"
    REMOTE = "remote", "Remote"


class Post(Work):
    """One person answers for one task, until somebody has accepted it or it ends (D5).

    The spine that the watch reads each second; who took it, offered it and accepted it are lines of the timeline.
    """

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="posts")
    task = models.CharField(max_length=10, choices=Task)
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    place = models.CharField(max_length=6, choices=Place)
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    offered_to = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    offered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["visit", "task"], condition=Q(ended_at__isnull=True), name="one_person_a_task"
            ),
            models.CheckConstraint(
                condition=Q(offered_to__isnull=True, offered_at__isnull=True)
                | Q(offered_to__isnull=False, offered_at__isnull=False),
                name="an_offer_names_whom_and_when",
            ),
            models.CheckConstraint(condition=~Q(offered_to=F("person")), name="nobody_is_offered_their_own"),
        ]

    def __str__(self) -> str:
        return f"{self.get_task_display()} {str(self.pk)[:8]}"


class Screen(models.Model):
    """A page of somebody that answered: visible then, and with its sound proven or not (D4). `visit` empty: all chairs.

    Moves every few seconds and tells nothing lasting, so it is no fact: what follows from its silence is.
    """

    wall: ClassVar[str] = "own"
    grant: ClassVar[str] = "SELECT, INSERT, UPDATE, DELETE"

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    visit = models.ForeignKey(Visit, models.PROTECT, null=True, related_name="+", db_index=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    screen = models.UUIDField(help_text="One tab of one browser")
    answered_at = models.DateTimeField()
    heard_at = models.DateTimeField(
        null=True, help_text="When it last answered with its sound proven, and not silenced"
    )
    gone = models.BooleanField(default=False, help_text="It said that it is hidden or closed")
    in_room = models.BooleanField(default=False, help_text="Beside the patient: no reason for another to be silent")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "user", "screen", "visit"], nulls_distinct=False, name="a_screen_answers_once"
            )
        ]
        indexes = [models.Index(fields=["clinic", "answered_at"])]


class LapseStep(models.Model):
    """Somebody is missing at a session, more gravely now, or no longer: append-only, as the alarm log is (A18)."""

    wall: ClassVar[str] = "own"
    append_only: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+", db_index=False)
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="lapses", db_index=False)
    missing = models.CharField(max_length=12)
    level = models.CharField(max_length=6)
    since = models.DateTimeField(help_text="Of a lapse: its beginning. Of its end: the answer that ended it")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["visit", "missing", "id"])]


class SelfTest(Fact):
    """A screen tried before it is relied on (D10): what the person saw and heard, and what the machine measured."""

    visit = models.ForeignKey(Visit, models.PROTECT, null=True, related_name="self_tests")
    screen = models.UUIDField()
    lamps = models.BooleanField(help_text="All three colours seen")
    sounds = models.BooleanField(help_text="All three sounds heard")
    link_ms = models.PositiveIntegerField(null=True, help_text="Since the last sign of life of the server")
    offset_ms = models.IntegerField(null=True, help_text="The clock of the screen's machine against the server's")
    paired = models.BooleanField(null=True, help_text="A monitor is on this patient; empty where no chair is meant")
    awake = models.BooleanField(help_text="The machine promised not to sleep")
    passed = models.BooleanField()

    def __str__(self) -> str:
        return f"self-test {str(self.pk)[:8]}"


class CalmingPlan(PatientFact):
    """What helps this person when it becomes too much, in their own words; written before, by therapist or nurse."""

    distress_words = models.CharField(max_length=300, blank=True, help_text="How they say that it is too much")
    helps = models.TextField(help_text="What helps, in order")
    avoid = models.CharField(max_length=300, blank=True)
    touch = models.CharField(
        max_length=8, choices=[("yes", "Yes"), ("no", "No"), ("where", "Only as written"), ("unasked", "Not asked")]
    )
    touch_words = models.CharField(max_length=200, blank=True)
    stop_sign = models.CharField(max_length=120, blank=True, help_text="By which word or hand it is taken back")
    music = models.CharField(max_length=200, blank=True)
    person = models.CharField(max_length=200, blank=True, help_text="Whom to call for them")

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(helps=""), name="a_calming_plan_says_what_helps"),
            models.CheckConstraint(
                condition=~Q(touch="where") | ~Q(touch_words=""), name="touch_only_as_written_is_written"
            ),
        ]


class RungTaken(Work):
    """A step of the ladder for one alarm that rings since then. `anybody`: was there somebody to tell?"""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="rungs")
    condition = models.CharField(max_length=80)
    priority = models.CharField(max_length=8)
    since = models.DateTimeField()
    rung = models.CharField(max_length=20)
    role = models.CharField(max_length=2, choices=Role)
    begun_at = models.DateTimeField()
    anybody = models.BooleanField()
    missed = models.BooleanField(
        default=False,
        help_text="Its time had passed, and a later one's come, when the watch came back: they were called late",
    )
    confirmed_at = models.DateTimeField(null=True)
    card_at = models.DateTimeField(null=True, help_text="When the emergency card was laid before everybody")
    ended_at = models.DateTimeField(null=True, help_text="The alarm was answered or is over")
    duty = models.ForeignKey(Duty, models.PROTECT, related_name="+")
    told_with = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="told_too",
        help_text="Of another alarm at this chair the same people were told in the same words this very moment: once",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["visit", "condition", "since", "rung"], name="a_rung_is_taken_once")
        ]
        indexes = [
            models.Index(fields=["clinic", "visit"], condition=Q(ended_at__isnull=True), name="rungs_that_stand")
        ]

    def __str__(self) -> str:
        return f"{self.rung} {str(self.pk)[:8]}"


class Call(OneCall):
    """One message about an alarm. Its words name an alarm and a chair, never a patient (D7)."""

    rung = models.ForeignKey(RungTaken, models.PROTECT, related_name="calls")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rung", "user", "channel"], name="called_once_by_each_channel")]
        indexes = [models.Index(fields=["created_at"], condition=Q(state="waiting"), name="calls_to_be_sent")]

    @property
    def body(self) -> str:
        return f"{self.words}. Go there."
