"""For the supervisor and the load balancer."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse

from ketacare.clinic.monitoring import processes
from ketacare.clinic.people.access import public
from ketacare.web import clock

FOR, PAGES = "for", "pages"


@public("says only that the process answers")
def alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("alive\n", content_type="text/plain")


@public("says only that the database answers, commits are durable and people are called")
def ready(request: HttpRequest) -> HttpResponse:
    """I6: refuse to call ourselves ready when an acknowledgement would not mean committed; nor while nobody is called
    about a concern (H13). A load balancer asks for pages alone: taken away, they could not say so."""
    if not is_durable():
        return HttpResponse("commits are not durable\n", status=503)
    if request.GET.get(FOR) != PAGES and processes.nobody_is_called(clock.now()) is not None:
        return HttpResponse("nobody is called: no text and no call about a concern goes out\n", status=503)
    return HttpResponse("ready\n")


def is_durable() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('fsync'), current_setting('synchronous_commit')")
        fsync, synchronous = cursor.fetchone()
    return bool(fsync == "on" and synchronous != "off")
