"""Every write of measurement: asks and their messages, answers kept and scored, silence followed."""

from ketacare.clinic.outcomes.actions.answering import finish, keep_answers, record_answers, score
from ketacare.clinic.outcomes.actions.asking import (
    FOLLOW_UP,
    integration_why,
    schedule_again,
    schedule_asks,
)
from ketacare.clinic.outcomes.actions.course import keep_in_step, schedule_course, schedule_early, wake
from ketacare.clinic.outcomes.actions.elsewhere import IN_THE_JOURNAL, heed_words, keep_beside
from ketacare.clinic.outcomes.actions.fresh import send_fresh, send_fresh_link
from ketacare.clinic.outcomes.actions.late import answer_not_taken, heed_form, heed_unknown, note_late
from ketacare.clinic.outcomes.actions.messages import (
    deliver,
    put_off_driving,
    sent_by_hand,
    withdraw_messages,
    write_driving,
    write_message,
)
from ketacare.clinic.outcomes.actions.rating import Rater, rate
from ketacare.clinic.outcomes.actions.reading import other_language, other_print
from ketacare.clinic.outcomes.actions.sending import (
    give_up,
    kind_of,
    note_sent,
    receive_bounce,
    receive_receipt,
    receive_unnamed,
    tried_for,
)
from ketacare.clinic.outcomes.actions.silence import miss, new_link, record_call
from ketacare.clinic.outcomes.actions.staffing import ask_next_time, asked, review
from ketacare.clinic.outcomes.actions.strangers import not_theirs
from ketacare.clinic.outcomes.actions.striking import amend_event, strike_score
from ketacare.clinic.outcomes.actions.telling import (
    know_device,
    read_words,
    tell,
    tell_too_late,
    tell_unknown,
    try_year,
)
from ketacare.clinic.outcomes.actions.texts import load_text, withdraw_text
from ketacare.clinic.outcomes.actions.therapists import (
    ASSIGNED,
    INTEGRATION,
    TITLE,
    follow_the_team,
    hand_back,
    is_theirs,
    post_ended,
)
from ketacare.clinic.outcomes.actions.unknown import count_automatic, read_unknown, receive_unknown, see_unknown
from ketacare.clinic.outcomes.actions.wishes import receive_reply, set_wish, stop_messages

__all__ = [
    "ASSIGNED",
    "FOLLOW_UP",
    "INTEGRATION",
    "IN_THE_JOURNAL",
    "TITLE",
    "Rater",
    "amend_event",
    "answer_not_taken",
    "ask_next_time",
    "asked",
    "count_automatic",
    "deliver",
    "finish",
    "follow_the_team",
    "give_up",
    "hand_back",
    "heed_form",
    "heed_unknown",
    "heed_words",
    "integration_why",
    "is_theirs",
    "keep_answers",
    "keep_beside",
    "keep_in_step",
    "kind_of",
    "know_device",
    "load_text",
    "miss",
    "new_link",
    "not_theirs",
    "note_late",
    "note_sent",
    "other_language",
    "other_print",
    "post_ended",
    "put_off_driving",
    "rate",
    "read_unknown",
    "read_words",
    "receive_bounce",
    "receive_receipt",
    "receive_reply",
    "receive_unknown",
    "receive_unnamed",
    "record_answers",
    "record_call",
    "review",
    "schedule_again",
    "schedule_asks",
    "schedule_course",
    "schedule_early",
    "score",
    "see_unknown",
    "send_fresh",
    "send_fresh_link",
    "sent_by_hand",
    "set_wish",
    "stop_messages",
    "strike_score",
    "tell",
    "tell_too_late",
    "tell_unknown",
    "tried_for",
    "try_year",
    "wake",
    "withdraw_messages",
    "withdraw_text",
    "write_driving",
    "write_message",
]
