"""Goals: written, scaled, ended. Level words first, the score second."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from ketacare.clinic.people.access import Actor, actor_of, guarded, patient_of
from ketacare.clinic.people.models import Patient
from ketacare.clinic.therapy import actions, queries
from ketacare.clinic.therapy.access import of_patient
from ketacare.clinic.therapy.actions.goals import AGREED
from ketacare.clinic.therapy.models import Goal
from ketacare.clinic.therapy.views.page import acted, now, page
from ketacare.medicine.therapy import reader


@require_http_methods(["GET", "POST"])
@guarded("therapy", "R")
def goals(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    patient = patient_of(actor, patient_id, "therapy", "C" if request.method == "POST" else "R", at=at)
    if request.method == "POST":
        return acted(request, lambda: act(request, patient, actor), lambda refusals: form(request, patient, refusals))
    return form(request, patient)


def goal_of(text: str, patient: Patient) -> Goal:
    found = of_patient(text, patient, Goal)
    assert isinstance(found, Goal)
    return found


def act(request: HttpRequest, patient: Patient, actor: Actor) -> object:
    at = now(request)
    said = {name: str(value) for name, value in request.POST.items()}
    match said.get("do"):
        case "scale":
            each = queries.goals(patient)
            levels = {goal.case: said.get(f"goal-{goal.case}", "") for goal in each}
            return actions.scale_goals(patient=patient, levels=levels, by=actor, at=at)
        case "end":
            goal = goal_of(said.get("goal", ""), patient)
            return actions.end_goal(goal=goal, words=said.get("words", ""), by=actor, at=at)
        case "renew":
            return actions.renew_goal(goal=goal_of(said.get("goal", ""), patient), said=said, by=actor, at=at)
    return actions.write_goal(patient=patient, said=said, by=actor, at=at)


def form(request: HttpRequest, patient: Patient, refusals: list[dict[str, str]] | None = None) -> HttpResponse:
    """With `goal` in the address, that one is agreed anew and no other is begun meanwhile."""
    scaling = reader.scaling()
    weights = [(str(number), str(number)) for number in range(1, scaling.most_weight.integer + 1)]
    anew = goal_of(request.GET["goal"], patient) if "goal" in request.GET and request.GET.get("kept") != "1" else None
    typed = request.POST if refusals else {}
    return page(
        request,
        "goals",
        patient,
        refusals,
        goals=queries.scaled(patient),
        scaling=scaling,
        domains=list(scaling.domains.items()),
        weights=weights,
        levels=list(scaling.levels.items()),
        levels_by=scaling.levels,
        ends=[(str(goal.pk), goal.title) for goal in queries.goals(patient)],
        anew=anew,
        old_words=agreed(anew) | dict(typed.items()) if anew else {},
        written=typed if typed.get("do") == "write" else {},
    )


def agreed(goal: Goal) -> dict[str, str]:
    """As it stands, to be said again; a day that is given stays until another is chosen."""
    values = {name: getattr(goal, name) for name in AGREED}
    return {name: "" if value is None else str(value) for name, value in values.items()}
