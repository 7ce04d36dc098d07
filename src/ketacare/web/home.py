"""Home by role, and choosing the role in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.dosing.queries import station
from ketacare.clinic.dosing.views.wall import live
from ketacare.clinic.duties import queries as duties
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, NotHere, actor_of, may, moment_of, signed_in
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.safety import queries as safety
from ketacare.clinic.scheduling import queries as scheduling
from ketacare.clinic.scheduling.models import Visit, VisitKind
from ketacare.clinic.tenancy.models import Clinic

# Label, route, object, act: shown to whoever holds the right.
QUIET = (
    ("Concerns", "concerns", "concerns", "R"),
    ("Outbox", "outbox", "messages", "R"),
    ("Adverse events", "adverse-events", "adverse_events", "R"),
    ("Opened in an emergency", "emergencies", "emergency", "R"),
    ("Billing", "billing", "billing", "R"),
    ("On call", "on-call", "concerns", "U"),
    ("Help in a crisis", "crisis-help", "settings", "U"),
    ("Wording of scales", "scale-texts", "protocols", "A"),
)
# Where somebody without patients and duties begins: the first that they may open.
BEGIN = (
    ("Figures of the programme", "programme", "programme", "R"),
    ("Who works here", "posts", "users", "R"),
)
SEE_TO_HELP = (("concerns", "U"), ("settings", "U"))
SOON = timedelta(hours=12)


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Running chairs with their alarms; what needs you now, by consequence; today's people by chair; quiet links."""
    actor, at = actor_of(request), moment_of(request)
    if actor.role == Role.PT:
        return HttpResponseRedirect(reverse("me"))
    waiting = duties.worklist(actor, at)
    now = [item for item in waiting if item.duty.due_at <= at + SOON]
    running = chairs_now(actor, at)
    context = {
        "running": running,
        "live": live(actor, at) if running else "",
        "greeting": greeting(actor, at),
        "now": now,
        "later": len(waiting) - len(now),
        "today": chairs_today(actor, at) if may(actor, "appointments", "R") else None,
        "coming": to_come(actor, at) if may(actor, "therapy", "C") else None,
        "quiet": [(label, reverse(route)) for label, route, name, act in QUIET if may(actor, name, act)],
        "referred": enrolled.listed(actor, at) if actor.role == Role.RC else None,
        "begin": begin(actor),
        "has_duties": may(actor, "duties", "R"),
        "cover": safety.cover(actor.clinic_id, at) if may(actor, "concerns", "U") else None,
        "helpless": safety.helpless(actor.clinic_id) if sees_to_help(actor) else "",
        "misdialled": sees_to_help(actor) and safety.misdialled(actor.clinic_id),
    }
    audit.note(by=actor, at=at, verb="home.open", purpose="care")
    return render(request, "home.jinja", context)


def begin(actor: Actor) -> dict[str, str] | None:
    found = next(((label, route) for label, route, *right in BEGIN if may(actor, *right)), None)
    return {"label": found[0], "href": reverse(found[1])} if found else None


def sees_to_help(actor: Actor) -> bool:
    return any(may(actor, *right) for right in SEE_TO_HELP)


def chairs_now(actor: Actor, at: datetime) -> list[dict[str, Any]]:
    """Every running chair with what is open at it, worst first. Silent here: chair and station have the sound."""
    if not may(actor, "alarms", "R"):
        return []
    chairs = station.alarms(actor, at=at)
    return [chair | {"alarms": [alarm | {"sounding": False} for alarm in chair["alarms"]]} for chair in chairs]


def greeting(actor: Actor, at: datetime) -> str:
    hour = at.astimezone(ZoneInfo(actor.zone)).hour
    part = "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"
    name = actor.name if actor.name.startswith("Dr ") else actor.name.split(" ")[0]
    return f"Good {part}, {name}"


@dataclass(frozen=True)
class Slot:
    """A visit's place on the line of its chair, in percent of the day shown."""

    visit: Visit
    who: str
    href: str
    start: float
    width: float


