"""Help, in a session and after it; and the word that all is well."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from ketacare.clinic.dosing.actions import helping
from ketacare.clinic.outcomes import access as links
from ketacare.clinic.outcomes import queries
from ketacare.clinic.people.access import guarded
from ketacare.clinic.safety import queries as safety
from ketacare.clinic.safety.models import Concern, ConcernState
from ketacare.clinic.safety.queries import SAID_ON_OWN_PAGE
from ketacare.web.pages.me.door import LEFT, Mine, mine


@require_http_methods(["GET", "POST"])
@guarded("help", "C", helps=True, is_own=True)
def call_help(request: HttpRequest) -> HttpResponse:
    """Opened, whom to call. Pressed while their session runs it brings somebody (H11); after the dose it tells whoever
    is on call: the page with the button may have lain open past the morning, and help pressed is never refused."""
    own = mine(request, "help", "C")
    if request.method != "POST":
        return numbers(own, told_on_own_page(own) if request.GET.get("told") == "1" else None)
    last = own.newest
    if last is not None and own.in_session:
        helping.call_help(session=last, place="patient", by=own.actor, at=own.at)
        return HttpResponseRedirect(reverse("me") + "?called=1")
    if last is None or last.state not in LEFT:
        return numbers(own, None)
    return numbers(own, helping.call_from_home(session=last, by=own.actor, at=own.at))


def told_on_own_page(own: Mine) -> Concern | None:
    """What they were just brought here for, while nobody has decided about it."""
    raised = Concern.objects.filter(patient=own.patient, reason_code=SAID_ON_OWN_PAGE)
    return raised.exclude(state=ConcernState.CLOSED).order_by("raised_at").last()


def numbers(own: Mine, concern: Concern | None) -> HttpResponse:
    return own.page("me/help.jinja", promise=promise(own, concern) if concern else "", called=concern is not None)


def promise(own: Mine, concern: Concern) -> str:
    """Only what will be true."""
    given = safety.promise(own.patient.clinic, concern, own.at)
    if given.by is not None:
        return own.say("someone_calls", by=own.promised(given.by))
    if given.closes is not None:
        return own.say("nobody_reads_open", closes=own.promised(given.closes).rpartition(", ")[2])
    assert given.opens is not None
    day, _, clock = own.promised(given.opens).rpartition(", ")
    return own.say("nobody_reads", day=day, clock=clock)


@require_GET
@guarded("scores", "R", helps=True, is_own=True)
def fine(request: HttpRequest) -> HttpResponse:
    """Nothing is sent by it, and the page says so; where the evening's questions wait, this is the way to them."""
    own = mine(request, "scores")
    ask = queries.open_asks(own.patient, own.at).filter(key="same_evening").first() if own.dose else None
    return own.page("me/fine.jinja", check_in=reverse("check-in", args=[links.token_for(ask, own.at)]) if ask else "")
