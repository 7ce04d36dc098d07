"""What was tried as the page shows it: trials with what they are held against, courses, stagings, definitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from ketacare.clinic.candidacy.models import (
    Adherence,
    AdherenceEvidence,
    Effect,
    StoppedBecause,
    TreatmentCourse,
    TrialEntry,
    TrialRuling,
    TrialSource,
)
from ketacare.clinic.candidacy.queries.answer import Answered
from ketacare.clinic.candidacy.queries.evidence import Evidence, evidence_of, figured
from ketacare.clinic.candidacy.queries.timeline import Timeline, timeline_of
from ketacare.clinic.candidacy.queries.trials import Tried, What, ask_id
from ketacare.clinic.candidacy.queries.vocabulary import kinds, plain
from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.terms import (
    CourseJudgement,
    DefinitionCount,
    Staging,
    Standing,
    TrialCount,
    TrialJudgement,
    TrialLines,
)
from ketacare.medicine.evidence.terms import Grade, Result

CHIPS = {
    Standing.CERTAIN: ("Counts", "done"),
    Standing.SHORT: ("Short or doubtful", "act"),
    Standing.UNKNOWN: ("Cannot tell", "unknown"),
    Standing.INTOLERANCE: ("Intolerance", "plain"),
    Standing.AUGMENTATION: ("Augmentation", "plain"),
    Standing.NO: ("Does not count", "plain"),
}
ALIKE = "same class as "
ELSEWHERE_SHOWN = ("recall only", "least dose unconfirmed")
EPISODE = {True: "this episode", False: "earlier episode", None: "episode not known"}
KNOWN_BY = {
    AdherenceEvidence.REPORT: "by report",
    AdherenceEvidence.REFILLS: "by refills",
    AdherenceEvidence.LEVEL: "by level",
    AdherenceEvidence.WITNESS: "witnessed",
}


@dataclass(frozen=True)
class Ask:
    """One fact of a trial that is missing: what it is called, its place on the page, and the field that answers it."""

    words: str
    id: str
    only: str


@dataclass(frozen=True)
class TrialRow:
    """One trial as told, how far it counts and why, and a prescriber's word over it."""

    entry: TrialEntry
    judgement: TrialJudgement
    ruling: TrialRuling | None
    fallen: TrialRuling | None
    asks: tuple[Ask, ...]
    lines: TrialLines

    @property
    def chip(self) -> tuple[str, str]:
        return CHIPS[self.judgement.standing]

    @property
    def computed(self) -> str:
        return CHIPS[self.judgement.computed][0].lower()

    @property
    def drug_class(self) -> str:
        return self.judgement.medicine.drug_class if self.judgement.medicine else "not in the table, not checked"

    @cached_property
    def dose(self) -> str:
        return told_dose(self.entry)

    @cached_property
    def least(self) -> str:
        least = self.judgement.least_mg
        return "" if least is None else f"{plain(least)} mg"

    @property
    def is_enough(self) -> bool | None:
        highest, least = self.judgement.trial.highest_mg, self.judgement.least_mg
        return None if highest is None or least is None else highest >= least

    @cached_property
    def span(self) -> str:
        return told_span(self.entry)

    @cached_property
    def steps(self) -> str:
        """Every dose in the order taken, where there was more than one."""
        return told_steps(self.entry) if self.entry.steps else ""

    @cached_property
    def adherence(self) -> str:
        entry = self.entry
        words = "" if entry.adherence == Adherence.UNKNOWN else str(entry.get_adherence_display())
        if entry.adherence_percent is not None:
            words = f"{plain(entry.adherence_percent)} % of days"
        known_by = KNOWN_BY.get(AdherenceEvidence(entry.adherence_evidence)) if entry.adherence_evidence else ""
        return f"{words}, {known_by}" if words and known_by else words

    @cached_property
    def outcome(self) -> str:
        entry = self.entry
        if entry.better_percent is not None:
            relapsed = ", then a relapse on the same dose" if entry.effect == Effect.RELAPSE else ""
            return f"{plain(entry.better_percent)} % better{relapsed}"
        return "" if entry.effect == Effect.UNKNOWN else str(entry.get_effect_display())

    @cached_property
    def stopped(self) -> str:
        if self.entry.stopped_because == StoppedBecause.UNKNOWN:
            return ""
        if self.entry.stopped_because == StoppedBecause.ONGOING:
            return "still taken"
        words = str(self.entry.get_stopped_because_display())
        return f"ended: {words[:1].lower()}{words[1:]}"

    @cached_property
    def source(self) -> str:
        return str(TrialSource(self.entry.source).label).lower()

    @property
    def episode(self) -> str:
        return {True: "this episode", False: "earlier episode", None: "episode not known"}[
            self.entry.in_current_episode
        ]

    @property
    def why(self) -> tuple[tuple[str, str], ...]:
        """Each rule that decided, with its words."""
        parts = (words.partition(": ") for words in self.judgement.why)
        return tuple((rule, begun(said)) for rule, _, said in parts)

    @cached_property
    def days(self) -> str:
        """Days at an adequate dose, as far as they are known."""
        known = self.judgement.least_days
        if {ask.only for ask in self.asks} & {"dose", "duration", "days since the gap", "which medicine"}:
            return f"at least {known}" if known else ""
        return str(known)

    @property
    def days_told(self) -> str:
        """How long it was taken, where nobody knows at which dose."""
        entry = self.entry
        return (
            ""
            if entry.days is None or entry.dose_mg is not None
            else f"told: {told_length(entry.days)}, dose not known"
        )

    @cached_property
    def flags(self) -> tuple[str, ...]:
        """What is marked, and what it resembles said once; its source and the figure's grade stand elsewhere."""
        alike = [flag.removeprefix(ALIKE) for flag in self.judgement.flags if flag.startswith(ALIKE)]
        marks = [flag for flag in self.judgement.flags if flag not in ELSEWHERE_SHOWN and not flag.startswith(ALIKE)]
        return (*marks, *([f"{ALIKE}{', '.join(alike)}"] if alike else ()))

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        return tuple(evidence_of(self.judgement, self.lines))

    @property
    def unconfirmed(self) -> bool:
        """Is the figure that decides only recalled?"""
        return self.judgement.medicine is not None and self.judgement.medicine.grade is Grade.M


