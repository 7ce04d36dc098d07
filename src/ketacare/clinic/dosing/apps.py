"""What dosing tells the check-ins, the calendar and the sheets below it, once, when the product starts."""

from __future__ import annotations

from django.apps import AppConfig


class Dosing(AppConfig):
    name = "ketacare.clinic.dosing"

    def ready(self) -> None:
        from ketacare.clinic.dosing.queries.effects import has_died
        from ketacare.clinic.dosing.queries.ordered import ordered_for
        from ketacare.clinic.dosing.queries.stored import visits
        from ketacare.clinic.outcomes.above import above
        from ketacare.clinic.protocols.above import above as sheets
        from ketacare.clinic.scheduling.above import above as calendar

        above.has_died = has_died
        calendar.ordered = ordered_for
        sheets.visits = visits
