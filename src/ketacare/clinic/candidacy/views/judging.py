"""The parts in which the prescriber thinks aloud: each posts by itself, as every part of the page does."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest

from ketacare.clinic.candidacy import actions
from ketacare.clinic.candidacy.models import Ability, Alternative, Stand, Weight
from ketacare.clinic.candidacy.views.evaluation import saving
from ketacare.clinic.people.access import actor_of, moment_of
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.refusals import Refusal, Refused


@saving("differential", "U")
def differential(request: HttpRequest, patient: Patient) -> None:
    post = request.POST
    if post.get("weight", "") not in Weight.values:
        raise Refused(Refusal("weight", "Where it stands is missing.", "Choose one of the answers."))
    actions.consider_diagnosis(
        patient=patient,
        diagnosis=post.get("diagnosis", ""),
        weight=Weight(post["weight"]),
        speaks_for=post.get("speaks_for", ""),
        speaks_against=post.get("speaks_against", ""),
        by=actor_of(request),
        at=moment_of(request),
    )


@saving("capacity", "U")
def capacity(request: HttpRequest, patient: Patient) -> None:
    given = {name: request.POST.get(name, "") for name in actions.ABILITIES}
    actions.assess_capacity(
        patient=patient,
        abilities={name: Ability(value) for name, value in given.items() if value in Ability.values},
        words=request.POST.get("capacity_words", ""),
        by=actor_of(request),
        at=moment_of(request),
    )


@saving("alternatives", "U")
def alternatives(request: HttpRequest, patient: Patient) -> None:
    post = request.POST
    chosen = {name: post.get(f"stand_{name}", "") for name in Alternative.values}
    stands = {
        Alternative(name): (Stand(stand), post.get(f"why_{name}", ""))
        for name, stand in chosen.items()
        if stand in Stand.values
    }
    actions.consider_alternatives(patient=patient, stands=stands, by=actor_of(request), at=moment_of(request))


@saving("information", "U")
@transaction.atomic
def information(request: HttpRequest, patient: Patient) -> None:
    """What was told, and with it the signature if it is given now: both or neither."""
    actions.note_information(
        patient=patient,
        elements=request.POST.getlist("elements"),
        words=request.POST.get("information_words", ""),
        by=actor_of(request),
        at=moment_of(request),
    )
    if request.POST.get("consent") == "given":
        actions.give_consent(
            patient=patient,
            product=request.POST.get("product", ""),
            reason=request.POST.get("consent_words", ""),
            by=actor_of(request),
            at=moment_of(request),
        )
