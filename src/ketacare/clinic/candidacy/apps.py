"""What candidacy tells the rooms below it, once, when the product starts."""

from __future__ import annotations

from django.apps import AppConfig


class Candidacy(AppConfig):
    name = "ketacare.clinic.candidacy"

    def ready(self) -> None:
        from ketacare.clinic.candidacy.actions.found_since import learned
        from ketacare.clinic.candidacy.queries import screeners_asked
        from ketacare.clinic.outcomes.above import above
        from ketacare.clinic.people import above as people

        above.asked = screeners_asked
        people.learned.append(learned)
