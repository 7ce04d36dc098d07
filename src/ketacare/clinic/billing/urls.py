"""Addresses of the billing room."""

from django.urls import path

from ketacare.clinic.billing import views

urlpatterns = [
    path("billing/", views.billing, name="billing"),
    path("billing/day.csv", views.as_csv, name="billing-csv"),
    path("billing/<uuid:visit_id>/mark/", views.mark, name="billing-mark"),
]
