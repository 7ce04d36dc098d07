"""The plan for staying well."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from ketacare.clinic.people.access import actor_of, guarded, patient_of
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.therapy import access, actions, queries
from ketacare.clinic.therapy.actions.relapse import NEEDED
from ketacare.clinic.therapy.views.page import acted, now, own_page, page
from ketacare.medicine.therapy import reader


@require_http_methods(["GET", "POST"])
@guarded("therapy", "R")
def relapse_plan(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    patient = patient_of(actor, patient_id, "therapy", "C" if request.method == "POST" else "R", at=at)
    if request.method == "POST":
        said = {"before": ""} | {name: str(value) for name, value in request.POST.items()}
        return acted(
            request,
            lambda: actions.write_relapse_plan(patient=patient, said=said, by=actor, at=at),
            lambda refusals: form(request, patient, refusals),
        )
    return form(request, patient)


def form(request: HttpRequest, patient: Patient, refusals: list[dict[str, str]] | None = None) -> HttpResponse:
    practice = reader.practice()
    return page(
        request,
        "relapse",
        patient,
        refusals,
        plan=queries.relapse_plan(patient),
        fields=list(practice.relapse.items()),
        needed=NEEDED,
        signs=practice.signs,
        today=local_day(now(request), actor_of(request).zone),
    )


@require_GET
@guarded("small_acts", "R", is_own=True)
def my_relapse_plan(request: HttpRequest) -> HttpResponse:
    """The patient's own copy, in their words under headings of their language."""
    patient = access.own_record(actor_of(request), "small_acts", at=now(request))
    plan = queries.relapse_plan(patient)
    written = plan.values if plan else {}
    told = [(f"well_{name}", written[name]) for name in reader.practice().relapse if written.get(name)]
    return own_page(request, "therapy/my_well.jinja", patient, plan=plan, told=told)
