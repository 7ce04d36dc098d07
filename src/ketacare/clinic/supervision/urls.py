"""Addresses of supervision that are about no one session."""

from __future__ import annotations

from django.urls import path

from ketacare.clinic.supervision.views import receipts
from ketacare.clinic.supervision.views import screens as views

urlpatterns = [
    path("screens/presence/", views.presence, name="presence"),
    path("screens/self-test/", views.self_test, name="self-test"),
    path("calls/receipts/", receipts.take, name="call-receipt"),
]
