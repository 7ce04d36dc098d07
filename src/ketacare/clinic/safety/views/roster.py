"""The roster: a week with one owner at every hour, and the shift handed over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from ketacare.clinic.people.access import Actor, actor_of, guarded, may, moment_of
from ketacare.clinic.people.models import Staff, User
from ketacare.clinic.safety import access, actions, queries
from ketacare.clinic.safety.models import OnCall
from ketacare.clinic.scheduling.models import Absence
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.supervision import reader as supervision

DAYS = 7
AHEAD = timedelta(days=60)


@dataclass(frozen=True)
class Stretch:
    """A part of a day: somebody's, or nobody's. In percent of the day, which a clock change makes longer or shorter."""

    shift: OnCall | None
    starts_at: datetime
    ends_at: datetime
    start: float
    width: float


@dataclass(frozen=True)
class DayOnCall:
    day: date
    stretches: tuple[Stretch, ...]
    away: tuple[Absence, ...]
    is_today: bool

    @property
    def is_covered(self) -> bool:
        return all(stretch.shift is not None for stretch in self.stretches)


@require_http_methods(["GET", "POST"])
@guarded("concerns", "U")
def on_call(request: HttpRequest) -> HttpResponse:
    """Who answers, from when until when. Everybody reads it; the director sets it."""
    actor, at = actor_of(request), moment_of(request)
    if request.method != "POST":
        return shown(request, actor, at)
    try:
        backup = request.POST.get("backup") or ""
        post = post_of(request.POST.get("post", ""), actor)
        actions.put_on_call(
            user=post.user,
            role=post.role,
            starts_at=local_time(request.POST.get("starts_at", ""), actor.zone, "starts_at"),
            ends_at=local_time(request.POST.get("ends_at", ""), actor.zone, "ends_at"),
            backup=post_of(backup, actor, "backup").user if backup else None,
            by=actor,
            at=at,
        )
    except Refused as refused:
        return shown(request, actor, at, refused.refusals, "put")
    return back(request)


def shown(
    request: HttpRequest, actor: Actor, at: datetime, refusals: list[Refusal] | None = None, part: str = ""
) -> HttpResponse:
    zone = ZoneInfo(actor.zone)
    monday = monday_of(request, at.astimezone(zone).date())
    cover, shift = queries.cover(actor.clinic_id, at), queries.shift_of(actor.clinic_id, at)
    posts = queries.may_answer(actor.clinic_id)
    choices = [(str(post.pk), f"{post.user.name}, {post.get_role_display().lower()}") for post in posts]
    context = {
        "cover": cover,
        "shift": shift,
        "week": [day_on_call(actor, monday + timedelta(days=n), at) for n in range(DAYS)],
        "monday": monday,
        "before": monday - timedelta(days=DAYS),
        "after": monday + timedelta(days=DAYS),
        "posts_choices": choices,
        "people_choices": people_choices(actor),
        "coming": list(queries.shifts(actor.clinic_id, at, at + AHEAD).select_related("user")),
        "ladder": ladder_words(),
        "may_set": may(actor, "concerns", "A"),
        "may_take": shift is not None and shift.offered_to_id == actor.user_id,
        "may_offer": shift is not None and (shift.user_id == actor.user_id or may(actor, "concerns", "A")),
        "typed": request.POST if refusals else {},
        "refusals": refusals or [],
        "part": part,
    }
    return render(request, "safety/on_call.jinja", context, status=422 if refusals else 200)


def ladder_words() -> str:
    """The rungs of a concern that must be answered now, as the sheet has them."""
    stage = supervision.concern_ladder().now
    steps = ", ".join(f"{rung.title.lower()} after {minutes(rung.after)} min" for rung in stage.rungs)
    return f"{steps}, and round again {minutes(stage.again_after)} min after the last"


def minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)


def monday_of(request: HttpRequest, today: date) -> date:
    """Of the week asked for; of this one when it cannot be read."""
    try:
        asked = date.fromisoformat(request.GET.get("week", ""))
    except ValueError:
        asked = today
    return asked - timedelta(days=asked.weekday())


def day_on_call(actor: Actor, day: date, at: datetime) -> DayOnCall:
    """A day of the clinic's own clock, from midnight to midnight: 23, 24 or 25 hours."""
    zone = ZoneInfo(actor.zone)
    start = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    rows = list(
        queries.shifts(actor.clinic_id, start, end)
        .filter(user__in=queries.answering(actor.clinic_id))
        .select_related("user", "backup")
    )
    parts: list[tuple[OnCall | None, datetime, datetime]] = [
        (row, max(row.starts_at, start), min(row.ends_at, end)) for row in rows
    ]
    parts += [(None, gap.starts_at, gap.ends_at) for gap in queries.uncovered(actor.clinic_id, start, end)]
    share = 100 / (end.timestamp() - start.timestamp())
    return DayOnCall(
        day,
        tuple(
            Stretch(
                row,
                since,
                until,
                round((since.timestamp() - start.timestamp()) * share, 2),
                round((until.timestamp() - since.timestamp()) * share, 2),
            )
            for row, since, until in sorted(parts, key=lambda part: part[1].timestamp())
        ),
        tuple(queries.away(actor.clinic_id, start, end)),
        start.timestamp() <= at.timestamp() < end.timestamp(),
    )


