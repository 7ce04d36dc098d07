"""Going a path by exception: opened by name and with a reason, reviewed by the director, or taken back."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.actions.found_since import own_what_was_found
from ketacare.clinic.candidacy.models import ExceptionOpening, ExceptionStep, ExceptionVerdict
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.candidacy.terms import Signatures

NEED = "exception.need"


@transaction.atomic
def open_exception(*, patient: Patient, path: str, reason: str, by: Actor, at: datetime) -> ExceptionOpening:
    """The prescriber's word, once every condition is recorded; where the director's is needed too, it waits for it."""
    access.require(by, "evaluation", "S", patient=patient)
    so_far = queries.answer_so_far(patient, at=at, zone=by.zone)
    found = next((item for item in queries.paths_of(so_far, patient) if item.path.id == path), None)
    if found is None:
        raise Refused(Refusal("path", "This path does not apply here.", "Look at the evaluation again.", "policy"))
    faults = [] if found.may_open else [Refusal("path", "It is open already.", "Read it on its page.", "policy")]
    faults += [
        Refusal("path", f"{condition.title}: not recorded as met.", "Record it first.")
        for condition in found.conditions
        if not condition.is_met
    ]
    if not reason.strip():
        faults.append(Refusal(f"why-{path}", "The reason is empty.", "Say why this path, for whoever reviews it."))
    if faults:
        raise Refused(faults)
    header = so_far.knowledge.exceptions.header
    row = ExceptionOpening.objects.create(
        **about(patient, by, at),
        path=path,
        reason=reason.strip(),
        needs_director=found.path.signatures is Signatures.WITH_DIRECTOR,
        sheet=f"{header.id} {header.version}",
        opened_as=by.role,
    )
    audit.note(by=by, at=at, verb="exception.open", on=row, patient=patient, because=path)
    for duty in owed.open_for(patient, NEED):
        if found.opening is not None and duty.link == queries.path_page(found.opening):
            duties.close_duty(duty, evidence=row, by=by, at=at)
    ask_second(row, by=by, at=at)
    for duty in owed.open_for(patient, queries.NOT_AGREED):
        duties.close_duty(duty, evidence=row, by=by, at=at)
    return row


def ask_second(row: ExceptionOpening, *, by: Actor, at: datetime) -> None:
    waits, lines = row.needs_director, queries.following(row.patient)
    decide = timedelta(hours=lines.decide_exception_within.integer)
    read = timedelta(days=lines.read_exception_within.integer)
    duties.open_duty(
        kind=queries.REVIEW,
        title="Decide a path by exception" if waits else "Review a path by exception",
        patient=row.patient,
        owner_role=row.second_role,
        due_at=at + (decide if waits else read),
        why="It counts only once you agree" if waits else "It is signed; you read it",
        link=queries.path_page(row),
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )


@transaction.atomic
def review_exception(
    opening: ExceptionOpening, *, agrees: bool | None, words: str, by: Actor, at: datetime
) -> ExceptionStep:
    """The director agrees or does not, with a reason, and a prescriber to what a director opened; nobody reviews their
    own act. It is agreed to only while every condition is recorded as met (RUL-06)."""
    access.require(by, "evaluation", "S", patient=opening.patient)
    refuse_reviewed(opening)
    refuse_reader(opening, by)
    faults = [Refusal("agrees", "Not answered.", "Choose one.")] if agrees is None else []
    faults += not_so(opening, by=by, at=at) if agrees else []
    if not words.strip():
        faults.append(Refusal("words", "Your reason is empty.", "Say what you read and with whom you spoke."))
    if faults:
        raise Refused(faults)
    verdict = ExceptionVerdict.AGREED if agrees else ExceptionVerdict.NOT_AGREED
    row = step(opening, verdict, words, by=by, at=at)
    if agrees:
        ask_again(opening, by=by, at=at)
    else:
        decide_otherwise(opening, by=by, at=at)
    return row


def decide_otherwise(opening: ExceptionOpening, *, by: Actor, at: datetime) -> None:
    """The crisis stays though this way out of it does not: what is done instead is the prescriber's."""
    duties.open_duty(
        kind=queries.NOT_AGREED,
        title="The path by exception was not agreed to: decide what is done instead",
        patient=opening.patient,
        owner_role=Role.RX,
        due_at=at + timedelta(hours=queries.following(opening.patient).decide_exception_within.integer),
        why="Why not stands on its page",
        link=queries.path_page(opening),
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )


