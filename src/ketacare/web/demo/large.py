"""Puts the simulated year of three clinics into the database, for the programme's page and its tests.

Rows are written in bulk, as an import would write them: what a course leaves that the page counts, and no more. There
are no readings, alarms or ledger lines behind these sessions, and of their timelines only what safety measures count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Model

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy.models import Choice, Evaluation, EvaluationState, Judgement
from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries.as_needed import RESCUE
from ketacare.clinic.dosing.queries.effects import VOMIT
from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.enrolment.models import Enrolment, EnrolmentState, Plan, Referral, Source, Urgency
from ketacare.clinic.outcomes.models import Answers, Ask, AskState, Score
from ketacare.clinic.outcomes.models import Source as From
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Contact, Demographics, Patient, Role, Staff
from ketacare.clinic.protocols.models import Adoption
from ketacare.clinic.scheduling.models import Visit, VisitKind, VisitState
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.models import Clinic, Organisation
from ketacare.medicine.outcomes import reader, rules
from ketacare.web.demo.network import CLINICS, INDUCTION_DAYS, Person, people

PEOPLE, SEED = 2000, 20261128
PROTOCOL, VERSION = "p-iv-05-2w", "1.0.0"
GIVEN = ("Alex", "Sam", "Kim", "Lee", "Jo", "Robin", "Noa", "Kai")
FAMILIES = ("Aldermoor", "Birchall", "Corrigan", "Dunmore", "Eastlake", "Farrow", "Glenholm", "Harwick")
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
AT_ONCE = 1000
Chance = np.random.Generator
# How often each side effect is named in the simulated check-ins: invented, as everything here is.
NAMED = {"dizziness": 0.22, "dissociation": 0.18, "nausea": 0.2, "headache": 0.15, "somnolence": 0.1}
# How often a session had what a safety measure counts, and how much oftener vomiting is in the last months: invented,
# so that one run chart shows a change and the other none.
VOMITED, VOMITED_LATELY, RESCUED, LATELY = 0.06, 0.14, 0.08, 150 * DAY


@dataclass
class Site:
    """A clinic with who writes there and what its enrolments rest on."""

    clinic: Clinic
    writer: Actor
    adoption: Adoption

    def place(self) -> dict[str, Any]:
        return {"organisation_id": self.clinic.organisation_id, "clinic": self.clinic}

    def fact(self, at: datetime) -> dict[str, Any]:
        return {**self.place(), "happened_at": at, "recorded_at": at, "recorded_by_id": self.writer.user_id}


def load(organisation: Organisation, director: Actor, *, at: datetime, count: int = PEOPLE, seed: int = SEED) -> int:
    """Three clinics with so many people in the director's organisation; how many scores were written."""
    with transaction.atomic(), tenancy.tenant(organisation.pk):
        sites = [a_site(organisation, name, director, at) for name, _, _ in CLINICS]
        chance, sessions = np.random.default_rng(seed), np.random.default_rng([seed, 1])
        scores = 0
        everybody = people(count, seed)
        for begin in range(0, count, AT_ONCE):
            scores += written(sites, everybody[begin : begin + AT_ONCE], chance, sessions, at)
        audit.note(by=director, at=at, verb="demo.network", because=f"{count} people, seed {seed}")
    return scores


def a_site(organisation: Organisation, name: str, director: Actor, at: datetime) -> Site:
    clinic = tenancy.found_clinic(
        organisation=organisation, name=f"{name} (simulated)", zone="America/New_York", address="1 Example Street",
        telephone="+1 207 555 0100", country="US", is_training=True, is_open_all_night=True,
    )  # fmt: skip
    common = {"organisation_id": organisation.pk, "clinic": clinic}
    Staff.objects.create(**common, created_at=at, user_id=director.person_id, role=Role.MD)
    adoption = Adoption.objects.create(
        **common, happened_at=at - 400 * DAY, recorded_at=at, recorded_by_id=director.user_id, sheet_id=PROTOCOL,
        sheet_version=VERSION,
    )  # fmt: skip
    return Site(clinic, director, adoption)


