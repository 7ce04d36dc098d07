"""Every write of planning: chairs and visits, what they are held in, courses, who waits, and calendars."""

from ketacare.clinic.scheduling.actions.assigning import AFTER_CARE, succeed
from ketacare.clinic.scheduling.actions.carrying import carry_out, move_together
from ketacare.clinic.scheduling.actions.courses import (
    add_to_course,
    book_course,
    keep_window,
    may_override,
    note_override,
)
from ketacare.clinic.scheduling.actions.days import give_up_visit, note_arrival, note_done, note_late, take_arrival_back
from ketacare.clinic.scheduling.actions.ending import ahead, clear_ahead, end_course, to_come
from ketacare.clinic.scheduling.actions.feeds import open_feed, revoke_feed
from ketacare.clinic.scheduling.actions.placing import faults_of, held_to, open_course, place_visit, told_too_late
from ketacare.clinic.scheduling.actions.reasons import NotHere, Reason, reason_in
from ketacare.clinic.scheduling.actions.resources import (
    add_absence,
    add_resource,
    end_outage,
    give_skill,
    put_out_of_order,
    retire_resource,
    set_site_rules,
    set_week,
    take_skill,
    withdraw_absence,
)
from ketacare.clinic.scheduling.actions.visits import (
    ALLOWED,
    BUSY,
    add_chair,
    begin_put_right,
    book_visit,
    move_visit,
    rename_chair,
    renew_help_link,
    retire_chair,
    seat,
)
from ketacare.clinic.scheduling.actions.waiting import end_waiting, in_line, wait_for

__all__ = [
    "AFTER_CARE",
    "ALLOWED",
    "BUSY",
    "NotHere",
    "Reason",
    "add_absence",
    "add_chair",
    "add_resource",
    "add_to_course",
    "ahead",
    "begin_put_right",
    "book_course",
    "book_visit",
    "carry_out",
    "clear_ahead",
    "end_course",
    "end_outage",
    "end_waiting",
    "faults_of",
    "give_skill",
    "give_up_visit",
    "held_to",
    "in_line",
    "keep_window",
    "may_override",
    "move_together",
    "move_visit",
    "note_arrival",
    "note_done",
    "note_late",
    "note_override",
    "open_course",
    "open_feed",
    "place_visit",
    "put_out_of_order",
    "reason_in",
    "rename_chair",
    "renew_help_link",
    "retire_chair",
    "retire_resource",
    "revoke_feed",
    "seat",
    "set_site_rules",
    "set_week",
    "succeed",
    "take_arrival_back",
    "take_skill",
    "to_come",
    "told_too_late",
    "wait_for",
    "withdraw_absence",
]
