"""What the programme's page counts, worked out for each patient once after each change, and kept.

A page that read every score, check-in and window of a million would take many seconds. So what it needs is kept
patient by patient (`Kept`), in the form in which NumPy reads it: eight bytes a number, one record after another.
Whatever writes to a table of SOURCES leaves a mark (`Changed`) in the same transaction, by a trigger of the database. A
patient with a mark, or whose kept rows come from other sheets or another form of these statements, is worked out at the
moment the page is asked for: what is shown is never what was. The worker keeps such patients anew and takes the marks
away.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from ketacare.clinic.outcomes.gaps import too_soon
from ketacare.clinic.protocols.queries import protocol_under
from ketacare.clinic.registry.models import Changed
from ketacare.clinic.registry.queries.sites import Site
from ketacare.clinic.scheduling.queries import induction_of
from ketacare.medicine.outcomes import reader
from ketacare.medicine.outcomes.reader import cadence
from ketacare.medicine.outcomes.rules.alike import has_editions, looks_back
from ketacare.medicine.outcomes.terms import Instrument, Rated
from ketacare.medicine.registry.rules import lines_of
from ketacare.medicine.safety import reader as safety
from ketacare.medicine.therapy import reader as therapy

# A course: every dose of one enrolment. Its first dose is day 0; what was scored before the next enrolment is its own.
# Whether two scores may be held against each other is for the rule of `medicine` (`alike`), which takes of each: is it
# of another measure, a sheet of another first number of its version (1); is nothing said of its blinding (0), was it
# rated not blind (2) or blind (4); and of which edition it is (0 for not said, else eight times a number of its text).
#
# A form of weeks that was given again within days of a dose is another measure, as on the patient's own curve.
#
# What came of a window: as a patient's own course counts it, by the hours chosen at preparation, else the house's; what
# is noted as held inside it used the window, whatever else stands of it. After a dose that owes no visit (as the rule
# `owes_visit` has it, here in SQL) a window counts only where one was held inside.
MADE = """
enrolled as (
  select e.*, coalesce(lead(created_at) over (partition by patient_id order by created_at), 'infinity') as until
  from enrolment_enrolment e where patient_id = any(%(who)s)
), course as materialized (
  select e.id, e.clinic_id, e.patient_id, min(s.started_at) as first_at, count(*) as doses, e.until
  from enrolled e join scheduling_visit v on v.patient_id = e.patient_id join dosing_session s on s.visit_id = v.id
  where v.patient_id = any(%(who)s) and s.started_at >= e.created_at
    and s.started_at <= coalesce(e.ended_at, 'infinity')
  group by e.id, e.clinic_id, e.patient_id, e.until
), planned as (
  select distinct on (p.enrolment_id) p.enrolment_id, p.sessions from enrolment_plan p
  where p.patient_id = any(%(who)s) order by p.enrolment_id, p.recorded_at desc
), scale as (
  select * from unnest(%(scales)s::text[], %(majors)s::text[], %(before)s::int[], %(editions)s::bool[],
                       %(rated)s::bool[], %(weeks)s::bool[]) as one(name, major, days, has_editions, is_rated, of_weeks)
), placed as (
  select distinct on (p.patient_id) p.patient_id, p.placed from therapy_preparation p
  where p.patient_id = any(%(who)s) and not p.in_error
    and not exists (select from therapy_preparation later where later.amends_id = p.id)
  order by p.patient_id, p.happened_at desc, p.recorded_at desc
), hours as (
  select * from unnest(%(keys)s::text[], %(opens)s::int[], %(closes)s::int[]) as one(key, opens, closes)
), begun as (
  select e.patient_id, e.created_at, e.until, one.doses
  from enrolled e join unnest(%(plans)s::uuid[], %(inductions)s::int[]) as one(id, doses) on one.id = e.id
), dose as materialized (
  select v.id, v.clinic_id, v.patient_id, s.started_at,
         coalesce(v.number_in_course <= begun.doses
                  or mod(v.number_in_course - begun.doses, %(every)s) = 0, true) as is_owed,
         s.started_at + make_interval(hours => coalesce(hours.opens, %(house_opens)s)) as opens_at,
         s.started_at + make_interval(hours => coalesce(hours.closes, %(house_closes)s)) as closes_at
  from scheduling_visit v join dosing_session s on s.visit_id = v.id
  left join begun on begun.patient_id = v.patient_id and begun.created_at <= v.starts_at and v.starts_at < begun.until
  left join placed on placed.patient_id = v.patient_id left join hours on hours.key = placed.placed
  where v.patient_id = any(%(who)s) and s.started_at is not null
), meeting as (
  select dose.*, bool_or(n.happened_at >= opens_at and n.happened_at < closes_at) as inside, count(n.id) as held
  from dose left join therapy_integrationnote n on n.visit_id = dose.id and not n.in_error
    and not exists (select from therapy_integrationnote later where later.amends_id = n.id)
  group by dose.id, dose.clinic_id, dose.patient_id, started_at, is_owed, opens_at, closes_at
), came as (
  select distinct o.id, o.clinic_id, o.patient_id, started_at, closes_at,
         case when inside then 0 when held > 0 then 1 else 2 end as came,
         case when held > 0 then 0 else coalesce(array_position(%(reasons)s::text[], m.reason), 0) end as reason
  from meeting o left join therapy_windowmissed m on m.visit_id = o.id and not m.in_error
    and not exists (select from therapy_windowmissed later where later.amends_id = m.id)
  where o.is_owed or o.inside
), effect as (
  select k.clinic_id, k.patient_id, k.dose_at,
         sum(2 ^ (array_position(%(effects)s::text[], picked.key) - 1)) as answered,
         coalesce(sum(2 ^ (array_position(%(effects)s::text[], picked.key) - 1)) filter (where picked.value = '1'), 0)
           as named
  from outcomes_ask k join outcomes_answers a on a.ask_id = k.id, jsonb_each_text(a.values) as picked
  where k.patient_id = any(%(who)s) and a.patient_id = any(%(who)s) and k.state = 'answered'
    and a.instrument = 'side-effects' and not a.in_error and picked.value is not null
    and picked.key = any(%(effects)s::text[])
    and not exists (select from outcomes_answers later where later.amends_id = a.id and later.amends_id is not null)
  group by k.clinic_id, k.patient_id, k.dose_at, a.id
), made as (
  select clinic_id, id as patient_id, 'patient' as topic, null::uuid as course_id, null::timestamptz as first_at,
         0 as doses, 0 as planned, ''::bytea as body from people_patient where id = any(%(who)s)
  union all
  select clinic_id, patient_id, 'course', id, first_at, doses, coalesce(planned.sessions, 0), ''
  from course left join planned on planned.enrolment_id = course.id
  union all
  select c.clinic_id, c.patient_id, s.instrument, c.id, null, 0, 0, string_agg(
    float8send(extract(epoch from s.happened_at)::float8)
      || float8send(extract(epoch from s.happened_at - c.first_at)::float8 / 86400) || float8send(s.total::float8)
      || float8send((split_part(s.instrument_version, '.', 1) <> scale.major)::int::float8
        + case when r.id is null or not scale.is_rated or r.hidden = '[]' then 0
               when r.hidden = '["nothing"]' then 2 else 4 end
        + case when r.id is null or not scale.has_editions or btrim(r.edition) = '' then 0
               else 8 * (2147483649
                 + hashtext(lower(regexp_replace(btrim(r.edition), '[[:space:]]+', ' ', 'g')))::float8) end),
    '' order by s.happened_at)
  from course c join outcomes_score s on s.patient_id = c.patient_id join scale on scale.name = s.instrument
  left join outcomes_rating r on r.answers_id = s.answers_id
  where s.patient_id = any(%(who)s) and s.total is not null and not s.in_error
    and s.happened_at < c.until and s.happened_at >= c.first_at - make_interval(days => scale.days)
    and not exists (select from outcomes_score later where later.amends_id = s.id and later.amends_id is not null)
    and not (scale.of_weeks and s.overlaps_recall and exists (
      select from dose where dose.patient_id = s.patient_id and s.happened_at >= started_at
        and s.happened_at < started_at + make_interval(hours => %(too_soon)s)))
  group by c.clinic_id, c.patient_id, s.instrument, c.id
  union all
  select clinic_id, patient_id, 'check-ins', null, null, 0, 0, string_agg(
    float8send(array_position(%(asked)s::text[], key::text)::float8) || float8send(extract(epoch from dose_at)::float8)
      || float8send(extract(epoch from closes_at)::float8)
      || float8send((state = 'answered' and answered_at < closes_at)::int::float8), '')
  from outcomes_ask where patient_id = any(%(who)s) and state <> 'stopped' and key = any(%(asked)s::text[])
  group by clinic_id, patient_id
  union all
  select clinic_id, patient_id, 'effects', null, null, 0, 0, string_agg(
    float8send(extract(epoch from dose_at)::float8) || float8send(answered::float8) || float8send(named::float8), '')
  from effect group by clinic_id, patient_id
  union all
  select clinic_id, patient_id, 'windows', null, null, 0, 0, string_agg(
    float8send(extract(epoch from started_at)::float8) || float8send(extract(epoch from closes_at)::float8)
      || float8send(came::float8) || float8send(reason::float8), '')
  from came group by clinic_id, patient_id
)
"""
KEEP = f"""
with {MADE.lstrip()}
insert into registry_kept
  (organisation_id, clinic_id, patient_id, topic, course_id, first_at, doses, planned, body, version)
