"""Addresses of the clinic's bedside monitors."""

from django.urls import path

from ketacare.clinic.monitoring import views

DEVICE = "devices/<uuid:device_id>/"

urlpatterns = [
    path("clinic/hours/", views.set_hours, name="clinic-hours"),
    path("devices/", views.devices, name="devices"),
    path("devices/register/", views.register_device, name="device-register"),
    path(DEVICE, views.device, name="device"),
    path(f"{DEVICE}change/", views.change_device, name="device-change"),
    path(f"{DEVICE}key/", views.renew_device_key, name="device-key"),
    path(f"{DEVICE}retire/", views.retire_device, name="device-retire"),
]
