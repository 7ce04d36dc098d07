"""Addresses of supervision that are about no one session."""

from __future__ import annotations

from django.urls import path

from ketacare.clinic.supervision import views

urlpatterns = [
    path("screens/presence/", views.presence, name="presence"),
    path("screens/self-test/", views.self_test, name="self-test"),
]
