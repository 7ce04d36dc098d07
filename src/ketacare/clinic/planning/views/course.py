"""A whole course in one click: three ways into the calendar, or what holds it back; then one of them is booked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from ketacare.clinic.enrolment import pausing
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, actor_of, guarded, moment_of, patient_of
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.planning import queries
from ketacare.clinic.planning.actions import book_proposal, book_rest, wished
from ketacare.clinic.planning.forms import AWAY, asked_in, sealed, unsealed
from ketacare.clinic.planning.queries import Asked
from ketacare.clinic.planning.queries.capacity import BEHIND
from ketacare.clinic.protocols import queries as protocols
from ketacare.clinic.scheduling import actions as scheduling_actions
from ketacare.clinic.scheduling import queries as scheduling
from ketacare.clinic.scheduling.forms import beside, named
from ketacare.clinic.scheduling.models import GIVEN_UP, Course, Visit, VisitKind
from ketacare.clinic.scheduling.planner import Alternative, Held
from ketacare.clinic.scheduling.queries.calendar import held_people, rooms_of
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.scheduling.terms import NEEDED, Booked, Kind, PlaceKind, Skill


@guarded("appointments", "C")
def course(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    act = "C" if request.method == "POST" else "R"
    patient = patient_of(actor, patient_id, "appointments", act, at=at)
    shown: dict[str, Any] = {"patient": patient, "header": people.header(patient, at=at, zone=actor.zone)}
    shown |= {"enrolled": enrolled.current_enrolment(patient), "paused_since": pausing.paused_since(patient)}
    shown["may_pause"] = access.granted(actor.role, "appointments", "U", access.relations_to(actor, patient))
    shown["overdue"] = protocols.past_review(("planning-1",), local_day(at, actor.zone))
    booked = scheduling_actions.open_course(patient)
    fields = request.POST if request.method == "POST" else request.GET
    rest = booked if fields.get("rest") else None
    if booked is not None and rest is None and (request.method != "POST" or fields.get("act") == "end"):
        return booked_course(request, booked, shown)
    shown |= {"before": before_this(patient), "rest": rest, "has_course": booked is not None}
    today = local_day(at, actor.zone)
    offered, without_skill = options(actor, patient, at)
    own = queries.own_therapist(patient, at, actor.zone)
    usual = wished(rest.wishes, today) if rest else Asked(today, therapist=own if own in dict(offered) else "")
    if rest:
        usual = replace(usual, away=(*usual.away, *queries.days_given_up(patient, at, actor.zone)))
    shown |= {"options": offered, "without_skill": without_skill, "typed": fields, "today": today, "asked": usual}
    shown["away_fields"] = AWAY
    try:
        if request.method == "POST" and fields.get("rest") and rest is None:
            raise Refused(Refusal("patient", "The course has ended meanwhile.", "Look at the page again.", "policy"))
        asked = asked_in(fields, today=today, usual=usual)
        shown["asked"] = asked
        question = queries.rest_of(rest, asked, by=actor, at=at) if rest else None
        question = question or queries.question(patient, asked, by=actor, at=at)
        shown["doses"] = [one for one in question.needs if one.kind is Kind.DOSE and one.stands is None]
        shown["question"] = question
        if request.method == "POST":
            visits = unsealed(fields.get("alternative", ""), patient, actor)
            if rest:
                book_rest(course=rest, question=question, visits=visits, by=actor, at=at)
            else:
                book_proposal(question=question, visits=visits, asked=asked, by=actor, at=at)
            return HttpResponseRedirect(reverse("course", args=[patient.pk]))
        made = (queries.proposal_of_rest if rest else queries.proposal)(question, asked, by=actor)
    except Refused as refused:
        shown["refusals"] = named(refused.refusals)
        return render(request, "planning/course.jinja", shown, status=refused.status)
    if isinstance(made, Held):
        return render(request, "planning/course.jinja", shown | {"held_back": made.reasons})
    owed = [] if rest else queries.ahead(patient, first_dose(made[0], actor.zone), at=at, zone=actor.zone)
    names = names_of(actor, made[0])
    had = () if rest else question.waiting
    cards = [card(one, patient, actor, names, asked.therapist, had) for one in made]
    return render(request, "planning/course.jinja", shown | {"cards": cards, "owed": owed})


def booked_course(request: HttpRequest, booked: Course, shown: dict[str, Any]) -> HttpResponse:
    """The visits that stand, and the end of the course before its last one."""
    actor, refusals = actor_of(request), []
    at = moment_of(request)
    if request.method == "POST":
        reason, words = request.POST.get("end_reason", ""), request.POST.get("end_words", "")
        try:
            with beside(reason="end_reason", words="end_words"):
                scheduling_actions.end_course(course=booked, reason=reason, words=words, by=actor, at=at)
            return HttpResponseRedirect(reverse("course", args=[booked.patient_id]))
        except Refused as fault:
            refusals = named(fault.refusals)
    rows = list(Visit.objects.filter(course=booked).select_related("chair").order_by("starts_at"))
    relations = access.relations_to(actor, booked.patient)
    shown |= {
        "course": booked,
        "rows": rows,
        "rooms": rooms_of(rows),
        "with_whom": {key: [name for _, name in held] for key, held in held_people(rows).items()},
        "left": scheduling_actions.to_come(booked, at).count(),
        "unplaced": queries.doses_without_place(booked.patient),
        "without_work": without_work(rows, at),
        "reasons": [(one.value, one.label) for one in scheduling_actions.Reason],
        "may_end": access.granted(actor.role, "appointments", "U", relations),
        "refusals": refusals,
        "typed": request.POST,
    }
    return render(request, "planning/course.jinja", shown, status=422 if refusals else 200)


def without_work(rows: Sequence[Visit], at: datetime) -> list[Visit]:
    """Doses whose integration visit was given up, with no other in its place: their window goes by unused. Of one that
    was given long ago nobody looks any more."""
    doses = [row for row in rows if row.kind == VisitKind.DOSE and row.state not in GIVEN_UP]
    work = [row for row in rows if row.kind == VisitKind.INTEGRATION]
    gone = {row.follows_id for row in work if row.state in GIVEN_UP}
    stand = {row.follows_id for row in work if row.state not in GIVEN_UP}
    lost = [row for row in doses if row.pk in gone - stand and row.starts_at > at - BEHIND]
    owed = scheduling.work_owed(row.patient_id for row in lost)
    return [row for row in lost if owed.after(row)]


def before_this(patient: Patient) -> tuple[datetime, str] | None:
    """When the last course ended before its end, and why."""
    row = Course.objects.filter(patient=patient).exclude(ended_at=None).order_by("-ended_at").first()
    if row is None or row.ended_at is None:
        return None
    why = scheduling_actions.Reason(row.end_reason).label if row.end_reason else ""
    return row.ended_at, ": ".join(words for words in (why, row.end_words) if words)


def first_dose(made: Alternative, zone: str) -> date:
    return min(local_day(one.span.starts, zone) for one in made.visits if one.kind is Kind.DOSE)


def options(actor: Actor, patient: Patient, at: datetime) -> tuple[list[tuple[str, str]], list[str]]:
    """The clinic's own, and those of another practice who are assigned, as far as they are planned for therapy; and the
    names of the others: whoever is chosen and cannot be booked would be dropped without a word."""
    named = {str(user.pk): user.name for user in people.colleagues(clinic_id=actor.clinic_id, role=Role.TH)}
    team = people.care_team(patient, local_day(at, actor.zone))
    named |= {str(row.user_id): row.user.name for row in team if row.kind == "therapist"}
    able = {str(key) for key, _, skills in scheduling.skilled(actor.clinic_id) if Skill.THERAPY in skills}
    return [one for one in named.items() if one[0] in able], [name for key, name in named.items() if key not in able]


def card(
    made: Alternative,
    patient: Patient,
    actor: Actor,
    names: dict[str, str],
    wished: str,
    had: Sequence[Visit],
) -> dict[str, Any]:
    """One alternative as the desk compares it: its days in words, how long it takes, how often the patient comes.
    `had`: doses that are booked already, which it moves."""
    zone = ZoneInfo(actor.zone)
    doses = [one for one in made.visits if one.kind is Kind.DOSE]
    days = {local_day(one.span.starts, actor.zone) for one in made.visits}
    therapists = {key for one in made.visits for key in scheduling.needs_relation(one)}
    until = max(one.span.starts for one in made.visits)
    first, last = doses[0].span.starts.astimezone(zone), doses[-1].span.starts.astimezone(zone)
    weekdays = dict.fromkeys(f"{one.span.starts.astimezone(zone):%a}" for one in doses)
    instead = {one.key: before.starts_at for one, before in zip(doses, had, strict=False)}
    hours = sorted({one.span.starts.astimezone(zone).strftime("%H:%M") for one in doses})
    return {
        "name": made.name,
        "words": made.words,
        "sealed": sealed(made, patient, actor),
        "first": first,
        "last": last,
        "weekdays": ", ".join(weekdays),
        "hours": hours[0] if len(hours) == 1 else f"{hours[0]} to {hours[-1]}",
        "trips": len(days),
        "unmet": unmet(made, wished, names),
        "assigned": [
            names.get(key, "") for key in scheduling.strangers(patient.pk, therapists, local_day(until, actor.zone))
        ],
        "instead": [row.starts_at for row in had],
        "too_many": [row.starts_at for row in had[len(doses) :]],
        "visits": [
            (
                one,
                ", ".join(names.get(who, "") for who in (one.person, one.sitter) if who),
                where(one, names),
                instead.get(one.key) if instead.get(one.key) != one.span.starts else None,
            )
            for one in made.visits
        ],
    }


def unmet(made: Alternative, wished: str, names: dict[str, str]) -> str:
    """Which visits are not with the therapist who was asked for."""
    if not wished:
        return ""
    others = [
        f"{one.kind}{f' {one.number}' if one.number else ''}"
        for one in made.visits
        if (one.person if NEEDED[one.kind] is Skill.THERAPY else one.sitter or wished) != wished
    ]
    name = names.get(wished, "the therapist who was asked for")
    return f"Not with {name}, who is not free then: {', '.join(others)}." if others else ""


def where(one: Booked, names: dict[str, str]) -> list[str]:
    """Chair or room; the devices follow by themselves."""
    return [names.get(name, "") for kind, name in one.places.items() if kind in (PlaceKind.CHAIR, PlaceKind.ROOM)]


def names_of(actor: Actor, made: Alternative) -> dict[str, str]:
    """Of everybody and everything here; for all alternatives the same."""
    clinic = Clinic.objects.get(pk=actor.clinic_id)
    house = scheduling.house_of(clinic, made.visits[0].span)
    return {one.id: one.name for one in house.people} | {one.id: one.name for one in house.places}