select %(organisation)s, clinic_id, patient_id, topic, course_id, first_at, doses, planned, body, %(version)s from made
"""  # noqa: S608 - none of it is typed
# Whoever has a mark, or no row of these sheets and statements.
STALE = """
stale as materialized (
  select patient_id as id from registry_changed
  union select p.id from people_patient p
  where not exists (select from registry_kept k
                    where k.patient_id = p.id and k.topic = 'patient' and k.version = %(version)s)
)"""
# Row by row is the planner's choice only where it knows too little of the tables, as after an import; it takes minutes.
JOINED_WHOLE, ROW_BY_ROW = "set local enable_nestloop = off", "set local enable_nestloop = on"
PLANS = """
select e.id, e.clinic_id, a.sheet_id, coalesce(e.sheets->>a.sheet_id, a.sheet_version)
from enrolment_enrolment e join protocols_adoption a on a.id = e.adoption_id where e.patient_id = any(%(who)s)
"""
# What was read earlier is never kept over what was read later.
ONE_AFTER_ANOTHER = "select pg_advisory_xact_lock(hashtext('registry.kept'), hashtext(%(organisation)s::text))"
WHO_IS_STALE = f"with {STALE} select id from stale"  # noqa: S608 - none of it is typed
# A course with its scores; every other topic from one end to the other. Each is one row, whatever its length.
TOLD = """
select 'course'::text, coalesce(string_agg(
         float8send(array_position(%(clinics)s::uuid[], c.clinic_id)::float8 - 1)
           || float8send(extract(epoch from c.first_at)::float8) || float8send(c.doses::float8)
           || float8send(c.planned::float8) || float8send(coalesce(octet_length(s.body), 0)::float8), ''), ''),
       coalesce(string_agg(coalesce(s.body, ''), ''), '')
