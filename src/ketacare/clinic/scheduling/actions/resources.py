"""What a clinic has to plan with: rooms, devices, people, their hours and absences, and the site's rules."""

from __future__ import annotations

from calendar import day_name
from datetime import datetime, time
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.scheduling import queries
from ketacare.clinic.scheduling.actions.keeping import held_once
from ketacare.clinic.scheduling.actions.wording import LONG, NAME, SHORT, fitting
from ketacare.clinic.scheduling.models import (
    Absence,
    AbsenceKind,
    Chair,
    Outage,
    Resource,
    ResourceKind,
    SiteRules,
    Skill,
    StaffSkill,
    WeekHours,
)
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.scheduling import terms as planned

Week = dict[int, tuple[time, time]]


def place_of(by: Actor, at: datetime) -> dict[str, Any]:
    return {"organisation_id": by.organisation_id, "clinic_id": by.clinic_id, "created_at": at}


def fact_of(by: Actor, at: datetime) -> dict[str, Any]:
    return {
        "organisation_id": by.organisation_id,
        "clinic_id": by.clinic_id,
        "happened_at": at,
        "recorded_at": at,
        "recorded_by_id": by.user_id,
    }


@transaction.atomic
def add_resource(*, kind: ResourceKind, name: str, by: Actor, at: datetime) -> Resource:
    access.require(by, "resources", "C")
    name = fitting(name, NAME, "name")
    if not name:
        raise Refused(Refusal("name", "is empty.", "Give it the name that stands on its door or on its back."))
    try:
        with transaction.atomic():
            row = Resource.objects.create(**place_of(by, at), kind=ResourceKind(kind), name=name)
    except IntegrityError:
        raise Refused(Refusal("name", f"There is already a {ResourceKind(kind).label.lower()} of this name.", ""))
    audit.note(by=by, at=at, verb="resource.add", on=row)
    return row


@transaction.atomic
def retire_resource(*, resource: Resource, by: Actor, at: datetime) -> None:
    """It is planned for no more; the visits that had it stay readable."""
    access.require(by, "resources", "U")
    Resource.objects.filter(pk=resource.pk, retired_at=None).update(retired_at=at, version=resource.version + 1)
    audit.note(by=by, at=at, verb="resource.retire", on=resource)


def colleague(by: Actor, user: User) -> User:
    if not people.at_work(by.clinic_id).filter(pk=user.pk).exists():
        raise Refused(Refusal("user", "does not work here.", "Choose from the list."))
    return user


@transaction.atomic
def give_skill(*, user: User, skill: Skill, by: Actor, at: datetime) -> StaffSkill:
    access.require(by, "resources", "U")
    roles = {Role(role) for role in people.roles_of(user, by.clinic_id)}
    if planned.Skill(skill) not in queries.fitting_skills(roles):
        rule = f"“{Skill(skill).label}” needs another role than {user.name} has here."
        raise Refused(Refusal("skill", rule, "An administrator gives the role first.", "policy"))
    row, _ = StaffSkill.objects.get_or_create(
        organisation_id=by.organisation_id,
        clinic_id=by.clinic_id,
        user=colleague(by, user),
        skill=Skill(skill),
        ended_at=None,
        defaults={"created_at": at},
    )
    audit.note(by=by, at=at, verb="skill.give", on=row, because=str(skill))
    return row


@transaction.atomic
def take_skill(*, row: StaffSkill, by: Actor, at: datetime) -> None:
    access.require(by, "resources", "U")
    StaffSkill.objects.filter(pk=row.pk, ended_at=None).update(ended_at=at, version=row.version + 1)
    audit.note(by=by, at=at, verb="skill.take", on=row, because=row.skill)


@transaction.atomic
def set_week(*, week: Week, by: Actor, at: datetime, user: User | None = None, reason: str = "") -> WeekHours:
    """The hours of a usual week, of a person or (nobody named) of the clinic; the week before stays readable."""
    access.require(by, "resources", "U")
    for day, (opens, closes) in week.items():
        if not 0 <= day <= 6 or closes <= opens:
            rule = f"{day_name[day]} ends before it begins." if 0 <= day <= 6 else "is no day of the week."
            raise Refused(Refusal(f"day-{day}", rule, "Give the earlier time first."))
    before = queries.week_row(by.clinic_id, user.pk if user else None)
    row = WeekHours.objects.create(
        **fact_of(by, at),
        user=colleague(by, user) if user else None,
        week={str(day): [f"{hour:%H:%M}" for hour in hours] for day, hours in sorted(week.items())},
        amends=before,
        amend_reason=(fitting(reason, LONG, "reason") or "New hours") if before else "",
    )
    audit.note(by=by, at=at, verb="hours.set", on=row)
    return row


