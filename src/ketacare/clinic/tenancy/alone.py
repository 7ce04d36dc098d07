"""Each session's part of a round stands alone: what breaks at one chair is said, and the others go on (H6, H13)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

    def each_alone(self, acts: Sequence[tuple[UUID, Callable[[], Found]]]) -> list[Found | None]:
        """As alone, of many. Nearly always none breaks: so all are tried in one savepoint, and only where one does is
        that undone and each tried in its own."""
        try:
            with transaction.atomic():
                return [act() for _, act in acts]
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # noqa: BLE001 - which of them it is, is found out one by one
            return [self.alone(visit_id, act) for visit_id, act in acts]


class SomeSessionsFailed(Exception):
    """Said once the others have been seen to: whoever asked must not say that all are."""

    def __init__(self, faults: Faults, of: int) -> None:
        super().__init__(f"{len(faults.kinds)} of {of}: {', '.join(sorted(set(faults.kinds)))}")
        self.visits = frozenset(faults.visits)
