"""The lines a person works through: what was refused, what no map knows, who sends and is paired with nobody.

A stream of messages is one line. Written in the transaction that keeps the messages; a line that is new to the clinic
opens a duty of its administrator, unless one is open already (I15).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence, Duty, DutyState
from ketacare.clinic.people import access
from ketacare.clinic.people.models import Role
from ketacare.clinic.tenancy.models import Clinic
from ketacare.exchange.mailroom.models import Message
from ketacare.exchange.mailroom.translate import Fault, Unmapped

LOOK = "mailroom.look"
LOOKED_AT_WITHIN = timedelta(hours=1)
Kept = tuple[Message, Sequence[Fault], Sequence[Unmapped]]
REFUSALS = """
insert into mailroom_refusal as known (id, organisation_id, clinic_id, created_at, version, owner_role, first_at,
  last_at, sender, standard, code, words, last_message_id, messages)
select gen_random_uuid(), %s, %s, %s, 1, 'AD', %s, %s, line.*
from unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::int[]) line
on conflict (clinic_id, sender, code, words) where closed_at is null do update
  set last_at = excluded.last_at, last_message_id = excluded.last_message_id,
  messages = known.messages + excluded.messages
returning messages
"""
UNKNOWN = """
insert into mailroom_unknownparameter as known (id, organisation_id, clinic_id, created_at, version, owner_role,
  first_at, last_at, sender, code, unit, last_value, last_message_id, messages)
select gen_random_uuid(), %s, %s, %s, 1, 'AD', %s, %s, line.*
from unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::int[]) line
on conflict (clinic_id, sender, code, unit) do update
  set last_at = excluded.last_at, last_message_id = excluded.last_message_id, last_value = excluded.last_value,
  messages = known.messages + excluded.messages
returning messages
"""


def list_what_was_not_charted(kept: Sequence[Kept], *, clinic: Clinic, at: datetime) -> None:
    """Each fault and each unknown parameter of each message on its sender's line, with an owner (H24, I15)."""
    is_new = _list_refusals(kept, clinic=clinic, at=at)
    is_new |= _list_unmapped(kept, clinic=clinic, at=at)
    if is_new:
        somebody_looks(clinic, at=at)


def _list_refusals(kept: Sequence[Kept], *, clinic: Clinic, at: datetime) -> bool:
    lines: dict[tuple[str, str, str, str], list[int]] = defaultdict(list)
    for row, faults, _ in kept:
        for words in {(fault.code, storable(fault.words, 300)) for fault in faults}:
            lines[row.sender, row.standard, *words].append(row.pk)
    return _put(
        REFUSALS, clinic, at, [(*line, messages[-1], len(messages)) for line, messages in sorted(lines.items())]
    )


def _list_unmapped(kept: Sequence[Kept], *, clinic: Clinic, at: datetime) -> bool:
    """A parameter once seen to stays seen: monitors send more than anybody needs, each second."""
    lines: dict[tuple[str, str, str], list[tuple[int, str]]] = defaultdict(list)
    for row, _, unmapped in kept:
        for one in {(one.code, one.unit): one for one in unmapped}.values():
            line = (row.sender, storable(one.code, 200), storable(one.unit, 200))
            lines[line].append((row.pk, storable(one.value, 200)))
    told = [(*line, seen[-1][1], seen[-1][0], len(seen)) for line, seen in sorted(lines.items())]
    return _put(UNKNOWN, clinic, at, told)


def _put(statement: str, clinic: Clinic, at: datetime, lines: Sequence[tuple[Any, ...]]) -> bool:
    """All lines at once. Whether one is new: then it counts no more than was just added."""
    if not lines:
        return False
    columns = [list(column) for column in zip(*lines, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(statement, [clinic.organisation_id, clinic.pk, at, at, at, *columns])
        told = cursor.fetchall()
    # They come back in the order of the lines: a conflict leaves none out.
    return any(messages == line[-1] for (messages,), line in zip(told, lines, strict=True))


def storable(text: str, most: int) -> str:
    return text[:most].replace("\x00", "\ufffd")


def somebody_looks(clinic: Clinic, *, at: datetime) -> None:
    """One duty for all that waits: the administrator's, and escalated as every other."""
    if Duty.objects.filter(clinic=clinic, kind=LOOK, state=DutyState.OPEN).exists():
        return
    duties.open_duty(
        kind=LOOK,
        title="Look at device messages that are in no chart",
        why="A monitor sent what was refused or what no map knows. The messages are kept.",
        link="/messages/",
        patient=None,
        owner_role=Role.AD,
        due_at=at + LOOKED_AT_WITHIN,
        consequence=Consequence.SAFETY,
        by=access.system(clinic),
        at=at,
    )
