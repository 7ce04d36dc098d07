"""What part of one nurse a dose takes. Of n chairs that one may watch at once each takes an nth; together no more than
the whole."""

from __future__ import annotations

from decimal import Decimal

from ketacare.medicine.scheduling.reader import lengths
from ketacare.medicine.scheduling.terms import Booked, Span, Watch, Watched

# Of it every part from a half to an eighth is a whole number.
WHOLE = 840
BY_WEIGHT = frozenset({"IV", "IM", "SC"})


def watch_of(drug: str, route: str, mg_per_kg: Decimal | None) -> Watch:
    """What is not known to be less is watched as usual."""
    if drug == "esketamine" and route == "IN":
        return Watch.NASAL
    is_large = route in BY_WEIGHT and mg_per_kg is not None and mg_per_kg > lengths().large_over
    return Watch.LARGE if is_large else Watch.USUAL


def part(watched: Watched, watch: Watch, *, acting: bool) -> int:
    return WHOLE // watched.most(watch, acting=acting)


def acting_in(dose: Booked, watched: Watched) -> Span:
    """While the dose acts: from its beginning, at the longest until the chair is free."""
    begins = dose.span.starts + dose.before
    return Span(begins, min(begins + watched.acts, dose.span.ends)) if begins < dose.span.ends else dose.span
