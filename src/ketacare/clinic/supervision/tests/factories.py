"""A running session with people around it whose screens answer, or do not."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring.tests.factories import Bedside
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import User
from ketacare.clinic.people.tests.factories import AT, someone
from ketacare.clinic.scheduling.models import Chair, Visit, VisitState
from ketacare.clinic.supervision import actions, queries


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


class Room:
    """A dosing session under way in chair 3: a nurse at the chair, a second one, a prescriber and a director."""

    def __init__(self, bedside: Bedside | None = None, chair: str = "Chair 3") -> None:
        self.bedside = bedside or Bedside()
        self.clinic, self.nurse = self.bedside.clinic, self.bedside.nurse
        self.second, self.prescriber = someone(self.clinic, "RN", "Ben Moss"), someone(self.clinic, "RX", "Dr Cho")
        self.director = someone(self.clinic, "MD", "Dr Feldt")
        seat = Chair.objects.create(
            organisation_id=self.clinic.organisation_id, clinic=self.clinic, created_at=AT, name=chair
        )
        Visit.objects.filter(pk=self.bedside.visit.pk).update(state=VisitState.RUNNING, chair=seat)
        self.visit = Visit.objects.select_related("chair", "patient", "clinic").get(pk=self.bedside.visit.pk)
        self.screens: dict[UUID, UUID] = {}

    def user(self, actor: Actor) -> User:
        return User.objects.get(pk=actor.user_id)

    def answer(
        self, actor: Actor, second: float, *, audible: bool = False, everywhere: bool = False, in_room: bool = False
    ) -> datetime | None:
        """A visible page of theirs, on this chair or on all; with its sound proven if wanted."""
        screen = self.screens.setdefault(actor.person_id, uuid4())
        visit = None if everywhere else self.visit
        if audible and not queries.tested(screen, visit):
            self.test(actor, second, everywhere=everywhere)
        return actions.answer(screen=screen, visit=visit, audible=audible, in_room=in_room, by=actor, at=later(second))

    def test(self, actor: Actor, second: float, *, everywhere: bool = False, sounds: bool = True) -> None:
        screen = self.screens.setdefault(actor.person_id, uuid4())
        actions.record_self_test(
            screen=screen, visit=None if everywhere else self.visit, lamps=True, sounds=sounds, link_ms=300,
            offset_ms=-40, paired=True, awake=True, by=actor, at=later(second),
        )  # fmt: skip

    def look(self, *seconds: float) -> None:
        for second in seconds:
            actions.look(clinic=self.clinic, at=later(second))

    def hurt(self, second: float = 0, sign: str = "chest pain") -> str:
        monitoring.observe_sign(visit=self.visit, sign=sign, by=self.nurse, at=later(second))
        return f"sign.{sign}"

    def climb(self, *seconds: float) -> None:
        for second in seconds:
            monitoring.tick(clinic=self.clinic, at=later(second))
            actions.climb(clinic=self.clinic, at=later(second))
