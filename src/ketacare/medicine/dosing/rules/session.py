"""Which state a session may move to."""

from ketacare.medicine.dosing.terms import TRANSITIONS, SessionState


class NotThatWay(ValueError):
    """A move the session's life does not know."""


def allowed(state: SessionState) -> frozenset[SessionState]:
    """The states that may follow."""
    return TRANSITIONS[state]


def move(state: SessionState, to: SessionState) -> SessionState:
    """The new state, or NotThatWay naming what may follow instead."""
    if to not in allowed(state):
        follows = ", ".join(sorted(allowed(state))) or "nothing"
        raise NotThatWay(f"Session: {state} cannot become {to}. What may follow: {follows}.")
    return to
