"""Asking, keeping answers, scoring them, and raising a concern in the same transaction (H13)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Model

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence, Duty
from ketacare.clinic.links.access import holds_link
from ketacare.clinic.links.models import Form
from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.models import (
    Answers,
    Ask,
    AskState,
    Call,
    CallResult,
    MessageOut,
    MessageState,
    Score,
    Source,
    Way,
)
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import CareRelation, Patient, Role
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety import queries as watch
from ketacare.clinic.safety.models import Concern, Tier
from ketacare.clinic.scheduling.models import Visit, VisitKind, VisitState
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.outcomes import reader, rules
from ketacare.medicine.outcomes import terms as words
from ketacare.medicine.outcomes.terms import AnswersRefused
from ketacare.medicine.safety import reader as safety_reader
from ketacare.medicine.safety import rules as safety_rules
from ketacare.medicine.safety.terms import Flag, TriageContext
from ketacare.medicine.therapy import reader as therapy_reader
from ketacare.medicine.therapy import rules as therapy_rules

LINK_LIFE = timedelta(hours=24)
# Of the window, when an unanswered ask is sent again.
REMINDERS = (0.25, 0.5)
FOLLOW_UP = "checkin.follow"
INTEGRATION = "therapy.integration"


# -- answering ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def record_answers(
    *,
    patient: Patient,
    instrument: str,
    answers: dict[str, int | None],
    source: str,
    happened_at: datetime,
    by: Actor,
    at: datetime,
    ask: Ask | None = None,
) -> Score:
    """Keep the answers, raise what they raise, score them, and close the ask when its last instrument is in."""
    row = keep_answers(
        patient=patient,
        instrument=instrument,
        answers=answers,
        source=source,
        happened_at=happened_at,
        by=by,
        at=at,
        ask=ask,
    )
    scored = score(row, by=by, at=at)
    if ask is not None and set(ask.instruments) <= set(ask.scores.values_list("instrument", flat=True)):
        close(ask, scored, by=by, at=at)
    return scored


@transaction.atomic
def keep_answers(
    *,
    patient: Patient,
    instrument: str,
    answers: dict[str, int | None],
    source: str,
    happened_at: datetime,
    by: Actor,
    at: datetime,
    ask: Ask | None = None,
    form: Form | None = None,
    further: bool = False,
) -> Answers:
    """Store what was answered so far. A safety answer raises its concern here, finished form or not.

    `form`: a form of a room above that asks these questions, locked by that room. `further`: these answers come on top
    of those kept; otherwise they are all there are.
    """
    if not holds_link(by, patient, ask or form, object_name="scores", act="C"):
        access.require(by, "scores", "C", patient=patient)
    sheet = queries.instrument(instrument)
    # Two taps at once must not amend the same row twice, nor drop each other's answer: whoever comes second reads what
    # the first kept, and adds to that.
    ask = locked(ask) if ask is not None else None
    earlier = kept_before(ask, form, instrument)
    answers = (earlier.values if earlier is not None and further else {}) | answers
    refuse_impossible(sheet, answers)
    if earlier is not None and earlier.values == answers:
        return earlier
    row = Answers.objects.create(
        **common(patient, by, at, happened_at),
        ask=ask,
        form_id=form.pk if form is not None else None,
        instrument=instrument,
        instrument_version=sheet.version,
        source=Source(source),
        values=answers,
        amends=earlier,
        amend_reason="answered further" if earlier else "",
    )
    audit.note(by=by, at=at, verb="answers.keep", on=row, patient=patient, because=instrument)
    triage(row, ask or form, by=by, at=at)
    return row


def kept_before(ask: Ask | None, form: Form | None, instrument: str) -> Answers | None:
    if ask is not None:
        return queries.kept(ask, instrument)
    return queries.kept_through(form, instrument) if form is not None else None


def refuse_impossible(sheet: words.Instrument, answers: dict[str, int | None]) -> None:
    try:
        rules.score(sheet, answers)
    except AnswersRefused as refused:
        raise Refused(Refusal("answer", str(refused), "Choose one of the answers shown."))


def triage(row: Answers, form: Form | None, *, by: Actor, at: datetime) -> list[Concern]:
    """Every flag these answers raise, item by item. The source is the form, so answering on raises nothing twice; what
    is said anew after a clinician decided is another concern, and its source is the answer."""
    context = TriageContext(at=local(row.clinic, at), before_dose=before_dose(row))
    flags = safety_rules.triage(row.instrument, row.values, context, safety_reader.triage_sheet())
    return [
        raise_flag(flag, row.patient, row if is_said_anew(row, flag) else form or row, by=by, at=at) for flag in flags
    ]


def is_said_anew(row: Answers, flag: Flag) -> bool:
    """Another answer to an item whose concern has been decided: the decision was about what was said before."""
    earlier = row.amends
    if row.asked_by is None or not isinstance(earlier, Answers) or flag.item is None:
        return False
    if earlier.values.get(flag.item) == row.values.get(flag.item):
        return False
    return watch.decided(row.asked_by, flag.rule)


def raise_flag(flag: Flag, patient: Patient, source: Model, *, by: Actor, at: datetime) -> Concern:
    return safety.raise_concern(
        patient=patient, tier=int(flag.tier[1]), reason_code=flag.rule, source=source, by=by, at=at
    )


def local(clinic: Clinic, at: datetime) -> datetime:
    """Working days are counted in the clinic's own zone."""
    return at.astimezone(ZoneInfo(clinic.zone))


