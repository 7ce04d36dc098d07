"""The judgement of candidacy, by what it judges."""

from ketacare.medicine.candidacy.rules.decision import judge
from ketacare.medicine.candidacy.rules.trials import count_trials, judge_trial, trials_reason

__all__ = ["count_trials", "judge", "judge_trial", "trials_reason"]
