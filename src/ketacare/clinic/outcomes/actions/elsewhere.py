"""Words that a patient typed where they are read for something else: a reason, a name, an answer of the intake, the
journal. Beside a concern that stands, or the flag, they are told of as a text is, and stand with it (H13)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.db.models import Model

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.outcomes.models import MessageReply
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety import queries as watch
from ketacare.clinic.safety.models import Concern
from ketacare.medicine.safety import reader, rules

IN_THE_JOURNAL = "(They wrote in their journal. It is theirs alone until they share it: ask them.)"


@transaction.atomic
def heed_words(
    *, patient: Patient, texts: Iterable[str], of: Model, reason_code: str, by: Actor, at: datetime
) -> tuple[list[Concern], bool]:
    """What words of danger raise, and whether anything of this was kept, so that the act they came with may be refused
    and not they."""
    texts = list(texts)
    raised = safety.heed_words(patient=patient, texts=texts, of=of, reason_code=reason_code, by=by, at=at)
    kept = [row for text in texts if (row := keep_beside(patient, text, where=reason_code, by=by, at=at)) is not None]
    return raised, bool(raised or kept)


@transaction.atomic
def keep_beside(
    patient: Patient, text: str, *, where: str, by: Actor, at: datetime, shown: str = "", key: str = ""
) -> MessageReply | None:
    """Kept for whoever is called, who reads it before they call, and told of at once where nothing in it was heard.
    Nothing while neither a concern nor the flag stands, and of the same words in the same place only once. `shown`
    is read in their place where they are nobody's to read, and `key` then tells one such from another."""
    stands = watch.standing(patient).first() or watch.flag(patient)
    is_heard = rules.speaks_of_danger(text, reader.danger_words())
    if stands is None or not (is_heard or tells(text)):
        return None
    named = sha256(f"{where} {stands.pk} {key or ' '.join(text.split())}".encode()).hexdigest()
    if MessageReply.objects.filter(patient=patient, reply_id=named).exists():
        return None
    row = MessageReply.objects.create(
        **about(patient, by, at), reply_id=named, words=shown or text.strip(), is_stop=False, elsewhere=where
    )
    audit.note(by=by, at=at, verb="message.reply", on=row, patient=patient, because=where)
    if not is_heard:
        safety.more_words(patient=patient, source=row, by=by, at=at)
    return row


def tells(text: str) -> bool:
    """A sentence, or the most of one: a name, a number, a medicine or a thank-you says nothing of how somebody is."""
    return len(text.split()) > 2 and not rules.is_plain(text, reader.danger_words())
