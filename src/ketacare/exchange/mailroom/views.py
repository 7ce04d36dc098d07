"""The list that a person works through when machines could not agree."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.people.access import actor_of, guarded, may
from ketacare.exchange.mailroom import actions, queries


@guarded("mailroom", "R")
@require_GET
def mailroom(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    context = {
        "refused": queries.refused(actor)[:200],
        "strays": queries.strays(actor)[:200],
        "may_close": may(actor, "mailroom", "U"),
    }
    return render(request, "mailroom/mailroom.jinja", context)


@guarded("mailroom", "U")
@require_POST
def close_refusal(request: HttpRequest, refusal_id: UUID) -> HttpResponse:
    actions.close_refusal(refusal_id=refusal_id, by=actor_of(request), at=request.at)  # type: ignore[attr-defined]
    return HttpResponseRedirect(reverse("mailroom"))


@guarded("mailroom", "U")
@require_POST
def close_stray(request: HttpRequest, stray_id: UUID) -> HttpResponse:
    actions.close_stray(stray_id=stray_id, by=actor_of(request), at=request.at)  # type: ignore[attr-defined]
    return HttpResponseRedirect(reverse("mailroom"))
