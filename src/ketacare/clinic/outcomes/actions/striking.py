"""A scale that staff entered wrongly: struck out with a reason. It stays readable and counts nowhere (I1)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.actions.answering import common
from ketacare.clinic.outcomes.actions.course import as_asked
from ketacare.clinic.outcomes.actions.rating import in_short
from ketacare.clinic.outcomes.actions.staffing import open_staff_duty
from ketacare.clinic.outcomes.entered import is_entered
from ketacare.clinic.outcomes.models import Answers, Ask, IndexEvent, Rating, Score
from ketacare.clinic.people import access
from ketacare.clinic.people.above import tell_above
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.tenancy.models import Fact
from ketacare.clinic.tenancy.refusals import Refusal, Refused

REASON_MOST = 300


@transaction.atomic
def strike_score(*, score: Score, reason: str, by: Actor, at: datetime) -> Score:
    """Typed wrong, of another day or another person. A concern it raised stays with the clinician who decides it, and
    who waited for the score waits again."""
    require_correcting(by, score.patient)
    refuse_striking(score, reason)
    answers = score.answers
    if not Score.objects.current().filter(pk=score.pk).exists():
        raise Refused(Refusal("score", "This one is struck out already.", "Look at the list again.", "policy"))
    said = common(score.patient, by, at, score.happened_at) | {"amend_reason": reason.strip(), "in_error": True}
    row = Answers.objects.create(
        **said,
        amends=answers,
        instrument=answers.instrument,
        instrument_version=answers.instrument_version,
        source=answers.source,
        values=answers.values,
        language=answers.language,
        wording=answers.wording,
    )
    strike_rating(answers.rating, row, said)
    struck = Score.objects.create(
        **said,
        amends=score,
        answers=row,
        instrument=score.instrument,
        instrument_version=score.instrument_version,
        total=score.total,
        sum_answered=score.sum_answered,
        band=score.band,
        missing_items=score.missing_items,
        in_window=score.in_window,
        overlaps_recall=score.overlaps_recall,
    )
    audit.note(by=by, at=at, verb="score.strike", on=struck, patient=score.patient_id, because=score.instrument)
    strike_event(score, said, by=by, at=at)
    owe_again(score, by=by, at=at)
    tell_above(score.patient, by=by, at=at)
    return struck


def require_correcting(by: Actor, patient: Patient) -> None:
    for act in ("R", "C"):  # whoever may not read a score knows nothing of what is wrong with it
        access.require(by, "scores", act, patient=patient)


def refuse_striking(score: Score, reason: str) -> None:
    if not is_entered(score):
        why = "What a patient answered is theirs: it is not struck out."
        raise Refused(Refusal("score", why, "Write beside it what you know, in a note.", "policy"))
    refuse_reason(reason)


def refuse_reason(reason: str, field: str = "reason") -> None:
    if not reason.strip() or len(reason.strip()) > REASON_MOST:
        rule = f"The reason is empty or longer than {REASON_MOST} letters."
        raise Refused(Refusal(field, rule, "Say in a sentence what is wrong with it."))


def strike_rating(rating: Rating, row: Answers, said: dict[str, object]) -> None:
    Rating.objects.create(
        **said,
        amends=rating,
        answers=row,
        rater=rating.rater,
        rater_name=rating.rater_name,
        profession=rating.profession,
        came=rating.came,
        hidden=rating.hidden,
        edition=rating.edition,
        carried_items=rating.carried_items,
        by_total=rating.by_total,
    )


def strike_event(score: Score, said: dict[str, object], *, by: Actor, at: datetime) -> None:
    """The event that was written with this form, as one of another person: it is asked anew with the next."""
    event = queries.index_event(score.patient) if score.instrument in queries.ABOUT_AN_EVENT else None
    if event is not None and written_at(event) == score.recorded_at:
        row = IndexEvent.objects.create(**said, amends=event, words=event.words)
        audit.note(by=by, at=at, verb="scale.event_strike", on=row, patient=score.patient_id)


@transaction.atomic
def amend_event(*, patient: Patient, words: str, reason: str, by: Actor, at: datetime) -> IndexEvent:
    """Other words for the event that the forms of a patient are about, with a reason; the former stay readable."""
    require_correcting(by, patient)
    event = queries.index_event(patient)
    if event is None:
        raise Refused(Refusal("event", "No event is written.", "It is written with the first form about it.", "policy"))
    if not words.strip():
        raise Refused(Refusal("event", "The words are empty.", "Agree on a few words for it with the patient."))
    refuse_reason(reason, "event_reason")
    said = common(patient, by, at, event.happened_at) | {"amend_reason": reason.strip()}
    row = IndexEvent.objects.create(**said, amends=event, words=in_short(words))
    audit.note(by=by, at=at, verb="scale.event_amend", on=row, patient=patient.pk)
    return row


def written_at(event: IndexEvent) -> datetime:
    """When its first words were."""
    row: Fact = event
    while row.amends is not None:
        row = row.amends
    return row.recorded_at


def owe_again(score: Score, *, by: Actor, at: datetime) -> None:
    """The duty that this score had ended is open once more, under a new row: a closed one stays closed."""
    safety.owe_interview_again(score, by=by, at=at)
    for ask in Ask.objects.filter(staff_duty__steps__evidence_id=score.pk).select_related("visit", "patient"):
        if queries.unrated(ask):
            ask.staff_duty = open_staff_duty(ask.visit, as_asked(ask), ask.staff_instruments, ask.checks, by=by, at=at)
            ask.version += 1
            ask.save(update_fields=["staff_duty", "version"])
