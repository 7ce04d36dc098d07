"""Reading asks, answers and scores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from django.db.models import F, Q, QuerySet

from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.links.models import Form
from ketacare.clinic.outcomes.above import above
from ketacare.clinic.outcomes.alike import comparable
from ketacare.clinic.outcomes.alike import is_same_measure as is_same_measure
from ketacare.clinic.outcomes.gaps import a_night, gaps, point_of
from ketacare.clinic.outcomes.models import (
    Answers,
    Ask,
    AskState,
    IndexEvent,
    MessageOut,
    MessageReply,
    MessageState,
    MessageWish,
    ScaleText,
    Score,
    Told,
    UnknownReply,
)
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling.models import GIVEN_UP, Visit, VisitKind, VisitState
from ketacare.medicine.outcomes import reader, rules
from ketacare.medicine.outcomes.rules.alike import NOT_SAID, Marks
from ketacare.medicine.outcomes.terms import (
    UNSAID,
    Anchor,
    AskRule,
    Instrument,
    Point,
    TextPack,
    Trajectory,
    Treated,
)
from ketacare.medicine.safety import reader as safety_reader
from ketacare.medicine.safety.terms import Tier

OURS = {
    "safety-items": safety_reader.safety_items,
    "safety-first": safety_reader.safety_first,
    "mania-items": safety_reader.mania_items,
    "side-effects": safety_reader.side_effects_asked,
}
NO_SCALES = tuple(OURS)
GIVEN = (VisitState.DISCHARGED, VisitState.CLOSED)
LATE_CALL = "checkin.late"


def instrument(name: str) -> Instrument:
    """Any sheet that can be asked: the scales, the safety questions, the side effects."""
    return OURS[name]("en") if name in OURS else reader.instrument(name)


def texts(organisation_id: UUID) -> QuerySet[ScaleText]:
    """The owners' texts that this organisation has loaded and uses."""
    rows = ScaleText.objects.current().filter(organisation_id=organisation_id, is_withdrawn=False)
    return rows.select_related("recorded_by").order_by("instrument", "language")


def text_of(organisation_id: UUID, name: str, language: str) -> ScaleText | None:
    """The newest row of this text, withdrawn or not: the next one amends it."""
    rows = ScaleText.objects.current().filter(organisation_id=organisation_id, instrument=name, language=language)
    return rows.first()


@lru_cache(maxsize=128)
def pack_in(text: str) -> TextPack:
    return reader.pack_in(text)


def shown(organisation_id: UUID, name: str, language: str = "en") -> Instrument:
    """The instrument as it may be shown here: in the owner's words where they are loaded, in the language asked for if
    there are any, never in a translation of ours."""
    if name in OURS:
        return OURS[name](language[:2])
    sheet = instrument(name)
    loaded = {row.language[:2]: row for row in texts(organisation_id).filter(instrument=name)}
    row = loaded.get(language[:2])
    if row is None and (free := reader.translation(name, language)) is not None:
        return rules.worded(sheet, free)
    if row is None and (ours := reader.in_own_words(name, language)) is not None:
        return ours
    if row is None and not sheet.is_worded:
        row = next(iter(loaded.values()), None)
    return rules.worded(sheet, pack_in(row.text)) if row else sheet


def ratings(patient: Patient) -> QuerySet[Score]:
    """Every scale that was answered or rated, newest first; the safety questions of a check-in are no scale."""
    rows = Score.objects.current().filter(patient=patient).exclude(instrument__in=NO_SCALES)
    return rows.select_related("answers__rating__rater", "recorded_by").order_by("-happened_at")


ABOUT_AN_EVENT = ("pcl-5", "pcl-5-week")


def index_event(patient: Patient) -> IndexEvent | None:
    """The event that these forms are about: the first that was written."""
    return IndexEvent.objects.current().filter(patient=patient).order_by("recorded_at").first()


def event_named(ask: Ask) -> IndexEvent | None:
    """The event that this form names. Its words are of the chart, which a link alone does not open (K1): they
    stand only on a form that asked for the birth year from its first page on, because they were written before."""
    if not set(ask.instruments) & set(ABOUT_AN_EVENT):
        return None
    found, first = index_event(ask.patient), ask.answers.order_by("recorded_at").first()
    return None if found is None or (first is not None and first.recorded_at < found.recorded_at) else found


