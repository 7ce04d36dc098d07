"""When a visit of a day that no longer holds may stand: its own hour, others of its day, and for whoever lost a place
the days that its course allows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from ketacare.clinic.scheduling.planner.moves import Setting
from ketacare.medicine.scheduling.rules import day_of
from ketacare.medicine.scheduling.terms import Booked, Kind, Person, Skill, Span

STEP = timedelta(minutes=30)
# As far as a visit may go whose patient has neither a course nor a plan.
WITHOUT_RULES = 7


@dataclass(frozen=True)
class Times:
    setting: Setting
    lost: Collection[str]
    roaming: Collection[str] = frozenset()
    """These may go to another day though they lost nothing; whoever did may, and what follows them."""
    pinned: Collection[str] = frozenset()
    """These keep their hour: others may take over, and it may be another chair."""

    def of(self, visit: Booked, step: timedelta = STEP) -> list[datetime]:
        """In the order of the clock; its own hour is one of them where the site is open then."""
        own, found = visit.span.starts, set()
        for opens in self.openings(visit):
            last = self.last_in(visit, opens)
            if opens.starts <= own <= last:
                found.add(own)
            moment = opens.starts
            while moment <= last and visit.key not in self.pinned:
                found.add(moment)
                moment += step
        may = {moment for moment in found if self.may_be(visit, moment)}
        return sorted(may if visit.key in self.lost else may | {own})  # whoever lost nothing may stay as they are

    def openings(self, visit: Booked) -> list[Span]:
        """Of the days on which it may stand."""
        zone, apart = self.setting.house.zone, self.days_apart(visit)
        home = day_of(visit.span.starts, zone)
        return [one for one in self.setting.house.opens if abs((day_of(one.starts, zone) - home).days) <= apart]

    def days_apart(self, visit: Booked) -> int:
        if not (visit.key in self.lost or visit.follows in self.lost or visit.key in self.roaming):
            return 0
        rules = self.setting.courses.get(visit.patient)
        return rules.most_days if rules else WITHOUT_RULES

    def last_in(self, visit: Booked, opens: Span) -> datetime:
        last = opens.ends - visit.span.length
        return last - visit.before - self.setting.house.rules.end_before_closing if visit.kind is Kind.DOSE else last

    def may_be(self, visit: Booked, moment: datetime) -> bool:
        span = Span(moment, moment + visit.span.length)
        if not span.within(self.setting.horizon) or self.is_too_soon(visit, moment):
            return False
        if visit.kind is Kind.DOSE and self.setting.house.rules.needs_supervisor:
            return any(span.within(here) for one in self.able(Skill.PRESCRIBE) for here in one.here)
        return True

    def is_too_soon(self, visit: Booked, moment: datetime) -> bool:
        """A dose at another time is fasted for anew; only who comes to it today waits on, fasting still."""
        if visit.kind is not Kind.DOSE or moment >= self.setting.horizon.starts + self.setting.notice:
            return False
        zone, own = self.setting.house.zone, visit.span.starts
        return moment < own or day_of(moment, zone) != day_of(own, zone)

    def able(self, skill: Skill, patient: str = "") -> list[Person]:
        return [one for one in self.setting.house.for_patient(patient).people if skill in one.skills]
