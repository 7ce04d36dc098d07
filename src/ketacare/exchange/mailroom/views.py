"""The list that a person works through when machines could not agree."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.monitoring.models import StrayStream
from ketacare.clinic.people.access import actor_of, guarded, may, moment_of
from ketacare.exchange.mailroom import actions, queries
from ketacare.exchange.mailroom.models import Refusal, UnknownParameter


@guarded("mailroom", "R")
@require_GET
def mailroom(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    context = {
        "refused": queries.refused(actor)[:200],
        "strays": queries.strays(actor)[:200],
        "unmapped": queries.unmapped(actor)[:200],
        "may_close": may(actor, "mailroom", "U"),
    }
    return render(request, "mailroom/mailroom.jinja", context)


@guarded("mailroom", "U")
@require_POST
def close_refusal(request: HttpRequest, refusal_id: UUID) -> HttpResponse:
    actions.close_refusal(refusal_id=refusal_id, by=actor_of(request), at=moment_of(request))
    return HttpResponseRedirect(reverse("mailroom"))


@guarded("mailroom", "U")
@require_POST
def close_stray(request: HttpRequest, stray_id: UUID) -> HttpResponse:
    actions.close_stray(stray_id=stray_id, by=actor_of(request), at=moment_of(request))
    return HttpResponseRedirect(reverse("mailroom"))


@guarded("mailroom", "R")
@require_GET
def refusal(request: HttpRequest, refusal_id: UUID) -> HttpResponse:
    return _message(request, actions.line_of(Refusal, refusal_id, by=actor_of(request)))


@guarded("mailroom", "R")
@require_GET
def unmapped(request: HttpRequest, parameter_id: UUID) -> HttpResponse:
    return _message(request, actions.line_of(UnknownParameter, parameter_id, by=actor_of(request)))


@guarded("mailroom", "R")
@require_GET
def stray(request: HttpRequest, stray_id: UUID) -> HttpResponse:
    return _message(request, actions.line_of(StrayStream, stray_id, by=actor_of(request)))


def _message(request: HttpRequest, line: Refusal | UnknownParameter | StrayStream) -> HttpResponse:
    """The last message of a line as it came, with what it was answered."""
    row = actions.open_message(line=line, by=actor_of(request), at=moment_of(request))
    context = {"line": line, "message": row, "text": queries.as_text(row) if row else ""}
    return render(request, "mailroom/message.jinja", context)


@guarded("mailroom", "U")
@require_POST
def see_unmapped(request: HttpRequest, parameter_id: UUID) -> HttpResponse:
    actions.see_unmapped(parameter_id=parameter_id, by=actor_of(request), at=moment_of(request))
    return HttpResponseRedirect(reverse("mailroom"))
