"""What is asked after a dose: each ask with its link, its messages and its duties."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence, Duty
from ketacare.clinic.outcomes import access as links
from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.actions.staffing import ask_next_time, flagged_before, open_staff_duty, rate_again
from ketacare.clinic.outcomes.actions.therapists import INTEGRATION, assigned_until, role_of, title_for
from ketacare.clinic.outcomes.models import Ask, MessageOut
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role
from ketacare.clinic.safety import queries as watch
from ketacare.clinic.scheduling import queries as scheduling
from ketacare.clinic.scheduling.models import HELD, Visit, VisitKind
from ketacare.clinic.tenancy.days import local_day
from ketacare.medicine.outcomes import reader, rules
from ketacare.medicine.outcomes import terms as words

FOLLOW_UP = "checkin.follow"
PHQ9 = "phq-9"


@transaction.atomic
def schedule_asks(
    *, visit: Visit, dose_at: datetime, by: Actor, at: datetime, seen_at: datetime | None = None
) -> list[Ask]:
    """After a dose: each check-in of the cadence with its link, its messages and its duty, and the integration visit.

    Times are elapsed hours from the dose, so a clock change moves the hour on the wall and never the interval.
    Called twice for a visit, it returns what there is. Whoever was here until a window was over, or as good as, is not
    asked about it. `seen_at`: when the record last has them here, if not now. Leaving may be charted long after: what
    nobody saw is asked, though it be over, so that silence is heard and somebody calls (H13).
    """
    access.require(by, "scores", "C", patient=visit.patient)
    asked = queries.asked_by(visit.patient)
    keys = [rule.key for rule in asked.rules()]
    there = list(Ask.objects.filter(visit=visit, key__in=keys).order_by("opens_at"))
    if there:
        return there
    here_until, flagged = min(at, seen_at or at), flagged_before(visit.patient, at)
    due = [one for one in after_dose(visit, dose_at, asked) if here_until <= one.closes_at - time_to_answer()]
    asks = [make_ask(visit, dose_at, moment, asked.version, by=by, at=at) for moment in due]
    if owes_integration(visit):
        open_integration(visit, dose_at, by=by, at=at)
    if flagged:
        ask_next_time(visit.patient, of=asks, by=by, at=at)
    rate_again(asks, dose_at, by=by, at=at)
    return asks


@transaction.atomic
def schedule_again(*, visit: Visit, dose_at: datetime, keys: Iterable[str], by: Actor, at: datetime) -> list[Ask]:
    """What the next dose had taken the place of, now that it comes later or not at all."""
    asked = queries.asked_by(visit.patient, of_dose_at=dose_at)
    new = set(keys) - set(Ask.objects.filter(visit=visit).values_list("key", flat=True))
    due = [moment for moment in after_dose(visit, dose_at, asked) if moment.key in new]
    return [make_ask(visit, dose_at, moment, asked.version, by=by, at=at) for moment in due]


def after_dose(visit: Visit, dose_at: datetime, asked: queries.Asked) -> list[words.Ask]:
    """By the next dose as it is planned now."""
    due = rules.due_asks(
        dose_at,
        asked.rules(),
        again_after_days=rests(asked.version),
        recall_days=recalls(asked.version),
        answered_on=queries.last_asked(visit.patient),
        next_dose_at=queries.asked_before(visit, dose_at),
        begins_at=queries.next_dose(visit.patient_id, dose_at, but=visit.pk),
    )
    return [in_time(moment) for moment in due]


def rests(version: str) -> dict[str, int]:
    """How long each form rests once it was answered: as its own sheet says, or that version of the cadence."""
    own = {name: reader.instrument(name).again_after_days for name in reader.INSTRUMENTS}
    return own | dict(reader.cadence_sheet(version).rests)


def recalls(version: str) -> dict[str, int]:
    """On how many days each form looks back, or how long that version of the cadence lets it rest."""
    own = {name: reader.instrument(name).recall_days for name in reader.INSTRUMENTS}
    return own | dict(reader.cadence_sheet(version).rests)


def make_ask(
    visit: Visit, anchor_at: datetime, moment: words.Ask, version: str = "", *, by: Actor, at: datetime
) -> Ask:
    """`anchor_at`: what its hours are counted from; `version`: of the cadence. What may not be shown falls to staff."""
    rule = queries.rule_of(moment.key, version)
    contact = people.contact(visit.patient)
    language = contact.language if contact else "en"
    shown = [one for one in moment.instruments if queries.shown(visit.organisation_id, one, language).is_worded]
    by_staff = [*moment.staff, *(one for one in moment.instruments if one not in shown)]
    opens_at = opening(moment)
    ask = Ask.objects.create(
        organisation_id=visit.organisation_id,
        clinic_id=visit.clinic_id,
        created_at=at,
        patient=visit.patient,
        visit=visit,
        duty=open_follow_up(visit, moment, by=by, at=at),
        staff_duty=open_staff_duty(visit, moment, by_staff, moment.checks, by=by, at=at),
        staff_instruments=by_staff,
        checks=list(moment.checks),
        cadence=version,
        key=moment.key,
        title=moment.title,
        instruments=shown,
        has_words=rule.has_words,
        language=language,
        dose_at=anchor_at,
        opens_at=opens_at,
        due_at=moment.due_at,
        closes_at=moment.closes_at,
        link_until=link_until(moment),
    )
    write_messages(ask, at=at)
    audit.note(by=by, at=at, verb="ask.schedule", on=ask, patient=ask.patient_id, because=ask.key)
    return ask


def opening(moment: words.Ask) -> datetime:
    """The PHQ-9 asks about two weeks: after a dose never before a week has passed, whatever the window says."""
    return moment.due_at if moment.key == "week" and PHQ9 in moment.instruments else moment.opens_at


def has_no_time(moment: words.Ask) -> bool:
    """The PHQ-9 of a week whose window the next dose closes before the week has passed."""
    return PHQ9 in moment.instruments and opening(moment) >= moment.closes_at


def in_time(moment: words.Ask) -> words.Ask:
    """Without the PHQ-9 where a week has no time for it: the questions before the next dose ask it."""
    if not has_no_time(moment):
        return moment
    return replace(moment, instruments=tuple(name for name in moment.instruments if name != PHQ9))


def link_until(moment: words.Ask) -> datetime:
    """Until when a link may open the form, each for a day. A day at least; what is asked before a dose ends with it."""
    if queries.rule_of(moment.key).anchor is words.Anchor.NEXT_DOSE:
        return moment.closes_at
    return max(moment.closes_at, opening(moment) + links.link_lives())


def open_follow_up(visit: Visit, moment: words.Ask, *, by: Actor, at: datetime) -> Duty:
    """If the patient stays silent, a person calls: when the window closes, or when the clinic opens next; now, if it
    is over."""
    call_at = watch.staffed(visit.clinic, max(moment.closes_at, at))
    return duties.open_duty(
        kind=FOLLOW_UP,
        title=f"Call if not answered: {moment.title.lower()}",
        patient=visit.patient,
        visit_id=visit.pk,
        owner_role=Role.RN if moment.key == "same_evening" else Role.FD,
        due_at=call_at,
        why="A missing check-in may hide somebody who is not well",
        link=f"/visits/{visit.pk}/check-ins/",
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )


def time_to_answer() -> timedelta:
    """So much of a window must be left for anything to be asked in it."""
    return timedelta(hours=float(reader.outreach().time_to_answer.value))


def message_times(ask: Ask) -> list[tuple[str, datetime]]:
    """The first at the opening of the window, then again while it is unanswered. Each brings a link of its own, which
    lives a day: of a long window the last day has one too (K1)."""
    width, last_day = ask.closes_at - ask.opens_at, ask.closes_at - links.link_lives()
    times = [ask.opens_at, *(ask.opens_at + width * float(part) / 100 for part in reader.outreach().asked_again.values)]
    if last_day > times[-1] + links.link_lives():
        times.append(last_day)
    return list(zip(["first", *["reminder"] * len(times)], times, strict=False))


def write_messages(ask: Ask, *, at: datetime) -> None:
    for code, send_after in message_times(ask):
        MessageOut.objects.create(
            organisation_id=ask.organisation_id,
            clinic_id=ask.clinic_id,
            created_at=at,
            patient=ask.patient,
            ask=ask,
            code=code,
            send_after=send_after,
        )


def integration_why(opens_h: int, closes_h: int) -> str:
    return f"Integration is placed {opens_h} to {closes_h} h after the dose"


def owes_integration(visit: Visit) -> bool:
    """Where the sheet owes one after this dose; and where one is booked all the same, somebody has to hold it."""
    if scheduling.work_owed([visit.patient_id]).after(visit):
        return True
    return Visit.objects.filter(follows=visit, kind=VisitKind.INTEGRATION, state__in=HELD).exists()


def open_integration(visit: Visit, dose_at: datetime, *, by: Actor, at: datetime) -> Duty:
    """The therapist assigned, or the desk that must find one: a duty nobody can see is no duty."""
    opens_h, closes_h = scheduling.window_hours(visit)
    opens, closes = dose_at + timedelta(hours=opens_h), dose_at + timedelta(hours=closes_h)
    therapist = assigned_until(visit.patient, local_day(closes, visit.clinic.zone), visit.pk)
    return duties.open_duty(
        kind=INTEGRATION,
        title=title_for(therapist),
        patient=visit.patient,
        visit_id=visit.pk,
        owner_role=role_of(therapist) if therapist else Role.FD,
        owner=therapist.user if therapist else None,
        due_at=opens,
        late_at=closes,
        escalate_at=closes,
        why=integration_why(opens_h, closes_h),
        link=f"/therapy/{visit.pk}/",
        by=by,
        at=at,
    )
