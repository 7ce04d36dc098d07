"""The review of a course: the facts in front, one decision with its reason, and what follows when a course ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.dosing.actions import reviewing as actions
from ketacare.clinic.dosing.queries import reviewing as queries
from ketacare.clinic.dosing.queries.reviewing import Standing
from ketacare.clinic.enrolment.models import ENDS_THE_COURSE, AfterStop, Review, ReviewChoice
from ketacare.clinic.outcomes.unsent import in_short, unsent
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, NotAllowed, actor_of, granted, guarded, moment_of, relations_to
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.protocols import queries as protocols
from ketacare.clinic.safety import queries as safety
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Conflict, Refusal, Refused
from ketacare.medicine.dosing.rules import reviewing as rules
from ketacare.medicine.dosing.rules.reviewing import Line
from ketacare.medicine.evidence.terms import Result
from ketacare.medicine.outcomes import reader
from ketacare.web.pages import curves, forecasts, measures
from ketacare.web.pages.ceilings import Ceilings, ceilings
from ketacare.web.pages.curves import Given
from ketacare.web.pages.outcome import doses_of, in_words

RESULT_WORDS = {Result.MET: "applies", Result.UNKNOWN: "not known", Result.NOT_MET: "does not apply"}
STEP_WORDS = {
    AfterStop.SAFETY: "Ask about safety first: thoughts of suicide, means, who is there tonight",
    AfterStop.NEXT: "Plan what comes next: another dose or route, ECT or TMS, medicines, psychotherapy",
    AfterStop.LETTER: "Write to whoever referred: course, doses, scores before and after, what was decided and why",
}


@require_GET
@guarded("plan", "R")
def review(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Of a plan a referrer reads the summary: not what is weighed here, nor the concerns before it."""
    actor = actor_of(request)
    patient = access.patient_of(actor, patient_id, "plan", at=moment_of(request))
    if actor.role == Role.RC:
        raise NotAllowed("plan", "R")
    return page(request, patient)


