"""The call for help as it stands, what calms this patient, and when somebody was last with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import schedule, timeline
from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.monitoring import queries as monitoring
from ketacare.clinic.monitoring import unjudged
from ketacare.clinic.scheduling.actions import BUSY
from ketacare.clinic.scheduling.models import Chair, Visit
from ketacare.clinic.supervision import queries as supervision
from ketacare.clinic.supervision.models import CalmingPlan
from ketacare.medicine.supervision.terms import Level

DISTRESSED = ("help", "distress")
STILL = timedelta(minutes=10)
WATCH_SILENT = timedelta(seconds=5)  # as long as a page goes without a heartbeat before it covers itself (live.js)
SIGN_KEY = "sign.help button"


@dataclass(frozen=True)
class Distress:
    """The card: what this patient said helps, and since when it is needed."""

    plan: CalmingPlan | None
    since: datetime | None

    @property
    def is_now(self) -> bool:
        return self.since is not None


def distress(session: Session, at: datetime) -> Distress:
    """Opens by itself for ten minutes after distress was tapped or help was called, until somebody taps “reassured”."""
    since: datetime | None = None
    for row in timeline.standing(session.visit, Kind.EVENT):
        if row.name in DISTRESSED and since is None:
            since = row.happened_at
        elif row.name == "reassured":
            since = None
    since = None if since is not None and _last(session, *DISTRESSED).happened_at < at - STILL else since
    return Distress(supervision.calming_plan(session.visit.patient), since)


def _last(session: Session, *names: str) -> TimelineEntry:
    return [row for row in timeline.standing(session.visit, Kind.EVENT) if row.name in names][-1]


@dataclass(frozen=True)
class Presence:
    """When somebody was last with the patient, and when the next look is owed."""

    last: datetime | None
    who: str
    due: datetime | None


def presence(session: Session, at: datetime) -> Presence:
    looks = [row for row in timeline.standing(session.visit, Kind.EVENT) if row.name == "present"]
    last = looks[-1] if looks else None
    return Presence(
        last=last.happened_at if last else None,
        who=last.recorded_by.name if last and last.recorded_by else "",
        due=schedule.next_look(session, at),
    )


@dataclass(frozen=True)
class Light:
    """What may be read outside the door: that somebody is treated, and how grave the worst alarm is. Nothing else."""

    occupied: bool
    priority: str = ""
    seen: bool = False


def alarms_are_judged(visit: Visit | None, at: datetime) -> bool:
    """Is the alarm watch alive, and this session seen to? What was judged last says nothing of now otherwise (D9)."""
    beat = monitoring.last_beat("watch")
    if beat is None or at - beat >= WATCH_SILENT:
        return False
    return visit is None or not unjudged.since_of(visit.clinic_id, [visit.pk])


def sitting_in(chair: Chair) -> Visit | None:
    return Visit.objects.filter(chair=chair, state__in=BUSY).first()


def light(chair: Chair, at: datetime) -> Light:
    """The gravest alarm that stands, as the chair shows it: of the patient, of the monitor, or that nobody watches."""
    visit = sitting_in(chair)
    if visit is None:
        return Light(occupied=False)
    standing = monitoring.standing(visit, at=at)
    present = [one for one in standing.conditions if one.present and one.priority] if standing else []
    found = [(one.priority.word, one.acknowledged_at is not None) for one in present if one.priority]
    lapses = supervision.lapses_now([visit.pk]).get(visit.pk, [])
    found += [(lapse.level, False) for lapse in lapses if lapse.level != Level.LOW]
    if not found:
        return Light(occupied=True)
    worst = min((word for word, _ in found), key=GRAVEST.index)
    return Light(True, worst, all(seen for word, seen in found if word == worst))


GRAVEST = ("high", "medium", "low")


@dataclass(frozen=True)
class ToldInRoom:
    """What the tablet may say: that help was called, and whether somebody has seen it. No name, no number."""

    called_at: datetime | None
    seen: bool


SPOKEN_IN_ROOM = ("en", "es")


def language_in(chair: Chair) -> str:
    """What whoever sits there reads; nobody's name goes with it."""
    visit = sitting_in(chair)
    known = candidacy.language_of(visit.patient)[:2] if visit is not None else ""
    return known if known in SPOKEN_IN_ROOM else SPOKEN_IN_ROOM[0]


def told_in_room(chair: Chair, at: datetime) -> ToldInRoom:
    visit = sitting_in(chair)
    standing = monitoring.standing(visit, at=at) if visit is not None else None
    if visit is None or (standing is not None and standing.unjudged_since is not None):
        duty = Duty.objects.filter(clinic_id=chair.clinic_id, kind="help.room", state=DutyState.OPEN)
        duty = duty.filter(why__contains=f" {chair.name},") if visit is None else duty.filter(visit_id=visit.pk)
        newest = duty.filter(created_at__gte=at - STILL).order_by("-created_at").first()
        return ToldInRoom(newest.created_at if newest else None, newest is not None and newest.owner_id is not None)
    found = [one for one in standing.conditions if one.key == SIGN_KEY and one.present] if standing else []
    return ToldInRoom(found[0].since if found else None, bool(found) and found[0].acknowledged_at is not None)
