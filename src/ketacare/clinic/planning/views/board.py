"""How full the site is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ketacare.clinic.people.access import actor_of, guarded
from ketacare.clinic.planning import queries


@guarded("resources", "R")
def capacity_board(request: HttpRequest) -> HttpResponse:
    actor, at = actor_of(request), request.at  # type: ignore[attr-defined]
    return render(request, "planning/capacity.jinja", {"capacity": queries.capacity(by=actor, at=at)})
