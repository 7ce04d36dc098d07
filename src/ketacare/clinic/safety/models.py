"""A concern, its steps, and who is on call.

The concern row is the spine that lists read; every step is a fact. Nothing but a clinician's decision closes one:
the database refuses a closed concern that does not say who, what was found and what was done.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from ketacare.clinic.channels.models import OneCall
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
    backup = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    offered_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    offered_at = models.DateTimeField(null=True, blank=True)
    offer_words = models.CharField(max_length=500, blank=True, help_text="What whoever takes over must know")
    called_off_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="on_call_ends_after_start"),
            models.CheckConstraint(condition=~Q(backup=F("user")), name="nobody_backs_themselves_up"),
            models.CheckConstraint(condition=~Q(offered_to=F("user")), name="no_shift_is_offered_to_its_owner"),
            ExclusionConstraint(
                name="one_person_on_call",
                expressions=[
                    ("clinic", RangeOperators.EQUAL),
                    (TsTzRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
                condition=Q(called_off_at__isnull=True),
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


# At commit, so that the decision and the closing may come in either order; the tenant is the row's own.
CLOSED_BY_A_DECISION = """
create or replace function ketacare_closed_by_a_decision() returns trigger language plpgsql as $$
declare tenant text := current_setting('ketacare.organisation', true); decided boolean;
begin
  perform set_config('ketacare.organisation', new.organisation_id::text, true);
  select exists (select from safety_concernstep s where s.concern_id = new.id and s.step = 'decided'
    and s.recorded_by_id = new.closed_by_id) into decided;
  perform set_config('ketacare.organisation', coalesce(tenant, ''), true);
  if new.state = 'closed' and not decided then
    raise exception 'a concern is closed by the decision of whoever closed it, and by nothing else'
      using errcode = 'check_violation';
  end if;
  return null;
end $$
"""


class Concern(Work):
    """An answer or observation that a clinician must judge."""

    wall_sql: ClassVar[tuple[str, ...]] = (
        CLOSED_BY_A_DECISION,
        "drop trigger if exists closed_by_a_decision on safety_concern",
        "create constraint trigger closed_by_a_decision after insert or update on safety_concern "
        "deferrable initially deferred for each row execute function ketacare_closed_by_a_decision()",
    )

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


# -- who is called about a concern -------------------------------------------------------------------------------------


class ConcernRung(Work):
    """A step of the ladder for one concern, and which time round. `anybody`: was there somebody to call?
    `duty`: words of danger of nobody who is known, which no concern can be about."""

    concern = models.ForeignKey(Concern, models.PROTECT, null=True, related_name="rungs")
    duty = models.ForeignKey(Duty, models.PROTECT, null=True, related_name="rungs")
    rung = models.CharField(max_length=20)
    round = models.PositiveSmallIntegerField(default=1)
    title = models.CharField(max_length=60)
    begun_at = models.DateTimeField()
    anybody = models.BooleanField()
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["concern", "rung", "round"], name="a_rung_once_each_time_round"),
            models.UniqueConstraint(fields=["duty", "rung", "round"], name="a_rung_of_a_duty_once_each_time_round"),
            models.CheckConstraint(
                condition=Q(concern__isnull=False, duty__isnull=True) | Q(concern__isnull=True, duty__isnull=False),
                name="a_rung_is_of_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rung} {str(self.pk)[:8]}"


class ConcernCall(OneCall):
    """One message about a concern. Its words name no patient and no answer (D7)."""

    rung = models.ForeignKey(ConcernRung, models.PROTECT, related_name="calls")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rung", "user", "channel"], name="paged_once_by_each_channel"),
        ]
        indexes = [models.Index(fields=["created_at"], condition=Q(state="waiting"), name="pages_to_be_sent")]


class HelpState(models.TextChoices):
    WAITING = "waiting", "To be sent"
    SENT = "sent", "Sent, delivery not confirmed"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Not delivered"
    CAUGHT = "caught", "Caught by the demo"
    HELD = "held", "Not sent"


HELD_ONCE = "it went once, for everybody whom these words reached"  # why it did not go with this row of them


class HelpText(Work):
    """Where help is, sent to the number from which words of danger came. `source_id`: the answer that held them. Its
    words name nobody, and not the clinic either."""

    source_id = models.UUIDField(unique=True)
    address = models.CharField(max_length=40)
    words = models.TextField()
    state = models.CharField(max_length=9, choices=HelpState, default=HelpState.WAITING)
    why = models.CharField(max_length=80, blank=True, help_text="Why it was not sent or did not arrive")
    receipt = models.UUIDField(default=uuid.uuid4, unique=True, help_text="By which the gateway reports on this try")
    earlier_receipts = models.JSONField(default=list, help_text="Of the tries before this one")
    tries = models.PositiveSmallIntegerField(default=0)
    try_after = models.DateTimeField(help_text="It waits, or a sender has it, until then")
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["try_after"], condition=Q(state="waiting"), name="help_texts_to_be_sent"),
            models.Index(fields=["address", "created_at"], name="help_texts_of_a_number"),
        ]

    def __str__(self) -> str:
        return f"help text {str(self.pk)[:8]}"

    subject = "Help is there now / Hay ayuda ahora"  # of a mail alone

    @property
    def channel(self) -> str:
        """As a gateway takes it."""
        return "mail" if "@" in self.address else "text"

    @property
    def body(self) -> str:
        return self.words

    @property
    def is_with_another(self) -> bool:
        """Not sent with these words, because it went with the same words to another whom they reached."""
        return self.state == HelpState.HELD and self.why == HELD_ONCE


# -- the standing flag -------------------------------------------------------------------------------------------------


class FlagState(models.TextChoices):
    STANDING = "standing", "Standing"
    ASKED = "asked", "Standing, lowering asked for"
    LOWERED = "lowered", "Lowered"


class RiskFlag(Work):
    """This patient is at high risk until two people say otherwise: one with a reason, another who looked too."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="risk_flags")
    state = models.CharField(max_length=8, choices=FlagState, default=FlagState.STANDING)
    since = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField(blank=True, help_text="Why it may be lowered")
    lowered_at = models.DateTimeField(null=True, blank=True)
    lowered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient"], condition=~Q(state="lowered"), name="one_flag_stands"),
            models.CheckConstraint(
                condition=Q(state="standing", asked_by__isnull=True, lowered_by__isnull=True)
                | Q(state="asked", asked_by__isnull=False, lowered_by__isnull=True) & ~Q(reason="")
                | Q(state="lowered", asked_by__isnull=False, lowered_by__isnull=False, lowered_at__isnull=False)
                & ~Q(reason="")
                & ~Q(asked_by=F("lowered_by")),
                name="a_flag_is_lowered_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"flag {str(self.pk)[:8]}"


class FlagStep(PatientFact):
    """Raised, again found, lowering asked for, kept up, lowered: a fact each, with its words."""

    flag = models.ForeignKey(RiskFlag, models.PROTECT, related_name="steps")
    step = models.CharField(
        max_length=8,
        choices=[
            ("raised", "Raised"),
            ("again", "Found again"),
            ("asked", "Lowering asked for"),
            ("kept", "Kept up"),
            ("lowered", "Lowered"),
        ],
    )
    words = models.TextField()

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(words=""), name="a_flag_step_says_why"),
        ]
