"""A specialist answers by link, without an account: first whom it is about, then each question, then thanks (K1)."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar
from urllib.parse import quote

from django.conf import settings
from django.core.signing import Signer
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_http_methods

from ketacare.clinic.candidacy import access, actions, queries
from ketacare.clinic.candidacy.forms import said_of
from ketacare.clinic.candidacy.models import ClearanceRequest, Verdict
from ketacare.clinic.links.pages import Arrival, arriving, see_other
from ketacare.clinic.people import queries as known
from ketacare.clinic.people.access import by_link
from ketacare.clinic.tenancy.refusals import Refusal, Refused


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
        """Whoever sits there has said the date of birth: the address or the form carries our signature of it."""
        seen = self.request.POST.get("seen") or self.request.GET.get("seen", "")
        return constant_time_compare(seen, self.seen)

    @property
    def seen(self) -> str:
        return Signer(salt=f"{settings.LINK_SALT}.clearance.seen").signature(f"{self.form.pk}.{self.form.link_serial}")


def find(request: HttpRequest, token: str) -> Asked:
    return Asked(request, token, access.clearance_by_link(token))


def held(arrival: Asked) -> HttpResponseBase | None:
    row = arrival.form
    if tries_left(row) <= 0:
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
        "who": known.identity(row.patient) if arrival.is_known else None,
        "verdicts": Verdict.choices,
        "refusals": refusals or [],
        "typed": arrival.request.POST,
    }
    return arrival.page(template, status, **context)


def identify(arrival: Asked) -> HttpResponseBase:
    born = known.identity(arrival.form.patient).born_on
    typed = arrival.request.POST.get("born_on", "").strip()
    right = typed == born.isoformat()
    row = actions.note_try(arrival.form, right=right, by=arrival.actor, at=arrival.at)
    if right:
        return see_other(f"{arrival.url('clearance-link')}?seen={quote(arrival.seen)}")
    left = tries_left(row)
    if left <= 0:
        return arrival.page("candidacy/clearance_closed.jinja", why="locked")
    # Not a refusal: what is undone with a refused request would undo the count of the tries as well.
    words = f"{typed or 'Nothing'} is not the date in the letter." if is_date(typed) else "That is not a date."
    return show(arrival, [Refusal("born_on", words, f"Write it as in the letter. {left} tries are left.")])


def tries_left(row: ClearanceRequest) -> int:
    return queries.following(row.patient).wrong_dates.integer - row.wrong_tries


def is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


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
