"""The words of the watch, after IEC 60601-1-8: a *condition* is a fact about patient or system, a *signal* is how
people are told.

Every moment is an aware `datetime`, handed in from outside; durations are whole seconds. Values are exact `Decimal`s in
the unit of their channel. Everything here is frozen: a state is a value, and a mapping in it is never changed in place.
"""

from ketacare.medicine.monitoring.terms.conditions import Condition, Kind, Presence, Run, Signal, SignalState, Trace
from ketacare.medicine.monitoring.terms.given import (
    Acknowledge,
    Arrived,
    Done,
    DoseActing,
    Given,
    Observe,
    Pair,
    Pause,
    Rewatch,
    Schedule,
    SetBaseline,
    SetLimits,
    Tick,
    Unpair,
    Unpause,
    Unwatch,
)
from ketacare.medicine.monitoring.terms.limits import LimitLine, Limits, Priority, Range, Side, Times, Timing
from ketacare.medicine.monitoring.terms.readings import ARTERIAL_LINE, CUFF, PRESSURES, Channel, Quality, Reading
from ketacare.medicine.monitoring.terms.shown import Entry, Freshness, Remark, Shown, Tier
from ketacare.medicine.monitoring.terms.state import Ask, Fault, PauseInForce, Seen, State, Stream, Unwatched

__all__ = [
    "ARTERIAL_LINE",
    "CUFF",
    "PRESSURES",
    "Acknowledge",
    "Arrived",
    "Ask",
    "Channel",
    "Condition",
    "Done",
    "DoseActing",
    "Entry",
    "Fault",
    "Freshness",
    "Given",
    "Kind",
    "LimitLine",
    "Limits",
    "Observe",
    "Pair",
    "Pause",
    "PauseInForce",
    "Presence",
    "Priority",
    "Quality",
    "Range",
    "Reading",
    "Remark",
    "Rewatch",
    "Run",
    "Schedule",
    "Seen",
    "SetBaseline",
    "SetLimits",
    "Shown",
    "Side",
    "Signal",
    "SignalState",
    "State",
    "Stream",
    "Tick",
    "Tier",
    "Times",
    "Timing",
    "Trace",
    "Unpair",
    "Unpause",
    "Unwatch",
    "Unwatched",
]
