"""What was learned and counted of a clinic's courses, kept so that a page need not do it again."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.models import Clinic, Organisation, Work


class FadingPool(Work):
    """How gains fade in this clinic by one scale, as of a day. It names nobody and is worked out again from the scores;
    without people in it there were none to learn from."""

    instrument = models.CharField(max_length=40)
    instrument_version = models.CharField(max_length=20)
    sheet_version = models.CharField(max_length=20, help_text="Of the sheet of the forecast")
    learned_at = models.DateTimeField()
    people = models.PositiveIntegerField()
    body = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "instrument"], name="one_fading_pool_per_scale"),
            models.CheckConstraint(condition=Q(people=0) | ~Q(body={}), name="fading_pool_of_somebody_has_a_body"),
        ]

    def __str__(self) -> str:
        return f"{self.instrument}, {self.people} people"


class Kept(models.Model):
    """What the programme's page counts of one patient: a course, its scores by one scale, check-ins, side effects, or
    windows. It is worked out from the record and can be again; what is read of it is in `queries.keeping`."""

    wall: ClassVar[str] = "own"
    grant: ClassVar[str] = "SELECT, INSERT, DELETE"

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    topic = models.CharField(max_length=40)
    course_id = models.UUIDField(null=True)
    first_at = models.DateTimeField(null=True)
    doses = models.IntegerField()
    planned = models.IntegerField()
    body = models.BinaryField()
    version = models.CharField(max_length=16, help_text="Of the statements and sheets by which it was worked out")

    class Meta:
        indexes = [models.Index(fields=["topic", "version", "patient"])]

    def __str__(self) -> str:
        return f"{self.topic} {str(self.patient_id)[:8]}"


# What is counted is read from these tables; how each names its patient.
OWN, OF_VISIT = "patient", "visit"
SOURCES = {
    "enrolment_enrolment": OWN,
    "enrolment_plan": OWN,
    "outcomes_score": OWN,
    "outcomes_rating": OWN,
    "outcomes_answers": OWN,
    "outcomes_ask": OWN,
    "scheduling_visit": OWN,
    "dosing_session": OF_VISIT,
    "therapy_preparation": OWN,
    "therapy_integrationnote": OF_VISIT,
    "therapy_windowmissed": OF_VISIT,
}
MARK = """
create or replace function ketacare_mark_changed() returns trigger language plpgsql as $$
begin
  if tg_argv[0] = 'visit' then
    insert into registry_changed (organisation_id, patient_id)
    select distinct written.organisation_id, v.patient_id
    from written join scheduling_visit v on v.id = written.visit_id;
  else
    insert into registry_changed (organisation_id, patient_id)
    select distinct organisation_id, patient_id from written where patient_id is not null;
  end if;
  return null;
end $$;
"""


def marks() -> tuple[str, ...]:
    """A mark for every patient whose rows are written, in the same transaction, once a statement."""
    made = [MARK]
    for table, named in SOURCES.items():
        for act, rows in (("insert", "new"), ("update", "new"), ("update", "old"), ("delete", "old")):
            name = f"mark_changed_{act}_{rows}"
            made.append(f'drop trigger if exists {name} on "{table}"')
            made.append(
                f'create trigger {name} after {act} on "{table}" referencing {rows} table as written '
                f"for each statement execute function ketacare_mark_changed('{named}')"
            )
    return tuple(made)


class Changed(models.Model):
    """A patient of whom something was written since what is counted of them was kept."""

    wall: ClassVar[str] = "own"
    grant: ClassVar[str] = "SELECT, INSERT, DELETE"
    wall_sql: ClassVar[tuple[str, ...]] = marks()

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.DO_NOTHING, related_name="+", db_constraint=False)
    patient = models.ForeignKey(Patient, models.DO_NOTHING, related_name="+", db_constraint=False)

    def __str__(self) -> str:
        return f"changed {str(self.patient_id)[:8]}"
