"""A medicine that stands on the list one way and that the patient tells another way, until a prescriber settles it.

Neither is taken for the other: the list stands, and where the patient's word would hold back something else, the two
contradict each other, and what is contradictory is not ready (row conventions, H15).
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from ketacare.medicine.candidacy.terms import Case, Signatures, TakenMedicine
from ketacare.medicine.evidence.rules import in_order
from ketacare.medicine.evidence.terms import Effect, FactUsed, Reason, Result, Source
from ketacare.medicine.quantities.terms import plain

ROW, TITLE = "MED-ODD", "List and patient disagree on a medicine"
WHICH = "which is right"
# No sheet has this row: it says what the row conventions say of a contradiction.
_CONVENTION = (Source("H15", "House ruling: what two records say differently is not ready until it is settled"),)
_OVERRIDES = ("none", *reversed(Signatures))
_HELD = tuple[str, Effect, Result, str]


def disagreements(
    case: Case, stands: Iterable[Reason], judged: Callable[[Case], Iterable[Reason]]
) -> tuple[Reason, ...]:
    """A reason for each medicine of which the patient's word would hold back something else than the list does.
    `stands`: what the list as it is comes to; `judged` tells the same of another list."""
    odd = [one for one in case.medicines or () if one.told_otherwise is not None]
    if not odd:
        return ()
    listed = _held(stands)
    differs = [listed ^ _held(judged(_told(case, [one]))) for one in odd]
    if len(odd) > 1:
        # What only several of them together would change hangs on each of them.
        together = (listed ^ _held(judged(_told(case, odd)))) - frozenset().union(*differs)
        differs = [one | together for one in differs]
    return tuple([_reason(one, held) for one, held in zip(odd, differs, strict=True) if held])


def _held(reasons: Iterable[Reason]) -> frozenset[_HELD]:
    return frozenset((one.criterion, one.effect, one.result, one.override) for one in reasons if one.holds_back)


def _told(case: Case, odd: Collection[TakenMedicine]) -> Case:
    """The same case with these taken as the patient tells it."""
    taken = [(one.told_otherwise or ()) if one in odd else (one,) for one in case.medicines or ()]
    return replace(case, medicines=tuple([one for some in taken for one in some]))


def _reason(one: TakenMedicine, differs: frozenset[_HELD]) -> Reason:
    """As grave as the gravest of what hangs on it, and lifted by no less than that is."""
    effect = min((held[1] for held in differs), key=list(Effect).index)
    override = min((held[3] for held in differs if held[1] is effect), key=_OVERRIDES.index)
    rows = ", ".join(in_order(sorted({held[0] for held in differs})))
    told = one.told_otherwise or ()
    says = how(told[0]) if told else "not taken"
    return Reason(
        criterion=ROW,
        title=TITLE,
        result=Result.UNKNOWN,
        effect=effect,
        words=f"{one.name}: the list says {how(one)}; the patient says {says}. On this hangs {rows}",
        facts=(
            FactUsed("medicine", f"{one.name}, {how(one)}", None, None, "medicine list"),
            FactUsed("medicine", f"{one.name}, {says}", None, None, "the patient says"),
        ),
        missing=(f"{one.name}: {WHICH}",),
        sources=_CONVENTION,
        override=override,
    )


def how(one: TakenMedicine) -> str:
    use = {True: "as needed", False: "every day", None: ""}[one.as_needed]
    dose = "" if one.daily_dose_mg is None else f"{plain(one.daily_dose_mg)} mg a day"
    return ", ".join(part for part in (one.form, dose, use) if part) or "taken, dose not known"
