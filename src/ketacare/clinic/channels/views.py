"""How somebody may be called when an alarm is not answered: their own page."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from ketacare.clinic.channels import actions
from ketacare.clinic.channels.models import reaches
from ketacare.clinic.people.access import Actor, actor_of, guarded, moment_of
from ketacare.clinic.tenancy.refusals import Refused

NONE = {"mobile": "", "by_text": True, "by_voice": False, "by_mail": False}


@require_http_methods(["GET", "POST"])
@guarded("alarms", "C")
def reach(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if request.method != "POST":
        return shown(request, actor)
    asked = {name: request.POST.get(name) == "on" for name in ("by_text", "by_voice", "by_mail")}
    try:
        actions.set_reach(mobile=request.POST.get("mobile", ""), **asked, by=actor, at=moment_of(request))
    except Refused as refused:
        said = [{"field": r.field, "rule": r.rule, "remedy": r.remedy, "kind": r.kind} for r in refused.refusals]
        return shown(request, actor, {"mobile": request.POST.get("mobile", ""), **asked}, said)
    return HttpResponseRedirect(reverse("reach") + "?kept=1")


def shown(
    request: HttpRequest,
    actor: Actor,
    typed: dict[str, object] | None = None,
    refusals: list[dict[str, str]] | None = None,
) -> HttpResponse:
    person = actor.person_id
    row = reaches([person], actor.clinic_id).get(person) if person else None
    kept = {name: getattr(row, name) for name in NONE} if row else NONE
    context = {
        "reach": typed or kept,
        "known": row is not None,
        "kept": request.GET.get("kept") == "1",
        "refusals": refusals or [],
        "gateway": bool(settings.CALLS_URL),
        "mail": bool(settings.MAIL_URL),
    }
    return render(request, "channels/reach.jinja", context, status=422 if refusals else 200)
