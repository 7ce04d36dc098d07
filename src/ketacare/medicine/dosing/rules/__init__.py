"""The judgements of a dosing session: its states, the order's arithmetic, readiness to begin, readiness to go home."""

from ketacare.medicine.dosing.rules.also_watched import also_watched
from ketacare.medicine.dosing.rules.at_leaving import owed_at_leaving
from ketacare.medicine.dosing.rules.double_check import compare
from ketacare.medicine.dosing.rules.holds import day_holds
from ketacare.medicine.dosing.rules.order import ArithmeticDisagrees, recheck, work_out
from ketacare.medicine.dosing.rules.readiness import readiness, weight_change_fact
from ketacare.medicine.dosing.rules.release import earliest, release
from ketacare.medicine.dosing.rules.session import NotThatWay, allowed, move
from ketacare.medicine.dosing.rules.weights import descriptor_outdated, order_outdated, weight_holds
from ketacare.medicine.dosing.rules.without_minimum import ready_without_minimum

__all__ = [
    "ArithmeticDisagrees",
    "NotThatWay",
    "allowed",
    "also_watched",
    "compare",
    "day_holds",
    "descriptor_outdated",
    "earliest",
    "move",
    "order_outdated",
    "owed_at_leaving",
    "readiness",
    "ready_without_minimum",
    "recheck",
    "release",
    "weight_change_fact",
    "weight_holds",
    "work_out",
]
