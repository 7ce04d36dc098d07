"""What the next dose took the place of, and takes no longer: it was cancelled, missed, moved later, or the course has
ended. And what a death stopped that was recorded by mistake."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from ketacare.clinic.duties.access import system
from ketacare.clinic.outcomes import actions, queries
from ketacare.clinic.outcomes.above import above
from ketacare.clinic.outcomes.actions.asking import in_time, time_to_answer
from ketacare.clinic.outcomes.following import DEATH, NEXT_DOSE, Woken, ended_courses, planned_doses
from ketacare.clinic.outcomes.models import Ask, AskState
from ketacare.clinic.scheduling.models import Visit, VisitKind
from ketacare.medicine.outcomes import reader, rules
from ketacare.medicine.outcomes import terms as words


@dataclass(frozen=True)
class OpenedAgain:
    """Of one given dose: an ask that was stopped (`ask`), or was never made."""

    visit: Visit
    dose_at: datetime
    now: words.Ask
    ask: Ask | None

    def put_right(self, at: datetime) -> object:
        by = system(self.visit.clinic)
        if self.ask is None:
            return actions.schedule_again(visit=self.visit, dose_at=self.dose_at, keys=[self.now.key], by=by, at=at)
        return actions.keep_in_step(actions.wake(self.ask, by=by, at=at), self.now, "", by=by, at=at)


def opened_again(at: datetime) -> list[OpenedAgain]:
    """After the last dose of each patient, as far back as anything is asked of one."""
    visits = last_doses(at)
    of_visit: dict[UUID, dict[str, Ask]] = defaultdict(dict)
    for ask in Ask.objects.filter(visit__in=visits, key__in=[rule.key for rule in reader.cadence()]):
        of_visit[ask.visit_id][ask.key] = ask
    ended = ended_courses({visit.patient_id for visit in visits})
    planned = planned_doses({visit.patient_id for visit in visits})
    return [one for visit in visits for one in missing(visit, of_visit[visit.pk], ended, planned, at)]


def last_doses(at: datetime) -> list[Visit]:
    late_start = timedelta(hours=reader.outreach().late_start.integer)
    since = at - late_start - timedelta(hours=max(rule.closes_h for rule in reader.cadence()))
    rows = Visit.objects.filter(kind=VisitKind.DOSE, state__in=queries.GIVEN, starts_at__gt=since)
    last = {visit.patient_id: visit for visit in rows.select_related("patient", "clinic").order_by("starts_at")}
    return list(last.values())


def missing(
    visit: Visit,
    asks: Mapping[str, Ask],
    ended: Mapping[UUID, datetime],
    planned: Mapping[UUID, list[tuple[datetime, UUID]]],
    at: datetime,
) -> Iterator[OpenedAgain]:
    """Where nothing was asked at all the release has not asked yet."""
    if not asks:
        return
    first = next(iter(asks.values()))
    dose_at, over = first.dose_at, ended.get(visit.patient_id)
    following = [starts for starts, other in planned[visit.patient_id] if starts > dose_at and other != visit.pk]
    begins_at = min(following, default=None)
    closed_by = begins_at + queries.early_opens() if begins_at else None
    for rule in reader.ask_rules(first.cadence or reader.BEFORE_KEPT).values():
        ask = asks.get(rule.key)
        is_over = over is not None and over >= dose_at and not rule.after_end
        if rule.anchor is not words.Anchor.DOSE or rule.only_with or is_over or not is_open_to(ask):
            continue
        asked = tuple(ask.instruments) if ask else rule.instruments
        moment = words.Ask(rule.key, rule.title, asked, dose_at, dose_at, dose_at)
        now = rules.moved(moment, rule, dose_at, closed_by, begins_at)
        if now is not None and at <= now.closes_at - time_to_answer():
            yield OpenedAgain(visit, dose_at, in_time(now), ask)


def alive(at: datetime) -> list[Woken]:
    """The last ask of each patient that a death stopped which is on record no longer: its window is over, and it is
    missed as any other, with a call and with what silence raises (H13). Whoever was asked since was asked already."""
    stopped = Ask.objects.filter(state=AskState.STOPPED, stopped_why=DEATH).select_related("visit__clinic", "clinic")
    last = {ask.patient_id: ask for ask in stopped.select_related("patient").order_by("closes_at")}
    over = Ask.objects.filter(patient__in=last, closes_at__lte=at).exclude(state=AskState.STOPPED)
    since = dict(over.order_by("closes_at").values_list("patient_id", "closes_at"))
    gone = [ask for ask in last.values() if ask.patient_id not in since or since[ask.patient_id] < ask.closes_at]
    return [Woken(ask) for ask in gone if not above.has_died(ask.patient)]


def is_open_to(ask: Ask | None) -> bool:
    return ask is None or (ask.state == AskState.STOPPED and ask.stopped_why == NEXT_DOSE)
