"""The plan in statements, from what was gathered. What nobody has recorded stands there as not known."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.candidacy.models import Alternative, ListState, PlanState, Stand
from ketacare.clinic.careplan.queries.conditions import UNDER
from ketacare.clinic.careplan.queries.gathering import Gathered
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.duties.queries import owner_words
from ketacare.clinic.enrolment import pausing
from ketacare.clinic.enrolment.models import Review
from ketacare.clinic.people.models import CareRelation
from ketacare.clinic.scheduling.models import VisitKind
from ketacare.clinic.therapy.queries import GoalNow
from ketacare.medicine.careplan.rules import PASSING
from ketacare.medicine.careplan.terms import Section, Statement
from ketacare.medicine.evidence.terms import Series
from ketacare.medicine.protocols.terms import DosingRule
from ketacare.medicine.quantities.terms import plain
from ketacare.medicine.safety import reader as safety
from ketacare.medicine.therapy import reader as therapy
from ketacare.medicine.therapy.rules import spacing_words
from ketacare.medicine.therapy.terms import Placed, Placement, WindowState

# The rules between sessions by what they answer, in the order of reading.
IF_IT_FAILS, IF_IT_FADES, STOP = ("ST-1", "ST-2"), ("TP-1", "ST-4", "MS-2", "MS-3"), ("ST-3",)


def sections(found: Gathered) -> tuple[Section, ...]:
    return (
        Section("aims", "Aims", tuple(aims(found))),
        Section("regimen", "Treatment and why", tuple(regimen(found))),
        Section("therapy", "Psychotherapy", tuple(psychotherapy(found))),
        Section("medicines", "Medicines, and what is held", tuple(medicines(found))),
        Section("safety", "Safety plan", tuple(safety_plan(found))),
        Section("people", "Who is responsible for what, until when", tuple(responsible(found))),
        Section("dates", "Next dates", tuple(dates(found))),
        Section("then", "If it does not help, or fades", tuple(then(found))),
    )


def next_date(plan: Iterable[Section]) -> Statement | None:
    """What comes next by the plan; none where nothing is booked."""
    booked = next(section.statements for section in plan if section.id == "dates")
    return booked[0] if booked and booked[0].is_known else None


def aims(found: Gathered) -> Iterable[Statement]:
    plan = found.plan
    yield Statement("goals", "What the patient wants", plan.goals if plan else "", signed(found))
    for one in found.goals:
        yield Statement(f"goal {one.goal.case}", f"Goal: {one.goal.title}", one.words, stands(one, found))
        yield Statement(f"goal {one.goal.case} day", f"By when: {one.goal.title}", expected(one), agreed(one))


def stands(one: GoalNow, found: Gathered) -> str:
    """The level, and on which day somebody said so: what was said weeks ago is not now."""
    return (
        f"{one.title}, said {on(one.said[-1].happened_at, found)}" if one.said else "where it started, not scaled yet"
    )


def expected(one: GoalNow) -> str:
    return f"{day(one.goal.by_on)}: {one.expected}" if one.goal.by_on else ""


def agreed(one: GoalNow) -> str:
    """What makes it workable, as far as it was agreed."""
    goal = one.goal
    told = [f"counted: {goal.measure}"] if goal.measure else []
    told += [f"confidence {goal.confidence} of 10"] if goal.confidence is not None else []
    told += [f"first step: {goal.first_step}"] if goal.first_step else []
    told += [f"helped by {goal.helper}"] if goal.helper else []
    told += [f"if {goal.obstacle}" + (f", then {goal.if_then}" if goal.if_then else "")] if goal.obstacle else []
    return "; ".join(told)


def signed(found: Gathered) -> str:
    plan = found.plan
    if plan is None:
        return ""
    by = plan.recorded_by.name if plan.recorded_by else "Ketacare"
    return f"in the plan signed {on(plan.recorded_at, found)} by {by}"


def regimen(found: Gathered) -> Iterable[Statement]:
    plan, protocol, accepted = found.plan, found.protocol, found.accepted
    if plan is None:
        yield Statement("order", "Treatment", "")
    else:
        words = f"{plan.drug}, {plan.route}, {plan.dose_words}, {plan.sessions} sessions from {day(plan.first_on)}"
        yield Statement("order", "Treatment", words, signed(found))
        of = f" of {plan.sessions} planned" if found.given <= plan.sessions else ""
        yield Statement("given", "Doses given so far", f"{found.given}{of}")
    if protocol is not None:
        yield Statement("protocol", "Protocol", protocol.title, f"{protocol.id} {protocol.version}")
        yield Statement("for", "Given for", protocol.indication)
    yield Statement("why", "Why this treatment", why(found), accepted_by(found))
    for row in accepted.against if accepted else ():
        yield Statement(f"against {row['criterion']}", f"Goes on against: {row['title']}", row["reason"])
    for one in found.under:
        until = f", until {day(one.until)}" if one.until else ""
        label = "Only under conditions" if one.binds else "Asked, and does not clear"
        yield Statement(f"{UNDER}{one.criterion} {one.key}", f"{label}: {one.title}", one.words, f"{one.by}{until}")


def why(found: Gathered) -> str:
    """The prescriber's own reason, else which criteria carried the acceptance."""
    accepted = found.accepted
    if accepted is None:
        return ""
    return accepted.own_reason or accepted.reason or f"Accepted: {accepted.outcome} by the criteria sheets"


