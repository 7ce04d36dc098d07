"""What is known of a person, gathered into the values that the candidacy sheet judges, and the answer so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from ketacare.clinic.candidacy.models import (
    MISSING,
    Adherence,
    Effect,
    Evaluation,
    EvaluationState,
    HistoryAnswer,
    Judgement,
    MedicineList,
    TrialEntry,
    Vitals,
)
from ketacare.clinic.people.models import Allergies, AllergyState, Patient
from ketacare.medicine.candidacy import reader, rules
from ketacare.medicine.candidacy.terms import Case, DoseStep, FactKind, Knowledge, Trial, TrialCount, TrialJudgement
from ketacare.medicine.evidence.rules import FactsDisagree, current
from ketacare.medicine.evidence.terms import Decision, Fact, Facts, FactUsed, FactValue, Outcome, Reason, Result
from ketacare.medicine.evidence.terms import Effect as Weighs

# A class of adherence or effect is read at its edge, so that the sheet's own lines decide (TRIAL-03, TRIAL-04).
ADHERENCE_PERCENT = {Adherence.GOOD: 80, Adherence.DOUBTFUL: 50, Adherence.POOR: 49}
BETTER_PERCENT = {Effect.NONE: 25, Effect.PARTIAL: 49, Effect.RESPONSE: 50}
KETAMINE = "ketamine"


@dataclass(frozen=True)
class Asked:
    """A question of the sheet with everything that was answered to it, newest first."""

    kind: FactKind
    answers: tuple[HistoryAnswer, ...]
    disagree: bool

    @property
    def newest(self) -> HistoryAnswer | None:
        return self.answers[0] if self.answers else None

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What may be answered: never only yes and no."""
        known = [(choice, choice.capitalize()) for choice in self.kind.choices] or [("yes", "Yes"), ("no", "No")]
        return [*known, ("refused", "Did not want to say"), ("unable", "Could not say")]


@dataclass(frozen=True)
class Answered:
    """The answer so far: the decision, how the trials count, and the facts it rests on."""

    decision: Decision
    trials: TrialCount
    facts: Facts


def sheet() -> Knowledge:
    return reader.shipped()


def asked(patient: Patient, at: datetime) -> list[Asked]:
    """Every question of the sheet in its order, with its answers."""
    rows: dict[str, list[HistoryAnswer]] = {}
    for row in history(patient):
        rows.setdefault(row.name, []).append(row)
    facts = facts_of(patient)
    kinds = [kind for name, kind in sheet().facts.items() if name in sheet().criteria.reads]
    return [Asked(kind, tuple(rows.get(kind.name, ())), disagrees(facts, kind.name, at)) for kind in kinds]


def disagrees(facts: Facts, name: str, at: datetime) -> bool:
    try:
        current(facts, name, None, at)
    except FactsDisagree:
        return True
    except LookupError:
        return False
    return False


def history(patient: Patient) -> list[HistoryAnswer]:
    rows = HistoryAnswer.objects.current().filter(patient=patient).select_related("recorded_by", "amends")
    return list(rows.order_by("-happened_at", "-recorded_at"))


def facts_of(patient: Patient) -> Facts:
    """Answers and the allergy list as facts. What was not answered is left out: absent is unknown, never no."""
    known = [fact for row in history(patient) if (fact := fact_from(row)) is not None]
    return Facts([*known, *allergy_fact(patient)])


def fact_from(row: HistoryAnswer) -> Fact | None:
    if row.answer in MISSING:
        return None
    value: FactValue = {"yes": True, "no": False}.get(row.answer, row.answer)
    return Fact(row.name, value, known_at=row.happened_at, source=row.get_source_display(), settles=row.settles)


def allergy_fact(patient: Patient) -> Iterable[Fact]:
    """CI-04 is established by the allergy list; a list nobody has asked for establishes nothing."""
    row = Allergies.objects.current().filter(patient=patient).order_by("recorded_at").last()
    if row is not None and row.state != AllergyState.NOT_ASKED:
        named = any(KETAMINE in entry["substance"].casefold() for entry in row.entries)
        yield Fact("ketamine_hypersensitivity", named, known_at=row.happened_at, source="allergy list")


