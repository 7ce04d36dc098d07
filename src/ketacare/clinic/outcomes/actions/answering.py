"""Keeping answers, scoring them, and raising a concern in the same transaction (H13)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Model, QuerySet

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.links.access import holds_link
from ketacare.clinic.links.models import Form
from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.actions.staffing import ask_next_time, rate_again, rated
from ketacare.clinic.outcomes.alike import comparable, is_same_measure
from ketacare.clinic.outcomes.asked import items_asked
from ketacare.clinic.outcomes.models import (
    Answers,
    Ask,
    AskState,
    MessageState,
    Score,
    Source,
)
from ketacare.clinic.people import access
from ketacare.clinic.people.above import tell_above, telling_once
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety import queries as watch
from ketacare.clinic.safety.models import Concern, Tier
from ketacare.clinic.safety.reasons import is_of_suicide
from ketacare.clinic.scheduling import queries as scheduling
from ketacare.clinic.scheduling.queries import clinic_day
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.outcomes import rules
from ketacare.medicine.outcomes import terms as words
from ketacare.medicine.outcomes.rules.alike import NOT_SAID, Marks
from ketacare.medicine.outcomes.terms import AnswersRefused
from ketacare.medicine.safety import reader as safety_reader
from ketacare.medicine.safety import rules as safety_rules
from ketacare.medicine.safety.terms import Flag, TriageContext

# Of a patient at high risk, silence at these is somebody's at once.
SOON_AFTER = ("same_evening", "next_day")
FURTHER = "answered further"


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
    marks: Marks = NOT_SAID,
) -> Answers:
    """Store what was answered so far. A safety answer raises its concern here, finished form or not.

    `form`: a form of a room above that asks these questions, locked by that room. `further`: these answers come on top
    of those kept; otherwise they are all there are. `marks`: the edition and the blinding of a rating.
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
    asked = ask or form
    shown = queries.shown(patient.organisation_id, instrument, asked.language if asked else "en")
    row = Answers.objects.create(
        **common(patient, by, at, happened_at),
        ask=ask,
        form_id=form.pk if form is not None else None,
        instrument=instrument,
        instrument_version=sheet.version,
        source=Source(source),
        values=answers,
        language=shown.language,
        wording=shown.text,
        amends=earlier,
        amend_reason=FURTHER if earlier else "",
    )
    audit.note(by=by, at=at, verb="answers.keep", on=row, patient=patient, because=instrument)
    triage(row, ask or form, marks, by=by, at=at)
    return row


def kept_before(ask: Ask | None, form: Form | None, instrument: str) -> Answers | None:
    if ask is not None:
        return queries.kept(ask, instrument)
    return queries.kept_through(form, instrument) if form is not None else None


def refuse_impossible(sheet: words.Instrument, answers: dict[str, int | None]) -> None:
    try:
        rules.score_as_given(sheet, answers)
    except AnswersRefused as refused:
        raise Refused(Refusal("answer", str(refused), "Choose one of the answers shown."))


def triage(row: Answers, form: Model | None, marks: Marks = NOT_SAID, *, by: Actor, at: datetime) -> list[Concern]:
    """Every flag these answers raise, item by item. The source is the form, so answering on raises nothing twice; what
    is said anew after a clinician decided is another concern, and its source is the answer."""
    dose_at, last = dose_before(row), last_dose(row)
    first = baseline(row, marks)
    context = TriageContext(
        at=local(row.clinic, at),
        since_dose=row.happened_at - dose_at if dose_at else None,
        before_dose=before_dose(row, dose_at or last, marks),
        baseline=int(first.total) if first is not None and first.total is not None else None,
        baseline_items=first.answers.values if first is not None else {},
        bipolar=is_bipolar(row.patient),
        treated=last is not None,
    )
    flags = safety_rules.triage(row.instrument, row.values, context, safety_reader.triage_sheet())
    said = row.happened_at.replace(second=0, microsecond=0)
    held = queries.held_since(row.patient_id, said, whole=True) if flags else set()
    raised = [
        safety.raise_concern(
            patient=row.patient,
            tier=int(flag.tier[1]),
            reason_code=flag.rule,
            source=row if is_said_anew(row, flag) else form or row,
            said_at=row.happened_at,
            held=held,
            by=by,
            at=at,
        )
        for flag in flags
    ]
    if any(is_of_suicide(flag.rule) for flag in flags):
        ask_next_time(row.patient, by=by, at=at)
    if flags and dose_at is not None:
        rate_again(of_the_dose_to_rate_again(row, dose_at), dose_at, by=by, at=at)
    return raised


