"""The worklist."""

from __future__ import annotations

from django.urls import path

from ketacare.clinic.duties import views

urlpatterns = [
    path("duties/", views.worklist, name="duties"),
    path("duties/<uuid:duty_id>/take/", views.take, name="duty-take"),
    path("duties/<uuid:duty_id>/pass-on/", views.pass_on, name="duty-pass-on"),
    path("duties/<uuid:duty_id>/done/", views.done, name="duty-done"),
]
