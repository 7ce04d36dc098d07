"""Check-ins by link."""

from __future__ import annotations

from django.urls import path

from ketacare.clinic.outcomes import views

urlpatterns = [
    path("c/<str:token>/", views.check_in, name="check-in"),
    path("c/<str:token>/<int:step>/", views.step, name="check-in-step"),
    path("c/<str:token>/end/", views.end, name="check-in-end"),
    path("c/<str:token>/help/", views.help_page, name="check-in-help"),
    path("c/<str:token>/<int:step>/help/", views.crisis, name="check-in-crisis"),
    path("c/<str:token>/language/", views.language, name="check-in-language"),
]
