"""The judgement of the watch: `step` in the middle, one module for each thing it judges."""

from ketacare.medicine.monitoring.rules.acknowledge import listed, loudest, signal_of, sounding
from ketacare.medicine.monitoring.rules.kept import from_json, to_json
from ketacare.medicine.monitoring.rules.limits import strictest
from ketacare.medicine.monitoring.rules.staleness import visible
from ketacare.medicine.monitoring.rules.step import begin, next_deadline, step

__all__ = [
    "begin",
    "from_json",
    "listed",
    "loudest",
    "next_deadline",
    "signal_of",
    "sounding",
    "step",
    "strictest",
    "to_json",
    "visible",
]
