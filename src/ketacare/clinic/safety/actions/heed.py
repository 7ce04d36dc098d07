"""A patient's words in a field that is read for something else: danger in them calls somebody at once (H13)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Model

from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.safety.actions.concerns import raise_concern
from ketacare.clinic.safety.models import Concern, ConcernState
from ketacare.medicine.safety import reader, rules


@transaction.atomic
def heed_words(
    *, patient: Patient, texts: Iterable[str], of: Model, reason_code: str, by: Actor, at: datetime
) -> list[Concern]:
    """Whether or not the act they came with is kept: a reason that is refused has been written all the same (H13).
    `of`: the form or the patient; the same words in it call nobody twice until a clinician has decided."""
    tier = int(reader.danger_words().tier.removeprefix("T"))
    spoken = [text for text in texts if rules.speaks_of_danger(text, reader.danger_words())]
    return [
        raise_concern(patient=patient, tier=tier, reason_code=reason_code, source=source(of, text), by=by, at=at)
        for text in spoken
    ]


def source(of: Model, text: str) -> Model:
    """Named by its words and never saved: they may stand nowhere else."""
    return type(of)(pk=said_anew(of.pk, " ".join(text.split())))


def said_anew(of: UUID, said: str) -> UUID:
    """Who said this in that form, as the source of a concern. Sent again it is the same, so that nobody is called
    twice; once a clinician has decided about it, it is the next, however often that was."""
    named, times = first_said(of, said), 1
    while Concern.objects.filter(source_id=named, state=ConcernState.CLOSED).exists():
        times += 1
        named = uuid5(of, f"{times} {said}")
    return named


def first_said(of: UUID, said: str) -> UUID:
    return uuid5(of, said)