def written(sites: list[Site], together: list[Person], chance: Chance, sessions: Chance, at: datetime) -> int:
    """All rows of these people, table by table; how many scores."""
    told = [Told(sites[one.clinic], one, number, at) for number, one in enumerate(together)]
    for make in (identity, evaluated, enrolled, dosed):
        keep(row for one in told for row in make(one))
    keep(row for one in told for row in checked(one, chance))
    keep(row for one in told for row in happened(one, sessions))
    rows = [row for one in told for row in answered(one)]
    keep(iter(rows))
    return sum(isinstance(row, Score) for row in rows)


def keep(rows: Iterator[Model]) -> None:
    """In bulk, each table after those that it points to: in the order in which they first come."""
    found: dict[type[Model], list[Model]] = {}
    for row in rows:
        found.setdefault(type(row), []).append(row)
    for kind, those in found.items():
        kind._default_manager.bulk_create(those, batch_size=AT_ONCE)


class Told:
    """One simulated person with their rows."""

    def __init__(self, site: Site, person: Person, number: int, at: datetime) -> None:
        self.site, self.person, self.number, self.at = site, person, number, at
        self.first = at - timedelta(days=person.began_days_ago)
        self.patient = Patient(**site.place(), created_at=self.first - 30 * DAY)
        self.judgement: Judgement
        self.enrolment: Enrolment
        self.visits: list[Visit] = []

    def after(self, days: float) -> datetime:
        return self.first + timedelta(days=float(days))


