"""A cuff measures now and then; many monitors send its last values with every message, under the time of that message.

Taken for new each time, one measurement would pay every reading that falls due (H8, T5), and confirm itself (A16). So
the same values again, under no time of their own and no later after the last than a cuff takes for a cycle, are that
same measurement sent again, and stay it for as long as they go on coming.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.medicine.monitoring.terms import CUFF, Channel, Reading, Times


@dataclass(frozen=True, slots=True)
class Cuff:
    """What a monitor last sent of its cuff without a time of its own, and when it last sent the same."""

    values: Mapping[Channel, Decimal | None]
    last: datetime


def heard(known: Cuff | None, readings: Iterable[Reading], times: Times) -> tuple[Cuff | None, bool]:
    """What is known after these parts of a pressure; and whether they are only the last measurement again."""
    parts = [one for one in readings if one.channel in CUFF]
    if not parts:
        return known, False
    values, at = {one.channel: one.value for one in parts}, max(one.taken_at for one in parts)
    again = known is not None and values == known.values and abs(at - known.last) <= timedelta(seconds=times.cycle_s)
    last = max(at, known.last) if again and known is not None else at
    return Cuff(values, last), again
