"""The window after each dose: where it is, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, QuerySet

from ketacare.clinic.dosing.actions.timeline import FINISHED
from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.outcomes.models import Ask
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling.models import GIVEN_UP, Visit, VisitKind, VisitState
from ketacare.clinic.scheduling.queries import WorkOwed, before_the_dose, usual_befores, work_owed
from ketacare.clinic.therapy.models import IntegrationNote, WindowMissed
from ketacare.clinic.therapy.queries.preparing import preparation
from ketacare.medicine.scheduling.rules import morning_after
from ketacare.medicine.therapy import reader, rules
from ketacare.medicine.therapy import terms as words
from ketacare.medicine.therapy.terms import AfterDose, Came, Dose, Placed, Placement, Window, WindowState

STOP = "stop"
FLOOR = "therapy.floor"


@dataclass(frozen=True)
class Standing:
    """The window after one dose and its state now."""

    window: Window
    state: WindowState
    placement: Placement
    why_none: str = ""


@dataclass(frozen=True)
class DoseWindow:
    """One dose of the course with its window, what used it, or why nothing did."""

    visit: Visit
    dose: Dose
    window: Window | None
    state: WindowState
    notes: tuple[IntegrationNote, ...]
    missed: WindowMissed | None
    booked: tuple[Visit, ...] = ()
    why_none: str = ""
    """Why no visit is owed after this dose; nothing where one is."""

    @property
    def place(self) -> Visit | None:
        """The visit that is booked inside it; of a dose that is planned, inside the window that it would open."""
        if self.window is None:
            return None
        inside = (one for one in self.booked if one.state == VisitState.BOOKED and self.window.holds(one.starts_at))
        return next(inside, None)

    @property
    def is_stopped(self) -> bool:
        return self.dose.came is Came.STOPPED

    @property
    def needs_a_word(self) -> bool:
        return self.state is WindowState.MISSED and self.missed is None


def notes(visit: Visit) -> QuerySet[IntegrationNote]:
    return IntegrationNote.objects.current().filter(visit=visit).select_related("recorded_by").order_by("happened_at")


def floor_waits(visit: Visit) -> bool:
    """Whether somebody has still to look at a note of what was held below the floor."""
    return Duty.objects.filter(visit_id=visit.pk, kind=FLOOR, state=DutyState.OPEN).exists()


def missed_word(visit: Visit) -> WindowMissed | None:
    return WindowMissed.objects.current().filter(visit=visit).select_related("recorded_by").first()


def dose_at(visit: Visit) -> datetime | None:
    """When the dose of a visit began: the session knows, else the asks that count from it."""
    session = Session.objects.filter(visit=visit).first()
    if session is not None and session.started_at is not None:
        return session.started_at
    ask = following().filter(visit=visit).first()
    return ask.dose_at if ask else None


def following() -> QuerySet[Ask]:
    """Asks that count from a dose that was given; one before a planned dose opens earlier and proves nothing."""
    return Ask.objects.filter(opens_at__gte=F("dose_at"))


def is_under_way(visit: Visit) -> bool:
    return Session.objects.filter(visit=visit, left_at__isnull=True).exclude(state__in=FINISHED).exists()


def after_dose(visit: Visit, moment: datetime, zone: str) -> AfterDose | None:
    """This dose, the morning after it, and whether the patient had gone by then; None before there was a dose."""
    began = dose_at(visit)
    if began is None:
        return None
    session = Session.objects.filter(visit=visit).first()
    left = session.left_at if session else None
    return AfterDose(began, morning_after(began, zone), left is not None and left <= moment)


def placement_of(patient: Patient) -> Placement | Placed:
    """Whose hours the windows of this patient follow: what was chosen at preparation, or the house's own."""
    chosen = preparation(patient)
    row = reader.windows().row(chosen.placed) if chosen and chosen.placed else None
    return row if row is not None and row.has_hours else reader.placement()


def standing(visit: Visit, at: datetime) -> Standing | None:
    """None before there was a dose."""
    began = dose_at(visit)
    if began is None:
        return None
    window = rules.window_after(began, placement_of(visit.patient))
    booked = Visit.objects.filter(patient=visit.patient, kind=VisitKind.INTEGRATION, starts_at__gt=began)
    booked = booked.exclude(state__in=GIVEN_UP).select_related("follows")
    known = [
        *(words.Visit(note.happened_at, True) for note in notes(visit)),
        *(words.Visit(row.starts_at, False) for row in booked if row.is_of(visit)),  # of two open windows, its own
    ]
    owed = work_owed([visit.patient_id])
    state = rules.window_state(window, known, at, is_owed=owed.after(visit))
    return Standing(window, state, reader.placement(), owed.why_none(visit))