def kept(ask: Ask, name: str) -> Answers | None:
    """The answers to one instrument of an ask as they stand."""
    return Answers.objects.current().filter(ask=ask, instrument=name).first()


def kept_through(form: Form, name: str) -> Answers | None:
    """The answers to one instrument of a form of a room above, as they stand."""
    return Answers.objects.current().filter(form_id=form.pk, instrument=name).first()


def values(ask: Ask, name: str) -> dict[str, int | None]:
    row = kept(ask, name)
    return dict(row.values) if row else {}


def is_safety_unknown(ask: Ask) -> bool:
    """Whether a question that can tell of danger now was asked here and has no answer: that is no all-clear (H13)."""
    sheet = safety_reader.triage_sheet()
    for asked in (sheet.items, sheet.first):
        if asked.id in ask.instruments:
            given = values(ask, asked.id)
            grave = (item.id for item in asked.items if Tier.T1 in sheet.answer_tiers[item.id].tiers)
            if any(given.get(name) is None for name in grave):
                return True
    return False


def awaits_call(ask: Ask) -> bool:
    """Sent without a word on safety, and nobody has called yet."""
    return ask.duty.is_open and is_safety_unknown(ask)


def scores(patient: Patient | UUID, name: str) -> QuerySet[Score]:
    return Score.objects.current().filter(patient=patient, instrument=name).order_by("happened_at")


def last_asked(patient: Patient) -> dict[str, datetime]:
    """When each instrument was last scored, or will be by an ask still open or by staff who have it to do: none is
    asked again too soon."""
    found: dict[str, datetime] = {}
    is_open, by_staff = Q(state=AskState.WAITING), Q(staff_duty__state=DutyState.OPEN)
    for ask in Ask.objects.filter(is_open | by_staff, patient=patient).order_by("due_at"):
        waits = (*ask.instruments, *ask.staff_instruments) if ask.state == AskState.WAITING else ask.staff_instruments
        found |= dict.fromkeys(waits, ask.due_at)
    for name, happened_at in last_scored(patient).items():
        found[name] = max(happened_at, found.get(name, happened_at))
    return found


def last_scored(patient: Patient) -> dict[str, datetime]:
    rows = Score.objects.current().filter(patient=patient).order_by("happened_at")
    return dict(rows.values_list("instrument", "happened_at"))


@dataclass(frozen=True)
class Answered:
    """Scores of a patient as they stand, in time, and what was asked: read once for many instruments."""

    scores: tuple[Score, ...]
    asks: tuple[Ask, ...]

    def scores_of(self, name: str, now: Marks = NOT_SAID) -> list[Score]:
        """Those that may stand on one line: see `alike`. `now`: of answers that are no score yet."""
        return comparable([score for score in self.scores if score.instrument == name], instrument(name), now)

    def points(self, name: str, now: Marks = NOT_SAID, doses: Sequence[datetime] = ()) -> list[Point]:
        """Every score in time, and every ask that was missed: a gap is a point without a value."""
        scores, asks = self.scores_of(name, now), {ask.pk: ask for ask in self.asks}
        given = [point_of(score, asks, instrument(name), doses) for score in scores]
        return sorted([*given, *gaps(name, self.asks, scores)], key=lambda point: point.at)

    def trajectory(self, name: str, doses: Iterable[datetime], now: Marks = NOT_SAID) -> Trajectory:
        given = tuple(doses)
        return rules.trajectory(instrument(name), self.points(name, now, given), given)


def answered(patient: Patient, *names: str) -> Answered:
    given = Score.objects.current().filter(patient=patient, instrument__in=names).order_by("happened_at")
    given = given.select_related("answers__rating")
    asks = Ask.objects.filter(patient=patient).exclude(state=AskState.STOPPED).select_related("staff_duty")
    return Answered(tuple(given), tuple(asks))


def rule_of(key: str, version: str = "") -> AskRule:
    """The rule of the cadence sheet that made an ask: those of a course are numbered."""
    return reader.ask_rules(version)[key.split("-")[0]]


def rule_for(ask: Ask) -> AskRule:
    return rule_of(ask.key, ask.cadence or reader.BEFORE_KEPT)


