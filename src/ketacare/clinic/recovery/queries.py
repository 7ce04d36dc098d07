"""Which recoveries wait, and the password that two people gave."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.crypto import salted_hmac

from ketacare.clinic.people.models import Patient, Role, Staff, User
from ketacare.clinic.people.queries import roles_of
from ketacare.clinic.recovery import passwords
from ketacare.clinic.recovery.models import AddressChanged, Recovery
from ketacare.clinic.tenancy.days import local_day

if TYPE_CHECKING:
    from ketacare.clinic.people.access import Actor

# Both stand before the same person: the second word comes within the hour (design choice).
WAITS = timedelta(hours=1)
# For as long the two can read it out (design choice).
SHOWN_FOR = timedelta(minutes=10)
# Who had the address before is told of each password given within this time, and has this time to say that it was not
# them before the journal opens (design choices).
TOLD_FOR, JOURNAL_WAITS = timedelta(days=30), timedelta(days=7)


def standing(actor: Actor, at: datetime) -> list[Recovery]:
    """What waits for its second person here, and what was done or begun lately."""
    rows = Recovery.objects.filter(clinic_id=actor.clinic_id, created_at__gt=at - timedelta(days=30))
    rows = rows.select_related("user", "asked_by", "second").order_by("-created_at")
    return [row for row in rows[:50] if is_shown(actor, row)]


def is_shown(actor: Actor, row: Recovery) -> bool:
    """Whoever runs the system sees no patient, not even by name (P4). Of a colleague it is not to be seen that they are
    one: theirs are shown as everybody else's."""
    works_here = bool(roles_of(row.user, row.clinic_id) - {Role.PT})
    return actor.role != Role.AD or works_here or not is_patient(row.user, row.clinic_id)


def is_patient(user: User, clinic_id: UUID) -> bool:
    """Here, now or once: that somebody was one is as little for whoever runs the system (P4)."""
    had_post = Staff.objects.filter(user=user, clinic_id=clinic_id, role=Role.PT).exists()
    return had_post or Patient.objects.filter(user=user, clinic_id=clinic_id).exists()


def given_to(user: User, at: datetime) -> list[Recovery]:
    """What was done to somebody's own account lately: a mail may not have reached them (K7)."""
    rows = Recovery.objects.filter(user=user, done_at__gt=at - timedelta(days=30))
    return list(rows.select_related("asked_by", "second").order_by("-done_at"))


def addresses_before(user: User, at: datetime) -> list[str]:
    """With which an account signed in until lately."""
    rows = AddressChanged.objects.filter(user=user, created_at__gt=at - TOLD_FOR).exclude(before=user.email)
    return sorted(set(rows.values_list("before", flat=True)))


def journal_opens(actor: Actor) -> date | None:
    """The day on which the journal opens again after another address was written down; None where it is open. An actor
    without a day opens nothing that waits for one."""
    last = AddressChanged.objects.filter(user_id=actor.person_id).order_by("created_at").last()
    if last is None:
        return None
    opens = local_day(last.created_at + JOURNAL_WAITS, actor.zone)
    return opens if actor.today is None or actor.today < opens else None


def waits(row: Recovery, at: datetime) -> bool:
    return row.done_at is None and row.ended_at is None and at - row.created_at <= WAITS


def half_for(row: Recovery, actor: Actor, at: datetime) -> int:
    """Which half each of the two reads out, for minutes, and not once it has opened the account; 0 is none. Nobody
    alone knows what opens somebody else's account."""
    user = row.user
    unused = user.temporary_until is not None and user.has_usable_password()
    if not unused or row.done_at is None or at - row.done_at > SHOWN_FOR:
        return 0
    return {row.asked_by_id: 1, row.second_id: 2}.get(actor.user_id, 0)


def half_of(row: Recovery, half: int) -> str:
    """As it is typed, the one after the other."""
    password, middle = password_of(row), passwords.GROUPS // 2 * (passwords.IN_A_GROUP + 1)
    return password[:middle] if half == 1 else password[middle:]


def password_of(row: Recovery) -> str:
    """Worked out anew each time from the key of this installation: in no table and no kept answer stands what opens
    an account."""
    number = int.from_bytes(salted_hmac("ketacare.recovery", str(row.pk), algorithm="sha256").digest(), "big")
    return passwords.spelled(number)
