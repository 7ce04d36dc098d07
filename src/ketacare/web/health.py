"""For the supervisor and the load balancer."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse

from ketacare.clinic.people.access import public


@public("says only that the process answers")
def alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("alive\n", content_type="text/plain")


@public("says only that the database answers and commits are durable")
def ready(request: HttpRequest) -> HttpResponse:
    """I6: refuse to call ourselves ready when an acknowledgement would not mean committed."""
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('fsync'), current_setting('synchronous_commit')")
        fsync, synchronous = cursor.fetchone()
    durable = fsync == "on" and synchronous != "off"
    return HttpResponse("ready\n" if durable else "commits are not durable\n", status=200 if durable else 503)
