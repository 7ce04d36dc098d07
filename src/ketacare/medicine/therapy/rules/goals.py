"""Goal attainment scaling. Words first: the score is a summary of levels that mean something to one person."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from ketacare.medicine.therapy.terms import GoalScore, ScaledGoal, Scaling

LEVELS = (-2, -1, 0, 1, 2)
# A day farther away than this is a slip of the year.
FARTHEST = timedelta(days=366)
MOST_CONFIDENCE = 10


def goal_score(goals: Sequence[ScaledGoal], scaling: Scaling) -> GoalScore | None:
    """T now and at the start, of the goals that were scaled. None where nothing has a level or no weight is above 0:
    a goal without its level is left out and said, never counted as zero."""
    scaled = [goal for goal in goals if goal.level is not None]
    if not any(goal.weight > 0 for goal in scaled):
        return None
    now = _t([(goal.weight, goal.level or 0) for goal in scaled], scaling)
    start = _t([(goal.weight, goal.start) for goal in scaled], scaling)
    left_out = tuple(goal.title for goal in goals if goal.level is None)
    return GoalScore(now, start, left_out)


def _t(pairs: Sequence[tuple[Decimal, int]], scaling: Scaling) -> Decimal:
    rho = scaling.correlation.value
    total = sum((weight for weight, _ in pairs), Decimal())
    squares = sum((weight * weight for weight, _ in pairs), Decimal())
    below = ((1 - rho) * squares + rho * total * total).sqrt()
    reached = sum((weight * level for weight, level in pairs), Decimal())
    return (scaling.centre.value + scaling.spread.value * reached / below).quantize(Decimal("0.1"))


def goal_faults(
    weights: tuple[str, str], start: str, words: Sequence[str], scaling: Scaling
) -> Iterator[tuple[str, str, str]]:
    """Field, rule and remedy of everything that keeps a goal from being scaled."""
    most = scaling.most_weight.integer
    for field, text in zip(("importance", "difficulty"), weights, strict=True):
        if not text.strip():
            yield field, "is missing.", f"Choose 1 to {most}; a goal without a weight cannot be scaled."
        elif text not in {str(number) for number in range(1, most + 1)}:
            zero = text.strip() in ("0", "0.0")
            rule = "is zero: the goal would count for nothing." if zero else f"{text[:20]} is not 1 to {most}."
            yield field, rule, f"Choose 1 to {most}, or leave the goal out."
    if start not in ("-2", "-1"):
        yield "start", "is not −1 or −2.", "A goal starts below what is expected: −1, or −2 if it cannot be worse."
    for level, text in zip(LEVELS, words, strict=True):
        if not text.strip():
            name = scaling.levels[str(level)]
            yield f"level{level}", f"“{name}” has no words.", "Write what it would look like, in their words."
    if len({text.strip().casefold() for text in words if text.strip()}) < len([text for text in words if text.strip()]):
        yield "level0", "Two levels say the same.", "Each level must be told from its neighbours."


def smart_faults(said: Mapping[str, str], today: date, scaling: Scaling) -> Iterator[tuple[str, str, str]]:
    """Of the day by which, the measure, the confidence, the first step, and the obstacle with what is done then."""
    yield from day_faults(said.get("by_on", ""), today)
    if not said.get("measure", "").strip():
        yield "measure", "is empty.", "Say what is counted and how much is enough, such as “four mornings of seven”."
    yield from confidence_faults(said.get("confidence", ""), scaling)
    if not said.get("first_step", "").strip():
        yield "first_step", "is empty.", "Find one that can be done by this time tomorrow."
    obstacle, then = said.get("obstacle", "").strip(), said.get("if_then", "").strip()
    if obstacle and not then:
        yield "if_then", "is empty, and an obstacle is named.", "Say what is done when it comes."
    if then and not obstacle:
        yield "obstacle", "is empty, and a plan for it is written.", "Say what may come in the way."


def day_faults(text: str, today: date) -> Iterator[tuple[str, str, str]]:
    remedy = "Choose the day by which “as expected” is likely."
    if not text.strip():
        yield "by_on", "is not set: without it nobody can say what is expected.", remedy
        return
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        yield "by_on", "is not a day.", remedy
        return
    if not today < day <= today + FARTHEST:
        yield "by_on", "is over." if day <= today else "is more than a year away.", remedy


def confidence_faults(text: str, scaling: Scaling) -> Iterator[tuple[str, str, str]]:
    """Under the least, what is wrong is the goal, not the patient."""
    least = scaling.least_confidence.integer
    if text.strip() not in {str(number) for number in range(MOST_CONFIDENCE + 1)}:
        yield "confidence", "is not 0 to 10.", "Ask: how sure are you, from 0 to 10, that you will do it?"
    elif int(text) < least:
        rule = f"{int(text)} of {MOST_CONFIDENCE} is under {least}: it is too big for now."
        yield "confidence", rule, f"Make it smaller until it is {least} or more: fewer days, less time, a nearer step."
