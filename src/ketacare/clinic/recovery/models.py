"""Who asked for it, who was the second, what each saw; and the mail that tells the owner."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from ketacare.clinic.channels.models import OneCall
from ketacare.clinic.tenancy.models import Work


class Seen(models.TextChoices):
    """By what somebody knows who stands before them."""

    KNOWN = "known", "I know them"
    PHOTO_ID = "photo_id", "I saw an identity card with a photograph"


class Recovery(Work):
    """One account, two people, face to face: the second word gives the password for once. `confirmed_at` is when its
    mail was known to have arrived."""

    also_visible_by: ClassVar[str] = "user_id"  # the owner is told of it, from whichever post they look

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="recoveries")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_role = models.CharField(max_length=2)
    asked_saw = models.CharField(max_length=8, choices=Seen)
    asked_words = models.CharField(max_length=300)
    second = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    second_saw = models.CharField(max_length=8, choices=Seen, blank=True)
    second_words = models.CharField(max_length=300, blank=True)
    done_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="Nobody was the second in time")
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "user"], condition=Q(done_at=None, ended_at=None), name="one_recovery_at_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(asked_by=F("user")) & (Q(second=None) | ~Q(second=F("user")) & ~Q(second=F("asked_by"))),
                name="a_recovery_is_two_others",
            ),
            models.CheckConstraint(
                condition=Q(done_at=None, second=None) | Q(done_at__isnull=False, second__isnull=False),
                name="a_recovery_is_done_by_its_second",
            ),
        ]

    def __str__(self) -> str:
        return f"recovery {str(self.pk)[:8]}"


class RecoveryMail(OneCall):
    """To the owner, at once: whoever did not ask for it calls the clinic. It names nobody."""

    rung = models.ForeignKey(Recovery, models.PROTECT, related_name="mails")

    class Meta:
        indexes = [models.Index(fields=["created_at"], condition=Q(state="waiting"), name="recovery_mails_to_send")]

    @property
    def body(self) -> str:
        telephone = f" at {self.clinic.telephone}" if self.clinic.telephone else ""
        if self.user is not None and self.user.last_login is None:
            return (
                "Two people gave you the first password for your account, in person.\n\n"
                f"Was that not you? Call us{telephone} at once.\n\n"
                "Dos personas le dieron en persona la primera contraseña de su cuenta.\n\n"
                f"¿No fue usted? Llámenos{' al ' + self.clinic.telephone if self.clinic.telephone else ''} enseguida.\n"
            )
        return (
            "The password of your account was set anew: two people confirmed in person who you are. Your second factor "
            "has to be set up again, and every sign-in was ended.\n\n"
            f"Was that not you? Call us{telephone} at once.\n\n"
            "La contraseña de su cuenta se cambió: dos personas confirmaron en persona quién es usted. Debe configurar "
            "de nuevo su segundo factor; todas las sesiones se cerraron.\n\n"
            f"¿No fue usted? Llámenos{' al ' + self.clinic.telephone if self.clinic.telephone else ''} enseguida.\n"
        )
