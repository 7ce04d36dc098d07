"""The patient's own pages, phone first: own record only, and nothing that staff have in draft is read here."""

from ketacare.web.pages.me.care import learn, own_calendar, own_plan, safety_plan, take_home, worker
from ketacare.web.pages.me.home import me
from ketacare.web.pages.me.moment import call_help, fine
from ketacare.web.pages.me.plain import plain
from ketacare.web.pages.me.rights import caregivers, consents, opened, reading, withdraw

__all__ = [
    "call_help",
    "caregivers",
    "consents",
    "fine",
    "learn",
    "me",
    "opened",
    "own_calendar",
    "own_plan",
    "plain",
    "reading",
    "safety_plan",
    "take_home",
    "withdraw",
    "worker",
]