def before_dose(row: Answers) -> int | None:
    """The last total of the same scale before the dose, for flags that compare."""
    if row.ask is None:
        return None
    earlier = queries.scores(row.patient, row.instrument).filter(happened_at__lte=row.ask.dose_at).last()
    return int(earlier.total) if earlier is not None and earlier.total is not None else None


def score(row: Answers, *, by: Actor, at: datetime) -> Score:
    """The score of kept answers. A missing item leaves the total empty; it is never a zero."""
    earlier: Score | None = getattr(row, "score", None)
    if earlier is not None:
        return earlier
    sheet = queries.instrument(row.instrument)
    result = rules.score(sheet, row.values)
    scored = Score.objects.create(
        **common(row.patient, by, at, row.happened_at),
        answers=row,
        ask=row.ask,
        instrument=row.instrument,
        instrument_version=result.version,
        total=result.total if sheet.scored_items else None,
        sum_answered=result.sum_answered,
        band=result.band or "",
        missing_items=[item.id for item in sheet.scored_items or sheet.items if row.values.get(item.id) is None],
        in_window=row.ask is None or queries.in_window(row.ask, row.happened_at),
        overlaps_recall=queries.overlaps_recall(row.patient, row.instrument, row.happened_at),
    )
    audit.note(by=by, at=at, verb="score.record", on=scored, patient=row.patient_id, because=row.instrument)
    return scored


@transaction.atomic
def finish(ask: Ask, *, by: Actor, at: datetime) -> Ask:
    """Send the form: every instrument is scored from what was kept; what was not answered is missing."""
    if not holds_link(by, ask.patient, ask, object_name="scores", act="C"):
        access.require(by, "scores", "C", patient=ask.patient)
    ask = locked(ask)
    if ask.state == AskState.ANSWERED:
        return ask
    for instrument in ask.instruments:
        row = queries.kept(ask, instrument)
        if row is None:
            row = keep_answers(
                patient=ask.patient,
                instrument=instrument,
                answers={},
                source=Source.PATIENT,
                happened_at=at,
                by=by,
                at=at,
                ask=ask,
            )
        last = score(row, by=by, at=at)
    return close(ask, last, by=by, at=at)


def close(ask: Ask, evidence: Score, *, by: Actor, at: datetime) -> Ask:
    """Answered: the link is used, its duty is done, and no reminder goes out."""
    ask.state, ask.answered_at, ask.version = AskState.ANSWERED, at, ask.version + 1
    ask.save(update_fields=["state", "answered_at", "version"])
    duties.close_duty(ask.duty, evidence=evidence, by=by, at=at)
    for message in ask.messages.filter(state=MessageState.WAITING):
        message.state = MessageState.NEEDLESS
        message.save(update_fields=["state"])
        if message.duty is not None:
            duties.close_duty(message.duty, evidence=evidence, by=by, at=at)
    audit.note(by=by, at=at, verb="ask.answered", on=ask, patient=ask.patient_id, because=ask.key)
    return ask


def locked(ask: Ask) -> Ask:
    rows = Ask.objects.select_for_update(of=("self",)).select_related("patient", "clinic", "duty")
    return rows.get(pk=ask.pk)


def common(patient: Patient, by: Actor, at: datetime, happened_at: datetime) -> dict[str, Any]:
    return {
        "patient": patient,
        "organisation_id": patient.organisation_id,
        "clinic_id": patient.clinic_id,
        "happened_at": happened_at,
        "recorded_at": at,
        "recorded_by_id": by.user_id,
    }