def of_the_dose_to_rate_again(row: Answers, dose_at: datetime) -> QuerySet[Ask]:
    """Locked in one order, and no others: of one dose two forms may be flagged at one moment, each holding its own."""
    of_the_dose = Ask.objects.filter(patient=row.patient_id, dose_at=dose_at, state=AskState.WAITING)
    again = [one.pk for one in of_the_dose if one.pk != row.ask_id and queries.rule_for(one).if_rated]
    waiting = Ask.objects.select_for_update(of=("self",)).select_related("visit__clinic", "staff_duty")
    return waiting.filter(pk__in=again).order_by("pk")


def is_bipolar(patient: Patient) -> bool | None:
    """As the running course is for; None where nobody has said for what: then the graver tier counts."""
    diagnosis = queries.asked_by(patient).treated.diagnosis
    return "bipolar" in diagnosis if diagnosis else None


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


def dose_before(row: Answers) -> datetime | None:
    """The dose that these answers are about: of an ask its own; of a rating the last one begun on that day."""
    if row.ask is not None:
        return row.ask.dose_at
    day = clinic_day(row.clinic.zone, row.happened_at)[0]
    return scheduling.dose_begun(row.patient, since=day, until=row.happened_at)


def last_dose(row: Answers) -> datetime | None:
    """However long ago: a paper form of a week later is held against what was before it."""
    return scheduling.dose_begun(row.patient, since=datetime.min.replace(tzinfo=UTC), until=row.happened_at)


def before_dose(row: Answers, dose_at: datetime | None, marks: Marks) -> int | None:
    """The last total of the same scale before the dose, for flags that compare: of the line that these answers are on,
    as in the curve, where there is one."""
    if dose_at is None:
        return None
    found = last_before(row, dose_at, marks)
    return None if found is None or found.total is None else int(found.total)


def last_before(row: Answers, until: datetime, marks: Marks) -> Score | None:
    """Of the line that these answers are on; where it has none, of the same measure: an edition that is spelt otherwise
    and a rater who knew more hide no danger (H13)."""
    sheet = queries.instrument(row.instrument)
    rows = queries.scores(row.patient, row.instrument).filter(happened_at__lte=until, total__isnull=False)
    scores = list(rows.select_related("answers__rating"))
    alike = comparable(scores, sheet, marks)
    alike = alike or [one for one in scores if is_same_measure(one.instrument_version, sheet.version)]
    return alike[-1] if alike else None


def baseline(row: Answers, marks: Marks) -> Score | None:
    """The last score of the same scale before the first dose of the course: worse than that is worse by treatment or in
    spite of it (N7). None where no rule asks for it."""
    lines = (line for line in safety_reader.triage_sheet().rows if line.instrument == row.instrument)
    if not any(line.worse_by or line.above for line in lines):
        return None
    course = enrolled.current_enrolment(row.patient)
    since = course.created_at if course is not None else datetime.min.replace(tzinfo=UTC)
    first = scheduling.first_dose(row.patient, since=since, until=row.happened_at)
    if first is None:
        return None
    told = queries.answered(row.patient, row.instrument)
    found = told.trajectory(row.instrument, [first], marks).baseline
    if found is None:
        return last_before(row, first, marks)
    alike = told.scores_of(row.instrument, marks)
    return next((one for one in reversed(alike) if one.happened_at == found.at), None)


