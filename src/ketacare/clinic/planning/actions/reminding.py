"""Reminders by rule from the plan, and the duties that their replies become."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence, Duty
from ketacare.clinic.links.access import holds_link
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.outcomes.models import Way
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Role
from ketacare.clinic.planning.models import Reminder, ReminderReply, Reply
from ketacare.clinic.planning.queries.reminding import fasting_of
from ketacare.clinic.scheduling.models import Visit, VisitState
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.scheduling import reader
from ketacare.medicine.scheduling.rules import morning_after

KIND, VISIT = "reminder", "visit"
BEFORE_A_DOSE, BEFORE_A_VISIT = "From the reminder before a dosing visit", "From the reminder before a visit"
NO_ESCORT, CANNOT, ATE = "visit.escort", "visit.cannot", "visit.ate"
SOON = timedelta(minutes=30)


LEAST_DIGITS = 7  # a local number without its area (design choice)
ESCORT_LONGEST = {"escort_name": 120, "escort_phone": 40}


@transaction.atomic
def remind(visit: Visit, *, by: Actor, at: datetime) -> Reminder:
    """One reminder a visit; a visit that moved gets it anew, under a new link."""
    if by.role:  # a person may send it earlier; the rule itself is nobody's
        access.require(by, "messages", "C", patient=visit.patient)
    row = Reminder.objects.filter(visit=visit).first()
    if row is None:
        row = Reminder.objects.create(
            organisation_id=visit.organisation_id,
            clinic_id=visit.clinic_id,
            created_at=at,
            patient=visit.patient,
            visit=visit,
            visit_at=visit.starts_at,
            link_until=visit.starts_at,
            language=candidacy.language_of(visit.patient),
        )
    elif not row.visit_at == row.link_until == visit.starts_at:
        outcomes.withdraw_messages(row, evidence=visit, by=by, at=at)
        row.visit_at, row.link_until = visit.starts_at, visit.starts_at
        row.link_serial, row.version = row.link_serial + 1, row.version + 1
        row.save(update_fields=["visit_at", "link_until", "link_serial", "version"])
    else:
        return row
    code, send_after = KIND if row.is_of_a_dose else VISIT, max(at, goes_out(visit))
    outcomes.write_message(
        row, kind=KIND, code=code, title="Before your visit", way=Way.ANY, send_after=send_after, by=by, at=at
    )
    if row.is_of_a_dose:
        open_escort(row, by=by, at=at)
    audit.note(by=by, at=at, verb="reminder.write", on=row, patient=visit.patient_id)
    return row


def goes_out(visit: Visit) -> datetime:
    """The day before. After a dose in the morning, for until then little is sent to read; where that would be too late,
    on the evening of the dose."""
    lengths = reader.lengths()
    ahead = visit.starts_at - timedelta(hours=lengths.remind_before)
    began = visit.follows.dose_began_at if visit.follows else None
    if began is None:
        return ahead
    latest = visit.starts_at - timedelta(hours=lengths.remind_after_dose)
    return max(ahead, min(latest, morning_after(began, visit.clinic.zone)))


@transaction.atomic
def other_language(*, reminder: Reminder, by: Actor, at: datetime) -> None:
    """English or Spanish, kept for this reminder."""
    if not holds_link(by, reminder.patient, reminder, object_name="appointments", act="C"):
        access.require(by, "appointments", "C", patient=reminder.patient)
    reminder.language = "en" if reminder.language.startswith("es") else "es"
    reminder.save(update_fields=["language"])
    audit.note(by=by, at=at, verb="reminder.language", on=reminder, patient=reminder.patient_id)


def forget(visit: Visit, by: Actor, at: datetime) -> None:
    """It does not take place: nobody is reminded of it any more, by message or by hand."""
    row = Reminder.objects.filter(visit=visit).first()
    if row is not None:
        outcomes.withdraw_messages(row, evidence=visit, by=by, at=at)


def moved(visit: Visit, by: Actor, at: datetime) -> None:
    """It has another time: the message of the old one does not go out, its link is dead, and what was owed for the old
    hour is owed no more. The rule writes anew for the new one. Whoever ate has not fasted an hour later that day: what
    to do about that stays the nurse's (H5)."""
    row = Reminder.objects.filter(visit=visit).first()
    if row is None:
        return
    outcomes.withdraw_messages(row, evidence=visit, by=by, at=at)
    row.link_until, row.link_serial, row.version = at, row.link_serial + 1, row.version + 1
    row.save(update_fields=["link_until", "link_serial", "version"])
    same_day = local_day(row.visit_at, by.zone) == local_day(visit.starts_at, by.zone)
    for kind in (NO_ESCORT,) if same_day else (NO_ESCORT, ATE):
        for duty in duties_of(row, kind):
            duties.close_duty(duty, evidence=visit, by=by, at=at)


