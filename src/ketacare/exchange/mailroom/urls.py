"""Addresses of the mailroom."""

from django.urls import path

from ketacare.exchange.mailroom import views

urlpatterns = [
    path("messages/", views.mailroom, name="mailroom"),
    path("messages/refused/<uuid:refusal_id>/", views.refusal, name="refusal"),
    path("messages/unmapped/<uuid:parameter_id>/", views.unmapped, name="unmapped"),
    path("messages/unmapped/<uuid:parameter_id>/seen/", views.see_unmapped, name="see-unmapped"),
    path("messages/unpaired/<uuid:stray_id>/", views.stray, name="stray"),
    path("messages/refused/<uuid:refusal_id>/close/", views.close_refusal, name="close-refusal"),
    path("messages/unpaired/<uuid:stray_id>/close/", views.close_stray, name="close-stray"),
]