def after(name: str) -> str:
    return name.rpartition(": ")[2]


def begun(words: str) -> str:
    return words[:1].upper() + words[1:]


def told_dose(row: TrialEntry) -> str:
    return "" if row.dose_mg is None else f"{plain(row.dose_mg)} mg"


def told_length(days: int | None) -> str:
    if days is None:
        return ""
    if days % 7:
        return f"{days} days"
    return f"{days // 7} week{'' if days == 7 else 's'}"


def told_steps(row: TrialEntry) -> str:
    parts = []
    for step in row.steps:
        length = told_length(step.get("days")) or "time not known"
        dose = step.get("dose_mg")
        words = "without it" if step.get("taken") is False else f"{dose} mg" if dose else "dose not known"
        parts.append(f"{words} {length}")
    return ", then ".join(parts)


def told_span(row: TrialEntry) -> str:
    began, ended = told_day(row.began_on, row.began_to_month), told_day(row.ended_on, row.ended_to_month)
    if began and not ended:
        return f"{began} until now" if row.stopped_because == StoppedBecause.ONGOING else f"from {began}"
    return f"{began} to {ended}" if began else f"until {ended}" if ended else ""


def told_day(on: date | None, to_month: bool) -> str:
    return "" if on is None else on.strftime("%b %Y" if to_month else "%-d %b %Y")


def told_whole(row: TrialEntry) -> str:
    """A trial in one line, for what was amended."""
    if row.steps:
        return f"{row.medicine} {told_steps(row)}"
    return f"{row.medicine} {told_dose(row) or 'dose not known'}, {told_length(row.days) or 'time not known'}"


# --- courses ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CourseRow:
    """One course as told, and whether it was adequate and failed."""

    entry: TreatmentCourse
    judgement: CourseJudgement
    asks: tuple[Ask, ...] = ()

    @property
    def told(self) -> str:
        return told_course(self.entry)

    @property
    def unconfirmed(self) -> bool:
        return self.judgement.line.grade is Grade.M

    @property
    def chip(self) -> tuple[str, str]:
        if self.judgement.failed is Result.MET:
            return "Adequate, failed", "done"
        if Result.UNKNOWN in (self.judgement.failed, self.judgement.adequate):
            return "Cannot tell", "unknown"
        return ("Adequate, helped", "plain") if self.judgement.adequate is Result.MET else ("Not adequate", "plain")

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        line = self.judgement.line
        figures = (("Sessions at least", line.sessions), ("Weeks at least", line.weeks), ("Months", line.months))
        return tuple(figured(label, figure, "") for label, figure in figures if figure is not None)


