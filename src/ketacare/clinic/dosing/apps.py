"""What dosing tells the check-ins below it, once, when the product starts."""

from __future__ import annotations

from django.apps import AppConfig


class Dosing(AppConfig):
    name = "ketacare.clinic.dosing"

    def ready(self) -> None:
        from ketacare.clinic.dosing.queries.effects import has_died
        from ketacare.clinic.outcomes.above import above

        above.has_died = has_died
