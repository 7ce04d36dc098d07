"""The whole programme."""

from __future__ import annotations

from django.urls import path

from ketacare.clinic.registry import views

urlpatterns = [
    path("programme/", views.programme, name="programme"),
    path("safety-numbers/", views.safety_numbers, name="safety-numbers"),
    path("programme/<slug:figure>.csv", views.table, name="programme-table"),
    path("programme/<slug:figure>.svg", views.picture, name="programme-picture"),
]
