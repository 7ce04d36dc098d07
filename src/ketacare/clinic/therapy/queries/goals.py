"""Goals as they stand: level words first, the score second."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ketacare.clinic.people.models import Patient
from ketacare.clinic.therapy.models import Goal, GoalLevel
from ketacare.medicine.therapy import reader, rules
from ketacare.medicine.therapy.terms import GoalScore, ScaledGoal


@dataclass(frozen=True)
class GoalNow:
    """One goal with what was said of it, oldest first."""

    goal: Goal
    said: tuple[GoalLevel, ...]

    @property
    def level(self) -> int | None:
        return self.said[-1].level if self.said else None

    @property
    def words(self) -> str:
        """What the level looks like for this person; before anybody has said, where it started."""
        level = self.goal.start if self.level is None else self.level
        return str(self.goal.levels[str(level)])

    @property
    def expected(self) -> str:
        """What both think likely by the day."""
        return str(self.goal.levels["0"])

    def is_over(self, today: date) -> bool:
        """Its day has passed: it is scaled, and agreed anew or ended."""
        return self.goal.by_on is not None and self.goal.by_on < today

    @property
    def title(self) -> str:
        """The name of the level it stands at, for everybody alike."""
        level = self.goal.start if self.level is None else self.level
        return reader.scaling().levels[str(level)]


@dataclass(frozen=True)
class Goals:
    each: tuple[GoalNow, ...]
    score: GoalScore | None
    too_few: int

    @property
    def doubts(self) -> list[str]:
        """What weakens the score, said beside it."""
        found = []
        if self.too_few:
            found.append(f"It stands on {len(self.each)} of at least {self.too_few} goals.")
        if self.score and self.score.left_out:
            found.append(f"Not scaled yet: {', '.join(self.score.left_out)}.")
        return found


def goals(patient: Patient) -> list[Goal]:
    """Goals that somebody works on now."""
    rows = Goal.objects.current().filter(patient=patient, ended=False)
    return list(rows.order_by("happened_at", "case"))  # agreed anew, a goal keeps its place


def scaled(patient: Patient) -> Goals:
    found = goals(patient)
    levels: dict[object, tuple[GoalLevel, ...]] = {}
    rows = GoalLevel.objects.current().filter(patient=patient, goal__in=[goal.case for goal in found])
    for row in rows.order_by("happened_at", "recorded_at"):
        levels[row.goal] = (*levels.get(row.goal, ()), row)
    each = tuple(GoalNow(goal, levels.get(goal.case, ())) for goal in found)
    scaling = reader.scaling()
    pure = [ScaledGoal(one.goal.title, Decimal(one.goal.weight), one.goal.start, one.level) for one in each]
    least = scaling.least_goals.integer
    return Goals(each, rules.goal_score(pure, scaling), least if 0 < len(each) < least else 0)