@dataclass(frozen=True)
class Asked:
    """What somebody is asked by: the version their course began with, for what they are treated, by which protocol."""

    version: str
    treated: Treated

    def rules(self, anchor: Anchor = Anchor.DOSE) -> tuple[AskRule, ...]:
        return reader.cadence(anchor, self.treated, self.version)


def asked_by(patient: Patient, *, of_dose_at: datetime | None = None) -> Asked:
    """Without a course: what everybody is asked. `of_dose_at`: of a dose given then, whatever became of its course."""
    course = enrolled.current_enrolment(patient)
    if course is None and of_dose_at is not None:
        course = enrolled.ended_after(patient, of_dose_at)
    if course is None:
        return Asked(reader.cadence_sheet().version, UNSAID)
    given = Visit.objects.filter(patient=patient, kind=VisitKind.DOSE, state__in=GIVEN, starts_at__gt=course.created_at)
    version = course.sheets.get("cadence") or reader.BEFORE_KEPT  # one that runs on keeps what it began with (H19)
    return Asked(version, Treated(course.treats, course.sheet_id, given.count()))


def unrated(ask: Ask) -> list[str]:
    """What staff have not rated since it opened."""
    held = held_since(ask.patient_id, ask.opens_at)
    return [name for name in ask.staff_instruments if name not in held]


def held_since(patient_id: UUID, since: datetime, *, whole: bool = False) -> set[str]:
    """Every scale scored or interview asked since then, here or in a room above. `whole`: what was broken off has no
    total, and is still to be asked (I14)."""
    given = Score.objects.current().filter(patient=patient_id, happened_at__gte=since)
    given = given.filter(total__isnull=False) if whole else given
    return {*given.values_list("instrument", flat=True), *above.asked(patient_id, since)}


def to_see_to(ask: Ask) -> list[str]:
    """What staff still rate or see to of an ask; nothing once somebody has written what they found."""
    return [] if ask.reviews.exists() else [*unrated(ask), *ask.checks]


def named(what: str) -> str:
    """An instrument by its name; anything else as it stands."""
    return instrument(what).name if what in reader.INSTRUMENTS else what


def next_dose(patient_id: UUID, after: datetime, *, but: UUID) -> datetime | None:
    later = Visit.objects.filter(patient=patient_id, kind=VisitKind.DOSE, starts_at__gt=after)
    found = later.exclude(pk=but).exclude(state__in=GIVEN_UP).order_by("starts_at").first()
    return found.starts_at if found else None


def asked_before(visit: Visit, dose_at: datetime) -> datetime | None:
    """When the questions before the next dose open: they close what is still open of this one."""
    following = next_dose(visit.patient_id, dose_at, but=visit.pk)
    return following + early_opens() if following else None


def early_opens() -> timedelta:
    return timedelta(hours=min(rule.opens_h for rule in reader.cadence(Anchor.NEXT_DOSE)))


def asks_of(patient: Patient) -> QuerySet[Ask]:
    return Ask.objects.filter(patient=patient).order_by("opens_at")


def open_asks(patient: Patient, at: datetime) -> QuerySet[Ask]:
    """Check-ins that wait for the patient now."""
    waiting = asks_of(patient).exclude(state__in=[AskState.ANSWERED, AskState.STOPPED])
    return waiting.filter(opens_at__lte=at, link_until__gt=at)


def late_link(ask: Ask) -> str:
    """Where somebody writes down the call about an answer that came too late."""
    return f"/visits/{ask.visit_id}/check-ins/#{ask.pk}"


def late_calls(ask: Ask) -> QuerySet[Duty]:
    """Every call that was or is owed about answers that came when the form took none any more."""
    return Duty.objects.filter(kind=LATE_CALL, link=late_link(ask))


def late_call(ask: Ask) -> Duty | None:
    """The one that is still owed."""
    return late_calls(ask).filter(state=DutyState.OPEN).first()


def owes_call(ask: Ask) -> bool:
    """Whether a call about this check-in is still owed, or its safety questions may still be asked by telephone."""
    return late_call(ask) is not None or (
        ask.state != AskState.STOPPED and (ask.duty.is_open or is_safety_unknown(ask))
    )


