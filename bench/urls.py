"""The product's routes and the empty page."""

from django.urls import include, path

from bench.frame import frame
from ketacare.web.urls import handler400, handler404, handler500

urlpatterns = [path("frame/", frame, name="frame"), path("", include("ketacare.web.urls"))]

__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]