def people_choices(actor: Actor) -> list[tuple[str, str]]:
    return list({str(post.user_id): post.user.name for post in queries.may_answer(actor.clinic_id)}.items())


@require_POST
@guarded("concerns", "U")
def offer(request: HttpRequest) -> HttpResponse:
    """The shift that runs is offered to somebody by name, also where its owner is away; or theirs at once by the
    director's word."""
    actor, at = actor_of(request), moment_of(request)
    row = queries.shift_of(actor.clinic_id, at)
    try:
        if row is None:
            raise Refused(Refusal("to", "Nobody is on call now.", "Put somebody on call.", "policy"))
        to = person_of(request.POST.get("to", ""), actor)
        act = actions.place_instead if request.POST.get("now") == "yes" else actions.offer_shift
        act(row, to=to, words=request.POST.get("words", ""), by=actor, at=at)
    except Refused as refused:
        return shown(request, actor, at, refused.refusals, "offer")
    return back(request)


@require_POST
@guarded("concerns", "U")
def take(request: HttpRequest) -> HttpResponse:
    """The shift that was offered is mine from now on."""
    actor, at = actor_of(request), moment_of(request)
    row = queries.shift_of(actor.clinic_id, at)
    if row is None:
        raise Refused(Refusal("Shift", "does not run now.", "Look at the roster again.", "policy"))
    actions.take_shift(row, by=actor, at=at)
    return back(request)


@require_POST
@guarded("concerns", "A")
def end(request: HttpRequest, shift_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    actions.end_shift(access.shift_of(actor, shift_id), by=actor, at=at)
    return back(request)


def back(request: HttpRequest) -> HttpResponse:
    week = request.GET.get("week", "")
    return HttpResponseRedirect(reverse("on-call") + (f"?week={week}" if week else ""))


def post_of(chosen: str, actor: Actor, field: str = "post") -> Staff:
    rows = {str(post.pk): post for post in queries.may_answer(actor.clinic_id)}
    if chosen not in rows:
        raise Refused(Refusal(field, "names nobody who may answer here.", "Choose a person from the list."))
    return rows[chosen]


def person_of(chosen: str, actor: Actor) -> User:
    rows = {str(post.user_id): post.user for post in queries.may_answer(actor.clinic_id)}
    if chosen not in rows:
        raise Refused(Refusal("to", "Nobody is chosen.", "Choose a person from the list."))
    return rows[chosen]


def local_time(text: str, zone: str, field: str) -> datetime:
    """A time as the clinic's wall shows it."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        raise Refused(Refusal(field, "The time cannot be read.", "Write it as 2026-07-14T17:30."))
