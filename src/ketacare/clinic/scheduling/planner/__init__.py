"""Placing courses and re-planning days. The solver is imported in here and nowhere else; what it makes is judged by
the rules of `medicine.scheduling`, which share no line with it."""

from ketacare.clinic.scheduling.planner.asking import Alternative, Held, Need, Wishes
from ketacare.clinic.scheduling.planner.courses import propose
from ketacare.clinic.scheduling.planner.days import (
    displaced_in,
    faults_after,
    judged_after,
    lost_by_rule,
    replan,
    worse_after,
)
from ketacare.clinic.scheduling.planner.following import FAR, ITS_OWN, Together, replan_of, together
from ketacare.clinic.scheduling.planner.moves import Move, Replan, Setting
from ketacare.clinic.scheduling.planner.reasons import why_none
from ketacare.clinic.scheduling.planner.waking import wake

__all__ = [
    "FAR",
    "ITS_OWN",
    "Alternative",
    "Held",
    "Move",
    "Need",
    "Replan",
    "Setting",
    "Together",
    "Wishes",
    "displaced_in",
    "faults_after",
    "judged_after",
    "lost_by_rule",
    "propose",
    "replan",
    "replan_of",
    "together",
    "wake",
    "why_none",
    "worse_after",
]
