"""The patient's side of the intake: opening it, each screen as it is answered, handing it in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy.actions.asking import LOCKED, end_duties, locked
from ketacare.clinic.candidacy.actions.taking_over import Becoming, take_over
from ketacare.clinic.candidacy.actions.unsaid import ask_in_person, keep_why
from ketacare.clinic.candidacy.models import Intake, IntakeState, Said
from ketacare.clinic.candidacy.queries import intake as intakes
from ketacare.clinic.candidacy.queries import told
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.links.access import holds_link
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.outcomes import queries as scores
from ketacare.clinic.outcomes.models import Answers
from ketacare.clinic.outcomes.models import Source as AnsweredBy
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.above import telling_once
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Role
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety.models import Concern, ConcernState
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.safety import reader as safety_reader
from ketacare.medicine.safety import rules as safety_rules

INSTRUMENTS = ("phq-9", "gad-7", "safety-first")


@transaction.atomic
def try_year(*, intake: Intake, year: int, by: Actor, at: datetime) -> bool:
    """Whether this is the patient's birth year. A wrong one is counted; too many lock the link, and somebody calls."""
    refuse_others(intake, by)
    intake = locked(intake)
    if intake.locked_at is not None:
        return False
    if year == people.demographics(intake.patient).born_on.year:
        open_it(intake, by=by, at=at)
        return True
    intake.wrong_years, intake.version = intake.wrong_years + 1, intake.version + 1
    if intake.wrong_years >= intakes.intake_lines(intake.patient).wrong_years.integer:
        intake.locked_at = at
        ask_to_call(intake, by=by, at=at)
    intake.save(update_fields=["wrong_years", "locked_at", "version"])
    audit.note(by=by, at=at, verb="intake.wrong_year", on=intake, patient=intake.patient_id, outcome="refused")
    return False


def open_it(intake: Intake, *, by: Actor, at: datetime) -> None:
    intake.wrong_years = 0
    if intake.state == IntakeState.SENT:
        intake.state, intake.opened_at = IntakeState.OPENED, at
    intake.version += 1
    intake.save(update_fields=["wrong_years", "state", "opened_at", "version"])
    audit.note(by=by, at=at, verb="intake.open", on=intake, patient=intake.patient_id)


def ask_to_call(intake: Intake, *, by: Actor, at: datetime) -> None:
    duties.open_duty(
        kind=LOCKED,
        title="Call: an intake link is locked",
        patient=intake.patient,
        owner_role=Role.FD,
        due_at=at,
        why="The birth year did not match too often; the link may be with somebody else",
        link=f"/patients/{intake.patient_id}/intake/",
        by=by,
        at=at,
    )


def refuse_others(intake: Intake, by: Actor) -> None:
    """The holder of this link, or staff who ask the questions for the patient."""
    if not holds_link(by, intake.patient, intake, object_name="intake", act="C"):
        access.require(by, "intake", "C", patient=intake.patient)


@transaction.atomic
def keep_screen(*, intake: Intake, screen: str, values: Any, becoming: Becoming, by: Actor, at: datetime) -> Said:
    """One screen as answered, and what it becomes, in one transaction.

    A fact exists from the moment it was said, not only from handing in: whoever stops half-way must not hide that they
    spoke of an aneurysm. Handing in adds only that the whole is there.
    """
    refuse_others(intake, by)
    intake = answerable(intake, at)
    earlier = Said.objects.current().filter(intake=intake, screen=screen).first()
    if earlier is not None and earlier.values == values:
        return earlier
    became = take_over(intake, becoming, earlier.became if earlier else {}, by=by, at=at)
    row = Said.objects.create(
        **about(intake.patient, by, at),
        intake=intake,
        screen=screen,
        values=values,
        became=became,
        amends=earlier,
        amend_reason="answered again" if earlier else "",
    )
    audit.note(by=by, at=at, verb="intake.answer", on=row, patient=intake.patient_id, because=screen)
    heed(row, earlier, by=by, at=at)
    return row


def heed(row: Said, earlier: Said | None, *, by: Actor, at: datetime) -> Concern | None:
    """Own words under any question, also those beside a medicine: where they speak of danger somebody is called at
    once, in the same transaction; what stood there before has been told. A list misses what is said otherwise (H13)."""
    told = set(own_words(earlier.values)) if earlier else set()
    new = [text for text in dangers(own_words(row.values)) if text not in told]
    is_news = bool(new) and not all(is_heeded(row.intake, text) for text in new)
    concern = raise_words(row, by=by, at=at) if is_news else None
    for text in typed_words(row.values):
        if text not in told:
            outcomes.keep_beside(row.patient, text, where=intakes.SAID_IN_INTAKE, by=by, at=at)
    return concern


def dangers(texts: Iterable[str]) -> list[str]:
    danger = safety_reader.danger_words()
    return [text for text in texts if safety_rules.speaks_of_danger(text, danger)]


def raise_words(source: Said, *, by: Actor, at: datetime) -> Concern:
    tier = int(safety_reader.danger_words().tier.removeprefix("T"))
    return safety.raise_concern(
        patient=source.patient, tier=tier, reason_code=intakes.SAID_IN_INTAKE, source=source, by=by, at=at
    )


def named_by(intake: Intake, text: str) -> UUID:
    """Of the same words the same: sent again, as behind the door of the birth year, they call nobody twice."""
    return safety.said_anew(intake.pk, " ".join(text.split()))


