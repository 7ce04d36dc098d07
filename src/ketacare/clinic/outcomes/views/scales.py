"""Scales of one patient: what was scored, by whom and how, and one more entered."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from ketacare.clinic.outcomes import actions, queries
from ketacare.clinic.outcomes.actions.rating import about_suicide
from ketacare.clinic.outcomes.alike import comparable, told_apart
from ketacare.clinic.outcomes.entered import is_entered, struck
from ketacare.clinic.outcomes.forms import rating as forms
from ketacare.clinic.outcomes.models import Came, Hidden, Score
from ketacare.clinic.outcomes.raters import raters
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, NotHere, actor_of, guarded, moment_of
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.evidence.rules import warnings
from ketacare.medicine.outcomes import reader, rules
from ketacare.medicine.outcomes.terms import Instrument, Item, Rated, TotalOf, Wording

# Asked with the check-ins or recorded on the evaluation: not entered here.
ELSEWHERE = ("mood-vas", "anxiety-vas")
KINDS = (
    (Rated.RATER, "Rated by a clinician"),
    (Rated.EITHER, "Asked, or on paper"),
    (Rated.SELF, "From the patient's form"),
)


def entered_here() -> list[Instrument]:
    sheets = [reader.instrument(name) for name in reader.INSTRUMENTS if name not in ELSEWHERE]
    sheets.sort(key=lambda sheet: sheet.name.casefold())
    return [sheet for sheet in sheets if not sheet.disabled and sheet.licence.wording is not Wording.NEVER]


@require_GET
@guarded("scores", "R")
def patient_scales(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    patient = access.patient_of(actor, patient_id, "scores", at=at)
    rows = list(queries.ratings(patient))
    by_scale = {row.instrument: [one for one in rows if one.instrument == row.instrument] for row in rows}
    scales = [(queries.instrument(name), scores) for name, scores in by_scale.items()]
    may_enter = access.granted(actor.role, "scores", "C", access.relations_to(actor, patient))
    shown = {
        "patient": people.header(patient, at=at, zone=actor.zone),
        "patient_id": patient.pk,
        "scales": scales,
        "overdue": warnings([sheet.header for sheet, _ in scales], local_day(at, actor.zone)),
        "struck": struck(patient),
        "bounds": bounds,
        "left_out": left_out,
        "apart": {
            row.pk: told_apart(row, sheet)
            for sheet, scores in scales
            for row in scores
            if row not in comparable(scores[::-1], sheet)
        },
        "to_enter": [(words, [one for one in entered_here() if one.rated is kind]) for kind, words in KINDS],
        "may_enter": may_enter,
        "unknown_of_suicide": lambda sheet, row: any(
            row.answers.values.get(item) is None for item in about_suicide(sheet)
        ),
    }
    return render(request, "outcomes/scales.jinja", shown)


def left_out(sheet: Instrument, row: Score) -> tuple[str, ...]:
    """By the form's own rule; of a total alone nobody knows."""
    by_total = is_entered(row) and row.answers.rating.by_total
    return () if by_total else tuple(rules.skipped(sheet, row.answers.values))


def bounds(sheet: Instrument) -> tuple[Any, Any] | None:
    return None if sheet.total_of is TotalOf.NOTHING else rules.bounds(sheet)


@require_http_methods(["GET", "POST"])
@guarded("scores", "C")
def patient_scale(request: HttpRequest, patient_id: UUID, scale: str) -> HttpResponse:
    """One scale entered at the desk: numbers or words of its items, or the total."""
    actor, at = actor_of(request), moment_of(request)
    patient = access.patient_of(actor, patient_id, "scores", "C", at=at)
    if scale not in {sheet.id for sheet in entered_here()}:
        raise NotHere
    sheet = queries.shown(actor.organisation_id, scale)
    if request.method == "GET":
        return entry(request, patient, sheet)
    try:
        scored = actions.rate(
            patient=patient,
            scale=scale,
            answers=forms.answers_in(sheet, request.POST),
            rater=forms.rater_in(request.POST, list(raters(patient, sheet, actor.clinic_id))),
            happened_at=forms.moment_in(request.POST, at, actor.zone),
            event=request.POST.get("event", ""),
            by=actor,
            at=at,
        )
    except Refused as refused:
        return entry(request, patient, sheet, refused)
    return HttpResponseRedirect(after(actor, patient, scored.instrument))


