"""Day, week and chair."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ketacare.clinic.people.access import actor_of, guarded, may, moment_of
from ketacare.clinic.scheduling import queries
from ketacare.clinic.scheduling.forms import day_on, key_in
from ketacare.clinic.scheduling.planner import wake
from ketacare.clinic.scheduling.queries import calendar
from ketacare.clinic.scheduling.queries.anew import lost_in
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.models import Clinic

VIEWS = ("day", "week", "chair")


@guarded("resources", "R")
def planning(request: HttpRequest) -> HttpResponse:
    wake()
    actor, on = actor_of(request), day_on(request)
    view = request.GET.get("view") if request.GET.get("view") in VIEWS else "day"
    monday = on - timedelta(days=on.weekday())
    chairs = list(queries.chairs(actor.clinic_id))
    step = timedelta(days=1 if view == "day" else 7)
    shown: dict[str, Any] = {
        "view": view,
        "on": on,
        "monday": monday,
        "chairs": chairs,
        "before": on - step,
        "after": on + step,
        "today": local_day(moment_of(request), actor.zone),
        "may_move": may(actor, "appointments", "U"),
        "may_book": may(actor, "appointments", "C"),
        "wide": True,
    }
    if view == "week":
        shown["days"] = calendar.week_of(actor, monday)
    elif view == "chair" and chairs:
        wanted = key_in(request.GET, "chair")
        chair = next((one for one in chairs if one.pk == wanted), chairs[0])
        shown |= {"chair": chair, "grid": calendar.grid_of_chair(actor, chair, monday)}
    else:
        shown["grid"] = calendar.grid_of_day(actor, on)
        shown["given_up"] = calendar.given_up_in(actor, calendar.day_span(on, actor.zone))
    first, days = (on, 1) if view == "day" else (monday, 7)
    clinic = Clinic.objects.get(pk=actor.clinic_id)
    shown["lost"] = lost_in(clinic, calendar.day_span(first, actor.zone, days), moment_of(request))
    return render(request, "scheduling/planning.jinja", shown)
