"""Every course with its scores as arrays, read in one statement.

PostgreSQL sends them in its binary COPY form, whose rows have one width here, so that NumPy reads a million of them
without a Python object for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from ketacare.clinic.registry.queries.sites import Site
from ketacare.medicine.outcomes import reader
from ketacare.medicine.outcomes.terms import Instrument
from ketacare.medicine.registry.rules import lines_of
from ketacare.medicine.registry.terms import Courses, Floats, Whole, Yes

# A course: every dose of one enrolment. Its first dose is day 0; what was scored before the next enrolment is its own,
# if it was scored by the same measure: a sheet of another first number of its version is another one.
ROWS = """
with enrolled as (
  select *, coalesce(lead(created_at) over (partition by patient_id order by created_at), 'infinity') as until
  from enrolment_enrolment
), dosed as (
  select e.id, e.clinic_id, e.patient_id, min(s.started_at) as first_at, count(*) as doses, e.until
  from enrolled e
  join scheduling_visit v on v.patient_id = e.patient_id
  join dosing_session s on s.visit_id = v.id
  where e.clinic_id = any(%(clinics)s) and s.started_at >= e.created_at
    and s.started_at <= coalesce(e.ended_at, 'infinity') and s.started_at <= %(at)s
  group by e.id, e.clinic_id, e.patient_id, e.until
), course as materialized (
  select row_number() over (order by first_at, id)::int4 - 1 as n, * from dosed where first_at >= %(since)s
), planned as (
  select distinct on (p.enrolment_id) p.enrolment_id, p.sessions from enrolment_plan p
  where p.enrolment_id in (select id from course) order by p.enrolment_id, p.recorded_at desc
)
select n, 0::int4, extract(epoch from %(at)s - first_at)::float8 / 86400,
       array_position(%(clinics)s, clinic_id)::float8 - 1 from course
union all
select n, 1::int4, doses::float8, coalesce(planned.sessions, 0)::float8
  from course left join planned on planned.enrolment_id = course.id
union all
select n, 2::int4, extract(epoch from s.happened_at - first_at)::float8 / 86400, s.total::float8
  from course join outcomes_score s on s.patient_id = course.patient_id
  where s.instrument = %(instrument)s and split_part(s.instrument_version, '.', 1) = %(major)s
    and s.total is not null and not s.in_error
    and s.happened_at < course.until and s.happened_at <= %(at)s
    and s.happened_at >= first_at - make_interval(days => %(before)s)
    and not exists (select from outcomes_score later where later.amends_id = s.id and later.amends_id is not null)
"""
RECORD = np.dtype(
    [("fields", ">i2"), ("w1", ">i4"), ("n", ">i4"), ("w2", ">i4"), ("kind", ">i4"), ("w3", ">i4"), ("day", ">f8"),
     ("w4", ">i4"), ("value", ">f8")]
)  # fmt: skip
HEAD, TAIL = 19, 2
Records = NDArray[np.void]


@dataclass(frozen=True)
class Told:
    """The courses of an instrument, and how many doses each has had of how many planned (0: no plan)."""

    instrument: Instrument
    courses: Courses
    doses: Whole
    planned: Whole

    @property
    def completed(self) -> Yes:
        found: Yes = (self.planned > 0) & (self.doses >= self.planned)
        return found


@cache
def scales() -> tuple[str, ...]:
    """Instruments with a response and a remission: the others have no rates."""
    return tuple(name for name in reader.INSTRUMENTS if _has_lines(reader.instrument(name)))


def _has_lines(sheet: Instrument) -> bool:
    try:
        lines_of(sheet)
    except ValueError:
        return False
    return True


def told(of: Sequence[Site], name: str, *, since: datetime | None, at: datetime) -> Told:
    """Courses whose first dose was at or after `since`, as they stand at `at`."""
    sheet = reader.instrument(name)
    rows = _copied(
        {
            "clinics": [site.id for site in of],
            "instrument": name,
            "major": sheet.version.split(".")[0],
            "before": sheet.baseline_days,
            "since": since or "-infinity",
            "at": at,
        }
    )
    return _told(sheet, rows[np.lexsort((rows["day"], rows["n"], rows["kind"]))])


def _copied(params: dict[str, object]) -> Records:
    with transaction.atomic(), connection.cursor() as cursor:
        # Everything is read, so tables are joined whole: row by row is the planner's choice only where it knows too
        # little of them, as after an import, and then takes minutes.
        cursor.execute("set local enable_nestloop = off")
        with cursor.cursor.copy(f"copy ({ROWS}) to stdout (format binary)", params) as sent:
            whole = b"".join(bytes(part) for part in sent)
        cursor.execute("set local enable_nestloop = on")
    return np.frombuffer(whole[HEAD : len(whole) - TAIL], dtype=RECORD)


def _told(sheet: Instrument, rows: Records) -> Told:
    course, given, scored = (rows[rows["kind"] == kind] for kind in (0, 1, 2))
    whose, day, total = scored["n"].astype(np.int64), scored["day"].astype(float), scored["value"].astype(float)
    courses = Courses(
        site=course["value"].astype(np.int64),
        followed_days=course["day"].astype(float),
        baseline=_baseline(len(course), whose, day, total),
        course=whose,
        day=day,
        total=total,
    )
    return Told(sheet, courses, given["day"].astype(np.int64), given["value"].astype(np.int64))


def _baseline(n: int, whose: Whole, day: Floats, total: Floats) -> Floats:
    """The last score before the first dose; rows come in order of day, and older ones were not sent."""
    found = np.full(n, np.nan)
    before = day <= 0
    found[whose[before]] = total[before]
    return found