def identity(one: Told) -> Iterator[Model]:
    fact = one.site.fact(one.first - 30 * DAY)
    family, given = FAMILIES[one.number % len(FAMILIES)], GIVEN[one.number // 8 % len(GIVEN)]
    born = date(1950 + one.number % 50, 1 + one.number % 12, 1 + one.number % 28)
    yield one.patient
    yield Demographics(
        **fact, patient=one.patient, family=f"{family}{one.number}", given=given, born_on=born,
        record_number=f"S{str(one.patient.pk)[:8]}",
    )  # fmt: skip
    yield Contact(**fact, patient=one.patient)
    yield Referral(
        **fact, source=Source.SELF, reason="Simulated", urgency=Urgency.ROUTINE, answer_due_at=one.first, family=family,
        given=given, born_on=born,
    )  # fmt: skip


def evaluated(one: Told) -> Iterator[Model]:
    before = one.first - 7 * DAY
    row = Evaluation(**one.site.place(), created_at=before, patient=one.patient, state=EvaluationState.DECIDED)
    one.judgement = Judgement(
        **one.site.fact(before), patient=one.patient, evaluation=row, choice=Choice.ACCEPT, outcome="permit", answer={}
    )
    yield row
    yield one.judgement


def enrolled(one: Told) -> Iterator[Model]:
    began = one.first - 3 * DAY
    one.enrolment = Enrolment(
        **one.site.place(), created_at=began, patient=one.patient, adoption=one.site.adoption,
        judgement_id=one.judgement.pk, state=EnrolmentState.ACTIVE,
    )  # fmt: skip
    yield one.enrolment
    yield Plan(
        **one.site.fact(began), patient=one.patient, enrolment=one.enrolment, sheet_id=PROTOCOL, sheet_version=VERSION,
        drug="ketamine (racemic)", route="IV", dose_mg_per_kg=Decimal("0.5"), infusion_min=Decimal(40),
        sessions=len(INDUCTION_DAYS), first_on=one.first.date(),
    )  # fmt: skip


def dosed(one: Told) -> Iterator[Model]:
    for number, day in enumerate(one.person.dose_days, start=1):
        start = one.after(day)
        visit = Visit(
            **one.site.place(), created_at=start - DAY, patient=one.patient, kind=VisitKind.DOSE,
            state=VisitState.CLOSED, starts_at=start - HOUR, ends_at=start + 2 * HOUR, number_in_course=number,
        )  # fmt: skip
        one.visits.append(visit)
        yield visit
        yield Session(
            **one.site.place(), created_at=start - HOUR, visit=visit, protocol_id=PROTOCOL, protocol_version=VERSION,
            state=SessionState.CLOSED, started_at=start, dose_ended_at=start + 40 * MINUTE,
            ready_at=start + 2 * HOUR, left_at=start + 2 * HOUR, closed_at=start + 2 * HOUR,
        )  # fmt: skip


def happened(one: Told, chance: Chance) -> Iterator[Model]:
    """What the timelines of the sessions hold of the safety measures."""
    for visit, day in zip(one.visits, one.person.dose_days, strict=True):
        start = one.after(day)
        often = VOMITED_LATELY if start > one.at - LATELY else VOMITED
        common = {**one.site.fact(start + HOUR), "patient": one.patient, "visit": visit}
        if chance.random() < often:
            yield TimelineEntry(**common, kind=Kind.EVENT, name=VOMIT)
        if chance.random() < RESCUED:
            yield TimelineEntry(**common, kind=Kind.MEDICINE, body={"waits": RESCUE})


def checked(one: Told, chance: Chance) -> Iterator[Model]:
    """The check-in of the next day after every dose, with the side effects that were named."""
    rule = next(rule for rule in reader.cadence() if rule.key == "next_day")
    share = CLINICS[one.person.clinic][2]
    for visit, day in zip(one.visits, one.person.dose_days, strict=True):
        start = one.after(day)
        opens, due, closes = (start + timedelta(hours=hours) for hours in (rule.opens_h, rule.due_h, rule.closes_h))
        if closes > one.at:
            continue
        came = bool(chance.random() < share)
        duty = Duty(
            **one.site.place(), created_at=start, kind="checkin.follow", title="Call if not answered", why="Simulated",
            link=f"/visits/{visit.pk}/check-ins/", patient=one.patient, visit_id=visit.pk, owner_role=Role.FD,
            due_at=closes, late_at=closes, state=DutyState.CLOSED, closed_at=closes,
        )  # fmt: skip
        ask = Ask(
            **one.site.place(), created_at=start, patient=one.patient, visit=visit, duty=duty, key=rule.key,
            title=rule.title, instruments=list(rule.instruments), dose_at=start, opens_at=opens, due_at=due,
            closes_at=closes, link_until=closes, state=AskState.ANSWERED if came else AskState.MISSED,
            answered_at=due if came else None,
        )  # fmt: skip
        yield duty
        yield ask
        if came:
            named = {name: int(chance.random() < often) for name, often in NAMED.items()}
            yield Answers(
                **one.site.fact(due), patient=one.patient, ask=ask, instrument="side-effects",
                instrument_version="1.0.0", source=From.PATIENT, values=named,
            )  # fmt: skip


def answered(one: Told) -> Iterator[Model]:
    person = one.person
    for day, total in zip(person.form_days, person.forms, strict=True):
        yield from a_score(one, "phq-9", spread(int(total)), one.after(day))
    for day, mood in zip(person.mood_days, person.moods, strict=True):
        yield from a_score(one, "mood-vas", {reader.instrument("mood-vas").items[0].id: int(mood)}, one.after(day))


def spread(total: int) -> dict[str, int]:
    """Answers to nine items with this sum; the last one, about death, only when the others can hold no more."""
    values = {}
    for item in range(1, 10):
        values[str(item)] = min(3, total)
        total -= values[str(item)]
    return values


def a_score(one: Told, name: str, values: dict[str, int], at: datetime) -> Iterator[Model]:
    sheet = reader.instrument(name)
    found = rules.score(sheet, values)
    fact = one.site.fact(at)
    given = Answers(
        **fact, patient=one.patient, instrument=name, instrument_version=sheet.version, source=From.PATIENT,
        values=values,
    )  # fmt: skip
    yield given
    yield Score(
        **fact, patient=one.patient, answers=given, instrument=name, instrument_version=sheet.version,
        total=found.total, sum_answered=found.sum_answered, band=found.band or "",
    )  # fmt: skip