@dataclass(frozen=True)
class Standing:
    """Whether a link opens its form now, and if not, why not."""

    opens: bool
    why: str  # open | early | used | expired | stale: the link has ended, and the form takes answers still


def standing(ask: Ask, at: datetime, *, ends: datetime | None = None, is_theirs: bool = False) -> Standing:
    """`ends`: of the link that somebody came by, which lives a day; the form itself may live longer (K1). `is_theirs`:
    somebody comes with a device that has answered, which no wrong years on another one lock out."""
    if ask.state in (AskState.ANSWERED, AskState.STOPPED):
        return Standing(False, "used" if ask.state == AskState.ANSWERED else "stopped")
    if ask.locked_at is not None and not is_theirs:
        return Standing(False, "locked")
    if at >= (ends or ask.link_until):
        return Standing(False, "expired" if at >= ask.link_until else "stale")
    return Standing(True, "open") if at >= ask.opens_at else Standing(False, "early")


def in_window(ask: Ask, at: datetime) -> bool:
    return ask.opens_at <= at < ask.closes_at


def overlaps_recall(patient: Patient, name: str, at: datetime, *, of: Ask | None = None) -> bool:
    """Asked again before its recall period has passed: labelled so, because it asks about the same days twice. What was
    scored before of the same form (`of`) is no other one."""
    recall = timedelta(days=instrument(name).recall_days)
    rows = scores(patient, name).filter(happened_at__gt=at - recall, happened_at__lt=at)
    return rows.exclude(ask__isnull=False, ask=of).exists()


def messages_of(form: Form) -> QuerySet[MessageOut]:
    """What was written about a form of a room above."""
    return MessageOut.objects.filter(form_id=form.pk).select_related("duty").order_by("send_after")


def beside(message: MessageOut) -> QuerySet[MessageOut]:
    """Every message with the link of the same form."""
    if message.ask_id is not None:
        return MessageOut.objects.filter(ask=message.ask_id)
    return MessageOut.objects.filter(form_id=message.form_id)


def wish(patient: Patient) -> MessageWish | None:
    """The newest word on whether they want messages; None: never spoken of."""
    return MessageWish.objects.current().filter(patient=patient).select_related("amends", "duty").first()


def all_told(ask: Ask) -> QuerySet[Told]:
    """Everything written in this form, also what was written over."""
    return Told.objects.filter(ask=ask)


def told(ask: Ask) -> Told | None:
    return Told.objects.current().filter(ask=ask).select_related("duty").first()


def sent_to(patient: Patient) -> QuerySet[MessageOut]:
    rows = MessageOut.objects.filter(patient=patient).select_related("ask", "duty")
    return rows.order_by("-send_after")


def replies_of(patient: Patient) -> QuerySet[MessageReply]:
    rows = MessageReply.objects.filter(patient=patient, elsewhere="")
    return rows.select_related("read").order_by("-happened_at")


def unknown_replies(clinic_id: UUID) -> QuerySet[UnknownReply]:
    """What came from numbers that nobody here has, those unread first, danger before all."""
    rows = UnknownReply.objects.filter(clinic_id=clinic_id).select_related("read", "duty__owner")
    return rows.order_by(F("read__recorded_at").desc(nulls_first=True), "duty__consequence", "-happened_at")


def written(clinic_id: UUID, row_id: UUID) -> Told | MessageReply | None:
    """What a patient wrote, at the end of a check-in or in answer to a message."""
    for kind in (Told, MessageReply):
        row = kind.objects.filter(pk=row_id, clinic_id=clinic_id).select_related("patient", "duty").first()
        if row is not None:
            return row
    return None


def outbox(clinic_id: UUID, at: datetime) -> QuerySet[MessageOut]:
    """What has gone out or is due, and what waits for the morning though its form is open."""
    is_held = Q(state=MessageState.WAITING, ask__opens_at__lte=at, send_after__lte=at + a_night())
    rows = MessageOut.objects.filter(Q(send_after__lte=at) | is_held, clinic_id=clinic_id)
    rows = rows.exclude(state=MessageState.NEEDLESS)
    return rows.select_related("ask", "ask__clinic", "clinic", "duty").order_by("-send_after")