# -- asking ------------------------------------------------------------------------------------------------------------


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
    found = later.exclude(pk=visit.pk).exclude(state=VisitState.CANCELLED).order_by("starts_at").first()
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


# -- messages and missed asks ------------------------------------------------------------------------------------------


@transaction.atomic
def write_message(
    form: Form, *, kind: str, code: str, title: str, way: Way, send_after: datetime, by: Actor, at: datetime
) -> MessageOut:
    """A message with the link of a form of a room above, whose action has asked for the right to hand it out."""
    row = MessageOut.objects.create(
        organisation_id=form.organisation_id,
        clinic_id=form.clinic_id,
        created_at=at,
        patient=form.patient,
        kind=kind,
        form_id=form.pk,
        form_serial=form.link_serial,
        form_until=form.link_until,
        form_title=title,
        form_language=form.language,
        way=way,
        code=code,
        send_after=send_after,
    )
    audit.note(by=by, at=at, verb="message.write", on=row, patient=form.patient_id, because=kind)
    return row


@transaction.atomic
def withdraw_messages(form: Form, *, evidence: Model, by: Actor, at: datetime) -> None:
    """The form needs no more messages: those not yet sent stay unsent, and nobody has to send them by hand."""
    for message in queries.messages_of(form).filter(state=MessageState.WAITING):
        set_message(message, MessageState.NEEDLESS, at)
        if message.duty is not None:
            duties.close_duty(message.duty, evidence=evidence, by=by, at=at)
    audit.note(by=by, at=at, verb="message.withdraw", on=form, patient=form.patient_id)


def deliver(message: MessageOut, *, caught: bool, by: Actor, at: datetime) -> MessageOut:
    """In the demo the local outbox catches it. Without a gateway it is the desk's duty, and says so (H23)."""
    answered = message.ask is not None and message.ask.state == AskState.ANSWERED
    if answered or at >= message.link_until or overtaken(message, at):
        return set_message(message, MessageState.NEEDLESS, at)
    if caught:
        return set_message(message, MessageState.CAUGHT, at)
    if queries.beside(message).filter(duty__isnull=False).exists():
        return set_message(message, MessageState.NEEDLESS, at)  # one duty to send it is enough; the call comes next
    message.duty = duties.open_duty(
        kind="message.send",
        title="Send an intake link by hand" if message.ask is None else "Send a check-in link by hand",
        patient=message.patient,
        owner_role=Role.FD,
        due_at=message.send_after,
        why="No message gateway is connected",
        link="/outbox/",
        consequence=Consequence.CARE if message.ask is None else Consequence.SAFETY,
        by=by,
        at=at,
    )
    message.save(update_fields=["duty"])
    return message


def overtaken(message: MessageOut, at: datetime) -> bool:
    """After an outage one message goes out, the latest: not all that were missed, one after another."""
    return queries.beside(message).filter(send_after__gt=message.send_after, send_after__lte=at).exists()


@transaction.atomic
def sent_by_hand(message: MessageOut, *, by: Actor, at: datetime) -> MessageOut:
    """A person gave the link to the patient."""
    access.require(by, "messages", "C", patient=message.patient)
    set_message(message, MessageState.SENT, at)
    if message.duty is not None:
        duties.close_duty(message.duty, evidence=message, by=by, at=at)
    audit.note(by=by, at=at, verb="message.sent", on=message, patient=message.patient_id)
    return message


def set_message(message: MessageOut, state: MessageState, at: datetime) -> MessageOut:
    message.state = state
    message.sent_at = at if state in (MessageState.SENT, MessageState.CAUGHT) else None
    message.version += 1
    message.save(update_fields=["state", "sent_at", "version"])
    return message


def miss(ask: Ask, *, by: Actor, at: datetime) -> Ask:
    """The window closed unanswered. What was kept so far stays; the follow-up duty stands; silence is a flag itself."""
    ask.state, ask.version = AskState.MISSED, ask.version + 1
    ask.save(update_fields=["state", "version"])
    context = TriageContext(at=local(ask.clinic, at))
    flag = safety_rules.missed_checks(missed_in_a_row(ask), context, safety_reader.triage_sheet())
    if flag is not None and "safety-items" in ask.instruments:
        raise_flag(flag, ask.patient, ask, by=by, at=at)
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
