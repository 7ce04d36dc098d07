"""Who the journey is about, who takes part in it, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.journeys.before import Before
from tests.journeys.monitor import Monitor
from tests.journeys.people import Someone, Team

FAMILY, GIVEN, BORN_ON = "Zyzzyva", "Wren", "1984-03-17"
BIRTH_YEAR, INITIALS = "1984", "WZ"


@dataclass
class Journey:
    """Who takes part, and where the patient stands."""

    team: Team
    before: Before
    monitor: Monitor
    patient: str = ""
    visit: str = ""
    staff: dict[str, Someone] = field(default_factory=dict)

    def __getitem__(self, account: str) -> Someone:
        """Somebody of the staff, signed in at their first act and not again."""
        if account not in self.staff:
            self.staff[account] = self.team.signed_in(account)
        return self.staff[account]
