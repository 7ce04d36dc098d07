"""The style guide's pages. They hold invented people only."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from ketacare.clinic.people.access import signed_in
from ketacare.web.styleguide.examples import guide

PHONE_SCREENS = ("question", "text", "crisis", "three", "pager")


@signed_in
def styleguide(request: HttpRequest) -> HttpResponse:
    return render(request, "styleguide.jinja", guide())


@signed_in
def styleguide_paper(request: HttpRequest) -> HttpResponse:
    return render(request, "styleguide_paper.jinja", guide() | {"mark": "TRAINING"})


@signed_in
def styleguide_phone(request: HttpRequest, screen: str) -> HttpResponse:
    if screen not in PHONE_SCREENS:
        raise Http404
    asked = {"back": "#", "progress": "3 of 9"} if screen in ("question", "text") else {}
    return render(request, "styleguide_phone.jinja", guide() | {"screen": screen} | asked)
