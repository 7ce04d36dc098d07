"""What a patient has to do before a dose, in clock times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet

from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.candidacy.queries import medicines_sheet
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.planning.models import Reminder, ReminderReply
from ketacare.clinic.scheduling.models import Happened, VisitChange, VisitKind
from ketacare.medicine.evidence.terms import Compare, Condition, Every, Not, Some
from ketacare.medicine.protocols.terms import Protocol
from ketacare.medicine.scheduling import reader

SOLIDS, CLEAR = "hours_since_solids", "hours_since_clear_fluids"


@dataclass(frozen=True)
class Before:
    """Until when the patient may eat and drink, and what of their medicines waits."""

    dose_at: datetime
    food_until: datetime | None
    drink_until: datetime | None
    medicines: tuple[str, ...]


def goes_on() -> Q:
    """Messages of the work after a dose, which takes place also while the course stands still."""
    return Q(Exists(Reminder.objects.filter(pk=OuterRef("form_id"), visit__kind=VisitKind.INTEGRATION)))


def since_it_moved(reminder: Reminder, replies: QuerySet[ReminderReply]) -> QuerySet[ReminderReply]:
    """What was answered about the time it has now: “I can't come” of the old one keeps nobody away now (H5)."""
    moves = VisitChange.objects.filter(visit=reminder.visit_id, what=Happened.MOVED)
    last = moves.order_by("recorded_at").last()
    return replies.filter(recorded_at__gte=last.recorded_at) if last else replies


@dataclass(frozen=True)
class Fasting:
    dose_at: datetime
    food_until: datetime | None
    drink_until: datetime | None

    def may_eat(self, at: datetime) -> bool:
        return self.food_until is not None and at < self.food_until


def fasting_of(reminder: Reminder) -> Fasting:
    visit = reminder.visit
    enrolled = enrolment.current_enrolment(reminder.patient)
    protocol = enrolment.protocol_for(enrolled) if enrolled else None
    dose_at = visit.starts_at + reader.lengths().befores.get(protocol.route if protocol else "IV", timedelta())
    hours = fasting(protocol) if protocol else {}
    return Fasting(
        dose_at,
        dose_at - timedelta(hours=float(hours[SOLIDS])) if SOLIDS in hours else None,
        dose_at - timedelta(hours=float(hours[CLEAR])) if CLEAR in hours else None,
    )


def before(reminder: Reminder, *, at: datetime, zone: str) -> Before:
    when = fasting_of(reminder)
    medicines = tuple(held_medicines(reminder, at=at, zone=zone))
    return Before(when.dose_at, when.food_until, when.drink_until, medicines)


def held_medicines(reminder: Reminder, *, at: datetime, zone: str) -> list[str]:
    """Those that are left out before the dose, each until when, in the reader's language."""
    row = candidacy.medicines(reminder.patient)
    if row is None:
        return []
    answered = candidacy.answer_so_far(reminder.patient, at=at, zone=zone)
    listed = candidacy.shown_medicines(row, answered.case, answered.knowledge)
    sheet = medicines_sheet.Sheet(reminder.language, zone)
    lines = medicines_sheet.lines(listed, reminder.visit)
    return [f"{line.name}: {sheet.words(line)}" for line in lines if line.kind == "leave"]


def fasting(protocol: Protocol) -> dict[str, Decimal]:
    """The longest hours that the readiness list asks for by this route."""
    found: dict[str, Decimal] = {}
    for check in protocol.readiness.checks:
        if check.is_asked(protocol.drug, protocol.route):
            for condition in (check.no_go, check.prescriber):
                for leaf in leaves(condition):
                    if leaf.fact in (SOLIDS, CLEAR) and isinstance(leaf.value, Decimal):
                        found[leaf.fact] = max(found.get(leaf.fact, Decimal(0)), leaf.value)
    return found


def leaves(condition: Condition | None) -> list[Compare]:
    match condition:
        case Compare():
            return [condition]
        case Every(parts) | Some(parts):
            return [leaf for part in parts for leaf in leaves(part)]
        case Not(part):
            return leaves(part)
        case _:
            return []
