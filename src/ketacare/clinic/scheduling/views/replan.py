"""A day that no longer holds: shown anew first, then carried out as it was shown."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from ketacare.clinic.people.access import Actor, actor_of, guarded, may, moment_of, patients_visible_to
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling import actions
from ketacare.clinic.scheduling.actions.wording import LONG, fitting
from ketacare.clinic.scheduling.carried import visit_in, visit_out
from ketacare.clinic.scheduling.forms import beside, named, typed
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.scheduling.planner import Replan, replan, why_none, worse_after
from ketacare.clinic.scheduling.queries import anew
from ketacare.clinic.scheduling.queries.calendar import names_of
from ketacare.clinic.scheduling.queries.house import needs_relation, strangers
from ketacare.clinic.scheduling.queries.owed import work_owed
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.scheduling.terms import Booked, Kind, PlaceKind, Violation

SALT = "ketacare.planning.replan"
# Each is asked other things before it is carried out.
ANEW, TOGETHER = "anew", "together"


@guarded("appointments", "U")
def replan_day(request: HttpRequest) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    if request.method == "POST":
        try:
            carry_out(request, actor, at)
        except Refused as refused:
            shown = proposed(actor, at) | {"refusals": named(refused.refusals), "typed": typed(request)}
            return render(request, "scheduling/replan.jinja", shown, status=refused.status)
        return HttpResponseRedirect(reverse("planning"))
    if "shown" not in request.GET:
        setting, lost = anew.setting_now(actor, at)
        if lost:  # the search takes seconds: who waits for it reads what for
            days = (setting.horizon.ends - at).days
            return render(request, "scheduling/replan_wait.jinja", {"lost": len(lost), "horizon_days": days})
    return render(request, "scheduling/replan.jinja", proposed(actor, at))


def proposed(actor: Actor, at: datetime) -> dict[str, Any]:
    """Who lost their place, and where everybody would go."""
    setting, lost = anew.setting_now(actor, at)
    found = replan(setting, lost)
    patients = {move.before.patient for move in found.moves} | {one.patient for one in found.without_place}
    names = {str(key): name for key, name in names_of(actor, [UUID(one) for one in patients]).items()}
    called = {one.id: one.name for one in setting.house.people} | {one.id: one.name for one in setting.house.places}
    why = why_none(setting, found, lost)
    worse, stood = worse_after(setting, [move.after for move in found.moves], [one.key for one in found.without_place])
    return {
        "lost": len(lost),
        "found": found,
        "worse": said_of(worse),
        "stood": said_of(stood),
        "may_override": may(actor, "plan", "S"),
        "may_carry_out": may_carry_out(actor, found),
        "moves": [row(move.before, move.after, names, called) for move in found.moves],
        "windows": windows_lost(found),
        "without": [(one, names.get(one.patient, ""), why[one.key]) for one in found.without_place],
        "sealed": sealed(found, actor, ANEW) if found.moves or found.without_place else "",
        "reasons": actions.Reason.choices,
        "horizon_days": (setting.horizon.ends - at).days,
    }


def windows_lost(found: Replan) -> int:
    """How many doses lose the visit that they owe; one that was booked beyond that is a visit like any other."""
    doses = {one.follows for one in found.without_place if one.kind is Kind.INTEGRATION and one.follows}
    rows = list(Visit.objects.filter(pk__in=doses))
    owed = work_owed(row.patient_id for row in rows)
    loose = sum(one.kind is Kind.INTEGRATION and not one.follows for one in found.without_place)
    return loose + sum(owed.after(row) for row in rows)


def may_carry_out(actor: Actor, found: Replan) -> bool:
    """Every visit of it is theirs to move, and nobody takes over therapy whom they could not assign."""
    visits = [*(move.before for move in found.moves), *found.without_place]
    patients = {UUID(one.patient) for one in visits}
    theirs = Patient.objects.filter(patients_visible_to(actor, "appointments", "U"), pk__in=patients).count()
    if theirs < len(patients):
        return False
    return may(actor, "demographics", "U") or not any(
        strangers(UUID(one.patient), needs_relation(one), local_day(one.span.starts, actor.zone))
        for one in (move.after for move in found.moves)
    )


def said_of(faults: list[Violation]) -> list[str]:
    return list(dict.fromkeys(f"{fault.rule.capitalize()}: {fault.words}" for fault in faults))


def row(before: Booked, after: Booked, names: dict[str, str], called: dict[str, str]) -> dict[str, Any]:
    def hands(one: Booked) -> str:
        chair = one.places.get(PlaceKind.CHAIR) or one.places.get(PlaceKind.ROOM, "")
        return ", ".join(called.get(name, "nobody") for name in (chair, one.person) if name) or "nobody"

    return {
        "who": names.get(before.patient, ""),
        "what": before.kind.capitalize() + (f" {before.number}" if before.number else ""),
        "before": before,
        "after": after,
        "from": hands(before),
        "to": hands(after),
        "moves": before.span != after.span,
    }


def sealed(found: Replan, actor: Actor, what: str) -> str:
    keys = [*(move.before.key for move in found.moves), *(one.key for one in found.without_place)]
    versions = {str(pk): version for pk, version in Visit.objects.filter(pk__in=keys).values_list("pk", "version")}
    held = {
        "what": what,
        "by": str(actor.user_id),
        "moves": [visit_out(move.after) for move in found.moves],
        "without": [one.key for one in found.without_place],
        "versions": versions,
    }
    return signing.dumps(held, salt=SALT)


def unsealed(text: str, actor: Actor, what: str) -> dict[str, Any]:
    """The plan as this person was shown it, for a day anew or for one dose and what goes with it."""
    try:
        held: dict[str, Any] = signing.loads(text, salt=SALT, max_age=timedelta(hours=1))
        if (held.get("by"), held.get("what")) != (str(actor.user_id), what):
            raise signing.BadSignature
    except signing.SignatureExpired:
        rule = "was shown more than an hour ago, and others have booked since."
        raise Refused(Refusal("plan", rule, "Look at the new plan below."))
    except signing.BadSignature:
        raise Refused(Refusal("plan", "is not one that was shown to you.", "Look at the new plan below."))
    return held


def carry_out(request: HttpRequest, actor: Actor, at: datetime) -> None:
    held = unsealed(request.POST.get("plan", ""), actor, ANEW)
    words = request.POST.get("reason_words", "")
    with beside(words="reason_words"):
        reason = actions.reason_in(request.POST.get("reason", ""), words)
        fitting(words, LONG)
    moves = [visit_in(one) for one in held["moves"]]
    actions.carry_out(
        moves=moves,
        without_place=held["without"],
        versions=held["versions"],
        reason=reason,
        words=words,
        override=request.POST.get("override", ""),
        by=actor,
        at=at,
    )