@transaction.atomic
def set_site_rules(
    *,
    hands_on_min: int,
    watched_most: int,
    watched_acting: int,
    watched_nasal: int,
    end_before_closing_min: int,
    needs_supervisor: bool,
    by: Actor,
    at: datetime,
    reason: str = "",
) -> SiteRules:
    access.require(by, "resources", "A")
    found = []
    if not 5 <= hands_on_min <= 60:
        found.append(Refusal("hands_on_min", "is not between 5 and 60 minutes.", "Most sites keep 15."))
    eyes = {"watched_acting": watched_acting, "watched_most": watched_most, "watched_nasal": watched_nasal}
    found += [
        Refusal(name, "is not between 1 and 8 chairs.", "Give a number of chairs.")
        for name, most in eyes.items()
        if not 1 <= most <= planned.Watched.MOST
    ]
    if not 0 <= end_before_closing_min <= 240:
        found.append(Refusal("end_before_closing_min", "is not between 0 and 240 minutes.", "Most sites keep 60."))
    if found:
        raise Refused(found)
    before = SiteRules.objects.current().filter(clinic_id=by.clinic_id).first()
    row = SiteRules.objects.create(
        **fact_of(by, at),
        hands_on_min=hands_on_min,
        **eyes,
        end_before_closing_min=end_before_closing_min,
        needs_supervisor=needs_supervisor,
        amends=before,
        amend_reason=(fitting(reason, LONG, "reason") or "New rules") if before else "",
    )
    audit.note(by=by, at=at, verb="site_rules.set", on=row)
    return row


@transaction.atomic
def add_absence(
    *,
    kind: AbsenceKind,
    starts_at: datetime,
    ends_at: datetime,
    by: Actor,
    at: datetime,
    user: User | None = None,
    words: str = "",
) -> Absence:
    """Leave, illness or training of one person, or (nobody named) a day on which the clinic is closed."""
    access.require(by, "resources", "U")
    if ends_at <= starts_at:
        raise Refused(Refusal("ends_at", "is not after the beginning.", "Give the earlier time first."))
    if (user is None) != (kind == AbsenceKind.HOLIDAY):
        raise Refused(Refusal("kind", "does not fit who is away.", "A closed clinic names nobody; leave names one."))
    with held_once():
        row = Absence.objects.create(
            **place_of(by, at),
            user=colleague(by, user) if user else None,
            kind=AbsenceKind(kind),
            starts_at=starts_at,
            ends_at=ends_at,
            words=fitting(words, SHORT),
        )
    audit.note(by=by, at=at, verb="absence.add", on=row, because=str(kind))
    return row


@transaction.atomic
def withdraw_absence(*, absence: Absence, by: Actor, at: datetime) -> None:
    access.require(by, "resources", "U")
    Absence.objects.filter(pk=absence.pk, withdrawn_at=None).update(withdrawn_at=at, version=absence.version + 1)
    audit.note(by=by, at=at, verb="absence.withdraw", on=absence)


@transaction.atomic
def put_out_of_order(
    *,
    starts_at: datetime,
    ends_at: datetime | None,
    words: str,
    by: Actor,
    at: datetime,
    chair: Chair | None = None,
    resource: Resource | None = None,
) -> Outage:
    """A chair, room or device that cannot be used; open-ended until somebody says that it can."""
    access.require(by, "resources", "U")
    found = []
    if (chair is None) == (resource is None):
        found.append(Refusal("what", "is not one thing.", "Choose the chair, room or device."))
    if ends_at is not None and ends_at <= starts_at:
        found.append(Refusal("ends_at", "is not after the beginning.", "Give the earlier time first, or none."))
    if not words.strip():
        found.append(Refusal("words", "is empty.", "Say what is wrong with it."))
    if found:
        raise Refused(found)
    row = Outage.objects.create(
        **place_of(by, at),
        chair=chair,
        resource=resource,
        starts_at=starts_at,
        ends_at=ends_at,
        words=fitting(words, SHORT),
    )
    audit.note(by=by, at=at, verb="outage.add", on=row)
    return row


@transaction.atomic
def end_outage(*, outage: Outage, by: Actor, at: datetime) -> None:
    """It can be used again, from now or, where it has not begun, from its beginning."""
    access.require(by, "resources", "U")
    Outage.objects.filter(pk=outage.pk).update(ends_at=max(at, outage.starts_at), version=outage.version + 1)
    audit.note(by=by, at=at, verb="outage.end", on=outage)


def resource_in(clinic_id: UUID, pk: UUID | str | None) -> Resource | None:
    return Resource.objects.filter(clinic_id=clinic_id, pk=pk, retired_at=None).first() if pk else None
