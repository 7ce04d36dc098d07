"""Every shared read of an evaluation, a file per question."""

from ketacare.clinic.candidacy.queries.answer import Answered, answer_so_far, card, sentence, told
from ketacare.clinic.candidacy.queries.decision import judgement, judgements, open_evaluation
from ketacare.clinic.candidacy.queries.facts import Asked, asked, facts_of, history, latest_vitals, sheet
from ketacare.clinic.candidacy.queries.medicines import medicines
from ketacare.clinic.candidacy.queries.trials import judged_trials, medicine_names, trial_entries, trial_from

__all__ = [
    "Answered",
    "Asked",
    "answer_so_far",
    "asked",
    "card",
    "facts_of",
    "history",
    "judged_trials",
    "judgement",
    "judgements",
    "latest_vitals",
    "medicine_names",
    "medicines",
    "open_evaluation",
    "sentence",
    "sheet",
    "told",
    "trial_entries",
    "trial_from",
]
