"""The states of many watches for a page that shows them all: where their log says that nothing was told since this
process looked last, what came since is laid over what it knows, and not judged once more.

The whole state is led on again after so many steps, whatever the log says. A glance is never stepped on from.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any
from uuid import UUID

from django.db import transaction

from ketacare.clinic.monitoring import states
from ketacare.clinic.monitoring.models import Watch
from ketacare.clinic.tenancy import prepared
from ketacare.medicine.monitoring import rules
from ketacare.medicine.monitoring.terms import State

TOLD_SINCE = """
select asked.visit from unnest(%s::uuid[], %s::uuid[], %s::int[], %s::int[]) asked (organisation, visit, after, until)
where exists (
  select from monitoring_alarmsignal s where s.organisation_id = asked.organisation and s.visit_id = asked.visit
    and s.step > asked.after and s.step <= asked.until
)
"""
STEPS_MOST = 60  # a minute of a monitor that sends each second


@dataclass(frozen=True, slots=True)
class Glance:
    """A state as far as a screen shows it, at a version; `whole` is the one it was led on from."""

    version: int
    whole: int
    state: State


_glances: OrderedDict[UUID, Glance] = OrderedDict()
_glancing = Lock()


def readable(watches: Sequence[Watch]) -> dict[UUID, tuple[Watch, State]]:
    """By watch, its row and how it stands; nothing of one that cannot be read. The rows may come without the copies of
    their states, which are large: where one is needed, the row is read anew with it."""
    known = {watch: glance for watch in watches if (glance := _last(watch)) is not None}
    behind = {watch: glance.version for watch, glance in known.items() if glance.version != watch.version}
    steps, told = states.steps_since(behind), _told_since(behind)
    found: dict[UUID, tuple[Watch, State]] = {}
    for watch, glance in known.items():
        state = None if watch.visit_id in told else _glanced(glance.state, steps[watch.visit_id])
        if state is not None:
            found[watch.pk] = watch, state
            transaction.on_commit(partial(_keep, watch.pk, Glance(watch.version, glance.whole, state)))
    return found | _whole([watch for watch in watches if watch.pk not in found])


def _last(watch: Watch) -> Glance | None:
    """What this process knows that is newest, and not too long a way from a whole state. A glance is worth no more than
    that: where no whole state is remembered, one is read, and found out to be unreadable (D9)."""
    version, state = states.remembered(watch.pk)
    if state is None:
        return None
    with _glancing:
        glance = _glances.get(watch.pk)
    if glance is None or glance.version <= version <= watch.version:
        glance = Glance(version, version, state)
    if not glance.version <= watch.version <= glance.whole + STEPS_MOST:
        return None
    return glance


def _told_since(versions: Mapping[Watch, int]) -> set[UUID]:
    """The visits of which anybody was told anything since (A18)."""
    if not versions:
        return set()
    with prepared.cursor() as cursor:
        cursor.execute(TOLD_SINCE, states.between(versions))
        return {row[0] for row in cursor.fetchall()}


def _glanced(state: State, given: Sequence[Any]) -> State | None:
    try:
        return rules.glanced(state, [rules.given_from_plain(one) for one in given]) if given else state
    except Exception:  # noqa: BLE001 - what cannot be read is found out, and said, where it is gone through
        return None


def _whole(watches: Sequence[Watch]) -> dict[UUID, tuple[Watch, State]]:
    if not watches:
        return {}
    rows = list(Watch.objects.filter(pk__in=[watch.pk for watch in watches]))
    visits = {watch.pk: watch.visit for watch in watches}
    for row in rows:
        row.visit = visits[row.pk]
    known = states.readable(rows)
    return {row.pk: (row, known[row.pk]) for row in rows if row.pk in known}


def _keep(watch_id: UUID, glance: Glance) -> None:
    with _glancing:
        known = _glances.get(watch_id)
        if known is None or known.version <= glance.version:
            _glances[watch_id] = glance
        _glances.move_to_end(watch_id)
        while len(_glances) > states.REMEMBERED_MOST:
            _glances.popitem(last=False)
