"""Paths by exception: which reasons they take the place of, on whose word, and what is still missing.

A path touches only the reasons its sheet names; every other stop, unknown or clearance stays as it is (RUL-05, RUL-06).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from msgspec import structs

from ketacare.medicine.candidacy.rules import risk, risk_tier
from ketacare.medicine.candidacy.rules.clearances import enough, out_of_date
from ketacare.medicine.candidacy.rules.courses import ect_or_tms_failed
from ketacare.medicine.candidacy.rules.derived import with_derived
from ketacare.medicine.candidacy.rules.trials import count_trials
from ketacare.medicine.candidacy.terms import (
    Case,
    Clearance,
    ExceptionPath,
    Knowledge,
    PathCondition,
    PathStanding,
    RiskStanding,
    Signatures,
    Stage,
    TrialCount,
)
from ketacare.medicine.candidacy.terms.risk import WORKED_OUT, facts_read
from ketacare.medicine.evidence.rules import evaluate, in_order, inside, reason_for
from ketacare.medicine.evidence.terms import Decision, Effect, Fact, Facts, FactUsed, Reason, Result, Verdict
from ketacare.medicine.safety.terms import RiskTier

_FEW_TRIALS = "IND-03"


@dataclass(frozen=True, slots=True)
class _Entry:
    """A path held against a case: each condition's verdict, and whether it is signed."""

    path: ExceptionPath
    verdicts: tuple[tuple[PathCondition, Verdict], ...]
    is_signed: bool
    ended: str = ""

    def titles(self, result: Result) -> list[str]:
        return [condition.title for condition, verdict in self.verdicts if verdict.result is result]

    @property
    def result(self) -> Result:
        results = {verdict.result for _, verdict in self.verdicts}
        return next((r for r in (Result.NOT_MET, Result.UNKNOWN) if r in results), Result.MET)

    @property
    def is_open(self) -> bool:
        return self.result is Result.MET

    @property
    def facts(self) -> tuple[FactUsed, ...]:
        found = in_order(fact for _, verdict in self.verdicts for fact in verdict.facts)
        return tuple(fact for fact in found if fact.source != risk.WORKED_OUT)

    @property
    def missing(self) -> tuple[str, ...]:
        """What to ask; what is worked out is asked for by what it comes from."""
        return in_order(WORKED_OUT.get(name, name) for _, verdict in self.verdicts for name in verdict.missing)

    @property
    def lacks(self) -> str:
        """What keeps it closed, in words: first what is not known, then what is not so, then whose word."""
        parts = [
            *(f"{inside(title)}: not known" for title in self.titles(Result.UNKNOWN)),
            *(f"{inside(title)}: not so" for title in self.titles(Result.NOT_MET)),
        ]
        if not self.is_signed and (self.path.stop or not parts):
            parts += [*filter(None, [self.ended]), _WAITING[self.path.signatures]]
        return "; ".join(parts)


_WAITING = {
    Signatures.PRESCRIBER: "the prescriber has not signed",
    Signatures.WITH_DIRECTOR: "prescriber and medical director have not both signed",
    Signatures.WITH_SPECIALIST: "a specialist's opinion is not in writing",
}


def applied(reasons: Iterable[Reason], case: Case, knowledge: Knowledge) -> tuple[Reason, ...]:
    """The same reasons with those replaced that a path by exception stands for."""
    after_crisis = _crisis(tuple(reasons), case, knowledge)
    return (*_few_trials(after_crisis, case, knowledge), *_payer(case, knowledge))


def standings(case: Case, decision: Decision, knowledge: Knowledge) -> tuple[PathStanding, ...]:
    """Every path with its conditions, for whoever decides whether to open one; by what the judgement counts, so that
    nobody signs on a word that does not."""
    case = with_derived(case, knowledge)
    told = {reason.criterion: reason for reason in decision.reasons}
    crisis = next(path for path in knowledge.exceptions.paths if path.stop)
    is_crisis = crisis.id in told and told[crisis.id].effect is Effect.CLEAR
    few = _FEW_TRIALS in told and told[_FEW_TRIALS].result is Result.MET
    count = count_trials(case.trials or (), knowledge.trials)
    return tuple(
        PathStanding(
            path=path,
            conditions=tuple(
                (condition, verdict, facts_read(condition.condition))
                for condition, verdict in _entry_of(path, case, knowledge, count).verdicts
            ),
            could_apply=is_crisis if path.stop else few or path.id in told,
        )
        for path in knowledge.exceptions.paths
    )


