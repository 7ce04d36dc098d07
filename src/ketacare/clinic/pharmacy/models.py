"""Containers, and the double entries that move milligrams between places.

An entry takes an amount from one place and puts it in another, so nothing is lost or made; what a container holds is
the sum of its entries. `balance_mg` repeats that sum beside the container, under one row lock and a check, so that two
people drawing at once can never take more than there is (L1).
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.models import Fact, Work
from ketacare.medicine.quantities.terms import Concentration, Mass, Volume


class Container(Work):
    """One vial, or one device or pack that is counted. Strength, volume and content stand together, so a strength is
    never read as a dose (H1); what is counted has the content of one piece instead."""

    drug = models.CharField(max_length=60)
    concentration_mg_per_ml = models.DecimalField(max_digits=8, decimal_places=3, null=True)
    volume_ml = models.DecimalField(max_digits=8, decimal_places=3, null=True)
    piece = models.CharField(max_length=20, blank=True, help_text="What is counted: device, spray, lozenge")
    piece_mg = models.DecimalField(max_digits=8, decimal_places=3, null=True)
    content_mg = models.DecimalField(max_digits=10, decimal_places=3)
    balance_mg = models.DecimalField(max_digits=10, decimal_places=3)
    serial = models.CharField(max_length=40)
    lot = models.CharField(max_length=40)
    expires_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "serial"], name="container_serial_once"),
            models.CheckConstraint(
                condition=Q(balance_mg__gte=0, balance_mg__lte=F("content_mg")), name="container_balance_within"
            ),
            models.CheckConstraint(
                condition=Q(
                    concentration_mg_per_ml__isnull=False,
                    volume_ml__isnull=False,
                    piece_mg__isnull=True,
                    content_mg=F("concentration_mg_per_ml") * F("volume_ml"),
                )
                | Q(concentration_mg_per_ml__isnull=True, volume_ml__isnull=True, piece_mg__gt=0) & ~Q(piece=""),
                name="container_content_adds_up",
            ),
        ]

    @property
    def label(self) -> str:
        """As the shelf has it: 10 mg/mL, 20 mL (200 mg), or device of 28 mg."""
        if self.concentration_mg_per_ml is None or self.volume_ml is None:
            return f"{self.piece} of {Mass(self.piece_mg or self.content_mg)}"
        return f"{Concentration(self.concentration_mg_per_ml)}, {Volume(self.volume_ml)} ({Mass(self.content_mg)})"

    def __str__(self) -> str:
        return f"{self.drug} {self.serial}"


class Place(models.TextChoices):
    """Where milligrams can be."""

    SUPPLIER = "supplier", "Supplier"
    CONTAINER = "container", "Container"
    SYRINGE = "syringe", "Syringe"
    PATIENT = "patient", "Patient"
    WASTE = "waste", "Waste"
    DIFFERENCE = "difference", "Difference"


class Move(models.TextChoices):
    """What was done with the drug."""

    RECEIVE = "receive", "Received"
    DRAW = "draw", "Drawn"
    GIVE = "give", "Given"
    WASTE = "waste", "Wasted"
    RETURN = "return", "Returned"
    DISCARD = "discard", "Used, into controlled waste"
    COUNT = "count", "Counted"
    CORRECT = "correct", "Corrected"


NEEDS_WITNESS = (Move.WASTE, Move.RETURN, Move.CORRECT, Move.DISCARD)
MOVES_NOTHING = (Move.COUNT, Move.DISCARD)


class LedgerEntry(Fact):
    """One line of the register: never changed, only corrected by another line."""

    container = models.ForeignKey(Container, models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=8, choices=Move)
    source = models.CharField(max_length=10, choices=Place)
    destination = models.CharField(max_length=10, choices=Place)
    amount_mg = models.DecimalField(max_digits=10, decimal_places=3)
    volume_ml = models.DecimalField(max_digits=8, decimal_places=3, null=True)
    balance_after_mg = models.DecimalField(max_digits=10, decimal_places=3)
    visit = models.ForeignKey(Visit, models.PROTECT, null=True, related_name="ledger_entries")
    patient = models.ForeignKey(Patient, models.PROTECT, null=True, related_name="+")
    witness = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    step = models.CharField(max_length=60, null=True, help_text="What may happen once in a visit (H16)")

    class Meta(Fact.Meta):
        constraints = [
            *Fact.Meta.constraints,
            models.UniqueConstraint(fields=["visit", "step"], name="ledger_step_once_per_visit"),
            models.CheckConstraint(
                condition=Q(amount_mg__gt=0) | Q(kind__in=MOVES_NOTHING), name="ledger_amount_is_some"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=NEEDS_WITNESS) | Q(witness__isnull=False), name="ledger_waste_is_witnessed"
            ),
            models.CheckConstraint(
                condition=Q(witness__isnull=True) | ~Q(witness=F("recorded_by")), name="ledger_witness_is_another"
            ),
            models.CheckConstraint(
                condition=~Q(kind=Move.GIVE) | Q(visit__isnull=False, patient__isnull=False),
                name="ledger_given_to_somebody",
            ),
        ]
        indexes = [models.Index(fields=["clinic", "happened_at"]), models.Index(fields=["visit"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"
