"""Who works here: asked for by one, decided by another, ended by either; and the account of a patient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import actor_of, confirm, guarded, may, moment_of, patient_of
from ketacare.clinic.people.models import Role
from ketacare.clinic.posts import access, actions, queries
from ketacare.clinic.posts.models import GIVEN, LICENSED
from ketacare.clinic.tenancy.days import local_day
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
        "at_work": queries.at_work(actor.clinic_id, local_day(moment_of(request), actor.zone)),
        "waiting": queries.asked_for(actor.clinic_id),
        "two_are_left": queries.two_are_left(actor.clinic_id),
        "ended": queries.ended(actor.clinic_id),
        "roles": GIVEN,
        "may_ask": may(actor, "users", "C"),
        "words_most": actions.WORDS_MOST,
        "typed": {},
        "refusals": [],
    }
    return render(request, "posts/posts.jinja", shown | typed, status=status)


def sent(
    request: HttpRequest, fields: Sequence[str], act: Callable[..., Any], again: Callable[..., HttpResponse],
    to: Callable[[Any], str],
) -> HttpResponse:  # fmt: skip
    """What every form here comes to: confirmed, done with what was typed, and shown again with it if it is refused."""
    confirm(request)
    typed = {name: request.POST.get(name, "") for name in fields}
    try:
        row = act(**typed, by=actor_of(request), at=moment_of(request))
    except Refused as refused:
        return again(request, status=422, typed=typed, refusals=refused.refusals)
    return HttpResponseRedirect(to(row))


@require_POST
@guarded("users", "C")
def ask(request: HttpRequest) -> HttpResponse:
    fields = ("name", "address", "role", "words")
    return sent(request, fields, actions.ask, listed, lambda row: reverse("post-asked", args=[row.pk]))


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
    row = access.asked_of(actor_of(request), asked_id)
    act = actions.give if request.POST.get("do") == "give" else actions.refuse
    again = partial(one_asked, asked_id=asked_id)
    return sent(request, ("words",), partial(act, row), again, lambda _: reverse("post-asked", args=[asked_id]))


@require_POST
@guarded("users", "C")
def withdraw(request: HttpRequest, asked_id: UUID) -> HttpResponse:
    row, again = access.asked_of(actor_of(request), asked_id), partial(one_asked, asked_id=asked_id)
    return sent(request, (), partial(actions.withdraw, row), again, lambda _: reverse("posts"))


@require_GET
@guarded("users", "R")
def post(request: HttpRequest, post_id: UUID) -> HttpResponse:
    return one_post(request, post_id)


def one_post(request: HttpRequest, post_id: UUID, *, status: int = 200, **typed: Any) -> HttpResponse:
    actor = actor_of(request)
    row = access.post_of(actor, post_id)
    may_end = row.ended_at is None and may(actor, "posts_end", "U") and row.user_id != actor.user_id
    may_license = row.ended_at is None and may(actor, "licences", "C") and row.role in LICENSED
    if may_end or may_license:
        confirm(request)
    licence = queries.licence_of(row)
    shown = {
        "row": row,
        "may_end": may_end and not queries.is_last(row),
        "is_last": row.ended_at is None and queries.is_last(row),
        "is_own": row.user_id == actor.user_id,
        "may_license": may_license,
        "licence": licence,
        "licence_ends": queries.in_words(licence, local_day(moment_of(request), actor.zone)),
        "held": queries.held_by(row).count(),
        "left_alone": queries.left_alone(row) if row.ended_at is None else 0,
        "words_most": actions.WORDS_MOST,
        "typed": {},
        "refusals": [],
    }
    return render(request, "posts/post.jinja", shown | typed, status=status)


@require_POST
@guarded("licences", "C")
def licence(request: HttpRequest, post_id: UUID) -> HttpResponse:
    row, again = access.post_of(actor_of(request), post_id), partial(one_post, post_id=post_id)
    act = partial(actions.note_licence, row)
    return sent(request, ("number", "issuer", "until"), act, again, lambda _: reverse("post", args=[post_id]))


@require_POST
@guarded("posts_end", "U")
def end(request: HttpRequest, post_id: UUID) -> HttpResponse:
    row, again = access.post_of(actor_of(request), post_id), partial(one_post, post_id=post_id)
    return sent(request, ("words",), partial(actions.end, row), again, lambda _: reverse("post", args=[post_id]))


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
        "works_here": patient.user is not None and bool(people.roles_of(patient.user, actor.clinic_id) - {Role.PT}),
        "known": contact.email if contact is not None else "",
        "words_most": actions.WORDS_MOST,
        "typed": {},
        "refusals": [],
    }
    return render(request, "posts/own_pages.jinja", shown | typed, status=status)


@require_POST
@guarded("own_pages", "C")
def open_own_pages(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    return sent_of(request, patient_id, "address", actions.open_own_pages)


@require_POST
@guarded("own_pages", "C")
def shut_own_pages(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    return sent_of(request, patient_id, "words", actions.shut_own_pages)


def sent_of(request: HttpRequest, patient_id: UUID, field: str, act: Callable[..., Any]) -> HttpResponse:
    patient = patient_of(actor_of(request), patient_id, "own_pages", "C", at=moment_of(request))
    act, again = partial(act, patient=patient), partial(one_account, patient_id=patient_id)
    return sent(request, (field,), act, again, lambda _: reverse("own-pages", args=[patient_id]))