def windows(patient: Patient, at: datetime) -> list[DoseWindow]:
    """Every dose of the course in order, in as many questions for six as for one."""
    visits = list(Visit.objects.filter(patient=patient).select_related("course", "follows").order_by("starts_at"))
    doses = [visit for visit in visits if visit.kind == VisitKind.DOSE]
    booked = [v for v in visits if v.kind == VisitKind.INTEGRATION and v.state not in GIVEN_UP]
    ids = [visit.pk for visit in doses]
    known = Known(
        sessions={row.visit_id: row for row in Session.objects.filter(visit__in=ids)},
        asked=dict(following().filter(visit__in=ids).values_list("visit_id", "dose_at")),
        stopped=stopped_in(ids),
        missed={row.visit_id: row for row in WindowMissed.objects.current().filter(visit__in=ids)},
        notes=notes_of_visits(ids),
        befores=usual_befores([patient.pk]),
        owed=work_owed([patient.pk]),
    )
    placement = placement_of(patient)
    return [one_window(visit, known, booked, placement, at) for visit in doses]


@dataclass(frozen=True)
class Known:
    sessions: dict[UUID, Session]
    asked: dict[UUID, datetime]
    stopped: set[UUID]
    missed: dict[UUID, WindowMissed]
    notes: dict[UUID, tuple[IntegrationNote, ...]]
    befores: dict[UUID, timedelta]
    owed: WorkOwed


def stopped_in(ids: list[UUID]) -> set[UUID]:
    rows = TimelineEntry.objects.current().filter(visit__in=ids, kind=Kind.DOSE, name=STOP)
    return set(rows.values_list("visit_id", flat=True))


def notes_of_visits(ids: list[UUID]) -> dict[UUID, tuple[IntegrationNote, ...]]:
    rows = IntegrationNote.objects.current().filter(visit__in=ids).select_related("recorded_by")
    found: dict[UUID, tuple[IntegrationNote, ...]] = {}
    for row in rows.order_by("happened_at"):
        found[row.visit_id] = (*found.get(row.visit_id, ()), row)
    return found


def one_window(
    visit: Visit, known: Known, booked: Iterable[Visit], placement: Placement | Placed, at: datetime
) -> DoseWindow:
    dose = dose_of(visit, known)
    window = rules.dose_window(dose, placement)
    notes = known.notes.get(visit.pk, ())
    booked = tuple(row for row in booked if row.is_of(visit))
    why_none = known.owed.why_none(visit)
    state = state_of(dose, window, notes, booked, at, is_owed=not why_none)
    return DoseWindow(visit, dose, window, state, notes, known.missed.get(visit.pk), booked, why_none)


def dose_of(visit: Visit, known: Known) -> Dose:
    """A visit cancelled or a session called off gave no dose; one moved is where it stands now."""
    session = known.sessions.get(visit.pk)
    began = session.started_at if session and session.started_at else known.asked.get(visit.pk)
    planned = planned_start(visit, known.befores)
    if began is not None:
        return Dose(planned, began, Came.STOPPED if visit.pk in known.stopped else Came.GIVEN)
    is_off = visit.state in GIVEN_UP or (session is not None and session.state == SessionState.CALLED_OFF)
    return Dose(planned, None, Came.NOT_GIVEN if is_off else Came.PLANNED)


def planned_start(visit: Visit, befores: Mapping[UUID, timedelta]) -> datetime:
    """When the dose would begin: planning knows how long arriving takes, and windows count from there."""
    return visit.starts_at + before_the_dose(visit, befores)


def state_of(
    dose: Dose,
    window: Window | None,
    notes: tuple[IntegrationNote, ...],
    booked: Iterable[Visit],
    at: datetime,
    *,
    is_owed: bool,
) -> WindowState:
    if window is None:
        return WindowState.NO_DOSE
    if dose.started_at is None:
        has_place = any(row.state == VisitState.BOOKED and window.holds(row.starts_at) for row in booked)
        return WindowState.PLANNED if is_owed or has_place else WindowState.NONE_OWED
    began = dose.started_at
    visits = [words.Visit(note.happened_at, True) for note in notes]
    visits += [words.Visit(row.starts_at, False) for row in booked if row.starts_at > began]
    return rules.window_state(window, visits, at, is_owed=is_owed)
