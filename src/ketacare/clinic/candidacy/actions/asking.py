"""Handing the intake out: sent, sent again, taken back; and the call when it does not come back."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy.models import Intake, IntakeState, IntakeWay
from ketacare.clinic.candidacy.queries import intake as intakes
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.links.access import holds_link
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.outcomes.models import MessageOut, Way
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.candidacy.rules.intake import call_at

NOT_BACK = "intake.back"
LOCKED = "intake.locked"
BY_MESSAGE = {IntakeWay.TEXT: Way.TEXT, IntakeWay.EMAIL: Way.EMAIL}


@transaction.atomic
def send_intake(*, patient: Patient, way: str, by: Actor, at: datetime) -> Intake:
    """A new intake with its link, its message and the duty to call if it does not come back."""
    access.require(by, "intake", "C", patient=patient)
    chosen = way_for(patient, way)
    if intakes.open_intake(patient) is not None:
        raise Refused(Refusal("way", "An intake is out already.", "Send that one again, or take it back.", "policy"))
    contact = people.contact(patient)
    intake = Intake.objects.create(
        organisation_id=by.organisation_id,
        clinic_id=by.clinic_id,
        created_at=at,
        patient=patient,
        duty=open_call(patient, by=by, at=at),
        way=chosen,
        language=contact.language if contact else "en",
        sent_at=at,
        link_until=lasts_until(patient, at),
    )
    write_message(intake, by=by, at=at)
    audit.note(by=by, at=at, verb="intake.send", on=intake, patient=patient, because=chosen)
    return intake


@transaction.atomic
def send_again(*, intake: Intake, way: str, by: Actor, at: datetime) -> Intake:
    """A fresh link for the same intake: what was answered stays, the old link and a lock are gone."""
    access.require(by, "intake", "U", patient=intake.patient)
    chosen, intake = way_for(intake.patient, way), still_open(intake)
    intake.way, intake.sent_at, intake.link_until = chosen, at, lasts_until(intake.patient, at)
    intake.wrong_years, intake.locked_at = 0, None
    intake.link_serial, intake.version = intake.link_serial + 1, intake.version + 1
    intake.save(update_fields=["way", "sent_at", "link_until", "wrong_years", "locked_at", "link_serial", "version"])
    close_locked(intake, by=by, at=at)
    outcomes.withdraw_messages(intake, evidence=intake, by=by, at=at)
    write_message(intake, by=by, at=at)
    audit.note(by=by, at=at, verb="intake.send_again", on=intake, patient=intake.patient_id, because=chosen)
    return intake


@transaction.atomic
def revoke_intake(*, intake: Intake, reason: str, by: Actor, at: datetime) -> Intake:
    """Taken back: the link opens nothing from now on. What was said stays."""
    access.require(by, "intake", "U", patient=intake.patient)
    if not reason.strip():
        raise Refused(Refusal("reason", "The reason is empty.", "Say in a few words why it is taken back."))
    intake = still_open(intake)
    intake.state, intake.version = IntakeState.REVOKED, intake.version + 1
    intake.save(update_fields=["state", "version"])
    end_duties(intake, by=by, at=at)
    audit.note(by=by, at=at, verb="intake.revoke", on=intake, patient=intake.patient_id, because=reason.strip()[:60])
    return intake


def way_for(patient: Patient, way: str) -> IntakeWay:
    """The chosen way, if the person allowed it."""
    why_not = {code: words for code, _, words in intakes.ways_for(patient)}
    if way not in why_not:
        raise Refused(Refusal("way", "Nothing is chosen.", "Choose how the patient gets the link."))
    if why_not[way]:
        raise Refused(Refusal("way", f"{why_not[way]}.", "Choose another way.", "policy"))
    return IntakeWay(way)


def still_open(intake: Intake) -> Intake:
    intake = locked(intake)
    if not intake.is_open:
        state = intake.get_state_display().lower()
        raise Refused(Refusal("way", f"This intake is {state}.", "Send a new one if one is needed.", "policy"))
    return intake


def locked(intake: Intake) -> Intake:
    """The row as it is now, held until the end of this transaction: two taps at once come one after the other."""
    rows = Intake.objects.select_for_update(of=("self",)).select_related("patient", "clinic", "duty")
    return rows.get(pk=intake.pk)


def lasts_until(patient: Patient, at: datetime) -> datetime:
    return at + timedelta(days=intakes.intake_lines(patient).lasts.integer)


def open_call(patient: Patient, *, by: Actor, at: datetime) -> Duty:
    visit = intakes.first_visit(patient, at)
    return duties.open_duty(
        kind=NOT_BACK,
        title="Call: the intake is not back",
        patient=patient,
        owner_role=Role.FD,
        due_at=call_at(at, visit.starts_at if visit else None, intakes.intake_lines(patient)),
        why="The evaluation is shorter and safer when it is here before the visit",
        link=f"/patients/{patient.pk}/intake/",
        by=by,
        at=at,
    )


def write_message(intake: Intake, *, by: Actor, at: datetime) -> None:
    """Only where a message is to go out; a link given by hand is given by hand."""
    way = BY_MESSAGE.get(IntakeWay(intake.way))
    if way is not None:
        outcomes.write_message(
            intake, kind="intake", code="intake", title="Intake", way=way, send_after=at, by=by, at=at
        )


@transaction.atomic
def send_fresh(*, intake: Intake, by: Actor, at: datetime) -> MessageOut | None:
    """The day of a link is over, and the intake may be gone on with: another one, as the first was sent (K1)."""
    if not holds_link(by, intake.patient, intake, object_name="intake", act="C"):
        access.require(by, "intake", "U", patient=intake.patient)
    intake = locked(intake)
    if not intakes.intake_standing(intake, at).opens:
        return None
    way = BY_MESSAGE.get(IntakeWay(intake.way), Way.ANY)
    message = outcomes.send_fresh_link(intake, kind="intake", title="Intake", way=way, by=by, at=at)
    if message is not None:
        audit.note(by=by, at=at, verb="intake.fresh", on=intake, patient=intake.patient_id)
    return message


def end_duties(intake: Intake, *, by: Actor, at: datetime) -> None:
    """It is over, one way or the other: nobody calls, and nothing more is sent."""
    duties.close_duty(intake.duty, evidence=intake, by=by, at=at)
    close_locked(intake, by=by, at=at)
    outcomes.withdraw_messages(intake, evidence=intake, by=by, at=at)


def close_locked(intake: Intake, *, by: Actor, at: datetime) -> None:
    for duty in Duty.objects.filter(patient=intake.patient_id, kind=LOCKED, state="open"):
        duties.close_duty(duty, evidence=intake, by=by, at=at)