def accepted_by(found: Gathered) -> str:
    row = found.accepted
    return f"{row.recorded_by.name}, {on(row.recorded_at, found)}" if row and row.recorded_by else ""


def psychotherapy(found: Gathered) -> Iterable[Statement]:
    placement = found.placement
    names = ", ".join(relation.user.name for relation in therapists(found.team))
    yield Statement("therapist", "Therapist", names)
    opens, closes = placement_hours(placement)
    hours = f"{opens} to {closes} h {spacing_words(found.induction, therapy.placement())}"
    yield Statement("integration", "Integration visit", hours, therapy.placement().limit)
    used = windows_used(found)
    if used:
        yield Statement("windows", "Windows so far", used)
    booked = [visit for visit in found.coming if visit.kind == VisitKind.INTEGRATION]
    words = ", ".join(moment(visit.starts_at, found) for visit in booked)
    yield Statement("booked", "Therapy visits booked", words or ("None yet" if found.plan else ""))


def placement_hours(placement: Placement | Placed) -> tuple[str, str]:
    assert placement.opens is not None
    assert placement.closes is not None
    return plain(placement.opens.value), plain(placement.closes.value)


def windows_used(found: Gathered) -> str:
    """How many of the windows after a dose were used, had their visit outside, and passed without one."""
    states = [one.state for one in found.windows if one.window is not None]
    counted = {"used": WindowState.DONE, "held outside": WindowState.DONE_OUTSIDE, "missed": WindowState.MISSED}
    numbers = {words: states.count(state) for words, state in counted.items()}
    told = [f"{number} {words}" for words, number in numbers.items() if number or words != "held outside"]
    return ", ".join(told) if any(numbers.values()) else ""


def therapists(team: Iterable[CareRelation]) -> list[CareRelation]:
    return [relation for relation in team if relation.kind == "therapist"]


def medicines(found: Gathered) -> Iterable[Statement]:
    if found.medicines is None or not found.medicines_known:
        yield Statement("list", "Medicines", "")
    elif found.medicines.state == ListState.NONE:
        yield Statement("list", "Medicines", "Takes none", f"asked {on(found.medicines.happened_at, found)}")
    yield from found.medicine_whys


def safety_plan(found: Gathered) -> Iterable[Statement]:
    plan = found.safety_plan
    if plan is None:
        yield Statement("plan", "Safety plan", "")
        return
    if plan.state == PlanState.REFUSED:
        yield Statement("plan", "Safety plan", "Offered and refused", on(plan.happened_at, found))
        return
    review = f"review by {day(plan.review_on)}" if plan.review_on else ""
    made = f"Version {plan.number}, made {on(plan.happened_at, found)} with {plan.made_with}"
    yield Statement("plan", "Safety plan", made, review)
    for field in safety.safety_plan_sheet().fields:
        if plan.entries.get(field.id):
            yield Statement(field.id, field.title, plan.entries[field.id])


def responsible(found: Gathered) -> Iterable[Statement]:
    plan = found.plan
    name = plan.recorded_by.name if plan and plan.recorded_by else ""
    yield Statement("prescriber", "Prescriber", name, "signed the plan" if name else "")
    for relation in found.team:
        until = f"until {day(relation.until)}" if relation.until else "until the course ends"
        yield Statement(f"team {relation.pk}", relation.get_kind_display(), relation.user.name, until)
    doctor = found.doctor
    words = "" if doctor is None else doctor.name or "Has none"
    agrees = (
        "" if doctor is None or not doctor.name else "may be written to" if doctor.agrees else "not to be written to"
    )
    yield Statement("gp", "Family doctor (GP)", words, agrees)
    for duty in found.duties:
        yield duty_statement(duty, found)


