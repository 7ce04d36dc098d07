"""Addresses of the mailroom."""

from django.urls import path

from ketacare.exchange.mailroom import views

urlpatterns = [
    path("messages/", views.mailroom, name="mailroom"),
    path("messages/refused/<uuid:refusal_id>/close/", views.close_refusal, name="close-refusal"),
    path("messages/unpaired/<uuid:stray_id>/close/", views.close_stray, name="close-stray"),
]