def refuse_reader(opening: ExceptionOpening, by: Actor) -> None:
    if opening.recorded_by_id == by.user_id:
        raise Refused(Refusal("agrees", "is not for whoever opened it.", "Ask a colleague.", "policy"))
    if not opening.may_be_read_by(by.role):
        words = f"It waits for the {opening.second_role.label.lower()}."
        raise Refused(Refusal("agrees", words, "Sign in in that role, or ask them.", "policy"))


def not_so(opening: ExceptionOpening, *, by: Actor, at: datetime) -> list[Refusal]:
    """What of its conditions does not hold now: nobody agrees to a path over it."""
    so_far = queries.answer_so_far(opening.patient, at=at, zone=by.zone)
    found = next((item for item in queries.paths_of(so_far, opening.patient) if item.path.id == opening.path), None)
    remedy = "Do not agree; once it holds again it is opened anew, or what is recorded wrongly is amended."
    return [
        Refusal("agrees", f"{one.title}: {'not recorded' if one.is_unknown else 'not so now'}.", remedy, "policy")
        for one in (found.conditions if found is not None else ())
        if not one.is_met
    ]


def ask_again(opening: ExceptionOpening, *, by: Actor, at: datetime) -> None:
    """A path that is only for a while is looked at again before its time has passed and its signatures end with it."""
    review = queries.sheet(opening.patient).exceptions.path(opening.path).figures.get("review")
    if review is None:
        return
    ends_at = at + timedelta(weeks=review.integer)
    before = timedelta(days=queries.following(opening.patient).told_before_acceptance_ends.integer)
    duties.open_duty(
        kind=NEED,
        title="Is the path by exception still needed?",
        patient=opening.patient,
        owner_role=Role.RX,
        due_at=max(at, ends_at - before),
        late_at=ends_at,
        why=f"Its signatures end on {local_day(ends_at, by.zone):%d-%b-%Y}, after {review.integer} weeks; longer use "
        "of this kind has not been studied",
        link=queries.path_page(opening),
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )


@transaction.atomic
def take_back_exception(opening: ExceptionOpening, *, words: str, by: Actor, at: datetime) -> ExceptionStep:
    """The path is left: from now on it stands for nothing."""
    access.require(by, "evaluation", "S", patient=opening.patient)
    if not queries.is_open(opening):
        raise Refused(Refusal("changed", "It has ended already.", "Open the evaluation again.", "policy"))
    if not words.strip():
        raise Refused(Refusal("changed", "Why it is taken back is empty.", "Say what has changed."))
    return step(opening, ExceptionVerdict.TAKEN_BACK, words, by=by, at=at)


def step(opening: ExceptionOpening, verdict: ExceptionVerdict, words: str, *, by: Actor, at: datetime) -> ExceptionStep:
    try:
        with transaction.atomic():
            row = ExceptionStep.objects.create(
                **about(opening.patient, by, at), opening=opening, verdict=verdict, words=words.strip()
            )
    except IntegrityError:  # two people at once: one of them wrote first
        raise already()
    audit.note(by=by, at=at, verb=f"exception.{verdict}", on=opening, patient=opening.patient, because=opening.path)
    ended = [queries.REVIEW, *([NEED] if verdict == ExceptionVerdict.TAKEN_BACK else [])]
    for kind in ended:
        for duty in owed.open_for(opening.patient, kind).filter(link=queries.path_page(opening)):
            duties.close_duty(duty, evidence=row, by=by, at=at)
    own_what_was_found(opening.patient, by=by, at=at)
    return row


def refuse_reviewed(opening: ExceptionOpening) -> None:
    if opening.steps.exists():
        raise already()


def already() -> Refused:
    return Refused(Refusal("agrees", "It has been reviewed or taken back.", "Read it on this page.", "policy"))
