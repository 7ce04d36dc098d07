"""A dose at another time with what goes with it: shown beside the new time, then moved in one step."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import QueryDict

from ketacare.clinic.people.access import Actor
from ketacare.clinic.scheduling import actions
from ketacare.clinic.scheduling.actions.wording import LONG, fitting
from ketacare.clinic.scheduling.carried import visit_in
from ketacare.clinic.scheduling.forms import beside
from ketacare.clinic.scheduling.models import Visit, VisitState
from ketacare.clinic.scheduling.planner import FAR, ITS_OWN, replan_of, together, worse_after
from ketacare.clinic.scheduling.queries import anew
from ketacare.clinic.scheduling.views.replan import TOGETHER, row, said_of, sealed, unsealed
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.scheduling.terms import NEVER_LIFTED, Booked, Kind, Violation


def offered(visit: Visit, one: Booked, faults: list[Violation], actor: Actor, at: datetime) -> dict[str, Any]:
    """Nothing where the dose may move alone, or where what is wrong with its new time is not the patient's own."""
    if one.kind is not Kind.DOSE or not any(fault.rule in ITS_OWN for fault in faults):
        return {}
    own = Visit.objects.filter(patient=visit.patient_id, state=VisitState.BOOKED).order_by("ends_at")
    last = own.values_list("ends_at", flat=True).last() or at
    setting = anew.setting_over(actor, at, until=max(last, one.span.ends) + FAR, of={visit.patient_id})
    plan = together(setting, one)
    if plan is None:
        return {}
    if plan.words:
        return {"alone": f"{plan.words} finds no day that keeps to the plan after it."}
    found = replan_of(plan)
    if len(found.moves) + len(found.without_place) < 2:
        return {}
    worse, _ = worse_after(setting, [move.after for move in found.moves], [one.key for one in found.without_place])
    if any(fault.rule in NEVER_LIFTED for fault in worse):
        return {"alone": " ".join(said_of([fault for fault in worse if fault.rule in NEVER_LIFTED]))}
    doses = [move.after for move in found.moves if move.after.kind is Kind.DOSE]
    late = [
        fault
        for dose in doses
        for fault in actions.told_too_late(dose, Visit.objects.get(pk=dose.key), by=actor, at=at)
    ]
    called = {one.id: one.name for one in setting.house.people} | {one.id: one.name for one in setting.house.places}
    return {
        "together": {
            "moves": [row(move.before, move.after, {}, called) for move in found.moves],
            "without": found.without_place,
            "worse": said_of([*worse, *late]),
            "sealed": sealed(found, actor, TOGETHER),
        }
    }


def move_together(fields: QueryDict, visit: Visit, by: Actor, at: datetime) -> None:
    held = unsealed(fields.get("plan", ""), by, TOGETHER)
    if str(visit.pk) not in {one["key"] for one in held["moves"]}:
        raise Refused(Refusal("plan", "is not one of this visit.", "Give the new time again."))
    words = fields.get("together_words", "")
    with beside(reason="together_reason", words="together_words", override="together_override"):
        actions.move_together(
            moves=[visit_in(one) for one in held["moves"]],
            without_place=held["without"],
            versions=held["versions"],
            reason=actions.reason_in(fields.get("together_reason", ""), words),
            words=fitting(words, LONG),
            override=fields.get("together_override", ""),
            by=by,
            at=at,
        )
