"""Accounts, staff and their roles; patients and the facts about who they are."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Now

from ketacare.clinic.tenancy.models import Fact, Work


class Role(models.TextChoices):
    """Whom a clinic gives rights to."""

    FD = "FD", "Front desk"
    RN = "RN", "Nurse"
    RX = "RX", "Prescriber"
    TH = "TH", "Therapist"
    ET = "ET", "Therapist of another practice"
    PT = "PT", "Patient"
    MD = "MD", "Medical director"
    AU = "AU", "Auditor"
    IC = "IC", "Integration client"
    AD = "AD", "Administrator"
    RC = "RC", "Referring clinician"
    RS = "RS", "Researcher"


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **details: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **details)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """An account that can sign in. Holds no patient data beyond the address it signs in with."""

    wall: ClassVar[str] = "work"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())
    temporary_until = models.DateTimeField(
        null=True, blank=True, help_text="Two people gave the password; until then it opens the account once (K7)"
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Framework permissions are not used: rights come from permissions.toml."""
        return False


class Staff(Work):
    """A person's post in a clinic: one role, from then until then."""

    also_visible_by: ClassVar[str] = "user_id"

    user = models.ForeignKey(User, models.PROTECT, related_name="posts")
    role = models.CharField(max_length=2, choices=Role)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "user", "role"],
                condition=models.Q(ended_at__isnull=True),
                name="one_open_post_per_role",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user.name}, {self.get_role_display()}"


class Patient(Work):
    """The spine of a person's record; everything known about them is a fact that points here."""

    user = models.OneToOneField(User, models.PROTECT, null=True, blank=True, related_name="patient")

    def __str__(self) -> str:
        return f"patient {str(self.pk)[:8]}"


class PatientFact(Fact):
    """A fact about a patient."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="%(class)s_facts")

    class Meta(Fact.Meta):
        abstract = True


class Sex(models.TextChoices):
    FEMALE = "female", "Female"
    MALE = "male", "Male"
    OTHER = "other", "Other"
    UNKNOWN = "unknown", "Not known"


class Demographics(PatientFact):
    """Name and date of birth are the two identifiers."""

    family = models.CharField(max_length=120)
    given = models.CharField(max_length=120)
    preferred = models.CharField(max_length=120, blank=True)
    born_on = models.DateField()
    sex = models.CharField(max_length=10, choices=Sex, default=Sex.UNKNOWN)
    gender = models.CharField(max_length=60, blank=True)
    record_number = models.CharField(max_length=20)


class Contact(PatientFact):
    """How a person may be reached, and how not."""

    telephone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=5, default="en")
    may_text = models.BooleanField(null=True)
    may_email = models.BooleanField(null=True)
    voicemail_is_safe = models.BooleanField(null=True)
    shown_as = models.CharField(max_length=120, blank=True, help_text="Who may be said to call, if another answers")
    quiet = models.CharField(max_length=120, blank=True, help_text="When not to call")
    other_person = models.CharField(max_length=200, blank=True, help_text="Whom to call if they cannot be reached")


class AllergyState(models.TextChoices):
    LISTED = "listed", "Allergies listed"
    NONE_KNOWN = "none_known", "No known allergies"
    NOT_ASKED = "not_asked", "Not yet asked"


class Allergies(PatientFact):
    """The allergy list as a whole; the fourth state, "could not be loaded", belongs to the screen."""

    state = models.CharField(max_length=10, choices=AllergyState)
    entries = models.JSONField(default=list, help_text='[{"substance": "...", "reaction": "..."}]')

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(state="listed") & ~models.Q(entries=[])
                | ~models.Q(state="listed") & models.Q(entries=[]),
                name="allergies_listed_has_entries",
            ),
        ]


class BodyMeasure(PatientFact):
    """Weight, and height where measured; kept in kg and cm whatever was typed."""

    weight_kg = models.DecimalField(max_digits=5, decimal_places=1)
    height_cm = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    typed = models.CharField(max_length=40, blank=True, help_text="What was typed, with its unit")


class Consent(PatientFact):
    """A consent given or withdrawn, with the version of the text that was read."""

    kind = models.CharField(max_length=40)
    text_version = models.CharField(max_length=20)
    given = models.BooleanField()
    words = models.CharField(max_length=500, blank=True, help_text="To whom or for what; and why it was withdrawn")


class EmergencyReason(models.TextChoices):
    HARM_NOW = "harm_now", "Somebody may come to harm now"
    MEDICAL = "medical", "A medical emergency, and the team needs what the record says"
    NOBODY_ELSE = "nobody_else", "Whoever treats this person cannot be reached, and it cannot wait"


class BreakGlass(PatientFact):
    """A record opened in an emergency by somebody it is not assigned to: one patient, read only, for an hour (P5)."""

    user = models.ForeignKey(User, models.PROTECT, related_name="emergencies")
    role = models.CharField(max_length=2, choices=Role)
    reason_class = models.CharField(max_length=20, choices=EmergencyReason)
    words = models.CharField(max_length=300)
    until = models.DateTimeField()

    class Meta(PatientFact.Meta):
        indexes = [models.Index(fields=["user", "until"])]
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(until__gt=models.F("happened_at"))
                & models.Q(until__lte=models.F("happened_at") + timedelta(minutes=60)),
                name="an_emergency_opens_for_an_hour_at_most",
            ),
            models.CheckConstraint(condition=~models.Q(words=""), name="an_emergency_says_why"),
        ]

    def __str__(self) -> str:
        return f"emergency opening {str(self.pk)[:8]}"


class CareRelation(Work):
    """Why a person may see a patient's record: therapist assigned, clinician who referred."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="relations")
    user = models.ForeignKey(User, models.PROTECT, related_name="relations")
    kind = models.CharField(max_length=20, choices=[("therapist", "Therapist"), ("referrer", "Referring clinician")])
    ended_at = models.DateTimeField(null=True, blank=True)
    until = models.DateField(
        null=True, blank=True, help_text="The last day of it, on the clinic's calendar; at midnight it is over"
    )
    by_booking = models.BooleanField(default=False, help_text="A visit made it, and nobody by name: it ends with that")
    goes_on = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+",
        help_text="The first of those that a cancelling ended and a booking within the day began anew",
    )  # fmt: skip
