"""Everything that the evaluation shows, gathered once."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.urls import reverse

from ketacare.clinic.candidacy import access, forms, queries
from ketacare.clinic.candidacy.models import CallResult, Choice, Source, Stand, Weight
from ketacare.clinic.candidacy.queries import intake as intakes
from ketacare.clinic.candidacy.queries.answer import counted
from ketacare.clinic.candidacy.views.suggestions import medicine_options, trial_options
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.outcomes import queries as scores
from ketacare.clinic.people import queries as known
from ketacare.clinic.people.access import Actor, NotAllowed, actor_of, granted, moment_of, relations_to
from ketacare.clinic.people.models import Patient
from ketacare.clinic.protocols import queries as protocols
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.looks import one_look
from ketacare.medicine.evidence.rules import inside, warnings
from ketacare.medicine.quantities import terms as quantities

PHQ9 = "phq-9"
# More reasons of one kind than this are a list of names, so that the sentence above them is still read.
MOST_CARDS = 12


def patient_for(request: HttpRequest, patient_id: UUID, act: str = "R") -> Patient:
    return access.patient_in(actor_of(request), patient_id, act, at=moment_of(request))


def worked_on(request: HttpRequest, patient_id: UUID) -> Patient:
    """For a part of the working page: those who read the decision alone are not let in."""
    patient = patient_for(request, patient_id)
    if actor_of(request).role in access.SUMMARY_ONLY:
        raise NotAllowed("evaluation", "R")
    return patient


def header(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    return known.header(patient, at=moment_of(request), zone=actor_of(request).zone)


def framed(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    """What stands on every page that judges by the sheets: whose it is, and which sheets are past their review."""
    headers = queries.sheet(patient).headers
    return {
        "patient": patient,
        "header": header(request, patient),
        "overdue": warnings(headers, today_of(request)),
    }


def page(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    """Everything the evaluation shows; each part of it reads only what is its own."""
    with one_look():
        queries.everything_ahead(patient)
        return gathered(request, patient)


def gathered(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    actor, at = actor_of(request), moment_of(request)
    rights = rights_of(actor, patient)
    weight = known.latest_measure(patient)
    so_far = queries.answer_so_far(patient, at=at, zone=actor.zone)
    judged = queries.judgement(patient)
    return {
        **framed(request, patient),
        "answer": queries.shown(so_far, queries.under(patient, local_day(at, actor.zone))),
        "refused": queries.refused(patient),
        "not_adopted": protocols.not_adopted(patient.clinic_id, so_far.knowledge.headers),
        "titles": queries.TITLES,
        "folded": queries.FOLDED,
        "most_cards": MOST_CARDS,
        "all_cards": request.GET.get("answer") == "all",
        "evidence_of": request.GET.get("evidence", ""),
        **questions(so_far, at),
        "sources": Source.choices,
        "units": queries.UNITS,
        "open_group": request.GET.get("group", ""),
        "amend_at": reverse("evaluation-history", args=[patient.pk]) + "/",
        "tried": queries.history_of(so_far),
        "whole": queries.told_whole,
        "told_course": queries.told_course,
        "place_of": queries.place_of,
        "names": trial_options(),
        "ask": forms.trial_choices(),
        "measure": weight,
        "both": quantities.Weight(weight.weight_kg).written_both() if weight else "",
        "height": known.latest_height(patient),
        "vitals": queries.latest_vitals(patient),
        **medicines_shown(patient, so_far),
        "instrument": scores.instrument(PHQ9),
        "score": next(reversed(queries.phq9_scores(patient)), None),
        "open": queries.open_evaluation(patient),
        "judged": judged,
        "spent": judged is not None and queries.is_spent(judged),
        "found_since": queries.found_since_decided(judged, at=at, zone=actor.zone, answered=so_far) if judged else [],
        "against_the_plan": queries.against_the_plan,
        **deciding(patient, so_far),
        "issued": queries.issued(patient),
        "choices": [(choice.value, choice.label) for choice in Choice],
        "enrolled": enrolled.current_enrolment(patient),
        "referrals": enrolled.referrals_about(patient),
        **intake(patient, so_far),
        "risk": queries.risk_page(patient, so_far.case, so_far.knowledge, at),
        "risk_questions": queries.risk_questions(),
        "screener_forms": queries.SCREENER_FORMS,
        "found_tiers": queries.FOUND_TIERS,
        "call_results": CallResult.choices,
        "paths": queries.paths_of(so_far, patient),
        "kinds": queries.kinds(),
        "may_write": "C" in rights,
        "may_decide": "S" in rights,
        "may_judge": "U" in rights,
        **thought_through(patient, so_far),
        "refusals": [],
        "typed": {},
    }


def deciding(patient: Patient, so_far: queries.Answered) -> dict[str, Any]:
    """What an acceptance would go against, as it would be judged now; what is found out first stands by itself."""
    against = queries.objections(so_far.decision)
    return {
        "objections": [row for row in against if not queries.to_find_out(row)],
        "finding_out": [row for row in against if queries.to_find_out(row)],
        "by_a_reason": queries.BY_A_REASON,
        "open_of": queries.open_of,
        "counted": counted,
        "lifted_by": queries.LIFTED_BY,
        "lacking": queries.not_thought_through(patient, so_far.case.route),
        "cautions": queries.cautions(so_far.decision),
        "look_again": queries.ends_on(so_far),
    }


def intake(patient: Patient, so_far: queries.Answered) -> dict[str, Any]:
    """Where the intake stands, and how much of what was said in it somebody has gone over."""
    newest = intakes.newest_intake(patient)
    over = intakes.gone_over(newest, so_far.rows).values() if newest else ()
    return {
        "intake": newest,
        "intake_said": sum(item.verdict != "silent" for item in over),
        "intake_open": sum(item.verdict == "open" for item in over),
    }


def medicines_shown(patient: Patient, so_far: queries.Answered) -> dict[str, Any]:
    """The list with what follows from it, and what its form offers."""
    row = queries.medicines(patient)
    return {
        "medicines": row,
        "medicine_list": queries.shown_medicines(row, so_far.case, so_far.knowledge),
        "drug_names": medicine_options(),
        "uses": forms.USES,
        "last": forms.LAST,
    }


def rights_of(actor: Actor, patient: Patient) -> frozenset[str]:
    relations = relations_to(actor, patient)
    return frozenset(act for act in "RCUSA" if granted(actor.role, "evaluation", act, relations))


def questions(so_far: queries.Answered, at: datetime) -> dict[str, Any]:
    """The questions in their groups, and what is proposed."""
    asked = queries.questions(so_far.rows, so_far.facts, so_far.decision, at)
    proposed = queries.plan_of(asked)
    said = [f"{inside(item.kind.title)}: {inside(item.written(item.newest))}"
            for item in proposed.asked if item.newest and item.kind.name != queries.PRODUCT.name]  # fmt: skip
    product = asked[queries.PRODUCT.name].newest
    chosen = [queries.in_words(queries.PRODUCT, product.answer)] if product else []
    return {
        "groups": queries.groups(asked),
        "proposed": proposed,
        "proposed_words": "; ".join([*chosen, *said]) if product else "",
    }


def thought_through(patient: Patient, so_far: queries.Answered) -> dict[str, Any]:
    """What is weighed, assessed, considered and told before deciding."""
    products = queries.products_to_sign(patient, so_far.rows)
    return {
        "differential": queries.differential(patient),
        "weights": Weight.choices,
        "capacity": queries.capacity(patient),
        "abilities": queries.ABILITIES,
        "alternatives": queries.alternatives(patient),
        "stands": Stand.choices,
        "information": queries.told_about(patient, queries.told_for(products)),
        "products": products,
        "consent": queries.treatment_consent(patient),
    }


def today_of(request: HttpRequest) -> date:
    """The clinic's own day."""
    at = moment_of(request)
    return local_day(at, actor_of(request).zone)


def noon(on: date | None, request: HttpRequest) -> datetime:
    """A day that was named, as a moment of it: now if it is today, else its noon in the clinic's zone."""
    at = moment_of(request)
    zone = ZoneInfo(actor_of(request).zone)
    if on is None or on >= at.astimezone(zone).date():
        return at
    return datetime.combine(on, time(12), zone)
