"""Caregivers: kept by those who may record consents, and opened by link."""

from __future__ import annotations

from django.urls import path

from ketacare.clinic.caregivers import views

urlpatterns = [
    path("patients/<uuid:patient_id>/caregivers/", views.caregivers, name="caregivers"),
    path("patients/<uuid:patient_id>/caregivers/<uuid:caregiver_id>/end", views.end, name="caregiver-end"),
    path("caregiver/<str:token>/", views.opened, name="caregiver"),
    path("caregiver/<str:token>/help/", views.help_page, name="caregiver-help"),
]
