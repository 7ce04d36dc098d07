"""What a patient wrote while nobody of the clinic is there, in which no danger is heard: a list of words misses what is
said otherwise, so whoever is on call reads it within a short time (H13)."""

from __future__ import annotations

from datetime import datetime, timedelta

from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.access import system
from ketacare.clinic.duties.models import Consequence, Duty
from ketacare.clinic.outcomes.models import MessageReply, Told
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety import queries as watch
from ketacare.medicine.safety import reader, rules

WHY = "It came while nobody is there, and no list of words knows what it means"


def hand_to_on_call(row: Told | MessageReply, *, at: datetime) -> bool:
    """Whether somebody is told of it now. Many messages are one call: what comes while one of theirs waits to be read
    stands beside it."""
    sheet, patient = reader.danger_words(), row.patient
    duty = row.duty
    if duty is None or watch.staffed(patient.clinic, at) == at or rules.is_plain(row.words, sheet):
        return False
    shift = watch.on_call(patient.clinic_id, at)
    read_by = at + timedelta(minutes=sheet.read_within.integer)
    by = system(patient.clinic)
    duty = duties.retime(duty, due_at=read_by, late_at=read_by, why=WHY, by=by, at=at)
    if shift is not None:
        duty = duties.move(duty, to_role=shift.role, to=shift.user, reason="nobody is there now", by=by, at=at)
    if watch.standing(patient).exists() or watch.words_of_unknown().filter(patient=patient).exists():
        return True
    Duty.objects.filter(pk=duty.pk).update(consequence=Consequence.LIFE)
    safety.call_about(Duty.objects.select_related("clinic", "owner").get(pk=duty.pk), at=at)
    return True