def _payer(case: Case, knowledge: Knowledge) -> list[Reason]:
    """Shown once somebody has told what the payer asks for; nobody is asked for it."""
    notes = [reason_for(criterion, case.facts, case.at) for criterion in knowledge.exceptions.criteria]
    return [note for note in notes if note.result is not Result.UNKNOWN]


# --- a crisis --------------------------------------------------------------------------------------------------------


def _crisis(reasons: tuple[Reason, ...], case: Case, knowledge: Knowledge) -> tuple[Reason, ...]:
    """RUL-06: every condition recorded and both signatures: it stands for the stop. Else the stop names what lacks."""
    path = next(path for path in knowledge.exceptions.paths if path.stop)
    stop = next((r for r in reasons if r.criterion == path.stop), None)
    if stop is None or stop.result is Result.UNKNOWN:
        return reasons
    now = risk.standing(case, knowledge)
    if now.tier is not RiskTier.T3:
        return (*reasons, _no_crisis(path, now))
    entry = _entered(path, case, case.facts.with_(*risk.worked_out(case, now)), knowledge)
    against = [r.criterion for r in reasons if _is_never_waived(r, path)]
    if entry.is_open and entry.is_signed and not against:
        replaced = [
            reason for reason in reasons if reason.criterion in path.replaces and reason.result is not Result.NOT_MET
        ]
        kept = tuple(reason for reason in reasons if reason not in replaced)
        return (*kept, _given(entry, replaced))
    lacks = [entry.lacks, f"{', '.join(against)} stops, which it never waives" if against else ""]
    closed = f"The crisis path ({path.id}) is not open: {'; '.join(filter(None, lacks))}"
    told = tuple(structs.replace(r, words=f"{r.words}. {closed}") if r is stop else r for r in reasons)
    return (*told, _closed(entry, closed, Effect.CLEAR))


def _is_never_waived(reason: Reason, path: ExceptionPath) -> bool:
    """Does it stop, so that the path is not open whoever lifts it?"""
    is_stop = reason.result is Result.MET and reason.effect is Effect.STOP
    return is_stop and reason.criterion in path.closed_by


# --- few trials ------------------------------------------------------------------------------------------------------


def _few_trials(reasons: tuple[Reason, ...], case: Case, knowledge: Knowledge) -> tuple[Reason, ...]:
    """RUL-05: the path that lets this person in stands for too few trials, by its own signature."""
    few = next((r for r in reasons if r.criterion == _FEW_TRIALS and r.result is Result.MET), None)
    if few is None:
        return reasons
    count = count_trials(case.trials or (), knowledge.trials)
    needed = knowledge.trials.needed.integer
    paths = [path for path in knowledge.exceptions.paths if _FEW_TRIALS in path.replaces and not path.stop]
    entries = [_entry_of(path, case, knowledge, count) for path in paths]
    enough = [entry for entry in entries if entry.is_open and _failed_enough(entry.path, count, needed)]
    if enough:
        best = min(enough, key=lambda entry: (not entry.is_signed, entry.path.signatures is not Signatures.PRESCRIBER))
        return (*(reason for reason in reasons if reason is not few), _given(best, [few]))
    closed = [_closed(entry, f"{entry.path.title}: {_lacking(entry, count, needed)}", Effect.NOTE) for entry in entries]
    return (*reasons, *closed)


def _counted(path: ExceptionPath, count: TrialCount, case: Case, knowledge: Knowledge) -> list[Fact]:
    """What the trials (TRIAL-05) and courses (ADQ-01, ADQ-02) say by themselves; unknown is left out."""
    known = {}
    if "intolerances" in path.figures:
        known["intolerances_enough"] = count.intolerances >= path.figures["intolerances"].value
    failed = ect_or_tms_failed(case.courses or (), knowledge.trials)
    if failed is not Result.UNKNOWN:
        known["ect_or_tms_course_failed"] = failed is Result.MET
    return [Fact(name, value, None, case.at, risk.WORKED_OUT) for name, value in known.items()]


