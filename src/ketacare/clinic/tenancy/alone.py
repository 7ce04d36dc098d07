"""Each session's part of a round stands alone: what breaks at one chair is said, and the others go on (H6, H13)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

Found = TypeVar("Found")


@dataclass
class Faults:
    """Which sessions a round could not see to, and the kinds of faults there were: their texts may quote a record."""

    kinds: list[str] = field(default_factory=list)
    visits: set[UUID] = field(default_factory=set)

    def alone(self, visit_id: UUID, act: Callable[[], Found]) -> Found | None:
        """In a savepoint of its own. None when it failed; a database that does not answer fails all."""
        try:
            with transaction.atomic():
                return act()
        except (OperationalError, InterfaceError):
            raise
        except Exception as fault:  # noqa: BLE001 - said once the others are seen to
            self.kinds.append(type(fault).__name__)
            self.visits.add(visit_id)
            return None


class SomeSessionsFailed(Exception):
    """Said once the others have been seen to: whoever asked must not say that all are."""

    def __init__(self, faults: Faults, of: int) -> None:
        super().__init__(f"{len(faults.kinds)} of {of}: {', '.join(sorted(set(faults.kinds)))}")
        self.visits = frozenset(faults.visits)
