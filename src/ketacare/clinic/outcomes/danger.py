"""What goes back to a number that wrote words of danger, and when nothing does: for a while after one went; and from a
STOP by text until a START, in which carriers deliver nothing to it. That hangs on what this number texted alone, and on
no wish: whoever stopped our messages otherwise is answered, because it is they who wrote, and that once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ketacare.clinic.channels.gateways import TEXT
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.access import system
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.outcomes import ways
from ketacare.clinic.outcomes.letters import PHRASES
from ketacare.clinic.outcomes.models import MessageReply, UnknownReply
from ketacare.clinic.outcomes.numbers import ABROAD, is_same, settled
from ketacare.clinic.people import queries as people
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
from ketacare.medicine.safety.telephone import dialled
from ketacare.medicine.safety.terms import CrisisLine

LANGUAGES = ("en", "es")  # nobody knows in which whoever wrote reads
STOPPED = "this number has said stop, so that only a call reaches it"
NO_WAY = "only a call reaches them: no text and no mail is allowed that could"
CALL_THEM = "Call the number they wrote from: it has said stop, and no text that says where help is reaches it"
WHO = "It may be a patient with another telephone: call the number, and find out who it is"
ADDRESS_MOST = 40  # of the record of what went back
Texted = tuple[datetime, bool]  # when, and whether carriers deliver nothing from then on


def is_grave(words: str) -> bool:
    return speaks_of_danger(words, safety_reader.danger_words())


def number_of(sender: str, clinic: Clinic) -> str:
    """As a gateway needs it. Without a country it is of the clinic's: read as of another's it would be somebody else's
    telephone. Each clinic of the gateway tries with its own."""
    return settled(sender, (clinic.country,))


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
    said: list[Texted] = []
    lately = False
    for clinic in Clinic.objects.order_by("pk"):
        with tenancy.tenant(clinic.organisation_id):
            said += _texted(sender, clinic)
            lately = lately or safety.told_lately(number_of(sender, clinic), at)
    if _is_barred(said):
        return STOPPED
    return safety.LATELY if lately else ""


def way_back(patient: Patient, at: datetime) -> tuple[str, str]:
    """Whoever wrote by mail is answered by text to their own telephone, where they allow that and have not said stop
    there, else by mail, where they allow that: the address, and why nothing goes to it now."""
    contact, clinic = people.contact(patient), patient.clinic
    number = number_of(ways.address_of(contact, TEXT), clinic) if contact and contact.may_text else ""
    if number:
        held = held_back(number, at)
        tenancy.enter(organisation_id=patient.organisation_id)
        if held != STOPPED:
            return number, held
    mail = contact.email if contact and contact.may_email else ""
    if mail and len(mail) <= ADDRESS_MOST:
        return mail, safety.LATELY if safety.told_lately(mail, at) else ""
    return "", NO_WAY


def why_call(held: str) -> str:
    """What whoever has the concern must know first."""
    only = "Only a call reaches them: they wrote by mail, and no text and no mail that says where help is may go"
    return CALL_THEM if held == STOPPED else only if held == NO_WAY else ""


def _is_barred(said: list[Texted]) -> bool:
    """The newest stands; of two at once STOP, after which somebody calls."""
    return max(said)[1] if said else False


def _texted(sender: str, clinic: Clinic) -> list[Texted]:
    """Each STOP and START that this clinic has from this number, whoever's it was then."""
    sheet = reader.outreach()
    found: list[Texted] = []
    for kind in (UnknownReply, MessageReply):
        rows = kind.objects.filter(clinic=clinic, sender__endswith=sender.strip()[-2:])
        for one, words, at in rows.values_list("sender", "words", "happened_at"):
            bars = rules.bars_carriers(words, sheet)
            if bars is not None and _is_one(one, sender, clinic.country):
                found.append((at, bars))
    return found


def _is_one(one: str, other: str, country: str) -> bool:
    return one == other[:40] or is_same(one, other, country)


def answer(row: UnknownReply | MessageReply, sender: str, *, held: str, at: datetime) -> None:
    """In the transaction that keeps the words."""
    whose = row.clinic if isinstance(row, MessageReply) else None
    address = sender if whose is not None and "@" in sender else number_of(sender, row.clinic)
    if whose is None and not is_of_one_country(sender, {one.country for one in Clinic.objects.all()}):
        address = ""
    safety.answer_with_help(
        clinic=row.clinic, source_id=row.pk, address=address, words=help_words(whose), held=held, at=at
    )


def is_of_one_country(sender: str, countries: set[str]) -> bool:
    """Nobody knows whose it is: a number that these countries read otherwise is a stranger's in all but one of them. So
    short a one has no country before it."""
    found = {settled(sender, (country,)) for country in countries}
    return len(found - {""}) <= 1 and ("" not in found or len(dialled(sender)) >= ABROAD)


def goes_on(row: UnknownReply | MessageReply, sender: str, *, at: datetime) -> None:
    """START was said: what was held back while carriers delivered nothing goes now, unless one went to this number in
    whichever organisation; and nobody reads any more that only a call reaches it."""
    if not sender or rules.bars_carriers(row.words, reader.outreach()) is not False:
        return
    address = number_of(sender, row.clinic)
    held = held_back(sender, at)
    tenancy.enter(organisation_id=row.organisation_id)
    if not address or held == STOPPED:
        return
    reached = safety.held_for(row.clinic, address, STOPPED)
    for duty in Duty.objects.filter(concern__source_id__in=reached):
        duties.say_why(duty, why=safety.NEEDED, by=system(row.clinic), at=at)
    for reply in UnknownReply.objects.select_related("duty").filter(pk__in=reached):
        duties.say_why(reply.duty, why=WHO, by=system(row.clinic), at=at)
    if not held:
        safety.release_help(clinic=row.clinic, address=address, held=STOPPED, at=at)


def went(source_id: UUID) -> bool:
    """Whether a text was written for these words that goes or went out; in the tenant its caller entered."""
    row = watch.help_text(source_id)
    return row is not None and row.state != HelpState.HELD
