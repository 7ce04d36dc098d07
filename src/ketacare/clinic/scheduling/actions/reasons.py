"""Why a visit is not kept as it was booked: one list for every page that asks."""

from __future__ import annotations

from django.db.models import TextChoices

from ketacare.clinic.tenancy.refusals import Refusal, Refused


class Reason(TextChoices):
    """Why a visit is not kept as it was booked."""

    PATIENT = "patient", "The patient asked"
    ILL = "patient_ill", "The patient is ill"
    ATE = "ate", "The patient ate or drank"
    ESCORT = "no_escort", "Nobody to take them home"
    STAFF = "staff", "Somebody of the staff is away"
    DEVICE = "out_of_order", "A chair or device is out of order"
    CLOSED = "closed", "The site is closed"
    CLINICAL = "clinical", "A clinician decided"
    PAUSED = "paused", "The course is paused"
    UNKNOWN = "unknown", "Not known"
    OTHER = "other", "Something else, in words"


class NotHere(TextChoices):
    """Why somebody who was noted as here is not."""

    WRONG = "wrong_person", "Somebody else was meant"
    LEFT = "left", "They left before it began"
    OTHER = "other", "Something else, in words"


def reason_in(text: str, words: str) -> Reason:
    try:
        reason = Reason(text)
    except ValueError:
        raise Refused(Refusal("reason", "is not chosen.", "Choose a reason from the list."))
    if reason is Reason.OTHER and not words.strip():
        raise Refused(Refusal("words", "is empty.", "Say the reason in a few words."))
    return reason
