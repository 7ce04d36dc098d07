"""The answer so far: what the sheets say of what is known, and the words it is told in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from ketacare.clinic.candidacy.models import HistoryAnswer
from ketacare.clinic.candidacy.queries.asked import told_value
from ketacare.clinic.candidacy.queries.clearance import given
from ketacare.clinic.candidacy.queries.exceptions import Path, openings, paths, signed
from ketacare.clinic.candidacy.queries.facts import facts_of, history, pressures_today, proposed_route
from ketacare.clinic.candidacy.queries.medicines import medicines, taken
from ketacare.clinic.candidacy.queries.trials import Tried, tried
from ketacare.clinic.candidacy.queries.under import Under
from ketacare.clinic.candidacy.queries.vocabulary import sheet
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.looks import looked_up, one_look
from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.terms import Case, Change, Knowledge, TrialCount
from ketacare.medicine.evidence.rules import inside
from ketacare.medicine.evidence.terms import Decision, Effect, Facts, FactUsed, Outcome, Result

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
BY_EXCEPTION = "EXC-"
CLEARED = "Yes: every clearance it needs is given"
MOST_OF_CONDITIONS = 90  # letters of them in the sentence; below it they stand whole


@dataclass(frozen=True)
class Answered:
    """The answer so far: the case as gathered, the decision, how the trials count, the rows it rests on, and the
    versions of the sheets that it was judged by: those a running course began with, else those in force here (H19)."""

    case: Case
    decision: Decision
    trials: TrialCount
    rows: tuple[HistoryAnswer, ...]
    tried: Tried
    knowledge: Knowledge

    @property
    def facts(self) -> Facts:
        return self.case.facts

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """What would change the answer, asked of the sheets that gave it."""
        return rules.changes(self.decision, self.case, self.knowledge)


def answer_so_far(patient: Patient, *, at: datetime, zone: str) -> Answered:
    """What the sheets say today of what is known today; days are counted in the clinic's own zone."""
    with one_look():  # read, not written: the case asks for the same rows
        rows = tuple(history(patient))
        known = tried(patient)
        knowledge = sheet(patient)
        case = case_now(patient, at=at, zone=zone)
    count = rules.count_trials(rules.with_episode_asked(case, knowledge.odd).trials or (), knowledge.trials)
    return Answered(case, rules.judge(case, knowledge), count, rows, known, knowledge)


@looked_up
def case_now(patient: Patient, *, at: datetime, zone: str) -> Case:
    """Everything that is kept of a person now, without judging it."""
    return case_of(patient, tuple(history(patient)), tried(patient), sheet(patient), at=at, zone=zone)


def paths_of(so_far: Answered, patient: Patient) -> list[Path]:
    """The paths by exception that could apply to this answer, or are open."""
    return paths(so_far.case, so_far.decision, so_far.knowledge, so_far.rows, openings(patient))


def case_of(
    patient: Patient, rows: tuple[HistoryAnswer, ...], known: Tried, knowledge: Knowledge, *, at: datetime, zone: str
) -> Case:
    """Everything that is kept of a person, as the one case that is judged."""
    local = at.astimezone(ZoneInfo(zone))
    return Case(
        at=local,
        facts=facts_of(patient, rows, at=at, zone=zone),
        trials=known.trials(local.date()),
        courses=known.course_values(),
        medicines=taken(medicines(patient), at=at, zone=zone),
        route=proposed_route(rows),
        pressures=pressures_today(patient, at=at, zone=zone),
        clearances=(*given(patient), *signed(patient, zone)),
    )


def sentence(decision: Decision, under: Sequence[Under] = ()) -> str:
    """One sentence a prescriber can read aloud. `under`: the conditions that bind, of whoever cleared this person;
    a yes that leaves them out is no whole answer."""
    if decision.outcome is Outcome.STOP:
        stops = [r for r in decision.deciding if r.effect is Effect.STOP and r.result is Result.MET]
        return f"No: {inside(stops[0].title)}" + (f", and {counted(len(stops) - 1)} more" if len(stops) > 1 else "")
    if decision.outcome is Outcome.UNKNOWN:
        count = len(decision.missing)
        return f"Not yet: {things(count)} {'is' if count == 1 else 'are'} unknown"
    if decision.needs_clearance:
        open_rows = [r for r in decision.deciding if r.effect is Effect.CLEAR]
        more = f", and {counted(len(open_rows) - 1)} more" if len(open_rows) > 1 else ""
        return f"Only with a clearance: {inside(open_rows[0].title)}{more}"
    if decision.outcome is Outcome.WARN:
        cautions = [r for r in decision.deciding if r.effect is Effect.CAUTION]
        told = f"with {counted(len(cautions))} caution{'s' if len(cautions) > 1 else ''}" if cautions else ""
        by_path = [r.title for r in decision.reasons if r.cleared and r.criterion.startswith(BY_EXCEPTION)]
        if by_path:
            asked = "under conditions" if under else ""
            return f"Only by exception: {', '.join([inside(by_path[0]), *filter(None, [asked, told])])}"
        if under:
            return ", ".join(filter(None, [asked_of(under), told]))
        return f"Yes, {told}" if told else CLEARED
    return asked_of(under) if under else "Yes: nothing known holds this back"


def asked_of(under: Sequence[Under]) -> str:
    words = inside(under[0].words.rstrip("."))
    if len(words) > MOST_OF_CONDITIONS:
        words = f"{begun_with(words[:MOST_OF_CONDITIONS])} …"
    return f"Only under conditions: {words}" + (f", and {counted(len(under) - 1)} more" if len(under) > 1 else "")


def begun_with(words: str) -> str:
    """Up to the end of a sentence or of a part of one, else of a word."""
    end = next(mark for mark in (". ", "; ", ", ", " ") if mark in words or mark == " ")
    return words.rpartition(end)[0] or words


def counted(count: int) -> str:
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def things(count: int) -> str:
    return f"{counted(count)} thing{'' if count == 1 else 's'}"


def begun(words: str) -> str:
    """A reason begins as a sentence does."""
    return words[:1].upper() + words[1:]


def fact_told(fact: FactUsed) -> dict[str, str]:
    kind = sheet().facts.get(fact.name)
    label = kind.title if kind else begun(fact.name.replace("_", " "))
    age = "" if fact.age_days is None else "today" if fact.age_days == 0 else f"{fact.age_days} d ago"
    source = fact.source[:1].lower() + fact.source[1:]
    return {"label": label, "value": told_value(kind, fact), "age": ", ".join(part for part in (age, source) if part)}