def open_escort(row: Reminder, *, by: Actor, at: datetime) -> None:
    """Nobody named to take them home by the day before is the desk's to ask, until the patient names somebody."""
    if duties_of(row, NO_ESCORT):
        return
    due_at = max(at, row.visit_at - timedelta(hours=reader.lengths().escort_before))
    open_for(row, NO_ESCORT, "Confirm by name and telephone who takes the patient home", Role.FD, due_at, by=by, at=at)


@transaction.atomic
def record_reply(
    *, reminder: Reminder, reply: str, escort_name: str = "", escort_phone: str = "", by: Actor, at: datetime
) -> ReminderReply:
    """What the patient says; what somebody must do about it becomes a duty at once."""
    if not holds_link(by, reminder.patient, reminder, object_name="appointments", act="C"):
        access.require(by, "appointments", "C", patient=reminder.patient)
    if reply not in reminder.replies_asked:
        raise Refused(Refusal("reply", "Nothing is chosen.", "Choose one of the answers."))
    if reminder.visit.state != VisitState.BOOKED:
        raise Refused(Refusal("reply", "This visit is no longer booked.", "Call the clinic.", "policy"))
    escort = {"escort_name": escort_name.strip(), "escort_phone": escort_phone.strip()}
    long = [name for name, text in escort.items() if len(text) > ESCORT_LONGEST[name]]
    if long:  # half a name or half a number calls nobody
        raise Refused(
            [Refusal(name, f"is longer than {ESCORT_LONGEST[name]} letters.", "Shorten it.") for name in long]
        )
    row = ReminderReply.objects.create(
        **about(reminder.patient, by, at),
        reminder=reminder,
        reply=Reply(reply),
        **escort,
    )
    follow(row, by=by, at=at)
    audit.note(by=by, at=at, verb="reminder.reply", on=row, patient=reminder.patient_id, because=reply)
    return row


def follow(row: ReminderReply, *, by: Actor, at: datetime) -> None:
    reminder = row.reminder
    if row.reply == Reply.CANNOT:
        title = "Find another time: the patient cannot come"
        why = BEFORE_A_DOSE if reminder.is_of_a_dose else BEFORE_A_VISIT
        open_for(reminder, CANNOT, title, Role.FD, at + SOON, by=by, at=at, why=why)
    elif row.reply == Reply.ATE and not fasting_of(reminder).may_eat(at):  # until then they may
        title = "The patient ate or drank: wait, or book anew"
        open_for(reminder, ATE, title, Role.RN, at + SOON, by=by, at=at, consequence=Consequence.SAFETY)
    elif row.reply == Reply.YES:
        settled = [*duties_of(reminder, CANNOT), *(duties_of(reminder, NO_ESCORT) if can_be_called(row) else ())]
        for duty in settled:
            duties.close_duty(duty, evidence=row, by=by, at=at)


def can_be_called(row: ReminderReply) -> bool:
    """A name and a number that a telephone takes; "none" and "?" leave it the desk's to ask (RD-03)."""
    digits = sum(letter.isdigit() for letter in row.escort_phone)
    return digits >= LEAST_DIGITS and any(letter.isalpha() for letter in row.escort_name)


def is_to_wait(row: Reminder) -> bool:
    """They ate, and nobody has said yet what follows from it: whatever else was answered, they do not set out."""
    return bool(duties_of(row, ATE))


def duties_of(row: Reminder, kind: str) -> list[Duty]:
    rows = Duty.objects.filter(patient=row.patient_id, kind=kind, visit_id=row.visit_id, state="open")
    return list(rows)


def open_for(
    row: Reminder,
    kind: str,
    title: str,
    role: Role,
    due_at: datetime,
    *,
    by: Actor,
    at: datetime,
    consequence: Consequence = Consequence.CARE,
    why: str = BEFORE_A_DOSE,
) -> None:
    if duties_of(row, kind):
        return
    duties.open_duty(
        kind=kind,
        title=title,
        patient=row.patient,
        owner_role=role,
        due_at=due_at,
        why=why,
        link=f"/visits/{row.visit_id}/planning/",
        consequence=consequence,
        by=by,
        at=at,
        visit_id=row.visit_id,
    )
