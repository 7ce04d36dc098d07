"""A visit that is moved or given up takes its people, rooms and devices along, whoever writes it."""

from django.db import migrations

FOLLOW = """
create or replace function scheduling_holds_follow() returns trigger language plpgsql as $$
declare held boolean := new.state in ('booked', 'checked_in', 'running', 'recovery');
begin
  if new.starts_at is distinct from old.starts_at or new.ends_at is distinct from old.ends_at
     or held is distinct from (old.state in ('booked', 'checked_in', 'running', 'recovery')) then
    update scheduling_hold set
      starts_at = starts_at + (new.starts_at - old.starts_at),
      ends_at = ends_at + (case when lane = 0 and user_id is not null and ends_at < old.ends_at
                           then new.starts_at - old.starts_at else new.ends_at - old.ends_at end),
      is_held = is_held and held
    where visit_id = new.id and is_held;
  end if;
  return null;
end $$;
drop trigger if exists holds_follow on scheduling_visit;
create trigger holds_follow after update on scheduling_visit
  for each row execute function scheduling_holds_follow();
"""
BACK = "drop trigger if exists holds_follow on scheduling_visit; drop function if exists scheduling_holds_follow();"


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0001_initial")]

    operations = [migrations.RunSQL(FOLLOW, BACK)]
