"""Clearances: what somebody has lifted, on enough signatures and in date; the rest lifts nothing and says why."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace as replace_clearance
from datetime import timedelta

from msgspec.structs import replace

from ketacare.medicine.candidacy.terms import Case, Clearance, Signatures
from ketacare.medicine.evidence.rules import day_of
from ketacare.medicine.evidence.terms import Effect, Reason, Result

# Whose word is enough: the director's or a specialist's beside the prescriber's is more than the prescriber's own.
_ENOUGH = {
    Signatures.PRESCRIBER: frozenset(Signatures),
    Signatures.WITH_DIRECTOR: frozenset({Signatures.WITH_DIRECTOR, Signatures.WITH_GUARDIAN}),
    Signatures.WITH_SPECIALIST: frozenset({Signatures.WITH_SPECIALIST, Signatures.WITH_GUARDIAN}),
    Signatures.WITH_GUARDIAN: frozenset({Signatures.WITH_GUARDIAN}),
}

_GUARDIAN = "ADO-01"


def enough(override: str, signatures: Signatures) -> bool:
    """Are these signatures enough for a row that may be overridden so?"""
    return override in _ENOUGH and signatures in _ENOUGH[Signatures(override)]


# RUL-08: one pressure, told by two rows; what lifts one of them lifts the other.
_ONE_PRESSURE = ({"CI-13", "CI-14", "BP-2"}, {"CI-15", "BP-3"})
_TWINS = {name: rows for rows in _ONE_PRESSURE for name in rows}


def applied(
    reasons: Iterable[Reason], case: Case, by_path: Collection[str], at_entry: int | None = None
) -> tuple[Reason, ...]:
    """The same reasons with what is lifted marked: a stop that is lifted weighs as a clearance that is given.

    A stop of a criterion in `by_path` is lifted by its path alone and by no clearance (RUL-06). `at_entry`: for how
    many days a clearance without days of its own counts where a series is entered (RUL-10: for the series).
    """
    given: dict[str, list[Clearance]] = {}
    for clearance in case.clearances:
        for name in sorted(_TWINS.get(clearance.criterion, {clearance.criterion})):
            given.setdefault(name, []).append(clearance)
    if not given:
        return tuple(reasons)
    said = tuple(reasons)
    guardian = any(reason.criterion == _GUARDIAN and reason.result is Result.MET for reason in said)
    told = {name: [*rows, *_together(rows, case)] if guardian else rows for name, rows in given.items()}
    closed = {reason.criterion for reason in said if reason.override == Signatures.WITH_GUARDIAN and not guardian}

    def counting(reason: Reason) -> list[Clearance]:
        days = days_of(reason, at_entry)
        return [while_it_counts(clearance, days) for clearance in told.get(reason.criterion, ())]

    return tuple([_lifted(reason, counting(reason), case, by_path, closed) for reason in said])


def _together(rows: Sequence[Clearance], case: Case) -> list[Clearance]:
    """What prescriber and director signed and what a specialist wrote, each recorded by itself, beside the guardian's
    consent: together they are what a row about a child asks for (ADO-01). It ends with the first of them."""
    counting = {one.signatures: one for one in rows if not out_of_date(one, case)}
    if not {Signatures.WITH_DIRECTOR, Signatures.WITH_SPECIALIST} <= counting.keys():
        return []
    parts = [counting[Signatures.WITH_DIRECTOR], counting[Signatures.WITH_SPECIALIST]]
    ends = [one.until for one in parts if one.until is not None]
    moments = [one.given_at for one in parts if one.given_at is not None]
    return [
        Clearance(
            parts[0].criterion,
            Signatures.WITH_GUARDIAN,
            max(one.given_on for one in parts),
            min(ends, default=None),
            "; ".join(one.conditions for one in parts if one.conditions),
            given_for=Effect.CLEAR if any(one.given_for is Effect.CLEAR for one in parts) else None,
            given_at=max(moments) if len(moments) == len(parts) else None,
        )
    ]


def _lifted(
    reason: Reason, clearances: list[Clearance], case: Case, by_path: Collection[str], closed: Collection[str]
) -> Reason:
    if not clearances or reason.result is Result.NOT_MET or reason.effect not in (Effect.STOP, Effect.CLEAR):
        return reason
    if reason.effect is Effect.STOP and reason.criterion in by_path:
        return replace(reason, words=f"{reason.words}. No clearance lifts it, only its path by exception")
    if reason.criterion in closed:
        return replace(reason, words=f"{reason.words}. Nothing lifts it while the path for adolescents is not open")
    why_not = [(clearance, _why_not(clearance, reason, case)) for clearance in clearances]
    lifts = [clearance for clearance, why in why_not if not why]
    if lifts:
        words = f"{reason.words}. {_told(lifts[-1])}"
        return replace(reason, effect=Effect.CLEAR, cleared=True, words=words)
    return replace(reason, words=". ".join((reason.words, *(why for _, why in why_not))))


def found_out(reason: Reason) -> bool:
    """Is it asked, and lifted by nobody's word? So is a stop that is not known (RUL-01: stop, then unknown), and a list
    that nobody asked for: what may be accepted unchecked is a name (RUL-13)."""
    return reason.result is Result.UNKNOWN and (reason.effect is Effect.STOP or reason.missing == ("medicines",))


def days_of(reason: Reason, at_entry: int | None) -> int | None:
    """For how many days what lifts this reason counts."""
    return at_entry if reason.valid_days is None else reason.valid_days


def while_it_counts(clearance: Clearance, days: int | None) -> Clearance:
    """It lasts no longer than the days of the part of the row that is met; of a row that is asked each day, the day on
    which it was given."""
    if days is None:
        return clearance
    end = clearance.given_on + timedelta(days=days)
    return replace_clearance(clearance, until=end if clearance.until is None else min(end, clearance.until))


def _why_not(clearance: Clearance, reason: Reason, case: Case) -> str:
    """Why it lifts nothing, in words; empty where it lifts."""
    if out_of_date(clearance, case):
        return out_of_date(clearance, case)
    if found_out(reason):
        return "A clearance cannot lift what is not known"
    if not_for(clearance, reason):
        return not_for(clearance, reason)
    if not enough(reason.override, clearance.signatures):
        needed = "nobody may override" if reason.override == "none" else f"it needs {_whose(reason.override)}"
        return f"Clearance by {_whose(clearance.signatures)} is not enough: {needed}"
    return ""


def not_for(clearance: Clearance, reason: Reason | None) -> str:
    """Why it is about less than what the row says now: a letter about a stable disease clears no unstable one."""
    if reason is None or reason.effect is not Effect.STOP or clearance.given_for is not Effect.CLEAR:
        return ""
    return f"Clearance of {clearance.given_on:%d-%b-%Y} was not given for this stop"


def out_of_date(clearance: Clearance, case: Case) -> str:
    """Why it does not count on the day of the case; empty where it does."""
    today = day_of(case.at, case.at)
    if clearance.ended_by:
        return clearance.ended_by
    if clearance.withdrawn_on is not None and clearance.withdrawn_on <= today:
        return f"Clearance withdrawn on {clearance.withdrawn_on:%d-%b-%Y}"
    if clearance.until is not None and clearance.until < today:
        return f"Clearance expired on {clearance.until:%d-%b-%Y}"
    if clearance.given_on > today:
        return f"Clearance counts only from {clearance.given_on:%d-%b-%Y}"
    return ""


def _told(clearance: Clearance) -> str:
    until = "" if clearance.until is None else f" until {clearance.until:%d-%b-%Y}"
    conditions = f": {clearance.conditions}" if clearance.conditions else ""
    return f"Cleared by {_whose(clearance.signatures)} on {clearance.given_on:%d-%b-%Y}{until}{conditions}"


_IN_WORDS: dict[str, str] = {
    Signatures.PRESCRIBER: "the prescriber",
    Signatures.WITH_DIRECTOR: "prescriber and medical director",
    Signatures.WITH_SPECIALIST: "the prescriber with a specialist's written opinion",
    Signatures.WITH_GUARDIAN: "prescriber, medical director, guardian and specialist together",
}


def _whose(mark: str) -> str:
    """In words; a path by exception keeps its number."""
    return _IN_WORDS.get(mark, mark)
