"""One small act a day: given with its link and a word each day, ticked by the patient, ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.links.access import holds_link
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.outcomes.models import MessageOut, Way
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.clinic.therapy import queries
from ketacare.clinic.therapy.actions.preparing import whole
from ketacare.clinic.therapy.models import Homework, HomeworkTick
from ketacare.medicine.therapy import reader

KIND = "homework"
TITLE = "One small act a day"
WRITTEN_AT = time(9, 0)
LETTERS_MOST = 200


@transaction.atomic
def give_homework(
    *, patient: Patient, said: Mapping[str, str], visit: Visit | None, by: Actor, at: datetime
) -> Homework:
    """The act, for so many days; each day's message carries a link of its own. No day has a second act."""
    access.require(by, "therapy", "C", patient=patient)
    today = local_day(at, by.zone)
    first_on = refuse_unfit(said, today)
    days, contact = int(said["days"]), people.contact(patient)
    Patient.objects.select_for_update().get(pk=patient.pk)  # two who give one at once come one after the other
    refuse_second(patient, first_on, days)
    row = Homework.objects.create(
        organisation_id=patient.organisation_id,
        clinic_id=patient.clinic_id,
        created_at=at,
        patient=patient,
        visit=visit,
        language=contact.language if contact else "en",
        link_until=morning(first_on + timedelta(days=days + 1), by.zone),
        act=said["act"].strip(),
        why=said.get("why", "").strip(),
        skill=said.get("skill", ""),
        minutes=int(said["minutes"]),
        first_on=first_on,
        days=days,
    )
    for number in range(days):
        outcomes.write_message(
            row, kind=KIND, code="first" if number == 0 else "reminder", title=TITLE, way=Way.ANY,
            send_after=max(at, morning(first_on + timedelta(days=number), by.zone)), by=by, at=at,
        )  # fmt: skip
    audit.note(by=by, at=at, verb="homework.give", on=row, patient=patient)
    return row


def morning(day: date, zone: str) -> datetime:
    return datetime.combine(day, WRITTEN_AT, tzinfo=ZoneInfo(zone))


def refuse_unfit(said: Mapping[str, str], today: date) -> date:
    """The first day, once everything can be kept."""
    practice, found = reader.practice(), []
    act, least, most = said.get("act", "").strip(), practice.least_days.integer, practice.most_days.integer
    if not act or len(act) > LETTERS_MOST:
        found.append(Refusal("act", "is empty or too long." if act else "is empty.", "One small act, in a line."))
    if len(said.get("why", "").strip()) > LETTERS_MOST:
        found.append(Refusal("why", f"is longer than {LETTERS_MOST} letters.", "Say it in a line."))
    if said.get("skill") and practice.skill(said["skill"]) is None:
        found.append(Refusal("skill", "is not in the library.", "Choose from the list, or none."))
    if not whole(said.get("days", "").strip(), least, most):
        found.append(Refusal("days", f"is not {least} to {most}.", "Choose how many days."))
    longest = practice.most_minutes.integer
    if not whole(said.get("minutes", "").strip(), 1, longest):
        found.append(Refusal("minutes", f"is not 1 to {longest}.", "A small act takes at most that long."))
    first_on = today
    try:
        first_on = date.fromisoformat(said.get("first_on", "").strip())
        if not today <= first_on <= today + timedelta(days=60):
            found.append(Refusal("first_on", "is over, or more than two months away.", "Choose a day from today on."))
    except ValueError:
        found.append(Refusal("first_on", "is not a day.", "Choose the first day."))
    if found:
        raise Refused(found)
    return first_on


def refuse_second(patient: Patient, first_on: date, days: int) -> None:
    """One a day: what is given already keeps its days, unless it is ended first."""
    wanted = {first_on + timedelta(days=number) for number in range(days)}
    standing = list(queries.homework_of(patient).filter(ended_at__isnull=True).order_by("first_on"))
    taken = {day for row in standing for day in queries.days_of(row)}
    other = next((row for row in standing if wanted & set(queries.days_of(row))), None)
    if other is None:
        return
    free = first_on
    while any(free + timedelta(days=number) in taken for number in range(days)):
        free += timedelta(days=1)
    rule = f"There is one on these days already: “{other.act}”, until {queries.days_of(other)[-1]:%d-%b-%Y}. One a day."
    raise Refused(Refusal("first_on", rule, f"Begin on {free:%d-%b-%Y}, or end the other first.", "policy"))


@transaction.atomic
def tick(*, homework: Homework, day: date, done: bool, mood: str, by: Actor, at: datetime) -> HomeworkTick:
    """By the patient, for today or a day before it. Ticked again, the last word counts."""
    if not holds_link(by, homework.patient, homework, object_name="therapy", act="C"):
        access.require(by, "therapy", "C", patient=homework.patient)
    if day not in queries.days_of(homework) or day > local_day(at, homework.clinic.zone):
        raise Refused(Refusal("day", "This day is not to be ticked now.", "Choose one that has begun."))
    if mood and not whole(mood, 0, 10):
        raise Refused(Refusal("mood", "is not between 0 and 10.", "Choose a number, or none."))
    Homework.objects.select_for_update().get(pk=homework.pk)  # two first ticks of a day: the second stands on the first
    earlier = HomeworkTick.objects.current().filter(homework=homework, day=day).first()
    row = HomeworkTick.objects.create(
        **about(homework.patient, by, at), homework=homework, day=day, done=done, mood=int(mood) if mood else None,
        amends=earlier, amend_reason="ticked again" if earlier else "",
    )  # fmt: skip
    audit.note(by=by, at=at, verb="homework.tick", on=row, patient=homework.patient_id)
    return row


@transaction.atomic
def send_fresh(*, homework: Homework, by: Actor, at: datetime) -> MessageOut | None:
    """The day of a link is over, and there are days to tick: another one, as the first was sent (K1)."""
    if not holds_link(by, homework.patient, homework, object_name="therapy", act="C"):
        access.require(by, "therapy", "C", patient=homework.patient)
    homework = Homework.objects.select_for_update(of=("self",)).select_related("patient", "clinic").get(pk=homework.pk)
    if homework.ended_at is not None or at >= homework.link_until:
        return None
    message = outcomes.send_fresh_link(homework, kind=KIND, title=TITLE, way=Way.ANY, by=by, at=at)
    if message is not None:
        audit.note(by=by, at=at, verb="homework.fresh", on=homework, patient=homework.patient)
    return message


@transaction.atomic
def other_language(*, homework: Homework, by: Actor, at: datetime) -> None:
    """English or Spanish, kept for this form."""
    if not holds_link(by, homework.patient, homework, object_name="therapy", act="C"):
        access.require(by, "therapy", "C", patient=homework.patient)
    homework.language = "en" if homework.language.startswith("es") else "es"
    homework.save(update_fields=["language"])
    audit.note(by=by, at=at, verb="homework.language", on=homework, patient=homework.patient_id)


@transaction.atomic
def end_homework(*, homework: Homework, by: Actor, at: datetime) -> None:
    """It helps no more, or the next one begins: nothing more is sent, and the link closes."""
    access.require(by, "therapy", "U", patient=homework.patient)
    homework.ended_at, homework.version = at, homework.version + 1
    homework.save(update_fields=["ended_at", "version"])
    outcomes.withdraw_messages(homework, evidence=homework, by=by, at=at)
    audit.note(by=by, at=at, verb="homework.end", on=homework, patient=homework.patient)
