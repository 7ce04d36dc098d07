"""Integration."""

from __future__ import annotations

from django.urls import path

from ketacare.clinic.therapy import views

urlpatterns = [path("therapy/<uuid:visit_id>/", views.integration, name="therapy")]
