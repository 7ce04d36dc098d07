"""What came of the windows after the doses that were given, once each was over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from ketacare.clinic.registry.queries.sites import Site
from ketacare.medicine.registry import rules
from ketacare.medicine.registry.terms import Measures, Rate
from ketacare.medicine.therapy import reader

USED, OUTSIDE, MISSED = "used", "outside", "missed"

# As a patient's own course counts them: the hours chosen at preparation, else the house's; what is noted as held inside
# them used the window, whatever else stands of it.
CAME = """
with placed as (
  select distinct on (p.patient_id) p.patient_id, p.placed from therapy_preparation p
  where p.clinic_id = any(%(clinics)s) and not p.in_error
    and not exists (select from therapy_preparation later where later.amends_id = p.id)
  order by p.patient_id, p.happened_at desc, p.recorded_at desc
), hours as (
  select * from unnest(%(keys)s::text[], %(opens)s::int[], %(closes)s::int[]) as one(key, opens, closes)
), dose as (
  select v.id, s.started_at + make_interval(hours => coalesce(hours.opens, %(house_opens)s)) as opens_at,
         s.started_at + make_interval(hours => coalesce(hours.closes, %(house_closes)s)) as closes_at
  from dosing_session s join scheduling_visit v on v.id = s.visit_id
  left join placed on placed.patient_id = v.patient_id left join hours on hours.key = placed.placed
  where v.clinic_id = any(%(clinics)s) and s.started_at >= %(since)s
), over as (
  select dose.id, bool_or(n.happened_at >= opens_at and n.happened_at < closes_at) as inside, count(n.id) as held
  from dose left join therapy_integrationnote n on n.visit_id = dose.id and not n.in_error
    and not exists (select from therapy_integrationnote later where later.amends_id = n.id)
  where closes_at <= %(at)s group by dose.id
)
select case when inside then 'used' when held > 0 then 'outside' else 'missed' end,
       case when held > 0 then '' else coalesce(m.reason, '') end, count(distinct over.id)::int
from over left join therapy_windowmissed m on m.visit_id = over.id and not m.in_error
  and not exists (select from therapy_windowmissed later where later.amends_id = m.id)
group by 1, 2
"""


@dataclass(frozen=True)
class Came:
    """What came of some windows: used, held outside, or missed for one reason. None: it would give another away."""

    words: str
    rate: Rate | None
    is_used: bool = False


def windows(of: Sequence[Site], *, since: datetime | None, at: datetime, measures: Measures) -> tuple[Came, ...]:
    """Of every dose that was given whose window is over; used first, then the commonest reason."""
    rows, house = [row for row in reader.windows().rows if row.has_hours], reader.placement()
    values = {
        "clinics": [site.id for site in of],
        "since": since or "-infinity",
        "at": at,
        "keys": [row.id for row in rows],
        "opens": [row.opens.integer for row in rows if row.opens],
        "closes": [row.closes.integer for row in rows if row.closes],
        "house_opens": house.opens.integer,
        "house_closes": house.closes.integer,
    }
    with connection.cursor() as cursor:
        cursor.execute(CAME, values)
        found = {(came, reason): count for came, reason, count in cursor.fetchall()}
    return told_apart(found, measures)


def told_apart(found: dict[tuple[str, str], int], measures: Measures) -> tuple[Came, ...]:
    """As shares of one whole: a small one is not shown, nor the next, whose count would tell it."""
    if not found:
        return ()
    reasons = sorted((key for key in found if key[0] == MISSED), key=lambda key: (key[1] == "", -found[key], key))
    keys = [(USED, ""), (OUTSIDE, ""), *reasons]
    counts = [found.get(key, 0) for key in keys]
    dark = rules.complementary(counts, measures)
    return tuple(
        Came(words_of(*key), None if hidden else rules.rate(count, sum(counts), measures), key[0] == USED)
        for key, count, hidden in zip(keys, counts, dark, strict=True)
    )


def words_of(came: str, reason: str) -> str:
    if came == USED:
        return "Used: the visit was inside it"
    if came == OUTSIDE:
        return "Held, outside the window"
    return f"Missed: {reader.practice().missed.get(reason, reason)}" if reason else "Missed: nobody has said why"
