"""Lost passwords: what waits for its second person, and the password that two people gave."""

from __future__ import annotations

from django.urls import path

from ketacare.clinic.recovery import views

urlpatterns = [
    path("recoveries/", views.recoveries, name="recoveries"),
    path("recoveries/ask/", views.ask, name="recovery-ask"),
    path("recoveries/<uuid:recovery_id>/", views.recovery, name="recovery"),
    path("recoveries/<uuid:recovery_id>/give/", views.give, name="recovery-give"),
]
