"""Every write of measurement: asks and their messages, answers kept and scored, silence followed."""

from ketacare.clinic.outcomes.actions.answering import finish, keep_answers, record_answers, score
from ketacare.clinic.outcomes.actions.asking import (
    FOLLOW_UP,
    INTEGRATION,
    miss,
    new_link,
    record_call,
    schedule_asks,
)
from ketacare.clinic.outcomes.actions.messages import (
    deliver,
    sent_by_hand,
    withdraw_messages,
    write_driving,
    write_message,
)
from ketacare.clinic.outcomes.actions.rating import Rater, rate
from ketacare.clinic.outcomes.actions.texts import load_text, withdraw_text

__all__ = [
    "FOLLOW_UP",
    "INTEGRATION",
    "Rater",
    "deliver",
    "finish",
    "keep_answers",
    "load_text",
    "miss",
    "new_link",
    "rate",
    "record_answers",
    "record_call",
    "schedule_asks",
    "score",
    "sent_by_hand",
    "withdraw_messages",
    "withdraw_text",
    "write_driving",
    "write_message",
]
