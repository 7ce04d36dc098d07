"""One look at a page asks the database each question once.

Several parts of a page read the same rows: the newest weight, the medicines, the screeners. Within `one_look` the
answers of functions marked `@looked_up` are kept, by function and arguments, and forgotten with it. Nothing may be
written inside a look: what was read before would still be told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_seen: ContextVar[dict[object, Any] | None] = ContextVar("seen", default=None)


@contextmanager
def one_look() -> Iterator[None]:
    """Within the block each question is asked once; a look inside a look is the same look."""
    token = _seen.set({}) if _seen.get() is None else None
    try:
        yield
    finally:
        if token is not None:
            _seen.reset(token)


def kept(key: object, ask: Callable[[], Any] | None = None) -> Any:
    """What this look keeps under a name, asked for if it is not there yet; None without a look, or where nothing is."""
    seen = _seen.get()
    if seen is None:
        return None
    if key not in seen and ask is not None:
        seen[key] = ask()
    return seen.get(key)


def looked_up(question: Callable[P, R]) -> Callable[P, R]:
    """A reading of the database that a look asks once. Its arguments must be hashable."""

    @wraps(question)
    def ask(*args: P.args, **kwargs: P.kwargs) -> R:
        seen = _seen.get()
        if seen is None:
            return question(*args, **kwargs)
        key = (question, args, tuple(kwargs.items()))
        if key not in seen:
            seen[key] = question(*args, **kwargs)
        answer: R = seen[key]
        return answer

    return ask
