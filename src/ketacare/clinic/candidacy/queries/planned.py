"""Is a course what was accepted? Today's answer for its own drug and route, and the setting that a path asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ketacare.clinic.candidacy.models import HistoryAnswer, Judgement
from ketacare.clinic.candidacy.queries.answer import Answered, answer_so_far
from ketacare.clinic.candidacy.queries.consenting import GIVEN_AS, product_of
from ketacare.clinic.candidacy.queries.decision import acceptance, against_the_plan, new_to, objections
from ketacare.clinic.candidacy.queries.vocabulary import PRODUCT, PRODUCTS
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.enrolment.models import Enrolment
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling.models import GIVEN_UP, Visit, VisitKind
from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.terms import ExceptionPath, Route
from ketacare.medicine.candidacy.terms.risk import facts_read
from ketacare.medicine.evidence.terms import Decision, Effect, Reason, Result
from ketacare.medicine.protocols.terms import Protocol

# What a path by exception asks of the place: it is recorded by these, and a protocol says its own in words.
SETTING = frozenset({"inpatient", "psychiatric_cover_24_h"})
IN_HOSPITAL = ("inpatient", "emergency department", "hospital")


@dataclass(frozen=True)
class PathSetting:
    """A path by exception by which somebody was accepted, and the setting it asks for, in its words."""

    path: ExceptionPath
    asks: str


@dataclass(frozen=True)
class CourseJudged:
    """What holds a course back: found since the decision, or by its own drug and route; which product was accepted
    where the course is of another (`product`); the settings that are asked for."""

    since: tuple[Reason, ...]
    by_product: tuple[Reason, ...]
    accepted_product: str
    product: str
    settings: tuple[PathSetting, ...]
    at_home: bool
    in_hospital: bool

    @property
    def asks_where(self) -> bool:
        return bool(self.settings) and not self.in_hospital and not self.at_home

    @property
    def is_held(self) -> bool:
        return bool(self.since or self.by_product or (self.settings and self.at_home))


def course_judged(row: Judgement, protocol: Protocol, *, at: datetime, zone: str) -> CourseJudged:
    """Nothing is signed that the judgement of this protocol would stop: it is judged anew for it, today."""
    answered = answer_so_far(row.patient, at=at, zone=zone)
    product = product_decided(row)
    decision = judged_by(answered, route_of(protocol))
    known = {as_held(one) for one in objections(judged_by(answered, PRODUCTS.get(product)))}
    new = new_to(row, decision)
    more = [one for one in objections(decision) if as_held(one) not in known]
    return CourseJudged(
        since=tuple(against_the_plan(one for one in new if one not in more)),
        by_product=tuple(against_the_plan(more)),
        accepted_product=product if product and is_another(product, protocol) else "",
        product=product_of(protocol) or f"{protocol.drug}, {protocol.route}",
        settings=tuple(settings_asked(row, answered, decision)),
        at_home=protocol.home is not None,
        in_hospital=any(word in protocol.site_of_care.lower() for word in IN_HOSPITAL),
    )


def judged_by(answered: Answered, route: Route | None) -> Decision:
    if route is answered.case.route:
        return answered.decision
    return rules.judge(replace(answered.case, route=route), answered.knowledge)


def route_of(protocol: Protocol) -> Route | None:
    """The route whose rows judge this protocol. What no product stands for (under the skin, a racemic spray) is judged
    as if it could be any."""
    given = (protocol.drug, protocol.route)
    return next((PRODUCTS.get(product) for product, known in GIVEN_AS.items() if known == given), None)


def product_decided(row: Judgement) -> str:
    """The product that was proposed when it was decided, amended since or not; nothing while it was open."""
    told = HistoryAnswer.objects.filter(patient=row.patient, name=PRODUCT.name, recorded_at__lte=row.recorded_at)
    newest = told.order_by("happened_at", "recorded_at").last()
    return newest.answer if newest is not None and newest.answer in PRODUCTS else ""


def is_another(product: str, protocol: Protocol) -> bool:
    return GIVEN_AS.get(product) != (protocol.drug, protocol.route)


def as_held(reason: Reason) -> tuple[str, Effect, Result, str]:
    return reason.criterion, reason.effect, reason.result, reason.override


def settings_asked(row: Judgement, answered: Answered, decision: Decision) -> list[PathSetting]:
    """Of the paths by which this person was accepted, or is let in today."""
    then = {one["criterion"] for one in row.answer["reasons"] if one["result"] == Result.MET}
    by = then | {one.criterion for one in decision.reasons if one.result is Result.MET}
    return [
        PathSetting(path, condition.title)
        for path in answered.knowledge.exceptions.paths
        if path.id in by
        for condition in path.conditions
        if SETTING & set(facts_read(condition.condition))
    ]


# The duty to read what was found after an acceptance, and to decide anew.
FOUND_SINCE = "candidacy.found_since"


def acceptance_to_come(patient: Patient, at: datetime) -> Judgement | None:
    """The acceptance in force of which a plan may still be signed, or doses are still to come."""
    row = acceptance(patient)
    if row is None:
        return None
    course = enrolment.current_enrolment(patient)
    if course is None:
        return None if Enrolment.objects.filter(patient=patient, judgement_id=row.pk).exists() else row
    to_come = Visit.objects.filter(patient=patient, kind=VisitKind.DOSE, starts_at__gte=at).exclude(state__in=GIVEN_UP)
    return row if to_come.exists() else None
