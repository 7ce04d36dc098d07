"""Home by role, and choosing the role in force."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import NotHere, actor_of, signed_in
from ketacare.clinic.people.models import User


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.jinja", {})


@signed_in
def choose_post(request: HttpRequest) -> HttpResponse:
    """Take another of one's own roles; a new session id comes with it (K4)."""
    actor = actor_of(request)
    assert isinstance(request.user, User)
    post = next((post for post in people.posts_of(request.user) if str(post.pk) == request.POST.get("post")), None)
    if post is None:
        raise NotHere
    request.session.cycle_key()
    request.session["post"] = str(post.pk)
    audit.note(by=actor, at=request.at, verb="role.choose", on=post)  # type: ignore[attr-defined]
    return HttpResponseRedirect("/")
