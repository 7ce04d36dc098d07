"""What the programme page counts, read once for each question."""

from ketacare.clinic.registry.queries.asked import Captured, Reported, captured, reported
from ketacare.clinic.registry.queries.courses import Told, scales, told
from ketacare.clinic.registry.queries.fading import (
    forecast_scales,
    is_current,
    kept_pool,
    learned,
    pool_of,
    versions_for,
)
from ketacare.clinic.registry.queries.funnel import STEPS, Way, ways
from ketacare.clinic.registry.queries.sites import Site, sites
from ketacare.clinic.registry.queries.windows import Came, windows

__all__ = [
    "STEPS",
    "Came",
    "Captured",
    "Reported",
    "Site",
    "Told",
    "Way",
    "captured",
    "forecast_scales",
    "is_current",
    "kept_pool",
    "learned",
    "pool_of",
    "reported",
    "scales",
    "sites",
    "told",
    "versions_for",
    "ways",
    "windows",
]
