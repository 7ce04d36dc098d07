"""Who asked for it, who was the second, what each saw; another address of an account; and the mails to its owner."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from ketacare.clinic.channels.models import OneCall
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.models import Work

FIRST, ANEW = "Your account: its first password", "Your account: the password was set anew"
OTHER_ADDRESS = "Your account: it signs in with another address"


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
    for_elsewhere = models.BooleanField(
        default=False, help_text="Who got the account here has left: the director's word for two of another clinic"
    )

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
    def page(self) -> str:
        return reverse("recovery", args=[self.rung_id])

    @property
    def body(self) -> str:
        if self.words == FIRST:
            return in_both(
                self.clinic.telephone,
                "Two people gave you the first password for your account, in person.",
                "Dos personas le dieron en persona la primera contraseña de su cuenta.",
            )
        return in_both(
            self.clinic.telephone,
            "The password of your account was set anew: two people confirmed in person who you are. Your second factor "
            "has to be set up again, and every sign-in was ended.",
            "La contraseña de su cuenta se cambió: dos personas confirmaron en persona quién es usted. Debe configurar "
            "de nuevo su segundo factor; todas las sesiones se cerraron.",
        )


class AddressChanged(Work):
    """A patient's account signs in with another address. Who had the one before is told: of this, and for a while of
    each password that is given (K7). `confirmed_at` is when the mail was known to have arrived."""

    also_visible_by: ClassVar[str] = "user_id"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="addresses_changed")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    before = models.EmailField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"address changed {str(self.pk)[:8]}"


class AddressMail(OneCall):
    """To the address that was, at once. It names nobody, nor the new one."""

    rung = models.ForeignKey(AddressChanged, models.PROTECT, related_name="mails")

    class Meta:
        indexes = [models.Index(fields=["created_at"], condition=Q(state="waiting"), name="address_mails_to_send")]

    @property
    def page(self) -> str:
        return reverse("own-pages", args=[self.rung.patient_id])

    @property
    def body(self) -> str:
        return in_both(
            self.clinic.telephone,
            "From now on your account signs in with another address, and no longer with this one. Your clinic changed "
            "it. For a week your journal stays shut.",
            "Desde ahora su cuenta se abre con otra dirección y ya no con esta. Su clínica la cambió. Durante una "
            "semana su diario queda cerrado.",
        )


def in_both(telephone: str, english: str, spanish: str) -> str:
    return (
        f"{english}\n\nWas that not you? Call us{f' at {telephone}' if telephone else ''} at once.\n\n"
        f"{spanish}\n\n¿No fue usted? Llámenos{f' al {telephone}' if telephone else ''} enseguida.\n"
    )
