"""Who works here: asked for by one, decided by another, ended by either; and the account of a patient."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import actor_of, confirm, guarded, may, moment_of, patient_of
from ketacare.clinic.posts import access, actions, queries
from ketacare.clinic.posts.models import GIVEN
from ketacare.clinic.tenancy.refusals import Refused


@require_GET
@guarded("users", "R")
def posts(request: HttpRequest) -> HttpResponse:
    return listed(request)


def listed(request: HttpRequest, *, status: int = 200, **typed: Any) -> HttpResponse:
    actor = actor_of(request)
    if may(actor, "users", "C"):
        confirm(request)  # before anything is typed, so that nothing typed is asked for again (K6)
    shown = {
        "at_work": queries.at_work(actor.clinic_id),
        "waiting": queries.asked_for(actor.clinic_id),
        "ended": queries.ended(actor.clinic_id),
        "roles": GIVEN,
        "may_ask": may(actor, "users", "C"),
        "words_most": actions.WORDS_MOST,
        "typed": {},
        "refusals": [],
    }
    return render(request, "posts/posts.jinja", shown | typed, status=status)


@require_POST
@guarded("users", "C")
def ask(request: HttpRequest) -> HttpResponse:
    confirm(request)
    typed = {name: request.POST.get(name, "") for name in ("name", "address", "role", "words")}
    try:
        row = actions.ask(**typed, by=actor_of(request), at=moment_of(request))
    except Refused as refused:
        return listed(request, status=422, typed=typed, refusals=refused.refusals)
    return HttpResponseRedirect(reverse("post-asked", args=[row.pk]))


@require_GET
@guarded("users", "R")
def asked(request: HttpRequest, asked_id: UUID) -> HttpResponse:
    return one_asked(request, asked_id)


def one_asked(request: HttpRequest, asked_id: UUID, *, status: int = 200, **typed: Any) -> HttpResponse:
    actor = actor_of(request)
    row = access.asked_of(actor, asked_id)
    may_decide = row.waits and may(actor, "users", "A") and row.asked_by_id != actor.user_id
    may_withdraw = row.waits and may(actor, "users", "C")
    if may_decide or may_withdraw:
        confirm(request)
    shown = {
        "row": row,
        "may_decide": may_decide,
        "may_withdraw": may_withdraw,
        "words_most": actions.WORDS_MOST,
        "typed": {},
        "refusals": [],
    }
    return render(request, "posts/asked.jinja", shown | typed, status=status)


@require_POST
@guarded("users", "A")
def decide(request: HttpRequest, asked_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    row, words = access.asked_of(actor, asked_id), request.POST.get("words", "")
    confirm(request)
    act = actions.give if request.POST.get("do") == "give" else actions.refuse
    try:
        act(row, words=words, by=actor, at=at)
    except Refused as refused:
        return one_asked(request, asked_id, status=422, typed={"words": words}, refusals=refused.refusals)
    return HttpResponseRedirect(reverse("post-asked", args=[row.pk]))


@require_POST
@guarded("users", "C")
def withdraw(request: HttpRequest, asked_id: UUID) -> HttpResponse:
    row = access.asked_of(actor_of(request), asked_id)
    confirm(request)
    try:
        actions.withdraw(row, by=actor_of(request), at=moment_of(request))
    except Refused as refused:
        return one_asked(request, asked_id, status=422, refusals=refused.refusals)
    return HttpResponseRedirect(reverse("posts"))


@require_GET
@guarded("users", "R")
def post(request: HttpRequest, post_id: UUID) -> HttpResponse:
    return one_post(request, post_id)


def one_post(request: HttpRequest, post_id: UUID, *, status: int = 200, **typed: Any) -> HttpResponse:
    actor = actor_of(request)
    row = access.post_of(actor, post_id)
    may_end = row.ended_at is None and may(actor, "posts_end", "U") and row.user_id != actor.user_id
    if may_end:
        confirm(request)
    shown = {
        "row": row,
        "may_end": may_end and not queries.is_last(row),
        "is_last": row.ended_at is None and queries.is_last(row),
        "is_own": row.user_id == actor.user_id,
        "held": queries.held_by(row).count(),
        "words_most": actions.WORDS_MOST,
        "typed": {},
        "refusals": [],
    }
    return render(request, "posts/post.jinja", shown | typed, status=status)


@require_POST
@guarded("posts_end", "U")
def end(request: HttpRequest, post_id: UUID) -> HttpResponse:
    actor, words = actor_of(request), request.POST.get("words", "")
    row = access.post_of(actor, post_id)
    confirm(request)
    try:
        actions.end(row, words=words, by=actor, at=moment_of(request))
    except Refused as refused:
        return one_post(request, post_id, status=422, typed={"words": words}, refusals=refused.refusals)
    return HttpResponseRedirect(reverse("post", args=[row.pk]))


# --- a patient's own pages --------------------------------------------------------------------------------------------


@require_GET
@guarded("own_pages", "C")
def own_pages(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    return one_account(request, patient_id)


def one_account(request: HttpRequest, patient_id: UUID, *, status: int = 200, **typed: Any) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    patient = patient_of(actor, patient_id, "own_pages", "C", at=at)
    confirm(request)
    contact = people.contact(patient)
    shown = {
        "header": people.header(patient, at=at, zone=actor.zone),
        "patient": patient,
        "open": queries.own_pages_of(patient),
        "signs_in": queries.signs_in(patient.user) if patient.user is not None else "",
        "known": contact.email if contact is not None else "",
        "words_most": actions.WORDS_MOST,
        "typed": {},
        "refusals": [],
    }
    return render(request, "posts/own_pages.jinja", shown | typed, status=status)


@require_POST
@guarded("own_pages", "C")
def open_own_pages(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    patient, address = patient_of(actor, patient_id, "own_pages", "C", at=at), request.POST.get("address", "")
    confirm(request)
    try:
        actions.open_own_pages(patient=patient, address=address, by=actor, at=at)
    except Refused as refused:
        return one_account(request, patient_id, status=422, typed={"address": address}, refusals=refused.refusals)
    return HttpResponseRedirect(reverse("own-pages", args=[patient.pk]))


@require_POST
@guarded("own_pages", "C")
def shut_own_pages(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    patient, words = patient_of(actor, patient_id, "own_pages", "C", at=at), request.POST.get("words", "")
    confirm(request)
    try:
        actions.shut_own_pages(patient=patient, words=words, by=actor, at=at)
    except Refused as refused:
        return one_account(request, patient_id, status=422, typed={"words": words}, refusals=refused.refusals)
    return HttpResponseRedirect(reverse("own-pages", args=[patient.pk]))