def trial_entries(patient: Patient) -> list[TrialEntry]:
    rows = TrialEntry.objects.current().filter(patient=patient).select_related("recorded_by", "amends")
    return list(rows.order_by("happened_at", "recorded_at"))


def trial_from(row: TrialEntry) -> Trial:
    adherence, better = ADHERENCE_PERCENT.get(Adherence(row.adherence)), BETTER_PERCENT.get(Effect(row.effect))
    return Trial(
        medicine=row.medicine,
        form=row.form,
        steps=(DoseStep(row.dose_mg, row.days),),
        adherence_percent=None if adherence is None else Decimal(adherence),
        improvement_percent=None if better is None else Decimal(better),
        in_current_episode=row.in_current_episode,
        stopped_for_side_effects=row.stopped_for_side_effects,
        relapsed_on_dose=row.effect == Effect.RELAPSE,
        source=row.source,
    )


def judged_trials(patient: Patient) -> list[tuple[TrialEntry, TrialJudgement]]:
    """Each trial as told, beside how far it counts and why."""
    rows = trial_entries(patient)
    count = rules.count_trials([trial_from(row) for row in rows], sheet().trials)
    return list(zip(rows, count.judgements, strict=True))


def answer_so_far(patient: Patient, *, at: datetime, zone: str) -> Answered:
    """What the sheets say today of what is known today; days are counted in the clinic's own zone."""
    facts, trials = facts_of(patient), [trial_from(row) for row in trial_entries(patient)]
    decision = rules.judge(Case(at.astimezone(ZoneInfo(zone)), facts, tuple(trials)), sheet())
    return Answered(decision, rules.count_trials(trials, sheet().trials), facts)


def medicine_names() -> list[str]:
    """Generic names of the adequate-dose table, for suggestions while typing."""
    return sorted({medicine.name for medicine in sheet().trials.medicines.values()})


def medicines(patient: Patient) -> MedicineList | None:
    row: MedicineList | None = (
        MedicineList.objects.current()
        .filter(patient=patient)
        .select_related("recorded_by")
        .order_by("recorded_at")
        .last()
    )
    return row


def latest_vitals(patient: Patient) -> Vitals | None:
    row: Vitals | None = (
        Vitals.objects.current()
        .filter(patient=patient)
        .select_related("recorded_by", "amends")
        .order_by("happened_at", "recorded_at")
        .last()
    )
    return row


def open_evaluation(patient: Patient) -> Evaluation | None:
    return Evaluation.objects.filter(patient=patient, state=EvaluationState.OPEN).first()


def judgements(patient_ids: list[UUID]) -> list[Judgement]:
    """Decisions that stand, of several people, oldest first: the last of each is the newest."""
    return list(Judgement.objects.current().filter(patient__in=patient_ids).order_by("recorded_at"))


def judgement(patient: Patient) -> Judgement | None:
    """The newest decision that stands."""
    row: Judgement | None = (
        Judgement.objects.current()
        .filter(patient=patient)
        .select_related("recorded_by", "evaluation", "agreed_with")
        .order_by("recorded_at")
        .last()
    )
    return row


# -- the answer in words ------------------------------------------------------------------------------------------

SHAPES = {Outcome.PERMIT: "yes", Outcome.WARN: "caution", Outcome.STOP: "no", Outcome.UNKNOWN: "unknown"}
NUMBERS = ("nothing", "one thing", "two things", "three things", "four things", "five things", "six things")


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
    if reason.result is Result.MET and reason.effect is Weighs.STOP:
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
    value = ("yes" if fact.value else "no") if isinstance(fact.value, bool) else str(fact.value)
    age = "" if fact.age_days is None else "today" if fact.age_days == 0 else f"{fact.age_days} d ago"
    source = fact.source[:1].lower() + fact.source[1:]
    return {"label": label, "value": value, "age": ", ".join(part for part in (age, source) if part)}
