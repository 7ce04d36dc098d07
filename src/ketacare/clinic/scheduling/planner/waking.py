"""The solver takes seconds to load, and most processes never need it. Where somebody looks at the calendar it is loaded
beside, once: whoever then asks for a course does not wait for it."""

from __future__ import annotations

from importlib import import_module
from threading import Lock, Thread

SOLVER = "ketacare.clinic.scheduling.planner.course_model"
_once = Lock()


def wake() -> Thread | None:
    """Not a daemon: a process that ends meanwhile waits for it, and is not torn down in the middle of it."""
    if not _once.acquire(blocking=False):
        return None
    beside = Thread(target=import_module, args=(SOLVER,), name="solver")
    beside.start()
    return beside
