"""What the schedule asks for just before leaving, and when it was last taken: a number of half an hour ago is not one
at the door (treatment 3.1, H12)."""

from datetime import datetime, timedelta

from ketacare.medicine.dosing.rules.holding import time_of
from ketacare.medicine.dosing.terms import OwedAtLeaving
from ketacare.medicine.evidence.terms import Facts
from ketacare.medicine.protocols.rules import schedule
from ketacare.medicine.protocols.terms import Need, Protocol

# The facts of a parameter, where they bear another name.
PARTS = {"bp": ("sbp", "dbp")}


def owed_at_leaving(facts: Facts, protocol: Protocol, at: datetime) -> tuple[OwedAtLeaving, ...]:
    """Each that is to be taken before they go: never since the dose ended, or too long ago. Nothing under a sheet that
    does not say how long it counts (H19)."""
    figure = protocol.release.figures.get("leave_valid")
    if figure is None:
        return ()
    asked = [due.parameter for due in schedule(protocol) if due.before_leaving and due.need is Need.REQUIRED]
    last = [(parameter, _last(facts, parameter, at)) for parameter in asked]
    since = at - timedelta(minutes=figure.integer)
    return tuple(
        OwedAtLeaving(name, taken_at, figure) for name, taken_at in last if taken_at is None or taken_at < since
    )


def _last(facts: Facts, parameter: str, at: datetime) -> datetime | None:
    """Of a value in two parts the older part speaks."""
    each = [
        max((time_of(fact) for fact in facts.all(name) if time_of(fact) <= at), default=None)
        for name in PARTS.get(parameter, (parameter,))
    ]
    known = [moment for moment in each if moment is not None]
    return min(known) if len(known) == len(each) else None
