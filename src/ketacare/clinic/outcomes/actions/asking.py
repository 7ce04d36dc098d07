"""What is asked after a dose: each ask with its link, its messages and its duty; and what silence leads to."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence, Duty
from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.actions.answering import common, local, locked, raise_flag
from ketacare.clinic.outcomes.models import (
    Ask,
    AskState,
    Call,
    CallResult,
    MessageOut,
)
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import CareRelation, Role
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety import queries as watch
from ketacare.clinic.safety.models import Tier
from ketacare.clinic.scheduling.models import GIVEN_UP, Visit, VisitKind
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.outcomes import reader, rules
from ketacare.medicine.outcomes import terms as words
from ketacare.medicine.safety import reader as safety_reader
from ketacare.medicine.safety import rules as safety_rules
from ketacare.medicine.safety.terms import TriageContext
from ketacare.medicine.therapy import reader as therapy_reader
from ketacare.medicine.therapy import rules as therapy_rules

LINK_LIFE = timedelta(hours=24)
# Of the window, when an unanswered ask is sent again.
REMINDERS = (0.25, 0.5)
FOLLOW_UP = "checkin.follow"
# Of a patient at high risk, silence at these is somebody's at once.
SOON_AFTER = ("same_evening", "next_day")
INTEGRATION = "therapy.integration"


@transaction.atomic
def schedule_asks(*, visit: Visit, dose_at: datetime, by: Actor, at: datetime) -> list[Ask]:
    """After a dose: each check-in of the cadence with its link, its messages and its duty, and the integration visit.

    Times are elapsed hours from the dose, so a clock change moves the hour on the wall and never the interval.
    Called twice for a visit, it returns what there is.
    """
    access.require(by, "scores", "C", patient=visit.patient)
    there = list(Ask.objects.filter(visit=visit).order_by("opens_at"))
    if there:
        return there
    due = rules.due_asks(
        dose_at,
        reader.cadence(),
        again_after_days={name: reader.instrument(name).again_after_days for name in reader.INSTRUMENTS},
        answered_on=queries.last_asked(visit.patient),
        next_dose_at=next_dose(visit, dose_at),
    )
    asks = [make_ask(visit, dose_at, moment, by=by, at=at) for moment in due]
    open_integration(visit, dose_at, by=by, at=at)
    return asks


def next_dose(visit: Visit, dose_at: datetime) -> datetime | None:
    later = Visit.objects.filter(patient=visit.patient, kind=VisitKind.DOSE, starts_at__gt=dose_at)
    found = later.exclude(pk=visit.pk).exclude(state__in=GIVEN_UP).order_by("starts_at").first()
    return found.starts_at if found else None


def make_ask(visit: Visit, dose_at: datetime, moment: words.Ask, *, by: Actor, at: datetime) -> Ask:
    contact = people.contact(visit.patient)
    # The PHQ-9 asks about two weeks: never before a week has passed, whatever the window says.
    opens_at = moment.due_at if "phq-9" in moment.instruments else moment.opens_at
    ask = Ask.objects.create(
        organisation_id=visit.organisation_id,
        clinic_id=visit.clinic_id,
        created_at=at,
        patient=visit.patient,
        visit=visit,
        duty=open_follow_up(visit, moment, by=by, at=at),
        key=moment.key,
        title=moment.title,
        instruments=list(moment.instruments),
        language=contact.language if contact else "en",
        dose_at=dose_at,
        opens_at=opens_at,
        due_at=moment.due_at,
        closes_at=moment.closes_at,
        link_until=max(moment.closes_at, opens_at + LINK_LIFE),
    )
    write_messages(ask, at=at)
    audit.note(by=by, at=at, verb="ask.schedule", on=ask, patient=ask.patient_id, because=ask.key)
    return ask


def open_follow_up(visit: Visit, moment: words.Ask, *, by: Actor, at: datetime) -> Duty:
    """If the patient stays silent, a person calls: when the window closes, or when the clinic opens next."""
    call_at = watch.staffed(visit.clinic, moment.closes_at)
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


def write_messages(ask: Ask, *, at: datetime) -> None:
    """The first at the opening of the window, then again while it is unanswered."""
    width = ask.closes_at - ask.opens_at
    moments = [("first", ask.opens_at), *(("reminder", ask.opens_at + width * part) for part in REMINDERS)]
    for code, send_after in moments:
        MessageOut.objects.create(
            organisation_id=ask.organisation_id,
            clinic_id=ask.clinic_id,
            created_at=at,
            patient=ask.patient,
            ask=ask,
            code=code,
            send_after=send_after,
        )


def open_integration(visit: Visit, dose_at: datetime, *, by: Actor, at: datetime) -> Duty:
    """The therapist assigned, or the desk that must find one: a duty nobody can see is no duty."""
    window = therapy_rules.window_after(dose_at, therapy_reader.placement())
    therapist = (
        CareRelation.objects.filter(patient=visit.patient, kind="therapist", ended_at__isnull=True)
        .filter(Q(until__isnull=True) | Q(until__gte=local_day(dose_at, visit.clinic.zone)))
        .select_related("user")
        .first()
    )
    return duties.open_duty(
        kind=INTEGRATION,
        title="Integration visit" if therapist else "Find a therapist for the integration visit",
        patient=visit.patient,
        visit_id=visit.pk,
        owner_role=Role.TH if therapist else Role.FD,
        owner=therapist.user if therapist else None,
        due_at=window.opens_at,
        late_at=window.closes_at,
        escalate_at=window.closes_at,
        why="Integration is placed within 72 h of the dose",
        link=f"/therapy/{visit.pk}/",
        by=by,
        at=at,
    )


def miss(ask: Ask, *, by: Actor, at: datetime) -> Ask:
    """The window closed unanswered. What was kept so far stays; the follow-up duty stands; silence is a flag itself."""
    ask.state, ask.version = AskState.MISSED, ask.version + 1
    ask.save(update_fields=["state", "version"])
    context = TriageContext(at=local(ask.clinic, at))
    flag = safety_rules.missed_checks(missed_in_a_row(ask), context, safety_reader.triage_sheet())
    if flag is not None and "safety-items" in ask.instruments:
        raise_flag(flag, ask.patient, ask, by=by, at=at)
    if ask.key in SOON_AFTER and watch.flag(ask.patient) is not None:
        safety.raise_concern(patient=ask.patient, tier=Tier.NOW, reason_code=watch.SILENT, source=ask, by=by, at=at)
    audit.note(by=by, at=at, verb="ask.missed", on=ask, patient=ask.patient_id, because=ask.key)
    return ask


@transaction.atomic
def record_call(*, ask: Ask, result: str, words: str, by: Actor, at: datetime) -> Call:
    """Somebody called. Reached, the duty is done; worried, a clinician must judge; not reached, it stays open."""
    access.require(by, "scores", "C", patient=ask.patient)
    if result not in CallResult.values:
        raise Refused(Refusal("result", "is not chosen.", "Say what came of the call."))
    call = Call.objects.create(**common(ask.patient, by, at, at), ask=ask, result=result, words=words.strip())
    if result == CallResult.WORRIED:
        safety.raise_concern(
            patient=ask.patient, tier=Tier.SAME_DAY, reason_code="call.worried", source=call, by=by, at=at
        )
    if result != CallResult.NOT_REACHED:
        duties.close_duty(ask.duty, evidence=call, by=by, at=at)
    audit.note(by=by, at=at, verb="ask.call", on=call, patient=ask.patient_id, because=result)
    return call


def missed_in_a_row(ask: Ask) -> int:
    """How many safety checks in a row, ending with this one, went unanswered."""
    count = 0
    for earlier in Ask.objects.filter(patient=ask.patient, closes_at__lte=ask.closes_at).order_by("-closes_at"):
        if earlier.state != AskState.MISSED:
            break
        count += 1
    return count


@transaction.atomic
def new_link(ask: Ask, *, by: Actor, at: datetime) -> Ask:
    """A fresh link for a patient who lost theirs; the old one stops working."""
    access.require(by, "scores", "C", patient=ask.patient)
    ask = locked(ask)
    if ask.state == AskState.ANSWERED:
        raise Refused(Refusal("Check-in", "has been answered.", "Nothing needs to be sent.", "policy"))
    ask.link_serial, ask.version = ask.link_serial + 1, ask.version + 1
    ask.link_until = max(ask.link_until, at + LINK_LIFE)
    ask.save(update_fields=["link_serial", "link_until", "version"])
    audit.note(by=by, at=at, verb="ask.new_link", on=ask, patient=ask.patient_id)
    return ask
