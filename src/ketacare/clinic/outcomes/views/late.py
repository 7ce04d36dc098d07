"""An answer that comes when its link has ended, because it had to wait on the phone for the connection.

What was tapped while the link lived, on a page made while it lived, is taken and counts from when it was tapped. The
page carries when it was made, signed, so that nobody begins a form after its end. What cannot be taken is told to
staff, and danger in it is danger all the same (H13).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest

from ketacare.clinic.outcomes import access, forms, queries
from ketacare.clinic.outcomes.models import Ask
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.outcomes import reader

MADE = "made"
SIGNER = Signer(sep=".", salt="ketacare.check-in.page")


def stamp(ask: Ask, at: datetime) -> str:
    """When a page of this form was made, and for which link."""
    return SIGNER.sign(f"{access.token_for(ask)}~{at.isoformat()}")


def made_at(request: HttpRequest, ask: Ask) -> datetime | None:
    """When the page was made that was answered; None for a page of another link, or of nobody's making."""
    try:
        token, _, made = SIGNER.unsign(request.POST.get(MADE, "")).partition("~")
    except BadSignature:
        return None
    return datetime.fromisoformat(made) if token == access.token_for(ask) else None


def tapped_at(request: HttpRequest) -> datetime | None:
    """As the phone says: by our clock when the page was made, and how long it had been open."""
    try:
        said = datetime.fromisoformat(request.POST.get("entered_at", ""))
    except ValueError:
        return None
    return said if said.tzinfo is not None else None


def begun_in_time(request: HttpRequest, ask: Ask, ends: datetime | None = None) -> bool:
    """Whoever answers had this form before them while it was open to them. `ends`: of the link they came by."""
    made = made_at(request, ask)
    return made is not None and ask.opens_at <= made < (ends or ask.link_until)


@dataclass(frozen=True)
class Said:
    """An answer as it was sent, to the question of this step."""

    step: int
    instrument: str
    answers: dict[str, int | None]


def said_in_time(request: HttpRequest, ask: Ask) -> Said | None:
    """What this request answers, on a page that was made while the form was open to this link; nothing otherwise."""
    match = request.resolver_match
    asked, post = forms.questions(ask), request.POST
    if match is None or match.url_name != "check-in-step" or request.method != "POST":
        return None
    step = int(match.kwargs["step"])
    if not 1 <= step <= len(asked) or not begun_in_time(request, ask):
        return None
    try:
        answers = forms.read(asked[step - 1], post, ask.language)
    except Refused:
        return None
    return Said(step, asked[step - 1].sheet.id, answers)


def words_in_time(request: HttpRequest, ask: Ask) -> str:
    """The own words that this request brings, on a page that was made while the form was open; nothing otherwise."""
    match = request.resolver_match
    if match is None or match.url_name != "check-in-words" or request.method != "POST":
        return ""
    return request.POST.get("words", "").strip() if begun_in_time(request, ask) else ""


def is_taken(request: HttpRequest, ask: Ask, at: datetime) -> bool:
    """Whether what comes after the end was given before it."""
    made, tapped = made_at(request, ask), tapped_at(request)
    if made is None or tapped is None or queries.standing(ask, at).why != "expired":
        return False
    # The phone counts in milliseconds.
    in_time = made.replace(microsecond=0) <= tapped < ask.link_until
    return in_time and at < ask.link_until + timedelta(hours=reader.outreach().late_taken_for.integer)
