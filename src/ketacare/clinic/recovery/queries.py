"""Which recoveries wait, and the password that two people gave."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.crypto import salted_hmac

from ketacare.clinic.people.models import Role
from ketacare.clinic.people.queries import roles_of
from ketacare.clinic.recovery.models import Recovery

if TYPE_CHECKING:
    from ketacare.clinic.people.access import Actor

# Both stand before the same person: the second word comes within the hour (design choice).
WAITS = timedelta(hours=1)
# For as long the second person can read it out; and so long it opens the account (design choice).
SHOWN_FOR, LASTS = timedelta(minutes=10), timedelta(hours=24)
# Nothing that is read for something else: no 0 and o, no 1, i and l.
LETTERS, GROUPS, IN_A_GROUP = "abcdefghjkmnpqrstuvwxyz23456789", 4, 4


def standing(actor: Actor, at: datetime) -> list[Recovery]:
    """What waits for its second person here, and what was done or begun lately."""
    rows = Recovery.objects.filter(clinic_id=actor.clinic_id, created_at__gt=at - timedelta(days=30))
    rows = rows.select_related("user", "asked_by", "second").order_by("-created_at")
    return [row for row in rows[:50] if is_shown(actor, row)]


def is_shown(actor: Actor, row: Recovery) -> bool:
    """Whoever runs the system sees no patient, not even by name (P4)."""
    return actor.role != Role.AD or not is_patients(row)


def is_patients(row: Recovery) -> bool:
    return Role.PT in roles_of(row.user, row.clinic_id)


def waits(row: Recovery, at: datetime) -> bool:
    return row.done_at is None and row.ended_at is None and at - row.created_at <= WAITS


def can_be_shown(row: Recovery, actor: Actor, at: datetime) -> bool:
    """To the second person, for minutes, and not once it has opened the account."""
    user = row.user
    unused = user.temporary_until is not None and user.has_usable_password()
    return unused and row.done_at is not None and row.second_id == actor.user_id and at - row.done_at <= SHOWN_FOR


def password_of(row: Recovery) -> str:
    """Worked out anew each time from the key of this installation: in no table and no kept answer stands what opens
    an account."""
    number = int.from_bytes(salted_hmac("ketacare.recovery", str(row.pk), algorithm="sha256").digest(), "big")
    letters = ""
    for _ in range(GROUPS * IN_A_GROUP):
        number, place = divmod(number, len(LETTERS))
        letters += LETTERS[place]
    return "-".join(letters[first : first + IN_A_GROUP] for first in range(0, len(letters), IN_A_GROUP))
