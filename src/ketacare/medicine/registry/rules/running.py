"""Does a row of values over time hold its level? The two rules of a run chart, by Anhøj and Olesen."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise
from math import log2
from statistics import median

from ketacare.medicine.registry.terms import Measures, Runs


def runs(values: Sequence[float], measures: Measures) -> Runs | None:
    """None with too few values beside the middle: then neither rule tells much. Values on the middle count for none."""
    # The statistics cost every start a second and a half; they are asked for by one page.
    from scipy.stats import binom

    if not values:
        return None
    middle = median(values)
    above = [value > middle for value in values if value != middle]
    if len(above) < measures.run_least_points:
        return None
    return Runs(
        middle=middle,
        useful=len(above),
        longest=max(len(list(side)) for _, side in groupby(above)),
        longest_by_chance=round(log2(len(above)) + measures.run_longest),
        crossings=sum(earlier != later for earlier, later in pairwise(above)),
        crossings_by_chance=int(binom.ppf(measures.run_crossings, len(above) - 1, 0.5)),
    )
