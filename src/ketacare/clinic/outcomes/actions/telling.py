"""The patient's own words, and the birth year that opens a form on another device."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.links.access import holds_link
from ketacare.clinic.outcomes import queries, unheard
from ketacare.clinic.outcomes.actions.answering import locked
from ketacare.clinic.outcomes.models import Ask, MessageReply, Told, WordsRead
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, NotAllowed
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Role
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety import queries as watch
from ketacare.clinic.safety.models import Concern, ConcernState
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.outcomes import reader
from ketacare.medicine.safety import reader as safety_reader
from ketacare.medicine.safety import rules as safety_rules

WORDS_MOST = 1000


@transaction.atomic
def tell(*, ask: Ask, words: str, by: Actor, at: datetime, beside: bool = False) -> Told | None:
    """Kept apart from every score, for a person to read. Where it speaks of danger somebody is called at once, in the
    same transaction; that it does not is no finding (H13). Written further, it stands for what stood; written over,
    both are read: what is taken back was meant. `beside`: nobody knows whether it is the same hand."""
    if not holds_link(by, ask.patient, ask, object_name="scores", act="C"):
        access.require(by, "scores", "C", patient=ask.patient)
    words = as_typed(words)
    earlier = queries.told(ask)
    if not words or (earlier is not None and earlier.words == words and not (beside and is_decided(earlier))):
        return earlier
    goes_on = earlier is not None and not beside and words.startswith(earlier.words)
    duty = duties.open_duty(
        kind="checkin.words",
        title="Read what a patient wrote in a check-in",
        patient=ask.patient,
        visit_id=ask.visit_id,
        owner_role=Role.RN,
        due_at=watch.staffed(ask.clinic, at),
        why="It is not scored: only a person can tell what it means",
        link=f"/visits/{ask.visit_id}/check-ins/",
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )
    row = Told.objects.create(
        **about(ask.patient, by, at),
        ask=ask,
        words=words,
        duty=duty,
        amends=earlier,
        amend_reason=("written further" if goes_on else "written over") if earlier else "",
    )
    if earlier is not None and goes_on:
        duties.close_duty(earlier.duty, evidence=row, by=by, at=at)
    audit.note(by=by, at=at, verb="ask.words", on=row, patient=ask.patient_id, because=ask.key)
    if heed(row, reason_code=watch.SAID_IN_CHECK_IN, by=by, at=at) is None:
        unheard.hand_to_on_call(row, at=at)
    return row


@transaction.atomic
def tell_too_late(*, ask: Ask, words: str, why: str, by: Actor, at: datetime) -> Told | None:
    """Words of a form that takes none any more are a person's to read, and their danger is danger all the same (H13).
    Nothing where the same was told before, and no clinician has decided about it since."""
    ask = locked(ask)
    if not all(is_decided(row) for row in queries.all_told(ask).filter(words=as_typed(words))):
        return None
    row = tell(ask=ask, words=words, by=by, at=at, beside=True)
    audit.note(by=by, at=at, verb="ask.too_late", on=ask, patient=ask.patient_id, because=why)
    return row


@transaction.atomic
def tell_unknown(*, ask: Ask, words: str, by: Actor, at: datetime) -> Told | None:
    """On a browser that is not known words wait for the birth year, unless they speak of danger (H13)."""
    if not safety_rules.speaks_of_danger(words, safety_reader.danger_words()):
        return None
    return tell(ask=locked(ask), words=words, by=by, at=at, beside=True)


def as_typed(words: str) -> str:
    """Whole: what a person wrote is not cut. A browser sends two signs for the end of a line, which counts as one."""
    return words.replace("\r\n", "\n").strip()


def are_too_long(words: str) -> bool:
    """To be shortened by whoever still can. Words of danger never are: a refusal would take the call back (H13)."""
    is_long = len(as_typed(words)) > WORDS_MOST
    return is_long and not safety_rules.speaks_of_danger(words, safety_reader.danger_words())


def is_decided(row: Told) -> bool:
    """What these words raised has been decided: told once more they are news."""
    raised = Concern.objects.filter(source_id=row.pk)
    return raised.exists() and not raised.exclude(state=ConcernState.CLOSED).exists()


def heed(
    row: Told | MessageReply, *, reason_code: str, by: Actor, at: datetime, why: str = "", says_more: bool = True
) -> Concern | None:
    """The concern that these words raise, if they speak of danger. A list misses what is said otherwise: beside a
    concern that stands, or the flag, they are told of whatever they say, unless they only begin or end our messages
    (`says_more`). `why`: what whoever has it must know first."""
    danger = safety_reader.danger_words()
    if not safety_rules.speaks_of_danger(row.words, danger):
        if says_more:
            safety.more_words(patient=row.patient, source=row, by=by, at=at)
        return None
    tier = int(danger.tier.removeprefix("T"))
    return safety.raise_concern(
        patient=row.patient, tier=tier, reason_code=reason_code, source=row, why=why, by=by, at=at
    )


@transaction.atomic
def read_words(*, row: Told | MessageReply, note: str, by: Actor, at: datetime) -> WordsRead:
    """Read by a clinician, with what they did about it: words may hold danger that no list knows. Read once, it stays
    read."""
    access.require(by, "concerns", "U", patient=row.patient)
    field = "told" if isinstance(row, Told) else "reply"
    there = WordsRead.objects.filter(**{field: row}).first()
    if there is not None:
        return there
    if not note.strip():
        raise Refused(Refusal("note", "Nothing is said.", "Say in a few words what you did: nothing needed, called."))
    read = WordsRead.objects.create(**about(row.patient, by, at), **{field: row}, note=note.strip()[:300])
    if row.duty is not None:
        duties.close_duty(row.duty, evidence=read, by=by, at=at)
        safety.nobody_more(row.duty)
    audit.note(by=by, at=at, verb="words.read", on=read, patient=row.patient_id)
    return read


@transaction.atomic
def know_device(*, ask: Ask, device: str, by: Actor, at: datetime) -> Ask:
    """What was answered on a browser may be shown there again."""
    if not holds_link(by, ask.patient, ask, object_name="scores", act="C"):
        raise NotAllowed("scores", "C")
    if device and device not in ask.devices:
        ask.devices = [*locked(ask).devices, device]
        ask.save(update_fields=["devices"])
        audit.note(by=by, at=at, verb="ask.device", on=ask, patient=ask.patient_id)
    return ask


@transaction.atomic
def try_year(*, ask: Ask, year: int, by: Actor, at: datetime) -> bool:
    """Whether this is the patient's birth year. A wrong one is counted; too many lock the link, and somebody calls."""
    if not holds_link(by, ask.patient, ask, object_name="scores", act="C"):
        raise NotAllowed("scores", "C")
    ask = locked(ask)
    if ask.locked_at is not None:
        return False
    is_right = year == people.demographics(ask.patient).born_on.year
    ask.wrong_years = 0 if is_right else ask.wrong_years + 1
    if ask.wrong_years >= reader.outreach().wrong_years.integer:
        ask.locked_at = at
        duties.retime(ask.duty, due_at=watch.staffed(ask.clinic, at), by=by, at=at)
    ask.version += 1
    ask.save(update_fields=["wrong_years", "locked_at", "version"])
    if not is_right:
        audit.note(by=by, at=at, verb="ask.wrong_year", on=ask, patient=ask.patient_id, outcome="refused")
    return is_right
