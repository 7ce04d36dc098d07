"""What goes back to a number that wrote words of danger, and when nothing does."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.letters import PHRASES
from ketacare.clinic.outcomes.models import MessageReply, UnknownReply
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety import queries as watch
from ketacare.clinic.safety.models import HelpState
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.help import crisis_line, lines_here
from ketacare.clinic.tenancy.models import Clinic, Organisation
from ketacare.medicine.outcomes import reader, rules
from ketacare.medicine.safety import reader as safety_reader
from ketacare.medicine.safety.rules import speaks_of_danger
from ketacare.medicine.safety.terms import CrisisLine

LANGUAGES = ("en", "es")  # nobody knows in which whoever wrote reads
STOPPED = "this number has said stop"
ONCE = "it went once, for everybody whom these words reached"


def is_grave(words: str) -> bool:
    return speaks_of_danger(words, safety_reader.danger_words())


def number_of(sender: str) -> str:
    """As a gateway needs it: without the signs that people write between its digits."""
    return re.sub(r"[ ()./-]", "", sender)


def help_words(clinic: Clinic | None = None) -> str:
    """Where help is, in both languages: in the country of the clinic, or of every clinic here where nobody knows whose
    it is. No clinic is named."""
    return " ".join(_help_words(language, clinic) for language in LANGUAGES)


def _help_words(language: str, clinic: Clinic | None) -> str:
    say = PHRASES.say
    own = crisis_line(clinic, language) if clinic is not None else None
    lines = (own,) if own is not None else lines_here(language)
    where = " ".join(_line_words(line, language) for line in lines)
    return say(language, "danger_help", where=where or say(language, "danger_nowhere"))


def _line_words(line: CrisisLine, language: str) -> str:
    kind = "danger_own" if not line.where else "danger_line_text" if line.text == line.call else "danger_line"
    said = {"where": line.where, "call": line.call, "hours": line.hours, "emergency": line.emergency}
    return PHRASES.say(language, kind, **said)


def held_back(sender: str, at: datetime) -> str:
    """Why nothing goes to this number now, in whichever organisation it was said or sent; nothing where it may."""
    number = number_of(sender)
    for organisation in Organisation.objects.all():
        with tenancy.tenant(organisation.pk):
            if _has_stopped(sender):
                return STOPPED
            if safety.told_lately(number, at):
                return safety.LATELY
    return ""


def _has_stopped(sender: str) -> bool:
    """An unknown number whose last word on it was stop."""
    rows = UnknownReply.objects.filter(sender=sender[:40]).order_by("-happened_at").values_list("words", flat=True)
    sheet = reader.outreach()
    return any(rules.is_stop(words, sheet) for words in rows)


def answer(row: UnknownReply | MessageReply, sender: str, *, held: str, at: datetime) -> None:
    """In the transaction that keeps the words."""
    whose = row.clinic if isinstance(row, MessageReply) else None
    if isinstance(row, MessageReply):
        wish = queries.wish(row.patient)
        held = held or (STOPPED if wish is not None and not wish.wanted else "")
    safety.answer_with_help(
        clinic=row.clinic, source_id=row.pk, address=number_of(sender), words=help_words(whose), held=held, at=at
    )


def went(source_id: UUID) -> bool:
    """Whether a text was written for these words that goes or went out; in the tenant its caller entered."""
    row = watch.help_text(source_id)
    return row is not None and row.state != HelpState.HELD
