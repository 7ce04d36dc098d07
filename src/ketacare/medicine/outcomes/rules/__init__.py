"""Scoring and reading of scores. Pure: answers in, a score out. Missing is never zero."""

from ketacare.medicine.outcomes.rules.asking import (
    course_asks,
    due_asks,
    early_asks,
    moved,
    opened_beside,
    tailored,
    taken_in,
)
from ketacare.medicine.outcomes.rules.change import (
    assess,
    on_other_scales,
    percent_fall,
    reliable_change_index,
    reliable_from,
    trajectory,
)
from ketacare.medicine.outcomes.rules.holding import complete_since, holding, lost_since
from ketacare.medicine.outcomes.rules.items import told_codes, value
from ketacare.medicine.outcomes.rules.reaching import bars_carriers, begins_with_stop, is_stop, quiet_until
from ketacare.medicine.outcomes.rules.scoring import (
    TOTAL,
    apart,
    band,
    beside_total,
    bounds,
    measured,
    of_total,
    score,
    score_as_given,
)
from ketacare.medicine.outcomes.rules.skipping import skipped
from ketacare.medicine.outcomes.rules.texts import worded
from ketacare.medicine.outcomes.rules.written import score_json, score_plain

__all__ = [
    "TOTAL",
    "apart",
    "assess",
    "band",
    "bars_carriers",
    "begins_with_stop",
    "beside_total",
    "bounds",
    "complete_since",
    "course_asks",
    "due_asks",
    "early_asks",
    "holding",
    "is_stop",
    "lost_since",
    "measured",
    "moved",
    "of_total",
    "on_other_scales",
    "opened_beside",
    "percent_fall",
    "quiet_until",
    "reliable_change_index",
    "reliable_from",
    "score",
    "score_as_given",
    "score_json",
    "score_plain",
    "skipped",
    "tailored",
    "taken_in",
    "told_codes",
    "trajectory",
    "value",
    "worded",
]