@require_POST
@guarded("plan", "S")
def decide(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    def act(patient: Patient, by: Actor, at: datetime) -> None:
        actions.decide_review(
            patient=patient,
            choice=request.POST.get("choice", ""),
            reason=request.POST.get("reason", ""),
            despite=request.POST.get("despite", ""),
            seen=request.POST.get("seen"),
            facts=[[name, value] for name, value in facts_of(InFront(by, patient, at))],
            by=by,
            at=at,
        )

    return acted(request, patient_id, act)


@require_POST
@guarded("plan", "S")
def follow(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    def act(patient: Patient, by: Actor, at: datetime) -> None:
        actions.follow_review(
            patient=patient, step=request.POST.get("step", ""), words=request.POST.get("words", ""), by=by, at=at
        )

    return acted(request, patient_id, act)


def acted(request: HttpRequest, patient_id: UUID, act: Callable[[Patient, Actor, datetime], None]) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    patient = access.patient_of(actor, patient_id, "plan", "S", at=at)
    try:
        act(patient, actor, at)
    except Conflict:  # both texts, side by side (I4)
        raise
    except Refused as refused:
        return page(request, patient, refused.refusals)
    return HttpResponseRedirect(reverse("review", args=[patient.pk]))


def page(request: HttpRequest, patient: Patient, refusals: list[Refusal] | None = None) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    front, ended = InFront(actor, patient, at), queries.last_ended(patient)
    found, signs = front.found, front.may("plan", "S")
    course = None if found is None else queries.so_far(patient, found, at)
    reviews = Review.objects.filter(patient=patient).select_related("recorded_by").order_by("-recorded_at")
    context = {
        "patient": people.header(patient, at=at, zone=actor.zone),
        "patient_id": patient.pk,
        "found": found,
        "overdue": protocols.past_review(("titration-1", "forecast"), local_day(at, actor.zone)),
        "stands": stands(found),
        "facts": facts_of(front),
        "lines": [line_of(line) for line in sorted(rules.evidence(course), key=weight)] if course else [],
        "no_drug": found is not None and course is None,
        "ceilings": front.ceilings if found else None,
        "concerns": list(safety.standing(patient)),
        "graves": actions.graves(patient),
        "reviews": [(row, facts_shown(row, front)) for row in reviews],
        "choices": choices_of(found) if signs and found else [],
        "ended": ended,
        "steps": after(ended) if ended else [],
        "signs": signs,
        "refusals": refusals or [],
        "typed": request.POST,
        "newest": reviews[0].pk if reviews else "",
        "sees_scores": front.may("scores", "R"),
        "wide": True,
    }
    return render(request, "pages/review.jinja", context, status=422 if refusals else 200)


class InFront:
    """What stands before one reader: each asked for once."""

    def __init__(self, actor: Actor, patient: Patient, at: datetime) -> None:
        self.actor, self.patient, self.at = actor, patient, at
        self.found = queries.standing(patient)

    @cached_property
    def relations(self) -> frozenset[str]:
        return relations_to(self.actor, self.patient)

    def may(self, name: str, act: str) -> bool:
        return granted(self.actor.role, name, act, self.relations)

    @cached_property
    def ceilings(self) -> Ceilings:
        """A ceiling knows no courses."""
        every_dose = [dose.at for dose in doses_of(self.patient, with_mg=False)]
        return ceilings(self.patient, every_dose, self.at, self.actor.zone, sees_dose=self.may("dose", "R"))


DOSES, IN_ALL = "Doses", "Given in all"
MISUSE = "Misuse and tolerance to be looked at"


def facts_shown(row: Review, front: InFront) -> list[list[str]]:
    """What was in front, to whoever may read scores; what stood against it, to whoever may read concerns; how much was
    given, to whoever may read doses."""
    if not front.may("scores", "R"):
        return []
    hidden = set() if front.may("concerns", "R") else {actions.GOES_ON}
    if front.may("dose", "R"):
        return [line for line in row.facts if line[0] not in hidden]
    hidden |= {IN_ALL, MISUSE}
    return [[name, counted(name, value)] for name, value in row.facts if name not in hidden]


def counted(name: str, value: str) -> str:
    """Earlier reviews say how much was given behind how often."""
    return value.partition(",")[0] if name == DOSES else value


def choices_of(found: Standing) -> list[tuple[str, str]]:
    """Before the first dose a course can only end: somebody changed their mind, or something was found."""
    return [(one.value, str(one.label)) for one in ReviewChoice if found.doses or one in ENDS_THE_COURSE]


def stands(found: Standing | None) -> str:
    if found is None:
        return "No course is under way."
    count = f"{len(found.doses)} {'dose' if len(found.doses) == 1 else 'doses'} so far."
    if not found.doses:
        return "No dose has been given yet. The course can be ended before its first."
    if found.owed is None:
        return f"{count} No review is owed now; one can be made at any time."
    held = "The next dose cannot be ordered before it." if found.holds else "It is due before the next dose."
    return f"{count} The review after dose {found.owed} is owed. {held}"


def facts_of(front: InFront) -> list[tuple[str, str]]:
    """What stands in front of who decides, and is kept with the decision."""
    if front.found is None or not front.may("scores", "R"):
        return []
    actor, patient, at = front.actor, front.patient, front.at
    given = [Given(one.at, one.number, one.mg) for one in doses_of(patient, with_mg=front.may("dose", "R"))]
    course = curves.course_of(patient, given, at=at, zone=actor.zone)
    scales = [curves.scale_course(course, name, reader.forecasting()) for name in curves.names_in(course.answered)]
    told = [(one.sheet.name, in_words(course, one)) for one in scales if one.course.points]
    main = forecasts.main_scale(scales)
    if main is not None:
        told += [(name, value or "not known") for name, value in measures.measures(course, main)]
        told += [("Forecast", forecast_words(forecasts.told(patient, course, main)))]
    told += [("Being answered just now, not sent yet", words) for words in answering(patient, actor.zone)]
    named = [mark.words for mark in curves.effects(patient, course)]
    total = sum((dose.mg for dose in given if dose.mg is not None), Decimal(0))
    told.append(("Side effects named", "; ".join(named[-6:]) or "none in a check-in"))
    told.append((DOSES, f"{len(given)}"))
    if total:
        told.append((IN_ALL, f"{total.normalize():f} mg entered"))
    told += [(MISUSE, words) for words in front.ceilings.review]
    return told


def answering(patient: Patient, zone: str) -> list[str]:
    """One line for all: what it says may change what is decided, and it is no score."""
    rows = unsent(patient)
    if not rows:
        return []
    begun = rows[-1].recorded_at.astimezone(ZoneInfo(zone))
    return [f"{'; '.join(in_short(row) for row in rows)} (last answer {begun:%d-%b-%Y %H:%M})"]


def forecast_words(told: forecasts.Told) -> str:
    said = [f"{words}: even chance by {middle}, 80 of 100 {narrow}." for words, middle, narrow, _ in told.rows]
    return told.why or " ".join(said)


def weight(line: Line) -> int:
    """What applies stands first, then what nobody knows."""
    return list(RESULT_WORDS).index(line.result)


def line_of(line: Line) -> tuple[str, str, str, str]:
    cited = "; ".join(source.citation for source in line.rule.sources)
    return line.rule.words, RESULT_WORDS[line.result], line.read, f"{cited}; {line.rule.grade.words}"


def after(ended: Review) -> list[dict[str, Any]]:
    """What follows, in its order: what was done and by whom, or that it waits."""
    done = queries.steps_of(ended)
    return [
        {
            "step": step.value,
            "words": words,
            "done": done.get(step),
            "open": step == AfterStop.SAFETY or AfterStop.SAFETY in done,
        }
        for step, words in STEP_WORDS.items()
    ]
