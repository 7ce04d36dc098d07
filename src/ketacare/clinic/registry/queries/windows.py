"""What came of the windows after the doses that were given, once each was over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from ketacare.clinic.registry.queries.keeping import Counted, counted, missed_reasons
from ketacare.clinic.registry.queries.sites import Site
from ketacare.medicine.registry import rules
from ketacare.medicine.registry.terms import Measures, Rate
from ketacare.medicine.therapy import reader

USED, OUTSIDE, MISSED = HOW = "used", "outside", "missed"


@dataclass(frozen=True)
class Came:
    """What came of some windows: used, held outside, or missed for one reason. None: it would give another away."""

    words: str
    rate: Rate | None
    is_used: bool = False


def windows(
    of: Sequence[Site], *, since: datetime | None, at: datetime, measures: Measures, found: Counted | None = None
) -> tuple[Came, ...]:
    """Of every dose that was given whose window is over; used first, then the commonest reason."""
    rows = (found or counted(of, "")).windows
    rows = rows[(rows["closes"] <= at.timestamp()) & (rows["dose"] >= (since.timestamp() if since else -np.inf))]
    reasons = ("", *missed_reasons())
    kinds, counts = np.unique(len(reasons) * rows["came"] + rows["reason"], return_counts=True)
    keys = [divmod(int(kind), len(reasons)) for kind in kinds]
    told = {(HOW[came], reasons[reason]): int(count) for (came, reason), count in zip(keys, counts, strict=True)}
    return told_apart(told, measures)


def told_apart(found: dict[tuple[str, str], int], measures: Measures) -> tuple[Came, ...]:
    """As shares of one whole: a small one is not shown, nor the next, whose count would tell it."""
    if not found:
        return ()
    reasons = sorted((key for key in found if key[0] == MISSED), key=lambda key: (key[1] == "", -found[key], key))
    keys = [(USED, ""), (OUTSIDE, ""), *reasons]
    counts = [found.get(key, 0) for key in keys]
    dark = rules.complementary(counts, measures)
    return tuple(
        Came(words_of(*key), None if hidden else rules.rate(count, sum(counts), measures), key[0] == USED)
        for key, count, hidden in zip(keys, counts, dark, strict=True)
    )


def words_of(came: str, reason: str) -> str:
    if came == USED:
        return "Used: the visit was inside it"
    if came == OUTSIDE:
        return "Held, outside the window"
    return f"Missed: {reader.practice().missed.get(reason, reason)}" if reason else "Missed: nobody has said why"
