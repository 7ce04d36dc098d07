"""A signed-in page that shows nothing but the frame: what every page costs before it does anything."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ketacare.clinic.people.access import signed_in


@signed_in
def frame(request: HttpRequest) -> HttpResponse:
    return render(request, "base.jinja", {})
