"""Reading asks, answers and scores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from django.db.models import QuerySet

from ketacare.clinic.links.models import Form
from ketacare.clinic.outcomes.models import Answers, Ask, AskState, MessageOut, MessageState, ScaleText, Score
from ketacare.clinic.people.models import Patient
from ketacare.medicine.outcomes import reader, rules
from ketacare.medicine.outcomes.terms import Instrument, Point, TextPack, Trajectory
from ketacare.medicine.safety import reader as safety_reader

OURS = {
    "safety-items": safety_reader.safety_items,
    "safety-first": safety_reader.safety_first,
    "side-effects": safety_reader.side_effects_asked,
}
NO_SCALES = tuple(OURS)


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
    if row is None and not sheet.is_worded:
        row = next(iter(loaded.values()), None)
    return rules.worded(sheet, pack_in(row.text)) if row else sheet


def is_same_measure(version: str, other: str) -> bool:
    """Two versions of a sheet score alike while the first of their numbers is the same."""
    return version.split(".")[0] == other.split(".")[0]


def ratings(patient: Patient) -> QuerySet[Score]:
    """Every scale that was answered or rated, newest first; the safety questions of a check-in are no scale."""
    rows = Score.objects.current().filter(patient=patient).exclude(instrument__in=NO_SCALES)
    return rows.select_related("answers__rating__rater", "recorded_by").order_by("-happened_at")


def kept(ask: Ask, name: str) -> Answers | None:
    """The answers to one instrument of an ask as they stand."""
    return Answers.objects.current().filter(ask=ask, instrument=name).first()


def kept_through(form: Form, name: str) -> Answers | None:
    """The answers to one instrument of a form of a room above, as they stand."""
    return Answers.objects.current().filter(form_id=form.pk, instrument=name).first()


def values(ask: Ask, name: str) -> dict[str, int | None]:
    row = kept(ask, name)
    return dict(row.values) if row else {}


def scores(patient: Patient | UUID, name: str) -> QuerySet[Score]:
    return Score.objects.current().filter(patient=patient, instrument=name).order_by("happened_at")


def last_asked(patient: Patient) -> dict[str, datetime]:
    """When each instrument was last scored, or will be by an ask still open: none is asked again too soon."""
    found: dict[str, datetime] = {}
    for ask in Ask.objects.filter(patient=patient, state=AskState.WAITING).order_by("due_at"):
        found |= dict.fromkeys(ask.instruments, ask.due_at)
    for score in Score.objects.current().filter(patient=patient).order_by("happened_at"):
        found[score.instrument] = max(score.happened_at, found.get(score.instrument, score.happened_at))
    return found


@dataclass(frozen=True)
class Answered:
    """Scores of a patient as they stand, in time, and the asks that were missed: read once for many instruments."""

    scores: tuple[Score, ...]
    missed: tuple[Ask, ...]

    def scores_of(self, name: str) -> list[Score]:
        """Those that may stand on one line: what another version scored otherwise is another measure."""
        now = instrument(name).version
        rows = [score for score in self.scores if score.instrument == name]
        return [score for score in rows if is_same_measure(score.instrument_version, now)]

    def points(self, name: str) -> list[Point]:
        """Every score in time, and every ask that was missed: a gap is a point without a value."""
        given = [Point(score.happened_at, score.total) for score in self.scores_of(name)]
        missed = [Point(ask.due_at, None, due=True) for ask in self.missed if name in ask.instruments]
        return sorted([*given, *missed], key=lambda point: point.at)

    def trajectory(self, name: str, doses: Iterable[datetime]) -> Trajectory:
        return rules.trajectory(instrument(name), self.points(name), doses)


def answered(patient: Patient, *names: str) -> Answered:
    given = Score.objects.current().filter(patient=patient, instrument__in=names).order_by("happened_at")
    return Answered(tuple(given), tuple(Ask.objects.filter(patient=patient, state=AskState.MISSED)))


def asks_of(patient: Patient) -> QuerySet[Ask]:
    return Ask.objects.filter(patient=patient).order_by("opens_at")


def open_asks(patient: Patient, at: datetime) -> QuerySet[Ask]:
    """Check-ins that wait for the patient now."""
    waiting = asks_of(patient).exclude(state=AskState.ANSWERED)
    return waiting.filter(opens_at__lte=at, link_until__gt=at)


@dataclass(frozen=True)
class Standing:
    """Whether a link opens its form now, and if not, why not."""

    opens: bool
    why: str  # open | early | used | expired


def standing(ask: Ask, at: datetime) -> Standing:
    if ask.state == AskState.ANSWERED:
        return Standing(False, "used")
    if at >= ask.link_until:
        return Standing(False, "expired")
    return Standing(True, "open") if at >= ask.opens_at else Standing(False, "early")


def in_window(ask: Ask, at: datetime) -> bool:
    return ask.opens_at <= at < ask.closes_at


def overlaps_recall(patient: Patient, name: str, at: datetime) -> bool:
    """Asked again before its recall period has passed: labelled so, because it asks about the same days twice."""
    recall = timedelta(days=instrument(name).recall_days)
    return scores(patient, name).filter(happened_at__gt=at - recall, happened_at__lt=at).exists()


def messages_of(form: Form) -> QuerySet[MessageOut]:
    """What was written about a form of a room above."""
    return MessageOut.objects.filter(form_id=form.pk).select_related("duty").order_by("send_after")


def beside(message: MessageOut) -> QuerySet[MessageOut]:
    """Every message with the link of the same form."""
    if message.ask_id is not None:
        return MessageOut.objects.filter(ask=message.ask_id)
    return MessageOut.objects.filter(form_id=message.form_id)


def outbox(clinic_id: UUID) -> QuerySet[MessageOut]:
    rows = MessageOut.objects.filter(clinic_id=clinic_id).exclude(state=MessageState.NEEDLESS)
    return rows.select_related("ask", "ask__clinic", "clinic", "duty").order_by("-send_after")
