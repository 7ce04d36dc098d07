"""What candidacy tells the measurement below it, once, when the product starts."""

from __future__ import annotations

from django.apps import AppConfig


class Candidacy(AppConfig):
    name = "ketacare.clinic.candidacy"

    def ready(self) -> None:
        from ketacare.clinic.candidacy.queries import screeners_asked
        from ketacare.clinic.outcomes.above import above

        above.asked = screeners_asked
