"""How full the site is: what could be given and what is booked, windows at risk, idle chairs and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from ketacare.clinic.people.access import Actor, patients_visible_to
from ketacare.clinic.people.models import Patient
from ketacare.clinic.people.queries import initials
from ketacare.clinic.planning.queries.course import window_for
from ketacare.clinic.scheduling import queries as scheduling
from ketacare.clinic.scheduling.models import GIVEN_UP, Visit, VisitKind
from ketacare.clinic.scheduling.queries.anew import lost_their_place
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.therapy import queries as therapy
from ketacare.medicine.scheduling import reader
from ketacare.medicine.scheduling.rules import Board, Why, day_of
from ketacare.medicine.scheduling.terms import Booked, House, Kind, PlaceKind, Span

AHEAD_DAYS = 14
BEHIND = timedelta(days=14)  # how far back a dose may lie whose window is still open
STEP = timedelta(minutes=15)


@dataclass(frozen=True)
class Day:
    on: date
    booked: int
    possible: int
    idle_hours: float
    why: str


@dataclass(frozen=True)
class AtRisk:
    """A dose whose window holds no integration visit."""

    dose: Visit
    who: str
    window: Span


@dataclass(frozen=True)
class Capacity:
    days: tuple[Day, ...]
    windows: int
    at_risk: tuple[AtRisk, ...]
    block_min: int
    lost: int
    """Visits to come that no longer have who or what they need."""

    @property
    def booked(self) -> int:
        return sum(day.booked for day in self.days)

    @property
    def possible(self) -> int:
        return sum(day.possible for day in self.days)


def capacity(*, by: Actor, at: datetime) -> Capacity:
    """From today on, two weeks; what else could be given is counted by placing doses until none fits."""
    clinic = Clinic.objects.get(pk=by.clinic_id)
    first = local_day(at, by.zone)
    starts = datetime.combine(first, time(), tzinfo=ZoneInfo(by.zone))
    span = Span(starts, datetime.combine(first + timedelta(days=AHEAD_DAYS), time(), tzinfo=ZoneInfo(by.zone)))
    house = scheduling.house_of(clinic, span)
    held = scheduling.booked_in(clinic.pk, span)
    days = tuple(
        day_in(house, held, first + timedelta(days=n), span, at)
        for n in range(AHEAD_DAYS)
        if any(day_of(one.starts, by.zone) == first + timedelta(days=n) for one in house.opens)
    )
    lost = lost_their_place(clinic, at)
    windows, risky = at_risk(by, span, lost)
    return Capacity(days, windows, tuple(risky), reader.lengths().blocks["IV"] // timedelta(minutes=1), len(lost))


def day_in(house: House, held: list[Booked], on: date, span: Span, at: datetime) -> Day:
    mine = [one for one in held if day_of(one.span.starts, house.zone) == on]
    doses = [one for one in mine if one.kind is Kind.DOSE]
    opens = tuple(one for one in house.opens if day_of(one.starts, house.zone) == on)
    board = Board(house, opens[0].starts, opens[-1].ends + timedelta(hours=1), mine)
    lengths, why, more = reader.lengths(), Why(), 0
    block, before = lengths.blocks["IV"], lengths.befores["IV"]
    moment = max(opens[0].starts, at)
    moment = opens[0].starts + -((opens[0].starts - moment) // STEP) * STEP
    while moment + block <= opens[-1].ends:
        slot = Span(moment, moment + block)
        found = board.find(Kind.DOSE, slot, before=before, devices=True, why=why)
        if found is None:
            moment += STEP
            continue
        board.put(Booked(f"more-{more}", f"more-{more}", Kind.DOSE, slot, found.places, found.person, found.hands_on))
        more += 1
    chairs = len(house.places_of(PlaceKind.CHAIR))
    open_hours = sum((one.length for one in opens), timedelta()).total_seconds() / 3600
    used = sum((one.span.length for one in doses), timedelta()).total_seconds() / 3600
    reasons = Counter({words: n for words, n in why.counts.items() if words != "it would end too near closing"})
    idle = max(chairs * open_hours - used, 0.0)
    return Day(on, len(doses), len(doses) + more, round(idle, 1), in_words(more, reasons, chairs))


def in_words(more: int, reasons: Counter[str], chairs: int) -> str:
    """Why chairs stand empty: because nobody has booked them, or because something else is short."""
    if not chairs:
        return "There is no chair."
    first = f"{more} more could be booked" if more else "nothing more fits"
    limits = [words for words, _ in reasons.most_common(1) if not words.startswith("every chair")]
    return f"{first}; then {limits[0]}" if limits else first


def at_risk(by: Actor, span: Span, lost: Collection[str] = ()) -> tuple[int, list[AtRisk]]:
    """Windows that are open in these days or open in them and owe a visit, and those that neither a visit nor a note of
    one uses. A visit that has `lost` whom or what it needs uses none."""
    visible = Patient.objects.filter(patients_visible_to(by, "appointments"))
    rows = Visit.objects.filter(clinic_id=by.clinic_id, patient__in=visible, starts_at__lt=span.ends)
    doses = list(
        rows.filter(kind=VisitKind.DOSE, starts_at__gte=span.starts - BEHIND)
        .exclude(state__in=GIVEN_UP)
        .select_related("patient", "course")
        .order_by("starts_at")
    )
    work = list(
        Visit.objects.filter(clinic_id=by.clinic_id, kind=VisitKind.INTEGRATION)
        .filter(starts_at__gte=span.starts - BEHIND)
        .exclude(state__in=GIVEN_UP)
        .select_related("follows")
    )
    names = initials({row.patient for row in doses})
    notes = therapy.notes_of_visits([row.pk for row in doses])
    befores = scheduling.usual_befores(row.patient_id for row in doses)
    owed = scheduling.work_owed(row.patient_id for row in doses)
    doses = [row for row in doses if owed.after(row)]
    open_now = [(row, window) for row in doses if (window := window_of(row, befores)).ends > span.starts]
    found = []
    for row, window in open_now:
        own = [one for one in work if one.patient_id == row.patient_id and str(one.pk) not in lost]
        times = [one.starts_at for one in own if one.is_of(row)]  # of two open windows, its own
        times += [note.happened_at for note in notes.get(row.pk, ())]
        if not any(window.starts <= moment < window.ends for moment in times):
            found.append(AtRisk(row, names.get(row.patient_id, ""), window))
    return len(open_now), found


def window_of(row: Visit, befores: Mapping[UUID, timedelta]) -> Span:
    """As the course keeps it; outside one, where therapy places the work of this patient."""
    hours = scheduling.course_rules_of(row.course).window if row.course else window_for(row.patient)
    begins = row.dose_began_at or therapy.planned_start(row, befores)
    return Span(begins + timedelta(hours=hours.opens_h), begins + timedelta(hours=hours.closes_h))
