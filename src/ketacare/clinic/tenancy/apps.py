"""What every room has from the database: told to the driver once, when the product starts."""

from __future__ import annotations

from django.apps import AppConfig


class Tenancy(AppConfig):
    name = "ketacare.clinic.tenancy"

    def ready(self) -> None:
        from ketacare.clinic.tenancy.moments import read_quickly

        read_quickly()
