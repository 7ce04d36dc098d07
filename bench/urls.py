"""The product's routes and the empty page."""

import os

from django.urls import include, path

from bench.frame import frame
from ketacare.web import lateness
from ketacare.web.urls import handler400, handler404, handler500

urlpatterns = [path("frame/", frame, name="frame"), path("", include("ketacare.web.urls"))]

__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]

if os.environ.get("BENCH_NEVER_GIVES_WAY"):  # the control arm of G20
    lateness.begin_what_can_wait = lambda at: None
    lateness.end_what_can_wait = lambda: None
