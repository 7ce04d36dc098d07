"""The answer so far: what the sheets say of what is known, and the words it is told in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ketacare.clinic.candidacy.models import HistoryAnswer
from ketacare.clinic.candidacy.queries.asked import told_value
from ketacare.clinic.candidacy.queries.facts import facts_of, history, pressures_today, proposed_route
from ketacare.clinic.candidacy.queries.medicines import medicines, taken
from ketacare.clinic.candidacy.queries.trials import trial_entries, trial_from
from ketacare.clinic.candidacy.queries.vocabulary import sheet
from ketacare.clinic.people.models import Patient
from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.terms import Case, TrialCount
from ketacare.medicine.evidence.terms import Decision, Effect, Facts, FactUsed, Outcome, Reason, Result

SHAPES = {Outcome.PERMIT: "yes", Outcome.WARN: "caution", Outcome.STOP: "no", Outcome.UNKNOWN: "unknown"}
NUMBERS = ("nothing", "one thing", "two things", "three things", "four things", "five things", "six things")


@dataclass(frozen=True)
class Answered:
    """The answer so far: the case as gathered, the decision, how the trials count, and the rows it rests on."""

    case: Case
    decision: Decision
    trials: TrialCount
    rows: tuple[HistoryAnswer, ...]

    @property
    def facts(self) -> Facts:
        return self.case.facts


def answer_so_far(patient: Patient, *, at: datetime, zone: str) -> Answered:
    """What the sheets say today of what is known today; days are counted in the clinic's own zone."""
    rows = tuple(history(patient))
    case = case_of(patient, rows, at=at, zone=zone)
    return Answered(case, rules.judge(case, sheet()), rules.count_trials(case.trials or (), sheet().trials), rows)


def case_of(patient: Patient, rows: tuple[HistoryAnswer, ...], *, at: datetime, zone: str) -> Case:
    """Everything that is kept of a person, as the one case that is judged."""
    return Case(
        at=at.astimezone(ZoneInfo(zone)),
        facts=facts_of(patient, rows, at=at, zone=zone),
        trials=tuple(trial_from(row) for row in trial_entries(patient)),
        medicines=taken(medicines(patient)),
        route=proposed_route(rows),
        pressures=pressures_today(patient, at=at, zone=zone),
    )


def card(answered: Answered, at: datetime) -> dict[str, object]:
    """The answer so far as the decision card reads it: a sentence, what to ask, and every reason."""
    decision = answered.decision
    return {
        "answer": SHAPES[decision.outcome],
        "sentence": sentence(decision),
        "at": at,
        "sheet": " · ".join(f"{ref.id} {ref.version}" for ref in decision.sheets),
        "unknowns": [asking(name) for name in decision.missing],
        "reasons": [told(reason) for reason in decision.reasons],
    }


def sentence(decision: Decision) -> str:
    """One sentence a prescriber can read aloud."""
    if decision.outcome is Outcome.UNKNOWN:
        count = len(decision.missing)
        words = NUMBERS[count] if count < len(NUMBERS) else f"{count} things"
        return f"Not yet: {words} {'is' if count == 1 else 'are'} unknown"
    if decision.outcome is Outcome.STOP:
        return f"No: {decision.deciding[0].title[0].lower()}{decision.deciding[0].title[1:]}"
    if decision.outcome is Outcome.WARN:
        return f"Only with a clearance: {decision.deciding[0].title[0].lower()}{decision.deciding[0].title[1:]}"
    return "Yes: nothing known holds this back"


def asking(name: str) -> dict[str, str]:
    kind = sheet().facts.get(name)
    if kind is None:
        return {"words": name, "href": "#trials", "label": "Complete the trial"}
    return {"words": kind.title, "href": f"#f-{name}", "label": "Ask"}


def told(reason: Reason) -> dict[str, object]:
    """A reason with its facts, its source and what could lift it."""
    return {
        "effect": weight_of(reason),
        "words": begun(with_titles(reason.words)),
        "facts": [fact_told(fact) for fact in reason.facts],
        "source": "; ".join(source.citation for source in reason.sources),
        "grade": str(reason.grade),
        "remedy": lifting(reason),
    }


def begun(words: str) -> str:
    """A reason begins as a sentence does."""
    return words[:1].upper() + words[1:]


def with_titles(words: str) -> str:
    """The sheet's words with each fact called as people call it."""
    for name, kind in sheet().facts.items():
        words = words.replace(f"{name}:", f"{kind.title[0].lower()}{kind.title[1:]}:")
    return words


def weight_of(reason: Reason) -> str:
    if reason.result is Result.UNKNOWN:
        return "unknown"
    if reason.result is Result.MET and reason.effect is Effect.STOP:
        return "stops"
    return "caution" if reason.holds_back else "allows"


def lifting(reason: Reason) -> str:
    if not reason.holds_back or reason.result is Result.UNKNOWN:
        return ""
    return {
        "none": "Nobody may override this.",
        "P": "The prescriber may go on with a reason.",
        "P+MD": "The prescriber may go on with a reason; the medical director reviews it.",
        "P+spec": "The prescriber may go on with a reason and a specialist's opinion; the medical director reviews it.",
    }.get(reason.override, "")


def fact_told(fact: FactUsed) -> dict[str, str]:
    kind = sheet().facts.get(fact.name)
    label = kind.title if kind else fact.name.replace("_", " ").capitalize()
    age = "" if fact.age_days is None else "today" if fact.age_days == 0 else f"{fact.age_days} d ago"
    source = fact.source[:1].lower() + fact.source[1:]
    return {"label": label, "value": told_value(kind, fact), "age": ", ".join(part for part in (age, source) if part)}
