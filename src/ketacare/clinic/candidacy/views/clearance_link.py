"""A specialist answers by link, without an account: first whom it is about, then each question, then thanks (K1)."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.core.signing import Signer
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_http_methods

from ketacare.clinic.candidacy import access, actions, queries
from ketacare.clinic.candidacy.forms import said_of
from ketacare.clinic.candidacy.forms.days import read_day
from ketacare.clinic.candidacy.models import ClearanceRequest, Verdict
from ketacare.clinic.candidacy.views.planned import planned
from ketacare.clinic.links.pages import Arrival, arriving, see_other
from ketacare.clinic.people import queries as known
from ketacare.clinic.people.access import by_link
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused

COOKIE = "clearance"
EXAMPLE = "14-Mar-1968, as in the letter, or 1968-03-14"


class Asked(Arrival[ClearanceRequest]):
    """A request that came by the link of a clearance."""

    routes: ClassVar[str] = "clearance-link"
    sheets: ClassVar[tuple[str, ...]] = ("contraindications-1", "workup-1", "following-1")

    def frame(self) -> dict[str, Any]:
        """A colleague's page has one language."""
        return {
            "lang": self.form.language,
            "say": self.say,
            "help": self.url("clearance-link-help"),
            "here": self.url("clearance-link"),
            "seen": self.seen if self.is_known else "",
            "clinic_name": self.form.clinic.name,
            "clinic_telephone": self.form.clinic.telephone,
        }

    @property
    def is_known(self) -> bool:
        """Whoever sits there has said the date of birth: this browser or the form carries our signature of it. The
        address never does: sent on, it would show the patient to whoever opens it."""
        seen = self.request.POST.get("seen") or self.request.COOKIES.get(COOKIE, "")
        return constant_time_compare(seen, self.seen)

    @property
    def seen(self) -> str:
        return Signer(salt=f"{settings.LINK_SALT}.clearance.seen").signature(f"{self.form.pk}.{self.form.link_serial}")


def find(request: HttpRequest, token: str) -> Asked:
    return Asked(request, token, access.clearance_by_link(token))


def held(arrival: Asked) -> HttpResponseBase | None:
    row = arrival.form
    if queries.is_locked(row):
        return arrival.page("candidacy/clearance_closed.jinja", 410, why="locked")
    if not row.is_waiting:
        return arrival.page("candidacy/clearance_closed.jinja", 410, why=row.state)
    if arrival.at > row.link_until:
        return arrival.page("candidacy/clearance_closed.jinja", 410, why="late")
    return None


arrives = arriving(find, by_link("a specialist answers one request for a clearance by a signed link"), held=held)


@require_http_methods(["GET", "POST"])
@arrives
def clearance_link(arrival: Asked) -> HttpResponseBase:
    """Whom it is about is shown only to whoever says the date of birth from the letter."""
    if arrival.request.method == "POST" and not arrival.is_known:
        return identify(arrival)
    if arrival.request.method == "POST":
        return take(arrival)
    return show(arrival)


def show(arrival: Asked, refusals: list[Refusal] | None = None, status: int = 200) -> HttpResponseBase:
    template = "candidacy/clearance_answer.jinja" if arrival.is_known else "candidacy/clearance_who.jinja"
    row = arrival.form
    context = {
        "row": row,
        "planned": planned(row.patient, arrival.at, row.clinic.zone) if arrival.is_known else (),
        "who": known.identity(row.patient) if arrival.is_known else None,
        "verdicts": Verdict.choices,
        "refusals": refusals or [],
        "typed": arrival.request.POST,
        "example": EXAMPLE,
    }
    return arrival.page(template, status, **context)


def identify(arrival: Asked) -> HttpResponseBase:
    born = known.identity(arrival.form.patient).born_on
    typed = arrival.request.POST.get("born_on", "").strip()
    told = day_in(typed, local_day(arrival.at, arrival.form.clinic.zone))
    if told is None:
        words = f"{typed!r} is not understood as a day." if typed else "Nothing is written."
        return show(arrival, [Refusal("born_on", words, f"Write it as {EXAMPLE}.")], 422)
    row = actions.note_try(arrival.form, right=told == born, by=arrival.actor, at=arrival.at)
    if told == born and not queries.is_locked(row):
        return remembered(arrival, see_other(arrival.url("clearance-link")))
    left = queries.tries_left(row)
    if left <= 0:
        return arrival.page("candidacy/clearance_closed.jinja", why="locked")
    # Not a refusal: what is undone with a refused request would undo the count of the tries as well.
    words = f"{told:%d-%b-%Y} is not the date in the letter."
    tries = "One try is left." if left == 1 else f"{left} tries are left."
    return show(arrival, [Refusal("born_on", words, f"Look at the letter again. {tries}")])


def remembered(arrival: Asked, response: HttpResponseBase) -> HttpResponseBase:
    """For this browser, until it is closed; it names the request and no person."""
    secure = settings.SESSION_COOKIE_SECURE
    response.set_cookie(COOKIE, arrival.seen, path="/k/", httponly=True, samesite="Lax", secure=secure)
    return response


def day_in(typed: str, today: date) -> date | None:
    """The day as the letter writes it, or as any other form of ours takes it; one that could be two is none."""
    try:
        read = read_day(typed, today)
    except ValueError:
        return None
    return None if read.to_month else read.on


def take(arrival: Asked) -> HttpResponseBase:
    post = arrival.request.POST
    try:
        said = {
            criterion["id"]: said_of(post, criterion["id"], f"-{criterion['id']}")
            for criterion in arrival.form.criteria
            if post.get(f"verdict-{criterion['id']}")
        }
        actions.answer_by_link(
            arrival.form, said=said, given_by=post.get("given_by", ""), by=arrival.actor, at=arrival.at
        )
    except Refused as refused:
        return show(arrival, refused.refusals, 422)
    return arrival.page("candidacy/clearance_closed.jinja", why="thanks", said=said)


@arrives
def clearance_link_help(arrival: Asked) -> HttpResponseBase:
    return arrival.page("candidacy/clearance_closed.jinja", why="help")
