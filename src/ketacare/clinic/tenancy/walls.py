"""The walls in the database: row policies per organisation, grants for the application role, append-only triggers.

Raised from the model registry after every migration, so a table added tomorrow is covered tomorrow. The application
connects as a role that owns nothing; these statements run as the owner.
"""

from __future__ import annotations

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

APPLICATION_ROLE = "ketacare_app"
WALLS = frozenset({"fact", "work", "draft", "own", "global"})

# Framework tables hold no clinical record; they are named here one by one so that a new one fails the build.
FRAMEWORK_APPS = frozenset({"auth", "contenttypes", "sessions", "account", "mfa", "axes", "usersessions"})

# A setting used once on a connection reads back as '' and not NULL: hence nullif.
TENANT = "nullif(current_setting('ketacare.organisation', true), '')::uuid"
USER = "nullif(current_setting('ketacare.user', true), '')::uuid"

GRANTS = {
    "fact": "SELECT, INSERT",
    "work": "SELECT, INSERT, UPDATE",
    "draft": "SELECT, INSERT, UPDATE, DELETE",
    "global": "SELECT, INSERT",
}

REFUSE_CHANGE = """
create or replace function ketacare_refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'append-only: % of % is refused; add an amendment instead', tg_op, tg_table_name
    using errcode = 'restrict_violation';
end $$;
"""

NUMBER_LIVE = """
create or replace function ketacare_number_live() returns trigger language plpgsql security definer
set search_path = pg_catalog, public as $$
declare n bigint; tenant text := current_setting('ketacare.organisation', true);
begin
  perform set_config('ketacare.organisation', new.organisation_id::text, true);
  update tenancy_clinichead set live_number = live_number + 1 where clinic_id = new.clinic_id
    returning live_number into n;
  update tenancy_liveevent set number = n where id = new.id;
  perform pg_notify('live', new.clinic_id::text);
  perform set_config('ketacare.organisation', coalesce(tenant, ''), true);
  return null;
end $$;
drop trigger if exists number_live on tenancy_liveevent;
create constraint trigger number_live after insert on tenancy_liveevent
  deferrable initially deferred for each row execute function ketacare_number_live();
"""


class Unclassified(Exception):
    """A table that says nothing about its wall."""


def wall_of(model: type[Model]) -> str:
    """The wall a model declares; framework tables are global and writable."""
    if model._meta.app_label in FRAMEWORK_APPS:
        return "framework"
    wall = getattr(model, "wall", None)
    if wall not in WALLS:
        raise Unclassified(
            f"{model._meta.label} declares no wall: subclass Fact or Work, or set wall = 'own' | 'global'"
        )
    return str(wall)


def tenant_bound(model: type[Model]) -> bool:
    return any(field.column == "organisation_id" for field in model._meta.local_concrete_fields)


def apply_walls(connection: BaseDatabaseWrapper) -> None:
    """Raise every wall again, idempotently. `connection` is the owner's."""
    with connection.cursor() as cursor:
        cursor.execute(REFUSE_CHANGE)
        cursor.execute(NUMBER_LIVE)
        cursor.execute(f"grant usage on schema public to {APPLICATION_ROLE}")
        cursor.execute(f"grant select on django_migrations to {APPLICATION_ROLE}")
        for model in apps.get_models(include_auto_created=True):
            if model._meta.managed and not model._meta.proxy:
                for statement in statements_for(model):
                    cursor.execute(statement)
        cursor.execute(f"grant usage, select on all sequences in schema public to {APPLICATION_ROLE}")


def statements_for(model: type[Model]) -> list[str]:
    table = model._meta.db_table
    wall = wall_of(model)
    statements = [f'revoke all on "{table}" from {APPLICATION_ROLE}, public']
    grant = "SELECT, INSERT, UPDATE, DELETE" if wall == "framework" else GRANTS.get(wall, own_grant(model))
    statements.append(f'grant {grant} on "{table}" to {APPLICATION_ROLE}')
    if wall != "global" and tenant_bound(model):
        statements += row_policy(model)
    if wall == "fact" or getattr(model, "append_only", False):
        statements += append_only(table)
    return statements + list(getattr(model, "wall_sql", ()))


def own_grant(model: type[Model]) -> str:
    return str(getattr(model, "grant", "SELECT, INSERT"))


def row_policy(model: type[Model]) -> list[str]:
    table = model._meta.db_table
    own_column = getattr(model, "also_visible_by", None)
    seen = f"organisation_id = {TENANT}" + (f" or {own_column} = {USER}" if own_column else "")
    return [
        f'alter table "{table}" enable row level security',
        f'alter table "{table}" force row level security',
        f'drop policy if exists tenant on "{table}"',
        f'create policy tenant on "{table}" using ({seen}) with check (organisation_id = {TENANT})',
    ]


def append_only(table: str) -> list[str]:
    return [
        f'drop trigger if exists refuse_change on "{table}"',
        f'create trigger refuse_change before update or delete on "{table}" '
        "for each row execute function ketacare_refuse_change()",
        f'drop trigger if exists refuse_truncate on "{table}"',
        f'create trigger refuse_truncate before truncate on "{table}" '
        "for each statement execute function ketacare_refuse_change()",
    ]


def everything_classified() -> list[str]:
    """Labels of tables that declare no wall (empty is right)."""
    missing: list[str] = []
    for model in apps.get_models(include_auto_created=True):
        try:
            wall_of(model)
        except Unclassified:
            missing.append(model._meta.label)
    return missing
