"""Every write of safety: concerns, whoever is called about them, the roster, the standing flag, emergencies."""

from ketacare.clinic.safety.actions.calling import climb, note_opened, receive_receipt
from ketacare.clinic.safety.actions.concerns import NEEDED, acknowledge, decide, limits, raise_concern, write
from ketacare.clinic.safety.actions.emergency import WORDS_MOST, open_in_emergency, review_emergency
from ketacare.clinic.safety.actions.flags import ask_to_lower, look_again, raise_flag
from ketacare.clinic.safety.actions.heed import first_said, heed_words, said_anew
from ketacare.clinic.safety.actions.help import OwnHelp, set_crisis_help
from ketacare.clinic.safety.actions.helping import (
    LATELY,
    answer_with_help,
    held_for,
    note_help_sent,
    receive_help_receipt,
    receive_help_unnamed,
    release_help,
    take_help,
    told_lately,
)
from ketacare.clinic.safety.actions.interviews import (
    interview_held,
    owe_interview_again,
    owe_of_suicide,
    why_not_held,
)
from ketacare.clinic.safety.actions.more import more_words
from ketacare.clinic.safety.actions.roster import (
    end_shift,
    offer_shift,
    place_instead,
    put_on_call,
    see_to_gap,
    take_shift,
)
from ketacare.clinic.safety.actions.unknown import (
    acknowledge_about,
    call_about,
    climb_about,
    nobody_more,
    note_looked_at,
)

__all__ = [
    "LATELY",
    "NEEDED",
    "WORDS_MOST",
    "OwnHelp",
    "acknowledge",
    "acknowledge_about",
    "answer_with_help",
    "ask_to_lower",
    "call_about",
    "climb",
    "climb_about",
    "decide",
    "end_shift",
    "first_said",
    "heed_words",
    "held_for",
    "interview_held",
    "limits",
    "look_again",
    "more_words",
    "nobody_more",
    "note_help_sent",
    "note_looked_at",
    "note_opened",
    "offer_shift",
    "open_in_emergency",
    "owe_interview_again",
    "owe_of_suicide",
    "place_instead",
    "put_on_call",
    "raise_concern",
    "raise_flag",
    "receive_help_receipt",
    "receive_help_unnamed",
    "receive_receipt",
    "release_help",
    "review_emergency",
    "said_anew",
    "see_to_gap",
    "set_crisis_help",
    "take_help",
    "take_shift",
    "told_lately",
    "why_not_held",
    "write",
]
