"""A finished session played again, for review and teaching. It is never live, and says so in stripes."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.dosing.queries import ordered, replaying
from ketacare.clinic.dosing.views.page import opened, page, visit_url
from ketacare.clinic.people.access import guarded


@guarded("session", "R")
def replay(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Only of a session that is over: what runs has its own page, which is true."""
    held, actor, at = opened(request, visit_id)
    if held.started_at is None or held.left_at is None:
        return HttpResponseRedirect(visit_url(held.visit))
    copy = request.GET.get("names") == "no"
    course = replaying.course(held, held.left_at)
    chart = replaying.chart(held, ordered.order_of(held.visit), held.left_at, actor.zone)
    if copy:
        replaying.without_names(course, chart, held.started_at)
    audit.note(by=actor, at=at, verb="session.replay", on=held, patient=held.visit.patient, because="copy" * copy)
    return page(
        request, "replay", held.visit, held,
        wide=True, copy=copy, course=course, chart=chart, vitals=replaying.tiles(),
        speeds=(1, 2, 5, 10, 30, 60, 300), overdue=(),
    )  # fmt: skip
