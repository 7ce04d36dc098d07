"""One's own sign-ins: where, since when, and ending those that are not this one (K4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.account.internal.stagekit import get_pending_stage, unstash_login
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.people import actions
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import NotHere, actor_of, moment_of, public, signed_in, touched
from ketacare.clinic.people.models import Staff, User
from ketacare.clinic.recovery import queries as recovery

# Coarse on purpose: enough to know one's own. The first that is found counts, so the more telling come first.
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class SignIn:
    key: int
    where: str
    address: str
    since: datetime
    seen: datetime | None
    is_this: bool


@require_GET
@signed_in
def sign_ins(request: HttpRequest) -> HttpResponse:
    found = [shown(session, request) for session in own(request)]
    listed = sorted(found, key=lambda one: (not one.is_this, -one.key))
    assert isinstance(request.user, User)
    anew = recovery.given_to(request.user, moment_of(request))
    return render(request, "sign_ins.jinja", {"found": listed, "posts": own_posts(request), "anew": anew})


@require_POST
@signed_in
def end_sign_ins(request: HttpRequest) -> HttpResponse:
    """One of the others, or all of them. This one ends with Sign out."""
    actor, at = actor_of(request), moment_of(request)
    others = [session for session in own(request) if session.session_key != request.session.session_key]
    asked = request.POST.get("session", "")
    chosen = others if asked == "others" else [session for session in others if str(session.pk) == asked]
    if not chosen and asked != "others":
        raise NotHere
    actions.end_sessions(chosen, by=actor, at=at)
    return HttpResponseRedirect(reverse("sign-ins"))


@require_POST
@touched
def awake(request: HttpRequest) -> HttpResponse:
    """Somebody is typing. The middleware has noted it before this; a page that only lies open does not ask."""
    return HttpResponse(status=204)


@public("the package's own page of the second step; it shows nobody's name")
def second_step(request: HttpRequest) -> HttpResponseBase:
    """A sign-in that waits for a factor which is no more, since two people gave a way back in, is forgotten: between
    this page and the sign-in page the browser would be sent to and fro (K7)."""
    stage = get_pending_stage(request)
    if stage is not None and not is_mfa_enabled(stage.login.user):
        unstash_login(request)
    answer: HttpResponseBase = AuthenticateView.as_view()(request)
    return answer


def own_posts(request: HttpRequest) -> list[Staff]:
    """The roles this person holds; with more than one, they say in which they work now."""
    assert isinstance(request.user, User)
    return people.posts_of(request.user)


def own(request: HttpRequest) -> list[UserSession]:
    """Those that still open something; this one is among them even if it began before they were listed."""
    if not UserSession.objects.filter(session_key=request.session.session_key).exists():
        UserSession.objects.create_from_request(request)
    return list(UserSession.objects.purge_and_list(request.user))


def shown(session: UserSession, request: HttpRequest) -> SignIn:
    seen = SessionStore(session.session_key).get("seen")
    return SignIn(
        key=session.pk,
        where=device(session.user_agent),
        address=session.ip,
        since=session.created_at,
        seen=datetime.fromisoformat(seen) if seen else None,
        is_this=session.session_key == request.session.session_key,
    )


def device(user_agent: str) -> str:
    """Chrome on Windows; what cannot be told is said so."""
    browser = next((name for sign, name in BROWSERS if sign in user_agent), "A browser")
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "a device we cannot name")
    return f"{browser} on {system}"
