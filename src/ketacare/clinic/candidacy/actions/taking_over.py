"""What the patient said becomes facts with that source; and a clinician's word about each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy.actions.facts import record_history
from ketacare.clinic.candidacy.actions.told_medicines import keep_medicines
from ketacare.clinic.candidacy.actions.trials import record_course, record_nothing_tried, record_trial
from ketacare.clinic.candidacy.models import (
    Answer,
    HistoryAnswer,
    Intake,
    ListState,
    NothingTried,
    Source,
    TreatmentCourse,
    TrialEntry,
)
from ketacare.clinic.people import access
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.above import telling_once
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Allergies, AllergyState, Patient

AGAIN, NO_MORE, TAKEN_BACK = "answered again", "does not apply any more", "taken off the list by the patient"


@dataclass(frozen=True)
class Fact:
    """An answer in canonical text, and what was said besides."""

    answer: str
    typed: str = ""
    to_month: bool = False
    words: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a clinician found about one told fact; a ruling settles between the two."""

    name: str
    found: Fact
    settles: bool = False


@dataclass(frozen=True)
class Becoming:
    """What the answers of one screen become. None: this screen does not speak of it."""

    facts: dict[str, Fact] = field(default_factory=dict)
    trials: dict[str, dict[str, Any]] = field(default_factory=dict)
    courses: dict[str, dict[str, Any]] = field(default_factory=dict)
    nothing_tried: bool = False
    medicines: tuple[ListState, list[dict[str, Any]]] | None = None
    allergies: tuple[AllergyState, list[dict[str, str]]] | None = None
    contact: dict[str, Any] | None = None


@transaction.atomic
@telling_once()
def take_over(intake: Intake, becoming: Becoming, before: dict[str, Any], *, by: Actor, at: datetime) -> dict[str, Any]:
    """Question or entry -> the fact that it became. What did not change stays the fact it was."""
    facts = {f"fact.{name}": (name, fact) for name, fact in becoming.facts.items()}
    tried = {f"trial.{key}": told for key, told in becoming.trials.items()}
    tried |= {f"course.{key}": told for key, told in becoming.courses.items()}
    became: dict[str, Any] = {}
    for key, (name, fact) in facts.items():
        became[key] = keep_fact(intake, name, fact, before.get(key), by=by, at=at)
    for key, told in tried.items():
        became[key] = keep_tried(intake, key, told, before.get(key), by=by, at=at)
    if becoming.nothing_tried:
        became["nothing"] = before.get("nothing") or keep_nothing(intake, by=by, at=at)
    for key in before.keys() - became.keys():
        if key.startswith("fact."):
            not_asked = Fact(Answer.NOT_ASKED)
            keep_fact(intake, key.removeprefix("fact."), not_asked, before[key], by=by, at=at, reason=NO_MORE)
        elif key.startswith(("trial.", "course.")):
            withdraw_tried(intake, key, before[key], by=by, at=at)
    for name, keep in LISTS.items():
        if getattr(becoming, name) is not None:
            became[name] = keep(intake, getattr(becoming, name), before.get(name), by, at)
    return became


def keep_fact(
    intake: Intake, name: str, fact: Fact, before: str | None, *, by: Actor, at: datetime, reason: str = AGAIN
) -> str:
    """A new fact, or the amendment of the one this question became before; the same answer stays the same fact. What
    a clinician has amended since is theirs: then the patient's new word stands beside it."""
    earlier = HistoryAnswer.objects.filter(pk=before).first() if before else None
    if earlier is not None and (earlier.answer, earlier.typed, earlier.words) == (fact.answer, fact.typed, fact.words):
        return str(earlier.pk)
    if earlier is not None and HistoryAnswer.objects.filter(amends=earlier).exists():
        earlier = None
    row = record_history(
        patient=intake.patient,
        name=name,
        answer=fact.answer,
        typed=fact.typed,
        to_month=fact.to_month,
        words=fact.words,
        source=Source.PATIENT,
        amends=earlier,
        amend_reason=reason if earlier else "",
        through=intake,
        by=by,
        at=at,
    )
    return str(row.pk)


def keep_tried(intake: Intake, key: str, told: dict[str, Any], before: str | None, *, by: Actor, at: datetime) -> str:
    """A medicine or another treatment as it was told; once a clinician has amended it, it is not touched from here."""
    kind, record, _ = TRIED[key.partition(".")[0]]
    earlier = kind.objects.filter(pk=before).first() if before else None
    if earlier is not None and (is_amended(earlier) or is_same(earlier, told)):
        return str(earlier.pk)
    row = record(
        patient=intake.patient,
        amends=earlier,
        amend_reason=AGAIN if earlier else "",
        through=intake,
        by=by,
        at=at,
        **told,
    )
    return str(row.pk)


