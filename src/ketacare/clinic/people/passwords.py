"""A password typed again at the act (K6, L3): right, wrong and counted, or not looked at because the account is locked.

The refusal takes back everything its request wrote, the count too; so failures are remembered here and counted by the
web when that transaction is over, with those of the sign-in page, towards the same lock (K3).
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

from ketacare.clinic.people.models import User

FAILED: ContextVar[list[str] | None] = ContextVar("failed_passwords", default=None)
IS_LOCKED: ContextVar[Callable[[str], bool] | None] = ContextVar("is_locked", default=None)
UNLOCK: ContextVar[Callable[[str], None] | None] = ContextVar("unlock", default=None)


def remember_failures(is_locked: Callable[[str], bool], unlock: Callable[[str], None]) -> list[str]:
    """From now on in this request: the addresses whose password did not match."""
    failed: list[str] = []
    FAILED.set(failed)
    IS_LOCKED.set(is_locked)
    UNLOCK.set(unlock)
    return failed


def forget_failures(address: str) -> None:
    """The owner stood before two people: what was typed wrongly until then locks nobody out (K3, K7)."""
    unlock = UNLOCK.get()
    if unlock is not None:
        unlock(address)


def proved(user: User | None, typed_as: str, password: str) -> bool:
    """Whether this is that person. A locked account is refused unread; unknown and wrong count and read alike."""
    locked = IS_LOCKED.get()
    if locked is not None and locked(typed_as):
        return False
    # A password that two people gave opens the account once and signs nothing (K7).
    if user is not None and user.temporary_until is None and user.check_password(password):
        return True
    failed = FAILED.get()
    if failed is not None:
        failed.append(typed_as)
    return False
