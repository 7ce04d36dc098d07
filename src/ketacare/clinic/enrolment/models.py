"""A referral and its steps; an enrolment and its signed plan."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from ketacare.clinic.people.models import Patient, PatientFact, Sex
from ketacare.clinic.protocols.models import Adoption
from ketacare.clinic.tenancy.models import Fact, Work
from ketacare.medicine.quantities.terms import Duration, Mass, MassPerWeight


class Source(models.TextChoices):
    CLINICIAN = "clinician", "Another clinician"
    SELF = "self", "The person themselves"
    FAMILY = "family", "Family or a friend"
    HOSPITAL = "hospital", "A hospital or crisis team"
    OTHER = "other", "Somebody else"


class Urgency(models.TextChoices):
    """How soon somebody must look; the order is the order of the list."""

    CRISIS = "crisis", "Crisis: danger now"
    URGENT = "urgent", "Urgent, within 48 h"
    SOON = "soon", "Soon, within a week"
    ROUTINE = "routine", "Routine, within two weeks"


class Referral(Fact):
    """What somebody asked of us, in their words, with the identity they gave. Whom it is about is a step beside it:
    a clinician outside may send one, but only the front desk may say which person in our records is meant."""

    source = models.CharField(max_length=10, choices=Source)
    referrer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    referrer_name = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=2000)
    urgency = models.CharField(max_length=8, choices=Urgency)
    answer_due_at = models.DateTimeField()
    family = models.CharField(max_length=120)
    given = models.CharField(max_length=120)
    born_on = models.DateField()
    sex = models.CharField(max_length=10, choices=Sex, default=Sex.UNKNOWN)
    telephone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    may_text = models.BooleanField(null=True)
    may_email = models.BooleanField(null=True)
    voicemail_is_safe = models.BooleanField(null=True)

    class Meta(Fact.Meta):
        indexes = [models.Index(fields=["clinic", "answer_due_at"])]


class Step(models.TextChoices):
    RECEIVED = "received", "Received"
    IDENTIFIED = "identified", "Person identified"
    REACHED = "reached", "Person reached"
    NOT_REACHED = "not_reached", "Tried, not reached"
    EVALUATING = "evaluating", "Being evaluated"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined with advice"
    WITHDRAWN = "withdrawn", "Withdrawn by the person"
    CRISIS = "crisis", "Sent the crisis route"


FINAL_STEPS = frozenset({Step.ACCEPTED, Step.DECLINED, Step.WITHDRAWN})


class ReferralStep(Fact):
    """One thing that happened to a referral; the newest says where it stands."""

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="steps")
    step = models.CharField(max_length=12, choices=Step)
    patient = models.ForeignKey(Patient, models.PROTECT, null=True, blank=True, related_name="referral_steps")
    words = models.CharField(max_length=300, blank=True)

    class Meta(Fact.Meta):
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(step=Step.IDENTIFIED) | Q(patient__isnull=False), name="identified_names_a_patient"
            ),
        ]


class EnrolmentState(models.TextChoices):
    PROPOSED = "proposed", "Proposed"
    ACTIVE = "active", "Active"
    ENDED = "ended", "Ended"


class Enrolment(Work):
    """One patient in one programme, under the versions of the sheets it began with."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="enrolments")
    adoption = models.ForeignKey(Adoption, models.PROTECT, related_name="enrolments")
    sheets = models.JSONField(
        default=dict, help_text="The version of every sheet that counted when it began, by id (H19)"
    )
    treats = models.CharField(max_length=60, blank=True, help_text="The main diagnosis for which it began, in words")
    judgement_id = models.UUIDField(help_text="The prescriber's decision in the candidacy room that accepted")
    state = models.CharField(max_length=8, choices=EnrolmentState, default=EnrolmentState.PROPOSED)
    ended_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True, help_text="Since when nothing more is asked or sent")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient"], condition=~Q(state="ended"), name="one_open_enrolment_per_patient"
            ),
            models.CheckConstraint(
                condition=Q(state="ended", ended_at__isnull=False) | ~Q(state="ended") & Q(ended_at__isnull=True),
                name="enrolment_ended_has_its_time",
            ),
        ]

    @property
    def sheet_id(self) -> str:
        return self.adoption.sheet_id

    @property
    def sheet_version(self) -> str:
        return self.adoption.sheet_version

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.sheet_version}, {self.get_state_display().lower()}"


