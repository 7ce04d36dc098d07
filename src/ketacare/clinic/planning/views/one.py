"""One visit, booked by hand: what, who, with whom, where and when; or what the rules say against it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse

from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, actor_of, guarded, moment_of, patient_of
from ketacare.clinic.people.models import Patient
from ketacare.clinic.planning import queries
from ketacare.clinic.planning.actions import planned_again
from ketacare.clinic.planning.queries import OneAsked
from ketacare.clinic.protocols import queries as protocols
from ketacare.clinic.scheduling import actions, forms
from ketacare.clinic.scheduling import queries as scheduling
from ketacare.clinic.scheduling.models import VisitKind
from ketacare.clinic.scheduling.queries.placing import named_in
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.scheduling.reader import lengths
from ketacare.medicine.scheduling.terms import Kind, Skill

SKILL_WORDS = {
    Skill.INFUSION: "doses",
    Skill.THERAPY: "therapy",
    Skill.PRESCRIBE: "evaluation and review",
    Skill.LABORATORY: "laboratory",
}


@guarded("appointments", "C")
def book_visit(request: HttpRequest) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    patient = None
    if request.method == "POST":
        fields = request.POST
        try:
            patient = named_patient(fields, actor, at)
            visit = book(fields, patient, actor, at)
        except Refused as refused:
            shown = page(actor, patient, at) | {"typed": forms.typed(request)}
            shown["refusals"] = forms.named(refused.refusals)
            return render(request, "planning/book.jinja", shown, status=refused.status)
        return HttpResponseRedirect(reverse("visit-planning", args=[visit.pk]))
    key = forms.key_in(request.GET, "patient")
    if key is not None:
        patient = patient_of(actor, key, "appointments", "C", at=at)
    typed = {name: request.GET.get(name, "") for name in ("kind", "starts_at", "chair", "person")}
    shown = page(actor, patient, at) | {"typed": typed}
    if patient is not None and typed["kind"] == VisitKind.INTEGRATION:
        shown["inside"] = found = queries.inside(patient, by=actor, at=at)
        hours = [(forms.wall(one.starts_at, actor), one) for one in found.free] if found else []
        if hours and not typed["starts_at"]:
            typed["starts_at"], typed["person"] = hours[0][0], typed["person"] or hours[0][1].person
        shown["hours"] = hours
    return render(request, "planning/book.jinja", shown)


def named_patient(fields: QueryDict, by: Actor, at: datetime) -> Patient:
    found = people.by_record_number(by.clinic_id, fields.get("record_number", "").strip())
    if found is None:
        raise Refused(Refusal("record_number", "names nobody here.", "Take it from the patient's page."))
    return patient_of(by, found, "appointments", "C", at=at)


def book(fields: QueryDict, patient: Patient, by: Actor, at: datetime) -> Any:
    try:
        kind = VisitKind(fields.get("kind", ""))
    except ValueError:
        raise Refused(Refusal("kind", "is not chosen.", "Say what the visit is for."))
    minutes = forms.number_in(fields, "minutes") if fields.get("minutes", "").strip() else None
    asked = OneAsked(
        kind,
        forms.moment_in(fields, "starts_at", by.zone, at),
        timedelta(minutes=minutes) if minutes is not None else None,
        named_in(fields, by),
    )
    visit = actions.place_visit(
        visit=None,
        one=queries.one_visit(patient, asked, by=by),
        reason="booked",
        rules=queries.rules_without_course(patient),
        override=fields.get("override", ""),
        by=by,
        at=at,
    )
    planned_again(patient, evidence=visit, by=by, at=at)
    return visit


def page(actor: Actor, patient: Patient | None, at: datetime) -> dict[str, Any]:
    head = people.header(patient, at=at, zone=actor.zone) if patient else None
    usual = {kind: length // timedelta(minutes=1) for kind, length in lengths().others.items()}
    return {
        "patient": patient,
        "header": head,
        "overdue": protocols.past_review(("planning-1",), local_day(at, actor.zone)),
        "record_number": head["record_number"] if head else "",
        "kinds": [(kind.value, words_of(kind, usual)) for kind in VisitKind],
        "people": [
            (str(key), f"{name} ({', '.join(SKILL_WORDS[skill] for skill in Skill if skill in skills)})")
            for key, name, skills in scheduling.skilled(actor.clinic_id)
        ],
        "chairs": [(str(chair.pk), chair.name) for chair in scheduling.chairs(actor.clinic_id)],
        "rooms": [(str(key), name) for key, name in scheduling.rooms(actor.clinic_id)],
        "may_override": patient is not None and actions.may_override(actor, patient),
    }


def words_of(kind: VisitKind, usual: dict[Kind, int]) -> str:
    minutes = usual.get(Kind(kind))
    return f"{kind.label}, {minutes} min" if minutes else f"{kind.label}, as long as its route needs"