@dataclass(frozen=True)
class Today:
    """The day as lines, one to a chair; a visit without a chair has a line of its own."""

    lines: list[tuple[str, list[Slot]]]
    hours: list[tuple[str, float]]
    now: float | None
    earlier: list[Slot]


def chairs_today(actor: Actor, at: datetime) -> Today:
    kinds = [scheduling.visits_of_day(actor, kind, at=at, object_name="appointments") for kind in VisitKind]
    began = scheduling.clinic_day(actor.zone, at)[0]
    found = [visit for kind in kinds for visit in kind]
    visits = [visit for visit in found if visit.ends_at > began]
    earlier = [visit for visit in found if visit.ends_at <= began]
    names = duties.names_for(actor, {visit.patient_id for visit in [*visits, *earlier]})
    first, last = hours_shown(actor, visits, at)
    share = 100 / (last - first).total_seconds()

    def place(moment: datetime) -> float:
        return round(min(max((moment - first).total_seconds() * share, 0), 100), 2)

    lines: dict[str, list[Slot]] = {}
    for visit in sorted(visits, key=lambda visit: (visit.chair is None, str(visit.chair or ""), visit.starts_at)):
        start = place(visit.starts_at)
        slot = Slot(
            visit, names.get(visit.patient_id, ""), href(actor, visit), start, max(place(visit.ends_at) - start, 2)
        )
        lines.setdefault(visit.chair.name if visit.chair else "No chair", []).append(slot)
    hours = [first + timedelta(hours=2 * step) for step in range(int((last - first) / timedelta(hours=2)) + 1)]
    zone = ZoneInfo(actor.zone)
    return Today(
        list(lines.items()),
        [(f"{hour.astimezone(zone):%H:%M}", place(hour)) for hour in hours],
        place(at) if first <= at <= last else None,
        [Slot(visit, names.get(visit.patient_id, ""), href(actor, visit), 0, 0) for visit in earlier],
    )


def to_come(actor: Actor, at: datetime) -> list[Slot]:
    """Whom a therapist meets on the days after today: one of another practice has no other list of it."""
    visits = scheduling.my_visits_to_come(actor, at=at)
    names = duties.names_for(actor, {visit.patient_id for visit in visits})
    return [Slot(visit, names.get(visit.patient_id, ""), href(actor, visit), 0, 0) for visit in visits]


def hours_shown(actor: Actor, visits: list[Visit], at: datetime) -> tuple[datetime, datetime]:
    """The opening hours, wider where a visit is."""
    clinic, zone = Clinic.objects.get(pk=actor.clinic_id), ZoneInfo(actor.zone)
    today = at.astimezone(zone).date()
    opens = datetime.combine(today, clinic.opens_at, tzinfo=zone).replace(minute=0)
    closes = datetime.combine(today, clinic.closes_at, tzinfo=zone)
    start, end = scheduling.clinic_day(actor.zone, at)
    begins = [max(visit.starts_at, start) for visit in visits]
    ends = [min(visit.ends_at, end) for visit in visits]
    return min([opens, *begins]), max([closes, *ends])


def href(actor: Actor, visit: Visit) -> str:
    """Where a visit leads: its session for whoever may see one, or its patient."""
    if visit.kind == VisitKind.DOSE and may(actor, "session", "R"):
        return f"/sessions/{visit.pk}/"
    return reverse("patient", args=[visit.patient_id])


@signed_in
def choose_post(request: HttpRequest) -> HttpResponse:
    """Take another of one's own roles; a new session id comes with it (K4)."""
    actor = actor_of(request)
    assert isinstance(request.user, User)
    post = next((post for post in people.posts_of(request.user) if str(post.pk) == request.POST.get("post")), None)
    if post is None:
        raise NotHere
    before = request.session.session_key
    request.session.cycle_key()
    UserSession.objects.filter(session_key=before).update(session_key=request.session.session_key)
    request.session["post"] = str(post.pk)
    audit.note(by=actor, at=moment_of(request), verb="role.choose", on=post)
    return HttpResponseRedirect("/")
