"""The page on which somebody says how they may be called."""

from __future__ import annotations

from django.urls import path

from ketacare.clinic.channels import views

urlpatterns = [path("calls/reach/", views.reach, name="reach")]
