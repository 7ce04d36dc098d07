"""Writing down what is known of a person."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.actions.amending import amending
from ketacare.clinic.candidacy.actions.found_since import own_what_was_found
from ketacare.clinic.candidacy.models import MISSING, HistoryAnswer, Source, Vitals
from ketacare.clinic.links.access import holds_link
from ketacare.clinic.links.models import Form
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused


@transaction.atomic
def record_history(
    *,
    patient: Patient,
    name: str,
    answer: str,
    source: Source,
    by: Actor,
    at: datetime,
    settles: bool = False,
    words: str = "",
    typed: str = "",
    to_month: bool = False,
    happened_at: datetime | None = None,
    amends: HistoryAnswer | None = None,
    amend_reason: str = "",
    through: Form | None = None,
) -> HistoryAnswer:
    """One answer from one source. Only a prescriber or the director may rule between sources that disagree; the
    holder of an intake's link tells of themselves."""
    if not holds_link(by, patient, through, object_name="evaluation", act="C"):
        access.require(by, "evaluation", "C", patient=patient)
    if settles:
        access.require(by, "evaluation", "S", patient=patient)
    refuse_answer(patient, name, answer, today=local_day(at, by.zone))
    row = HistoryAnswer.objects.create(
        **about(patient, by, at, happened_at),
        name=name,
        answer=answer,
        typed=typed[:80],
        to_month=to_month,
        source=source,
        settles=settles,
        words=words.strip(),
        **amending(amends, amend_reason),
    )
    audit.note(by=by, at=at, verb="history.record", on=row, patient=patient, because=name)
    own_what_was_found(patient, by=by, at=at)
    return row


def refuse_answer(patient: Patient, name: str, answer: str, *, today: date) -> None:
    """Refuse what this question does not allow, what has another home, and a day that cannot have been."""
    kind = queries.kinds().get(name)
    if kind is None:
        raise Refused(Refusal(name, f"{name} is not a question here.", "Choose one of the questions."))
    if name in queries.ELSEWHERE:
        words = f"{kind.title} is read {queries.ELSEWHERE[name].words}."
        raise Refused(Refusal(name, words, "Enter it there; it is not typed twice.", "policy"))
    if answer in MISSING:
        return
    try:
        value = queries.value_of(kind, answer)
    except ValueError as fault:
        raise Refused(Refusal(name, str(fault), "Choose one of the answers."))
    if isinstance(value, date):
        refuse_day(patient, name, value, today=today)


def refuse_day(patient: Patient, name: str, on: date, *, today: date) -> None:
    title = queries.kinds()[name].title
    if on > today:
        raise Refused(Refusal(name, f"{title}: {on:%d-%b-%Y} is still to come.", "Correct the date."))
    born_on = people.demographics(patient).born_on
    if on < born_on:
        words = f"{title}: {on:%d-%b-%Y} is before this person was born ({born_on:%d-%b-%Y})."
        raise Refused(Refusal(name, words, "Correct the date."))


@transaction.atomic
def record_vitals(
    *,
    patient: Patient,
    systolic_mmhg: int,
    diastolic_mmhg: int,
    by: Actor,
    at: datetime,
    pulse_per_min: int | None = None,
    spo2_percent: int | None = None,
    amends: Vitals | None = None,
    amend_reason: str = "",
) -> Vitals:
    access.require(by, "evaluation", "C", patient=patient)
    row = Vitals.objects.create(
        **about(patient, by, at, amends.happened_at if amends else None),
        systolic_mmhg=systolic_mmhg,
        diastolic_mmhg=diastolic_mmhg,
        pulse_per_min=pulse_per_min,
        spo2_percent=spo2_percent,
        **amending(amends, amend_reason),
    )
    audit.note(by=by, at=at, verb="vitals.record", on=row, patient=patient)
    own_what_was_found(patient, by=by, at=at)
    return row
