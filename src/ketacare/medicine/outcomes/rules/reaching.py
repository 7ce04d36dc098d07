"""When a patient is not written to, and what of their words is a stop."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, time, timedelta

from ketacare.medicine.outcomes.terms import Outreach

_LETTERS = re.compile(r"[^\W\d_]+")
_SENTENCE_ENDS = re.compile(r"[.!\r\n]+")
_AROUND = " \t\r\n.!"


def quiet_until(here: datetime, sheet: Outreach) -> datetime | None:
    """When the quiet hours are over that this moment is in; None outside them. `here` carries the patient's own zone:
    the hours are those on the wall, also in a night in which the clocks change.
    """
    begins, ends = time(sheet.quiet_begins.integer), time(sheet.quiet_ends.integer)
    now = here.timetz().replace(tzinfo=None)
    over_midnight = begins > ends
    is_quiet = (now >= begins or now < ends) if over_midnight else begins <= now < ends
    if not is_quiet:
        return None
    day = here.date() + timedelta(days=1) if over_midnight and now >= begins else here.date()
    return datetime.combine(day, ends, tzinfo=here.tzinfo)


def is_stop(words: str, sheet: Outreach) -> bool:
    """A word that means stop, also said twice or politely, and in whatever letters. What says more is for a person to
    read."""
    return _said(words, sheet) in sheet.stop_words


def bars_carriers(words: str, sheet: Outreach) -> bool | None:
    """Whether carriers deliver nothing after it, or deliver again. They hear the whole message and nothing politer: to
    them what says more is neither a stop nor a start."""
    said = " ".join(_plain(words).replace("-", " ").strip(_AROUND).split())
    return True if said in sheet.stop_words else False if said in sheet.start_words else None


def begins_with_stop(words: str, sheet: Outreach) -> bool:
    """Its first sentence is a stop that can be nothing else, and more is said: both count."""
    return _said(_SENTENCE_ENDS.split(words.strip(), maxsplit=1)[0], sheet) in sheet.stop_first


def _said(words: str, sheet: Outreach) -> str:
    said = [word for word in _LETTERS.findall(_plain(words)) if word not in sheet.stop_courtesy]
    return " ".join(word for place, word in enumerate(said) if place == 0 or word != said[place - 1])


def _plain(words: str) -> str:
    letters = (sign for sign in unicodedata.normalize("NFKD", words) if not unicodedata.combining(sign))
    return "".join(letters).casefold()
