"""The audit line and its chain. Lines are written by the application; links only by the database, at commit."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from ketacare.clinic.tenancy.models import Clinic, Organisation

CHAIN_AT_COMMIT = """
create or replace function ketacare_field(value text) returns text language sql immutable as
$$ select coalesce(length(value)::text || ':' || value, '-') $$;
create or replace function ketacare_audit_digest(line audit_line, number bigint, previous text) returns text
language sql immutable as $$
  select encode(sha256(convert_to(
    ketacare_field(previous) || ketacare_field(number::text) || ketacare_field(line.id::text)
    || ketacare_field(line.clinic_id::text)
    || ketacare_field(to_char(line.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'))
    || ketacare_field(line.actor_id::text) || ketacare_field(line.role) || ketacare_field(line.purpose)
    || ketacare_field(line.verb) || ketacare_field(line.object_kind) || ketacare_field(line.object_id)
    || ketacare_field(line.patient_id::text) || ketacare_field(line.outcome) || ketacare_field(line.reason)
    || ketacare_field(line.request_id::text) || ketacare_field(line.address)
    || ketacare_field(line.mac), 'UTF8')), 'hex')
$$;
create or replace function ketacare_chain_line() returns trigger language plpgsql security definer
set search_path = pg_catalog, public as $$
declare n bigint; previous text; digest text; tenant text := current_setting('ketacare.organisation', true);
begin
  perform set_config('ketacare.organisation', new.organisation_id::text, true);
  update tenancy_clinichead set audit_number = audit_number + 1 where clinic_id = new.clinic_id
    returning audit_number, audit_hash into n, previous;
  digest := ketacare_audit_digest(new, n, previous);
  insert into audit_link (clinic_id, organisation_id, number, line_id, previous_hash, hash)
    values (new.clinic_id, new.organisation_id, n, new.id, previous, digest);
  update tenancy_clinichead set audit_hash = digest where clinic_id = new.clinic_id;
  perform set_config('ketacare.organisation', coalesce(tenant, ''), true);
  return null;
end $$;
drop trigger if exists chain_line on audit_line;
create constraint trigger chain_line after insert on audit_line
  deferrable initially deferred for each row execute function ketacare_chain_line();
"""


class Line(models.Model):
    """Who did what, when, to which record. No patient's words, no values."""

    wall: ClassVar[str] = "fact"
    also_visible_by: ClassVar[str] = "actor_id"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    actor_id = models.UUIDField(null=True)
    role = models.CharField(max_length=8, blank=True)
    purpose = models.CharField(max_length=40, blank=True)
    verb = models.CharField(max_length=60)
    object_kind = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    patient_id = models.UUIDField(null=True)
    outcome = models.CharField(max_length=20, default="done")
    reason = models.CharField(max_length=120, blank=True)
    request_id = models.UUIDField(null=True)
    address = models.CharField(max_length=64, blank=True)
    mac = models.CharField(max_length=64, help_text="Made with a key that the database does not hold")

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "at"]),
            models.Index(fields=["patient_id", "at"]),
        ]


class Link(models.Model):
    """A line's place in its clinic's chain."""

    wall: ClassVar[str] = "own"
    grant: ClassVar[str] = "SELECT"
    append_only: ClassVar[bool] = True
    wall_sql: ClassVar[tuple[str, ...]] = (CHAIN_AT_COMMIT,)

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    number = models.BigIntegerField()
    line = models.OneToOneField(Line, models.PROTECT, related_name="link")
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "number"], name="audit_number_once_per_clinic")]


class Stranger(models.Model):
    """A failed sign-in that names no account: it is no clinic's, so it stands in no chain. Counted, never named."""

    wall: ClassVar[str] = "own"
    grant: ClassVar[str] = "SELECT, INSERT"

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    address = models.CharField(max_length=64, blank=True)
