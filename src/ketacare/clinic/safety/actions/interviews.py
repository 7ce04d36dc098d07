"""What a person asks or rates after a flag: owed from when the concern is raised, and ended by the interview alone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Model

from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence, Duty, Step
from ketacare.clinic.people.access import Actor, granted
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.safety import queries
from ketacare.clinic.safety.models import Concern, ConcernStep, OnCall
from ketacare.clinic.tenancy.models import Fact
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.safety import reader
from ketacare.medicine.safety.terms import Interview


def owe_interview(
    concern: Concern, watch: OnCall | None, *, held: Collection[str] = (), by: Actor, at: datetime
) -> None:
    """In the transaction that raises the concern (H13). One is owed at a time, by the time of the gravest; none that
    was held since the answer (`held`, as the cadence calls it), though that is written down later."""
    interview = reader.triage_sheet().interview(concern.reason_code)
    if interview is not None and interview.asked not in held:
        open_or_sooner(interview, concern.patient, watch, due_at=concern.decide_by, by=by, at=at)


def owe_of_suicide(patient: Patient, *, due_at: datetime, held: Collection[str] = (), by: Actor, at: datetime) -> None:
    """A form in hand does not show its item about suicide, and its total leaves it open: a person asks."""
    for interview in reader.triage_sheet().interviews:
        if queries.is_of_suicide_risk(interview.asked) and interview.asked not in held:
            watch = queries.on_call(patient.clinic_id, at)
            open_or_sooner(interview, patient, watch, due_at=due_at, by=by, at=at)


def open_or_sooner(
    interview: Interview, patient: Patient, watch: OnCall | None, *, due_at: datetime, by: Actor, at: datetime
) -> None:
    if watch is not None and not may_write(watch.role, interview.asked):
        watch = None  # they decide the concern; the interview is a prescriber's, who can write it down
    owed = queries.interview_owed(patient, interview.asked)
    if owed is not None:
        if due_at < owed.due_at:
            duties.retime(owed, due_at=due_at, by=by, at=at)
        return
    duties.open_duty(
        kind=queries.interview_kind(interview.asked),
        title=interview.title,
        patient=patient,
        owner_role=watch.role if watch else Role.RX,
        owner=watch.user if watch else None,
        due_at=due_at,
        why=interview.why,
        link=queries.interview_page(patient, interview.asked),
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )


def why_not_held(concern: Concern, words: str) -> str:
    """Decided without the interview that this concern asks for: whoever decides says why, and it stands with what was
    done; the interview stays owed. Nothing where none is owed."""
    owed = queries.owes_interview(concern)
    if owed is None:
        return ""
    if not words.strip():
        remedy = "Hold it and write it down first, or say why you decide without it. It stays owed."
        raise Refused(Refusal("not_asked", f"“{owed.title}” was not done.", remedy))
    return f" ({owed.title}: not done, because: {words.strip()})"


def interview_held(
    patient: Patient, asked: Collection[str], *, evidence: Model, happened_at: datetime, by: Actor, at: datetime
) -> None:
    """Asked or rated (`asked`, as the cadence calls it) after the answer for which it is owed: done, and here is the
    record. By the minute, as times are typed."""
    for name in asked:
        owed = queries.interview_owed(patient, name)
        if owed is not None and said_at(owed, name).replace(second=0, microsecond=0) <= happened_at:
            duties.close_duty(owed, evidence=evidence, by=by, at=at)


def owe_interview_again(struck: Fact, *, by: Actor, at: datetime) -> None:
    """What had ended an interview's duty is struck out as wrong: it is owed once more, where none is by now."""
    ended = Duty.objects.filter(kind__startswith=queries.interview_kind(""), steps__step=Step.CLOSED)
    for duty in ended.filter(steps__evidence_id=struck.pk).select_related("patient", "owner"):
        assert duty.patient is not None  # it is owed of somebody
        if queries.interview_owed(duty.patient, duty.kind.removeprefix(queries.interview_kind(""))) is None:
            duties.open_duty(
                kind=duty.kind,
                title=duty.title,
                patient=duty.patient,
                owner_role=duty.owner_role,
                owner=duty.owner,
                due_at=max(duty.due_at, at),
                why=duty.why,
                link=duty.link,
                consequence=Consequence.SAFETY,
                by=by,
                at=at,
            )


def may_write(role: str, asked: str) -> bool:
    return granted(role, "evaluation" if queries.is_of_suicide_risk(asked) else "scores", "C", frozenset({"clinic"}))


# It climbs to nobody who could not end it: the director, who by the table of rights writes none, finds somebody.
duties.done_only_by(
    queries.interview_kind(""),
    lambda role, kind: may_write(role, kind.removeprefix(queries.interview_kind(""))),
)


def said_at(owed: Duty, asked: str) -> datetime:
    """When the last answer was given for which it is owed: a form on paper is typed in later, in any order."""
    sheet = reader.triage_sheet()
    raised = ConcernStep.objects.filter(concern__patient=owed.patient_id, step="raised")
    codes = raised.filter(recorded_at__gte=owed.created_at).values_list("happened_at", "concern__reason_code")
    given = [when for when, code in codes if (one := sheet.interview(code)) is not None and one.asked == asked]
    return max(given, default=owed.created_at)
