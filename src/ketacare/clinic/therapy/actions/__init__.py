"""Every write of therapy: preparation, notes, missed windows, goals, small acts, plans, what is one person's alone."""

from ketacare.clinic.therapy.actions.goals import end_goal, renew_goal, scale_goals, write_goal
from ketacare.clinic.therapy.actions.homework import end_homework, give_homework, other_language, send_fresh, tick
from ketacare.clinic.therapy.actions.notes import see_floor, write_missed, write_note
from ketacare.clinic.therapy.actions.preparing import write_preparation
from ketacare.clinic.therapy.actions.private import share, share_anew, unshare, write_journal, write_process_note
from ketacare.clinic.therapy.actions.relapse import write_relapse_plan
from ketacare.clinic.therapy.actions.sitting import stamp

__all__ = [
    "end_goal",
    "end_homework",
    "give_homework",
    "other_language",
    "renew_goal",
    "scale_goals",
    "see_floor",
    "send_fresh",
    "share",
    "share_anew",
    "stamp",
    "tick",
    "unshare",
    "write_goal",
    "write_journal",
    "write_missed",
    "write_note",
    "write_preparation",
    "write_process_note",
    "write_relapse_plan",
]
