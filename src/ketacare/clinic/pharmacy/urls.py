"""Addresses of the drug ledger."""

from __future__ import annotations

from django.urls import path

from ketacare.clinic.pharmacy import views

urlpatterns = [
    path("ledger/", views.ledger, name="ledger"),
    path("ledger/receive/", views.receive, name="ledger-receive"),
    path("ledger/<uuid:container_id>/count/", views.count, name="ledger-count"),
    path("ledger/<uuid:container_id>/difference/", views.difference, name="ledger-difference"),
]