def told_course(row: TreatmentCourse) -> str:
    parts = [
        f"{row.sessions} sessions" if row.sessions else "",
        f"{plain(row.weeks)} weeks" if row.weeks else "",
        row.get_side_display().lower() if row.side else "",
        EPISODE[row.in_current_episode],
    ]
    return ", ".join(part for part in parts if part)


# --- all of it -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class History:
    """Everything that the section of trials shows."""

    rows: tuple[TrialRow, ...]
    courses: tuple[CourseRow, ...]
    count: TrialCount
    staging: Staging
    definitions: tuple[DefinitionCount, ...]
    timeline: Timeline | None
    nothing: frozenset[str]

    @property
    def asked(self) -> bool:
        return bool(self.rows) or What.TRIALS in self.nothing

    @property
    def courses_asked(self) -> bool:
        return bool(self.courses) or What.COURSES in self.nothing

    @property
    def summary(self) -> tuple[tuple[str, str], ...]:
        """The counts beside each other: certain, possible, strict, in a lifetime, intolerances, augmentation."""
        count = self.count
        found = [("certain", count.certain), ("possible", count.possible), ("strict", count.strict)]
        found += [("in a lifetime", count.lifetime)]
        intolerances = "intolerance" if count.intolerances == 1 else "intolerances"
        rarer = ((intolerances, count.intolerances), ("augmentation", count.augmentations))
        found += [(name, number) for name, number in rarer if number]
        return tuple((name, str(number)) for name, number in found)

    @property
    def by_class(self) -> str:
        return ", ".join(f"{name} {number}" for name, number in self.count.classes.items())

    @property
    def staged(self) -> tuple[object, ...]:
        staged = self.staging
        return (staged.maudsley, staged.thase_rush, staged.mgh, staged.european)

    def called(self, missing: str) -> str:
        """A missing fact as people call it."""
        kind = kinds().get(missing)
        named: Mapping[str, str] = {"trials": "Antidepressants tried", "courses": "Other treatments"}
        return kind.title if kind else named.get(missing, begun(missing))


def asks_of(judgement: TrialJudgement | CourseJudgement, places: set[str]) -> tuple[Ask, ...]:
    """What is missing, each with a place of its own on the page: the first of a name has it."""
    asks = []
    for name in judgement.missing:
        place = ask_id(name)
        asks.append(Ask(begun(after(name)), "" if place in places else place, after(name)))
        places.add(place)
    return tuple(asks)


def fallen_of(known: Tried, entry: TrialEntry) -> TrialRuling | None:
    """The ruling that an amendment of the trial left behind."""
    return known.rulings.get(entry.amends_id) if entry.amends_id else None


def history_of(so_far: Answered) -> History:
    """Built from the case already gathered: no query of its own."""
    known, lines = so_far.tried, so_far.knowledge.trials
    case = rules.with_episode_asked(so_far.case, so_far.knowledge.odd)
    judgements = so_far.trials.judgements
    places: set[str] = set()
    rows = tuple(
        TrialRow(
            entry,
            judgement,
            known.rulings.get(entry.pk),
            fallen_of(known, entry),
            asks_of(judgement, places),
            lines,
        )
        for entry, judgement in zip(known.entries, judgements, strict=True)
    )
    judged = [rules.judge_course(value, lines) for value in known.course_values() or ()]
    courses = tuple(
        CourseRow(entry, judgement, asks_of(judgement, places))
        for entry, judgement in zip(known.courses, judged, strict=True)
    )
    months = next((fact.value for fact in case.facts.all("episode_months")), None)
    return History(
        rows=rows,
        courses=courses,
        count=so_far.trials,
        staging=rules.staging(case, so_far.knowledge),
        definitions=rules.definitions(case.trials or (), lines),
        timeline=timeline_of(rows, case.at, months if isinstance(months, Decimal) else None),
        nothing=known.nothing,
    )
