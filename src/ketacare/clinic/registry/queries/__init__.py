"""What the programme page counts, read once for each question."""

from ketacare.clinic.registry.queries.asked import Captured, Reported, captured, reported
from ketacare.clinic.registry.queries.courses import Told, told
from ketacare.clinic.registry.queries.fading import (
    forecast_scales,
    is_current,
    kept_pool,
    learned,
    pool_of,
    versions_for,
)
from ketacare.clinic.registry.queries.funnel import STEPS, Way, ways
from ketacare.clinic.registry.queries.keeping import Counted, counted, keep, scales, stale_patients
from ketacare.clinic.registry.queries.sites import Site, sites
from ketacare.clinic.registry.queries.windows import Came, windows

__all__ = [
    "STEPS",
    "Came",
    "Captured",
    "Counted",
    "Reported",
    "Site",
    "Told",
    "Way",
    "captured",
    "counted",
    "forecast_scales",
    "is_current",
    "keep",
    "kept_pool",
    "learned",
    "pool_of",
    "reported",
    "scales",
    "sites",
    "stale_patients",
    "told",
    "versions_for",
    "ways",
    "windows",
]
