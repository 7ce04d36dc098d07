"""What goes back to a number that wrote words of danger, and when nothing does: for a while after one went; and from a
STOP by text until a START, in which carriers deliver nothing. Whoever stopped our messages otherwise is answered: it is
they who wrote, and that once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.letters import PHRASES
from ketacare.clinic.outcomes.models import MessageReply, UnknownReply, WishBy
from ketacare.clinic.outcomes.numbers import is_same, settled
from ketacare.clinic.people.models import Patient
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety import queries as watch
from ketacare.clinic.safety.models import HelpState
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.help import crisis_line, lines_here
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.outcomes import reader, rules
from ketacare.medicine.safety import reader as safety_reader
from ketacare.medicine.safety.rules import speaks_of_danger
from ketacare.medicine.safety.terms import CrisisLine

LANGUAGES = ("en", "es")  # nobody knows in which whoever wrote reads
STOPPED = "this number has said stop, so that only a call reaches it"
CALL_THEM = "Call the number they wrote from: it has said stop, and no text that says where help is reaches it"
ONCE = "it went once, for everybody whom these words reached"


def is_grave(words: str) -> bool:
    return speaks_of_danger(words, safety_reader.danger_words())


def number_of(sender: str, clinic: Clinic) -> str:
    """As a gateway needs it. Without a country it is of the clinic's, or of that of another clinic of the gateway."""
    others = Clinic.objects.order_by("pk").values_list("country", flat=True)
    return settled(sender, (clinic.country, *others))


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
    for clinic in Clinic.objects.order_by("pk"):
        with tenancy.tenant(clinic.organisation_id):
            if _has_stopped(sender, clinic):
                return STOPPED
            if safety.told_lately(number_of(sender, clinic), at):
                return safety.LATELY
    return ""


def _has_stopped(sender: str, clinic: Clinic) -> bool:
    """Whether the last of STOP and START that this clinic has from an unknown number was STOP."""
    rows = UnknownReply.objects.filter(clinic=clinic, sender__endswith=sender.strip()[-2:]).order_by("-happened_at")
    said = (words for one, words in rows.values_list("sender", "words") if _is_one(one, sender, clinic.country))
    return stands_stopped(said)


def _is_one(one: str, other: str, country: str) -> bool:
    return one == other[:40] or is_same(one, other, country)


def stands_stopped(newest_first: Iterable[str]) -> bool:
    sheet = reader.outreach()
    for words in newest_first:
        if rules.is_stop(words, sheet) or rules.is_start(words, sheet):
            return rules.is_stop(words, sheet)
    return False


def has_stopped(patient: Patient) -> bool:
    """By text, and has neither texted START since nor told staff that messages are wanted again."""
    wish = queries.wish(patient)
    if wish is None or wish.wanted or wish.came != WishBy.REPLY:
        return False
    since = MessageReply.objects.filter(patient=patient, recorded_at__gte=wish.recorded_at).order_by("-recorded_at")
    return not any(rules.is_start(words, reader.outreach()) for words in since.values_list("words", flat=True))


def answer(row: UnknownReply | MessageReply, sender: str, *, held: str, at: datetime) -> None:
    """In the transaction that keeps the words."""
    whose = row.clinic if isinstance(row, MessageReply) else None
    safety.answer_with_help(
        clinic=row.clinic, source_id=row.pk, address=number_of(sender, row.clinic), words=help_words(whose), held=held,
        at=at,
    )  # fmt: skip


def went(source_id: UUID) -> bool:
    """Whether a text was written for these words that goes or went out; in the tenant its caller entered."""
    row = watch.help_text(source_id)
    return row is not None and row.state != HelpState.HELD