from {rows} c left join {rows} s on s.course_id = c.course_id and s.topic = %(scale)s
where c.topic = 'course' and c.clinic_id = any(%(clinics)s::uuid[])
union all
select topic::text, ''::bytea, string_agg(body, '') from {rows} one
where topic in ('check-ins', 'effects', 'windows') and clinic_id = any(%(clinics)s::uuid[]) group by topic
"""
OF_KEPT = f"""
with {STALE}, standing as not materialized (
  select * from registry_kept where version = %(version)s and topic = any(%(topics)s)
    and not exists (select from stale where stale.id = patient_id)
)
{TOLD.format(rows="standing")}
union all select 'stale', ''::bytea, coalesce(string_agg(uuid_send(id), ''), '') from stale
"""  # noqa: S608 - none of it is typed
OF_NOW = f"""
with {MADE.lstrip()} {TOLD.format(rows="made")}
"""

COURSE = np.dtype([(name, ">f8") for name in ("site", "first", "doses", "planned", "length")])
SCORE = np.dtype([(name, ">f8") for name in ("at", "day", "total", "marks")])
CHECK_IN = np.dtype([(name, ">f8") for name in ("kind", "dose", "closes", "in_time")])
EFFECTS = np.dtype([(name, ">f8") for name in ("dose", "answered", "named")])
WINDOW = np.dtype([(name, ">f8") for name in ("dose", "closes", "came", "reason")])
TOPICS = {"check-ins": CHECK_IN, "effects": EFFECTS, "windows": WINDOW}
HEAD, UUID_BYTES, MOST_EFFECTS = 19, 16, 52
Records = NDArray[np.void]


@dataclass(frozen=True)
class Counted:
    """All that is counted, as records: the courses of the sites with their scores one after another, and the rest."""

    course: Records
    score: Records
    check_ins: Records
    effects: Records
    windows: Records


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


@cache
def asked_kinds() -> tuple[str, ...]:
    return tuple(rule.key for rule in cadence())


@cache
def effect_names() -> tuple[str, ...]:
    names = tuple(effect.id for effect in safety.side_effects())
    assert len(names) <= MOST_EFFECTS, "more are not told apart in one number"
    return names


@cache
def missed_reasons() -> tuple[str, ...]:
    return tuple(therapy.practice().missed)


@cache
def by_sheets() -> dict[str, Any]:
    """What the statements take from the sheets."""
    sheets = [reader.instrument(name) for name in scales()]
    rows, house = [row for row in therapy.windows().rows if row.has_hours], therapy.placement()
    return {
        "scales": [sheet.id for sheet in sheets],
        "majors": [sheet.version.split(".")[0] for sheet in sheets],
        "before": [sheet.baseline_days for sheet in sheets],
        "editions": [has_editions(sheet) for sheet in sheets],
        "rated": [sheet.rated is Rated.RATER for sheet in sheets],
        "weeks": [looks_back(sheet) for sheet in sheets],
        "too_soon": int(too_soon() / timedelta(hours=1)),
        "asked": list(asked_kinds()),
        "effects": list(effect_names()),
        "reasons": list(missed_reasons()),
        "keys": [row.id for row in rows],
        "opens": [row.opens.integer for row in rows if row.opens],
        "closes": [row.closes.integer for row in rows if row.closes],
        "house_opens": house.opens.integer,
        "house_closes": house.closes.integer,
        "every": house.every_after_induction.integer,
    }


@cache
def version() -> str:
    """Of the statements and of what they take from the sheets: what was kept by others is not read."""
    return hashlib.sha256(f"{MADE} {by_sheets()}".encode()).hexdigest()[:16]


def counted(of: Sequence[Site], name: str) -> Counted:
    """All of these sites, with the scores of this scale: what is kept, and who changed since as they are now."""
    params = by_sheets() | {
        "clinics": [site.id for site in of],
        "scale": name,
        "topics": ["course", name, *TOPICS],
        "version": version(),
    }
    found = [_copied(OF_KEPT, params)]
    stale = found[0].pop("stale", (b"", b""))[1]
    if stale:
        who = [UUID(bytes=stale[place : place + UUID_BYTES]) for place in range(0, len(stale), UUID_BYTES)]
        found.append(_copied(OF_NOW, params | {"who": who} | _inductions(who)))

    def joined(topic: str, kind: np.dtype[np.void], part: int = 1) -> Records:
        return np.frombuffer(b"".join(one.get(topic, (b"", b""))[part] for one in found), dtype=kind)

    return Counted(
        joined("course", COURSE, 0), joined("course", SCORE), *(joined(topic, kind) for topic, kind in TOPICS.items())
    )


def stale_patients() -> list[UUID]:
    """In the tenant its caller entered."""
    with connection.cursor() as cursor:
        cursor.execute(WHO_IS_STALE, {"version": version()})
        return [row[0] for row in cursor.fetchall()]


def keep(who: Sequence[UUID], organisation_id: UUID) -> None:
    """Worked out anew and kept. The marks are read first: one that comes meanwhile stays."""
    params = by_sheets() | {"who": list(who), "organisation": organisation_id, "version": version()}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ONE_AFTER_ANOTHER, params)
        marks = list(Changed.objects.filter(patient_id__in=who).values_list("pk", flat=True))
        cursor.execute("delete from registry_kept where patient_id = any(%(who)s)", params)
        cursor.execute(JOINED_WHOLE)
        cursor.execute(KEEP, params | _inductions(who))
        cursor.execute(ROW_BY_ROW)
        Changed.objects.filter(pk__in=marks).delete()


def _inductions(who: Sequence[UUID]) -> dict[str, Any]:
    """How many doses the courses of these people begin with, by the sheet and version that each began with."""
    with connection.cursor() as cursor:
        cursor.execute(PLANS, {"who": list(who)})
        plans = cursor.fetchall()
    doses = [induction_of(protocol_under(clinic, sheet, {sheet: version})) for _, clinic, sheet, version in plans]
    return {"plans": [row[0] for row in plans], "inductions": doses}


def _copied(statement: str, params: dict[str, Any]) -> dict[str, tuple[bytes, bytes]]:
    """PostgreSQL's binary COPY: each row a count of fields, each field its length and its bytes."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(JOINED_WHOLE)
        with cursor.cursor.copy(f"copy ({statement}) to stdout (format binary)", params) as sent:
            whole = memoryview(b"".join(bytes(part) for part in sent))
        cursor.execute(ROW_BY_ROW)
    found, place = {}, HEAD
    while (fields := struct.unpack_from("!h", whole, place)[0]) > 0:
        row, place = [], place + 2
        for _ in range(fields):
            (length,) = struct.unpack_from("!i", whole, place)
            row.append(bytes(whole[place + 4 : place + 4 + length]))
            place += 4 + length
        found[row[0].decode()] = (row[1], row[2])
    return found
