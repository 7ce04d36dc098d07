"""What the site has to plan with, on one page: each part with its own form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse

from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, actor_of, guarded, may, moment_of
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.posts import queries as posts
from ketacare.clinic.protocols import queries as protocols
from ketacare.clinic.scheduling import actions, queries
from ketacare.clinic.scheduling.forms import (
    beside,
    clock_in,
    key_in,
    moment_in,
    moment_or_none,
    named,
    number_in,
    typed,
)
from ketacare.clinic.scheduling.models import (
    Absence,
    AbsenceKind,
    Chair,
    Outage,
    Resource,
    ResourceKind,
    Skill,
    StaffSkill,
    WeekHours,
)
from ketacare.clinic.scheduling.queries.anew import lost_their_place
from ketacare.clinic.scheduling.queries.house import Week, rules_of, weeks_of
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.scheduling.reader import lengths

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CHAIR = ("chair", "Chair")
Act = Callable[[QueryDict, Actor, datetime], Any]


@guarded("resources", "R")
def resources(request: HttpRequest) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    if request.method == "POST":
        try:
            act = ACTS.get(request.POST.get("act", ""))
            if act is None:
                raise Refused(Refusal("act", "is none of this page.", "Use a button of the page."))
            act(request.POST, actor, at)
        except Refused as refused:
            shown = page(actor, at) | {"refusals": named(refused.refusals), "typed": typed(request)}
            return render(request, "scheduling/resources.jinja", shown, status=refused.status)
        return HttpResponseRedirect(reverse("resources"))
    return render(request, "scheduling/resources.jinja", page(actor, at))


def user_in(fields: QueryDict, by: Actor) -> User:
    key = key_in(fields, "user")
    user = people.at_work(by.clinic_id).filter(pk=key).first() if key else None
    if user is None:
        raise Refused(Refusal("user", "names nobody who works here.", "Choose from the list."))
    return user


def thing_in(fields: QueryDict, by: Actor, name: str = "thing") -> dict[str, Any]:
    key = key_in(fields, name)
    chair = Chair.objects.filter(clinic_id=by.clinic_id, pk=key, retired_at=None).first() if key else None
    resource = Resource.objects.filter(clinic_id=by.clinic_id, pk=key).first() if key and chair is None else None
    if chair is None and resource is None:
        raise Refused(Refusal(name, "is not chosen.", "Choose the chair, room or device."))
    return {"chair": chair, "resource": resource}


def add(fields: QueryDict, by: Actor, at: datetime) -> None:
    if fields.get("kind") == CHAIR[0]:
        actions.add_chair(name=fields.get("name", ""), by=by, at=at)
        return
    try:
        kind = ResourceKind(fields.get("kind", ""))
    except ValueError:
        raise Refused(Refusal("kind", "is not chosen.", "Say what it is."))
    actions.add_resource(kind=kind, name=fields.get("name", ""), by=by, at=at)


def retire(fields: QueryDict, by: Actor, at: datetime) -> None:
    found = thing_in(fields, by)
    if found["chair"] is not None:
        actions.retire_chair(chair=found["chair"], by=by, at=at)
    else:
        actions.retire_resource(resource=found["resource"], by=by, at=at)


def rename(fields: QueryDict, by: Actor, at: datetime) -> None:
    chair = thing_in(fields, by)["chair"]
    if chair is None:
        raise Refused(Refusal("thing", "is not a chair.", "Retire it, and add it under its new name."))
    with beside(name="new_name"):
        actions.rename_chair(chair=chair, name=fields.get("new_name", ""), by=by, at=at)


def skills(fields: QueryDict, by: Actor, at: datetime) -> None:
    """Exactly those that are ticked."""
    user = user_in(fields, by)
    wanted = {Skill(value) for value in fields.getlist("skill") if value in Skill.values}
    kept = {
        Skill(row.skill): row for row in StaffSkill.objects.filter(clinic_id=by.clinic_id, user=user, ended_at=None)
    }
    usual = next((found for key, _, found in queries.skilled(by.clinic_id) if key == user.pk), frozenset())
    for skill in Skill:
        if skill in wanted:
            actions.give_skill(user=user, skill=skill, by=by, at=at)
        elif skill in kept:
            actions.take_skill(row=kept[skill], by=by, at=at)
        elif skill in {str(one) for one in usual}:  # by the role until now: said, and taken back
            actions.take_skill(row=actions.give_skill(user=user, skill=skill, by=by, at=at), by=by, at=at)


def hours(fields: QueryDict, by: Actor, at: datetime) -> None:
    week: dict[int, tuple[time, time]] = {}
    for day in range(7):
        opens, closes = clock_in(fields, f"from-{day}"), clock_in(fields, f"to-{day}")
        if (opens is None) != (closes is None):
            raise Refused(Refusal(f"from-{day}", f"{DAYS[day]} has only one of its two times.", "Give both, or none."))
        if opens is not None and closes is not None:
            week[day] = (opens, closes)
    user = user_in(fields, by) if fields.get("user") else None
    with beside(**{f"day-{day}": f"to-{day}" for day in range(7)}):
        actions.set_week(week=week, user=user, reason=fields.get("reason", ""), by=by, at=at)


def absence(fields: QueryDict, by: Actor, at: datetime) -> None:
    try:
        kind = AbsenceKind(fields.get("kind", ""))
    except ValueError:
        raise Refused(Refusal("kind", "is not chosen.", "Say why."))
    actions.add_absence(
        kind=kind,
        user=user_in(fields, by) if fields.get("user") else None,
        starts_at=moment_in(fields, "starts_at", by.zone, at),
        ends_at=moment_in(fields, "ends_at", by.zone, at),
        words=fields.get("words", ""),
        by=by,
        at=at,
    )


def back(fields: QueryDict, by: Actor, at: datetime) -> None:
    key = key_in(fields, "absence")
    row = Absence.objects.filter(clinic_id=by.clinic_id, pk=key).first() if key else None
    if row is None:
        raise Refused(Refusal("absence", "is not on the list.", "Look at the list."))
    actions.withdraw_absence(absence=row, by=by, at=at)


def outage(fields: QueryDict, by: Actor, at: datetime) -> None:
    with beside(what="thing", starts_at="out_from", ends_at="out_until", words="out_words"):
        actions.put_out_of_order(
            **thing_in(fields, by),
            starts_at=moment_in(fields, "out_from", by.zone, at) if fields.get("out_from") else at,
            ends_at=moment_or_none(fields, "out_until", by.zone, at),
            words=fields.get("out_words", ""),
            by=by,
            at=at,
        )


def again(fields: QueryDict, by: Actor, at: datetime) -> None:
    key = key_in(fields, "outage")
    row = Outage.objects.filter(clinic_id=by.clinic_id, pk=key).first() if key else None
    if row is None:
        raise Refused(Refusal("outage", "is not on the list.", "Look at the list."))
    actions.end_outage(outage=row, by=by, at=at)


def rules(fields: QueryDict, by: Actor, at: datetime) -> None:
    actions.set_site_rules(
        hands_on_min=number_in(fields, "hands_on_min"),
        watched_acting=number_in(fields, "watched_acting"),
        watched_most=number_in(fields, "watched_most"),
        watched_nasal=number_in(fields, "watched_nasal"),
        end_before_closing_min=number_in(fields, "end_before_closing_min"),
        needs_supervisor=fields.get("needs_supervisor") == "on",
        reason=fields.get("reason", ""),
        by=by,
        at=at,
    )


ACTS: dict[str, Act] = {
    "add": add,
    "retire": retire,
    "rename": rename,
    "skills": skills,
    "hours": hours,
    "absence": absence,
    "back": back,
    "outage": outage,
    "again": again,
    "rules": rules,
}


def week_words(week: Week | None) -> str:
    """Days with the same hours in one: Mon to Thu 08:00–17:00, Fri 08:00–13:00."""
    runs: list[tuple[int, int, str]] = []
    for day, (opens, closes) in sorted((week or {}).items()):
        hours = f"{opens:%H:%M}–{closes:%H:%M}"
        if runs and runs[-1][1:] == (day - 1, hours):
            runs[-1] = (runs[-1][0], day, hours)
        else:
            runs.append((day, day, hours))
    return ", ".join(
        f"{DAYS[first][:3]}{f' to {DAYS[last][:3]}' if last > first else ''} {hours}" for first, last, hours in runs
    )


def page(actor: Actor, at: datetime) -> dict[str, Any]:
    clinic, today = Clinic.objects.get(pk=actor.clinic_id), local_day(at, actor.zone)
    own, by_person = weeks_of(clinic)
    site = rules_of(clinic, max((closes for _, closes in own.values()), default=clinic.closes_at))
    colleagues = list(people.at_work(clinic.pk))
    skilled = {user_id: skills for user_id, _, skills in queries.skilled(clinic.pk)}
    may_have = {
        user.pk: queries.fitting_skills(Role(role) for role in people.roles_of(user, clinic.pk)) for user in colleagues
    }
    row = queries.site_rules(clinic.pk)
    default = row.end_before_closing_min if row else lengths_site()
    changed = WeekHours.objects.current().filter(clinic_id=clinic.pk).select_related("recorded_by")
    return {
        "lost": len(lost_their_place(clinic, at)),
        "overdue": protocols.past_review(("planning-1",), today),
        "own": own,
        "days": DAYS,
        "week_words": week_words,
        "changed": {one.user_id: one for one in changed},
        "staff": [
            (user, skilled.get(user.pk, frozenset()), by_person.get(user.pk), may_have[user.pk])
            for user in colleagues
            if may_have[user.pk] or skilled.get(user.pk)  # who can never be planned for anything is no resource
        ],
        "licence_ends": {key: posts.in_words(row, today) for key, row in posts.licences(clinic.pk).items()},
        "colleagues": [(str(user.pk), user.name) for user in colleagues],
        "skills": Skill.choices,
        "kinds": [CHAIR, *ResourceKind.choices],
        "absence_kinds": AbsenceKind.choices,
        "resources": Resource.objects.filter(clinic_id=clinic.pk, retired_at=None).order_by("kind", "name"),
        "chairs": list(queries.chairs(clinic.pk)),
        "absences": Absence.objects.filter(clinic_id=clinic.pk, withdrawn_at=None, ends_at__gt=at)
        .select_related("user")
        .order_by("starts_at"),
        "outages": [one for one in Outage.objects.filter(clinic_id=clinic.pk).select_related("chair", "resource")
                    if one.ends_at is None or one.ends_at > at],
        "site": site,
        "end_before_closing_min": default,
        "rules_row": row,
        "may_change": may(actor, "resources", "U"),
        "may_rule": may(actor, "resources", "A"),
    }  # fmt: skip


def lengths_site() -> int:
    return int(lengths().site.end_before_closing.total_seconds() // 60)
