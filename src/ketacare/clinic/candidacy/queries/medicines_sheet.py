"""The sheet a patient takes home: which medicines to take, which to leave, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from ketacare.clinic.candidacy.queries.medicines import ShownList, ShownMedicine
from ketacare.clinic.links.words import Phrases
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling.models import Visit, VisitKind, VisitState
from ketacare.medicine.candidacy.terms import Action
from ketacare.medicine.quantities.terms import plain

PHRASES = Phrases(Path(__file__).parent.parent / "medicines_words.toml")
# First what must be left, last what stays as it is.
KINDS = ("leave", "unknown", "ask", "after", "usual")


@dataclass(frozen=True)
class Line:
    """One medicine as its taker reads it; `until` is the moment after which none is taken, once a visit is booked."""

    kind: str
    name: str
    dose: str
    hours: Decimal | None
    until: datetime | None
    none_after: bool

    @property
    def order(self) -> int:
        return KINDS.index(self.kind)


def next_dose_visit(patient: Patient, at: datetime) -> Visit | None:
    coming = Visit.objects.filter(patient=patient, kind=VisitKind.DOSE, state=VisitState.BOOKED, starts_at__gt=at)
    return coming.order_by("starts_at").first()


def lines(listed: ShownList, visit: Visit | None) -> list[Line]:
    found = [line_of(one, visit) for one in listed.medicines]
    return sorted(found, key=lambda line: (line.order, line.name.casefold()))


def line_of(one: ShownMedicine, visit: Visit | None) -> Line:
    judged, entry = one.judged, one.entry
    kind = kind_of(one)
    hours = max((hold.value for hold in judged.holds), default=None) if kind == "leave" else None
    until = visit.starts_at - timedelta(minutes=int(hours * 60)) if visit and hours is not None else None
    return Line(kind, entry.name, entry.how, hours, until, judged.action is Action.STOP)


def kind_of(one: ShownMedicine) -> str:
    """What is taken daily and never stopped abruptly is not left out for a visit: it is taken after it."""
    judged = one.judged
    if judged.action in (Action.UNCHECKED, Action.NOTHING_KNOWN):
        return "unknown"
    if judged.action is Action.ASK:
        return "ask"
    if judged.action is Action.CONTINUE:
        return "usual"
    return "after" if judged.never_abrupt and one.entry.as_needed is not True else "leave"


@dataclass(frozen=True)
class Sheet:
    """Every sentence of the sheet, in the reader's language and the clinic's clock."""

    language: str
    zone: str

    def say(self, key: str, **values: object) -> str:
        return PHRASES.say(self.language, key, **values)

    def on(self, moment: datetime) -> str:
        """With its weekday, and without a year: nobody counts it out on a calendar."""
        local = moment.astimezone(ZoneInfo(self.zone))
        weekday = self.say("weekdays").split(",")[local.weekday()]
        month = self.say("months").split(",")[local.month - 1]
        return self.say("day", weekday=weekday, day=local.day, month=month)

    def when(self, moment: datetime) -> str:
        return f"{self.on(moment)}, {moment.astimezone(ZoneInfo(self.zone)):%H:%M}"

    def hours(self, hours: Decimal) -> str:
        return self.say("hours", hours=plain(hours))

    def words(self, line: Line) -> str:
        """What to do with one medicine."""
        if line.kind != "leave" or line.hours is None:
            return self.say(f"{line.kind}_words")
        key = "none" if line.none_after else "leave"
        if line.until is None:
            return self.say(f"{key}_hours", hours=self.hours(line.hours))
        return self.say(f"{key}_clock", when=self.when(line.until), hours=self.hours(line.hours))
