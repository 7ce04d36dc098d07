"""The judgement of candidacy, by what it judges."""

from ketacare.medicine.candidacy.rules.adequacy import judge_trial
from ketacare.medicine.candidacy.rules.at_odds import at_odds, odd_lists, with_episode_asked
from ketacare.medicine.candidacy.rules.change import changes
from ketacare.medicine.candidacy.rules.clearances import enough
from ketacare.medicine.candidacy.rules.courses import ect_or_tms_failed, judge_course
from ketacare.medicine.candidacy.rules.decision import as_counted, judge, part_reasons
from ketacare.medicine.candidacy.rules.definitions import definitions
from ketacare.medicine.candidacy.rules.disorders import count_for, therapy_offered
from ketacare.medicine.candidacy.rules.exceptions import standings as path_standings
from ketacare.medicine.candidacy.rules.exceptions import while_it_counts as path_signature
from ketacare.medicine.candidacy.rules.liver import child_pugh
from ketacare.medicine.candidacy.rules.medicines import prolongs_qt
from ketacare.medicine.candidacy.rules.of_the_day import DayRow, day_rows
from ketacare.medicine.candidacy.rules.opening import opened
from ketacare.medicine.candidacy.rules.pressure import bp_awaited, bp_facts, bp_gate, sittings
from ketacare.medicine.candidacy.rules.risk import standing as risk_standing
from ketacare.medicine.candidacy.rules.staging import staging
from ketacare.medicine.candidacy.rules.stored import rejudged
from ketacare.medicine.candidacy.rules.trials import count_trials, trials_reason
from ketacare.medicine.candidacy.rules.words import with_titles

__all__ = [
    "DayRow",
    "as_counted",
    "at_odds",
    "bp_awaited",
    "bp_facts",
    "bp_gate",
    "changes",
    "child_pugh",
    "count_for",
    "count_trials",
    "day_rows",
    "definitions",
    "ect_or_tms_failed",
    "enough",
    "judge",
    "judge_course",
    "judge_trial",
    "odd_lists",
    "opened",
    "part_reasons",
    "path_signature",
    "path_standings",
    "prolongs_qt",
    "rejudged",
    "risk_standing",
    "sittings",
    "staging",
    "therapy_offered",
    "trials_reason",
    "with_episode_asked",
    "with_titles",
]
