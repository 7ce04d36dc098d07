"""What a link leads to."""

from __future__ import annotations

from django.db import models

from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.models import Work


class Form(Work):
    """One thing asked of one patient, answered by a signed link without an account."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    language = models.CharField(max_length=5, default="en")
    link_until = models.DateTimeField()
    link_serial = models.PositiveSmallIntegerField(default=1, help_text="A new number makes older links useless")

    class Meta:
        abstract = True