def score(row: Answers, *, by: Actor, at: datetime) -> Score:
    """The score of kept answers. A missing item leaves the total empty; it is never a zero. A form that was scored when
    its window closed and is finished later has one score: the second stands in place of the first."""
    earlier: Score | None = getattr(row, "score", None)
    if earlier is not None:
        return earlier
    sheet = queries.instrument(row.instrument)
    result = rules.score_as_given(sheet, row.values)
    of_form = Score.objects.current().filter(ask=row.ask, instrument=row.instrument)
    before = of_form.first() if row.ask is not None else None
    scored = Score.objects.create(
        **common(row.patient, by, at, row.happened_at),
        answers=row,
        ask=row.ask,
        instrument=row.instrument,
        instrument_version=result.version,
        total=result.total if sheet.scored_items else None,
        sum_answered=result.sum_answered,
        band=result.band or "",
        missing_items=missing_in(sheet, result, row),
        in_window=row.ask is None or queries.in_window(row.ask, row.happened_at),
        overlaps_recall=queries.overlaps_recall(row.patient, row.instrument, row.happened_at, of=row.ask),
        amends=before,
        amend_reason=FURTHER if before else "",
    )
    audit.note(by=by, at=at, verb="score.record", on=scored, patient=row.patient_id, because=row.instrument)
    rated(scored, by=by, at=at)
    tell_above(row.patient, by=by, at=at)
    return scored


def missing_in(sheet: words.Instrument, result: words.Score, row: Answers) -> list[str]:
    """What the score lacks; of questions that are not scored, whatever was not answered."""
    if sheet.scored_items:
        return list(result.missing)
    asked = sheet.items if row.ask is None else items_asked(row.ask, sheet)
    return [item.id for item in asked if row.values.get(item.id) is None]


@transaction.atomic
@telling_once()
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
    """Answered: the link is used and no reminder goes out. Its duty is done, unless the safety questions were left
    open: then somebody calls as if nothing had come (H13)."""
    ask.state, ask.answered_at, ask.version = AskState.ANSWERED, at, ask.version + 1
    ask.save(update_fields=["state", "answered_at", "version"])
    if queries.is_safety_unknown(ask):
        duties.retime(ask.duty, due_at=min(ask.duty.due_at, watch.staffed(ask.clinic, at)), by=by, at=at)
        own_silence(ask, by=by, at=at)
    else:
        duties.close_duty(ask.duty, evidence=evidence, by=by, at=at)
    settle_messages(ask, evidence, by=by, at=at)
    audit.note(by=by, at=at, verb="ask.answered", on=ask, patient=ask.patient_id, because=ask.key)
    return ask


def own_silence(ask: Ask, *, by: Actor, at: datetime) -> None:
    """Of a patient at high risk, no word on safety soon after a dose is somebody's at once."""
    if ask.key in SOON_AFTER and watch.flag(ask.patient) is not None:
        safety.raise_concern(patient=ask.patient, tier=Tier.NOW, reason_code=watch.SILENT, source=ask, by=by, at=at)


def settle_messages(ask: Ask, evidence: Model, *, by: Actor, at: datetime) -> None:
    """What is not sent stays unsent, and nobody says by hand what did not arrive. The word on driving goes out."""
    for message in ask.messages.exclude(code="driving").select_related("duty"):
        if message.state in (MessageState.WAITING, MessageState.READY):
            message.state, message.version = MessageState.NEEDLESS, message.version + 1
            message.save(update_fields=["state", "version"])
        if message.duty is not None:
            duties.close_duty(message.duty, evidence=evidence, by=by, at=at)


def locked(ask: Ask) -> Ask:
    rows = Ask.objects.select_for_update(of=("self",)).select_related(
        "patient", "clinic", "duty", "staff_duty", "visit"
    )
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
