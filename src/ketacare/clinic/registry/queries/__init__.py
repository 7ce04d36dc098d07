"""What the programme page counts, read once for each question."""

from ketacare.clinic.registry.queries.asked import Captured, Reported, captured, reported
from ketacare.clinic.registry.queries.courses import Told, scales, told
from ketacare.clinic.registry.queries.funnel import STEPS, Way, ways
from ketacare.clinic.registry.queries.sites import Site, sites

__all__ = [
    "STEPS",
    "Captured",
    "Reported",
    "Site",
    "Told",
    "Way",
    "captured",
    "reported",
    "scales",
    "sites",
    "told",
    "ways",
]
