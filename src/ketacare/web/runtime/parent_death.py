"""Children that die with their parent, whatever kills the parent (Linux: PR_SET_PDEATHSIG)."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
# Loaded before any fork: between fork and exec nothing may be imported.
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class WrongThread(Exception):
    """The signal follows the parent *thread*; a child started from a passing thread would die with that thread."""


def die_with_parent(signum: int = signal.SIGTERM, niceness: int = 0) -> Callable[[], None]:
    """A `preexec_fn`. `subprocess` calls it after the change of user, which would otherwise clear the setting. By so
    much niceness the child stands back behind its parent, for the processor and, as the system derives it, the disk."""
    if threading.current_thread() is not threading.main_thread():
        raise WrongThread("start supervised children from the main thread")
    parent = os.getpid()

    def settle() -> None:
        if LIBC is not None:
            LIBC.prctl(PR_SET_PDEATHSIG, signum, 0, 0, 0)
        os.nice(niceness)
        if os.getppid() != parent:  # it died between fork and prctl
            os._exit(1)

    return settle