def duty_statement(duty: Duty, found: Gathered) -> Statement:
    """A duty keeps its place while it passes from one to the next: what changes is who and until when."""
    return Statement(
        f"{PASSING}{duty.kind} {duty.visit_id or ''}".strip(), duty.title, owner_words(duty),
        f"due {moment(duty.due_at, found)}",
    )  # fmt: skip


def dates(found: Gathered) -> Iterable[Statement]:
    since = pausing.paused_since(found.patient)
    if since is not None:
        yield Statement(
            "paused", "The course is paused", f"since {on(since, found)}", "no dose begins until it goes on"
        )
    if not found.coming:
        yield Statement("next", "Next visit", "")
    for visit in found.coming:
        number = f" {visit.number_in_course}" if visit.number_in_course else ""
        yield Statement(f"visit {visit.pk}", f"{visit.get_kind_display()}{number}", moment(visit.starts_at, found))


def then(found: Gathered) -> Iterable[Statement]:
    if found.plan is None:
        yield Statement("rules", "What happens then", "")
        return
    yield from reviews(found)
    yield from by_rule(found.rules, IF_IT_FAILS, "If it does not help")
    yield Statement("else", "Other treatments", else_words(found), "where each stands for this patient")
    yield from found.afterwards
    relapse = found.relapse
    made = f"Made {on(relapse.happened_at, found)}" if relapse else ""
    yield Statement("relapse", "Plan against relapse", made, f"review by {day(relapse.review_on)}" if relapse else "")
    yield from by_rule(found.rules, IF_IT_FADES, "If it fades, or a session is missed")
    yield from by_rule(found.rules, STOP, "When it is stopped")


def reviews(found: Gathered) -> Iterable[Statement]:
    """What was decided after so many doses, and the forecast that stood in front of who decided last."""
    for row in found.reviews:
        words = f"{row.get_choice_display()}: {row.reason}"
        yield Statement(f"review {row.after_doses}", f"Review {row.when}", words, by_and_on(row, found))
    if found.review_owed is not None:
        words = "Owed: the prescriber looks at the course and decides"
        yield Statement("review owed", f"Review after dose {found.review_owed}", words)
    if found.given:
        yield Statement("forecast", "When it may fade", *forecast(found))


def forecast(found: Gathered) -> tuple[str, str]:
    """As it was kept with the last review: a plan that is signed does not change with each day's forecast."""
    if not found.reviews:
        return "", "a forecast is kept with each review of the course"
    last = found.reviews[-1]
    words = next((str(value) for name, value in last.facts if name == "Forecast"), "")
    return words, f"forecast at the review of {on(last.happened_at, found)}; never a promise"


def by_and_on(row: Review, found: Gathered) -> str:
    by = row.recorded_by.name if row.recorded_by else "Ketacare"
    return f"{by}, {on(row.happened_at, found)}"


def by_rule(rules: Iterable[DosingRule], wanted: tuple[str, ...], label: str) -> Iterable[Statement]:
    for rule in rules:
        if rule.id in wanted:
            cited = "; ".join(source.citation for source in rule.sources)
            yield Statement(
                rule.id, f"{label}: {rule.title.lower()}", f"{rule.words}{figures(rule)}", f"{rule.grade}: {cited}"
            )


def figures(rule: DosingRule) -> str:
    told = []
    for name, figure in rule.figures.items():
        numbers = figure.values if isinstance(figure, Series) else (figure.value,)
        unit = "" if figure.unit == "1" else f" {figure.unit}"
        told.append(f"{name.replace('_', ' ')} {' / '.join(plain(number) for number in numbers)}{unit}")
    return f" ({'; '.join(told)})" if told else ""


def else_words(found: Gathered) -> str:
    """Every other treatment that somebody has spoken of, with where it stands."""
    rows = [(name, row) for name, row in candidacy.alternatives(found.patient) if row is not None]
    return "; ".join(f"{Alternative(name).label}: {Stand(row.stand).label.lower()}" for name, row in rows)


def day(value: date | None) -> str:
    return f"{value:%d-%b-%Y}" if value else ""


def on(value: datetime, found: Gathered) -> str:
    return f"{value.astimezone(ZoneInfo(found.zone)):%d-%b-%Y}"


def moment(value: datetime, found: Gathered) -> str:
    return f"{value.astimezone(ZoneInfo(found.zone)):%a %d-%b-%Y %H:%M}"
