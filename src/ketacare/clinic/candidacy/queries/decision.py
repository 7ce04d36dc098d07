"""The open evaluation, what was decided, and what a decision goes against."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects

from ketacare.clinic.candidacy.models import (
    Choice,
    Evaluation,
    EvaluationState,
    Judgement,
    PatientWords,
    ReferrerLetter,
)
from ketacare.clinic.candidacy.queries.answer import Answered, answer_so_far
from ketacare.clinic.candidacy.queries.medicines import medicines_at
from ketacare.clinic.candidacy.queries.since import NOTHING, told_since
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.models import Patient
from ketacare.clinic.people.standing import ahead_of, newest
from ketacare.clinic.tenancy.days import local_day
from ketacare.medicine.candidacy.reader.answer import reasons_to_json
from ketacare.medicine.candidacy.rules import clearances
from ketacare.medicine.candidacy.terms import Clearance, Signatures
from ketacare.medicine.evidence.terms import Decision, Effect, Reason, Result

# What a reason written with the decision may lift, the director signing as well where the row asks for it. Whatever
# else a row asks for is given by name as a clearance.
BY_A_REASON = frozenset({Signatures.PRESCRIBER, Signatures.WITH_DIRECTOR})
# By whose word a row is lifted that no reason of the prescriber alone, or with the director, may lift.
LIFTED_BY: dict[str, str] = {
    Signatures.WITH_SPECIALIST: "a specialist's written opinion",
    Signatures.WITH_GUARDIAN: "the guardian's consent, a specialist's written opinion, and prescriber and medical "
    "director together",
}


def open_evaluation(patient: Patient) -> Evaluation | None:
    ahead = ahead_of(Evaluation, patient)
    if ahead is not None:
        return next(iter(ahead), None)
    return Evaluation.objects.filter(patient=patient, state=EvaluationState.OPEN).first()


def judgements(patient_ids: list[UUID]) -> list[Judgement]:
    """Decisions that stand, of several people, oldest first: the last of each is the newest."""
    rows = Judgement.objects.current().filter(patient__in=patient_ids).prefetch_related("countersignatures")
    return list(rows.order_by("recorded_at"))


def judgement(patient: Patient) -> Judgement | None:
    """The newest decision that stands."""
    row = newest(Judgement, patient)
    if row is not None:
        prefetch_related_objects([row], "countersignatures__recorded_by")
    return row


def acceptance(patient: Patient) -> Judgement | None:
    """The acceptance that is in force now; one that still waits for its second signature is none, nor is one whose
    course has ended."""
    row = judgement(patient)
    return row if row is not None and row.choice == Choice.ACCEPT and row.in_force and not is_spent(row) else None


def is_spent(row: Judgement) -> bool:
    """The course that it let begin was ended by a decision: another needs an evaluation of its own."""
    return enrolment.stopped_since(row.patient, row.recorded_at) is not None


def signed_together(patient: Patient) -> tuple[Clearance, ...]:
    """What prescriber and director accepted by name, as a clearance of that day by both: it ends as one would (H14)."""
    accepted = acceptance(patient)
    if accepted is None:
        return ()
    then = medicines_at(patient, accepted.happened_at)
    about = () if then is None else tuple(entry.name for entry in then.medicines)
    return tuple(
        Clearance(
            criterion=row["criterion"],
            signatures=Signatures.WITH_DIRECTOR,
            given_on=local_day(accepted.happened_at, accepted.clinic.zone),
            conditions=row["reason"],
            about=about,
            given_at=accepted.happened_at,
        )
        for row in accepted.against
        if row["override"] == Signatures.WITH_DIRECTOR
    )


def objections(decision: Decision) -> list[Reason]:
    """What an acceptance would go against: every stop and clearance row that is met or open, once, severest first."""
    found: dict[str, Reason] = {}
    for reason in decision.deciding:
        if reason.effect in (Effect.STOP, Effect.CLEAR):
            found.setdefault(reason.criterion, reason)
    return list(found.values())


def found_since_decided(row: Judgement, *, at: datetime, zone: str, answered: Answered | None = None) -> list[Reason]:
    """What an acceptance would go against now and did not know. `answered`: the answer so far, where it was asked."""
    if row.choice != Choice.ACCEPT:
        return []
    return new_to(row, (answered or answer_so_far(row.patient, at=at, zone=zone)).decision)


def new_to(row: Judgement, decision: Decision) -> list[Reason]:
    """What this decision goes against and the acceptance did not know: another row, one by other facts, one that is
    lifted by others than then, or whose clearance was taken back. What has only grown older is asked on the day of a
    dose."""
    kept = row.answer["reasons"]
    judged = {one["criterion"] for one in kept}
    open_then = {(one["criterion"], one["effect"]) for one in kept if one["result"] == Result.UNKNOWN}
    signed_by = {one["criterion"]: one["override"] for one in row.against}
    against = objections(decision)
    # Asked for what is not known alone: most often nothing is open, and the page asks a dozen questions less.
    since = told_since(row) if any(one.result is Result.UNKNOWN for one in against) else NOTHING

    def is_new(reason: Reason) -> bool:
        if reason.result is Result.UNKNOWN:
            reads = {*reason.missing, *(one.name for one in reason.facts)}
            newly_open = since.is_kept(reads) and (reason.criterion, str(reason.effect)) not in open_then
            return reason.criterion not in judged or since.is_answered(reads) or newly_open
        if signed_by.get(reason.criterion) != reason.override:
            return True
        [now] = reasons_to_json([reason])
        numbers = {one.name for one in reason.facts if isinstance(one.value, Decimal)}  # measured again, no other fact
        return not any(
            (one["criterion"], one["effect"], one["result"]) == (now["criterion"], now["effect"], now["result"])
            and facts_in(one, numbers) == facts_in(now, numbers)
            for one in kept
        )

    return [one for one in against if is_new(one)]


def against_the_plan(found: Iterable[Reason]) -> list[Reason]:
    """Over which of these no plan is signed; the rest that is not known is asked before the first dose."""
    return [row for row in found if row.result is Result.MET or row.effect is Effect.STOP]


def facts_in(reason: dict[str, Any], but: set[str]) -> set[tuple[str, str]]:
    return {(one["name"], str(one["value"])) for one in reason["facts"] if one["name"] not in but}


def to_find_out(row: Reason) -> bool:
    """What an acceptance goes against and nobody clears, with a reason or without: a stop that is not known, and what
    is not known and no reason written here lifts."""
    return row.result is Result.UNKNOWN and (clearances.found_out(row) or row.override not in BY_A_REASON)


def cautions(decision: Decision) -> list[Reason]:
    return [reason for reason in decision.deciding if reason.effect is Effect.CAUTION]


def ends_on(answered: Answered) -> date | None:
    """The day by which every reason that ends by itself has ended: when to look again."""
    found = [change.on for change in answered.changes if change.on]
    return max(found, default=None)


@dataclass(frozen=True)
class Issued:
    """What has gone out about a decision."""

    words: PatientWords | None
    letter: ReferrerLetter | None


def issued(patient: Patient) -> Issued:
    return Issued(newest(PatientWords, patient), letter(patient))


def letter(patient: Patient) -> ReferrerLetter | None:
    return newest(ReferrerLetter, patient)


@dataclass(frozen=True)
class ReleasedWords:
    """What the patient reads on their own pages, in their language."""

    text: str
    language: str
    on: datetime
    href: str


def language_of(patient: Patient) -> str:
    """The language this person reads: the one they gave with their contact details."""
    contact = people.contact(patient)
    return contact.language if contact else "en"


def released_to(patient: Patient) -> ReleasedWords | None:
    """The words of the decision that stands now; none while it waits or before they are released."""
    row, words = judgement(patient), issued(patient).words
    if row is None or not row.in_force or words is None or words.judgement_id != row.pk:
        return None
    language = "es" if language_of(patient) == "es" else "en"
    text = words.spanish if language == "es" else words.english
    return ReleasedWords(text, language, words.recorded_at, f"/patients/{patient.pk}/evaluation/")
