"""The numbers a patient is shown in a crisis: which they are here, and where they come from."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.people.access import actor_of, guarded, may, moment_of
from ketacare.clinic.safety import actions
from ketacare.clinic.tenancy.help import crisis_line, doubtful
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.safety import reader

OWN = ("crisis_name", "crisis_number", "crisis_hours", "emergency_number")


@guarded("settings", "R")
@require_GET
def crisis_help(request: HttpRequest) -> HttpResponse:
    return shown(request)


@guarded("settings", "U")
@require_POST
def set_crisis_help(request: HttpRequest) -> HttpResponse:
    own = actions.OwnHelp(*(request.POST.get(name, "").strip() for name in OWN))
    country = request.POST.get("country", "")
    try:
        actions.set_crisis_help(country=country, own=own, by=actor_of(request), at=moment_of(request))
    except Refused as refused:
        return shown(request, refused.refusals)
    return HttpResponseRedirect(reverse("crisis-help"))


def shown(request: HttpRequest, refusals: list[Refusal] | None = None) -> HttpResponse:
    actor = actor_of(request)
    clinic = Clinic.objects.get(pk=actor.clinic_id)
    context = {
        "clinic": clinic,
        "line": crisis_line(clinic),
        "doubtful": doubtful(clinic),
        "spanish": crisis_line(clinic, "es"),
        "lines": reader.crisis_lines(),
        "may_change": may(actor, "settings", "U"),
        "typed": {name: request.POST.get(name) for name in ("country", *OWN)} if refusals else {},
        "refusals": [{"field": r.field, "rule": r.rule, "remedy": r.remedy, "kind": r.kind} for r in refusals or []],
    }
    return render(request, "safety/help.jinja", context, status=422 if refusals else 200)
