"""Every write of planning: chairs and visits, what they are held in, courses, who waits, and calendars."""

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
    book_visit,
    move_visit,
    renew_help_link,
    seat,
)

__all__ = [
    "ALLOWED",
    "BUSY",
    "add_absence",
    "add_chair",
    "add_resource",
    "book_visit",
    "end_outage",
    "give_skill",
    "move_visit",
    "put_out_of_order",
    "renew_help_link",
    "retire_resource",
    "seat",
    "set_site_rules",
    "set_week",
    "take_skill",
    "withdraw_absence",
]
