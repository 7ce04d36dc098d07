"""How full the site is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ketacare.clinic.people.access import actor_of, guarded, may, moment_of
from ketacare.clinic.planning import queries
from ketacare.medicine.therapy.reader import placement
from ketacare.medicine.therapy.rules import ordinal


@guarded("resources", "R")
def capacity_board(request: HttpRequest) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    shown = {
        "capacity": queries.capacity(by=actor, at=at),
        "may_book": may(actor, "appointments", "C"),
        "every": ordinal(placement().every_after_induction.integer),
    }
    return render(request, "planning/capacity.jinja", shown)
