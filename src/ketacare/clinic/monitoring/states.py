"""The engine's states, as this process remembers them or as they are kept; and of one that cannot be read, nothing."""

from __future__ import annotations

import json
from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from threading import Lock
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from ketacare.clinic.monitoring.models import Watch
from ketacare.clinic.tenancy import prepared
from ketacare.clinic.tenancy.alone import Faults
from ketacare.medicine.monitoring import rules
from ketacare.medicine.monitoring.terms import State

SINCE = """
select s.visit_id, s.given::text
from unnest(%s::uuid[], %s::uuid[], %s::int[], %s::int[]) asked (organisation, visit, after, until)
join monitoring_watchstep s on s.organisation_id = asked.organisation and s.visit_id = asked.visit
  and s.number > asked.after and s.number <= asked.until
order by s.visit_id, s.number
"""
REMEMBERED_MOST = 256
READING_COSTS_STEPS = 4  # reading a copy takes about as long
_remembered: OrderedDict[UUID, tuple[int, State]] = OrderedDict()
_remembering = Lock()


def state_of(watch: Watch) -> State:
    """The engine's state at the watch's version: as this process remembers it, or from its copy and the steps since."""
    return states_of([watch])[watch.pk]


def states_of(watches: Sequence[Watch]) -> dict[UUID, State]:
    """As state_of, for many watches at once. What this process found it remembers for the next time it is asked."""
    nearest = {watch.pk: _nearest(watch) for watch in watches}
    behind = [watch for watch in watches if nearest[watch.pk][0] != watch.version or nearest[watch.pk][1] is None]
    _read_copies([watch for watch in behind if nearest[watch.pk][1] is None and watch.get_deferred_fields()])
    steps = steps_since({watch: nearest[watch.pk][0] for watch in behind})
    found = {pk: state for pk, (_, state) in nearest.items() if state is not None}
    for watch in behind:
        found[watch.pk] = _led_on(watch, found.get(watch.pk), steps[watch.visit_id])
        transaction.on_commit(partial(remember, watch.pk, watch.version, found[watch.pk]))
    return found


def _nearest(watch: Watch) -> tuple[int, State | None]:
    """From where the fewest steps lead to its version: what is remembered, or the copy, which has to be read."""
    version, state = remembered(watch.pk)
    if state is None or not watch.state_version - READING_COSTS_STEPS <= version <= watch.version:
        return watch.state_version, None
    return version, state


def _read_copies(watches: Sequence[Watch]) -> None:
    """Of watches that were read without them, as they are large and mostly remembered; their rows are locked."""
    by_id = {watch.pk: watch for watch in watches}
    for pk, state in Watch.objects.filter(pk__in=by_id).values_list("pk", "state") if by_id else ():
        by_id[pk].state = state


def steps_since(versions: Mapping[Watch, int]) -> dict[UUID, list[Any]]:
    """What each engine was given since that version, up to the one its row was read at."""
    found: dict[UUID, list[Any]] = defaultdict(list)
    if versions:
        with prepared.cursor() as cursor:
            cursor.execute(SINCE, between(versions))
            for visit_id, given in cursor.fetchall():
                found[visit_id] += json.loads(given)
    return found


def between(versions: Mapping[Watch, int]) -> list[list[Any]]:
    """For a statement: of each watch its organisation and visit, and after which step to which."""
    each = [(one.organisation_id, one.visit_id, version, one.version) for one, version in versions.items()]
    return [list(column) for column in zip(*each, strict=True)]


def _led_on(watch: Watch, state: State | None, given: Sequence[Any]) -> State:
    state = rules.from_json(watch.state) if state is None else state
    for one in given:
        state, _ = rules.step(state, rules.given_from_plain(one))
    return state


def remembered(watch_id: UUID) -> tuple[int, State | None]:
    """The state this process knows of a watch, and at which version; nothing at 0."""
    with _remembering:
        return _remembered.get(watch_id, (0, None))


def remember(watch_id: UUID, version: int, state: State) -> None:
    """Called after the commit only: what was rolled back must not be taken for the version somebody else then made."""
    with _remembering:
        if version >= _remembered.get(watch_id, (0, state))[0]:
            _remembered[watch_id] = (version, state)
        _remembered.move_to_end(watch_id)
        while len(_remembered) > REMEMBERED_MOST:
            _remembered.popitem(last=False)


def readable(watches: Sequence[Watch]) -> dict[UUID, State]:
    """The states; of one that cannot be read nothing, and the others all the same."""
    try:
        return states_of(watches)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # noqa: BLE001 - which of them it is, is found out one by one
        faults = Faults()
        found = {watch.pk: faults.alone(watch.visit_id, partial(state_of, watch)) for watch in watches}
    return {pk: state for pk, state in found.items() if state is not None}
