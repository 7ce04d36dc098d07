"""Which questions of a form an ask puts."""

from __future__ import annotations

from ketacare.clinic.outcomes.models import Ask
from ketacare.medicine.outcomes.terms import Instrument, Item

# Driving, alcohol and other drugs "since the treatment" are asked on the same day and the next, and never again: a week
# later everybody has driven, and a true answer is lost among them.
DAY_OF_THE_DOSE, SOON = "s5", ("same_evening", "next_day")


def items_asked(ask: Ask, sheet: Instrument) -> tuple[Item, ...]:
    """The questions of this form that this ask puts."""
    return tuple(item for item in sheet.items if item.id != DAY_OF_THE_DOSE or ask.key in SOON)