def is_heeded(intake: Intake, text: str) -> bool:
    """Somebody was called about these very words before they could be kept, and has not decided yet."""
    return Concern.objects.filter(source_id=named_by(intake, text), reason_code=intakes.SAID_IN_INTAKE).exists()


def is_decided(intake: Intake, text: str) -> bool:
    """A clinician has decided about these words as they were kept: said once more they are news."""
    rows = Said.objects.filter(intake=intake)
    said = [row.pk for row in rows if text.strip() in {one.strip() for one in own_words(row.values)}]
    ours = Concern.objects.filter(reason_code=intakes.SAID_IN_INTAKE)
    raised = ours.filter(source_id__in=said)
    raised = raised if raised.exists() else ours.filter(source_id=safety.first_said(intake.pk, " ".join(text.split())))
    return raised.exists() and not raised.exclude(state=ConcernState.CLOSED).exists()


@transaction.atomic
def heed_unkept(
    *, intake: Intake, instrument: str, answers: dict[str, int | None], texts: Iterable[str], by: Actor, at: datetime
) -> list[Concern]:
    """Danger in what can not be kept, or not yet: the answer waits for the birth year or for a mended fault, or the
    form takes none any more; the call does not wait (H13)."""
    refuse_others(intake, by)
    intake = locked(intake)
    raised = outcomes.heed_form(form=intake, instrument=instrument, answers=answers, by=by, at=at) if answers else []
    kept = {text for row in Said.objects.current().filter(intake=intake) for text in own_words(row.values)}
    for text in dangers(texts):
        if text.strip() in kept and not is_decided(intake, text):
            continue
        named = named_by(intake, text)
        row = Said(**about(intake.patient, by, at), pk=named, intake=intake, screen="unkept", values={}, became={})
        raised.append(raise_words(row, by=by, at=at))
    if raised:
        audit.note(by=by, at=at, verb="intake.heed", on=intake, patient=intake.patient_id, because="not kept")
    return raised


def own_words(values: Any) -> Iterator[str]:
    """Every text of a screen, as typed; what was pressed is among them and speaks of nothing."""
    if isinstance(values, str):
        yield values
    for part in values.values() if isinstance(values, dict) else values if isinstance(values, list) else ():
        yield from own_words(part)


def typed_words(values: Any) -> Iterator[str]:
    """What was written in own words, and nothing that was pressed."""
    if isinstance(values, dict) and isinstance(values.get("words"), str):
        yield values["words"]
    for part in values.values() if isinstance(values, dict) else values if isinstance(values, list) else ():
        yield from typed_words(part)


@transaction.atomic
def keep_item(
    *, intake: Intake, instrument: str, item: str, code: int | None, why: str = "", by: Actor, at: datetime
) -> Answers:
    """One question of an instrument; a safety answer raises its concern in this very transaction, and so does none the
    duty to ask (H13). `why`: without a code, whether it was not known or not to be said."""
    refuse_others(intake, by)
    intake = answerable(intake, at)
    row = outcomes.keep_answers(
        patient=intake.patient,
        instrument=instrument,
        answers={item: code},
        source=AnsweredBy.PATIENT,
        happened_at=at,
        by=by,
        at=at,
        form=intake,
        further=True,
    )
    keep_why(intake, instrument, item, why if code is None else "", by=by, at=at)
    if code is None and item in told.grave_items(instrument):
        ask_in_person(intake, by=by, at=at)
    audit.note(by=by, at=at, verb="intake.answer", on=row, patient=intake.patient_id, because=instrument)
    return row


def answerable(intake: Intake, at: datetime) -> Intake:
    """The row, held, if it may still be answered: a tap that comes after another device handed in is told so."""
    intake = locked(intake)
    if not intakes.intake_standing(intake, at).opens:
        raise Refused(Refusal("intake", "is closed.", "Open the link again.", "policy"))
    return intake


@transaction.atomic
def choose(*, intake: Intake, by: Actor, at: datetime, language: str = "", large_print: bool | None = None) -> Intake:
    """The language or the size of letters, kept for this form."""
    refuse_others(intake, by)
    intake = locked(intake)
    intake.language = language or intake.language
    intake.large_print = intake.large_print if large_print is None else large_print
    intake.version += 1
    intake.save(update_fields=["language", "large_print", "version"])
    audit.note(by=by, at=at, verb="intake.choose", on=intake, patient=intake.patient_id)
    return intake


@transaction.atomic
@telling_once()
def hand_in(*, intake: Intake, by: Actor, at: datetime) -> Intake:
    """The whole is there: scales are scored from what was answered, the call is needless, the link is used."""
    refuse_others(intake, by)
    intake = locked(intake)
    if intake.state == IntakeState.HANDED_IN:
        return intake
    intake = answerable(intake, at)
    for instrument in INSTRUMENTS:
        row = scores.kept_through(intake, instrument)
        if row is not None:
            outcomes.score(row, by=by, at=at)
    if told.safety_unsaid(intake):
        ask_in_person(intake, by=by, at=at)
    intake.state, intake.handed_in_at, intake.version = IntakeState.HANDED_IN, at, intake.version + 1
    intake.save(update_fields=["state", "handed_in_at", "version"])
    end_duties(intake, by=by, at=at)
    audit.note(by=by, at=at, verb="intake.hand_in", on=intake, patient=intake.patient_id)
    return intake
