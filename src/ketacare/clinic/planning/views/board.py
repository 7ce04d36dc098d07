"""How full the site is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ketacare.clinic.people.access import actor_of, guarded, moment_of
from ketacare.clinic.planning import queries


@guarded("resources", "R")
def capacity_board(request: HttpRequest) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    return render(request, "planning/capacity.jinja", {"capacity": queries.capacity(by=actor, at=at)})
