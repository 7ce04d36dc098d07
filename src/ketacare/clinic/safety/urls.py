"""Concerns and the on-call roster."""

from __future__ import annotations

from django.urls import path

from ketacare.clinic.safety import views

urlpatterns = [
    path("concerns/", views.concerns, name="concerns"),
    path("concerns/<uuid:concern_id>/", views.concern, name="concern"),
    path("concerns/<uuid:concern_id>/seen/", views.seen, name="concern-seen"),
    path("concerns/<uuid:concern_id>/decide/", views.decide, name="concern-decide"),
    path("patients/<uuid:patient_id>/emergency/", views.open_in_emergency, name="emergency-open"),
    path("emergencies/", views.emergencies, name="emergencies"),
    path("emergencies/<uuid:glass_id>/", views.emergency, name="emergency"),
    path("emergencies/<uuid:glass_id>/review/", views.review_emergency, name="emergency-review"),
    path("on-call/", views.on_call, name="on-call"),
]
