"""Every shared read of an evaluation, a file per question."""

from ketacare.clinic.candidacy.queries.answer import Answered, answer_so_far, case_now, case_of, sentence
from ketacare.clinic.candidacy.queries.asked import Asked, Group, groups, plan_of, questions
from ketacare.clinic.candidacy.queries.cards import FOLDED, KINDS, TITLES, Card, Open, Shown, open_in, place_of, shown
from ketacare.clinic.candidacy.queries.clearance import answers, ending, given, local_day, requests, standing
from ketacare.clinic.candidacy.queries.clearing import clearable
from ketacare.clinic.candidacy.queries.decision import judgement, judgements, open_evaluation
from ketacare.clinic.candidacy.queries.facts import facts_of, history, latest_vitals
from ketacare.clinic.candidacy.queries.judging import ABILITIES, alternatives, capacity, differential, information
from ketacare.clinic.candidacy.queries.medicines import (
    ShownList,
    ShownMedicine,
    formulary_names,
    medicines,
    medicines_at,
    shown_medicines,
    taken,
)
from ketacare.clinic.candidacy.queries.medicines_sheet import Sheet, next_dose_visit
from ketacare.clinic.candidacy.queries.medicines_sheet import lines as sheet_lines
from ketacare.clinic.candidacy.queries.today import Hold, candidacy_today
from ketacare.clinic.candidacy.queries.trials import (
    Tried,
    ask_id,
    judged_trials,
    listed,
    medicine_names,
    trial_entries,
    trial_from,
    tried,
)
from ketacare.clinic.candidacy.queries.tried import CourseRow, History, TrialRow, history_of, told_course, told_whole
from ketacare.clinic.candidacy.queries.vocabulary import (
    ELSEWHERE,
    PRODUCT,
    UNITS,
    in_words,
    kinds,
    plain,
    sheet,
    value_of,
    with_unit,
)

__all__ = [
    "ABILITIES",
    "ELSEWHERE",
    "FOLDED",
    "KINDS",
    "PRODUCT",
    "TITLES",
    "UNITS",
    "Answered",
    "Asked",
    "Card",
    "CourseRow",
    "Group",
    "History",
    "Hold",
    "Open",
    "Sheet",
    "Shown",
    "ShownList",
    "ShownMedicine",
    "TrialRow",
    "Tried",
    "alternatives",
    "answer_so_far",
    "answers",
    "ask_id",
    "candidacy_today",
    "capacity",
    "case_now",
    "case_of",
    "clearable",
    "differential",
    "ending",
    "facts_of",
    "formulary_names",
    "given",
    "groups",
    "history",
    "history_of",
    "in_words",
    "information",
    "judged_trials",
    "judgement",
    "judgements",
    "kinds",
    "latest_vitals",
    "listed",
    "local_day",
    "medicine_names",
    "medicines",
    "medicines_at",
    "next_dose_visit",
    "open_evaluation",
    "open_in",
    "place_of",
    "plain",
    "plan_of",
    "questions",
    "requests",
    "sentence",
    "sheet",
    "sheet_lines",
    "shown",
    "shown_medicines",
    "standing",
    "taken",
    "told_course",
    "told_whole",
    "trial_entries",
    "trial_from",
    "tried",
    "value_of",
    "with_unit",
]
