"""What waits, what comes next, how it goes; or, after a dose, help and next to nothing else."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.careplan import queries as careplan
from ketacare.clinic.dosing.queries import reviewing
from ketacare.clinic.enrolment import pausing
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.outcomes import access as links
from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.models import Ask
from ketacare.clinic.people.access import ConfirmFirst, guarded
from ketacare.clinic.people.models import Patient
from ketacare.clinic.safety import queries as safety
from ketacare.clinic.scheduling.models import Visit, VisitState
from ketacare.web.pages.me.door import Mine, address_of, mine
from ketacare.web.pages.me.plain import drawn, plain
from ketacare.web.pages.outcome import doses_of

# Pages of other rooms that have their place here from the day they exist.
OF_A_DAY = ("same_evening", "next_day")
BROUGHT = (("journal", "me-journal"), ("homework", "me-homework"), ("well", "me-staying-well"))


@require_GET
@guarded("scores", "R", helps=True, is_own=True)
def me(request: HttpRequest) -> HttpResponse:
    own = mine(request, "scores")
    if own.dose is not None:
        return least(own)
    if request.left_alone:  # type: ignore[attr-defined]
        raise ConfirmFirst
    return everything(own)


def title_of(own: Mine, ask: Ask) -> str:
    """What asks of a day of its own, and whose link is opened on another, is not called "this evening"."""
    if ask.key in OF_A_DAY and own.day(ask.due_at) != own.day(own.at):
        return own.say("ask_of_day", day=own.day(ask.due_at))
    return own.known(f"ask_{ask.key}", "ask_other")


def least(own: Mine) -> HttpResponse:
    """Three words at most, large, until the next morning."""
    called = own.request.GET.get("called") == "1"
    return own.page("me/after_dose.jinja", in_session=own.in_session, escort=own.escort_phone, called=called)


def everything(own: Mine) -> HttpResponse:
    patient, at = own.patient, own.at
    doses = doses_of(patient, with_mg=False)
    sheet = queries.instrument("phq-9")
    begins = enrolment.began_before(patient, doses[-1].at) if doses else None
    judged = [dose.at for dose in doses if begins is None or dose.at >= begins]
    course = queries.answered(patient, sheet.id).trajectory(sheet.id, judged)
    return own.page(
        "me/home.jinja",
        plain=plain(sheet, course, own.language, patient.clinic.zone, in_doubt=safety.standing(patient).exists()),
        curve=drawn(sheet, course, doses),
        asks=[
            (ask, reverse("check-in", args=[links.token_for(ask, at)]), title_of(own, ask))
            for ask in queries.open_asks(patient, at)
        ],
        visits=coming(patient, at),
        paused=pausing.paused_since(patient),
        over=None if enrolment.current_enrolment(patient) else reviewing.last_ended(patient),
        patient_id=patient.pk,
        decided=candidacy.released_to(patient),
        has_plan=careplan.newest(patient) is not None,
        brought=[(key, address) for key, route in BROUGHT if (address := address_of(route))],
    )


def coming(patient: Patient, at: datetime) -> list[Visit]:
    visits = Visit.objects.filter(patient=patient, ends_at__gt=at).exclude(state=VisitState.CANCELLED)
    return list(visits.order_by("starts_at")[:6])
