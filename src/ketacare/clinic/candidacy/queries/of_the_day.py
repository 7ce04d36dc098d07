"""What the sheets ask on the day of a dose alone, beside the list of the day: drives home, bladder, ECT, a crisis plan.

The case is judged as "may this dose be given today?", with what is known at the chair. Rows that the list of the day
asks in its own words are left to it; a row of the day that nobody else asks is asked here, and holds until it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ketacare.clinic.candidacy.queries.answer import Answered
from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.terms import Knowledge, Pressure, Route, Stage
from ketacare.medicine.evidence.terms import Effect, Fact, Reason, Result

# Which checks of the list of the day ask what a row asks. Where a clinic's list has none of them, it is asked here.
BY_THE_LIST: dict[str, tuple[str, ...]] = {
    "CI-11": ("RD-05",),
    **dict.fromkeys(("CI-13", "CI-14", "CI-15"), ("RD-04",)),
    **dict.fromkeys(("CI-37", "CI-38"), ("RD-14",)),
    "CI-42": ("RD-02",),
    "CI-63": ("RD-06",),
    **dict.fromkeys(("CI-68", "CI-69"), ("RD-09", "RD-10", "RD-11")),
}
# Checks of the work-up that owe a question on each day of a dose, not a test (RUL-03).
EACH_DAY = frozenset({"WK-08"})
# What the patient is asked, in this order; what is measured, or asked of a clinician alone, has its own place.
QUESTIONS = (
    "haematuria", "bladder_symptoms", "period_late_over_7_days", "acutely_ill", "airway_or_respiratory_problem",
    "mouth_problem", "pressure_symptoms", "anaesthesia_within_7_days", "hours_since_ect", "plans_to_drive",
)  # fmt: skip


@dataclass(frozen=True)
class AtTheChair:
    """What is known at the chair as the sheets read it, by which route the dose is given, and which checks the list of
    this day asks."""

    facts: tuple[Fact, ...] = ()
    route: Route | None = None
    pressures: tuple[Pressure, ...] = ()
    checks: frozenset[str] = frozenset()


@dataclass(frozen=True)
class OfTheDay:
    """`reasons`: rows of the day that are met, or of which an answer of today asks for more; `questions`: what is asked
    today, answered or not; `open`: what of it holds a dose back while it is not; `crisis`: the crisis path as it stands
    today, where it is one."""

    reasons: tuple[Reason, ...] = ()
    questions: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
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
    crisis = next(path.id for path in knowledge.exceptions.paths if path.stop)
    path = told.get(crisis)
    return OfTheDay(
        reasons=tuple(
            reason for reason in asked if reason.result is Result.MET or asks_for_more(reason) or disputed(reason)
        ),
        questions=among(fact for reason in asked for fact in (*reason.missing, *(used.name for used in reason.facts))),
        open=among(
            name
            for reason in holding
            if reason.result is Result.UNKNOWN and not disputed(reason)
            for name in reason.missing
        ),
        crisis=path if path is not None and path.effect is Effect.CLEAR else None,
    )


def disputed(reason: Reason) -> bool:
    """Do two records of one fact say different things? That is no fact gone stale: one of them may be what stops, and
    asking a third time settles nothing."""
    said: dict[str, set[str]] = {}
    for fact in reason.facts:
        said.setdefault(fact.name, set()).add(str(fact.value))
    return any(len(values) > 1 for values in said.values())


def asks_for_more(reason: Reason) -> bool:
    """What was said today asks for a fact that nobody has: a period that is late for a test, an illness for a
    temperature."""
    said = any(fact.name in QUESTIONS and fact.value not in (False, "none", "no") for fact in reason.facts)
    return reason.holds_back and reason.result is Result.UNKNOWN and said and not among(reason.missing)


def rows_of_the_day(knowledge: Knowledge, checks: frozenset[str]) -> list[str]:
    """Rows with a part that is judged at a dose alone and that no check of the list asks; each once."""
    rows = dict.fromkeys(row.id for row in knowledge.contraindications.criteria if row.stage == Stage.DOSE)
    kept = [row for row in rows if not checks.intersection(BY_THE_LIST.get(row, ()))]
    return [*kept, *sorted(EACH_DAY), *sorted(knowledge.risk.after_a_dose)]


def among(names: Iterable[str]) -> tuple[str, ...]:
    found = set(names)
    return tuple(name for name in QUESTIONS if name in found)