def withdraw_tried(intake: Intake, key: str, before: str, *, by: Actor, at: datetime) -> None:
    """Taken off the list: the row stays readable, marked as said in error. One that a clinician amended stays."""
    kind, record, names = TRIED[key.partition(".")[0]]
    earlier = kind.objects.filter(pk=before).first()
    if earlier is None or is_amended(earlier):
        return
    told = {name: getattr(earlier, name) for name in names}
    record(
        patient=intake.patient,
        amends=earlier,
        amend_reason=TAKEN_BACK,
        in_error=True,
        through=intake,
        by=by,
        at=at,
        **told,
    )


TRIAL = (
    *("medicine", "form", "dose_mg", "days", "adherence", "effect"),
    *("in_current_episode", "stopped_because", "source"),
    *("began_on", "began_to_month", "ended_on", "ended_to_month"),
)
# What is told -> where it is kept, by which act, and its fields.
TRIED: dict[str, tuple[Any, Callable[..., Any], tuple[str, ...]]] = {
    "trial": (TrialEntry, record_trial, TRIAL),
    "course": (TreatmentCourse, record_course, ("kind", "response", "source")),
}


def keep_nothing(intake: Intake, *, by: Actor, at: datetime) -> str | None:
    """Asked, and there was none; where somebody has recorded one, the patient's word stays in the intake alone."""
    if TrialEntry.objects.current().filter(patient=intake.patient).exists():
        return None
    return str(
        record_nothing_tried(patient=intake.patient, what=NothingTried.What.TRIALS, through=intake, by=by, at=at).pk
    )


def is_amended(row: TrialEntry | TreatmentCourse) -> bool:
    return type(row).objects.filter(amends=row).exists()


def is_same(row: TrialEntry | TreatmentCourse, told: dict[str, Any]) -> bool:
    """Of what is known to the month the month counts: on which day of it this month was told is no news."""
    return all(
        by_month(getattr(row, name)) == by_month(value)
        if told.get(f"{name.removesuffix('_on')}_to_month")
        else getattr(row, name) == value
        for name, value in told.items()
    )


def by_month(day: date | None) -> tuple[int, int] | None:
    return None if day is None else (day.year, day.month)


def keep_allergies(
    intake: Intake, told: tuple[AllergyState, list[dict[str, str]]], before: Any, by: Actor, at: datetime
) -> str | None:
    """What the patient names is added to what is known: an allergy that somebody forgets is not gone (H15)."""
    state, named = told
    known = known_allergies(intake.patient, before)
    new = [
        entry for entry in named if entry["substance"].casefold() not in {one["substance"].casefold() for one in known}
    ]
    if state == AllergyState.NOT_ASKED or (known and not new and not before):
        return None
    entries = [*known, *new]
    row = people.keep_allergies(
        patient=intake.patient,
        state=AllergyState.LISTED if entries else state,
        entries=entries,
        by=by,
        at=at,
        amend_reason="told in the intake",
    )
    return str(row.pk)


def known_allergies(patient: Patient, before: str | None) -> list[dict[str, str]]:
    """What stood before this intake spoke of it."""
    row = Allergies.objects.current().filter(patient=patient).order_by("recorded_at").last()
    if row is not None and str(row.pk) == before:
        row = Allergies.objects.filter(amended_by=row).first()
    return list(row.entries) if row is not None else []


def keep_contact(intake: Intake, told: dict[str, Any], before: Any, by: Actor, at: datetime) -> str:
    """How they wish to be reached is theirs alone to say."""
    row = people.keep_contact(patient=intake.patient, by=by, at=at, amend_reason="told in the intake", **told)
    return str(row.pk)


LISTS: dict[str, Callable[[Intake, Any, Any, Actor, datetime], str | None]] = {
    "medicines": keep_medicines,
    "allergies": keep_allergies,
    "contact": keep_contact,
}


# -- going over it -----------------------------------------------------------------------------------------------------


@transaction.atomic
@telling_once()
def go_over(*, patient: Patient, verdicts: list[Verdict], by: Actor, at: datetime) -> list[HistoryAnswer]:
    """A clinician's own fact beside each told one: the same, another that leaves the two in disagreement, or a ruling.
    What the patient said is never overwritten."""
    access.require(by, "evaluation", "C", patient=patient)
    rows = [
        record_history(
            patient=patient,
            name=verdict.name,
            answer=verdict.found.answer,
            typed=verdict.found.typed,
            to_month=verdict.found.to_month,
            words=verdict.found.words,
            source=Source.CLINICIAN,
            settles=verdict.settles,
            by=by,
            at=at,
        )
        for verdict in verdicts
    ]
    audit.note(by=by, at=at, verb="intake.go_over", patient=patient, because=f"{len(rows)} facts")
    return rows
