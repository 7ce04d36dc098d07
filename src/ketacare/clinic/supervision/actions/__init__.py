"""Every write of supervision: posts, screens, the ladder and its calls, calming plans."""

from ketacare.clinic.supervision.actions.calling import receive_receipt
from ketacare.clinic.supervision.actions.climbing import NotAllTold, climb, end_rungs
from ketacare.clinic.supervision.actions.plans import write_plan
from ketacare.clinic.supervision.actions.posts import accept, decline, end_posts, move, offer, take
from ketacare.clinic.supervision.actions.screens import answer, forget_screens, leave, look, record_self_test

__all__ = [
    "NotAllTold",
    "accept",
    "answer",
    "climb",
    "decline",
    "end_posts",
    "end_rungs",
    "forget_screens",
    "leave",
    "look",
    "move",
    "offer",
    "receive_receipt",
    "record_self_test",
    "take",
    "write_plan",
]
