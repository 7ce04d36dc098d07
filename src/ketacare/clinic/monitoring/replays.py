"""A watch stepped once more from what it was given: how it stood after each change, for whoever looks again (A1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ketacare.clinic.monitoring.models import Watch, WatchStep
from ketacare.clinic.monitoring.queries import Standing, limits_begun_with, standing_of
from ketacare.clinic.scheduling.models import Visit
from ketacare.medicine.monitoring import rules
from ketacare.medicine.monitoring.terms import Given, Signal, State, Tick


def course(visit: Visit) -> Iterator[Standing]:
    """The watch as it stood after each change that people were told of, from its kept steps (A1)."""
    watch = Watch.objects.get(visit=visit)
    state = rules.begin(limits_begun_with(visit), watch.begun_at)
    for one in _kept(visit):
        for now in (*_deadlines_before(state, one.at), one):
            state, told = rules.step(state, now)
            if told:
                yield standing_of(watch, state, 0, at=told[-1].at)


def signals(visit: Visit) -> list[Signal]:
    """The signals the kept steps give when stepped again: the same as were logged, or something is wrong (A1)."""
    watch = Watch.objects.get(visit=visit)
    state = rules.begin(limits_begun_with(visit), watch.begun_at)
    found: list[Signal] = []
    for given in _kept(visit):
        state, more = rules.step(state, given)
        found += more
    return found


def _kept(visit: Visit) -> Iterator[Given]:
    steps = WatchStep.objects.filter(organisation_id=visit.organisation_id, visit=visit).order_by("number")
    for given in steps.values_list("given", flat=True):
        yield from map(rules.given_from_plain, given)


def _deadlines_before(state: State, at: datetime) -> Iterator[Tick]:
    """What time alone changed before the next thing happened: the step visits it in passing, here it is seen."""
    while (moment := rules.next_deadline(state)) is not None and moment < at:
        yield Tick(moment)
        state, _ = rules.step(state, Tick(moment))
