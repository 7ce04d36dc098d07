from django.urls import path

from ketacare.exchange.devices import receive

urlpatterns = [
    path("api/devices/<uuid:device_id>/readings", receive.take_readings, name="device-readings"),
]
