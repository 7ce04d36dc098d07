"""Error pages: field, rule, remedy; nothing of any patient; a reference number where an engineer is needed."""

from __future__ import annotations

import sys
from datetime import date
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.template import loader
from django.urls import reverse

from ketacare.clinic.tenancy.once import KeyReused
from ketacare.clinic.tenancy.refusals import Conflict, Refused
from ketacare.web.error_words import asked_for, language_of, spoken
from ketacare.web.lateness import GivesWay


def page(request: HttpRequest, status: int, **context: Any) -> HttpResponse:
    template = loader.get_template(f"errors/{status}.jinja", using="jinja")
    told = {"status": status, **spoken(language_of(request)), **context}
    return HttpResponse(template.render(told, request), status=status)


def wants_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/") or request.headers.get("Accept", "").startswith("application/json")


def problem(status: int, title: str, **more: Any) -> JsonResponse:
    """RFC 9457 problem details."""
    return JsonResponse(
        {"title": title, "status": status, **more}, status=status, content_type="application/problem+json"
    )


def not_allowed(
    request: HttpRequest, *, emergency: str = "", ended: date | None = None, assigned: bool = False
) -> HttpResponse:
    """Says since when, where somebody had the record until a day, and who assigns, where that would open it; and gives
    back the sentences that were sent, since the page they were typed on may not open again."""
    if wants_json(request):
        return problem(403, "Not allowed")
    clinic = getattr(request, "clinic", None)
    told = {"emergency": emergency, "ended": ended, "assigned": assigned}
    return page(request, 403, clinic=clinic, sentences=sentences_in(request.POST), **told)


def sentences_in(sent: QueryDict) -> list[str]:
    """What somebody wrote themselves: several words in one field. Keys, choices and numbers are none."""
    own = [name for name in sent if not name.endswith("password") and name != "q"]
    typed = [value.strip() for name in own for value in sent.getlist(name)]
    return [words for words in typed if len(words.split()) > 1]


def not_here(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if wants_json(request):
        return problem(404, "Not found")
    return page(request, 404)


def sign_in_first(request: HttpRequest) -> HttpResponse:
    if wants_json(request):
        return problem(401, "Sign in first")
    return elsewhere(request, f"{settings.LOGIN_URL}?{urlencode({'next': way_back(request)})}")


def confirm_first(request: HttpRequest) -> HttpResponse:
    """To the page that asks for the password or passkey once more, and back to the form."""
    if wants_json(request):
        return problem(403, "Confirm that it is you first")
    return elsewhere(request, f"{reverse('account_reauthenticate')}?{urlencode({'next': way_back(request)})}")


def elsewhere(request: HttpRequest, address: str) -> HttpResponse:
    """A person's browser goes there. A script is refused and told where: it would follow a redirect, get a page with
    200, and say "saved" of an entry that was not (E3)."""
    if is_script(request):
        return HttpResponse(status=401, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def is_script(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request")) or request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"


def way_back(request: HttpRequest) -> str:
    """The page itself; for a form that was sent, the page it stood on, where its text is kept."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    came_from = urlsplit(request.headers.get("Referer", ""))
    return came_from.path if came_from.path and came_from.netloc == request.get_host() else request.path


def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    items = [
        {"field": item.field, "rule": item.rule, "remedy": item.remedy, "kind": item.kind} for item in refusal.refusals
    ]
    if isinstance(refusal, GivesWay):
        return later(request, refusal, items)
    if wants_json(request):
        return problem(refusal.status, "Not saved", errors=items)
    status = 409 if refusal.status == 409 else 422
    ways = [(item.href, item.remedy) for item in refusal.refusals if item.href]
    shown: dict[str, Any] = {"refusals": items, "ways": ways, "spent": isinstance(refusal, KeyReused)}
    if isinstance(refusal, Conflict):
        shown |= {"theirs": refusal.theirs, "yours": refusal.yours, "standing": refusal.standing}
    if request.headers.get("HX-Target"):
        return above_the_form(request, refusal.status, shown)
    answer = page(request, status, **shown)
    answer.status_code = refusal.status
    return answer


def later(request: HttpRequest, refusal: GivesWay, items: list[dict[str, Any]]) -> HttpResponse:
    """In words and, for a machine, in a header: when to come again. A part of a page takes no 503 in, so that a server
    that is away is not shown as one; it is told as any other refusal."""
    if wants_json(request):
        answer: HttpResponse = problem(refusal.status, "Later", errors=items)
    elif request.headers.get("HX-Request"):
        answer = above_the_form(request, 422, {"refusals": items})
    else:
        template = loader.get_template("errors/later.jinja", using="jinja")
        again = request.get_full_path() if request.method == "GET" else ""  # what was sent stands on the page before
        told = {"refusals": items, "for_alarms": refusal.is_for_alarms, "again": again, **spoken(language_of(request))}
        answer = HttpResponse(template.render(told, request), status=refusal.status)
    answer["Retry-After"] = str(refusal.again_after_s)
    return answer


def above_the_form(request: HttpRequest, status: int, shown: dict[str, Any]) -> HttpResponse:
    """A form that would be replaced by its answer stays, with what was refused at its head and what was typed."""
    template = loader.get_template("errors/_refused.jinja", using="jinja")
    headers = {"HX-Retarget": "closest form", "HX-Reswap": "afterbegin"}
    return HttpResponse(template.render(spoken(language_of(request)) | shown, request), status=status, headers=headers)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, 400)


def server_error(request: HttpRequest) -> HttpResponse:
    if wants_json(request):
        return problem(500, "A fault of ours", reference=str(getattr(request, "request_id", "")))
    # Without the request: whatever broke may have taken the database with it, and this page must still come.
    template = loader.get_template("errors/500.jinja", using="jinja")
    reference = str(getattr(request, "request_id", ""))
    if is_waiting_entry(request) and not isinstance(sys.exception(), (OperationalError, InterfaceError)):
        template = loader.get_template("errors/_given_back.jinja", using="jinja")
        return HttpResponse(template.render({"reference": reference}), status=422)
    told = {"status": 500, "reference": reference, **spoken(asked_for(request))}
    return HttpResponse(template.render(told), status=500)


def is_waiting_entry(request: HttpRequest) -> bool:
    """Sent by a screen that keeps its entries in line. Answered with 500 it would be taken for a server that is away,
    be sent again for ever, and hold back whatever was entered after it (G7): it is given back to whoever entered it."""
    return request.method == "POST" and bool(request.headers.get("HX-Request")) and "entered_at" in request.POST


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    template = loader.get_template("errors/csrf.jinja", using="jinja")
    return HttpResponse(template.render(spoken(language_of(request)), request), status=403)
