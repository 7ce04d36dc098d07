"""What is one person's alone: a therapist's process notes, a patient's journal. Sealed with a key that the database
does not hold, and behind a row policy that lets nobody else's connection see the row at all."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from ketacare.clinic.people.models import PatientFact
from ketacare.clinic.tenancy.models import Work
from ketacare.clinic.tenancy.walls import USER

SHARED_WITH_ME = f"""exists (
  select 1 from therapy_journalshare s join people_carerelation r on r.patient_id = s.patient_id
    join tenancy_clinic c on c.id = r.clinic_id
  where s.entry_id = therapy_journalentry.id and s.patient_id = therapy_journalentry.patient_id and s.ended_at is null
    and r.user_id = {USER} and r.kind = 'therapist' and r.ended_at is null
    and (r.created_at <= s.created_at or exists (
      select 1 from people_carerelation o
      where r.goes_on_id in (o.id, o.goes_on_id) and o.user_id = r.user_id and o.patient_id = r.patient_id
        and o.created_at <= s.created_at and o.ended_at > s.created_at))
    and (r.until is null or r.until >= (now() at time zone c.zone)::date))"""  # noqa: S608 - none of it is typed


def only(table: str, whose: str, seen: str) -> tuple[str, ...]:
    """Beside the wall of the organisation: a restrictive policy narrows what the other lets through."""
    return (
        f'drop policy if exists own on "{table}"',
        f'create policy own on "{table}" as restrictive using ({seen}) with check ({whose})',
    )


BY_THE_PATIENT = f"""exists (
  select 1 from people_patient p where p.id = therapy_journalshare.patient_id and p.user_id = {USER})"""  # noqa: S608 - none of it is typed
MINE = f"recorded_by_id = {USER}"


class ProcessNote(PatientFact):
    """A therapist's private note. Nobody else reads it: not the team, the director or the auditor."""

    wall_sql: ClassVar[tuple[str, ...]] = only("therapy_processnote", MINE, MINE)

    sealed = models.BinaryField()


class JournalEntry(PatientFact):
    """What a patient writes for themselves. A therapist reads it only while the patient shares it."""

    wall_sql: ClassVar[tuple[str, ...]] = only("therapy_journalentry", MINE, f"{MINE} or {SHARED_WITH_ME}")

    sealed = models.BinaryField()


class JournalShare(Work):
    """That a patient shares an entry with the therapists they have at that moment, until they take it back: whoever is
    assigned later reads it once the patient shares it anew. Whose visit is cancelled and booked anew within the day
    reads on what was shared before, and nothing that was shared between. Written by the patient's own account alone;
    the entry's policy reads this table, so this one's looks at the patient and never back at it."""

    wall_sql: ClassVar[tuple[str, ...]] = only("therapy_journalshare", BY_THE_PATIENT, "true")

    entry = models.ForeignKey(JournalEntry, models.PROTECT, related_name="shares")
    patient = models.ForeignKey("people.Patient", models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry"], condition=Q(ended_at__isnull=True), name="an_entry_shared_once")
        ]

    def __str__(self) -> str:
        return f"share {str(self.pk)[:8]}"
