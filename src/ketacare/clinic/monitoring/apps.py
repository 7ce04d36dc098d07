"""What monitoring tells the concerns below it, once, when the product starts."""

from __future__ import annotations

from django.apps import AppConfig


class Monitoring(AppConfig):
    name = "ketacare.clinic.monitoring"

    def ready(self) -> None:
        from ketacare.clinic.monitoring.processes import nobody_is_called
        from ketacare.clinic.safety.above import above

        above.uncalled = nobody_is_called
