"""What the sheets ask on the day of a dose alone, beside the list of the day: drives home, bladder, ECT, a crisis plan.

The case is judged as "may this dose be given today?", with what is known at the chair. Rows that the list of the day
asks in its own words are left to it; a row of the day that nobody else asks is asked here, and holds until it is.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from ketacare.clinic.candidacy.queries.answer import Answered
from ketacare.clinic.candidacy.queries.vocabulary import ELSEWHERE, kinds
from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.rules import DayRow
from ketacare.medicine.candidacy.terms import Case, Knowledge, Pressure, Route, Stage
from ketacare.medicine.evidence.rules.facts import as_of
from ketacare.medicine.evidence.terms import Effect, Fact, FactValue, Reason, Result

# Which checks of the list of the day ask what a row asks. Where a clinic's list has none of them, it is asked here.
BY_THE_LIST: dict[str, tuple[str, ...]] = {
    "CI-11": ("RD-05",),
    **dict.fromkeys(("CI-13", "CI-14", "CI-15"), ("RD-04",)),
    **dict.fromkeys(("CI-30", "CI-32"), ("RD-17",)),
    **dict.fromkeys(("CI-37", "CI-38"), ("RD-14",)),
    "CI-42": ("RD-02",),
    "CI-63": ("RD-06",),
    **dict.fromkeys(("CI-68", "CI-69"), ("RD-09", "RD-10", "RD-11")),
}
# The same for a row of which the list asks the milder part alone: an escort by phone, and not who drives.
MILDER_BY_THE_LIST: dict[str, tuple[str, ...]] = {"CI-70": ("RD-03",)}
# Checks of the work-up that owe a question on each day of a dose, not a test (RUL-03).
EACH_DAY = frozenset({"WK-08"})


@dataclass(frozen=True)
class AtTheChair:
    """What is known at the chair as the sheets read it, by which route the dose is given, which checks the list of
    this day asks, what is told or measured in places of its own there, and when the day began."""

    facts: tuple[Fact, ...] = ()
    route: Route | None = None
    pressures: tuple[Pressure, ...] = ()
    checks: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()
    since: datetime | None = None


@dataclass(frozen=True)
class OfTheDay:
    """`reasons`: rows of the day that are met, or of which an answer of today asks for more; `questions`: what is asked
    today, answered or not; `open`: what of it holds a dose back while it is not; `on_record`: the day of the last such
    event, as it stood when the day began; `crisis`: the crisis path as it stands today, where it is one."""

    reasons: tuple[Reason, ...] = ()
    questions: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    on_record: Mapping[str, date] = field(default_factory=dict)
    crisis: Reason | None = None

    @property
    def by_crisis_path(self) -> bool:
        """Every condition recorded, those of today too, and both have signed (RUL-06)."""
        return self.crisis is not None and self.crisis.result is Result.MET and self.crisis.cleared


NOTHING_OF_THE_DAY = OfTheDay()


def of_the_day(so_far: Answered, chair: AtTheChair) -> OfTheDay:
    knowledge = so_far.knowledge
    case = replace(
        so_far.case,
        stage=Stage.DOSE,
        route=chair.route or so_far.case.route,
        facts=so_far.case.facts.with_(*chair.facts),
        pressures=chair.pressures or so_far.case.pressures,
    )
    told = {reason.criterion: reason for reason in rules.judge(case, knowledge).reasons}
    asked = [told[row] for row in rows_of_the_day(knowledge, chair.checks) if row in told]
    holding = [reason for reason in asked if reason.effect in (Effect.STOP, Effect.CLEAR)]
    days = Days(rules.day_rows(knowledge.contraindications.criteria), knowledge, chair)
    here = frozenset().union(*(days.asked_here(reason) for reason in asked))
    questions = among(
        here, (name for reason in asked for name in (*reason.missing, *(used.name for used in reason.facts)))
    )
    crisis = next(path.id for path in knowledge.exceptions.paths if path.stop)
    path = told.get(crisis)
    return OfTheDay(
        reasons=tuple(
            reason
            for reason in asked
            if (reason.result is Result.MET and not left_to_the_list(reason, chair.checks))
            or days.asks_for_more(reason, here)
            or disputed(reason)
        ),
        questions=questions,
        open=among(
            here,
            (
                name
                for reason in holding
                if reason.result is Result.UNKNOWN and not disputed(reason)
                for name in reason.missing
            ),
        ),
        on_record=on_record(questions, case, chair.since),
        crisis=path if path is not None and path.effect is Effect.CLEAR else None,
    )


@dataclass(frozen=True)
class Days:
    """Which questions a row of the day puts at the chair, read from the sheets themselves: a clinic's own row asks as
    the shipped ones do."""

    rows: Mapping[str, DayRow]
    knowledge: Knowledge
    chair: AtTheChair

    def lacking_today(self, reason: Reason) -> frozenset[str]:
        """What the row reads of this day alone; all that it lacks, where nobody judges it at the evaluation."""
        row = self.rows.get(reason.criterion)
        if row is None:
            return needs_of_the_day(self.knowledge) if reason.criterion in EACH_DAY else frozenset()
        return row.facts | frozenset(reason.missing if row.at_a_dose_only else ())

    def asked_here(self, reason: Reason) -> frozenset[str]:
        """Of this, what has no place of its own: neither at the chair nor in another part of the evaluation."""
        return (self.lacking_today(reason) & kinds().keys()) - ELSEWHERE.keys() - self.chair.told

    def asks_for_more(self, reason: Reason, here: frozenset[str]) -> bool:
        """What was said today asks for a fact that nobody has: a period that is late for a test, an illness for a
        temperature. Or the row lacks today what no question here can answer."""
        if not reason.holds_back or reason.result is not Result.UNKNOWN or here.intersection(reason.missing):
            return False
        said = any(fact.name in here and is_news(fact.value) for fact in reason.facts)
        owed = reason.criterion in self.rows and self.lacking_today(reason) - self.chair.told
        return said or bool(owed and owed.intersection(reason.missing))


def left_to_the_list(reason: Reason, checks: frozenset[str]) -> bool:
    """Is this what a check of the list asks in its own words, to be lifted there and not twice?"""
    by_a_check = checks.intersection(MILDER_BY_THE_LIST.get(reason.criterion, ()))
    return bool(by_a_check) and reason.effect is Effect.CLEAR


def is_news(value: FactValue) -> bool:
    """Something was said; an event that is known with its day decides its row by itself."""
    return value is not False and value not in ("none", "no") and not isinstance(value, date)


def needs_of_the_day(knowledge: Knowledge) -> frozenset[str]:
    """What these checks of the work-up ask on the day."""
    checks = (check for check in knowledge.workup.checks if check.id in EACH_DAY)
    needs = (need for check in checks for need in check.needs if need.stage == Stage.DOSE and need.valid_days == 0)
    return frozenset(name for need in needs for name in need.names)


def on_record(names: Iterable[str], case: Case, since: datetime | None) -> dict[str, date]:
    """When each of these events last was, by what was known then: told again as it was, it is not told as never."""
    known = as_of(case.facts, since or case.at)
    found = {name: known.told(name) for name in names}
    return {name: fact.value for name, fact in found.items() if fact is not None and isinstance(fact.value, date)}


def disputed(reason: Reason) -> bool:
    """Do two records of one fact say different things? That is no fact gone stale: one of them may be what stops, and
    asking a third time settles nothing."""
    said: dict[str, set[str]] = {}
    for fact in reason.facts:
        said.setdefault(fact.name, set()).add(str(fact.value))
    return any(len(values) > 1 for values in said.values())


def rows_of_the_day(knowledge: Knowledge, checks: frozenset[str]) -> list[str]:
    """Rows with a part that is judged at a dose alone and that no check of the list asks; each once."""
    rows = dict.fromkeys(row.id for row in knowledge.contraindications.criteria if row.stage == Stage.DOSE)
    kept = [row for row in rows if not checks.intersection(BY_THE_LIST.get(row, ()))]
    return [*kept, *sorted(EACH_DAY), *sorted(knowledge.risk.after_a_dose)]


def among(here: Container[str], names: Iterable[str]) -> tuple[str, ...]:
    """Of these what is asked here, in the order of the vocabulary."""
    found = {name for name in names if name in here}
    return tuple(name for name in kinds() if name in found)