@require_http_methods(["GET", "POST"])
@guarded("scores", "R")
def wrong_score(request: HttpRequest, patient_id: UUID, scale: str) -> HttpResponse:
    """One of the scores that staff entered is struck out; which, and why. The event that a form is about is put into
    other words."""
    actor, at = actor_of(request), moment_of(request)
    patient = access.patient_of(actor, patient_id, "scores", "R", at=at)
    if scale not in reader.INSTRUMENTS:
        raise NotHere
    entered = [row for row in queries.ratings(patient) if row.instrument == scale and is_entered(row)]
    refusals: list[Refusal] = []
    if request.method == "POST":
        chosen = next((row for row in entered if str(row.pk) == request.POST.get("score")), None)
        try:
            if "event" in request.POST:
                said = {"words": request.POST["event"], "reason": request.POST.get("event_reason", "")}
                actions.amend_event(patient=patient, **said, by=actor, at=at)
                return HttpResponseRedirect(after(actor, patient, scale))
            if chosen is None:
                raise Refused(Refusal("score", "None is chosen.", "Choose the one that is wrong."))
            actions.strike_score(score=chosen, reason=request.POST.get("reason", ""), by=actor, at=at)
            return HttpResponseRedirect(after(actor, patient, scale))
        except Refused as refused:
            refusals = list(refused.refusals)
    shown = {
        "patient": people.header(patient, at=at, zone=actor.zone),
        "patient_id": patient.pk,
        "sheet": (sheet := queries.instrument(scale)),
        "overdue": warnings([sheet.header], local_day(at, actor.zone)),
        "scores": [(str(row.pk), told(row, actor.zone)) for row in entered],
        "event": queries.index_event(patient) if scale in queries.ABOUT_AN_EVENT else None,
        "typed": request.POST,
        "refusals": refusals,
    }
    return render(request, "outcomes/wrong_score.jinja", shown, status=422 if refusals else 200)


def told(row: Score, zone: str) -> str:
    """A score in a line, to be told from its neighbours."""
    total = "no total" if row.total is None else f"{row.total.normalize():f}"
    moment = row.happened_at.astimezone(ZoneInfo(zone))
    return f"{total}, {moment:%d-%b-%Y %H:%M}, {row.answers.rating.who}"


def after(actor: Actor, patient: Patient, scale: str) -> str:
    """The scores, for who may read them; else the chart."""
    if access.granted(actor.role, "scores", "R", access.relations_to(actor, patient)):
        return f"{reverse('patient-scales', args=[patient.pk])}#{scale}"
    return reverse("patient", args=[patient.pk])


def entry(request: HttpRequest, patient: Patient, sheet: Instrument, refused: Refused | None = None) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    colleagues = [(str(user.pk), user.name) for user in raters(patient, sheet, actor.clinic_id)]
    total_alone = sheet.licence.wording is Wording.TOTAL and not sheet.text
    shown = {
        "patient": people.header(patient, at=at, zone=actor.zone),
        "patient_id": patient.pk,
        "sheet": sheet,
        "overdue": warnings([sheet.header], local_day(at, actor.zone)),
        "items": sheet.risk_items if total_alone else sheet.items,
        "total_alone": total_alone,
        "hides": about_suicide(sheet),
        "about_event": sheet.id in queries.ABOUT_AN_EVENT,
        "event": queries.index_event(patient) if sheet.id in queries.ABOUT_AN_EVENT else None,
        "has_total": sheet.total_of is not TotalOf.NOTHING and len(sheet.items) > 1,
        "bounds": bounds(sheet),
        "told_codes": rules.told_codes,
        "options": options,
        "label": label,
        "raters": [*colleagues, (forms.OTHER, "Somebody else, by name")],
        "me": str(actor.user_id),
        "came": Came.choices,
        "hidden": Hidden.choices,
        "is_rated": sheet.rated is Rated.RATER,
        "typed": request.POST if refused else {},
        "refusals": refused.refusals if refused else [],
    }
    return render(request, "outcomes/scale.jinja", shown, status=refused.status if refused else 200)


def options(item: Item) -> list[tuple[int, str]]:
    """The answers in words with their codes; none where there are only numbers."""
    return [(choice.code, f"{choice.code} · {choice.words}") for choice in item.choices if choice.words]


def label(item: Item) -> str:
    """As the form has it: what bears no number there has none here."""
    number = item.id.replace("-", " ")
    if item.words and not number[0].isdigit():
        return item.words
    return f"{number}. {item.words}" if item.words else f"{number} · {item.topic}" if item.topic else f"Item {number}"