def _lacking(entry: _Entry, count: TrialCount, needed: int) -> str:
    """A path that is open but for the other failure lacks that, signed or not."""
    failed = _failed_enough(entry.path, count, needed)
    return entry.lacks if failed or not entry.is_open else "an adequate trial that failed: not so"


def _failed_enough(path: ExceptionPath, count: TrialCount, needed: int) -> bool:
    """A path that stands for one failure still asks for the other."""
    waived = path.figures.get("waived_trials")
    return waived is None or count.certain + count.short >= needed - waived.integer


# --- told ------------------------------------------------------------------------------------------------------------


def _entry_of(path: ExceptionPath, case: Case, knowledge: Knowledge, count: TrialCount) -> _Entry:
    """The path held against the case, with what the rules work out for it."""
    if path.stop:
        more = risk.worked_out(case, risk.standing(case, knowledge))
    else:
        more = _counted(path, count, case, knowledge)
    return _entered(path, case, case.facts.with_(*more), knowledge)


def _entered(path: ExceptionPath, case: Case, facts: Facts, knowledge: Knowledge) -> _Entry:
    parts = [part for part in path.conditions if case.stage is Stage.DOSE or not part.only_at_dose]
    verdicts = tuple((part, evaluate(part.condition, facts, case.at)) for part in parts)
    given = [while_it_counts(by, path, case, knowledge) for by in case.clearances if by.criterion == path.id]
    told = [by for by in given if enough(path.signatures, by.signatures)]
    is_signed = any(not out_of_date(by, case) for by in told)
    return _Entry(path, verdicts, is_signed, "" if is_signed or not told else inside(out_of_date(told[-1], case)))


def while_it_counts(signed: Clearance, path: ExceptionPath, case: Case, knowledge: Knowledge) -> Clearance:
    """Signatures under a path that stands for a stop are about the crisis in which they were given, and no longer than
    until its review."""
    again = risk_tier.high_anew(case, knowledge.risk, signed) if path.stop and not signed.ended_by else None
    words = f"Signed on {signed.given_on:%d-%b-%Y} in an earlier crisis; the risk is high anew since"
    return until_reviewed(replace(signed, ended_by=f"{words} {again:%d-%b-%Y}") if again else signed, path)


def until_reviewed(signed: Clearance, path: ExceptionPath) -> Clearance:
    """Signatures under a path that is reviewed after a time end with it: a new crisis is opened and signed anew."""
    review = path.figures.get("review")
    if review is None:
        return signed
    end = signed.given_on + timedelta(weeks=review.integer)
    return replace(signed, until=end if signed.until is None else min(end, signed.until))


def _given(entry: _Entry, replaced: list[Reason]) -> Reason:
    """One clearance in the place of what it stands for; the facts of both are shown."""
    stands_for = "; ".join(f"{reason.criterion} ({reason.words})" for reason in replaced)
    signed = "" if entry.is_signed else f". {_WAITING[entry.path.signatures].capitalize()}"
    return Reason(
        criterion=entry.path.id,
        title=entry.path.title,
        result=Result.MET,
        effect=Effect.CLEAR,
        words=f"{entry.path.words}. In the place of {stands_for}{signed}",
        facts=in_order([*(fact for reason in replaced for fact in reason.facts), *entry.facts]),
        sources=entry.path.sources,
        grade=entry.path.grade,
        override=entry.path.signatures,
        cleared=entry.is_signed,
    )


def _no_crisis(path: ExceptionPath, now: RiskStanding) -> Reason:
    imminent = "imminent danger is for emergency services, not for a clinic"
    why = imminent if now.tier is RiskTier.T4 else f"the risk is {now.finding.name}, not high"
    return Reason(
        criterion=path.id,
        title=path.title,
        result=Result.NOT_MET,
        effect=Effect.NOTE,
        words=f"{path.title}: no path, {why}",
        facts=now.facts,
        sources=path.sources,
        grade=path.grade,
        override=path.signatures,
    )


def _closed(entry: _Entry, words: str, effect: Effect) -> Reason:
    result = Result.UNKNOWN if entry.result is Result.UNKNOWN else Result.NOT_MET
    return Reason(
        criterion=entry.path.id,
        title=entry.path.title,
        result=result,
        effect=effect,
        words=words,
        facts=entry.facts,
        missing=entry.missing if result is Result.UNKNOWN else (),
        sources=entry.path.sources,
        grade=entry.path.grade,
        override=entry.path.signatures,
    )