class Turn(models.TextChoices):
    PAUSED = "paused", "Paused"
    RESUMED = "resumed", "Resumed"


class CourseTurn(PatientFact):
    """A course stood still, or went on again, and why."""

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="turns")
    turn = models.CharField(max_length=7, choices=Turn)
    reason = models.CharField(max_length=300)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(reason=""), name="a_course_turns_with_a_reason"),
        ]


class Plan(PatientFact):
    """What the prescriber signed: drug, route, dose per weight, time, number. `recorded_by` is the signature."""

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="plans")
    sheet_id = models.CharField(max_length=40)
    sheet_version = models.CharField(max_length=20)
    drug = models.CharField(max_length=60)
    route = models.CharField(max_length=20)
    dose_mg_per_kg = models.DecimalField(max_digits=5, decimal_places=3, null=True)
    dose_mg = models.DecimalField(max_digits=7, decimal_places=3, null=True, help_text="The same for every weight")
    infusion_min = models.DecimalField(max_digits=5, decimal_places=1, null=True)
    sessions = models.PositiveSmallIntegerField()
    first_on = models.DateField()
    goals = models.CharField(max_length=1000, blank=True)
    other_product = models.CharField(max_length=300, blank=True, help_text="Why it is not what was accepted")
    setting = models.CharField(max_length=300, blank=True, help_text="Where a path by exception is carried out")

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(
                condition=(
                    Q(dose_mg_per_kg__gt=0, dose_mg__isnull=True) | Q(dose_mg__gt=0, dose_mg_per_kg__isnull=True)
                )
                & (Q(infusion_min__isnull=True) | Q(infusion_min__gt=0))
                & Q(sessions__gt=0),
                name="plan_amounts_positive",
            ),
        ]

    @property
    def dose(self) -> MassPerWeight | Mass:
        """By weight of the day, or the same for everybody."""
        if self.dose_mg_per_kg is not None:
            return MassPerWeight(self.dose_mg_per_kg)
        assert self.dose_mg is not None  # the constraint
        return Mass(self.dose_mg)

    @property
    def over(self) -> str:
        """ "over 40 min" of an infusion; nothing of a dose that is given at once."""
        return "" if self.infusion_min is None else f"over {Duration(self.infusion_min)}"

    @property
    def dose_words(self) -> str:
        return f"{self.dose} {self.over}".strip()


class ReviewChoice(models.TextChoices):
    """What a prescriber decides of a course as a whole."""

    CONTINUE = "continue", "Continue as planned"
    CHANGE = "change", "Change the plan"
    STOP = "stop", "Stop"
    SWITCH = "switch", "Switch to another treatment"


ENDS_THE_COURSE = frozenset({ReviewChoice.STOP, ReviewChoice.SWITCH})


class Review(PatientFact):
    """A course looked at after so many doses, and what was decided; `facts` is what stood in front of who decided."""

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="reviews")
    after_doses = models.PositiveSmallIntegerField()
    choice = models.CharField(max_length=8, choices=ReviewChoice)
    reason = models.CharField(max_length=1000)
    facts = models.JSONField(default=list)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(reason=""), name="review_says_why"),
            models.CheckConstraint(
                condition=Q(after_doses__gt=0) | Q(choice__in=["stop", "switch"]),
                name="before_a_dose_a_course_only_ends",
            ),
        ]

    @property
    def when(self) -> str:
        """After which dose it was decided."""
        return f"after dose {self.after_doses}" if self.after_doses else "before the first dose"


class AfterStop(models.TextChoices):
    """What follows when a course ends, in this order."""

    SAFETY = "safety", "Asked about safety"
    NEXT = "next", "Planned what comes next"
    LETTER = "letter", "Wrote to whoever referred"


class ReviewStep(PatientFact):
    """That one of the things which follow was done, and how."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="steps")
    step = models.CharField(max_length=6, choices=AfterStop)
    words = models.CharField(max_length=500)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(words=""), name="review_step_says_how"),
        ]
