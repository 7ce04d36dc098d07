"""The plan in the patient's own language: the same record, no risk, no duties of the staff, no score."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.candidacy.models import PlanState
from ketacare.clinic.candidacy.queries.plain_words import written_day
from ketacare.clinic.careplan.models import CarePlanVersion
from ketacare.clinic.careplan.queries.gathering import Gathered
from ketacare.clinic.careplan.queries.sections import placement_hours, therapists
from ketacare.clinic.enrolment import pausing
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.links.words import Phrases
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.help import crisis_line
from ketacare.clinic.therapy.queries import GoalNow
from ketacare.medicine.therapy.reader import placement

PHRASES = Phrases(Path(__file__).parent.parent / "plain_words.toml")
LANGUAGES = ("en", "es")
PARTS = ("aims", "regimen", "therapy", "medicines", "safety", "people", "dates", "then")
# Bookings, the plan that its prescriber signed, and what was agreed with the patient in therapy: who reads an old hour
# comes at it, and who reads an old goal reads of somebody they were.
OF_TODAY = frozenset({"aims", "regimen", "therapy", "dates"})
# What somebody acts on at home: where the record has gone on, the copy says so.
ACTED_ON = frozenset({"medicines", "safety", "people"})


def copies(found: Gathered) -> dict[str, list[dict[str, Any]]]:
    """Both languages, since nobody should read less than another."""
    return {language: Teller(found, language).whole() for language in LANGUAGES}


@dataclass(frozen=True)
class Copy:
    """What the patient reads today of a version that was signed."""

    parts: tuple[dict[str, Any], ...]
    has_changed: bool
    words: str


def copy_of(row: CarePlanVersion, found: Gathered, language: str) -> Copy:
    """Goals, doses and dates as they are now; everything else as it was signed, and whether it still is so."""
    language = language if language in LANGUAGES else LANGUAGES[0]
    teller = Teller(found, language)
    now = {part["id"]: part for part in teller.whole()}
    signed = row.copy(language)
    parts = tuple(now.get(part["id"], part) if part["id"] in OF_TODAY else part for part in signed)
    has_changed = any(part != now.get(part["id"]) for part in signed if part["id"] in ACTED_ON)
    telephone = found.clinic.telephone
    words = teller.say("changed" if has_changed else "of_today", clinic=found.clinic.name, telephone=telephone)
    return Copy(parts, has_changed, words)


@dataclass(frozen=True)
class Teller:
    """Tells one plan in one language."""

    found: Gathered
    language: str

    def say(self, key: str, **values: object) -> str:
        return PHRASES.say(self.language, key, **values)

    def day(self, value: date) -> str:
        return written_day(value, self.language)

    def whole(self) -> list[dict[str, Any]]:
        return [
            {"id": part, "title": self.say(f"{part}_title"), "paragraphs": list(getattr(self, part)())}
            for part in PARTS
        ]

    def aims(self) -> Iterator[str]:
        ended = self.found.ended
        plan = self.found.plan or (enrolled.current_plan(ended.enrolment) if ended else None)
        goals = plan.goals if plan else ""
        yield self.say("aims", goals=goals) if goals else self.say("aims_unknown")
        for one in self.found.goals:
            yield "\n".join(self.goal(one))

    def goal(self, one: GoalNow) -> Iterator[str]:
        """A line each: where it stood on which day, what is expected by which, and how it is begun."""
        goal = one.goal
        yield self.say("goal", title=goal.title)
        if one.said:
            day = self.day(local_day(one.said[-1].happened_at, self.found.zone))
            yield self.say("goal_stood", day=day, words=one.words)
        else:
            yield self.say("goal_starts", words=one.words)
        if goal.by_on:
            yield self.say("goal_by", day=self.day(goal.by_on), words=one.expected)
        else:
            yield self.say("goal_no_day")
        for key in ("measure", "first_step", "helper"):
            if getattr(goal, key):
                yield self.say(f"goal_{key}", words=getattr(goal, key))
        if goal.obstacle:
            yield self.say("goal_then" if goal.if_then else "goal_obstacle", obstacle=goal.obstacle, then=goal.if_then)

    def regimen(self) -> Iterator[str]:
        plan = self.found.plan
        if plan is None and (ended := self.found.ended) is not None:
            day = self.day(local_day(ended.happened_at, self.found.zone))
            yield self.say("regimen_over", day=day, given=ended.after_doses)
            return
        if plan is None:
            yield self.say("regimen_unknown")
            return
        drug = self.say("esketamine" if plan.drug.startswith("esketamine") else "ketamine")
        yield self.say(
            "regimen", drug=drug, route=self.route(plan.route), sessions=plan.sessions, day=self.day(plan.first_on),
            given=self.found.given,
        )  # fmt: skip
        by_weight = plan.dose_mg_per_kg is not None
        dose = str(plan.dose).removesuffix("/kg")
        yield self.say("regimen_dose_by_weight" if by_weight else "regimen_dose", dose=dose)
        if self.found.accepted is not None:
            yield self.say("why")

    def route(self, route: str) -> str:
        """In words; a route that has none here keeps its short name."""
        return self.say(route) if route in PHRASES.catalogue else route

    def therapy(self) -> Iterator[str]:
        opens, closes = placement_hours(self.found.placement)
        yield self.when_met(opens=opens, closes=closes)
        names = [relation.user.name for relation in therapists(self.found.team)]
        yield self.say("therapist", name=", ".join(names)) if names else self.say("therapist_unknown")

    def when_met(self, **hours: str) -> str:
        """After which treatments; before there is a plan nobody knows how many come first."""
        first = self.found.induction
        if first is None:
            return self.say("therapy", **hours)
        every = placement().every_after_induction.integer
        if first == 1:
            return self.say("therapy_of_one", every=every, **hours)
        return self.say("therapy_of_course", first=first, every=every, **hours)

    def medicines(self) -> Iterator[str]:
        sheet = candidacy.Sheet(self.language, self.found.zone)
        for line in self.found.medicine_lines:
            yield self.say("medicine", name=line.name, words=sheet.words(line))
        if not self.found.medicines_known:
            yield self.say("medicines_unknown")
        elif not self.found.medicine_lines:
            yield self.say("medicines_none")

    def safety(self) -> Iterator[str]:
        plan, line = self.found.safety_plan, crisis_line(self.found.clinic, self.language)
        is_made = plan is not None and plan.state == PlanState.MADE
        yield self.say("safety", made_with=plan.made_with) if plan and is_made else self.say("safety_unknown")
        if line is not None:
            yield self.say("safety_crisis", name=line.name, call=line.call, emergency=line.emergency)

    def people(self) -> Iterator[str]:
        plan, clinic = self.found.plan, self.found.clinic
        name = plan.recorded_by.name if plan and plan.recorded_by else ""
        yield self.say("prescriber", name=name) if name else self.say("prescriber_unknown")
        yield self.say("clinic", clinic=clinic.name, telephone=clinic.telephone)
        yield self.say("you")

    def dates(self) -> Iterator[str]:
        sheet = candidacy.Sheet(self.language, self.found.zone)
        if pausing.paused_since(self.found.patient) is not None:
            yield self.say("paused")
        for visit in self.found.coming:
            yield self.say("date", when=sheet.when(visit.starts_at), kind=self.kind(visit.kind))
        if not self.found.coming:
            yield self.say("dates_unknown")

    def kind(self, kind: str) -> str:
        return self.say(f"kind_{kind}" if f"kind_{kind}" in PHRASES.catalogue else "kind_other")

    def then(self) -> Iterator[str]:
        if self.found.reviews:
            last = self.found.reviews[-1]
            day = self.day(local_day(last.happened_at, self.found.zone))
            yield self.say("decided", day=day, choice=self.say(f"decided_{last.choice}"))
        yield from (self.say("fails"), self.say("fades"), self.say("stop"))
